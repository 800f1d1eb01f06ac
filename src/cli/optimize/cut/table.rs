//! The table that `optimize cut` prints.

use std::fmt::Write;

use diffhep::analyses::cut::{Cut, Judged};
use diffhep::outputs::CutRun;

fn cut_values(cuts: &[Cut], values: &[f64]) -> String {
    let entry = |(cut, value): (&Cut, &f64)| cut.text_at(*value);
    cuts.iter().zip(values).map(entry).collect::<Vec<_>>().join(", ")
}

fn row(out: &mut String, what: &str, judged: &Judged, cuts: &str) {
    let (s, b) = (judged.yields.signal.sum, judged.yields.background.sum);
    let p_value = judged.p_value.map_or(String::new(), |p| format!("{p:>12.4e}"));
    let z = if judged.significance.is_finite() {
        format!("{:.4}", judged.significance)
    } else {
        "undefined".to_owned()
    };
    writeln!(out, "{what:<28}{z:>13}{p_value}{s:>12.2}{b:>12.2}  {cuts}").expect("memory");
}

/// The result of a descent as a table.
pub(super) fn table(run: &CutRun) -> String {
    let (problem, report) = (run.problem, &run.report);
    let cuts = problem.cuts();
    let mut out = String::new();
    let p_value =
        if report.hard.p_value.is_some() { format!("{:>12}", "p-value") } else { String::new() };
    let name = problem.options().objective.name();
    writeln!(
        out,
        "{:<28}{:>13}{p_value}{:>12}{:>12}  cuts",
        name, "significance", "signal", "background"
    )
    .expect("memory");
    row(&mut out, "no cut", &report.no_cut, "");
    if let Some((cut, _)) = report.scan.as_ref().and_then(|scan| scan.best_hard())
        && let Ok(judged) = problem.judge_hard(&[cut])
    {
        row(&mut out, "best of the hard scan", &judged, &cut_values(cuts, &[cut]));
    }
    if let Some(found) = &run.one_at_a_time {
        row(&mut out, "best single scan", &found.single, &cut_values(cuts, &found.single.cuts));
        row(
            &mut out,
            "scans, one after another",
            &found.sequential,
            &cut_values(cuts, &found.sequential.cuts),
        );
    }
    row(&mut out, "soft optimum, sigmoid cuts", &report.soft, &cut_values(cuts, &report.soft.cuts));
    row(&mut out, "soft optimum, hard cuts", &report.hard_at_soft, "the same");
    if report.hard.cuts != report.soft.cuts {
        row(&mut out, "hard cuts, refined", &report.hard, &cut_values(cuts, &report.hard.cuts));
    }
    let steps = report.training.history.last().map_or(0, |step| step.step);
    writeln!(out, "descent: {} after {steps} steps", report.training.status.name())
        .expect("memory");
    out
}
