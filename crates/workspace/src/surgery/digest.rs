//! The hash of a workspace, equal to pyhf's.
//!
//! The hash is of the text that Python's
//! `json.dumps(workspace, sort_keys=True, ensure_ascii=False)` gives, in UTF-8: keys sorted, `", "`
//! and `": "` between entries, numbers in the form of Python's `repr`. The order of entries in
//! lists matters, and so does the difference between `1` and `1.0`.
//!
//! JSON is read here into numbers of 64 bits, so two forms of integers are hashed as the
//! floating-point numbers that they become, which differs from pyhf: those beyond 64 bits, and
//! `-0`.
//!
//! Source: pyhf 0.7.6, `pyhf.utils.digest`; Python 3, `json` and `float.__repr__`.

use std::io;

use md5::Md5;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use diffhep_names::named;

/// A hashing algorithm. Patch sets use `md5` and `sha256`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DigestAlgorithm {
    /// MD5 (RFC 1321).
    Md5,
    /// SHA-224 (FIPS 180-4).
    Sha224,
    /// SHA-256 (FIPS 180-4).
    #[default]
    Sha256,
    /// SHA-384 (FIPS 180-4).
    Sha384,
    /// SHA-512 (FIPS 180-4).
    Sha512,
}

impl DigestAlgorithm {
    /// Every algorithm and its name.
    pub const TABLE: [(&'static str, Self); 5] = [
        ("md5", Self::Md5),
        ("sha224", Self::Sha224),
        ("sha256", Self::Sha256),
        ("sha384", Self::Sha384),
        ("sha512", Self::Sha512),
    ];

    fn hexadecimal(self, bytes: &[u8]) -> String {
        fn of<D: Digest>(bytes: &[u8]) -> String {
            D::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
        }
        match self {
            Self::Md5 => of::<Md5>(bytes),
            Self::Sha224 => of::<Sha224>(bytes),
            Self::Sha256 => of::<Sha256>(bytes),
            Self::Sha384 => of::<Sha384>(bytes),
            Self::Sha512 => of::<Sha512>(bytes),
        }
    }
}

named!(DigestAlgorithm, "hashing algorithm");

/// The digits of a finite number's magnitude that round-trip, without zeros at either end, and how
/// many of them are before the decimal point.
fn shortest_digits(value: f64) -> (String, i32) {
    // The standard library gives as few digits as Python, but of two equally near numbers with the
    // same number of digits it takes the larger one, whereas Python takes the even one, as does the
    // JSON writer.
    let text = Value::from(value.abs()).to_string();
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().expect("an exponent is a whole number");
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    let zeros = all.len() - digits.len();
    let point = whole.len() as i32 - zeros as i32 + exponent;
    (digits.trim_end_matches('0').to_owned(), point)
}

/// Python's `repr` of a finite number: with an exponent from 1e16 upwards and below 1e-4.
fn python_float(value: f64) -> String {
    let (digits, point) = shortest_digits(value);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if digits.is_empty() {
        return format!("{sign}0.0");
    }
    let count = digits.len() as i32;
    match point {
        -3..=0 => format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
        1..=16 if count <= point => {
            format!("{sign}{digits}{}.0", "0".repeat((point - count) as usize))
        }
        1..=16 => {
            let (whole, fraction) = digits.split_at(point as usize);
            format!("{sign}{whole}.{fraction}")
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{sign}{first}{dot}{rest}e{:+03}", point - 1)
        }
    }
}

/// Writes JSON as Python's `json` does; texts are the same in both.
struct PythonFormatter;

impl PythonFormatter {
    fn separate<W: io::Write + ?Sized>(writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }
}

impl Formatter for PythonFormatter {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(python_float(value).as_bytes())
    }

    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        Self::separate(writer, first)
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        Self::separate(writer, first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// The text that is hashed.
fn python_text(json: &Value) -> Vec<u8> {
    let mut sorted = json.clone();
    sorted.sort_all_objects();
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, PythonFormatter);
    sorted.serialize(&mut serializer).expect("JSON has texts for keys and goes into memory");
    text
}

/// The hexadecimal digest of JSON, such as that of a [`Workspace`](crate::Workspace).
///
/// ```
/// use diffhep_workspace::surgery::{DigestAlgorithm, digest};
/// let json = serde_json::json!({ "a": 2.0, "b": 3.0, "c": 1.0 });
/// assert_eq!(digest(&json, DigestAlgorithm::Md5), "2c0633f242928eb55c3672fed5ba8612");
/// ```
///
/// # Source
/// pyhf 0.7.6, `pyhf.utils.digest`; the module's header says what is hashed.
pub fn digest(json: &Value, algorithm: DigestAlgorithm) -> String {
    algorithm.hexadecimal(&python_text(json))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These are the texts that Python 3.11 printed for the documents.
    #[test]
    fn texts_are_pythons() {
        let cases = [
            ("[1e-5,1E-4,0.0001,0.00012345]", "[1e-05, 0.0001, 0.0001, 0.00012345]"),
            (
                "[1e15,1e16,123456789012345680.0,1e22]",
                "[1000000000000000.0, 1e+16, 1.2345678901234568e+17, 1e+22]",
            ),
            ("[1,1.0,-1,-0.0,0,1e0,10e-1]", "[1, 1.0, -1, -0.0, 0, 1.0, 1.0]"),
            (
                "[5e-324,1.7976931348623157e308,2.5e-100]",
                "[5e-324, 1.7976931348623157e+308, 2.5e-100]",
            ),
            (
                "[18446744073709551615,-9223372036854775808]",
                "[18446744073709551615, -9223372036854775808]",
            ),
            // A tie between two numbers with the same number of digits goes to the even one.
            (
                "[1113178120592002.25,111659285584252.125,-1735861081508451.25]",
                "[1113178120592002.2, 111659285584252.12, -1735861081508451.2]",
            ),
            (
                "[0.1,0.30000000000000004,5.684341886080802e-14]",
                "[0.1, 0.30000000000000004, 5.684341886080802e-14]",
            ),
            (
                r#"{"b":{},"a":[],"B":[{}],"é":null,"":true}"#,
                r#"{"": true, "B": [{}], "a": [], "b": {}, "é": null}"#,
            ),
            (
                r#"["\u00e9\u0001\u001F\u007f\/\"\\\b\f\n\r\t\ud83d\ude00"]"#,
                "[\"é\\u0001\\u001f\u{7f}/\\\"\\\\\\b\\f\\n\\r\\t😀\"]",
            ),
        ];
        for (json, expected) in cases {
            let json: Value = serde_json::from_str(json).expect("JSON");
            assert_eq!(String::from_utf8(python_text(&json)).expect("UTF-8"), expected);
        }
    }

    #[test]
    fn algorithms_hash_the_empty_text_as_published() {
        let starts = ["d41d8cd9", "d14a028c", "e3b0c442", "38b060a7", "cf83e135"];
        let lengths = [32, 56, 64, 96, 128];
        for (((_, algorithm), start), length) in
            DigestAlgorithm::TABLE.into_iter().zip(starts).zip(lengths)
        {
            let found = algorithm.hexadecimal(b"");
            assert!(found.starts_with(start) && found.len() == length, "{algorithm:?}: {found}");
        }
    }
}
