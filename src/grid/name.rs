//! The numbers in a patch's name.

/// Every number in a name, in order: digits, with decimals after a point or after a `p` between
/// digits.
///
/// Anything else separates numbers, including signs and exponents, because names contain masses and
/// couplings, which are not negative.
///
/// ```no_run
/// use diffhep::analyses::grid::numbers_in;
///
/// assert_eq!(numbers_in("sbottom_1300_205_60"), [1300.0, 205.0, 60.0]);
/// assert_eq!(numbers_in("C1N2_350p5-0.25"), [1.0, 2.0, 350.5, 0.25]);
/// ```
pub fn numbers_in(name: &str) -> Vec<f64> {
    let mut numbers = Vec::new();
    let mut rest = name;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        rest = &rest[start..];
        let (whole, after) = digits(rest);
        let decimals = after.strip_prefix(['.', 'p']).map(digits);
        let (text, after) = match decimals {
            Some((decimals, after)) if !decimals.is_empty() => {
                (format!("{whole}.{decimals}"), after)
            }
            _ => (whole.to_owned(), after),
        };
        numbers.push(text.parse().expect("digits and a point are a number"));
        rest = after;
    }
    numbers
}

/// The digits at the beginning of a text, and the rest.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_in_order() {
        let cases: [(&str, &[f64]); 11] = [
            ("patch.sbottom_1300_205_60", &[1300.0, 205.0, 60.0]),
            ("m-5_-0.5", &[5.0, 0.5]),
            ("tau0p5ns_600", &[0.5, 600.0]),
            ("p5_5p", &[5.0, 5.0]),
            ("1.2.3", &[1.2, 3.0]),
            ("1p2p3", &[1.2, 3.0]),
            ("1e3", &[1.0, 3.0]),
            ("007.", &[7.0]),
            ("", &[]),
            ("signal", &[]),
            ("\u{e9}12\u{b2}\u{663}", &[12.0]),
        ];
        for (name, expected) in cases {
            assert_eq!(numbers_in(name), expected, "{name}");
        }
        assert_eq!(numbers_in(&"9".repeat(400)), [f64::INFINITY]);
    }
}
