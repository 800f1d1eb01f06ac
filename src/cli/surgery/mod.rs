//! `diffhep prune`, `rename`, `combine`, `sort`, `digest` and `patchset`: workspaces and patch sets from
//! workspaces and patch sets. No model is made, so a background-only workspace will do.

mod combine;
mod digest;
mod patchset;
mod prune;
mod rename;
mod sort;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::input::read_document;
use super::{CliError, Outcome};
use diffhep::histfactory::Workspace;
use diffhep::histfactory::surgery::SurgeryError;

/// Subcommands that take workspaces apart and put them together.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Prune(prune::Arguments),
    Rename(rename::Arguments),
    Combine(combine::Arguments),
    Sort(sort::Arguments),
    Digest(digest::Arguments),
    #[command(subcommand)]
    Patchset(patchset::Command),
}

pub(super) fn run(command: &Command) -> Result<Outcome, CliError> {
    match command {
        Command::Prune(arguments) => prune::run(arguments),
        Command::Rename(arguments) => rename::run(arguments),
        Command::Combine(arguments) => combine::run(arguments),
        Command::Sort(arguments) => sort::run(arguments),
        Command::Digest(arguments) => digest::run(arguments),
        Command::Patchset(command) => patchset::run(command),
    }
}

/// The one workspace of an operation.
#[derive(Args, Debug)]
struct WorkspaceFile {
    /// Workspace file (pyhf JSON); '-' or nothing reads standard input.
    workspace: Option<PathBuf>,
}

impl WorkspaceFile {
    fn read(&self) -> Result<Source, CliError> {
        Source::read(self.workspace.as_deref())
    }
}

/// A workspace and where it came from.
struct Source {
    name: String,
    workspace: Workspace,
}

impl Source {
    fn read(path: Option<&Path>) -> Result<Self, CliError> {
        let (name, json) = read_document(path)?;
        match Workspace::from_json(json) {
            Ok(workspace) => Ok(Self { name, workspace }),
            Err(cause) => Err(CliError::Workspace { source_name: name, cause }),
        }
    }

    /// An operation's error, with the workspace's name.
    fn refuse(&self, cause: SurgeryError) -> CliError {
        CliError::Surgery { source_name: self.name.clone(), cause }
    }
}

/// Refuses to read standard input for two documents.
fn check_one_standard_input(
    first: Option<&Path>,
    second: Option<&Path>,
    message: &'static str,
) -> Result<(), CliError> {
    let is_file = |path: Option<&Path>| path.is_some_and(|path| path != Path::new("-"));
    if is_file(first) || is_file(second) { Ok(()) } else { Err(CliError::Usage(message)) }
}
