//! Errors that end the program with exit status 2.

use std::path::PathBuf;

use crate::benchmark::BenchmarkError;
use diffhep::analyses::grid::{GridError, ResultFileError};
use diffhep::figures::FigureError;
use diffhep::fit::{AdjointError, FitError};
use diffhep::histfactory::WorkspaceError;
use diffhep::histfactory::surgery::SurgeryError;
use diffhep::inference::{InferenceError, ToyError};
use diffhep::outputs::OutputError;
use diffhep::studies::StudyError;

/// Input that gives no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliError {
    /// A file cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Standard input cannot be read.
    #[error("cannot read standard input: {0}")]
    ReadStandardInput(std::io::Error),
    /// A file cannot be written; its previous content is unchanged.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {0}")]
    WriteStandardOutput(std::io::Error),
    /// A workspace or patch is wrong.
    #[error("{source_name}: {cause}")]
    Workspace {
        /// The file, or "standard input".
        source_name: String,
        /// What is wrong.
        cause: WorkspaceError,
    },
    /// An operation on workspaces has no result.
    #[error("{source_name}: {cause}")]
    Surgery {
        /// The files, or "standard input".
        source_name: String,
        /// What is wrong.
        cause: SurgeryError,
    },
    /// A patch set was given without the name of one of its patches.
    #[error("{path} is a patch set; choose one of its patches with -p '{path}#NAME' ({known})")]
    PatchSetNeedsName {
        /// The file.
        path: String,
        /// Names of its first patches.
        known: String,
    },
    /// A patch name was given for a file that is a plain patch.
    #[error("{path} is a single patch, not a patch set; leave out '#{name}'")]
    NotAPatchSet {
        /// The file.
        path: String,
        /// The requested name.
        name: String,
    },
    /// A settings file is wrong.
    #[error("{}: {cause}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        cause: String,
    },
    /// A shape systematic whose events are incomplete or given twice.
    #[error(
        "the shape '{shape}' of {process} needs either files (up, down) or weight columns (up-weight, \
         down-weight); give one of these pairs"
    )]
    Shape {
        /// The systematic.
        shape: String,
        /// Its background.
        process: String,
    },
    /// An event whose numbers are too large for a network.
    #[error(
        "{}: event {event} has no score, because its numbers are too large for the network; remove or \
         correct the event", path.display()
    )]
    NoScore {
        /// The file.
        path: PathBuf,
        /// The event, from 1.
        event: usize,
    },
    /// A path that settings cannot name.
    #[error("the path {} is not UTF-8; rename the file or its folder", .0.display())]
    PathNotUtf8(PathBuf),
    /// Arguments that cannot be combined.
    #[error("{0}")]
    Usage(&'static str),
    /// A parameter that the model does not have.
    #[error("the model has no parameter '{name}'; there are: {known} (see diffhep inspect)")]
    NoParameter {
        /// The requested name.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// A group that matches no parameters.
    #[error(
        "the group '{name}': no nuisance parameter matches '{pattern}' (* stands for any characters)"
    )]
    EmptyGroup {
        /// The group's name.
        name: String,
        /// Its pattern.
        pattern: String,
    },
    /// Benchmark cases that do not exist.
    #[error("no case has '{asked}' in its name; there are: {known}")]
    NoCase {
        /// The requested texts.
        asked: String,
        /// Every case.
        known: String,
    },
    /// A figure cannot be written.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// A case has no result.
    #[error(transparent)]
    Benchmark(#[from] BenchmarkError),
    /// The worker threads cannot be started.
    #[error("cannot start the threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// An optimisation cannot be carried out or written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A study or a descent of cuts has no result.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A fit cannot start.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A signal grid is wrong.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// Results of a signal grid cannot be stored.
    #[error(transparent)]
    ResultFile(#[from] ResultFileError),
    /// A test has no result.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// Toys cannot be run, or have no result.
    #[error(transparent)]
    Toys(#[from] ToyError),
}

impl CliError {
    /// Whether the input is valid but a fit found no minimum.
    pub(super) fn is_unfinished_fit(&self) -> bool {
        matches!(
            self,
            Self::Inference(
                InferenceError::NotAMinimum { .. }
                    | InferenceError::Adjoint(AdjointError::NotConverged { .. })
            )
        )
    }
}
