//! Results of toys: one record per toy, and samples of records.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::UnknownName;
use crate::fit::FitStatus;
use diffhep_names::{find, name_of, named};

/// Largest number that a toy may have: JSON numbers above it are not exact everywhere.
pub const LARGEST_TOY: u64 = (1 << 53) - 1;
/// Most toys of a hypothesis in one run, limited because their statistics are kept in memory.
pub const MOST_TOYS: u64 = 100_000_000;

/// The point at which a toy is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hypothesis {
    /// At the tested signal strength.
    Signal,
    /// At the other one: 0, or 1 for q0.
    Background,
    /// At the best fit, for goodness of fit.
    BestFit,
}

impl Hypothesis {
    /// Every hypothesis with its name in files.
    pub const TABLE: [(&'static str, Self); 3] =
        [("signal", Self::Signal), ("background", Self::Background), ("best fit", Self::BestFit)];

    /// The generator stream for a toy's random numbers.
    pub(super) fn stream(self, toy: u64) -> u64 {
        // Leaves room for one more hypothesis; toy numbers are below 2^53.
        4 * toy + self as u64
    }
}
named!(Hypothesis, "hypothesis");

/// One of a toy's fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FitStage {
    /// All parameters free.
    Free,
    /// The parameter of interest at the tested value.
    Tested,
}

impl FitStage {
    /// Every stage with its name in files.
    pub const TABLE: [(&'static str, Self); 2] = [("free", Self::Free), ("tested", Self::Tested)];
}
named!(FitStage, "fit");

/// Why a fit has no minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureCause {
    /// No starting point lies in the likelihood's domain, or its information is not finite.
    NoStart,
    /// The steps ran out.
    StepLimit,
    /// No smaller step lowered -ln L any more.
    Stalled,
    /// A bin without observed events lost its rate, and barriers did not help.
    EmptyBin,
    /// The statistic is not a number.
    NotFinite,
}

impl FailureCause {
    /// Every cause with its name in files.
    pub const TABLE: [(&'static str, Self); 5] = [
        ("cannot start", Self::NoStart),
        ("step limit", Self::StepLimit),
        ("stalled", Self::Stalled),
        ("empty bin", Self::EmptyBin),
        ("not finite", Self::NotFinite),
    ];

    /// The cause for a status; `None` for a minimum.
    pub(super) fn of(status: FitStatus) -> Option<Self> {
        match status {
            FitStatus::Converged | FitStatus::Degenerate => None,
            FitStatus::StepLimit => Some(Self::StepLimit),
            FitStatus::Stalled => Some(Self::Stalled),
            FitStatus::EmptyBin => Some(Self::EmptyBin),
        }
    }
}

/// Why a toy has no statistic; displayed and parsed as in "free fit: stalled".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ToyFailure {
    /// Which fit failed.
    pub fit: FitStage,
    /// Why.
    pub cause: FailureCause,
}

/// Separates the stage from the cause.
const FIT: &str = " fit: ";

impl fmt::Display for ToyFailure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}{FIT}{}", self.fit.name(), name_of(&FailureCause::TABLE, &self.cause))
    }
}

impl FromStr for ToyFailure {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let (fit, cause) = text.split_once(FIT).unwrap_or((text, ""));
        Ok(Self { fit: fit.parse()?, cause: find("cause", &FailureCause::TABLE, cause)? })
    }
}

/// The result of a toy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToyValue {
    /// The test statistic, not negative.
    pub statistic: f64,
    /// The fitted parameter of interest.
    pub poi: f64,
}

/// A toy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToyRecord {
    /// Its number.
    pub toy: u64,
    /// Where it was drawn.
    pub hypothesis: Hypothesis,
    /// Its result.
    pub outcome: Result<ToyValue, ToyFailure>,
}

/// The toys of one hypothesis, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToySample {
    /// Statistics of the toys that have one.
    pub statistics: Vec<f64>,
    /// Their fitted parameters of interest.
    pub pois: Vec<f64>,
    /// How many toys failed, by reason.
    pub failed: BTreeMap<ToyFailure, u64>,
}

impl ToySample {
    /// How many toys failed, for whatever reason.
    pub fn n_failed(&self) -> u64 {
        self.failed.values().sum()
    }

    pub(super) fn add(&mut self, outcome: Result<ToyValue, ToyFailure>) {
        match outcome {
            Ok(value) => {
                self.statistics.push(value.statistic);
                self.pois.push(value.poi);
            }
            Err(failure) => *self.failed.entry(failure).or_default() += 1,
        }
    }
}

/// The toys of a run, or of several together.
#[derive(Clone, Debug, PartialEq)]
pub struct ToySet {
    /// One sample per hypothesis, in the order of the run's hypotheses.
    pub samples: Vec<(Hypothesis, ToySample)>,
    /// Numbers of the first toy and after the last one.
    pub range: Range<u64>,
    /// Toys in between that lack a hypothesis.
    pub gaps: Vec<Range<u64>>,
}

impl ToySet {
    pub(super) fn new(hypotheses: &[Hypothesis], range: Range<u64>) -> Self {
        let sample = |hypothesis: &Hypothesis| (*hypothesis, ToySample::default());
        Self { samples: hypotheses.iter().map(sample).collect(), range, gaps: Vec::new() }
    }

    /// The toys of a hypothesis; `None` where the run did not include it.
    pub fn sample(&self, hypothesis: Hypothesis) -> Option<&ToySample> {
        let found = self.samples.iter().find(|(known, _)| *known == hypothesis);
        found.map(|(_, sample)| sample)
    }

    pub(super) fn add(&mut self, record: &ToyRecord) {
        let found = self.samples.iter_mut().find(|(known, _)| *known == record.hypothesis);
        let (_, sample) = found.expect("a record is of one of the run's hypotheses");
        sample.add(record.outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_read_as_they_are_shown() {
        for (_, fit) in FitStage::TABLE {
            for (_, cause) in FailureCause::TABLE {
                let failure = ToyFailure { fit, cause };
                assert_eq!(failure.to_string().parse(), Ok(failure));
            }
        }
        for text in ["", "free", "free fit: ", "free fit: late", "other fit: stalled"] {
            assert!(text.parse::<ToyFailure>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_toy_has_a_stream_of_its_own() {
        let mut streams: Vec<u64> = (0..100)
            .chain(LARGEST_TOY - 100..=LARGEST_TOY)
            .flat_map(|toy| Hypothesis::TABLE.map(|(_, hypothesis)| hypothesis.stream(toy)))
            .collect();
        let all = streams.len();
        streams.sort_unstable();
        streams.dedup();
        assert_eq!(streams.len(), all);
    }
}
