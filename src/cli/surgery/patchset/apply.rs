//! `diffhep patchset apply`: a workspace with one patch of a set.

use clap::Args;

use super::files::{Choice, Files};
use crate::cli::output::OutputArguments;
use crate::cli::{CliError, Outcome};

/// Apply one patch of a patch set to its background-only workspace.
///
/// Prints the patched workspace. The workspace must have the digests in the patch set; other
/// commands apply a patch without this check, with -p FILE#NAME.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  \
    diffhep patchset apply background.json patchset.json --name sbottom_1000_205_60 | diffhep cls")]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    input: Files,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let (source, set) = arguments.input.read()?;
    let name = arguments.choice.find(&set)?.name();
    let patched = set.set.apply(&source.workspace, name).map_err(|cause| set.refuse(cause))?;
    arguments.output.write(patched.json())?;
    Ok(Outcome::Complete)
}
