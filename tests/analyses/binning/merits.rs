//! Figures of merit of hard bins, compared with textbook formulas and models written by hand; soft
//! bins that are hard enough to agree with hard ones.

use diffhep::analyses::binning::{
    BinningObjective, BinningOptions, BinningProblem, CategoryModel, Combination, JudgedBinning,
    MixtureMeans, Penalties,
};
use diffhep::analyses::expected::ExpectedTest;
use diffhep::analyses::{BackgroundUncertainty, FigureOfMerit};
use diffhep::events::EventSample;
use diffhep::optimize::Objective;
use serde_json::{Value, json};

use super::models::{SIGNIFICANCES, boundaries, data, mixture, problem, score, small_toy};
use crate::common::{assert_all_relative, assert_relative};

const BOUNDARIES: [f64; 3] = [0.2, 0.5, 0.83];
const UNCERTAINTY: BackgroundUncertainty =
    BackgroundUncertainty { relative: 0.03, simulation: true };

/// Sums of powers of weights between the boundaries, with open-ended outer bins.
fn sums(sample: &EventSample, column: &str, power: i32) -> Vec<f64> {
    let edges = [&[f64::NEG_INFINITY][..], &BOUNDARIES, &[f64::INFINITY]].concat();
    let x = sample.column(column).expect("there").to_vec();
    let weights = sample.weights().iter().map(|weight| weight.powi(power)).collect();
    let powers = EventSample::new(sample.name(), vec![("x".to_owned(), x)], weights);
    powers.expect("sound").histogram("x", &edges).expect("x")
}

/// Sums over samples, bin by bin.
fn total(samples: &[EventSample], column: &str, power: i32) -> Vec<f64> {
    let each = samples.iter().map(|sample| sums(sample, column, power));
    each.reduce(|a, b| a.iter().zip(b).map(|(a, b)| a + b).collect()).expect("a sample")
}

/// Cowan's equation 20, as it is printed, squared.
fn cowan(s: f64, b: f64, v: f64) -> f64 {
    let (n, m) = (s + b, b * b);
    2.0 * (n * (n * (b + v) / (m + n * v)).ln() - m / v * (v * s / (b * (b + v))).ln_1p())
}

fn squared(objective: FigureOfMerit, s: f64, b: f64, v: f64) -> f64 {
    match objective {
        FigureOfMerit::SignalOverRootBackground => s * s / b,
        FigureOfMerit::Asimov => 2.0 * ((s + b) * (s / b).ln_1p() - s),
        _ => cowan(s, b, v),
    }
}

#[test]
fn two_signals_are_background_to_each_other() {
    let toy = small_toy().two_signals(3);
    let data = data(&toy, false);
    let column = "score_signal1";
    let signals = [0, 1].map(|i| sums(&toy.signals[i], column, 1));
    let (b, squares) = (total(&toy.backgrounds, column, 1), total(&toy.backgrounds, column, 2));
    for objective in SIGNIFICANCES {
        let of_signal = |i: usize| {
            let of_bin = |k: usize| {
                let v = squares[k] + (UNCERTAINTY.relative * b[k]).powi(2);
                squared(objective, signals[i][k], b[k] + signals[1 - i][k], v)
            };
            (0..4).map(of_bin).sum::<f64>().sqrt()
        };
        let expected = [0, 1].map(of_signal);
        let judge = |combination, signal_weights| {
            let uncertainty = UNCERTAINTY;
            let options = BinningOptions {
                objective,
                uncertainty,
                combination,
                signal_weights,
                ..BinningOptions::default()
            };
            let problem = problem(&data, &boundaries(column), options);
            problem.judge_boundaries(&BOUNDARIES).expect("a merit")
        };
        let mean = judge(Combination::GeometricMean, vec![]);
        // The printed formulas lose their last digits to cancellation.
        assert_all_relative(objective.name(), &mean.by_signal, &expected, 1e-6);
        let product: f64 = expected.iter().product();
        assert_relative("geometric mean", mean.significance, product.sqrt(), 1e-6);
        let sum = judge(Combination::WeightedSum, vec![0.3, 1.7]);
        let expected = 0.3 * expected[0] + 1.7 * expected[1];
        assert_relative("weighted sum", sum.significance, expected, 1e-6);
    }
}

