//! Writes files completely or not at all: under a temporary name, then renamed.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Why a file or folder cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {cause}", path.display())]
pub struct WriteError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub cause: std::io::Error,
}

/// Creates a folder and its parents, unless they exist.
pub fn make_folder(path: &Path) -> Result<(), WriteError> {
    let refuse = |cause| WriteError { path: path.to_owned(), cause };
    if path.is_file() {
        return Err(refuse(std::io::ErrorKind::NotADirectory.into()));
    }
    std::fs::create_dir_all(path).map_err(refuse)
}

/// Removes an earlier run's file from a folder, if it exists.
pub fn remove_in(folder: &Path, name: &str) -> Result<(), WriteError> {
    let path = folder.join(name);
    match std::fs::remove_file(&path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(WriteError { path, cause })
        }
        _ => Ok(()),
    }
}

/// Writes a file in a folder, completely or not at all.
pub fn write_in(folder: &Path, name: &str, content: &str) -> Result<PathBuf, WriteError> {
    let path = folder.join(name);
    match write_whole(&path, content.as_bytes()) {
        Ok(()) => Ok(path),
        Err(cause) => Err(WriteError { path, cause }),
    }
}

/// Replaces a file's content, completely or not at all.
pub fn write_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    // For a link, its target is replaced; a device or pipe cannot be replaced, so it is written to.
    let target = std::fs::canonicalize(path);
    let path = target.as_deref().unwrap_or(path);
    if path.exists() && !path.is_file() && !path.is_dir() {
        return std::fs::write(path, content);
    }
    let permissions = std::fs::metadata(path).map(|metadata| metadata.permissions());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new.{}", std::process::id()));
    let temporary = path.with_file_name(name);
    let keep = |permissions| std::fs::set_permissions(&temporary, permissions);
    // The content must be on the disk before the name, or a power cut could leave an empty file
    // under that name.
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(content)?;
        file.sync_all()
    };
    let written = write()
        .and_then(|()| permissions.map_or(Ok(()), keep))
        .and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // The error of the write is the one to report.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
