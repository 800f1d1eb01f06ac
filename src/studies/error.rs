//! What can keep a study from its result.

use crate::analyses::binning::BinningError;
use crate::analyses::cut::CutError;
use crate::analyses::observable::ObservableError;
use crate::events::EventError;
use crate::figures::FigureError;
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
    /// An observable cannot be trained or kept.
    #[error(transparent)]
    Observable(#[from] ObservableError),
    /// A figure cannot be drawn or written.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
