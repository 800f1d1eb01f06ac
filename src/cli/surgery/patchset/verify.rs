//! `diffhep patchset verify`: whether a patch set belongs to a workspace.

use clap::Args;
use serde_json::{Map, Value, json};

use super::files::Files;
use crate::cli::output::OutputArguments;
use crate::cli::{CliError, Outcome};

/// Verify that a workspace has the digests of a patch set.
///
/// Prints the digests that agree; a workspace with a different digest is bad input (exit status 2).
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  diffhep patchset verify background.json patchset.json")]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    input: Files,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let (source, set) = arguments.input.read()?;
    set.set.verify(&source.workspace).map_err(|cause| set.refuse(cause))?;
    let digests = set.set.digests().iter();
    let digests = digests.map(|(name, digest)| (name.clone(), Value::from(digest.as_str())));
    let digests: Map<String, Value> = digests.collect();
    arguments.output.write(&json!({ "verified": true, "digests": digests }))?;
    Ok(Outcome::Complete)
}
