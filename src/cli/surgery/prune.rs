//! `diffhep prune`: a workspace without some of its parts.

use clap::Args;

use super::files::WorkspaceFile;
use crate::cli::output::OutputArguments;
use crate::cli::{CliError, Outcome};
use diffhep::histfactory::surgery::{Pruning, prune};

/// Remove channels, samples, modifiers or measurements from a workspace.
///
/// Prints the remaining workspace. Each option may be given several times.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    diffhep prune -c control_region workspace.json\n  \
    diffhep prune -s signal -m lumi -t staterror workspace.json --output-file background.json")]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    input: WorkspaceFile,
    #[command(flatten)]
    output: OutputArguments,
    /// Channel to remove, with its observation.
    #[arg(short, long, value_name = "CHANNEL")]
    channel: Vec<String>,
    /// Sample to remove, from every channel.
    #[arg(short, long, value_name = "SAMPLE")]
    sample: Vec<String>,
    /// Modifier to remove, with the measurements' settings of its parameter.
    #[arg(short, long, value_name = "MODIFIER")]
    modifier: Vec<String>,
    /// Type of modifiers to remove (histosys, lumi, normfactor, normsys, shapefactor, shapesys,
    /// staterror); settings of their parameters are kept.
    #[arg(short = 't', long, value_name = "TYPE")]
    modifier_type: Vec<String>,
    /// Measurement to remove.
    #[arg(long, value_name = "MEASUREMENT")]
    measurement: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let source = arguments.input.read()?;
    let pruning = Pruning {
        channels: arguments.channel.clone(),
        samples: arguments.sample.clone(),
        modifiers: arguments.modifier.clone(),
        modifier_types: arguments.modifier_type.clone(),
        measurements: arguments.measurement.clone(),
    };
    let pruned = prune(&source.workspace, &pruning).map_err(|cause| source.refuse(cause))?;
    arguments.output.write(pruned.json())?;
    Ok(Outcome::Complete)
}
