//! What can be wrong with the settings of a training, and what can end it early.

use super::schedule::ScheduleError;
use crate::persistence::CheckpointError;

/// Settings or a starting point that no training can begin with.
///
/// Parameters are counted from 0.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OptimizeError {
    /// A method that does not exist.
    #[error("unknown method '{name}'; known: {known}")]
    UnknownMethod {
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A schedule with a wrong number.
    #[error("{setting}: {source}")]
    Schedule {
        /// Whose schedule.
        setting: &'static str,
        /// What is wrong with it.
        source: ScheduleError,
    },
    /// L-BFGS on an objective that changes.
    #[error(
        "lbfgs cannot follow a hardness that changes, because its memory would mix objectives; \
         set a constant hardness, or train with adam while it changes"
    )]
    HardnessChanges,
    /// No steps at all.
    #[error("the number of steps is 0; give at least 1")]
    NoSteps,
    /// No epochs at all.
    #[error("the number of epochs is 0; give at least 1")]
    NoEpochs,
    /// A metric that the objective does not have.
    #[error("unknown metric '{name}'; choose one of {known}")]
    UnknownMetric {
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Nothing to optimise.
    #[error("the starting point has no parameters; give at least one")]
    NoParameters,
    /// Bounds of another number of parameters.
    #[error(
        "{bounds} bounds for {parameters} parameters; give one pair a parameter, or none at all"
    )]
    BoundsLength {
        /// Pairs given.
        bounds: usize,
        /// Parameters there are.
        parameters: usize,
    },
    /// A lower bound above the upper one, or one that is not a number.
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
    /// A starting value that is infinite or not a number.
    #[error("parameter {parameter} starts at {value}; give a finite value")]
    StartNotFinite {
        /// The parameter.
        parameter: usize,
        /// Its value.
        value: f64,
    },
    /// A starting value outside its bounds.
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
    /// An objective or gradient at the starting point that is not finite.
    #[error(
        "the objective at the start is {objective} and its gradient has {components} components \
         that are not finite; start elsewhere"
    )]
    StartUndefined {
        /// The objective there.
        objective: f64,
        /// Components of its gradient that are infinite or not a number.
        components: usize,
    },
    /// A stopping rule's number that is negative or not finite.
    #[error("the stopping rule '{rule}' is {value}; give a finite number, 0 or larger")]
    StoppingRule {
        /// The rule.
        rule: &'static str,
        /// Its number.
        value: f64,
    },
    /// A patience of no steps.
    #[error("the patience is 0 steps; give at least 1, or no patience at all")]
    NoPatience,
    /// Checkpoints every 0 steps.
    #[error("a checkpoint every 0 steps is never; give at least 1")]
    NoCheckpoints,
    /// An objective with another number of metrics than names of them.
    #[error("the objective names {expected} metrics and returned {found}; make them agree")]
    MetricCount {
        /// How many it names.
        expected: usize,
        /// How many it returned.
        found: usize,
    },
    /// Another number of names than parameters.
    #[error("{names} names for {parameters} parameters; give one a parameter")]
    NameCount {
        /// Names given.
        names: usize,
        /// Parameters there are.
        parameters: usize,
    },
}

/// A training that cannot begin or go on.
///
/// How one ends is the report's status; what breaks it off is here. The last checkpoint on disk
/// stays valid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError<E: std::error::Error + 'static> {
    /// Wrong settings.
    #[error(transparent)]
    Settings(#[from] OptimizeError),
    /// A checkpoint that cannot be read, written or resumed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The objective's own error.
    #[error("the objective failed at step {step}: {source}")]
    Objective {
        /// The step whose point was asked for.
        step: usize,
        /// What it said.
        source: E,
    },
}
