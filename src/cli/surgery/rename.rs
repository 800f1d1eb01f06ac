//! `diffhep rename`: a workspace with other names.

use clap::Args;

use super::files::WorkspaceFile;
use crate::cli::output::OutputArguments;
use crate::cli::{CliError, Outcome};
use diffhep::histfactory::surgery::{Renaming, rename};

/// Rename channels, samples, modifiers or measurements of a workspace.
///
/// Prints the workspace with the new names. Each option takes an old and a new name and may be
/// given several times; all take effect at once. Modifiers with the same name share their
/// parameter.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    diffhep rename -c SR signal_region workspace.json\n  \
    diffhep rename -m jes jes_2016 -m trigger trigger_2016 workspace.json --output-file renamed.json")]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    input: WorkspaceFile,
    #[command(flatten)]
    output: OutputArguments,
    /// Channel to rename, with its observation.
    #[arg(short, long, num_args = 2, value_names = ["OLD", "NEW"])]
    channel: Vec<String>,
    /// Sample to rename, in every channel.
    #[arg(short, long, num_args = 2, value_names = ["OLD", "NEW"])]
    sample: Vec<String>,
    /// Modifier to rename, in every sample, with its parameter in the measurements.
    #[arg(short, long, num_args = 2, value_names = ["OLD", "NEW"])]
    modifier: Vec<String>,
    /// Measurement to rename.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    measurement: Vec<String>,
}

/// Pairs of old and new names, from the single list that clap provides.
fn pairs(names: &[String]) -> Vec<(String, String)> {
    let (pairs, _) = names.as_chunks::<2>();
    pairs.iter().map(|[old, new]| (old.clone(), new.clone())).collect()
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let source = arguments.input.read()?;
    let renaming = Renaming {
        channels: pairs(&arguments.channel),
        samples: pairs(&arguments.sample),
        modifiers: pairs(&arguments.modifier),
        measurements: pairs(&arguments.measurement),
    };
    let renamed = rename(&source.workspace, &renaming).map_err(|cause| source.refuse(cause))?;
    arguments.output.write(renamed.json())?;
    Ok(Outcome::Complete)
}
