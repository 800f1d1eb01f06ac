//! Threads and progress bars for long computations.

use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;

/// A progress bar of `length` steps or epochs on standard error, hidden if that is not a terminal.
pub(in crate::cli) fn progress_bar(length: usize, unit: &str) -> ProgressBar {
    let template = format!("{{bar:40}} {{pos}}/{{len}} {unit}, {{msg}}, {{eta}} left");
    let style = ProgressStyle::with_template(&template);
    ProgressBar::new(length as u64).with_style(style.expect("a sound template"))
}

/// Starts the given number of threads, or as many as there are cores.
pub(in crate::cli) fn set_threads(threads: Option<usize>) -> Result<(), CliError> {
    if let Some(threads) = threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    Ok(())
}
