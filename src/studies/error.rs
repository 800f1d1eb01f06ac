//! The reasons why a study can fail.

use crate::analyses::binning::BinningError;
use crate::analyses::cut::CutError;
use crate::analyses::observable::ObservableError;
use crate::events::EventError;
use crate::figures::FigureError;
use crate::histfactory::{DomainError, WorkspaceError};
use crate::inference::InferenceError;
use crate::inference::expected::ExpectedTestError;
use crate::optimize::TrainingError;
use crate::outputs::OutputError;
use crate::{UnknownName, WriteError};

/// A study without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// There is no such study or toy.
    #[error(transparent)]
    Name(#[from] UnknownName),
    /// A sample is wrong.
    #[error(transparent)]
    Event(#[from] EventError),
    /// Cuts cannot be optimised.
    #[error(transparent)]
    Cut(#[from] CutError),
    /// Bins cannot be optimised.
    #[error(transparent)]
    Binning(#[from] BinningError),
    /// An observable cannot be trained or stored.
    #[error(transparent)]
    Observable(#[from] ObservableError),
    /// A model cannot be made.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// A likelihood is not defined at the requested point.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// A test has no result.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// An expected p-value or limit does not exist.
    #[error(transparent)]
    Expected(#[from] ExpectedTestError),
    /// A descent ended without a result.
    #[error(transparent)]
    Descent(Box<TrainingError<StudyError>>),
    /// A figure cannot be drawn or written.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<TrainingError<StudyError>> for StudyError {
    fn from(error: TrainingError<StudyError>) -> Self {
        match error {
            TrainingError::Objective { source, .. } => source,
            other => Self::Descent(Box::new(other)),
        }
    }
}

impl From<OutputError> for StudyError {
    fn from(error: OutputError) -> Self {
        match error {
            OutputError::Event(error) => error.into(),
            OutputError::Cut(error) => error.into(),
            OutputError::Observable(error) => error.into(),
            OutputError::Figure(error) => error.into(),
            OutputError::Write(error) => error.into(),
        }
    }
}