/// A model of a toy's bins in pyhf's JSON, written from histograms.
fn by_hand(
    signals: &[EventSample],
    backgrounds: &[EventSample],
    shifted: &[[EventSample; 2]],
    column: &str,
) -> Value {
    let signal = |sample: &EventSample| {
        let mu = json!({ "name": "mu", "type": "normfactor", "data": null });
        json!({ "name": sample.name(), "data": sums(sample, column, 1), "modifiers": [mu] })
    };
    let background = |(sample, [up, down]): (&EventSample, &[EventSample; 2])| {
        let (hi, lo) = (1.0 + UNCERTAINTY.relative, 1.0 - UNCERTAINTY.relative);
        let widths: Vec<f64> = sums(sample, column, 2).iter().map(|v| v.sqrt()).collect();
        let shape = json!({ "hi_data": sums(up, column, 1), "lo_data": sums(down, column, 1) });
        let modifiers = json!([
            { "name": "normalisation", "type": "normsys", "data": { "hi": hi, "lo": lo } },
            { "name": "statistics", "type": "staterror", "data": widths },
            { "name": "calibration", "type": "histosys", "data": shape },
        ]);
        json!({ "name": sample.name(), "data": sums(sample, column, 1), "modifiers": modifiers })
    };
    let samples: Vec<Value> =
        signals.iter().map(signal).chain(backgrounds.iter().zip(shifted).map(background)).collect();
    let observed = total(backgrounds, column, 1);
    json!({
        "version": "1.0.0",
        "channels": [{ "name": "bins", "samples": samples }],
        "observations": [{ "name": "bins", "data": observed }],
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
    })
}

#[test]
fn p_values_are_those_of_a_model_written_by_hand() {
    let (one, two) = (small_toy().one_signal(4), small_toy().two_signals(4));
    for (toy, column) in [(&one, "discriminant"), (&two, "score_signal2")] {
        for (objective, test) in [
            (FigureOfMerit::Cls, ExpectedTest::Exclusion),
            (FigureOfMerit::DiscoveryPValue, ExpectedTest::Discovery),
        ] {
            let options =
                BinningOptions { objective, uncertainty: UNCERTAINTY, ..BinningOptions::default() };
            let data = data(toy, true);
            let problem = problem(&data, &boundaries(column), options);
            let judged = problem.judge_boundaries(&BOUNDARIES).expect("a p-value");
            let workspace = by_hand(&toy.signals, &toy.backgrounds, &toy.shifted, column);
            let expected = test.ln_p(workspace, false).expect("a p-value").ln_p.exp();
            let found = judged.p_value.expect("a p-value");
            assert_relative(objective.name(), found, expected, 1e-9);
            assert!(found < 0.999 && judged.by_signal.is_empty());
        }
    }
}

/// Options without a smallest background.
fn uncertain(objective: FigureOfMerit) -> BinningOptions {
    let penalties = Penalties { minimum_background: Some(0.0), ..Penalties::default() };
    let uncertainty = UNCERTAINTY;
    BinningOptions { objective, uncertainty, penalties, ..BinningOptions::default() }
}

/// Metrics of three bins (per column) at some parameters.
fn metrics(problem: &BinningProblem, hardness: f64) -> Vec<f64> {
    let count = problem.start(3, 0).len();
    let parameters: Vec<f64> = (0..count).map(|i| 0.5 * (2.3 * i as f64).cos()).collect();
    let mut objective = BinningObjective::new(problem, 3, false);
    let mut gradient = vec![0.0; count];
    objective.evaluate(&parameters, hardness, &mut gradient).expect("a merit");
    assert!(gradient.iter().all(|slope| slope.is_finite()), "{gradient:?}");
    objective.metrics(&parameters).expect("metrics")
}

