//! Files that are written whole or not at all: under a temporary name, then renamed.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file or folder that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {cause}", path.display())]
pub struct WriteError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub cause: std::io::Error,
}

/// Makes a folder, and those above it, unless it is there.
pub fn make_folder(path: &Path) -> Result<(), WriteError> {
    let refuse = |cause| WriteError { path: path.to_owned(), cause };
    if path.is_file() {
        return Err(refuse(std::io::ErrorKind::NotADirectory.into()));
    }
    std::fs::create_dir_all(path).map_err(refuse)
}

/// Removes a file of an earlier run from a folder, if it is there.
pub fn remove_in(folder: &Path, name: &str) -> Result<(), WriteError> {
    let path = folder.join(name);
    match std::fs::remove_file(&path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(WriteError { path, cause })
        }
        _ => Ok(()),
    }
}

/// Writes a file in a folder, whole or not at all.
pub fn write_in(folder: &Path, name: &str, content: &str) -> Result<PathBuf, WriteError> {
    let path = folder.join(name);
    match write_whole(&path, content.as_bytes()) {
        Ok(()) => Ok(path),
        Err(cause) => Err(WriteError { path, cause }),
    }
}

/// Replaces a file's content, whole or not at all.
pub fn write_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    // A link's target is what is to be replaced; a device or pipe cannot be, and is written to.
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
    // On the disk before the name is, or a power cut could leave the name of an empty file.
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
