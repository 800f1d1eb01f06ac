//! `diffhep optimize`: analyses optimised by gradient descent.

mod cut;
mod settings;
mod table;

use clap::Subcommand;

use super::{CliError, Outcome};

/// Optimise an analysis by gradient descent through its figure of merit.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Cut(Box<cut::Arguments>),
}

pub(super) fn run(command: &Command) -> Result<Outcome, CliError> {
    match command {
        Command::Cut(arguments) => cut::run(arguments),
    }
}
