//! `diffhep prune`, `rename`, `combine`, `sort`, `digest` and `patchset`: operations on workspaces
//! and patch sets. No model is built, so a background-only workspace is sufficient.

mod combine;
mod digest;
mod files;
mod patchset;
mod prune;
mod rename;
mod sort;

use clap::Subcommand;

use super::{CliError, Outcome};

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
