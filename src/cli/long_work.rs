//! Long work: its threads, and its progress on standard error.

use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;

/// A bar of so many steps or epochs on standard error, silent where that is no terminal.
pub(in crate::cli) fn progress_bar(length: usize, unit: &str) -> ProgressBar {
    let template = format!("{{bar:40}} {{pos}}/{{len}} {unit}, {{msg}}, {{eta}} left");
    let style = ProgressStyle::with_template(&template);
    ProgressBar::new(length as u64).with_style(style.expect("a sound template"))
}

/// Starts so many threads; as many as there are cores, unless a number is given.
pub(in crate::cli) fn set_threads(threads: Option<usize>) -> Result<(), CliError> {
    if let Some(threads) = threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    Ok(())
}
