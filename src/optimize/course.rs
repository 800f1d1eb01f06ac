//! The loop of every training: epochs of steps, with a row of the history after each epoch.
//!
//! Enters: a [`Course`], whose steps use the value and gradient of an objective, a start and a
//! [`Persistence`]. Leaves: how far it got and how it ended. Checkpoints are taken at rows, between
//! epochs, so that a resumed training takes the steps of an uninterrupted one.

use super::checkpoint::CheckpointOptions;
use super::error::OptimizeError;
use crate::persistence::CheckpointError;

/// How a training stores its progress on disk.
#[derive(Clone, Copy, Debug, Default)]
pub enum Persistence<'a> {
    /// Not at all.
    #[default]
    None,
    /// From the start, with checkpoints.
    Fresh(&'a CheckpointOptions),
    /// From the existing checkpoint.
    Resume(&'a CheckpointOptions),
    /// The content of the checkpoint, without a further step; nothing is written.
    Reopen(&'a CheckpointOptions),
}

impl<'a> Persistence<'a> {
    /// Whether the training has already started.
    pub fn has_started(self) -> bool {
        matches!(self, Self::Resume(_) | Self::Reopen(_))
    }

    fn checkpoints(self) -> Option<&'a CheckpointOptions> {
        match self {
            Self::None => None,
            Self::Fresh(options) | Self::Resume(options) | Self::Reopen(options) => Some(options),
        }
    }
}

/// A kind of training: what a step is, when it ends, and what is stored.
pub(super) trait Course {
    /// Everything that changes and is stored in checkpoints.
    type Progress;
    /// A row of the history.
    type Row;
    /// How a training ends.
    type Status;
    /// The error that aborts it.
    type Error: From<OptimizeError> + From<CheckpointError>;
    /// The status of a training that has not ended.
    const PAUSED: Self::Status;

    /// The progress at the start, including its row.
    fn begin(&mut self, start: &[f64]) -> Result<Self::Progress, Self::Error>;

    /// The rows so far, beginning with the start.
    fn history(progress: &Self::Progress) -> &[Self::Row];

    /// How the training ends at its last row, if it does.
    fn ended(&self, progress: &Self::Progress) -> Option<Self::Status>;

    /// Steps per epoch.
    fn steps(&self) -> usize;

    /// Takes a step of the epoch that follows the last row. A returned status means that the step
    /// failed.
    fn step(
        &mut self,
        progress: &mut Self::Progress,
        step: usize,
    ) -> Result<Option<Self::Status>, Self::Error>;

    /// Adds the row for the point that the epoch's steps have reached.
    fn record(&mut self, progress: &mut Self::Progress) -> Result<(), Self::Error>;

    /// Writes a checkpoint.
    fn save(
        &self,
        progress: &Self::Progress,
        options: &CheckpointOptions,
    ) -> Result<(), CheckpointError>;

    /// Reads a checkpoint.
    fn load(&mut self, options: &CheckpointOptions) -> Result<Self::Progress, Self::Error>;
}

/// Runs a training from its start or its checkpoint until it ends or pauses; `observe` sees each
/// row as it is made.
pub(super) fn run<C: Course>(
    course: &mut C,
    start: &[f64],
    persistence: Persistence,
    observe: &mut dyn FnMut(&C::Row),
) -> Result<(C::Progress, C::Status), C::Error> {
    let checkpoints = persistence.checkpoints();
    checkpoints.map_or(Ok(()), CheckpointOptions::check)?;
    let mut progress = match persistence {
        Persistence::None | Persistence::Fresh(_) => {
            let progress = course.begin(start)?;
            C::history(&progress).iter().for_each(&mut *observe);
            progress
        }
        Persistence::Resume(options) => course.load(options)?,
        Persistence::Reopen(options) => {
            let progress = course.load(options)?;
            let status = course.ended(&progress).unwrap_or(C::PAUSED);
            return Ok((progress, status));
        }
    };
    let first = C::history(&progress).len();
    let status = loop {
        if let Some(status) = course.ended(&progress) {
            break status;
        }
        let rows = C::history(&progress).len();
        if checkpoints.and_then(|options| options.pause_after) == Some(rows - first) {
            break C::PAUSED;
        }
        let is_due = |options: &&CheckpointOptions| (rows - 1).is_multiple_of(options.every);
        if let Some(options) = checkpoints.filter(is_due).filter(|_| rows > first) {
            course.save(&progress, options)?;
        }
        match advance(course, &mut progress) {
            Ok(None) => C::history(&progress).last().into_iter().for_each(&mut *observe),
            Ok(Some(status)) => break status,
            Err(error) => {
                // The progress is still saved after an error; the first error is the one to report.
                let _ = checkpoints.map(|options| course.save(&progress, options));
                return Err(error);
            }
        }
    };
    checkpoints.map_or(Ok(()), |options| course.save(&progress, options))?;
    Ok((progress, status))
}

/// Takes the steps of an epoch and records the point they reach.
fn advance<C: Course>(
    course: &mut C,
    progress: &mut C::Progress,
) -> Result<Option<C::Status>, C::Error> {
    for step in 0..course.steps() {
        if let Some(status) = course.step(progress, step)? {
            return Ok(Some(status));
        }
    }
    course.record(progress)?;
    Ok(None)
}
