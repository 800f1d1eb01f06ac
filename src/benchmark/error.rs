//! Errors of measuring a case.

use diffhep::analyses::binning::BinningError;
use diffhep::analyses::cut::CutError;
use diffhep::analyses::observable::ObservableError;
use diffhep::events::EventError;
use diffhep::histfactory::{DomainError, WorkspaceError};
use diffhep::inference::InferenceError;

/// A case that has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchmarkError {
    /// A value or a derivative that is not a number.
    #[error("case '{case}': {what} is {found}, not a finite number")]
    NotFinite {
        /// The case.
        case: String,
        /// Which number.
        what: &'static str,
        /// What it is.
        found: f64,
    },
    /// An option of 0, with which nothing would be measured.
    #[error("{name} is 0; give 1 or more")]
    Zero {
        /// The option.
        name: &'static str,
    },
    /// A sample cannot be used.
    #[error(transparent)]
    Event(#[from] EventError),
    /// A workspace with other numbers is refused.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// A likelihood is not defined.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// A test has no result.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// A selection has no figure of merit.
    #[error(transparent)]
    Cut(#[from] CutError),
    /// A binning has no figure of merit.
    #[error(transparent)]
    Binning(#[from] BinningError),
    /// An observable has no loss.
    #[error(transparent)]
    Observable(#[from] ObservableError),
}
