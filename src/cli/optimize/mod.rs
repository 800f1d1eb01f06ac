//! `diffhep optimize`: optimises analyses by gradient descent.

mod binning;
mod cut;
mod folder;
mod observable;
mod processes;
mod shown;

use clap::Subcommand;

use super::{CliError, Outcome};
use diffhep::numbers::six_digits;

pub(super) use binning::{AnalyseArguments, analyse};
pub(super) use observable::HiddenLayers;

/// Optimise an analysis by gradient descent through its figure of merit.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Binning(Box<binning::Arguments>),
    Cut(Box<cut::Arguments>),
    Observable(Box<observable::Arguments>),
}

pub(super) fn run(command: &Command) -> Result<Outcome, CliError> {
    match command {
        Command::Binning(arguments) => binning::run(arguments),
        Command::Cut(arguments) => cut::run(arguments),
        Command::Observable(arguments) => observable::run(arguments),
    }
}
