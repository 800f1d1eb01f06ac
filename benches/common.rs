//! What every bench needs: flags, the selected module, repetitions, medians, a file.

use std::time::Duration;

use criterion::Criterion;
use serde_json::{Value, json};

use crate::MODULES;

/// The module that the command line names, and the text that names of its benches must contain.
pub fn module() -> Option<(String, String)> {
    std::env::args().skip(1).find_map(|argument| {
        let (module, text) = argument.split_once('/').unwrap_or((&argument, ""));
        let is_known = MODULES.iter().any(|(name, _)| *name == module);
        is_known.then(|| (module.to_owned(), text.to_owned()))
    })
}

/// Criterion with this project's times and the command line's settings.
pub fn criterion() -> Criterion {
    let criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    match module() {
        // Criterion would take the module's name for a part of the benches' names.
        Some((_, text)) => criterion.with_filter(text),
        None => criterion,
    }
}

/// Whether the command line contains a flag.
pub fn has(flag: &str) -> bool {
    std::env::args().any(|argument| argument == flag)
}

/// The median, in milliseconds.
pub fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    1e3 * times[times.len() / 2].as_secs_f64()
}

/// Writes the rows of a table to the file that DIFFHEP_TABLE names, if it names one.
pub fn write_table(rows: &[Value]) {
    if let Some(file) = std::env::var_os("DIFFHEP_TABLE") {
        std::fs::write(file, json!(rows).to_string()).expect("DIFFHEP_TABLE can be written");
    }
}
