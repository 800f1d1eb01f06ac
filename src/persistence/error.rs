//! Why a file that an earlier run left, or that a later one is to go on from, cannot be used.

use std::path::PathBuf;

/// A file that cannot be written, read or gone on with.
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
        /// The system's words.
        source: std::io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read the {content} {}: {source}; check the path", path.display())]
    Read {
        /// What it is to contain.
        content: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The path is that of a folder.
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
    /// The file is of another kind.
    #[error("{} {foreign}; check the path", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is not.
        foreign: &'static str,
    },
    /// The file is of a version that this program does not know.
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
        /// The version that is known.
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
        /// What it has.
        what: &'static str,
        /// The digest of the input at hand.
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
        /// Its present value, as JSON.
        expected: String,
        /// Its value in the file, as JSON.
        found: String,
    },
}
