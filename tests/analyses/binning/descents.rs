//! Descents on the full toys, compared with exact binnings; constraints, refinement and several
//! objectives.

use diffhep::analyses::binning::{
    BinOrder, BinningDescent, BinningOptimizer, BinningOptions, BinningProblem, BinningReport,
    CategoryModel, JudgedBinning, MixtureMeans,
};
use diffhep::analyses::{BackgroundUncertainty, FigureOfMerit};
use diffhep::events::toys::{BinningToy, GaussianToy};
use diffhep::optimize::{Persistence, TrainingOptions, TrainingStatus};

use super::super::common::sample_or_all;
use super::models::{
    boundaries, data, middle_toy, mixture, problem, score, smallest_background, with_minimum,
};

fn seeds() -> std::ops::Range<u64> {
    0..sample_or_all(3, 10)
}

fn full(seed: u64) -> BinningToy {
    GaussianToy::default().one_signal(seed)
}

fn descend(optimizer: &BinningOptimizer, bins: usize) -> BinningReport {
    optimizer.descend(bins, Persistence::None, &mut |_| ()).expect("a descent")
}

fn optimizer<'p, 'a>(problem: &'p BinningProblem<'a>) -> BinningOptimizer<'p, 'a> {
    BinningOptimizer::new(problem, BinningDescent::default()).expect("sound settings")
}

fn unrefined(report: &BinningReport) -> &JudgedBinning {
    &report.descent.as_ref().expect("a descent").hard
}

/// The mean over bins of the difference between soft and hard yields, relative to the hard ones.
fn mean_bias(report: &BinningReport) -> f64 {
    let bias = &report.descent.as_ref().expect("a descent").bias;
    bias.iter().map(|bias| bias.abs()).sum::<f64>() / bias.len() as f64
}

/// Asserts how a descent compares with the exact binning: the result and the unrefined boundaries
/// must reach given fractions of its significance, with little bias and the minimum background in
/// each bin.
#[track_caller]
fn assert_descent(what: &str, problem: &BinningProblem, report: &BinningReport) {
    let descent = report.descent.as_ref().expect("a descent");
    assert_eq!(descent.training.status, TrainingStatus::StepLimit, "{what}");
    let exact = &report.exact[0].binning;
    let of_exact = report.hard.significance / exact.significance;
    let before = unrefined(report).significance / exact.significance;
    let bias = mean_bias(report);
    // Ratios above 1 are possible because boundaries need not lie on the fine grid.
    assert!(of_exact >= 0.998, "{what}: {of_exact} of the exact significance");
    assert!(before >= 0.90, "{what}: unrefined {before} of the exact significance");
    assert!(bias < 0.04, "{what}: soft and hard yields differ by {bias}");
    let minimum = problem.minimum_background() * (1.0 - 1e-9);
    assert!(smallest_background(problem, &report.hard) >= minimum, "{what}");
    assert!(smallest_background(problem, exact) >= minimum, "{what}, exact");
    let refined = report.hard.significance / unrefined(report).significance;
    assert!(descent.repaired || refined >= 1.0, "{what}: refined to {refined}");
}

/// Optimises the toy of one seed; returns the mean bias for each number of bins.
fn assert_seed(seed: u64) -> Vec<f64> {
    let toy = full(seed);
    let data = data(&toy, false);
    let problem = problem(&data, &boundaries("discriminant"), BinningOptions::default());
    let optimizer = optimizer(&problem);
    let of_bins = |(bins, equidistant): (usize, Option<f64>)| {
        let report = descend(&optimizer, bins);
        assert_descent(&format!("seed {seed}, {bins} bins"), &problem, &report);
        if let Some(expected) = equidistant {
            let found = report.equidistant.as_ref().expect("one column").significance;
            assert!((found / expected - 1.0).abs() < 0.03, "{bins} equal bins: {found}");
        }
        mean_bias(&report)
    };
    [(3, None), (5, Some(1.00)), (10, Some(1.17)), (20, Some(1.31))].map(of_bins).to_vec()
}

#[test]
fn descents_come_close_to_exact_binnings() {
    let biases: Vec<f64> = seeds().flat_map(assert_seed).collect();
    let mean = biases.iter().sum::<f64>() / biases.len() as f64;
    assert!(mean < 0.01, "soft and hard yields differ by {mean}");
}

#[test]
fn every_bin_holds_its_smallest_background() {
    for (seed, minimum) in [(0, 5.0), (1, 5.0), (2, 100.0), (3, 1_000.0)] {
        let toy = full(seed);
        let data = data(&toy, false);
        let options = with_minimum(FigureOfMerit::Asimov, minimum);
        let problem = problem(&data, &boundaries("discriminant"), options);
        let optimizer = optimizer(&problem);
        for bins in [3, 5, 10] {
            let report = descend(&optimizer, bins);
            let what = format!("seed {seed}, {bins} bins of {minimum}");
            assert_descent(&what, &problem, &report);
        }
    }
}

