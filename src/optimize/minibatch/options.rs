//! The settings of a training by mini-batches.

use serde::Serialize;

use super::OptimizeError;
use crate::optimize::Schedule;

/// How a training by mini-batches is carried out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MinibatchOptions {
    /// Most epochs; schedules run over them.
    pub epochs: usize,
    /// Adam's learning rate; by default 0.001.
    pub learning_rate: Schedule,
    /// The metric by which the best point is chosen, the lower the better.
    pub select: String,
    /// Epochs without improvement of that metric after which the training ends; by default none.
    pub patience: Option<usize>,
}

impl MinibatchOptions {
    /// So many epochs, selected by a metric, the rest as by default.
    pub fn new(epochs: usize, select: impl Into<String>) -> Self {
        let learning_rate = Schedule::Constant { value: 1e-3 };
        Self { epochs, learning_rate, select: select.into(), patience: None }
    }

    pub(super) fn check(&self) -> Result<(), OptimizeError> {
        if self.epochs == 0 {
            return Err(OptimizeError::NoEpochs);
        }
        if self.patience == Some(0) {
            return Err(OptimizeError::NoPatience);
        }
        let refuse = |source| OptimizeError::Schedule { setting: "learning rate", source };
        self.learning_rate.validate().map_err(refuse)
    }
}
