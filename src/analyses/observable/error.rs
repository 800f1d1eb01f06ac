//! Errors of training an observable.

use std::path::PathBuf;

use crate::WriteError;
use crate::events::EventError;
use crate::histfactory::WorkspaceError;
use crate::inference::InferenceError;
use crate::inference::expected::ExpectedTestError;
use crate::optimize::TrainingError;

/// A training problem that has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObservableError {
    /// A sample lacks a column, or is wrong.
    #[error(transparent)]
    Event(#[from] EventError),
    /// Text that does not describe a loss.
    #[error("the loss '{found}': {cause}; give terms as in 'cls + 2*p0'")]
    Loss {
        /// The text, or the part that is wrong.
        found: String,
        /// What is wrong.
        cause: String,
    },
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
    /// No input columns were given, or one was given twice.
    #[error("{0}")]
    Columns(String),
    /// A setting out of range.
    #[error("{name} is {found}; expected {expected}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What was found.
        found: String,
        /// What is accepted.
        expected: &'static str,
    },
    /// A template whose number of bins differs from that of the histograms.
    #[error(
        "the template's channel '{channel}' has {found} bins and the histograms have {expected}; \
         all filled channels need as many bins as --bins or --edges make"
    )]
    TemplateBins {
        /// The channel.
        channel: String,
        /// Its bins.
        found: usize,
        /// The number of bins of the histograms.
        expected: usize,
    },
    /// A sample that events populate, with a `histosys` that no events populate.
    #[error(
        "the sample '{sample}' of channel '{channel}' is filled and its histosys {names} is not: those \
         yields belong to another nominal; give events up and down, or take the modifier out of the \
         template"
    )]
    UnfilledVariations {
        /// The channel.
        channel: String,
        /// The sample.
        sample: String,
        /// The modifiers.
        names: String,
    },
    /// A sample with too few events to be in every batch, or in both the training and held-out
    /// parts.
    #[error("{sample} has {events} events for {needed} {parts}; {remedy}")]
    TooFewEvents {
        /// The sample.
        sample: String,
        /// Its events.
        events: usize,
        /// How many are needed.
        needed: usize,
        /// What for.
        parts: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Weights of a sample's events that add up to 0 or less.
    #[error(
        "the weights of {sample} add up to {found} in {part}: there is nothing to scale to its yield; \
         take larger batches, or weights that are not negative"
    )]
    NoYield {
        /// The sample.
        sample: String,
        /// Which of its events.
        part: &'static str,
        /// Their sum.
        found: f64,
    },
    /// A network that gives every event the same score.
    #[error(
        "the network is dead: every event of the batch has the score {score}, so that nothing can be \
         learnt; try a smaller learning rate, another seed, or tanh units"
    )]
    DeadNetwork {
        /// The score.
        score: f64,
    },
    /// A bin whose trained edges have merged.
    #[error(
        "the trained edges of bin {bin} have come together at {edge}; try fewer bins or a smaller \
         learning rate"
    )]
    EmptyWidth {
        /// The bin, from 0.
        bin: usize,
        /// The position of both edges.
        edge: f64,
    },
    /// Scores that the loss does not depend on.
    #[error(
        "the loss does not depend on any event's score: scores are saturated at 0 and 1, a p-value is \
         too small for a number, or the histograms say nothing about the signal; try a smaller learning \
         rate, logarithms (ln-cls, ln-p0), a wider bandwidth, or another seed"
    )]
    NothingToLearn,
    /// Scores that are not numbers.
    #[error(
        "the network's scores are not finite; try a smaller learning rate, or standardised inputs"
    )]
    ScoresNotFinite,
    /// A bin whose expectation without signal is zero or negative.
    #[error(
        "channel '{channel}', bin {bin} expects {background:e} background events, and the likelihood \
         needs some; raise the background floor, the bandwidth or the batch size (where weights are \
         negative), or take fewer bins"
    )]
    EmptyBin {
        /// The channel.
        channel: String,
        /// The bin, from 0.
        bin: usize,
        /// Its expected background.
        background: f64,
    },
    /// The model cannot be built.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// A p-value has no result.
    #[error(transparent)]
    Expected(#[from] ExpectedTestError),
    /// The information, or a quantity derived from it, has no result.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// A training that cannot start or continue.
    #[error("{0}")]
    Training(String),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file that does not contain a trained network.
    #[error("{}: {cause}; give a model that optimize observable has written", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
}

impl From<TrainingError<ObservableError>> for ObservableError {
    fn from(error: TrainingError<ObservableError>) -> Self {
        match error {
            TrainingError::Objective { source, .. } => source,
            other => Self::Training(other.to_string()),
        }
    }
}
