//! `diffhep combine`: one workspace from two.

use std::path::PathBuf;

use clap::Args;

use super::files::{Source, check_one_standard_input};
use crate::cli::output::OutputArguments;
use crate::cli::{CliError, Outcome};
use diffhep::histfactory::surgery::{CombineOptions, Join, combine};

/// Combine two workspaces into one.
///
/// Prints a workspace with the channels, observations and measurements of both. Modifiers with the
/// same name share their parameter, whichever workspace they come from.
#[derive(Args, Debug)]
#[command(after_help = "Joins, for channels, observations and measurements of one name:\n  \
    none         they are an error\n  \
    outer        channels and observations must be the same, measurements are merged\n  \
    left outer   the left workspace's are taken, without comparing\n  \
    right outer  the right workspace's are taken, without comparing\n\n\
    Examples:\n  \
    diffhep combine left.json right.json --output-file both.json\n  \
    diffhep combine --join 'left outer' --merge-channels left.json right.json")]
pub(in crate::cli) struct Arguments {
    /// Left workspace file (pyhf JSON); '-' reads standard input.
    left: Option<PathBuf>,
    /// Right workspace file; '-' or no argument reads standard input.
    right: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArguments,
    /// How to join things with the same name: none, outer, left outer or right outer.
    #[arg(short, long, value_name = "JOIN", default_value = "none")]
    join: Join,
    /// Give channels with the same name the samples of both workspaces (not with the join none).
    #[arg(long, overrides_with = "no_merge_channels")]
    merge_channels: bool,
    /// Leave channels unchanged (the default).
    #[arg(long, overrides_with = "merge_channels")]
    no_merge_channels: bool,
}

/// Warns on standard error if one workspace's things are taken without comparing them with the
/// other's.
fn warn_of_join(options: CombineOptions) {
    let (what, kept) = match (options.join, options.merge_channels) {
        (Join::None, _) | (Join::Outer, false) => return,
        (Join::Outer, true) => ("samples", "left"),
        (Join::LeftOuter, _) => ("things", "left"),
        (Join::RightOuter, _) => ("things", "right"),
    };
    let join = options.join.name();
    eprintln!(
        "warning: the join '{join}' takes the {kept} workspace's {what} wherever both have them by one \
         name, without comparing"
    );
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let (left, right) = (arguments.left.as_deref(), arguments.right.as_deref());
    let message = "two workspaces to combine are needed, and one of them from a file";
    check_one_standard_input(left, right, message)?;
    let (left, right) = (Source::read(left)?, Source::read(right)?);
    let merge_channels = arguments.merge_channels && !arguments.no_merge_channels;
    let options = CombineOptions { join: arguments.join, merge_channels };
    let combined = combine(&left.workspace, &right.workspace, options).map_err(|cause| {
        let source_name = format!("{} and {}", left.name, right.name);
        CliError::Surgery { source_name, cause }
    })?;
    warn_of_join(options);
    arguments.output.write(combined.json())?;
    Ok(Outcome::Complete)
}
