//! Descents: trainings on the full objective, which is evaluated at every step.
//!
//! Enters: an [`Objective`], a start (or a checkpoint), [`TrainingOptions`]. Leaves: a
//! [`TrainingReport`] with the history of every step.
//!
//! Row `n` of the history is the point `x_n` reached after `n` steps, with the objective at
//! hardness `h_n`; a step goes from `x_n` with its gradient there and learning rate `eta_n` to
//! `x_(n+1)`, which is evaluated at `h_(n+1)`. Schedules reach their ends at the last step, so the
//! last two rows share a hardness. Checkpoints are taken at rows, between evaluation and step.

use super::bounds::Bounds;
use super::checkpoint::{self, CheckpointOptions};
use super::course::{self, Course, Persistence};
use super::error::{OptimizeError, TrainingError};
use super::history::{Best, Step};
use super::methods::{Evaluate, Landing, Point, State};
use super::options::TrainingOptions;
use super::progress::Progress;
use super::stopping::{TrainingStatus, ended};
use crate::persistence::CheckpointError;

/// A function to minimise, given by its value and gradient.
///
/// Its results must depend only on the arguments, since resuming a training does not repeat
/// evaluations.
pub trait Objective {
    /// The error of an evaluation, other than numbers that are not finite.
    type Error: std::error::Error + 'static;

    /// The value at the parameters; its gradient overwrites `gradient`, which has one number per
    /// parameter. `hardness` is the annealed number, such as the slope of a sigmoid, an inverse
    /// temperature.
    ///
    /// # Errors
    /// The objective's own, which abort the training. A value or gradient that is not finite is not
    /// an error: it ends the training at the last finite point.
    fn evaluate(
        &mut self,
        parameters: &[f64],
        hardness: f64,
        gradient: &mut [f64],
    ) -> Result<f64, Self::Error>;

    /// Names of additional numbers for the history, such as a significance with hard cuts; always
    /// the same. By default there are none.
    fn metric_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// The additional numbers at the parameters, one per name; they need not be finite.
    ///
    /// # Errors
    /// The objective's own, which break the training off.
    fn metrics(&mut self, parameters: &[f64]) -> Result<Vec<f64>, Self::Error> {
        let _ = parameters;
        Ok(Vec::new())
    }
}

/// The result of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingReport {
    /// How it ended.
    pub status: TrainingStatus,
    /// The last point.
    pub parameters: Vec<f64>,
    /// The objective there.
    pub objective: f64,
    /// Its gradient there, not projected.
    pub gradient: Vec<f64>,
    /// The point with the lowest objective among those at the final hardness; others are not
    /// comparable.
    pub best: Best,
    /// One row per point, including the start, the last one, and those of runs before a resumption.
    /// Each contains every parameter, so memory and checkpoints grow with steps times parameters.
    pub history: Vec<Step>,
    /// Names of the history's metrics.
    pub metric_names: Vec<String>,
    /// Evaluations of the objective, including those of runs before a resumption.
    pub evaluations: usize,
}

/// Minimises an objective from a start.
///
/// # Arguments
/// `observe` is called with each row of the history as it is made. Without `checkpoints` nothing is
/// written.
///
/// # Errors
/// [`TrainingError`] where the training cannot begin, the objective fails or a checkpoint cannot be
/// written; how it ends is the report's `status`.
pub fn train<O: Objective>(
    objective: &mut O,
    start: &[f64],
    options: &TrainingOptions,
    checkpoints: Option<&CheckpointOptions>,
    observe: &mut dyn FnMut(&Step),
) -> Result<TrainingReport, TrainingError<O::Error>> {
    let persistence = checkpoints.map_or(Persistence::None, Persistence::Fresh);
    persistence.train(objective, start, options, observe)
}

/// Continues the training in a checkpoint, to the same bits as without interruption.
///
/// # Arguments
/// As for [`train`]; `observe` is called with the new rows only.
///
/// # Errors
/// As for [`train`]; and where the checkpoint cannot be read, is damaged, or belongs to a problem
/// with another fingerprint or a training with other settings.
pub fn resume<O: Objective>(
    objective: &mut O,
    options: &TrainingOptions,
    checkpoints: &CheckpointOptions,
    observe: &mut dyn FnMut(&Step),
) -> Result<TrainingReport, TrainingError<O::Error>> {
    Persistence::Resume(checkpoints).train(objective, &[], options, observe)
}

impl Persistence<'_> {
    /// Trains ([`train`]), continues ([`resume`]) or opens an existing checkpoint ([`reopen`]).
    ///
    /// # Errors
    /// As for these functions.
    pub fn train<O: Objective>(
        self,
        objective: &mut O,
        start: &[f64],
        options: &TrainingOptions,
        observe: &mut dyn FnMut(&Step),
    ) -> Result<TrainingReport, TrainingError<O::Error>> {
        options.validate()?;
        let metric_names = objective.metric_names();
        let bounds = Bounds::default();
        let mut descent = Descent { objective, options, bounds, metric_names, landed: None };
        let (progress, status) = course::run(&mut descent, start, self, observe)?;
        Ok(TrainingReport {
            status,
            parameters: progress.point.parameters,
            objective: progress.point.objective,
            gradient: progress.point.gradient,
            best: progress.best,
            history: progress.history,
            metric_names: descent.metric_names,
            evaluations: progress.evaluations,
        })
    }
}

