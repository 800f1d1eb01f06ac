//! The kinds of files that a figure can be written as, told by their endings.

use std::path::Path;

use super::error::FigureError;
use diffhep_names::named;

/// A kind of file that holds a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Scalable Vector Graphics, for the web.
    Svg,
    /// Portable Network Graphics, in pixels: twice the page's each way.
    Png,
    /// Portable Document Format, for papers: one page, 72 points for 96 pixels.
    Pdf,
}

impl Format {
    /// Every format, by the ending of its files without the dot.
    pub const TABLE: [(&'static str, Self); 3] =
        [("svg", Self::Svg), ("png", Self::Png), ("pdf", Self::Pdf)];
}

named!(Format, "figure format");

/// The format that a file's ending asks for, whether in small or capital letters.
///
/// [`Figure::write_file`](super::Figure::write_file) asks the same: a program that works long before it
/// has a figure can ask first.
///
/// ```no_run
/// use diffhep::figures::{Format, ending};
///
/// assert_eq!(ending("limit.PDF".as_ref())?, Format::Pdf);
/// assert!(ending("limit.jpeg".as_ref()).is_err());
/// # Ok::<(), diffhep::figures::FigureError>(())
/// ```
///
/// # Errors
/// [`FigureError::Ending`] for any other ending, or none.
pub fn ending(path: &Path) -> Result<Format, FigureError> {
    let found = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    found.parse().map_err(|_| FigureError::Ending {
        path: path.to_owned(),
        found,
        known: Format::TABLE.map(|(name, _)| format!(".{name}")).join(", "),
    })
}
