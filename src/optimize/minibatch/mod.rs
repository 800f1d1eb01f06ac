//! Training by mini-batches: many parameters, and a loss that differs at each step.
//!
//! Enters: a [`BatchObjective`], a start (or a checkpoint), [`MinibatchOptions`]. Leaves: a
//! [`MinibatchReport`] with one row per epoch and the best point by one of the objective's metrics,
//! where lower is better.
//!
//! Steps are Adam's. Row `n` of the history is the point after `n` epochs, row 0 the start. A
//! failure in a step (a loss or gradient that is not a number, an error of the objective) ends the
//! training with a reason but loses nothing: the best point so far is in the report.

mod checkpoint;
mod options;
mod table;

use serde::{Deserialize, Serialize};

use super::bounds::Bounds;
use super::checkpoint::CheckpointOptions;
use super::course::{self, Course, Persistence};
use super::error::{OptimizeError, TrainingError};
use super::exact;
use super::methods::adam::Adam;
use crate::persistence::CheckpointError;
pub use options::MinibatchOptions;
pub use table::epochs_csv;

/// A loss over batches of events.
pub trait BatchObjective {
    /// The error of a step.
    type Error: std::error::Error + 'static;

    /// Names and shapes of the arrays that make up the list of parameters, in its order.
    fn tensors(&self) -> Vec<(String, Vec<usize>)>;

    /// Batches per epoch, at least one.
    fn batches(&self) -> usize;

    /// The loss of a batch; its gradient overwrites `gradient`, which has one number per parameter.
    /// The loss must depend only on the arguments.
    ///
    /// # Errors
    /// The objective's own, which end the training.
    fn evaluate(
        &mut self,
        epoch: usize,
        batch: usize,
        parameters: &[f64],
        gradient: &mut [f64],
    ) -> Result<f64, Self::Error>;

    /// Names of the metrics; always the same.
    fn metric_names(&self) -> Vec<String>;

    /// The metrics at the parameters, one per name, on events that are in no batch; those without a
    /// value are NaN.
    fn metrics(&mut self, parameters: &[f64]) -> Vec<f64>;
}

/// A point of a training, after a number of epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// Number of epochs before this point.
    pub epoch: usize,
    /// Mean loss over the epoch's batches, each evaluated when it was used; not a number at the
    /// start.
    #[serde(with = "exact::number")]
    pub loss: f64,
    /// Mean norm of the gradient over the batches; not a number at the start.
    #[serde(with = "exact::number")]
    pub gradient_norm: f64,
    /// The objective's metrics.
    #[serde(with = "exact")]
    pub metrics: Vec<f64>,
}

/// The point with the lowest value of the selecting metric.
#[derive(Clone, Debug, PartialEq)]
pub struct BestEpoch {
    /// Number of epochs before this point.
    pub epoch: usize,
    /// The parameters.
    pub parameters: Vec<f64>,
}

/// How a training ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MinibatchStatus {
    /// After its last epoch.
    Completed,
    /// Because the caller requested it.
    Paused,
    /// Because the selecting metric had not improved for as many epochs as the patience allows.
    NoImprovement,
    /// Because a step failed, for this reason.
    Stopped(String),
}

impl MinibatchStatus {
    /// The name in results.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Paused => "paused",
            Self::NoImprovement => "no improvement",
            Self::Stopped(_) => "stopped",
        }
    }
}

/// The result of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct MinibatchReport {
    /// How it ended.
    pub status: MinibatchStatus,
    /// The last point.
    pub parameters: Vec<f64>,
    /// The best point; `None` where the selecting metric never had a value.
    pub best: Option<BestEpoch>,
    /// One row per epoch, including the start.
    pub history: Vec<Epoch>,
    /// Names of the metrics.
    pub metric_names: Vec<String>,
    /// The metric by which the best point is chosen.
    pub select: String,
}

impl MinibatchReport {
    /// The row of the best point.
    pub fn best_row(&self) -> Option<&Epoch> {
        self.best.as_ref().map(|best| &self.history[best.epoch])
    }

    /// The selecting metric of the best point.
    pub fn best_value(&self) -> Option<f64> {
        self.metric(self.best_row()?, &self.select)
    }

    /// A metric of a row, by name.
    pub fn metric(&self, row: &Epoch, name: &str) -> Option<f64> {
        let place = self.metric_names.iter().position(|known| known == name)?;
        row.metrics.get(place).copied()
    }
}

/// Everything that changes, at the end of an epoch.
#[derive(Clone, Debug, PartialEq)]
struct Progress {
    parameters: Vec<f64>,
    adam: Adam,
    best: Option<BestEpoch>,
    history: Vec<Epoch>,
    /// Why it cannot continue.
    stopped: Option<String>,
}

impl Progress {
    fn epoch(&self) -> usize {
        self.history.len() - 1
    }

    /// Adds a row, and records its point as the best if no other has a lower metric.
    fn record(&mut self, row: Epoch, select: usize) {
        let lowest = self.best.as_ref().map(|best| self.history[best.epoch].metrics[select]);
        let value = row.metrics[select];
        if value < lowest.unwrap_or(f64::INFINITY) {
            let parameters = self.parameters.clone();
            self.best = Some(BestEpoch { epoch: row.epoch, parameters });
        }
        self.history.push(row);
    }
}

