//! The reasons why a figure cannot be written.

use std::path::PathBuf;

/// The reason why drawing failed.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The reason why a figure was not written.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// A file's name does not have the ending of a format.
    #[error(
        "{}: the ending '{found}' is of no format of figures; give the file one of {known}",
        .path.display()
    )]
    Ending {
        /// The file.
        path: PathBuf,
        /// The ending found, in lower case, without its dot.
        found: String,
        /// The available endings.
        known: String,
    },
    /// Arrays of a series have lengths that do not match.
    #[error(
        "{}: panel {panel}, series '{series}': {found} values where {expected} are needed; give one y \
         for each x, one edge more than bins, and one value for each cell of a map",
        .path.display()
    )]
    Lengths {
        /// The file.
        path: PathBuf,
        /// The panel, counted from 1 in the order in which they were added.
        panel: usize,
        /// The label of the series.
        series: String,
        /// The number of values that its x or edges require.
        expected: usize,
        /// The number of values found.
        found: usize,
    },
    /// An explicit range that no axis can have.
    #[error(
        "{}: the range of the {axis} axis is [{low}, {high}]; give finite ends, the lower one first, \
         and above 0 on a logarithmic axis",
        .path.display()
    )]
    Range {
        /// The file.
        path: PathBuf,
        /// `"x"`, `"y"` or `"colour"`.
        axis: &'static str,
        /// The lower end found.
        low: f64,
        /// The upper end found.
        high: f64,
    },
    /// The picture could not be drawn.
    #[error("{}: the picture could not be drawn", .path.display())]
    Draw {
        /// The file.
        path: PathBuf,
        /// The message from drawing.
        #[source]
        cause: Cause,
    },
    /// The file could not be written.
    #[error("{}: cannot be written; the folder must exist and be writable", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The error from the system.
        #[source]
        cause: std::io::Error,
    },
}
