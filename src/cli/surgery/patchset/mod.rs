//! `diffhep patchset`: patch sets and their patches.

mod apply;
mod extract;
mod files;
mod list;
mod verify;

use clap::Subcommand;

use super::super::{CliError, Outcome};

/// Inspect a patch set (pyhf JSON, as on HEPData), and use its patches.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    List(list::Arguments),
    Extract(extract::Arguments),
    Apply(apply::Arguments),
    Verify(verify::Arguments),
}

pub(super) fn run(command: &Command) -> Result<Outcome, CliError> {
    match command {
        Command::List(arguments) => list::run(arguments),
        Command::Extract(arguments) => extract::run(arguments),
        Command::Apply(arguments) => apply::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
    }
}