/// The same descent with and without refinement.
#[test]
fn refining_gains_and_keeps_the_constraint() {
    let toy = middle_toy().one_signal(4);
    let data = data(&toy, false);
    for minimum in [0.0, 30.0, 300.0] {
        let options = with_minimum(FigureOfMerit::Asimov, minimum);
        let problem = problem(&data, &boundaries("discriminant"), options);
        for bins in [4, 8] {
            let [plain, refined] = [false, true].map(|refine| {
                let descent = BinningDescent { refine, ..BinningDescent::default() };
                let optimizer = BinningOptimizer::new(&problem, descent).expect("sound settings");
                descend(&optimizer, bins)
            });
            assert_eq!(unrefined(&plain), unrefined(&refined));
            let gain = refined.hard.significance / plain.hard.significance;
            assert!(gain >= 1.0, "{bins} bins of {minimum}: {gain}");
            for report in [&plain, &refined] {
                let smallest = smallest_background(&problem, &report.hard);
                assert!(smallest >= minimum * (1.0 - 1e-9), "{bins}: {smallest} of {minimum}");
            }
        }
    }
}

#[test]
fn steeper_boundaries_leave_less_bias() {
    let toy = middle_toy().one_signal(5);
    let data = data(&toy, false);
    let problem = problem(&data, &boundaries("discriminant"), BinningOptions::default());
    let report = descend(&optimizer(&problem), 6);
    let training = &report.descent.as_ref().expect("a descent").training;
    let of_bias: Vec<usize> = (0..training.metric_names.len())
        .filter(|k| training.metric_names[*k].starts_with("bias_"))
        .collect();
    assert_eq!(of_bias.len(), 6);
    let mean = |step: usize| {
        let metrics = &training.history[step].metrics;
        of_bias.iter().map(|k| metrics[*k].abs()).sum::<f64>() / 6.0
    };
    let last = training.history.len() - 1;
    assert!(mean(last) < 0.02 && mean(last) < 0.1 * mean(0), "{} after {}", mean(last), mean(0));
}

#[test]
fn the_order_by_significance_sorts_bins() {
    let toy = middle_toy().one_signal(6);
    let data = data(&toy, false);
    let options = BinningOptions { order: BinOrder::Significance, ..BinningOptions::default() };
    let problem = problem(&data, &boundaries("discriminant"), options);
    let report = descend(&optimizer(&problem), 5);
    let sorted: Vec<f64> = report.order.iter().map(|k| report.hard.by_bin[*k]).collect();
    assert!(sorted.is_sorted(), "{sorted:?}");
}

/// Compares the CLs of binnings optimised for CLs and for the significance, with the shape
/// systematic and the simulation's uncertainty.
fn assert_cls(toy: &BinningToy, bins: usize) {
    let data = data(toy, true);
    let of_objective = |objective| {
        let uncertainty = BackgroundUncertainty { relative: 0.0, simulation: true };
        let options = BinningOptions { objective, uncertainty, ..BinningOptions::default() };
        problem(&data, &boundaries("discriminant"), options)
    };
    let [cls, asimov] = [FigureOfMerit::Cls, FigureOfMerit::Asimov].map(of_objective);
    let found = descend(&optimizer(&cls), bins);
    assert!(found.exact.is_empty(), "a CLs has no exact binning");
    let of_cls = found.hard.p_value.expect("a p-value");
    let of_asimov = descend(&optimizer(&asimov), bins);
    let rivals = [&of_asimov.hard, &of_asimov.exact[0].binning, &found.equidistant.expect("one")];
    for rival in rivals {
        let judged = cls.judge_boundaries(&rival.boundaries).expect("a CLs");
        let rival = judged.p_value.expect("a p-value");
        assert!(of_cls < rival, "{bins} bins: CLs {of_cls} against {rival}");
    }
}

#[test]
fn binnings_for_cls_beat_those_for_the_significance() {
    for bins in [3, 5] {
        assert_cls(&full(0), bins);
    }
}

#[test]
fn a_mixture_beats_every_binning_of_one_score() {
    let toy = middle_toy().two_signals(1);
    let data = data(&toy, false);
    let problem = problem(&data, &mixture(2, MixtureMeans::Simplex), BinningOptions::default());
    let descent = BinningDescent::mixture();
    let training = TrainingOptions { steps: 100, ..descent.training.clone() };
    let descent = BinningDescent { training, fine_bins: 600, ..descent };
    let optimizer = BinningOptimizer::new(&problem, descent).expect("sound settings");
    let report = descend(&optimizer, 5);
    assert_eq!(report.exact.len(), 2);
    for one in &report.exact {
        let (z, bound) = (report.hard.significance, one.bound);
        assert!(z > bound, "{z} against {bound} of {}", one.column);
    }
}

/// Scores that add up to 1 leave some products of bins without any event; their soft yields are
/// tiny.
#[test]
fn products_descend_past_categories_without_events() {
    let toy = middle_toy().two_signals(8);
    let data = data(&toy, false);
    let model = CategoryModel::Product(["score_signal1", "score_signal2"].map(score).to_vec());
    for uncertainty_weight in [0.0, 1.0] {
        let mut options = BinningOptions::default();
        options.penalties.uncertainty_weight = uncertainty_weight;
        let problem = problem(&data, &model, options);
        let descent = BinningDescent { fine_bins: 300, ..BinningDescent::default() };
        let optimizer = BinningOptimizer::new(&problem, descent).expect("sound settings");
        let report = descend(&optimizer, 4);
        let training = &report.descent.as_ref().expect("a descent").training;
        assert_eq!(training.status, TrainingStatus::StepLimit);
        assert!(training.gradient.iter().all(|slope| slope.is_finite()));
        assert_eq!(report.hard.by_bin.len(), 16);
        for one in report.exact.iter().filter(|_| uncertainty_weight == 0.0) {
            let (z, bound) = (report.hard.significance, one.bound);
            assert!(z > bound, "{z} against {bound} of 16 bins of {}", one.column);
        }
    }
}
