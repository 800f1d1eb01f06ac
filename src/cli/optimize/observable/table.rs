//! The table that `optimize observable` prints.

use std::fmt::Write;

use crate::cli::optimize::six_digits;
use diffhep::analyses::observable::ObservableReport;
use diffhep::outputs::ObservableRun;

/// Metrics of the best observable that have a column in the table.
const SHOWN: [&str; 5] = ["loss", "cls", "p0", "sigma_mu", "bce"];

fn metric(report: &ObservableReport, name: &str) -> String {
    match report.best_metric(name) {
        Some(value) if value.is_finite() => six_digits(value),
        Some(_) => "undefined".to_owned(),
        None => "-".to_owned(),
    }
}

/// A table with one line per seed: how its training ended, and the metrics of its best observable
/// on held-out events.
pub(super) fn table(run: &ObservableRun) -> String {
    let mut out = String::new();
    // A separate blank keeps columns apart even if numbers exceed the width.
    let mut row = |cells: [&str; 3], metrics: Vec<String>| {
        let [seed, status, epoch] = cells;
        write!(out, "{seed:>6} {status:<15} {epoch:>10}").expect("memory");
        metrics.iter().for_each(|text| write!(out, " {text:>12}").expect("memory"));
        out.push('\n');
    };
    row(["seed", "status", "best epoch"], SHOWN.map(str::to_owned).to_vec());
    for report in &run.reports {
        let epoch = report.best.as_ref().map_or("-".to_owned(), |best| best.epoch.to_string());
        let cells = [&report.seed.to_string(), report.training.status.name(), &epoch];
        row(cells, SHOWN.iter().map(|name| metric(report, name)).collect());
    }
    if let (Some(best), true) = (run.best(), run.reports.len() > 1) {
        writeln!(out, "lowest {}: seed {}", best.training.select, best.seed).expect("memory");
    }
    out
}
