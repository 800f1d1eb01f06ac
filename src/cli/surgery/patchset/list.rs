//! `diffhep patchset list`: the contents of a patch set.

use clap::Args;
use serde_json::{Map, Value, json};

use super::files::SetFile;
use crate::cli::output::OutputArguments;
use crate::cli::{CliError, Outcome};
use diffhep::histfactory::{Patch, PatchValue};

/// List a patch set's labels and its patches with their values.
#[derive(Args, Debug)]
#[command(
    visible_alias = "inspect",
    after_help = "Example:\n  diffhep patchset list patchset.json"
)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    input: SetFile,
    #[command(flatten)]
    output: OutputArguments,
}

fn object(pairs: &[(String, String)]) -> Value {
    let entry = |(key, text): &(String, String)| (key.clone(), Value::from(text.as_str()));
    Value::Object(pairs.iter().map(entry).collect::<Map<_, _>>())
}

fn entry(patch: &Patch) -> Value {
    let values: Vec<Value> = patch.values().iter().map(PatchValue::to_json).collect();
    json!({ "name": patch.name(), "values": values })
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let set = arguments.input.read()?.set;
    arguments.output.write(&json!({
        "description": set.description(),
        "references": object(set.references()),
        "digests": object(set.digests()),
        "labels": set.labels(),
        "patches": set.patches().map(entry).collect::<Vec<_>>(),
    }))?;
    Ok(Outcome::Complete)
}
