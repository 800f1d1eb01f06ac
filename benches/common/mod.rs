//! What every bench's table needs: flags, repetitions, medians, a file.

use std::time::Duration;

use criterion::Criterion;
use serde_json::{Value, json};

/// Criterion with this project's times, and what the command line says.
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args()
}

/// Whether the command line holds a flag.
pub fn has(flag: &str) -> bool {
    std::env::args().any(|argument| argument == flag)
}

/// The median, in milliseconds.
pub fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    1e3 * times[times.len() / 2].as_secs_f64()
}

/// Writes a table's rows to the file that DIFFHEP_TABLE names, if it names one.
pub fn write_table(rows: &[Value]) {
    if let Some(file) = std::env::var_os("DIFFHEP_TABLE") {
        std::fs::write(file, json!(rows).to_string()).expect("DIFFHEP_TABLE can be written");
    }
}
