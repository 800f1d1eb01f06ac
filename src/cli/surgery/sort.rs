//! `diffhep sort`: a workspace sorted by names.

use clap::Args;

use super::files::WorkspaceFile;
use crate::cli::output::OutputArguments;
use crate::cli::{CliError, Outcome};
use diffhep::histfactory::surgery::sort;

/// Sort a workspace's channels, samples, modifiers, measurements, parameters and observations by
/// name.
///
/// Prints the sorted workspace. Two workspaces that differ only in their order then have the same
/// digest.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  diffhep sort workspace.json | diffhep digest")]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    input: WorkspaceFile,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let source = arguments.input.read()?;
    let sorted = sort(&source.workspace).map_err(|cause| source.refuse(cause))?;
    arguments.output.write(sorted.json())?;
    Ok(Outcome::Complete)
}
