//! How results of optimisations are displayed.

use clap::Args;
use serde_json::Value;

use crate::cli::CliError;
use crate::cli::long_work::set_threads;
use crate::cli::output::print;

/// Flags that every optimisation has.
#[derive(Args, Debug)]
pub(super) struct Shown {
    /// Print the result as JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Draw no figures.
    #[arg(long)]
    pub(super) no_figures: bool,
    /// Threads; all cores by default. The result does not depend on it.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

impl Shown {
    /// Starts the requested number of threads.
    pub(super) fn set_threads(&self) -> Result<(), CliError> {
        set_threads(self.threads)
    }

    /// Prints a result, or its table and the folder that contains it.
    pub(super) fn print(
        &self,
        result: &Value,
        table: impl FnOnce() -> String,
        folder: Option<&std::path::Path>,
    ) -> Result<(), CliError> {
        if self.json {
            return print(&format!("{result:#}\n"));
        }
        print(&table())?;
        folder.map_or(Ok(()), |folder| print(&format!("written to {}\n", folder.display())))
    }
}
