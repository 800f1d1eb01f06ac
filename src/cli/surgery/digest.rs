//! `diffhep digest`: the hash of a workspace.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;

use super::files::WorkspaceFile;
use crate::cli::output::OutputArguments;
use crate::cli::{CliError, Outcome};
use diffhep::histfactory::surgery::{DigestAlgorithm, digest};

/// Print a workspace's digest, which identifies it in a patch set.
///
/// The digest is the same as pyhf's. It is computed from the content, not from the file, so white
/// space and the order of keys do not matter; the order of lists does, and so does 1 versus 1.0.
/// Prints one line ALGORITHM:DIGEST per algorithm.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    diffhep digest workspace.json\n  \
    diffhep digest -a md5 -a sha256 --json workspace.json")]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    input: WorkspaceFile,
    #[command(flatten)]
    output: OutputArguments,
    /// Hashing algorithm: md5, sha224, sha256, sha384 or sha512; may be given several times.
    #[arg(short, long, value_name = "ALGORITHM", default_value = "sha256")]
    algorithm: Vec<DigestAlgorithm>,
    /// Print JSON with the digests by algorithm, instead of lines.
    #[arg(short, long, overrides_with = "plaintext")]
    json: bool,
    /// Print lines (the default).
    #[arg(short, long, overrides_with = "json")]
    plaintext: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let source = arguments.input.read()?;
    let mut digests: Vec<(&str, String)> = Vec::new();
    for algorithm in &arguments.algorithm {
        if digests.iter().all(|(name, _)| *name != algorithm.name()) {
            digests.push((algorithm.name(), digest(source.workspace.json(), *algorithm)));
        }
    }
    if arguments.json && !arguments.plaintext {
        let sorted: BTreeMap<&str, String> = digests.into_iter().collect();
        arguments.output.write(&json!(sorted))?;
    } else {
        let lines = digests.iter().map(|(name, digest)| format!("{name}:{digest}\n"));
        arguments.output.write_text(&lines.collect::<String>())?;
    }
    Ok(Outcome::Complete)
}
