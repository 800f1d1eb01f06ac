//! Checkpoints of descents: JSON, from which a training continues bit for bit as if never
//! interrupted.
//!
//! The `settings` are the [`TrainingOptions`] (infinite bounds are null), the `progress` is the
//! point, the method's state, the best and the history; the rest belongs to [`Checkpoint`].

use std::path::PathBuf;

use serde::Serialize;

use super::error::OptimizeError;
use super::options::TrainingOptions;
use super::progress::Progress;
use crate::persistence::{Checkpoint, CheckpointError, Kind};

/// Where and when a training is saved, and where it pauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointOptions {
    /// The file.
    pub path: PathBuf,
    /// The problem that the training belongs to, such as a digest of data and analysis; the
    /// settings of the training itself are compared separately.
    pub fingerprint: String,
    /// Steps between checkpoints, with another one at the end; default 100.
    pub every: usize,
    /// Steps of this run after which it pauses, 0 to save only the start; default none.
    pub pause_after: Option<usize>,
}

impl CheckpointOptions {
    /// Checkpoints in a file for a problem with this fingerprint, with defaults for the rest.
    pub fn new(path: impl Into<PathBuf>, fingerprint: impl Into<String>) -> Self {
        let (path, fingerprint) = (path.into(), fingerprint.into());
        Self { path, fingerprint, every: 100, pause_after: None }
    }

    pub(super) fn check(&self) -> Result<(), OptimizeError> {
        if self.every == 0 { Err(OptimizeError::NoCheckpoints) } else { Ok(()) }
    }

    /// The file of a training with these settings.
    pub(super) fn checkpoint<'a, S: Serialize>(
        &'a self,
        kind: &'static Kind,
        settings: &'a S,
    ) -> Checkpoint<'a, S> {
        let (path, fingerprint) = (&self.path, &self.fingerprint);
        Checkpoint { kind, path, fingerprint, settings }
    }
}

const KIND: Kind = Kind {
    format: "diffhep training checkpoint",
    version: 1,
    content: "checkpoint",
    foreign: "is not a training checkpoint",
};

/// Writes a checkpoint completely or not at all.
pub(super) fn save(
    progress: &Progress,
    settings: &TrainingOptions,
    options: &CheckpointOptions,
) -> Result<(), CheckpointError> {
    options.checkpoint(&KIND, settings).save_json(progress)
}

/// Reads a checkpoint of a training with these settings and this number of metrics.
pub(super) fn load(
    settings: &TrainingOptions,
    options: &CheckpointOptions,
    metrics: usize,
) -> Result<Progress, CheckpointError> {
    let checkpoint = options.checkpoint(&KIND, settings);
    let progress: Progress = checkpoint.load_json()?;
    match check_consistency(&progress, settings, metrics) {
        Ok(()) => Ok(progress),
        Err(Mismatch { what, expected, found }) => {
            Err(checkpoint.inconsistent(what, expected, found))
        }
    }
}

/// Two things that ought to be the same.
struct Mismatch {
    what: &'static str,
    expected: String,
    found: String,
}

fn agree<T: PartialEq + ToString>(
    what: &'static str,
    expected: T,
    found: T,
) -> Result<(), Mismatch> {
    let differ = || Mismatch { what, expected: expected.to_string(), found: found.to_string() };
    if expected == found { Ok(()) } else { Err(differ()) }
}

/// Checks that lists match each other and that the steps are counted without gaps.
fn check_consistency(
    progress: &Progress,
    settings: &TrainingOptions,
    metrics: usize,
) -> Result<(), Mismatch> {
    let (point, state) = (&progress.point, &progress.state);
    let n = point.parameters.len();
    agree("the length of the gradient", n, point.gradient.len())?;
    agree("the length of the best point", n, progress.best.parameters.len())?;
    agree("the method", settings.method.name(), state.method().name())?;
    for length in state.lengths() {
        agree("the length of a list in the method's state", n, length)?;
    }
    let rows = progress.history.len();
    agree("the number of rows of the history", rows.clamp(1, settings.steps + 1), rows)?;
    for (place, row) in progress.history.iter().enumerate() {
        agree("a step of the history", place, row.step)?;
        agree("the length of a point of the history", n, row.parameters.len())?;
        agree("the number of metrics in the history", metrics, row.metrics.len())?;
    }
    agree("the objective", progress.last().objective, point.objective)?;
    for step in [progress.best.step, progress.improved.step] {
        agree("the step of the best point", step.min(rows - 1), step)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