/// Trains from a start, or continues from a checkpoint.
///
/// # Arguments
/// `observe` is called with each row as it is made. Without persistence nothing is written.
///
/// # Errors
/// [`TrainingError`] where the training cannot begin, or a checkpoint cannot be written, read or
/// resumed; how the training ends is the report's `status`.
pub fn train_minibatches<O: BatchObjective>(
    objective: &mut O,
    start: &[f64],
    options: &MinibatchOptions,
    persistence: Persistence,
    observe: &mut dyn FnMut(&Epoch),
) -> Result<MinibatchReport, TrainingError<O::Error>> {
    let metric_names = objective.metric_names();
    let select = options.check(&metric_names)?;
    let layout = objective.tensors();
    let (losses, norms, gradient) = (0.0, 0.0, Vec::new());
    let mut training = Minibatches { objective, options, select, layout, losses, norms, gradient };
    let (progress, status) = course::run(&mut training, start, persistence, observe)?;
    let Progress { parameters, best, history, .. } = progress;
    let select = options.select.clone();
    Ok(MinibatchReport { status, parameters, best, history, metric_names, select })
}

/// A course of one step per batch.
struct Minibatches<'a, O> {
    objective: &'a mut O,
    options: &'a MinibatchOptions,
    /// Index of the selecting metric.
    select: usize,
    layout: Vec<(String, Vec<usize>)>,
    /// Sums over the batches of the current epoch.
    losses: f64,
    norms: f64,
    /// Gradient of the last batch, stored to allocate its memory only once.
    gradient: Vec<f64>,
}

fn norm(gradient: &[f64]) -> f64 {
    gradient.iter().map(|g| g * g).sum::<f64>().sqrt()
}

impl<O: BatchObjective> Minibatches<'_, O> {
    fn row(&mut self, progress: &mut Progress, loss: f64, gradient_norm: f64) {
        let metrics = self.objective.metrics(&progress.parameters);
        let epoch = progress.history.len();
        progress.record(Epoch { epoch, loss, gradient_norm, metrics }, self.select);
    }

    /// Adds a batch's loss and gradient to the epoch's; the error says why they cannot be used.
    fn evaluate(
        &mut self,
        epoch: usize,
        batch: usize,
        parameters: &[f64],
        gradient: &mut [f64],
    ) -> Result<(), String> {
        let evaluated = self.objective.evaluate(epoch, batch, parameters, gradient);
        let loss = evaluated.map_err(|error| error.to_string())?;
        if !loss.is_finite() {
            return Err(format!("the loss is {loss}; try a smaller learning rate"));
        }
        let norm = norm(gradient);
        (self.losses, self.norms) = (self.losses + loss, self.norms + norm);
        if norm.is_finite() {
            Ok(())
        } else {
            Err("the gradient is not finite; try a smaller learning rate".to_owned())
        }
    }
}

impl<O: BatchObjective> Course for Minibatches<'_, O> {
    type Progress = Progress;
    type Row = Epoch;
    type Status = MinibatchStatus;
    type Error = TrainingError<O::Error>;
    const PAUSED: MinibatchStatus = MinibatchStatus::Paused;

    fn begin(&mut self, start: &[f64]) -> Result<Progress, Self::Error> {
        Bounds::new(&[], start.len())?.check(start)?;
        let mut progress = Progress {
            parameters: start.to_vec(),
            adam: Adam::new(start.len()),
            best: None,
            history: Vec::new(),
            stopped: None,
        };
        self.row(&mut progress, f64::NAN, f64::NAN);
        Ok(progress)
    }

    fn history(progress: &Progress) -> &[Epoch] {
        &progress.history
    }

    fn ended(&self, progress: &Progress) -> Option<MinibatchStatus> {
        if let Some(reason) = &progress.stopped {
            return Some(MinibatchStatus::Stopped(reason.clone()));
        }
        if progress.epoch() >= self.options.epochs {
            return Some(MinibatchStatus::Completed);
        }
        let best = progress.best.as_ref().map_or(0, |best| best.epoch);
        let waited = progress.epoch() - best;
        let is_over = self.options.patience.is_some_and(|patience| waited >= patience);
        is_over.then_some(MinibatchStatus::NoImprovement)
    }

    fn steps(&self) -> usize {
        self.objective.batches()
    }

    /// A step that fails leaves the parameters unchanged.
    fn step(
        &mut self,
        progress: &mut Progress,
        batch: usize,
    ) -> Result<Option<MinibatchStatus>, Self::Error> {
        let (epoch, batches) = (progress.epoch(), self.objective.batches());
        if batch == 0 {
            (self.losses, self.norms) = (0.0, 0.0);
        }
        let mut gradient = std::mem::take(&mut self.gradient);
        gradient.resize(progress.parameters.len(), 0.0);
        if let Err(reason) = self.evaluate(epoch, batch, &progress.parameters, &mut gradient) {
            let reason = format!("epoch {}, batch {}: {reason}", epoch + 1, batch + 1);
            progress.stopped = Some(reason.clone());
            return Ok(Some(MinibatchStatus::Stopped(reason)));
        }
        let step = epoch * batches + batch;
        let rate = self.options.learning_rate.at(step, self.options.epochs * batches);
        progress.adam.descend(&gradient, rate, &mut progress.parameters);
        self.gradient = gradient;
        Ok(None)
    }

    fn record(&mut self, progress: &mut Progress) -> Result<(), Self::Error> {
        let batches = self.objective.batches() as f64;
        self.row(progress, self.losses / batches, self.norms / batches);
        Ok(())
    }

    fn save(
        &self,
        progress: &Progress,
        options: &CheckpointOptions,
    ) -> Result<(), CheckpointError> {
        checkpoint::save(progress, &self.layout, self.options, options)
    }

    fn load(&mut self, options: &CheckpointOptions) -> Result<Progress, Self::Error> {
        let metrics = self.objective.metric_names().len();
        Ok(checkpoint::load(&self.layout, self.options, options, metrics)?)
    }
}

#[cfg(test)]
mod tests;
