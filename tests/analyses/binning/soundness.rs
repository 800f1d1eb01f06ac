//! Hard bins that satisfy the constraints where a descent alone would violate them.

use diffhep::analyses::FigureOfMerit;
use diffhep::analyses::binning::{
    BinningDescent, BinningOptimizer, BinningOptions, BinningProblem, BinningReport, Penalties,
};
use diffhep::events::EventSample;
use diffhep::optimize::Persistence;

use super::models::{
    boundaries, pair, problem, refused, sample, smallest_background, whole, with_minimum,
};

fn even(n: usize, low: f64, high: f64) -> Vec<f64> {
    (0..n).map(|i| low + (high - low) * (i as f64 + 0.5) / n as f64).collect()
}

/// 1,000 signal events of weight 0.05, ever denser towards 1, over `n` evenly spread background
/// events up to `end`.
fn samples(n: usize, end: f64) -> (EventSample, EventSample) {
    let signal: Vec<f64> = even(1_000, 0.0, 1.0).iter().map(|x| x.sqrt()).collect();
    let background = even(n, 0.0, end);
    (sample("s", &signal, &[0.05; 1_000]), sample("b", &background, &vec![1.0; n]))
}

fn descended(problem: &BinningProblem, bins: usize, descent: BinningDescent) -> BinningReport {
    let optimizer = BinningOptimizer::new(problem, descent).expect("sound settings");
    optimizer.descend(bins, Persistence::None, &mut |_| ()).expect("a descent")
}

#[test]
fn bins_are_filled_without_any_penalty() {
    let (signal, background) = samples(60, 1.0);
    let data = pair(&signal, &background);
    for minimum in [5.0, 9.0, 11.0] {
        let mut options = with_minimum(FigureOfMerit::Asimov, minimum);
        options.penalties.yield_weight = 0.0;
        let problem = problem(&data, &boundaries("x"), options);
        for refine in [false, true] {
            let descent = BinningDescent { refine, ..BinningDescent::default() };
            let report = descended(&problem, 5, descent);
            let smallest = smallest_background(&problem, &report.hard);
            assert!(smallest >= minimum, "{smallest} of {minimum}, refined {refine}");
        }
    }
}

#[test]
fn bins_of_a_column_of_few_values_are_filled() {
    let values: Vec<f64> = (0..300).map(|i| f64::from(i % 4)).collect();
    let weights: Vec<f64> = values.iter().map(|x| 0.1 * (1.0 + x)).collect();
    let (signal, background) = (sample("s", &values, &weights), sample("b", &values, &[1.0; 300]));
    let data = pair(&signal, &background);
    let problem = problem(&data, &whole("x"), with_minimum(FigureOfMerit::Asimov, 60.0));
    let report = descended(&problem, 3, BinningDescent::default());
    assert!(smallest_background(&problem, &report.hard) >= 60.0);
    assert!(report.hard.significance >= 0.999 * report.exact[0].binning.significance);
}

#[test]
fn a_signal_beyond_the_background_leaves_no_bin_without_background() {
    let (signal, background) = samples(4_000, 0.6);
    let data = pair(&signal, &background);
    for minimum in [0.0, 1.0, 10.0] {
        let options = with_minimum(FigureOfMerit::Asimov, minimum);
        let problem = problem(&data, &boundaries("x"), options);
        for bins in [3, 4, 8] {
            let report = descended(&problem, bins, BinningDescent::default());
            assert!(smallest_background(&problem, &report.hard) > 0.0);
            let exact = report.exact[0].binning.significance;
            let ratio = report.hard.significance / exact;
            assert!((0.998..1.05).contains(&ratio), "{bins} bins, {minimum}: {ratio}");
        }
    }
}

#[test]
fn the_uncertainty_penalty_holds_in_refinement_and_in_exact_bins() {
    let (signal, background) = samples(2_000, 0.9);
    let data = pair(&signal, &background);
    let penalties = Penalties {
        minimum_background: Some(1.0),
        maximum_uncertainty: 0.1,
        uncertainty_weight: 100.0,
        ..Penalties::default()
    };
    let options = BinningOptions { penalties, ..BinningOptions::default() };
    let problem = problem(&data, &boundaries("x"), options);
    let report = descended(&problem, 4, BinningDescent::default());
    let value = |judged: &diffhep::analyses::binning::JudgedBinning| {
        let excess = |bin: &diffhep::kernels::selection::Yield| {
            (bin.squares.sqrt() / bin.sum - 0.1).max(0.0).powi(2)
        };
        judged.significance - 100.0 * judged.yields[1].iter().map(excess).sum::<f64>()
    };
    let descent = report.descent.as_ref().expect("it was one");
    let [unrefined, refined] = [&descent.hard, &report.hard].map(value);
    let exact = &report.exact[0];
    assert!(refined >= unrefined - 1e-9, "{refined} after {unrefined}");
    assert!(refined >= 0.99 * value(&exact.binning), "{refined}, {}", value(&exact.binning));
    assert!(value(&exact.binning) <= exact.bound + 1e-9);
    let largest = report.hard.yields[1].iter().map(|bin| bin.squares.sqrt() / bin.sum);
    assert!(largest.fold(0.0, f64::max) < 0.15, "{:?}", report.hard);
}

#[test]
fn light_bins_keep_their_uncertainty_beside_heavy_ones() {
    let x = even(2_000, 0.0, 1.0);
    let weights: Vec<f64> = x.iter().map(|x| if *x < 0.5 { 1e8 } else { 1.0 }).collect();
    let background = sample("b", &x, &weights);
    let signal = sample("s", &even(500, 0.5, 1.0), &[0.5; 500]);
    let data = pair(&signal, &background);
    let options = with_minimum(FigureOfMerit::AsimovUncertainty, 20.0);
    let problem = problem(&data, &boundaries("x"), options);
    let judged = problem.judge_boundaries(&[0.5, 0.75]).expect("bins");
    assert_eq!(judged.yields[1][1].squares, 500.0);
    assert_eq!(judged.yields[1][2].sum, 500.0);
}

/// A signal with a negative total would have a significance of undefined sign.
#[test]
fn a_negative_signal_is_refused() {
    let x = even(40, 0.0, 1.0);
    let background = sample("b", &x, &[1.0; 40]);
    for weights in [[-0.1; 40], std::array::from_fn(|i| if i < 20 { 1.0 } else { -1.0 })] {
        let signal = sample("s", &x, &weights);
        let error = refused(&pair(&signal, &background), &whole("x"), BinningOptions::default());
        assert!(error.to_string().contains("a signal's sum of weights"), "{error}");
    }
}
