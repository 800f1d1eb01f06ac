//! Writes a report as JSON, for scripts.

use serde_json::{Value, json};

use super::cuts::Cut;
use super::descent::{CutReport, Judged};
use super::one_at_a_time::OneAtATime;
use super::problem::CutProblem;
use super::scan::Scan;

/// A number, or null if it is infinite or NaN.
fn number(value: f64) -> Value {
    json!(Some(value).filter(|value| value.is_finite()))
}

fn cut_list(cuts: &[Cut], values: &[f64]) -> Value {
    let entry = |(cut, value): (&Cut, &f64)| {
        let (column, keep) = (&cut.column, cut.keep.name());
        json!({ "column": column, "keep": keep, "value": number(*value) })
    };
    cuts.iter().zip(values).map(entry).collect()
}

fn judged_json(cuts: &[Cut], judged: &Judged) -> Value {
    let mut value = json!({
        "cuts": cut_list(cuts, &judged.cuts),
        "significance": number(judged.significance),
        "signal": judged.yields.signal.sum,
        "background": judged.yields.background.sum,
    });
    if let Some(p_value) = judged.p_value {
        value["p_value"] = number(p_value);
    }
    value
}

fn scan_json(scan: &Scan) -> Value {
    let list = |values: &[f64]| values.iter().map(|value| number(*value)).collect::<Value>();
    let (hard, soft) = (scan.best_hard(), scan.best_soft());
    json!({
        "best_cut": hard.map(|best| best.0),
        "best_significance": hard.map(|best| best.1),
        "soft_best_cut": soft.map(|best| best.0),
        "soft_best_significance": soft.map(|best| best.1),
        "cuts": list(&scan.cuts),
        "significance": list(&scan.hard),
        "soft_significance": list(&scan.soft),
        "soft_gradient": list(&scan.gradient),
    })
}

/// A report as JSON; infinite numbers become null.
///
/// `seed` is the seed of the toy, if the data come from one. Significances are in standard
/// deviations; for a p-value objective they are `Phi^-1(1 - p)`, with the p-value next to them.
pub fn result_json(
    problem: &CutProblem,
    report: &CutReport,
    one_at_a_time: Option<&OneAtATime>,
    seed: Option<u64>,
) -> Value {
    let cuts = problem.cuts();
    let mut result = json!({
        "objective": problem.options().objective.name(),
        "seed": seed,
        "status": report.training.status.name(),
        "steps": report.training.history.last().map_or(0, |step| step.step),
        "cuts": cut_list(cuts, &report.hard.cuts),
        "significance": number(report.hard.significance),
        "soft_significance": number(report.soft.significance),
        "significance_no_cut": number(report.no_cut.significance),
        "slope": report.slope,
        "hard": judged_json(cuts, &report.hard),
        "soft": judged_json(cuts, &report.soft),
        "hard_at_soft_cuts": judged_json(cuts, &report.hard_at_soft),
        "no_cut": judged_json(&[], &report.no_cut),
        "warnings": problem.warnings(),
    });
    if let Some(scan) = &report.scan {
        result["scan"] = scan_json(scan);
    }
    if let Some(found) = one_at_a_time {
        result["one_at_a_time"] = json!({
            "single": judged_json(cuts, &found.single),
            "independent": judged_json(cuts, &found.independent),
            "sequential": judged_json(cuts, &found.sequential),
        });
    }
    result
}
