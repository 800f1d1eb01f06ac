//! Exact binnings compared with random ones, brute force and finer grids; several signals and their
//! bound.

use diffhep::analyses::binning::{
    BinningDescent, BinningError, BinningOptimizer, BinningOptions, BinningProblem, BinningReport,
    CategoryModel, Combination, FineEdges, JudgedBinning,
};
use diffhep::analyses::{BackgroundUncertainty, FigureOfMerit};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::models::{
    SIGNIFICANCES, boundaries, data, middle_toy, problem, score, small_toy, smallest_background,
    with_minimum,
};

/// Tolerance for sums in another order, which differ in the last digits.
const ROUNDING: f64 = 1e-12;

fn exact(
    problem: &BinningProblem,
    fine_bins: usize,
    bins: usize,
) -> Result<BinningReport, BinningError> {
    let descent = BinningDescent {
        fine_bins,
        fine_edges: FineEdges::EqualWidth,
        ..BinningDescent::default()
    };
    BinningOptimizer::new(problem, descent).expect("sound settings").exact(bins)
}

fn found(problem: &BinningProblem, fine_bins: usize, bins: usize) -> BinningReport {
    exact(problem, fine_bins, bins).expect("an exact binning")
}

fn uncertain(objective: FigureOfMerit, minimum: f64) -> BinningOptions {
    let uncertainty = BackgroundUncertainty { relative: 0.02, simulation: true };
    BinningOptions { uncertainty, ..with_minimum(objective, minimum) }
}

/// Evaluates edges of fine bins; `None` if a bin has too little background.
fn judged(problem: &BinningProblem, fine_bins: usize, edges: &[usize]) -> Option<JudgedBinning> {
    let boundaries: Vec<f64> = edges.iter().map(|j| *j as f64 / fine_bins as f64).collect();
    let judged = problem.judge_boundaries(&boundaries).expect("a merit");
    (smallest_background(problem, &judged) >= problem.minimum_background()).then_some(judged)
}

/// Distinct ascending edges between 0 and `fine_bins`; `None` where two coincide.
fn ascending(mut edges: Vec<usize>, fine_bins: usize) -> Option<Vec<usize>> {
    edges.sort_unstable();
    let distinct = edges.windows(2).all(|pair| pair[0] < pair[1]);
    let inside = edges.iter().all(|edge| (1..fine_bins).contains(edge));
    (distinct && inside).then_some(edges)
}

/// A thousand binnings that satisfy the constraint, alternately random and near the best one.
fn rivals(problem: &BinningProblem, best: &[usize], fine_bins: usize) -> Vec<JudgedBinning> {
    let mut generator = ChaCha12Rng::seed_from_u64(1);
    let mut below = |n: usize| (generator.next_u64() % n as u64) as usize;
    let mut rivals = Vec::new();
    for attempt in 0..100_000 {
        let near = attempt % 2 == 0;
        let edge = |edge: &usize| {
            if near { (edge + below(7)).saturating_sub(3) } else { below(fine_bins) }
        };
        let edges = ascending(best.iter().map(edge).collect(), fine_bins);
        rivals.extend(edges.and_then(|edges| judged(problem, fine_bins, &edges)));
        if rivals.len() == 1_000 {
            return rivals;
        }
    }
    panic!("only {} rivals hold to the constraint", rivals.len());
}

#[test]
fn no_random_binning_is_better() {
    const FINE: usize = 300;
    let toy = small_toy().one_signal(1);
    let data = data(&toy, false);
    for objective in SIGNIFICANCES {
        for (bins, minimum) in [(3, 20.0), (6, 20.0), (12, 5.0)] {
            let options = uncertain(objective, minimum);
            let problem = problem(&data, &boundaries("discriminant"), options);
            let exact = found(&problem, FINE, bins).hard;
            assert!(smallest_background(&problem, &exact) >= minimum * (1.0 - ROUNDING));
            let edges: Vec<usize> =
                exact.boundaries.iter().map(|b| (b * FINE as f64).round() as usize).collect();
            for rival in rivals(&problem, &edges, FINE) {
                let (z, best) = (rival.significance, exact.significance);
                let what = objective.name();
                assert!(z <= best * (1.0 + ROUNDING), "{what}, {bins} bins: {z} over {best}");
            }
        }
    }
}

