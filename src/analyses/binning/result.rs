//! Writes reports as JSON, for scripts.

use serde_json::{Map, Value, json};

use super::categories::{FoundCategories, MixtureComponent};
use super::problem::BinningProblem;
use super::report::{BinningReport, DescentReport, ExactBinning, JudgedBinning};
use crate::kernels::selection::Yield;

/// A number, or null if it is infinite or NaN.
fn number(value: f64) -> Value {
    json!(Some(value).filter(|value| value.is_finite()))
}

fn numbers(values: &[f64]) -> Value {
    values.iter().map(|value| number(*value)).collect()
}

/// One quantity of every process, by name.
fn by_process(names: &[String], yields: &[Vec<Yield>], of: impl Fn(&Yield) -> f64) -> Value {
    let entry = |(name, bins): (&String, &Vec<Yield>)| {
        (name.clone(), bins.iter().map(|bin| number(of(bin))).collect())
    };
    Value::Object(names.iter().zip(yields).map(entry).collect::<Map<_, _>>())
}

fn judged_json(judged: &JudgedBinning) -> Value {
    let mut value = json!({ "significance": number(judged.significance) });
    if !judged.boundaries.is_empty() {
        value["boundaries"] = numbers(&judged.boundaries);
    }
    if judged.by_signal.len() > 1 {
        value["significance_by_signal"] = numbers(&judged.by_signal);
    }
    if let Some(p_value) = judged.p_value {
        value["p_value"] = number(p_value);
    }
    value
}

fn exact_json(exact: &ExactBinning) -> Value {
    let mut value = judged_json(&exact.binning);
    value["column"] = json!(exact.column);
    value["bound"] = number(exact.bound);
    value
}

fn categories_json(problem: &BinningProblem, report: &BinningReport) -> Value {
    let columns: Vec<String> = problem.columns().into_iter().map(|(name, _)| name).collect();
    match &report.categories {
        FoundCategories::Boundaries(_) => json!({ "kind": "boundaries", "columns": columns }),
        FoundCategories::Product(boundaries) => {
            let boundaries: Vec<_> = boundaries.iter().map(|list| numbers(list)).collect();
            json!({ "kind": "product", "columns": columns, "boundaries": boundaries })
        }
        FoundCategories::Mixture(components) => {
            let component = |component: &MixtureComponent| {
                json!({
                    "weight": component.weight,
                    "mean": numbers(&component.mean),
                    "covariance": numbers(&component.covariance),
                })
            };
            let components: Vec<_> = components.iter().map(component).collect();
            json!({ "kind": "mixture", "columns": columns, "components": components })
        }
    }
}

fn descent_json(descent: &DescentReport) -> Value {
    json!({
        "status": descent.training.status.name(),
        "epochs": descent.training.history.last().map_or(0, |step| step.step),
        "soft": judged_json(&descent.soft),
        "hard": judged_json(&descent.hard),
        "repaired": descent.repaired,
        "bias": numbers(&descent.bias),
    })
}

fn report_json(problem: &BinningProblem, report: &BinningReport) -> Value {
    let (names, hard) = (problem.process_names(), &report.hard);
    let single =
        |judged: Option<&JudgedBinning>| judged.map_or(Value::Null, |j| number(j.significance));
    let is_contiguous = matches!(report.categories, FoundCategories::Boundaries(_));
    let exact = report.exact.first().filter(|exact| is_contiguous && exact.is_optimal());
    let exact = exact.map(|exact| &exact.binning);
    let mut value = json!({
        "bins": report.bins,
        "boundaries": numbers(&hard.boundaries),
        "significance": number(hard.significance),
        "exact_significance": single(exact),
        "equidistant_significance": single(report.equidistant.as_ref()),
        "yields": by_process(names, &hard.yields, |bin| bin.sum),
        "uncertainties": by_process(names, &hard.yields, |bin| bin.squares.sqrt()),
        "significance_by_bin": numbers(&hard.by_bin),
        "order": report.order.iter().map(|k| k + 1).collect::<Vec<_>>(),
        "categories": categories_json(problem, report),
    });
    if hard.by_signal.len() > 1 {
        value["significance_by_signal"] = numbers(&hard.by_signal);
    }
    if let Some(p_value) = hard.p_value {
        value["p_value"] = number(p_value);
    }
    let others = [("equidistant", &report.equidistant), ("asimov_optimised", &report.by_asimov)];
    for (key, judged) in others {
        if let Some(judged) = judged {
            value[key] = judged_json(judged);
        }
    }
    if !report.exact.is_empty() {
        value["exact"] = report.exact.iter().map(exact_json).collect();
    }
    if let Some(descent) = &report.descent {
        value["descent"] = descent_json(descent);
    }
    value
}

/// Reports of one problem as JSON; infinite numbers and NaN become null.
///
/// `seed` is the seed of the toy and of the starting points, if any. Significances are in standard
/// deviations; for a p-value objective they are `Phi^-1(1 - p)`, with the p-value next to them.
pub fn binning_json(
    problem: &BinningProblem,
    reports: &[BinningReport],
    seed: Option<u64>,
) -> Value {
    let results: Vec<Value> = reports.iter().map(|report| report_json(problem, report)).collect();
    json!({
        "objective": problem.options().objective.name(),
        "seed": seed,
        "minimum_background": problem.minimum_background(),
        "results": results,
        "warnings": problem.warnings(),
    })
}
