//! `diffhep patchset extract`: one patch of a set.

use clap::Args;
use serde_json::json;

use super::files::{Choice, SetFile};
use crate::cli::output::OutputArguments;
use crate::cli::{CliError, Outcome};

/// Print one patch of a patch set: a JSON patch (RFC 6902).
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    diffhep patchset extract --name sbottom_1000_205_60 patchset.json --output-file patch.json\n  \
    diffhep patchset extract --values 1000,205,60 --with-metadata patchset.json")]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    input: SetFile,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    output: OutputArguments,
    /// Print an object with the patch and the metadata of both patch and set.
    #[arg(long, overrides_with = "without_metadata")]
    with_metadata: bool,
    /// Print only the patch (the default).
    #[arg(long, overrides_with = "with_metadata")]
    without_metadata: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let source = arguments.input.read()?;
    let patch = arguments.choice.find(&source)?;
    if arguments.with_metadata && !arguments.without_metadata {
        let mut metadata = patch.metadata().clone();
        // Entries of the set replace those of the patch with the same key, as in pyhf.
        metadata.extend(source.set.metadata().clone());
        arguments.output.write(&json!({ "metadata": metadata, "patch": patch.patch() }))?;
    } else {
        arguments.output.write(patch.patch())?;
    }
    Ok(Outcome::Complete)
}
