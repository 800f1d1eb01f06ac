//! Cuts as users write them: a column, a side, a value to start from.

use std::fmt;
use std::str::FromStr;

use crate::kernels::selection::Keep;
use crate::numbers::six_digits;

/// Where the descent starts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum CutStart {
    /// Where the cut removes a tenth of all events (signal and background, unweighted).
    #[default]
    Loose,
    /// At a value, in units of the column; a value outside the data's range is moved to its nearer
    /// end, with a warning.
    At(f64),
}

/// A cut to be optimised.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// The column that is cut on.
    pub column: String,
    /// The side that is kept.
    pub keep: Keep,
    /// Where the optimisation starts.
    pub start: CutStart,
}

impl Cut {
    /// A cut that starts at `value`.
    pub fn at(column: &str, keep: Keep, value: f64) -> Self {
        Self { column: column.to_owned(), keep, start: CutStart::At(value) }
    }

    /// A cut that starts where it removes a tenth of all events.
    pub fn loose(column: &str, keep: Keep) -> Self {
        Self { column: column.to_owned(), keep, start: CutStart::Loose }
    }
}

/// The error for text that does not describe a cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected COLUMN>START, COLUMN<START, COLUMN> or COLUMN<, as in 'pt>45'; found '{0}'")]
pub struct InvalidCut(pub String);

impl FromStr for Cut {
    type Err = InvalidCut;
    fn from_str(text: &str) -> Result<Self, InvalidCut> {
        let refuse = || InvalidCut(text.to_owned());
        let place = text.find(['<', '>']).ok_or_else(refuse)?;
        let (column, rest) = (text[..place].trim(), text[place + 1..].trim());
        let keep = if text[place..].starts_with('>') { Keep::Above } else { Keep::Below };
        let start = match rest.parse::<f64>() {
            Ok(value) if value.is_finite() => CutStart::At(value),
            _ if rest.is_empty() => CutStart::Loose,
            _ => return Err(refuse()),
        };
        if column.is_empty() {
            return Err(refuse());
        }
        Ok(Self { column: column.to_owned(), keep, start })
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{} {}", self.column, self.sign())
    }
}

impl Cut {
    /// The cut at a value, as in `pt > 45.02`; a wide-open cut (an infinite value) is `pt open`.
    pub fn text_at(&self, value: f64) -> String {
        if value.is_finite() {
            format!("{self} {}", six_digits(value))
        } else {
            format!("{} open", self.column)
        }
    }

    /// `>` or `<`.
    pub fn sign(&self) -> char {
        match self.keep {
            Keep::Above => '>',
            Keep::Below => '<',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_are_written_with_six_digits() {
        let cut = Cut::loose("x", Keep::Below);
        for (value, text) in [
            (45.019_473, "x < 45.0195"),
            (-0.000_351_234_56, "x < -0.000351235"),
            (120_000.0, "x < 120000"),
            (3.0, "x < 3"),
            (0.0, "x < 0"),
            (2.5e-12, "x < 2.50000e-12"),
            (f64::INFINITY, "x open"),
        ] {
            assert_eq!(cut.text_at(value), text);
        }
    }

    #[test]
    fn cuts_are_read_as_people_write_them() {
        let read = |text: &str| text.parse::<Cut>().expect("a cut");
        assert_eq!(read("x>45"), Cut::at("x", Keep::Above, 45.0));
        assert_eq!(read(" m_jj < -1.5e2"), Cut::at("m_jj", Keep::Below, -150.0));
        assert_eq!(read("x>"), Cut::loose("x", Keep::Above));
        for wrong in ["", "x", ">3", "x>a", "x>inf", "x>=3", "x>1<2"] {
            let error = wrong.parse::<Cut>().expect_err(wrong);
            assert!(error.to_string().ends_with(&format!("found '{wrong}'")));
        }
    }
}
