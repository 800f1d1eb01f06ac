//! What is wrong with a grid, a plane through it, or a file of results.

use std::path::PathBuf;

use crate::histfactory::WorkspaceError;
use crate::persistence::FileError;

/// A grid without result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// A file or folder cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        cause: std::io::Error,
    },
    /// A folder without patches.
    #[error("{}: no file ends in .json; give a folder of JSON patches, or a patch set", folder.display())]
    NoPatches {
        /// The folder.
        folder: PathBuf,
    },
    /// A file's name cannot be a point's.
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
    /// A file in a folder of patches that is JSON of another kind.
    #[error("{}: not a JSON patch, which is an array of operations; move the file elsewhere", path.display())]
    NotAPatch {
        /// The file.
        path: PathBuf,
    },
    /// A file that is not a patch set.
    #[error(
        "{}: not a patch set: the key 'patches' is missing; give a patch set, or the folder of all patches",
        path.display()
    )]
    NotAPatchSet {
        /// The file.
        path: PathBuf,
    },
    /// A number of the points that there is not.
    #[error("no number '{found}' of the points; there are: {known}")]
    UnknownAxis {
        /// What was asked for.
        found: String,
        /// Labels or places.
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
    /// A point without a number that is asked for.
    #[error("point '{point}' has no number '{name}'; rename its patch, or leave it out")]
    NoNumber {
        /// The point.
        point: String,
        /// The number's name.
        name: String,
    },
    /// No point is left.
    #[error("no point has {name} = {value}; its values are {known}")]
    NoneLeft {
        /// The number's name.
        name: String,
        /// What it was to be.
        value: f64,
        /// Values there are.
        known: String,
    },
    /// Two points in one place.
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
        /// Where both lie.
        place: [f64; 2],
    },
    /// Points that span no area.
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

/// A file of results that cannot be gone on with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultFileError {
    /// The file cannot be used at all, or belongs to another grid or other settings.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line is no point's.
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
