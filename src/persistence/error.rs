//! Errors of files that an earlier run left, or from which a later one is to continue.

use std::path::PathBuf;

/// Why a file cannot be written, read or continued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file cannot be written.
    #[error(
        "cannot write the {content} {}: {source}; give a path in an existing folder",
        path.display()
    )]
    Write {
        /// What it is to contain.
        content: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's message.
        source: std::io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read the {content} {}: {source}; check the path", path.display())]
    Read {
        /// What it is to contain.
        content: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's message.
        source: std::io::Error,
    },
    /// The path is a folder.
    #[error(
        "{} is no regular file, from which a run could go on; give another path",
        path.display()
    )]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Another run has locked the file.
    #[error("another run is writing {}; wait for it, or give another path", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file is not of the expected kind.
    #[error("{} {foreign}; check the path", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is not.
        foreign: &'static str,
    },
    /// The file has a version that this program does not know.
    #[error(
        "{} is of version {found}, this program knows {known}; go on with the program that wrote \
         it, or give another path",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The known version.
        known: u64,
    },
    /// The file belongs to other input.
    #[error(
        "{} has {what} ('{found}', not '{expected}'); go on with that one, or give another path",
        path.display()
    )]
    Other {
        /// The file.
        path: PathBuf,
        /// What the file has instead.
        what: &'static str,
        /// The digest of the current input.
        expected: String,
        /// The digest in the file.
        found: String,
    },
    /// The file was made with other settings.
    #[error(
        "{} was made with {setting} = {found}, now it is {expected}; set it back, or give another \
         path",
        path.display()
    )]
    Settings {
        /// The file.
        path: PathBuf,
        /// The first setting that differs.
        setting: String,
        /// Its current value, as JSON.
        expected: String,
        /// Its value in the file, as JSON.
        found: String,
    },
}
