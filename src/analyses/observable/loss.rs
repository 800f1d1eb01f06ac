//! Losses that networks are trained on, and metrics that are tracked: terms and weighted sums of
//! them.

use std::fmt;
use std::str::FromStr;

use super::error::ObservableError;
use diffhep_names::named;

/// A quantity computed from histograms or from scores; lower is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossTerm {
    /// Median CLs for the full signal if no signal exists.
    Cls,
    /// Median discovery p-value if the signal exists.
    P0,
    /// Natural logarithm of the median CLs.
    LnCls,
    /// Natural logarithm of the median discovery p-value.
    LnP0,
    /// Median upper limit on the signal strength at 95 % confidence level if no signal exists.
    Limit,
    /// Natural logarithm of the median upper limit.
    LnLimit,
    /// Cramer-Rao standard deviation of the signal strength.
    SigmaMu,
    /// Determinant of the Cramer-Rao covariance of all parameters.
    GeneralisedVariance,
    /// Its natural logarithm.
    LnGeneralisedVariance,
    /// Sum over nuisance parameters of (1 - s)^2, `s` the standard deviation after the fit over
    /// that before.
    Constraints,
    /// Mean squared difference of ln L from its Gaussian approximation.
    Gaussianity,
    /// Binary cross-entropy of signal against nominal background.
    Bce,
    /// Binary cross-entropy of signal against background and all its variations.
    BceAugmented,
}

impl LossTerm {
    /// All terms, with their names in losses.
    pub const TABLE: [(&'static str, Self); 13] = [
        ("cls", Self::Cls),
        ("p0", Self::P0),
        ("ln-cls", Self::LnCls),
        ("ln-p0", Self::LnP0),
        ("limit", Self::Limit),
        ("ln-limit", Self::LnLimit),
        ("sigma-mu", Self::SigmaMu),
        ("generalised-variance", Self::GeneralisedVariance),
        ("ln-generalised-variance", Self::LnGeneralisedVariance),
        ("constraints", Self::Constraints),
        ("gaussianity", Self::Gaussianity),
        ("bce", Self::Bce),
        ("bce-augmented", Self::BceAugmented),
    ];

    /// Every term.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::TABLE.into_iter().map(|(_, term)| term)
    }

    /// The name in results: the name in losses, with underscores.
    pub fn key(self) -> String {
        self.name().replace('-', "_")
    }

    /// Whether the term needs only scores and no histograms.
    pub fn is_cross_entropy(self) -> bool {
        matches!(self, Self::Bce | Self::BceAugmented)
    }
}

named!(LossTerm, "term of a loss");

/// A weighted sum of terms, written as `cls`, `cls + p0` or `ln-cls + 0.5*sigma-mu`.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    terms: Vec<(f64, LossTerm)>,
}

impl Loss {
    /// A loss of a single term.
    pub fn of(term: LossTerm) -> Self {
        Self { terms: vec![(1.0, term)] }
    }

    /// Weights and terms.
    pub fn terms(&self) -> &[(f64, LossTerm)] {
        &self.terms
    }

    /// The value of the loss, from the values of its terms.
    pub fn value(&self, value: impl Fn(LossTerm) -> f64) -> f64 {
        self.terms.iter().map(|(weight, term)| weight * value(*term)).sum()
    }
}

fn read_term(text: &str) -> Result<(f64, LossTerm), ObservableError> {
    let refuse = |cause: String| ObservableError::Loss { found: text.trim().to_owned(), cause };
    let (weight, name) = match text.split_once('*') {
        None => (1.0, text.trim()),
        Some((weight, name)) => {
            let number = weight.trim().parse::<f64>();
            let number = number.map_err(|_| refuse(format!("'{}' is no number", weight.trim())))?;
            (number, name.trim())
        }
    };
    if !(weight > 0.0 && weight.is_finite()) {
        return Err(refuse(format!("the weight {weight} is not above 0")));
    }
    let term = name.parse().map_err(|error: crate::UnknownName| refuse(error.to_string()))?;
    Ok((weight, term))
}

impl FromStr for Loss {
    type Err = ObservableError;
    fn from_str(text: &str) -> Result<Self, ObservableError> {
        let terms = text.split('+').map(read_term).collect::<Result<Vec<_>, _>>()?;
        let is_repeated = |(i, (_, term)): (usize, &(f64, LossTerm))| {
            terms[..i].iter().any(|(_, other)| other == term)
        };
        if terms.iter().enumerate().any(is_repeated) {
            let cause = "a term stands there twice; add up its weights".to_owned();
            return Err(ObservableError::Loss { found: text.to_owned(), cause });
        }
        Ok(Self { terms })
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        for (i, (weight, term)) in self.terms.iter().enumerate() {
            if i > 0 {
                formatter.write_str(" + ")?;
            }
            if *weight != 1.0 {
                write!(formatter, "{weight}*")?;
            }
            formatter.write_str(term.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_read_and_written() {
        for (text, written) in [
            ("cls", "cls"),
            ("cls+p0", "cls + p0"),
            (" 2 * p0 + ln-cls ", "2*p0 + ln-cls"),
            ("1e-3*sigma-mu", "0.001*sigma-mu"),
        ] {
            let loss: Loss = text.parse().expect("a loss");
            assert_eq!(loss.to_string(), written);
            assert_eq!(written.parse::<Loss>().expect("a loss"), loss);
        }
        let loss: Loss = "cls + 2*p0".parse().expect("a loss");
        assert_eq!(loss.value(|term| if term == LossTerm::Cls { 0.5 } else { 0.1 }), 0.7);
    }

    #[test]
    fn what_is_no_loss_is_refused() {
        for (text, part) in [
            ("", "unknown term of a loss ''"),
            ("cls+", "unknown term"),
            ("cl", "cls, p0"),
            ("x*cls", "'x' is no number"),
            ("-1*cls", "not above 0"),
            ("NaN*cls", "not above 0"),
            ("cls + p0 + cls", "twice"),
        ] {
            let found = text.parse::<Loss>().expect_err("no loss").to_string();
            assert!(found.contains(part), "{text}: {found}");
        }
    }
}
