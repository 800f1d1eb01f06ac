//! Training by mini-batches: many parameters, a loss that is another one each step.
//!
//! Enters: a [`BatchObjective`], a start (or a checkpoint), [`MinibatchOptions`]. Leaves: a
//! [`MinibatchReport`] with a row an epoch and the best point by one of the objective's metrics, the
//! lower the better.
//!
//! Steps are Adam's. Row `n` of the history is the point after `n` epochs, row 0 the start. What goes
//! wrong in a step (a loss or gradient that is no number, an objective's error) ends the training with
//! a reason, and loses nothing: the best point so far is in the report.

mod checkpoint;
mod options;
mod table;

use serde::{Deserialize, Serialize};

use super::checkpoint::CheckpointOptions;
use super::error::{OptimizeError, TrainingError};
use super::exact;
use super::methods::adam::Adam;
use super::training::Persistence;
use crate::persistence::CheckpointError;
pub use options::MinibatchOptions;
pub use table::epochs_csv;

/// A loss over batches of events.
pub trait BatchObjective {
    /// What can go wrong in a step.
    type Error: std::error::Error + 'static;

    /// Names and shapes of the arrays that the list of parameters is made of, in its order.
    fn tensors(&self) -> Vec<(String, Vec<usize>)>;

    /// Batches an epoch, at least one.
    fn batches(&self) -> usize;

    /// The loss of a batch; its gradient is overwritten into `gradient`, which has one number a
    /// parameter. It must be a function of its arguments alone.
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

    /// The metrics at the parameters, one a name, on events that no batch has; those without a value
    /// are not numbers.
    fn metrics(&mut self, parameters: &[f64]) -> Vec<f64>;
}

/// A point of a training: where so many epochs have led.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// Epochs before.
    pub epoch: usize,
    /// Mean loss over the epoch's batches, each where it was met; not a number at the start.
    #[serde(with = "exact::number")]
    pub loss: f64,
    /// Mean norm of the gradient over the batches; not a number at the start.
    #[serde(with = "exact::number")]
    pub gradient_norm: f64,
    /// The objective's metrics.
    #[serde(with = "exact")]
    pub metrics: Vec<f64>,
}

/// The point with the lowest value of the metric that selects.
#[derive(Clone, Debug, PartialEq)]
pub struct BestEpoch {
    /// Epochs before.
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
    /// Because it was asked to.
    Paused,
    /// Because the selecting metric had not improved for as many epochs as patience lasts.
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

/// What a training found.
#[derive(Clone, Debug, PartialEq)]
pub struct MinibatchReport {
    /// How it ended.
    pub status: MinibatchStatus,
    /// The last point.
    pub parameters: Vec<f64>,
    /// The best point; none where the selecting metric never had a value.
    pub best: Option<BestEpoch>,
    /// A row an epoch, the start included.
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

    /// A metric of a row by its name.
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
    /// Why it cannot go on.
    stopped: Option<String>,
}

impl Progress {
    fn epoch(&self) -> usize {
        self.history.len() - 1
    }

    /// Adds a row, and keeps its point if no other has a lower metric.
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

/// Trains from a start, or goes on from where a checkpoint says.
///
/// # Arguments
/// `observe` sees each row as it is made. Without persistence nothing is written.
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
    let checkpoints = match persistence {
        Persistence::None => None,
        Persistence::Fresh(c) | Persistence::Resume(c) | Persistence::Reopen(c) => Some(c),
    };
    checkpoints.map_or(Ok(()), CheckpointOptions::check)?;
    let layout = objective.tensors();
    let mut training = Minibatches { objective, options, select, layout, checkpoints, observe };
    let mut progress = match (persistence, checkpoints) {
        (Persistence::Resume(_) | Persistence::Reopen(_), Some(checkpoints)) => {
            checkpoint::load(&training.layout, options, checkpoints, metric_names.len())?
        }
        _ => training.begin(start)?,
    };
    let status = match persistence {
        Persistence::Reopen(_) => training.ended(&progress).unwrap_or(MinibatchStatus::Paused),
        _ => training.run(&mut progress)?,
    };
    let Progress { parameters, best, history, .. } = progress;
    let select = options.select.clone();
    Ok(MinibatchReport { status, parameters, best, history, metric_names, select })
}

/// What stays the same during a run.
struct Minibatches<'a, O> {
    objective: &'a mut O,
    options: &'a MinibatchOptions,
    /// Place of the metric that selects.
    select: usize,
    layout: Vec<(String, Vec<usize>)>,
    checkpoints: Option<&'a CheckpointOptions>,
    observe: &'a mut dyn FnMut(&Epoch),
}

