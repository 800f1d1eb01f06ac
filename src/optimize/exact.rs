//! Numbers in JSON that read back to the last bit, for `#[serde(with = ...)]`.
//!
//! Enters, leaves: a list of numbers. JSON has no infinities and no NaN, so they are written as the
//! texts `inf`, `-inf` and `NaN`; a NaN's payload is lost.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Finite(f64),
    Special(Special),
}

#[derive(Serialize, Deserialize)]
enum Special {
    #[serde(rename = "inf")]
    Infinity,
    #[serde(rename = "-inf")]
    NegativeInfinity,
    #[serde(rename = "NaN")]
    NotANumber,
}

impl From<f64> for Written {
    fn from(number: f64) -> Self {
        if number.is_finite() {
            Self::Finite(number)
        } else if number.is_nan() {
            Self::Special(Special::NotANumber)
        } else if number > 0.0 {
            Self::Special(Special::Infinity)
        } else {
            Self::Special(Special::NegativeInfinity)
        }
    }
}

impl From<Written> for f64 {
    fn from(written: Written) -> Self {
        match written {
            Written::Finite(number) => number,
            Written::Special(Special::Infinity) => f64::INFINITY,
            Written::Special(Special::NegativeInfinity) => f64::NEG_INFINITY,
            Written::Special(Special::NotANumber) => f64::NAN,
        }
    }
}

/// Writes a list of numbers.
pub(super) fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(numbers.iter().map(|&number| Written::from(number)))
}

/// Reads a list of numbers.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<f64>, D::Error> {
    let written = Vec::<Written>::deserialize(deserializer)?;
    Ok(written.into_iter().map(f64::from).collect())
}

/// The same for a single number.
pub(super) mod number {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Written};

    pub(in crate::optimize) fn serialize<S: Serializer>(
        number: &f64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Written::from(*number).serialize(serializer)
    }

    pub(in crate::optimize) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<f64, D::Error> {
        Ok(Written::deserialize(deserializer)?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Numbers(#[serde(with = "super")] Vec<f64>);

    #[test]
    fn every_kind_of_number_comes_back() {
        let tiny = f64::MIN_POSITIVE / 3.0;
        let numbers =
            vec![0.1 + 0.2, -0.0, 1e300, tiny, f64::MAX, f64::INFINITY, f64::NEG_INFINITY];
        let text = serde_json::to_string(&Numbers(numbers.clone())).unwrap();
        let back: Numbers = serde_json::from_str(&text).unwrap();
        let bits = |numbers: &[f64]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&back.0), bits(&numbers), "{text}");
        let back: Numbers = serde_json::from_str("[\"NaN\", 1]").unwrap();
        assert!(back.0[0].is_nan() && back.0[1] == 1.0);
        assert!(serde_json::from_str::<Numbers>("[\"nil\"]").is_err());
    }
}
