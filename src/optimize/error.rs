//! Errors in the settings of a training, and errors that end it early.

use super::schedule::ScheduleError;
use crate::persistence::CheckpointError;

/// Why no training can begin with the given settings or starting point.
///
/// Parameters are counted from 0.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OptimizeError {
    /// The method does not exist.
    #[error("unknown method '{name}'; known: {known}")]
    UnknownMethod {
        /// The given name.
        name: String,
        /// The existing names.
        known: String,
    },
    /// A schedule has an invalid number.
    #[error("{setting}: {source}")]
    Schedule {
        /// The setting that the schedule is for.
        setting: &'static str,
        /// What is wrong with it.
        source: ScheduleError,
    },
    /// L-BFGS cannot be used on an objective that changes.
    #[error(
        "lbfgs cannot follow a hardness that changes, because its memory would mix objectives; \
         set a constant hardness, or train with adam while it changes"
    )]
    HardnessChanges,
    /// The number of steps is 0.
    #[error("the number of steps is 0; give at least 1")]
    NoSteps,
    /// The number of epochs is 0.
    #[error("the number of epochs is 0; give at least 1")]
    NoEpochs,
    /// The objective does not have this metric.
    #[error("unknown metric '{name}'; choose one of {known}")]
    UnknownMetric {
        /// The given name.
        name: String,
        /// The existing names.
        known: String,
    },
    /// There are no parameters to optimise.
    #[error("the starting point has no parameters; give at least one")]
    NoParameters,
    /// The number of bounds does not match the number of parameters.
    #[error(
        "{bounds} bounds for {parameters} parameters; give one pair a parameter, or none at all"
    )]
    BoundsLength {
        /// Number of pairs given.
        bounds: usize,
        /// Number of parameters.
        parameters: usize,
    },
    /// A lower bound is above the upper one, or is not a number.
    #[error(
        "parameter {parameter}: the bounds ({lower}, {upper}) hold no value; give the lower one first"
    )]
    BoundsOrder {
        /// The parameter.
        parameter: usize,
        /// Its lower bound.
        lower: f64,
        /// Its upper bound.
        upper: f64,
    },
    /// A starting value is infinite or not a number.
    #[error("parameter {parameter} starts at {value}; give a finite value")]
    StartNotFinite {
        /// The parameter.
        parameter: usize,
        /// Its value.
        value: f64,
    },
    /// A starting value is outside its bounds.
    #[error(
        "parameter {parameter} starts at {value}, outside its bounds ({lower}, {upper}); move the \
         start inside or widen the bounds"
    )]
    StartOutside {
        /// The parameter.
        parameter: usize,
        /// Its value.
        value: f64,
        /// Its lower bound.
        lower: f64,
        /// Its upper bound.
        upper: f64,
    },
    /// The objective or its gradient is not finite at the starting point.
    #[error(
        "the objective at the start is {objective} and its gradient has {components} components \
         that are not finite; start elsewhere"
    )]
    StartUndefined {
        /// The objective there.
        objective: f64,
        /// Number of components of its gradient that are infinite or not a number.
        components: usize,
    },
    /// A stopping rule's number is negative or not finite.
    #[error("the stopping rule '{rule}' is {value}; give a finite number, 0 or larger")]
    StoppingRule {
        /// The rule.
        rule: &'static str,
        /// Its number.
        value: f64,
    },
    /// The patience is 0 steps.
    #[error("the patience is 0 steps; give at least 1, or no patience at all")]
    NoPatience,
    /// Checkpoints are requested every 0 steps.
    #[error("a checkpoint every 0 steps is never; give at least 1")]
    NoCheckpoints,
    /// An objective's number of metrics does not match its number of names.
    #[error("the objective names {expected} metrics and returned {found}; make them agree")]
    MetricCount {
        /// How many it names.
        expected: usize,
        /// How many it returned.
        found: usize,
    },
    /// The number of names does not match the number of parameters.
    #[error("{names} names for {parameters} parameters; give one a parameter")]
    NameCount {
        /// Number of names given.
        names: usize,
        /// Number of parameters.
        parameters: usize,
    },
}

/// Why a training cannot begin or continue.
///
/// The report's status says how a training ended; these are the errors that abort one. The last
/// checkpoint on disk remains valid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError<E: std::error::Error + 'static> {
    /// The settings are invalid.
    #[error(transparent)]
    Settings(#[from] OptimizeError),
    /// A checkpoint cannot be read, written or resumed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The objective returned an error.
    #[error("the objective failed at step {step}: {source}")]
    Objective {
        /// The step whose point was evaluated.
        step: usize,
        /// The objective's error.
        source: E,
    },
}
