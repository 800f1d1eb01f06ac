//! Agreement with numpy and scipy: binnings of fine histograms, soft yields, memberships,
//! penalties.

use diffhep::analyses::binning::{
    BinningDescent, BinningError, BinningOptimizer, BinningOptions, BinningProblem, BinningReport,
    FineEdges, Penalties,
};
use diffhep::analyses::{BackgroundUncertainty, FigureOfMerit};
use diffhep::events::EventSample;
use diffhep::kernels::binning::{BinningScratch, SoftBins, SortedEvents};
use diffhep::kernels::boundaries::ordered_boundaries;
use diffhep::kernels::membership::{
    MeanConstraint, MembershipScratch, MixtureCategories, MixtureShape, soft_yields,
};
use diffhep::kernels::penalty::{high_uncertainty_penalty, low_yield_penalty};
use diffhep::kernels::selection::Yield;
use serde_json::Value;

use super::models::{boundaries, pair, problem, sample};
use crate::common::{assert_all_relative, assert_relative, numbers, project, read_json};

fn reference() -> Value {
    read_json(project("tests/reference/binning/binning.json"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn cases(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn bins_of(case: &Value) -> usize {
    case["bins"].as_u64().expect("a number of bins") as usize
}

/// Weights that add up to `sum` and whose squares add up to `squares`: as few as possible, all
/// equal except for the first, which compensates for their number being an integer.
fn weights(sum: f64, squares: f64) -> Vec<f64> {
    let n = (sum * sum / squares).ceil();
    let excess = ((squares - sum * sum / n) * (n - 1.0) / n).max(0.0).sqrt();
    let others = (n - 1.0).max(1.0);
    (0..n as usize).map(|k| sum / n + if k == 0 { excess } else { -excess / others }).collect()
}

/// A fine histogram, represented by events at the centres of its bins.
struct Fine {
    signal: EventSample,
    background: EventSample,
    bins: usize,
}

impl Fine {
    fn new(histogram: &Value) -> Self {
        let [signal, background, variance] =
            ["signal", "background", "background_variance"].map(|key| numbers(&histogram[key]));
        let bins = signal.len();
        let events = |name: &str, weights: &dyn Fn(usize) -> Vec<f64>| {
            let centre = |bin: usize| (bin as f64 + 0.5) / bins as f64;
            let in_bin = |bin| weights(bin).into_iter().map(move |weight| (centre(bin), weight));
            let (x, w): (Vec<f64>, Vec<f64>) = (0..bins).flat_map(in_bin).unzip();
            sample(name, &x, &w)
        };
        let of_background = |bin: usize| match background[bin] {
            0.0 => Vec::new(),
            yields => weights(yields, variance[bin]),
        };
        Self {
            signal: events("signal", &|bin| vec![signal[bin]]),
            background: events("background", &of_background),
            bins,
        }
    }

    fn problem(&self, significance: &Value, minimum: f64) -> BinningProblem<'_> {
        let objective = match significance.as_str() {
            Some("asimov") => FigureOfMerit::Asimov,
            Some("asimov_with_variance") => FigureOfMerit::AsimovUncertainty,
            other => panic!("an unknown significance {other:?}"),
        };
        let uncertainty = BackgroundUncertainty { relative: 0.1, simulation: true };
        // Without a value, ten simulated events would be the minimum background; a minimum of 0
        // means any background above 0, in numpy's reference and here.
        let penalties = Penalties { minimum_background: Some(minimum), ..Penalties::default() };
        let options =
            BinningOptions { objective, uncertainty, penalties, ..BinningOptions::default() };
        problem(&pair(&self.signal, &self.background), &boundaries("x"), options)
    }

    fn exact(&self, problem: &BinningProblem, bins: usize) -> Result<BinningReport, BinningError> {
        let descent = BinningDescent {
            fine_bins: self.bins,
            fine_edges: FineEdges::EqualWidth,
            ..BinningDescent::default()
        };
        BinningOptimizer::new(problem, descent).expect("sound settings").exact(bins)
    }
}

#[test]
fn events_have_the_histogram_s_yields_and_variances() {
    let reference = reference();
    for name in ["fine", "sparse"] {
        let fine = Fine::new(&reference[name]);
        // Differences of running sums lose some digits of the total.
        let tolerance = 1e-12 * fine.background.total();
        let expected =
            ["background", "background_variance"].map(|key| numbers(&reference[name][key]));
        let x = fine.background.column("x").expect("x");
        let sorted = SortedEvents::new(x, fine.background.weights());
        let edges: Vec<f64> = (1..fine.bins).map(|j| j as f64 / fine.bins as f64).collect();
        for (bin, found) in sorted.hard_yields(&edges).into_iter().enumerate() {
            let [sum, squares] = [&expected[0][bin], &expected[1][bin]];
            assert!((found.sum - sum).abs() < tolerance, "{name} {bin}: {} {sum}", found.sum);
            assert!((found.squares - squares).abs() < tolerance, "{name} {bin}");
        }
    }
}

#[track_caller]
fn assert_exact(fine: &Fine, case: &Value) {
    let (bins, minimum) = (bins_of(case), number(&case["min_background"]));
    let problem = fine.problem(&case["significance"], minimum);
    let found = fine.exact(&problem, bins);
    if case["z"].is_null() {
        let total: f64 = fine.background.total();
        match found.expect_err("no such binning") {
            BinningError::TooFewEvents { .. } => assert!(bins as f64 * minimum > total, "{case}"),
            BinningError::NoExactBinning { .. } => {
                assert!(bins as f64 * minimum <= total, "{case}")
            }
            other => panic!("{case}: {other}"),
        }
        return;
    }
    let found = found.unwrap_or_else(|error| panic!("{case}: {error}"));
    let z = number(&case["z"]);
    assert_relative("z", found.hard.significance, z, 1e-10);
    assert_relative("bound", found.exact[0].bound, z, 1e-10);
    let is_unique = case["runner_up"].as_f64().is_none_or(|second| second < z * (1.0 - 1e-9));
    if is_unique {
        let edges = numbers(&case["edges"]);
        let expected: Vec<f64> =
            edges[1..bins].iter().map(|edge| edge / fine.bins as f64).collect();
        assert_all_relative("edges", &found.hard.boundaries, &expected, 1e-14);
    }
}

#[test]
fn exact_binnings_are_numpy_s() {
    let reference = reference();
    for (histogram, list) in [("fine", "optimal"), ("sparse", "sparse_optimal")] {
        let fine = Fine::new(&reference[histogram]);
        cases(&reference[list]).iter().for_each(|case| assert_exact(&fine, case));
    }
}

#[test]
fn bins_of_equal_width_are_numpy_s() {
    let reference = reference();
    for (histogram, list) in [("fine", "equidistant"), ("sparse", "sparse_equidistant")] {
        let fine = Fine::new(&reference[histogram]);
        for case in cases(&reference[list]) {
            let (bins, z) = (bins_of(case), number(&case["z"]));
            let problem = fine.problem(&case["significance"], 0.0);
            let edges: Vec<f64> = (1..bins).map(|j| j as f64 / bins as f64).collect();
            let judged = problem.judge_boundaries(&edges).expect("a merit");
            assert_relative("z", judged.significance, z, 1e-10);
            let without = judged.yields[1].iter().filter(|bin| bin.sum == 0.0).count();
            assert_eq!(Some(without as u64), case["left_out"].as_u64(), "{case}");
            if let Ok(report) = fine.exact(&problem, bins) {
                let reported = report.equidistant.expect("one column").significance;
                assert_relative("reported", reported, z, 1e-10);
            }
        }
    }
}

#[test]
fn ordered_boundaries_are_numpy_s() {
    for case in cases(&reference()["boundaries"]) {
        let (u, range) = (numbers(&case["unconstrained"]), numbers(&case["range"]));
        let mut found = vec![0.0; u.len()];
        ordered_boundaries(&u, (range[0], range[1]), &mut found);
        assert_all_relative("boundaries", &found, &numbers(&case["boundaries"]), 1e-14);
    }
}

#[test]
fn soft_yields_are_scipy_s() {
    let soft = &reference()["soft_yields"];
    let [x, weights, cuts] = ["values", "weights", "boundaries"].map(|key| numbers(&soft[key]));
    let scale: f64 = weights.iter().map(|weight| weight.abs()).sum();
    let sorted = SortedEvents::new(&x, &weights);
    for case in cases(&soft["results"]) {
        let steepness = number(&case["steepness"]);
        let mut bins = SoftBins::new(cuts.len());
        let mut scratch = BinningScratch::new();
        for segment in sorted.split(&cuts, steepness, &mut bins) {
            bins.add(&sorted.soft_bins(&segment, &cuts, steepness, true, &mut scratch));
        }
        let expected = numbers(&case["sums"]).into_iter().zip(numbers(&case["sums_of_squares"]));
        for (found, (sum, squares)) in bins.yields.iter().zip(expected) {
            // Weights have both signs, so errors are relative to the sum of their absolute values.
            assert!((found.sum - sum).abs() < 1e-12 * scale, "{steepness}: {} {sum}", found.sum);
            assert!((found.squares - squares).abs() < 1e-12 * scale, "{steepness}");
        }
    }
}

/// Raw parameters of a two-column component in the unit square: its logit, mean and factor.
fn raw_component(
    weight: f64,
    mean: &[f64],
    covariance: &[f64],
    shape: &MixtureShape,
) -> [Vec<f64>; 3] {
    let raw_mean = mean.iter().map(|x| (x / (1.0 - x)).ln()).collect();
    let l00 = covariance[0].sqrt();
    let l10 = covariance[2] / l00;
    let l11 = (covariance[3] - l10 * l10).sqrt();
    let widths = &shape.widths;
    let factor =
        vec![(l00 / widths[0]).ln(), l10 / (shape.damping * widths[1]), (l11 / widths[1]).ln()];
    [vec![weight.ln()], raw_mean, factor]
}

#[test]
fn memberships_of_mixtures_are_scipy_s() {
    let mixture = &reference()["mixture"];
    let weights = numbers(&mixture["weights"]);
    let shape = MixtureShape {
        categories: weights.len(),
        means: MeanConstraint::Box(vec![(0.0, 1.0); 2]),
        widths: vec![0.3, 0.7],
        damping: MixtureShape::DAMPING,
    };
    let mut raw = [Vec::new(), Vec::new(), Vec::new()];
    for (k, weight) in weights.into_iter().enumerate() {
        let mean = numbers(&mixture["means"][k]);
        let rows = cases(&mixture["covariances"][k]).iter();
        let covariance: Vec<f64> = rows.flat_map(numbers).collect();
        let parts = raw_component(weight, &mean, &covariance, &shape);
        raw.iter_mut().zip(parts).for_each(|(raw, part)| raw.extend(part));
    }
    for case in cases(&mixture["results"]) {
        let at = MixtureCategories::new(&shape, &raw.concat(), number(&case["temperature"]));
        let points = cases(&mixture["points"]).iter().zip(cases(&case["memberships"]));
        for (point, expected) in points {
            let x = numbers(point);
            let mut found = vec![Yield::default(); shape.categories];
            let scratch = &mut MembershipScratch::new(&at);
            soft_yields(&at, &[&x[..1], &x[1..]], &[1.0], scratch, &mut found);
            for (found, expected) in found.iter().zip(numbers(expected)) {
                assert!((found.sum - expected).abs() < 1e-12, "{point}: {} {expected}", found.sum);
            }
        }
    }
}

#[test]
fn penalties_are_numpy_s() {
    let penalties = &reference()["penalties"];
    let [b, v] = ["background", "background_variance"].map(|key| numbers(&penalties[key]));
    for case in cases(&penalties["results"]) {
        let (low, high) = (number(&case["threshold"]), number(&case["relative_threshold"]));
        let found: f64 = b.iter().map(|b| low_yield_penalty(*b, low).value).sum();
        // gato-hep's penalty is not divided by the threshold.
        let expected = number(&case["low_yield"]) / (low * low);
        assert!((found - expected).abs() <= 1e-12 * expected, "{found} {expected}");
        let pairs = b.iter().zip(&v);
        let found: f64 = pairs.map(|(b, v)| high_uncertainty_penalty(*b, *v, high).value).sum();
        let expected = number(&case["relative_uncertainty"]);
        assert!((found - expected).abs() <= 1e-12 * expected, "{found} {expected}");
    }
}
