//! The file formats of figures, recognised by the files' endings.

use std::path::Path;

use super::error::FigureError;
use diffhep_names::named;

/// A file format for figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Scalable Vector Graphics, for the web.
    Svg,
    /// Portable Network Graphics, with twice the page's pixels in each direction.
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

/// The format that a file's ending asks for, in lower or upper case.
///
/// [`Figure::write_file`](super::Figure::write_file) makes the same check; a program that works for
/// a long time before it has a figure can check first.
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
