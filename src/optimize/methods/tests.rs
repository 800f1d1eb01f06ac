//! Trajectories and minima against optax and scipy: `tests/reference/make_optimizer_reference.py`.

use std::cell::Cell;

use super::*;
use crate::optimize::testing::{curved, minimise, options, rosenbrock};
use crate::optimize::{Schedule, StoppingRules, TrainingOptions, TrainingReport, TrainingStatus};

const START: [f64; 2] = [1.5, -1.0];
const BOX: [(f64, f64); 2] = [(0.9, 2.0), (-1.2, -0.8)];

fn assert_trajectory(
    method: Method,
    rate: Schedule,
    bounds: &[(f64, f64)],
    expected: [[f64; 2]; 6],
) {
    let settings =
        TrainingOptions { learning_rate: rate, bounds: bounds.to_vec(), ..options(method, 6) };
    let report = minimise(curved, &START, &settings);
    assert_eq!(report.history.len(), 7);
    for (row, expected) in report.history[1..].iter().zip(expected) {
        for (found, expected) in row.parameters.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-13, "{method:?}, {row:?}, {expected}");
        }
    }
}

fn constant(value: f64) -> Schedule {
    Schedule::Constant { value }
}

#[test]
fn gradient_descent_follows_optax() {
    let free = [
        [1.4264753172176474, -1.08],
        [1.3774563152889283, -1.110982028519012],
        [1.3404632440622541, -1.1153697722338065],
        [1.3083966062495083, -1.1091256070891233],
        [1.2783623172807932, -1.0991925072349642],
        [1.2493371376700924, -1.0880501538259166],
    ];
    assert_trajectory(Method::GradientDescent, constant(0.05), &[], free);
    let bounded = [
        [1.20590126887059, -1.2],
        [1.2133886092762856, -0.8370252181157662],
        [0.9219317671778, -1.1334769653818533],
        [0.9879503636503136, -0.8],
        [0.9, -0.9817282327362007],
        [0.9, -0.8559340102845033],
    ];
    assert_trajectory(Method::GradientDescent, constant(0.2), &BOX, bounded);
}

#[test]
fn adam_follows_optax() {
    let free = [
        [1.4000000006800437, -1.099999999375],
        [1.3049559720345378, -1.1797091965342585],
        [1.2223231158911014, -1.1962322990982788],
        [1.154108585601036, -1.1684294612469157],
        [1.0963917646370531, -1.1194180174560648],
        [1.0435845995140576, -1.0603762715762506],
    ];
    assert_trajectory(Method::Adam, constant(0.1), &[], free);
    let bounded = [
        [1.2000000020401311, -1.2],
        [1.00668902041832, -1.1631141313162447],
        [0.9, -1.0124872161608152],
        [0.9, -0.8468467670244849],
        [0.9, -0.8],
        [0.9, -0.8],
    ];
    assert_trajectory(Method::Adam, constant(0.3), &BOX, bounded);
}

#[test]
fn adam_with_a_cosine_follows_optax() {
    let expected = [
        [1.4000000006800437, -1.099999999375],
        [1.313941110191967, -1.1721737610197882],
        [1.2585371388141988, -1.1866219560970819],
        [1.23269128688942, -1.1795877341582357],
        [1.225833988820936, -1.175124974372932],
        [1.2252329378914613, -1.1745604897969428],
    ];
    assert_trajectory(Method::Adam, Schedule::Cosine { from: 0.1, to: 0.001 }, &[], expected);
}

#[test]
fn rmsprop_follows_optax() {
    let free = [
        [1.3418861509937605, -1.1581138517584253],
        [1.2933444115720723, -1.098469032303007],
        [1.2293378846345218, -1.083367743597059],
        [1.1734540379857328, -1.0552849946549423],
        [1.1181525423022922, -1.0314817336833706],
        [1.0650791385107357, -1.0069425769136362],
    ];
    assert_trajectory(Method::Rmsprop, constant(0.05), &[], free);
    let bounded = [
        [1.183772301987521, -1.2],
        [1.2029019318035388, -0.9518762789682762],
        [1.009604098568913, -1.0531476889932874],
        [0.9687438891461224, -0.9405353233495419],
        [0.9, -0.9383572633733057],
        [0.9, -0.9022687023236338],
    ];
    assert_trajectory(Method::Rmsprop, constant(0.1), &BOX, bounded);
}

