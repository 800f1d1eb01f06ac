//! Progress of long work, on standard error.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of so many steps or epochs on standard error, silent where that is no terminal.
pub(in crate::cli) fn progress_bar(length: usize, unit: &str) -> ProgressBar {
    let template = format!("{{bar:40}} {{pos}}/{{len}} {unit}, {{msg}}, {{eta}} left");
    let style = ProgressStyle::with_template(&template);
    ProgressBar::new(length as u64).with_style(style.expect("a sound template"))
}
