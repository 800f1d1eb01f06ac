//! A bump on a falling background: the cut by Adam on 1 / Z.
//!
//! Exponential background of scale 1 with noise 0.1 (1,000 events), signal N(2, 0.5) (100 events),
//! slope 2.7, Adam at 0.01 from 6.0, scan of 100 cuts from 0 to 8. Source: N. Simpson, Data
//! Analysis in High-Energy Physics as a Differentiable Program (thesis, Lund University, 2023),
//! section 7.2.1.

use std::path::Path;

use serde_json::json;

use super::error::StudyError;
use super::findings::Findings;
use super::presets::CutPreset;
use crate::analyses::cut::CutProblem;
use crate::optimize::Persistence;
use crate::outputs::CutRun;

pub(super) const QUESTION: &str =
    "a bump on an exponential: from a guess to the optimal cut by Adam";

/// The cut that one would guess by eye.
const GUESS: f64 = 1.0;

pub(super) fn run(folder: &Path, seed: u64) -> Result<Findings, StudyError> {
    let CutPreset { toy, cuts, problem, descent } = CutPreset::exponential(seed);
    let problem = CutProblem::new(&toy.signal, &toy.background, cuts, problem)?;
    let run = CutRun::new(&problem, &descent, Persistence::default(), Some(seed), &mut |_| ())?;
    let mut result = run.to_json();
    run.write_history(folder)?;
    run.draw(folder, &toy.signal, &toy.background)?;
    let report = &run.report;
    let guess = problem.judge_hard(&[GUESS])?;
    let scan = report.scan.as_ref().expect("one cut is scanned");
    let (best_cut, best) = scan.best_hard().expect("an offset keeps every significance finite");
    let (soft_cut, soft) = scan.best_soft().expect("an offset keeps every significance finite");
    result["guess"] = json!({ "cut": GUESS, "significance": guess.significance });
    let text = format!(
        "Study exponential-cut, seed {seed}: {}\n\n\
         Expected: a cut at 1 is better than none; the best hard cut lies near 1.5 (1.54 in the thesis, \
         with other random numbers); the sigmoid's maximum lies near it, and Adam on 1 / Z from 6.0 \
         ends there, with a hard significance close to the best. The thesis's text says learning \
         rate 0.001, its code 0.01; the code's is used. It adds 1e-4 to each event's weight (0.01 \
         signal and 0.1 background events in all) before a soft and 0.1 events to both before a hard \
         significance; here 0.01 and 0.1 are added before either.\n\n\
         Found:\n  no cut      {:.4}\n  cut at {GUESS}    {:.4}\n  hard scan   best at {best_cut:.3}, \
         significance {best:.4}\n  soft scan   best at {soft_cut:.3}, significance {soft:.4}\n\
         \x20 Adam ended  ({}) at {:.4} after {} steps; with the hard cut there {:.4}\n\
         \x20 refined to  {:.4}, significance {:.4}\n",
        toy.description,
        report.no_cut.significance,
        guess.significance,
        report.training.status.name(),
        report.soft.cuts[0],
        report.training.history.len() - 1,
        report.hard_at_soft.significance,
        report.hard.cuts[0],
        report.hard.significance,
    );
    Ok(Findings { text, result, tables: Vec::new() })
}
