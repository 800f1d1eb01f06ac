//! The table that `optimize binning` and `analyse` print.

use std::fmt::Write;

use crate::cli::optimize::six_digits;
use diffhep::analyses::binning::{BinningReport, FoundCategories, JudgedBinning};
use diffhep::outputs::BinningRun;

fn cell(judged: Option<&JudgedBinning>) -> String {
    let text = |judged: &JudgedBinning| match judged.p_value {
        Some(p) if p.is_finite() => format!("{:.4} ({p:.3e})", judged.significance),
        None if judged.significance.is_finite() => format!("{:.4}", judged.significance),
        _ => "undefined".to_owned(),
    };
    judged.map_or_else(|| "-".to_owned(), text)
}

fn list(values: &[f64]) -> String {
    values.iter().map(|value| six_digits(*value)).collect::<Vec<_>>().join(", ")
}

/// Writes the details under a line: the categories, and each signal's significance if there are
/// several.
fn details(out: &mut String, report: &BinningReport) {
    match &report.categories {
        FoundCategories::Boundaries(boundaries) => {
            writeln!(out, "        boundaries {}", list(boundaries)).expect("memory");
        }
        FoundCategories::Product(columns) => {
            let columns = columns.iter().map(|boundaries| list(boundaries)).collect::<Vec<_>>();
            writeln!(out, "        boundaries {}", columns.join(" x ")).expect("memory");
        }
        FoundCategories::Mixture(components) => {
            let means = components.iter().map(|component| format!("({})", list(&component.mean)));
            writeln!(out, "        means {}", means.collect::<Vec<_>>().join(" ")).expect("memory");
        }
    }
    if report.hard.by_signal.len() > 1 {
        writeln!(out, "        by signal {}", list(&report.hard.by_signal)).expect("memory");
        for exact in report.exact.iter().filter(|_| report.equidistant.is_none()) {
            let (column, z) = (&exact.column, exact.binning.significance);
            writeln!(out, "        best bins of {column} alone {z:.4}").expect("memory");
        }
    }
}

/// The results as a table.
pub(super) fn table(run: &BinningRun) -> String {
    let objective = run.problem.options().objective;
    let mut out = String::new();
    let reference = if objective.fits() { "best by asimov" } else { "exact" };
    // A separate blank keeps columns apart even if numbers exceed the width.
    let width = if objective.fits() { 21 } else { 13 };
    write!(out, "{:>6}", "bins").expect("memory");
    for title in ["equidistant", "soft", "hard", "result", reference] {
        write!(out, " {title:>width$}").expect("memory");
    }
    writeln!(out, "  {}", objective.name()).expect("memory");
    for report in &run.reports {
        let descent = report.descent.as_ref();
        let is_contiguous = matches!(report.categories, FoundCategories::Boundaries(_));
        let exact = report.exact.first().filter(|_| is_contiguous);
        let exact = match exact {
            Some(exact) if !exact.is_optimal() => format!("<= {:.4}", exact.bound),
            exact => cell(exact.map(|exact| &exact.binning)),
        };
        write!(out, "{:>6}", report.hard.by_bin.len()).expect("memory");
        let columns = [
            report.equidistant.as_ref(),
            descent.map(|descent| &descent.soft),
            descent.map(|descent| &descent.hard),
            Some(&report.hard),
        ];
        for judged in columns {
            write!(out, " {:>width$}", cell(judged)).expect("memory");
        }
        let reference = report.by_asimov.as_ref().map_or(exact, |judged| cell(Some(judged)));
        write!(out, " {reference:>width$}").expect("memory");
        match descent {
            Some(descent) => {
                let epochs = descent.training.history.last().map_or(0, |step| step.step);
                let status = descent.training.status.name();
                writeln!(out, "  {status} after {epochs} epochs").expect("memory");
            }
            None => out.push('\n'),
        }
        details(&mut out, report);
    }
    out
}
