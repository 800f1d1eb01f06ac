//! Figures that commands draw on request.

use std::path::Path;

use super::CliError;
use diffhep::figures::{FigureError, ending};

/// Refuses, before any work is done, a figure file whose ending is not a known format or whose
/// folder does not exist.
pub(super) fn check(path: Option<&Path>) -> Result<(), CliError> {
    let Some(path) = path else { return Ok(()) };
    ending(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder.filter(|folder| !folder.is_dir()) {
        None => Ok(()),
        Some(_) => {
            let cause = std::io::ErrorKind::NotFound.into();
            Err(FigureError::Write { path: path.to_owned(), cause }.into())
        }
    }
}
