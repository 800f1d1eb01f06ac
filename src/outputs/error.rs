//! Errors of carrying out, drawing or writing an optimisation.

use crate::WriteError;
use crate::analyses::cut::CutError;
use crate::analyses::observable::ObservableError;
use crate::events::EventError;
use crate::figures::FigureError;

/// An optimisation that cannot be carried out, drawn or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// A sample is wrong.
    #[error(transparent)]
    Event(#[from] EventError),
    /// Cuts cannot be optimised or scanned.
    #[error(transparent)]
    Cut(#[from] CutError),
    /// A network cannot be written.
    #[error(transparent)]
    Observable(#[from] ObservableError),
    /// A figure cannot be drawn or written.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
