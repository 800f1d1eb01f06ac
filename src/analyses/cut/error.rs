//! Errors of optimising cuts.

use crate::events::EventError;
use crate::inference::expected::ExpectedTestError;
use crate::optimize::TrainingError;

/// A cut problem that has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CutError {
    /// A sample lacks a column, or is wrong.
    #[error(transparent)]
    Event(#[from] EventError),
    /// No cut was given.
    #[error("there is no cut to optimise; give at least one, as in 'x>45'")]
    NoCuts,
    /// Two cuts on the same side of one column.
    #[error("two cuts keep '{column}' {side} a value; one of them is enough")]
    SameCutTwice {
        /// The column.
        column: String,
        /// "above" or "below".
        side: &'static str,
    },
    /// A column whose events all have one value.
    #[error("every event has {column} = {value}: there is nothing to cut on")]
    ConstantColumn {
        /// The column.
        column: String,
        /// Its value.
        value: f64,
    },
    /// A setting outside its range.
    #[error("{name} is {found}; it must be {expected}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// Its value.
        found: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// Negative weights outweigh the others.
    #[error(
        "the selection holds {signal} signal and {background} background events: negative weights \
         outweigh the others, and no significance is defined there; start from looser cuts, use \
         broader ones, or add a background offset"
    )]
    NegativeYield {
        /// Signal yield.
        signal: f64,
        /// Background yield.
        background: f64,
    },
    /// The counting model has no result.
    #[error("the counting model of the selection: {0}")]
    Expected(#[from] ExpectedTestError),
    /// The descent cannot start or continue.
    #[error(transparent)]
    Training(#[from] Box<TrainingError<CutError>>),
}

impl CutError {
    /// Whether a selection has no figure of merit although nothing is wrong with the problem: a
    /// scan has a gap there.
    pub(super) fn is_gap(&self) -> bool {
        match self {
            Self::NegativeYield { .. } => true,
            Self::Expected(error) => error.is_gap(),
            _ => false,
        }
    }
}
