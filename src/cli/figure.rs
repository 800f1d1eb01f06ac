//! Figures that commands draw on request.

use std::path::Path;

use super::CliError;
use diffhep::figures::{FigureError, ending};

/// Refuses a figure's file whose ending is no format, or whose folder is not there, before any work
/// is done.
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
