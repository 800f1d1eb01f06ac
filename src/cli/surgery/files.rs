//! The workspaces that operations read.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::CliError;
use crate::cli::input::read_document;
use diffhep::histfactory::Workspace;
use diffhep::histfactory::surgery::SurgeryError;

/// The only workspace of an operation.
#[derive(Args, Debug)]
pub(super) struct WorkspaceFile {
    /// Workspace file (pyhf JSON); '-' or no argument reads standard input.
    pub(super) workspace: Option<PathBuf>,
}

impl WorkspaceFile {
    pub(super) fn read(&self) -> Result<Source, CliError> {
        Source::read(self.workspace.as_deref())
    }
}

/// A workspace and where it came from.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) workspace: Workspace,
}

impl Source {
    pub(super) fn read(path: Option<&Path>) -> Result<Self, CliError> {
        let (name, json) = read_document(path)?;
        match Workspace::from_json(json) {
            Ok(workspace) => Ok(Self { name, workspace }),
            Err(cause) => Err(CliError::Workspace { source_name: name, cause }),
        }
    }

    /// An operation's error, with the workspace's name.
    pub(super) fn refuse(&self, cause: SurgeryError) -> CliError {
        CliError::Surgery { source_name: self.name.clone(), cause }
    }
}

/// Refuses to read standard input for two documents.
pub(super) fn check_one_standard_input(
    first: Option<&Path>,
    second: Option<&Path>,
    message: &'static str,
) -> Result<(), CliError> {
    let is_file = |path: Option<&Path>| path.is_some_and(|path| path != Path::new("-"));
    if is_file(first) || is_file(second) { Ok(()) } else { Err(CliError::Usage(message)) }
}