#[test]
fn names_are_read_and_unknown_ones_refused() {
    for (place, method) in Method::ALL.into_iter().enumerate() {
        assert_eq!(method as usize, place);
        assert_eq!(method.name().parse(), Ok(method));
        assert_eq!(State::new(method, 2).method(), method);
        let text = format!("\"{}\"", method.name());
        assert_eq!(serde_json::to_string(&method).unwrap(), text);
        assert_eq!(serde_json::from_str::<Method>(&text).unwrap(), method);
    }
    let error = "sgd".parse::<Method>().unwrap_err();
    let expected = "unknown method 'sgd'; known: gradient-descent, adam, rmsprop, lbfgs";
    assert_eq!(error.to_string(), expected);
}

/// The bounds of the script: even components below 0.5, every third from the second above 0.6.
fn bounds(dimensions: usize) -> Vec<(f64, f64)> {
    let pair = |i: usize| match i {
        i if i % 3 == 1 => (0.6, 2.0),
        i if i % 2 == 0 => (-2.0, 0.5),
        _ => (-2.0, 2.0),
    };
    (0..dimensions).map(pair).collect()
}

fn minimise_rosenbrock(start: &[f64], bounds: Vec<(f64, f64)>) -> TrainingReport {
    let settings = TrainingOptions { bounds, ..options(Method::Lbfgs, 500) };
    minimise(rosenbrock, start, &settings)
}

#[test]
fn lbfgs_finds_the_free_minimum() {
    let mut counts = Vec::new();
    for dimensions in [2, 20] {
        let start = [-1.2, 1.0].repeat(dimensions / 2);
        let report = minimise_rosenbrock(&start, Vec::new());
        assert_eq!(report.status, TrainingStatus::Converged);
        assert!(report.parameters.iter().all(|x| (x - 1.0).abs() < 1e-7), "{report:?}");
        counts.push((report.history.last().unwrap().step, report.evaluations));
    }
    // The counts are pinned to detect a slower search; scipy 1.17.1 needs (38, 46) and (140, 172).
    assert_eq!(counts, [(42, 50), (144, 169)]);
}

#[test]
fn lbfgs_finds_the_minimum_in_a_box() {
    let two = vec![-0.7671259120198664, 0.6];
    let twenty = vec![
        -0.8318900709858369,
        0.7030514999950275,
        0.5,
        0.5688116252077859,
        0.6,
        0.5668769542647958,
        0.5,
        0.6,
        0.5,
        0.5688116252077859,
        0.6,
        0.5668769542647958,
        0.5,
        0.6,
        0.5,
        0.5688116254544316,
        0.6,
        0.5668769543210456,
        0.5,
        0.6,
    ];
    let mut counts = Vec::new();
    for (expected, value) in [(two, 3.136000041488834), (twenty, 123.3843640020043)] {
        let bounds = bounds(expected.len());
        let start = [-1.2f64, 1.0].repeat(expected.len() / 2);
        let clipped = start.iter().zip(&bounds).map(|(x, b)| x.clamp(b.0, b.1));
        let report = minimise_rosenbrock(&clipped.collect::<Vec<_>>(), bounds);
        assert_eq!(report.status, TrainingStatus::Converged);
        let pairs = report.parameters.iter().zip(expected);
        assert!(pairs.map(|(x, y)| (x - y).abs()).fold(0.0, f64::max) < 1e-8, "{report:?}");
        assert!((report.objective - value).abs() < 1e-12 * value);
        counts.push((report.history.last().unwrap().step, report.evaluations));
    }
    // The counts are pinned to detect a slower search; scipy 1.17.1 needs (11, 23) and (27, 30).
    assert_eq!(counts, [(16, 39), (20, 25)]);
}