/// Significances of soft and hard bins.
fn soft_and_hard(problem: &BinningProblem, hardness: f64) -> [f64; 2] {
    let metrics = metrics(problem, hardness);
    [metrics[0], metrics[1]]
}

/// Bins that are soft in name only have the significance of the hard bins, and no bias except in
/// empty bins.
#[test]
fn hard_enough_soft_bins_are_hard_ones() {
    let toy = small_toy().two_signals(5);
    let data = data(&toy, true);
    let product = CategoryModel::Product(["score_signal1", "score_signal2"].map(score).to_vec());
    let models = [boundaries("score_signal1"), product, mixture(2, MixtureMeans::Ranges)];
    for (model, (_, objective)) in models.iter().cycle().zip(FigureOfMerit::TABLE) {
        let problem = problem(&data, model, uncertain(objective));
        let metrics = metrics(&problem, 1e9);
        let what = format!("{} {model:?}", objective.name());
        assert_relative(&what, metrics[0], metrics[1], 1e-8);
        let bias = &metrics[4..];
        assert!(bias.iter().all(|bias| bias.is_nan() || bias.abs() < 1e-8), "{what}: {bias:?}");
    }
}

/// The significance of a single bin combines all signals.
#[test]
fn bins_are_judged_by_all_signals_together() {
    let toy = small_toy().two_signals(6);
    let data = data(&toy, false);
    let column = "score_signal2";
    let problem = problem(&data, &boundaries(column), BinningOptions::default());
    let judged: JudgedBinning = problem.judge_boundaries(&BOUNDARIES).expect("a merit");
    let (s, b) = (total(&toy.signals, column, 1), total(&toy.backgrounds, column, 1));
    let of_bin = |(s, b): (&f64, &f64)| squared(FigureOfMerit::Asimov, *s, *b, 0.0).sqrt();
    let expected: Vec<f64> = s.iter().zip(&b).map(of_bin).collect();
    assert_all_relative("by bin", &judged.by_bin, &expected, 1e-8);
    for (found, sample) in judged.yields.iter().zip(toy.signals.iter().chain(&toy.backgrounds)) {
        let found: Vec<f64> = found.iter().map(|bin| bin.sum).collect();
        let expected = sums(sample, column, 1);
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-8), "{found:?}");
    }
}

/// Scores that add up to 1 leave some products without events, or with events of a systematic only,
/// which must neither break a fit nor pin the systematic's nuisance parameter.
#[test]
fn p_values_pass_over_bins_without_background() {
    let toy = small_toy().two_signals(5);
    let product = CategoryModel::Product(["score_signal1", "score_signal2"].map(score).to_vec());
    let mixture = mixture(2, MixtureMeans::Ranges);
    for (model, objective) in [&product, &mixture].into_iter().flat_map(|model| {
        [FigureOfMerit::DiscoveryPValue, FigureOfMerit::Cls].map(|objective| (model, objective))
    }) {
        let [with, without] = [true, false].map(|shapes| {
            let data = data(&toy, shapes);
            let problem = problem(&data, model, uncertain(objective));
            [10.0, 100.0, 1e3, 1e4, 1e9].map(|hardness| soft_and_hard(&problem, hardness))
        });
        for (with, without) in with.iter().zip(&without) {
            let what = objective.name();
            // A systematic costs significance, by about the same amount at any hardness.
            let cost = (without[0] - with[0]) / (without[1] - with[1]);
            assert!((0.7..1.5).contains(&cost), "{what}: {with:?} {without:?}");
        }
        let hardest = with[4];
        assert_relative(objective.name(), hardest[0], hardest[1], 1e-8);
    }
}