/// The best of every pair of edges.
fn brute_force(problem: &BinningProblem, fine_bins: usize) -> f64 {
    let pairs = (1..fine_bins).flat_map(|i| (i + 1..fine_bins).map(move |j| [i, j]));
    let judged = pairs.filter_map(|edges| judged(problem, fine_bins, &edges));
    judged.map(|judged| judged.significance).fold(0.0, f64::max)
}

#[test]
fn three_bins_are_those_of_brute_force() {
    let toy = small_toy().one_signal(2);
    for objective in SIGNIFICANCES {
        for minimum in [0.0, 100.0] {
            let data = data(&toy, false);
            let options = uncertain(objective, minimum);
            let problem = problem(&data, &boundaries("discriminant"), options);
            let (exact, best) =
                (found(&problem, 60, 3).hard.significance, brute_force(&problem, 60));
            let (what, error) = (objective.name(), (exact / best - 1.0).abs());
            assert!(error < ROUNDING, "{what}, {minimum}: {exact} against {best}");
        }
    }
}

#[test]
fn finer_grids_never_do_worse() {
    let toy = middle_toy().one_signal(3);
    let data = data(&toy, false);
    let problem =
        problem(&data, &boundaries("discriminant"), with_minimum(FigureOfMerit::Asimov, 5.0));
    for bins in [3, 5, 10, 20] {
        let mut last = 0.0;
        for fine_bins in [75, 150, 300, 600, 1_200] {
            let z = found(&problem, fine_bins, bins).hard.significance;
            assert!(z >= last * (1.0 - ROUNDING), "{bins} bins of {fine_bins}: {z} after {last}");
            last = z;
        }
    }
}

#[test]
fn more_bins_never_do_worse() {
    let toy = small_toy().one_signal(4);
    let data = data(&toy, false);
    let problem =
        problem(&data, &boundaries("discriminant"), with_minimum(FigureOfMerit::Asimov, 0.0));
    let significance = |bins| found(&problem, 200, bins).hard.significance;
    let found: Vec<f64> = (2..12).map(significance).collect();
    assert!(found.windows(2).all(|pair| pair[1] >= pair[0]), "{found:?}");
}

#[test]
fn a_report_without_a_descent_is_complete() {
    let toy = small_toy().one_signal(5);
    let data = data(&toy, false);
    let problem = problem(&data, &boundaries("discriminant"), BinningOptions::default());
    let report = found(&problem, 300, 4);
    assert!(report.descent.is_none() && report.exact.len() == 1);
    assert_eq!(report.exact[0].binning, report.hard);
    assert_eq!(report.exact[0].column, "discriminant");
    assert_eq!(problem.judge_boundaries(&report.hard.boundaries).expect("a merit"), report.hard);
    assert_eq!(report.order, [0, 1, 2, 3]);
    let quadrature = report.hard.by_bin.iter().map(|z| z * z).sum::<f64>().sqrt();
    assert!((quadrature / report.hard.significance - 1.0).abs() < ROUNDING);
    let minimum = 10.0 * 26_000.0 / 6_000.0;
    assert!((problem.minimum_background() / minimum - 1.0).abs() < 1e-3, "ten simulated events");
}

/// Combinations of two signals' significances.
fn combinations() -> [(Combination, Vec<f64>); 3] {
    let sum = Combination::WeightedSum;
    [(Combination::GeometricMean, vec![]), (sum, vec![]), (sum, vec![0.2, 2.0])]
}

