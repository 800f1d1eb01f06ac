//! Errors of a grid, of a plane through it, or of a file of results.

use std::path::PathBuf;

use crate::histfactory::WorkspaceError;
use crate::persistence::FileError;

/// Why a grid has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// A file or folder cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's message.
        cause: std::io::Error,
    },
    /// A folder contains no patches.
    #[error("{}: no file ends in .json; give a folder of JSON patches, or a patch set", folder.display())]
    NoPatches {
        /// The folder.
        folder: PathBuf,
    },
    /// A file's name cannot be the name of a point.
    #[error("{}: the name is not UTF-8; rename the file", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// A patch set or a patch is wrong.
    #[error("{}: {cause}", path.display())]
    Patches {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: WorkspaceError,
    },
    /// A JSON file in a folder of patches is not a patch.
    #[error("{}: not a JSON patch, which is an array of operations; move the file elsewhere", path.display())]
    NotAPatch {
        /// The file.
        path: PathBuf,
    },
    /// A file is not a patch set.
    #[error(
        "{}: not a patch set: the key 'patches' is missing; give a patch set, or the folder of all patches",
        path.display()
    )]
    NotAPatchSet {
        /// The file.
        path: PathBuf,
    },
    /// The points do not have this number.
    #[error("no number '{found}' of the points; there are: {known}")]
    UnknownAxis {
        /// The requested number.
        found: String,
        /// Existing labels or indices.
        known: String,
    },
    /// Both axes are the same number.
    #[error("both axes are '{name}'; give two numbers of the points")]
    SameAxis {
        /// The number's name.
        name: String,
    },
    /// Fewer than two numbers vary.
    #[error(
        "{varying} of the numbers of {points} points vary, and a plane takes two; numbers come from a patch set's \
         values, or from names such as sbottom_1300_205_60"
    )]
    NoPlane {
        /// How many vary.
        varying: usize,
        /// How many points there are.
        points: usize,
    },
    /// A point lacks a requested number.
    #[error("point '{point}' has no number '{name}'; rename its patch, or leave it out")]
    NoNumber {
        /// The point.
        point: String,
        /// The number's name.
        name: String,
    },
    /// No points remain.
    #[error("no point has {name} = {value}; its values are {known}")]
    NoneLeft {
        /// The number's name.
        name: String,
        /// The value it should have.
        value: f64,
        /// The existing values.
        known: String,
    },
    /// Two points are at the same position.
    #[error(
        "points '{first}' and '{second}' both lie at {} = {}, {} = {}; take a slice of the grid by --where \
         NAME=VALUE, or other axes", axes[0], place[0], axes[1], place[1]
    )]
    SamePlace {
        /// One point.
        first: String,
        /// The other.
        second: String,
        /// The axes' names.
        axes: [String; 2],
        /// The position of both.
        place: [f64; 2],
    },
    /// The points do not span an area.
    #[error(
        "all {points} points lie on one line of the plane of {} and {}, those that failed aside; contours need one beside \
         the line", axes[0], axes[1]
    )]
    OnOneLine {
        /// How many there are.
        points: usize,
        /// The axes' names.
        axes: [String; 2],
    },
}

/// Why a file of results cannot be continued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultFileError {
    /// The file cannot be used at all, or belongs to another grid or other settings.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line is not the result of a point.
    #[error("{}: line {line} is damaged: {cause}; remove the line, and its point is done again", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        cause: String,
    },
}