#[test]
fn lbfgs_converges_from_everywhere() {
    let corner = [(-1.5, 0.8), (-0.3, 0.5), (f64::NEG_INFINITY, 0.1), (0.7, 0.7)];
    let grid = [-1.5, -0.4, 0.05, 0.8];
    for place in 0..64 {
        let start = [grid[place % 4], grid[place / 4 % 4], grid[place / 16], 0.7];
        for bounds in [Vec::new(), corner.to_vec(), bounds(4)] {
            let pairs = start.iter().enumerate();
            let clip = |(i, x): (usize, &f64)| match bounds.get(i) {
                Some(&(lower, upper)) => x.clamp(lower, upper),
                None => *x,
            };
            let inside: Vec<f64> = pairs.map(clip).collect();
            let report = minimise_rosenbrock(&inside, bounds);
            assert_eq!(report.status, TrainingStatus::Converged, "{start:?}");
            assert!(report.evaluations < 150, "{start:?}: {}", report.evaluations);
        }
    }
}

#[test]
fn lbfgs_takes_no_notice_of_the_learning_rate() {
    let run = |value| {
        let settings = options(Method::Lbfgs, 20);
        let settings = TrainingOptions { learning_rate: constant(value), ..settings };
        minimise(rosenbrock, &[-1.2, 1.0], &settings).parameters
    };
    assert_eq!(run(1e-3), run(10.0));
}

#[test]
fn lbfgs_reaches_a_minimum_that_rounding_hides() {
    // Near the minimum the decrease of the objective is far below the rounding of the offset.
    let offset = |x: &[f64], gradient: &mut [f64]| 1e6 + rosenbrock(x, gradient);
    let report = minimise(offset, &[-1.2, 1.0], &options(Method::Lbfgs, 500));
    assert_eq!(report.status, TrainingStatus::Converged);
    assert!(report.parameters.iter().all(|x| (x - 1.0).abs() < 1e-7), "{report:?}");
}

#[test]
fn lbfgs_backs_off_from_where_nothing_is_defined() {
    // For -ln x + x, the first steps from 1e-3 would leave the domain on the other side of 0.
    let barrier = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = 1.0 - 1.0 / x[0];
        x[0] - x[0].ln()
    };
    for start in [1e-3, 40.0] {
        let report = minimise(barrier, &[start], &options(Method::Lbfgs, 100));
        assert_eq!(report.status, TrainingStatus::Converged);
        assert!((report.parameters[0] - 1.0).abs() < 1e-8);
    }
}

#[test]
fn lbfgs_stalls_on_a_gradient_that_is_wrong() {
    let wrong = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = -1.0;
        x[0]
    };
    let report = minimise(wrong, &[3.0], &options(Method::Lbfgs, 10));
    assert_eq!((report.status, report.parameters[0]), (TrainingStatus::Stalled, 3.0));
    assert!(report.evaluations <= 31, "{}", report.evaluations);
}

#[test]
fn every_evaluation_is_inside_the_bounds() {
    let outside = Cell::new(0);
    for method in Method::ALL {
        let bounds = bounds(4);
        let guarded = |x: &[f64], gradient: &mut [f64]| {
            let is_out = |(x, (lower, upper)): (&f64, &(f64, f64))| x < lower || x > upper;
            outside.set(outside.get() + usize::from(x.iter().zip(&bounds).any(is_out)));
            rosenbrock(x, gradient)
        };
        let settings = TrainingOptions {
            bounds: bounds.clone(),
            learning_rate: constant(0.5),
            stopping: StoppingRules { gradient_tolerance: 0.0, ..Default::default() },
            ..options(method, 50)
        };
        let report = minimise(guarded, &[0.4, 0.7, 0.1, -1.0], &settings);
        assert!(report.evaluations > 10 && outside.get() == 0, "{method:?}");
        let at_bounds = |x: &[f64]| x.iter().zip(&bounds).any(|(x, b)| *x == b.0 || *x == b.1);
        assert!(report.history.iter().any(|row| at_bounds(&row.parameters)), "{method:?}");
    }
}
