//! The notebook's search: one cut, hard and soft, and gradient ascent to the best one.
//!
//! 300 signal events N(50, 5) over 8,000 background events N(40, 10); sigmoids of slopes 0.5, 1, 2
//! and 3; 1,000 steps from 20. The study also shows why sigmoids are needed: seen closely, the hard
//! significance is a staircase, flat except for jumps at events. Source: A. Held,
//! differentiable-analysis-example, a notebook.

use std::path::Path;

use serde_json::json;

use super::error::StudyError;
use super::findings::Findings;
use super::presets::CutPreset;
use crate::analyses::cut::{CutProblem, Scan, ScanRange};
use crate::figures::{Figure, Panel};
use crate::optimize::Persistence;
use crate::outputs::CutRun;

pub(super) const QUESTION: &str =
    "where to cut for the best significance: a hard scan, sigmoids, gradient ascent";

/// Slopes of the notebook's sigmoids.
const SLOPES: [f64; 4] = [0.5, 1.0, 2.0, 3.0];
/// The part of the scan to look at closely.
const CLOSE: ScanRange = ScanRange { low: 60.7, high: 61.0, points: 500 };

fn staircase(scan: &Scan) -> Figure {
    let panel = Panel::new("cut on x", "significance [standard deviations]");
    let panel = panel.line("hard cut", &scan.cuts, &scan.hard);
    Figure::from(panel).title("The hard significance, seen closely")
}

pub(super) fn run(folder: &Path, seed: u64) -> Result<Findings, StudyError> {
    let CutPreset { toy, cuts, problem, descent } = CutPreset::notebook(seed);
    let problem = CutProblem::new(&toy.signal, &toy.background, cuts, problem)?;
    let run = CutRun::new(&problem, &descent, Persistence::default(), Some(seed), &mut |_| ())?;
    let mut result = run.to_json();
    run.write_history(folder)?;
    run.draw(folder, &toy.signal, &toy.background)?;
    staircase(&problem.scan(&CLOSE.values(), 1.0)?).write(folder, "staircase")?;
    let report = &run.report;
    let scan = report.scan.as_ref().expect("one cut is scanned");
    let zeros = scan.gradient_zeros();
    let mut table = String::new();
    let mut slopes = Vec::new();
    for slope in SLOPES {
        let scan = problem.scan(&scan.cuts, slope)?;
        let (cut, significance) = scan.best_soft().expect("background everywhere");
        table += &format!("  slope {slope:<4} best at {cut:7.3}, significance {significance:.4}\n");
        slopes.push(json!({ "slope": slope, "best_cut": cut, "best_significance": significance }));
    }
    let (best_cut, best) = scan.best_hard().expect("background everywhere");
    result["slopes"] = slopes.into();
    result["gradient_zeros"] = json!(zeros);
    let text = format!(
        "Study cut-notebook, seed {seed}: {}\n\n\
         Expected: without a cut the significance is sqrt(2 ((s + b) ln(1 + s/b) - s)) = 3.333 for \
         300 events over 8,000, whatever the seed. The best cut lies near 45. The sigmoid's scan \
         follows the hard one, lower where it is softer, with its maximum nearby; gradient ascent \
         from 20 ends there.\n\n\
         Found:\n  no cut   {:.4}\n  hard scan best at {best_cut:.3}, significance {best:.4}\n{table}\
         \x20 gradient is 0 at {}\n  ascent ended ({}) at {:.4}; with the hard cut there {:.4}\n\
         \x20 hard cut refined to {:.4}, significance {:.4}\n\n\
         Sigmoids of any slope give finite numbers: the exponential is taken of -|t| and cannot overflow.\n",
        toy.description,
        report.no_cut.significance,
        zeros.iter().map(|zero| format!("{zero:.3}")).collect::<Vec<_>>().join(", "),
        report.training.status.name(),
        report.soft.cuts[0],
        report.hard_at_soft.significance,
        report.hard.cuts[0],
        report.hard.significance,
    );
    Ok(Findings { text, result, tables: Vec::new() })
}