fn norm(gradient: &[f64]) -> f64 {
    gradient.iter().map(|g| g * g).sum::<f64>().sqrt()
}

impl<O: BatchObjective> Minibatches<'_, O> {
    fn begin(&mut self, start: &[f64]) -> Result<Progress, OptimizeError> {
        if start.is_empty() {
            return Err(OptimizeError::NoParameters);
        }
        if let Some(parameter) = start.iter().position(|x| !x.is_finite()) {
            return Err(OptimizeError::StartNotFinite { parameter, value: start[parameter] });
        }
        let mut progress = Progress {
            parameters: start.to_vec(),
            adam: Adam::new(start.len()),
            best: None,
            history: Vec::new(),
            stopped: None,
        };
        self.record(&mut progress, f64::NAN, f64::NAN);
        Ok(progress)
    }

    fn record(&mut self, progress: &mut Progress, loss: f64, gradient_norm: f64) {
        let metrics = self.objective.metrics(&progress.parameters);
        let epoch = progress.history.len();
        let row = Epoch { epoch, loss, gradient_norm, metrics };
        (self.observe)(&row);
        progress.record(row, self.select);
    }

    /// How a training has ended, if it has.
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

    fn run(&mut self, progress: &mut Progress) -> Result<MinibatchStatus, CheckpointError> {
        let first = progress.epoch();
        let status = loop {
            if let Some(status) = self.ended(progress) {
                break status;
            }
            let epoch = progress.epoch();
            if self.checkpoints.and_then(|c| c.pause_after) == Some(epoch - first) {
                break MinibatchStatus::Paused;
            }
            if epoch > first && self.checkpoints.is_some_and(|c| epoch.is_multiple_of(c.every)) {
                self.save(progress)?;
            }
            self.advance(progress);
        };
        self.save(progress)?;
        Ok(status)
    }

    /// Goes through an epoch. A step that fails leaves the parameters as they were before it.
    fn advance(&mut self, progress: &mut Progress) {
        let (epoch, batches) = (progress.epoch(), self.objective.batches());
        let mut gradient = vec![0.0; progress.parameters.len()];
        let (mut losses, mut norms) = (0.0, 0.0);
        for batch in 0..batches {
            let evaluated =
                self.objective.evaluate(epoch, batch, &progress.parameters, &mut gradient);
            let refused = match evaluated {
                Err(error) => Some(error.to_string()),
                Ok(loss) if !loss.is_finite() => {
                    Some(format!("the loss is {loss}; try a smaller learning rate"))
                }
                Ok(loss) => {
                    losses += loss;
                    let norm = norm(&gradient);
                    norms += norm;
                    (!norm.is_finite()).then(|| {
                        "the gradient is not finite; try a smaller learning rate".to_owned()
                    })
                }
            };
            if let Some(reason) = refused {
                let place = format!("epoch {}, batch {}", epoch + 1, batch + 1);
                progress.stopped = Some(format!("{place}: {reason}"));
                return;
            }
            let step = epoch * batches + batch;
            let rate = self.options.learning_rate.at(step, self.options.epochs * batches);
            progress.adam.descend(&gradient, rate, &mut progress.parameters);
        }
        self.record(progress, losses / batches as f64, norms / batches as f64);
    }

    fn save(&self, progress: &Progress) -> Result<(), CheckpointError> {
        match self.checkpoints {
            None => Ok(()),
            Some(options) => checkpoint::save(progress, &self.layout, self.options, options),
        }
    }
}

#[cfg(test)]
mod tests;
