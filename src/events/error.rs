//! What can be wrong with a sample of events.

use std::path::PathBuf;

/// A sample that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// A file cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A row that is not CSV, or has another number of fields than the header.
    #[error("{}, line {line}: {message}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// A file without a header, or a header that names a column twice.
    #[error("{}, line 1: {message}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A field that is not a finite number.
    #[error(
        "{}, line {line}, column '{column}': expected a finite number, found '{found}'; remove or \
         correct the event", path.display()
    )]
    Field {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column's name.
        column: String,
        /// What is there.
        found: String,
    },
    /// A column that the sample does not have.
    #[error("{sample} has no column '{column}'; it has {known}")]
    MissingColumn {
        /// The file or sample.
        sample: String,
        /// The column asked for.
        column: String,
        /// The columns that are there.
        known: String,
    },
    /// A sample without events.
    #[error("{sample} holds no events")]
    NoEvents {
        /// The file or sample.
        sample: String,
    },
    /// A sample whose weights are all 0.
    #[error("every weight of {sample} is 0: check the weight column")]
    ZeroWeights {
        /// The file or sample.
        sample: String,
    },
    /// A number of a sample made in memory that is not finite.
    #[error("{sample}, column '{column}', event {event}: {found} is not finite")]
    NotFinite {
        /// The sample.
        sample: String,
        /// The column, or "weight".
        column: String,
        /// The event, from 0.
        event: usize,
        /// What is there.
        found: f64,
    },
    /// A column of another length than the weights.
    #[error("{sample}, column '{column}': {found} numbers for {expected} weights")]
    WrongLength {
        /// The sample.
        sample: String,
        /// The column.
        column: String,
        /// Its length.
        found: usize,
        /// The number of weights.
        expected: usize,
    },
}
