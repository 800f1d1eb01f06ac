//! Descents: the problem of each study on ten seeds, and many cuts compared with scans of one at a
//! time.

use diffhep::analyses::cut::{
    CutProblem, CutReport, DescentOptions, FigureOfMerit, OneAtATime, ScanRange, optimize_cuts,
};
use diffhep::optimize::{
    Method, Persistence, Schedule, StoppingRules, TrainingOptions, TrainingStatus,
};
use diffhep::studies::{CutPreset, preset};

use super::super::common::sample_or_all;

fn seeds() -> std::ops::Range<u64> {
    0..sample_or_all(3, 10)
}

fn problem(preset: &CutPreset) -> CutProblem<'_> {
    let (signal, background) = (&preset.toy.signal, &preset.toy.background);
    CutProblem::new(signal, background, preset.cuts.clone(), preset.problem).expect("sound")
}

fn descend(problem: &CutProblem, options: &DescentOptions) -> CutReport {
    optimize_cuts(problem, options, Persistence::default(), &mut |_| ()).expect("a descent")
}

/// Asserts the expected results for a single cut, on one seed.
fn assert_one_cut(name: &str, seed: u64) {
    let preset = preset(name, seed).expect("a preset");
    let report = descend(&problem(&preset), &preset.descent);
    let scan = report.scan.as_ref().expect("one cut is scanned");
    let step = scan.cuts[1] - scan.cuts[0];
    let (soft_cut, soft) = scan.best_soft().expect("finite significances");
    let (found, what) = (report.soft.cuts[0], format!("{name}, seed {seed}"));
    assert!((found - soft_cut).abs() <= step, "{what}: soft optimum {found}, scan {soft_cut}");
    let relative = report.soft.significance / soft;
    assert!(relative > 0.999, "{what}: soft significance {relative} of the scan's");
    let (_, best) = scan.best_hard().expect("finite significances");
    let relative = report.hard.significance / best;
    assert!(relative >= 0.99, "{what}: hard significance {relative} of the best");
    let within = 5.0 / report.slope;
    assert!((report.hard.cuts[0] - found).abs() <= within, "{what}: refined beyond the blur");
}

fn assert_on_all_seeds(name: &str) {
    seeds().for_each(|seed| assert_one_cut(name, seed));
}

#[test]
fn the_notebook_s_ascent_finds_the_best_cut() {
    assert_on_all_seeds("notebook");
}

#[test]
fn adam_on_the_reciprocal_finds_the_best_cut_of_the_bump() {
    assert_on_all_seeds("exponential");
}

#[test]
fn annealed_descents_find_the_best_cuts_of_the_metrics_study() {
    for name in ["wide-signal", "narrow-signal", "long-tail", "rare-signal", "overlapping"] {
        assert_on_all_seeds(name);
    }
}

#[test]
fn every_method_finds_the_notebook_s_optimum() {
    let preset = CutPreset::notebook(4);
    let problem = problem(&preset);
    let reference = descend(&problem, &preset.descent).soft.cuts[0];
    for (method, learning_rate) in
        [(Method::Adam, 0.1), (Method::Rmsprop, 0.1), (Method::Lbfgs, 1.0)]
    {
        let training = TrainingOptions {
            method,
            learning_rate: Schedule::Cosine { from: learning_rate, to: 1e-3 * learning_rate },
            ..preset.descent.training.clone()
        };
        let options = DescentOptions { training, ..preset.descent.clone() };
        let report = descend(&problem, &options);
        let found = report.soft.cuts[0];
        assert!((found - reference).abs() < 2e-3, "{}: {found}, {reference}", method.name());
        if method == Method::Lbfgs {
            assert_eq!(report.training.status, TrainingStatus::Converged);
            assert!(report.training.evaluations < 60, "{}", report.training.evaluations);
        }
    }
}

#[test]
fn p_values_lead_to_the_cuts_of_their_own_scans() {
    for (objective, seed) in [(FigureOfMerit::DiscoveryPValue, 5), (FigureOfMerit::Cls, 6)] {
        let mut preset = CutPreset::notebook(seed);
        preset.problem.objective = objective;
        preset.problem.uncertainty.relative = 0.05;
        preset.descent.scan = Some(ScanRange { low: 20.0, high: 60.0, points: 81 });
        let training = &mut preset.descent.training;
        training.method = Method::Adam;
        training.steps = 300;
        training.learning_rate = Schedule::Cosine { from: 0.5, to: 0.005 };
        let report = descend(&problem(&preset), &preset.descent);
        let scan = report.scan.as_ref().expect("one cut is scanned");
        let (cut, _) = scan.best_soft().expect("finite significances");
        let found = report.soft.cuts[0];
        assert!((found - cut).abs() <= 0.5, "{}: {found}, scan {cut}", objective.name());
        let (_, best) = scan.best_hard().expect("finite significances");
        assert!(report.hard.significance >= 0.99 * best, "{}", objective.name());
    }
}

/// Many cuts, evaluated on the events they were found on and on an independent sample.
struct Many {
    report: CutReport,
    scans: OneAtATime,
    joint_held_out: f64,
    best_scan_held_out: f64,
}

fn many(name: &str, seed: u64) -> Many {
    let preset_of = |seed| preset(name, seed).expect("a preset");
    let (own, other) = (preset_of(seed), preset_of(seed + 1_000));
    let (own_problem, held_out) = (problem(&own), problem(&other));
    let report = descend(&own_problem, &own.descent);
    let scans = own_problem.one_at_a_time(200).expect("scans");
    let judge = |cuts: &[f64]| held_out.hard_significance(cuts).expect("a significance");
    let of_scans = [&scans.single, &scans.independent, &scans.sequential];
    Many {
        joint_held_out: judge(&report.hard.cuts),
        best_scan_held_out: of_scans
            .map(|judged| judge(&judged.cuts))
            .into_iter()
            .fold(0.0, f64::max),
        report,
        scans,
    }
}

#[test]
fn five_cuts_together_beat_scans_of_one_at_a_time() {
    for seed in 0..3 {
        let found = many("five-columns", seed);
        let joint = found.report.hard.significance;
        let scans = [&found.scans.single, &found.scans.independent, &found.scans.sequential];
        let best = scans.map(|judged| judged.significance).into_iter().fold(0.0, f64::max);
        assert!(joint > 1.2 * best, "seed {seed}: {joint} against {best}");
        let (joint, best) = (found.joint_held_out, found.best_scan_held_out);
        assert!(joint > 1.15 * best, "seed {seed}, held out: {joint} against {best}");
    }
}

#[test]
fn twenty_cuts_together_beat_scans_of_one_at_a_time() {
    let preset = CutPreset::twenty_columns(1);
    let problem = problem(&preset);
    let joint = descend(&problem, &preset.descent).hard.significance;
    let scans = problem.one_at_a_time(200).expect("scans").sequential.significance;
    assert!(joint > scans, "{joint} against {scans}");
}

#[test]
fn twenty_cuts_converge() {
    let preset = CutPreset::twenty_columns(2);
    let training = TrainingOptions {
        method: Method::Lbfgs,
        hardness: Schedule::Constant { value: 3.0 },
        stopping: StoppingRules { gradient_tolerance: 1e-6, ..StoppingRules::default() },
        ..preset.descent.training.clone()
    };
    let report = descend(&problem(&preset), &DescentOptions { training, ..preset.descent.clone() });
    assert_eq!(report.training.status, TrainingStatus::Converged);
    let steps = report.training.history.len();
    assert!(steps < 120, "{steps} steps");
}
