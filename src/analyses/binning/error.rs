//! Errors of optimising a binning.

use crate::events::EventError;
use crate::inference::expected::ExpectedTestError;
use crate::numbers::six_digits;
use crate::optimize::TrainingError;

/// A binning problem that has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BinningError {
    /// A sample lacks a column, or is wrong.
    #[error(transparent)]
    Event(#[from] EventError),
    /// Signals or backgrounds are missing.
    #[error("there is no {0}; give at least one")]
    NoProcess(&'static str),
    /// Two processes, or two systematics of one background, with the same name.
    #[error("two {what} are called '{name}'; give each its own name")]
    SameName {
        /// What they are.
        what: &'static str,
        /// Their name.
        name: String,
    },
    /// A systematic whose name is empty or reserved for the model's own parameters.
    #[error("a shape systematic is called '{name}', which is empty or the model's own; rename it")]
    ReservedName {
        /// Its name.
        name: String,
    },
    /// No column was given, or one was given twice.
    #[error("{0}")]
    Columns(String),
    /// A column whose events all have one value.
    #[error("every event has {column} = {value}: there is nothing to bin")]
    ConstantColumn {
        /// The column.
        column: String,
        /// Its value.
        value: f64,
    },
    /// A column of numbers so large or small that their squares overflow or underflow.
    #[error(
        "the standard deviation of {column} is {deviation:e}; give the column in units that bring it \
         between 1e-100 and 1e100"
    )]
    Unscaled {
        /// The column.
        column: String,
        /// Standard deviation of all events.
        deviation: f64,
    },
    /// A range that contains no events or is not valid.
    #[error(
        "the range of {column} is {low} to {high}; give a finite lower and a higher upper end, around \
         some of its values ({} to {})",
        six_digits(*smallest), six_digits(*largest)
    )]
    Range {
        /// The column.
        column: String,
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Smallest value of the data.
        smallest: f64,
        /// Largest value of the data.
        largest: f64,
    },
    /// A setting outside its range.
    #[error("{name} is {}; it must be {expected}", six_digits(*found))]
    Setting {
        /// The setting.
        name: &'static str,
        /// Its value.
        found: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// Signal weights whose number differs from the number of signals.
    #[error("{found} weights of signals for {expected} signals; give one a signal")]
    SignalWeights {
        /// Signals.
        expected: usize,
        /// Weights.
        found: usize,
    },
    /// The data have too few events to populate the bins.
    #[error(
        "{} background events cannot fill {bins} bins of {} or more each; ask for fewer bins or a \
         smaller minimum background",
        six_digits(*background), six_digits(*minimum)
    )]
    TooFewEvents {
        /// Bins.
        bins: usize,
        /// Yield of all backgrounds.
        background: f64,
        /// Smallest background of a bin.
        minimum: f64,
    },
    /// No binning with edges on the fine grid satisfies the constraint.
    #[error(
        "no {bins} bins with edges among the {fine_bins} fine ones hold {} background events each; ask \
         for fewer bins, a smaller minimum background or more fine bins",
        six_digits(*minimum)
    )]
    NoExactBinning {
        /// Bins.
        bins: usize,
        /// Fine bins.
        fine_bins: usize,
        /// Smallest background of a bin.
        minimum: f64,
    },
    /// An exact binning was requested for an objective that has none.
    #[error(
        "exact binnings are found for asimov, asimov-uncertainty and s-over-sqrt-b; choose one of them, or \
         the method of a descent"
    )]
    NotExact,
    /// Contiguous bins were requested for categories in several columns.
    #[error("contiguous bins are those of one column; leave the others out, or choose a descent")]
    SeveralColumns,
    /// Boundaries that do not ascend.
    #[error("the boundaries {0:?} do not ascend")]
    Boundaries(Vec<f64>),
    /// The HistFactory model of the bins has no result.
    #[error("the HistFactory model of the bins: {0}")]
    Expected(#[from] ExpectedTestError),
    /// The descent cannot start or continue.
    #[error(transparent)]
    Training(#[from] Box<TrainingError<BinningError>>),
}

impl BinningError {
    /// Whether a binning has no figure of merit although nothing is wrong with the problem.
    pub(super) fn is_gap(&self) -> bool {
        matches!(self, Self::Expected(error) if error.is_gap())
    }
}
