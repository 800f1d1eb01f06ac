//! Progress of long work, on standard error.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, silent where that is no terminal.
pub(super) fn progress_bar(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} steps, {msg}, {eta} left");
    ProgressBar::new(steps as u64).with_style(style.expect("a sound template"))
}
