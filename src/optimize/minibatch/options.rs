//! The settings of a training by mini-batches.

use serde::Serialize;

use super::OptimizeError;
use crate::optimize::Schedule;

/// How a training by mini-batches is carried out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MinibatchOptions {
    /// Largest number of epochs; schedules run over them.
    pub epochs: usize,
    /// Adam's learning rate; by default 0.001.
    pub learning_rate: Schedule,
    /// The metric by which the best point is chosen; lower is better.
    pub select: String,
    /// Epochs without improvement of that metric after which the training ends; by default none.
    pub patience: Option<usize>,
}

impl MinibatchOptions {
    /// Options with a number of epochs and a selecting metric, with defaults for the rest.
    pub fn new(epochs: usize, select: impl Into<String>) -> Self {
        let learning_rate = Schedule::Constant { value: 1e-3 };
        Self { epochs, learning_rate, select: select.into(), patience: None }
    }

    /// Checks the settings, and that the selecting metric is one of those given; returns its index.
    ///
    /// # Errors
    /// [`OptimizeError`] with what is wrong.
    pub fn check(&self, metric_names: &[String]) -> Result<usize, OptimizeError> {
        if self.epochs == 0 {
            return Err(OptimizeError::NoEpochs);
        }
        if self.patience == Some(0) {
            return Err(OptimizeError::NoPatience);
        }
        let refuse = |source| OptimizeError::Schedule { setting: "learning rate", source };
        self.learning_rate.validate().map_err(refuse)?;
        let select = metric_names.iter().position(|name| *name == self.select);
        select.ok_or_else(|| OptimizeError::UnknownMetric {
            name: self.select.clone(),
            known: metric_names.join(", "),
        })
    }
}
