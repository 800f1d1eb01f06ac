//! Gradients of every loss with respect to all weights, edges and the bandwidth, including through
//! fits, compared with central differences.

use diffhep::analyses::observable::{
    LossTerm, ObservableModel, ObservableOptions, ObservableProblem,
};
use diffhep::events::toys::{BinningToy, BlobsToy};
use diffhep::kernels::activation::Activation;
use diffhep::kernels::kernel_histogram::{Bandwidth, Overflow};

/// Tolerance relative to the number itself, or to a hundredth of the largest of its kind.
const TOLERANCE: f64 = 1e-5;

fn toy() -> BinningToy {
    BlobsToy { points: 150, ..BlobsToy::default() }.draw(5)
}

/// A small network whose activations have no kinks.
fn options(loss: &str) -> ObservableOptions {
    ObservableOptions {
        hidden: vec![4, 3],
        activation: Activation::Tanh,
        edges: vec![0.0, 0.23, 0.45, 0.8, 1.0],
        train_edges: true,
        bandwidth: Bandwidth::Absolute(0.11),
        loss: loss.parse().expect("a loss"),
        background_floor: 0.05,
        ..ObservableOptions::default()
    }
}

fn problem<'a>(toy: &'a BinningToy, options: ObservableOptions) -> ObservableProblem<'a> {
    let model = ObservableModel::of_processes(&toy.data(true), options.bins()).expect("a model");
    ObservableProblem::new(model, &["x".to_owned(), "y".to_owned()], options, 7).expect("sound")
}

/// A point at which scores differ: the start, with edges other than those of the options.
fn point(problem: &ObservableProblem) -> Vec<f64> {
    let start = problem.start().into_iter().enumerate();
    start.map(|(i, x)| x + 0.2 * (1.7 * i as f64 + 0.4).sin()).collect()
}

fn loss(problem: &ObservableProblem, parameters: &[f64]) -> f64 {
    problem.step((0, 0), parameters, &mut problem.scratch()).expect("a loss").loss
}

/// Richardson's central difference.
fn difference(f: impl Fn(f64) -> f64, h: f64) -> f64 {
    let central = |h: f64| (f(h) - f(-h)) / (2.0 * h);
    (4.0 * central(0.5 * h) - central(h)) / 3.0
}

#[track_caller]
fn assert_all_close(what: &str, found: &[f64], expected: &[f64]) {
    let size = found.iter().fold(0.0, |size: f64, g| size.max(g.abs()));
    assert!(size > 0.0, "{what}: no gradient");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let scale = expected.abs().max(0.01 * size);
        let distance = (found - expected).abs() / scale;
        assert!(distance < TOLERANCE, "{what}, {i}: {found}, expected {expected}: {distance:.1e}");
    }
}

/// Checks every weight, bias and trained edge, every edge of the histogram, and the bandwidth.
fn check(toy: &BinningToy, options: &ObservableOptions) {
    let what = format!("{} {:?}", options.loss, options.overflow);
    let problem_of = |options: ObservableOptions| problem(toy, options);
    let problem = problem_of(options.clone());
    let at = point(&problem);
    let found = problem.step((0, 0), &at, &mut problem.scratch()).expect("a step");
    // Relative bandwidths have kinks at the bins' centres, which few events cross in a short step.
    let is_smooth = matches!(options.bandwidth, Bandwidth::Absolute(_));
    let step = if is_smooth { 2e-3 } else { 1e-5 };
    let by_parameter = |p: usize| {
        let moved = |h: f64| {
            let mut parameters = at.clone();
            parameters[p] += h;
            loss(&problem, &parameters)
        };
        difference(moved, step)
    };
    let expected: Vec<f64> = (0..at.len()).map(by_parameter).collect();
    assert_all_close(&what, &found.parameters, &expected);
    if options.loss.terms().iter().all(|(_, term)| term.is_cross_entropy()) {
        return;
    }
    // The edges of the options, not trained.
    let network = &at[..problem.network().n_parameters()];
    let fixed = ObservableOptions { train_edges: false, ..options.clone() };
    let still = problem_of(fixed.clone());
    let found = still.step((0, 0), network, &mut still.scratch()).expect("a step");
    let by_edge = |edge: usize| {
        let moved = |h: f64| {
            let mut options = fixed.clone();
            options.edges[edge] += h;
            loss(&problem_of(options), network)
        };
        difference(moved, 0.5 * step)
    };
    let inner = 1..fixed.edges.len() - 1;
    let expected: Vec<f64> = inner.clone().map(by_edge).collect();
    assert_all_close(&format!("{what}, edges"), &found.edges[inner], &expected);
    let by_bandwidth = difference(
        |h| {
            let bandwidth = match fixed.bandwidth {
                Bandwidth::Absolute(width) => Bandwidth::Absolute(width + h),
                Bandwidth::Relative(width) => Bandwidth::Relative(width + h),
            };
            loss(&problem_of(ObservableOptions { bandwidth, ..fixed.clone() }), network)
        },
        0.5 * step,
    );
    assert_all_close(&format!("{what}, bandwidth"), &[found.bandwidth], &[by_bandwidth]);
}

#[test]
fn every_term_has_its_gradient() {
    let toy = toy();
    for term in LossTerm::all() {
        check(&toy, &options(term.name()));
    }
}

#[test]
fn sums_overflows_and_relative_bandwidths_have_theirs() {
    let toy = toy();
    check(&toy, &options("cls + 3*p0"));
    check(&toy, &options("ln-p0 + 0.5*bce-augmented"));
    for overflow in [Overflow::Dropped, Overflow::Reflected] {
        check(&toy, &ObservableOptions { overflow, ..options("ln-cls") });
    }
    let bandwidth = Bandwidth::Relative(0.4);
    check(&toy, &ObservableOptions { bandwidth, ..options("ln-p0") });
}

#[test]
fn networks_of_every_activation_have_theirs() {
    let toy = toy();
    for activation in [Activation::Relu, Activation::Sigmoid] {
        let options = ObservableOptions { activation, ..options("ln-cls + ln-p0") };
        let problem = problem(&toy, options);
        let at = point(&problem);
        let found = problem.step((0, 0), &at, &mut problem.scratch()).expect("a step");
        // The step is short so that few events cross a kink of ReLU.
        let expected: Vec<f64> = (0..at.len())
            .map(|p| {
                let moved = |h: f64| {
                    let mut parameters = at.clone();
                    parameters[p] += h;
                    loss(&problem, &parameters)
                };
                difference(moved, 1e-5)
            })
            .collect();
        assert_all_close(&format!("{activation:?}"), &found.parameters, &expected);
    }
}