#[test]
fn bounds_of_two_signals_are_close() {
    let toy = middle_toy().two_signals(1);
    let data = data(&toy, false);
    for (combination, signal_weights) in combinations() {
        for column in ["score_signal1", "score_signal2"] {
            let signal_weights = signal_weights.clone();
            let options = BinningOptions {
                combination,
                signal_weights,
                ..with_minimum(FigureOfMerit::Asimov, 10.0)
            };
            let problem = problem(&data, &boundaries(column), options);
            for bins in [2, 3, 5, 10] {
                let exact = &found(&problem, 300, bins).exact[0];
                let (z, bound) = (exact.binning.significance, exact.bound);
                let what = format!("{} of {column}, {bins} bins", combination.name());
                assert!(z <= bound * (1.0 + ROUNDING), "{what}: {z} above {bound}");
                assert!(bound / z - 1.0 < 0.01, "{what}: {z} far below {bound}");
                assert!(smallest_background(&problem, &exact.binning) >= 10.0 * (1.0 - 1e-9));
            }
        }
    }
}

#[test]
fn two_signals_reach_brute_force() {
    let toy = small_toy().two_signals(2);
    let data = data(&toy, false);
    for (combination, signal_weights) in combinations() {
        for column in ["score_signal1", "score_signal2"] {
            let signal_weights = signal_weights.clone();
            let options = BinningOptions {
                combination,
                signal_weights,
                ..with_minimum(FigureOfMerit::Asimov, 50.0)
            };
            let problem = problem(&data, &boundaries(column), options);
            let exact = &found(&problem, 40, 3).exact[0];
            let (z, best) = (exact.binning.significance, brute_force(&problem, 40));
            let what = format!("{} of {column}", combination.name());
            assert!(best <= exact.bound * (1.0 + ROUNDING), "{what}: {best} above the bound");
            // Mixtures of binnings can miss the best single one by less than the distance to the
            // bound.
            assert!(z >= best * (1.0 - 1e-3), "{what}: {z} against {best}");
        }
    }
}

#[test]
fn what_has_no_exact_binning_is_refused() {
    let toy = small_toy().one_signal(6);
    let data = data(&toy, false);
    for objective in [FigureOfMerit::DiscoveryPValue, FigureOfMerit::Cls] {
        let problem = problem(&data, &boundaries("discriminant"), uncertain(objective, 1.0));
        let error = exact(&problem, 50, 3).expect_err("no sum over bins");
        assert!(matches!(error, BinningError::NotExact), "{error}");
        assert!(error.to_string().contains("or the method of a descent"), "{error}");
    }
    let two = small_toy().two_signals(6);
    let two = super::models::data(&two, false);
    let product = CategoryModel::Product(["score_signal1", "score_signal2"].map(score).to_vec());
    let problem = problem(&two, &product, BinningOptions::default());
    let error = exact(&problem, 50, 3).expect_err("two columns");
    assert!(matches!(error, BinningError::SeveralColumns), "{error}");
    let error = problem.judge_boundaries(&[0.5]).expect_err("two columns");
    assert!(matches!(error, BinningError::SeveralColumns), "{error}");
}

#[test]
fn constraints_that_nothing_holds_to_are_errors() {
    let toy = small_toy().one_signal(7);
    let data = data(&toy, false);
    let of_minimum = |minimum| {
        let options = with_minimum(FigureOfMerit::Asimov, minimum);
        problem(&data, &boundaries("discriminant"), options)
    };
    let error = exact(&of_minimum(6_000.0), 100, 5).expect_err("30,000 of 26,000 events");
    assert!(matches!(error, BinningError::TooFewEvents { bins: 5, .. }), "{error}");
    assert!(error.to_string().contains("ask for fewer bins or a smaller minimum"), "{error}");
    // There are enough events in total, but not between the edges.
    let error = exact(&of_minimum(12_900.0), 3, 2).expect_err("few fine bins");
    assert!(matches!(error, BinningError::NoExactBinning { fine_bins: 3, .. }), "{error}");
    assert!(error.to_string().contains("or more fine bins"), "{error}");
    let error = exact(&of_minimum(0.0), 4, 5).expect_err("more bins than fine ones");
    assert!(matches!(error, BinningError::NoExactBinning { bins: 5, .. }), "{error}");
}
