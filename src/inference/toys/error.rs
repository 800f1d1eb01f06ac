//! Why toys cannot be run, and why files of toys cannot be used.

use std::path::PathBuf;

use super::record::{FitStage, Hypothesis, LARGEST_TOY, MOST_TOYS};
use crate::fit::FitError;
use crate::histfactory::DomainError;
use crate::inference::InferenceError;
use crate::persistence::FileError;

/// Why toys cannot be run or have no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToyError {
    /// A fit of the observed data cannot begin.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A point lies outside the likelihood's domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The test itself is refused.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// A file of toys is refused.
    #[error(transparent)]
    File(#[from] ToyFileError),
    /// A fit of the observed data has no minimum.
    #[error(
        "the {fit} fit of the observed data ended as '{status}': there is no observed statistic; see the \
         README's limits for what it means"
    )]
    Observed {
        /// Which fit.
        fit: &'static str,
        /// How it ended.
        status: &'static str,
    },
    /// A discovery test was requested for a signal strength other than 0.
    #[error("q0 tests a signal strength of 0, not {tested}; leave it out, or choose q or qtilde")]
    DiscoveryPoi {
        /// The requested signal strength.
        tested: f64,
    },
    /// Toys of the other hypothesis lie outside the parameter's bounds.
    #[error(
        "toys of the other hypothesis have {poi} = {value}, outside its bounds [{lower}, {upper}]: widen \
         them in the measurement, or with --poi-bounds"
    )]
    AlternativeOutsideBounds {
        /// The parameter of interest.
        poi: String,
        /// Its value there.
        value: f64,
        /// Lower bound.
        lower: f64,
        /// Upper bound.
        upper: f64,
    },
    /// No toys were requested.
    #[error("0 toys have no p-value; ask for 1 or more")]
    None,
    /// More toys than fit in memory.
    #[error(
        "{found} toys of a hypothesis are more than the {MOST_TOYS} of one run; split them into several, \
         each with its first toy, and merge their files"
    )]
    TooMany {
        /// How many were requested.
        found: u64,
    },
    /// Toy numbers beyond the largest allowed one.
    #[error("{toys} toys from number {first} on go beyond the largest number, {LARGEST_TOY}")]
    LastToy {
        /// The first toy.
        first: u64,
        /// How many were requested.
        toys: u64,
    },
    /// A rate is too large to draw from.
    #[error("{rate} expected events are too many to draw their number; scale the workspace down")]
    Rate {
        /// Expected events.
        rate: f64,
    },
    /// No toy of a hypothesis is left.
    #[error(
        "no toy of the {} hypothesis has a statistic ({failed} failed, mostly '{reason}'); give more toys, or \
         bins with few events more background", hypothesis.name()
    )]
    NoToy {
        /// The hypothesis.
        hypothesis: Hypothesis,
        /// How many failed.
        failed: u64,
        /// The most frequent reason.
        reason: String,
    },
}

impl ToyError {
    /// The error for a fit of observed data that ended as `status`.
    pub(super) fn observed(fit: FitStage, status: &'static str) -> Self {
        Self::Observed { fit: fit.name(), status }
    }
}

/// A file of toys that cannot be written, read, resumed or merged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToyFileError {
    /// The file cannot be used at all, or was made with other settings.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line is not that of a toy.
    #[error(
        "line {line} of the toys {} is damaged: {cause}; restore the file from a copy, or start a new one",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        cause: String,
    },
    /// A toy other than the one the run expects.
    #[error(
        "line {line} of the toys {} holds {found}, where this run has {expected}; ask for the same first \
         toy, or give another file", path.display()
    )]
    Order {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The run's toy.
        expected: String,
        /// The file's toy.
        found: String,
    },
    /// More toys than the run has.
    #[error(
        "the toys {} go beyond the {asked} that are asked for; ask for as many, or give another file",
        path.display()
    )]
    Longer {
        /// The file.
        path: PathBuf,
        /// Toys of the run.
        asked: u64,
    },
    /// Two files disagree about a toy.
    #[error(
        "{toy} is another one in {} than in a file before it; these runs do not belong together, or one is \
         damaged: leave one out", path.display()
    )]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// The toy.
        toy: String,
    },
    /// No file contains a toy.
    #[error("there is no toy in {}", path.display())]
    Empty {
        /// The first file.
        path: PathBuf,
    },
}
