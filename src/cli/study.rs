//! `diffhep study`: published studies, reproduced.

use std::path::PathBuf;

use clap::Args;

use super::output::print;
use super::{CliError, Outcome};
use crate::studies::{STUDIES, StudyError, study};

/// Reproduce a published study: result.json, figures, and a text of what was expected and found.
///
/// `diffhep study list` lists them.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Its name, or 'list'.
    name: String,
    /// Folder for everything that it writes; made if need be [default: study-NAME].
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Seed of its toys.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    if arguments.name == "list" {
        let lines = STUDIES.map(|(name, study)| format!("{name:<18}{}\n", study.question));
        print(&lines.concat())?;
        return Ok(Outcome::Complete);
    }
    let study = study(&arguments.name).map_err(StudyError::from)?;
    let default = || PathBuf::from(format!("study-{}", arguments.name));
    let folder = arguments.output.clone().unwrap_or_else(default);
    let findings = study.run(&folder, arguments.seed)?;
    print(&format!("{}\nwritten to {}\n", findings.text, folder.display()))?;
    Ok(Outcome::Complete)
}