/// The report of the training in a checkpoint as it stands; one that has not ended is `Paused`.
///
/// # Errors
/// As for [`resume`].
pub fn reopen<O: Objective>(
    objective: &mut O,
    options: &TrainingOptions,
    checkpoints: &CheckpointOptions,
) -> Result<TrainingReport, TrainingError<O::Error>> {
    Persistence::Reopen(checkpoints).train(objective, &[], options, &mut |_| ())
}

/// A course of one step per epoch, on the full objective.
struct Descent<'a, O> {
    objective: &'a mut O,
    options: &'a TrainingOptions,
    /// Bounds of every parameter, once the start or the checkpoint gives their number.
    bounds: Bounds,
    metric_names: Vec<String>,
    /// The point of the last step and the method's memory there, before they are recorded.
    landed: Option<(Point, State)>,
}

impl<O: Objective> Descent<'_, O> {
    /// The history's row for a point.
    fn row(&mut self, step: usize, point: &Point) -> Result<Step, TrainingError<O::Error>> {
        let metrics = self
            .objective
            .metrics(&point.parameters)
            .map_err(|source| TrainingError::Objective { step, source })?;
        let (expected, found) = (self.metric_names.len(), metrics.len());
        if expected != found {
            return Err(OptimizeError::MetricCount { expected, found }.into());
        }
        Ok(Step {
            step,
            objective: point.objective,
            gradient_norm: self.bounds.gradient_norm(&point.parameters, &point.gradient),
            learning_rate: self.options.learning_rate.at(step, self.options.steps),
            hardness: self.options.hardness.at(step, self.options.steps),
            parameters: point.parameters.clone(),
            metrics,
        })
    }
}

impl<O: Objective> Course for Descent<'_, O> {
    type Progress = Progress;
    type Row = Step;
    type Status = TrainingStatus;
    type Error = TrainingError<O::Error>;
    const PAUSED: TrainingStatus = TrainingStatus::Paused;

    fn begin(&mut self, start: &[f64]) -> Result<Progress, Self::Error> {
        self.bounds = Bounds::new(&self.options.bounds, start.len())?;
        self.bounds.check(start)?;
        let hardness = self.options.hardness.at(0, self.options.steps);
        let evaluate: Evaluate<O::Error> = &mut |x, g| self.objective.evaluate(x, hardness, g);
        let point = Point::new(start.to_vec(), evaluate)
            .map_err(|source| TrainingError::Objective { step: 0, source })?;
        if !point.is_finite() {
            let components = point.gradient.iter().filter(|g| !g.is_finite()).count();
            let objective = point.objective;
            return Err(OptimizeError::StartUndefined { objective, components }.into());
        }
        let row = self.row(0, &point)?;
        Ok(Progress::new(point, State::new(self.options.method, start.len()), row))
    }

    fn history(progress: &Progress) -> &[Step] {
        &progress.history
    }

    fn ended(&self, progress: &Progress) -> Option<TrainingStatus> {
        ended(progress, self.options)
    }

    fn steps(&self) -> usize {
        1
    }

    /// Where a step fails, only the count of evaluations changes.
    fn step(
        &mut self,
        progress: &mut Progress,
        _: usize,
    ) -> Result<Option<TrainingStatus>, Self::Error> {
        let (options, step) = (self.options, progress.last().step);
        let learning_rate = options.learning_rate.at(step, options.steps);
        let hardness = options.hardness.at(step + 1, options.steps);
        let evaluate: Evaluate<O::Error> = &mut |x, g| {
            progress.evaluations += 1;
            self.objective.evaluate(x, hardness, g)
        };
        let mut state = progress.state.clone();
        let landing = state
            .advance(&progress.point, learning_rate, &self.bounds, evaluate)
            .map_err(|source| TrainingError::Objective { step: step + 1, source })?;
        match landing {
            Landing::At(point) => self.landed = Some((point, state)),
            Landing::Stalled => return Ok(Some(TrainingStatus::Stalled)),
            Landing::NotFinite => return Ok(Some(TrainingStatus::NotFinite)),
        }
        Ok(None)
    }

    fn record(&mut self, progress: &mut Progress) -> Result<(), Self::Error> {
        let (point, state) = self.landed.take().expect("a step has landed");
        let row = self.row(progress.last().step + 1, &point)?;
        progress.record(row, self.options.stopping.minimum_improvement);
        (progress.point, progress.state) = (point, state);
        Ok(())
    }

    fn save(
        &self,
        progress: &Progress,
        options: &CheckpointOptions,
    ) -> Result<(), CheckpointError> {
        checkpoint::save(progress, self.options, options)
    }

    fn load(&mut self, options: &CheckpointOptions) -> Result<Progress, Self::Error> {
        let progress = checkpoint::load(self.options, options, self.metric_names.len())?;
        self.bounds = Bounds::new(&self.options.bounds, progress.point.parameters.len())?;
        Ok(progress)
    }
}

#[cfg(test)]
mod tests;
