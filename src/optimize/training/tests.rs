//! Tests of how trainings end, what they record and what they refuse.

use std::convert::Infallible;

use super::*;
use crate::optimize::testing::{Function, curved, minimise, options, rosenbrock, softened};
use crate::optimize::{Method, Schedule, ScheduleError, StoppingRules};

const ANNEALED: Schedule = Schedule::Exponential { from: 2.0, to: 0.1 };

fn constant(value: f64) -> Schedule {
    Schedule::Constant { value }
}

fn stopping(stopping: StoppingRules, method: Method, steps: usize) -> TrainingOptions {
    TrainingOptions { stopping, ..options(method, steps) }
}

fn anneal(settings: &TrainingOptions) -> TrainingReport {
    train(&mut Function(softened), &[1.0, -0.5], settings, None, &mut |_| ()).unwrap()
}

#[test]
fn every_method_converges() {
    // RMSprop's steps are as long as the learning rate, which has to decrease.
    let falling = Schedule::Exponential { from: 0.05, to: 1e-9 };
    for (method, learning_rate) in [
        (Method::GradientDescent, constant(0.05)),
        (Method::Adam, constant(0.05)),
        (Method::Rmsprop, falling),
        (Method::Lbfgs, constant(0.05)),
    ] {
        let settings = TrainingOptions { learning_rate, ..options(method, 3000) };
        let report = minimise(curved, &[1.5, -1.0], &settings);
        assert_eq!(report.status, TrainingStatus::Converged, "{method:?}");
        assert!(report.history.last().unwrap().gradient_norm < 1e-8, "{method:?}");
        assert!((report.parameters[0] + 0.143672).abs() < 1e-5, "{method:?} {report:?}");
    }
}

#[test]
fn a_start_at_the_minimum_has_converged() {
    let report = minimise(rosenbrock, &[1.0, 1.0], &options(Method::Adam, 10));
    assert_eq!((report.status, report.evaluations), (TrainingStatus::Converged, 1));
    assert_eq!((report.history.len(), report.best.step), (1, 0));
}

#[test]
fn a_minimum_on_the_border_has_converged() {
    let settings = TrainingOptions {
        bounds: vec![(0.0, 2.0)],
        learning_rate: constant(0.3),
        ..options(Method::GradientDescent, 50)
    };
    let line = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = 1.0;
        x[0]
    };
    let report = minimise(line, &[1.0], &settings);
    assert_eq!(report.status, TrainingStatus::Converged);
    assert_eq!((report.parameters[0], &report.gradient[..]), (0.0, &[1.0][..]));
}

#[test]
fn small_steps_end_it() {
    let rules =
        StoppingRules { step_tolerance: 1e-3, gradient_tolerance: 0.0, ..Default::default() };
    let settings = TrainingOptions {
        learning_rate: constant(0.05),
        ..stopping(rules, Method::GradientDescent, 1000)
    };
    let report = minimise(curved, &[1.5, -1.0], &settings);
    assert_eq!(report.status, TrainingStatus::SmallStep);
    let [.., before, after] = &report.history[..] else { panic!("two rows at least") };
    let moved = before.parameters.iter().zip(&after.parameters).map(|(x, y)| (x - y).abs());
    assert!(moved.fold(0.0, f64::max) < 1e-3 * 1.5);
}

#[test]
fn patience_ends_it() {
    let rules = StoppingRules { patience: Some(4), ..Default::default() };
    let settings =
        TrainingOptions { learning_rate: constant(3.0), ..stopping(rules, Method::Rmsprop, 100) };
    let report = minimise(curved, &[0.1, -0.1], &settings);
    assert_eq!(report.status, TrainingStatus::Patience);
    assert_eq!(report.history.last().unwrap().step, report.best.step + 4);
    let lowest = report.history.iter().map(|row| row.objective).fold(f64::INFINITY, f64::min);
    assert_eq!(report.best.objective, lowest);
    assert_eq!(report.best.parameters, report.history[report.best.step].parameters);
}

#[test]
fn patience_counts_improvements_of_enough() {
    // Every step improves the objective, by less and less.
    let rules = StoppingRules {
        patience: Some(3),
        minimum_improvement: 1e-2,
        gradient_tolerance: 0.0,
        ..Default::default()
    };
    let settings = TrainingOptions {
        learning_rate: constant(0.05),
        ..stopping(rules, Method::GradientDescent, 500)
    };
    let report = minimise(curved, &[1.5, -1.0], &settings);
    assert_eq!(report.status, TrainingStatus::Patience);
    assert_eq!(report.best.step, report.history.last().unwrap().step);
}

#[test]
fn the_step_limit_ends_it() {
    let report = minimise(rosenbrock, &[-1.2, 1.0], &options(Method::Adam, 7));
    assert_eq!((report.status, report.evaluations), (TrainingStatus::StepLimit, 8));
    let steps: Vec<usize> = report.history.iter().map(|row| row.step).collect();
    assert_eq!(steps, (0..=7).collect::<Vec<_>>());
    assert_eq!(report.parameters, report.history[7].parameters);
}

#[test]
fn numbers_that_are_not_finite_end_it_before() {
    let wall = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = if x[0] < 0.5 { f64::NAN } else { 1.0 };
        x[0]
    };
    let settings =
        TrainingOptions { learning_rate: constant(0.2), ..options(Method::GradientDescent, 50) };
    let report = minimise(wall, &[1.0], &settings);
    assert_eq!((report.status, report.evaluations), (TrainingStatus::NotFinite, 4));
    assert_eq!((report.parameters[0], report.gradient[0]), (1.0 - 0.2 - 0.2, 1.0));
    let cliff = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = 1.0;
        if x[0] < 1.0 { f64::NEG_INFINITY } else { x[0] }
    };
    let report = minimise(cliff, &[1.0], &options(Method::Lbfgs, 50));
    assert_eq!((report.status, report.parameters[0]), (TrainingStatus::NotFinite, 1.0));
    let far = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = -1e300;
        -x[0]
    };
    let settings =
        TrainingOptions { learning_rate: constant(1e10), ..options(Method::GradientDescent, 5) };
    assert_eq!(minimise(far, &[1.0], &settings).status, TrainingStatus::NotFinite);
}

#[test]
fn rules_wait_for_the_hardness() {
    let rules = StoppingRules {
        gradient_tolerance: 1e9,
        step_tolerance: 1e9,
        patience: Some(1),
        minimum_improvement: 1e9,
    };
    for method in [Method::GradientDescent, Method::Adam, Method::Rmsprop] {
        let settings = TrainingOptions { hardness: ANNEALED, ..stopping(rules, method, 20) };
        let report = anneal(&settings);
        assert_eq!(report.status, TrainingStatus::Converged);
        assert_eq!(report.history.last().unwrap().step, 19);
    }
    // The same rules end it immediately, or after one step, where nothing is annealed.
    let at_end = |rules| {
        let report = minimise(curved, &[1.5, -1.0], &stopping(rules, Method::Adam, 20));
        (report.status, report.history.last().unwrap().step)
    };
    assert_eq!(at_end(rules), (TrainingStatus::Converged, 0));
    let rules = StoppingRules { gradient_tolerance: 0.0, ..rules };
    assert_eq!(at_end(rules), (TrainingStatus::SmallStep, 1));
    let rules = StoppingRules { step_tolerance: 0.0, ..rules };
    assert_eq!(at_end(rules), (TrainingStatus::Patience, 1));
}

#[test]
fn rows_hold_the_schedules_and_the_best_is_of_the_last_hardness() {
    let settings = TrainingOptions {
        hardness: ANNEALED,
        learning_rate: Schedule::Cosine { from: 0.1, to: 0.01 },
        ..options(Method::Adam, 12)
    };
    let report = anneal(&settings);
    for row in &report.history {
        assert_eq!(row.hardness, ANNEALED.at(row.step, 12));
        assert_eq!(row.learning_rate, settings.learning_rate.at(row.step, 12));
        let mut gradient = [0.0; 2];
        assert_eq!(softened(&row.parameters, row.hardness, &mut gradient), row.objective);
        assert_eq!(row.gradient_norm, gradient[0].abs().max(gradient[1].abs()));
    }
    assert!(report.best.step >= 11, "{:?}", report.best);
}

/// An objective with metrics that fails from an evaluation on.
struct Failing {
    left: usize,
    metrics: Vec<f64>,
}

impl Objective for Failing {
    type Error = std::fmt::Error;

    fn evaluate(
        &mut self,
        x: &[f64],
        _: f64,
        gradient: &mut [f64],
    ) -> Result<f64, std::fmt::Error> {
        self.left = self.left.checked_sub(1).ok_or(std::fmt::Error)?;
        Ok(curved(x, gradient))
    }

    fn metric_names(&self) -> Vec<String> {
        vec!["hard Z".to_owned()]
    }

    fn metrics(&mut self, _: &[f64]) -> Result<Vec<f64>, std::fmt::Error> {
        Ok(self.metrics.clone())
    }
}

#[test]
fn metrics_and_observers_see_every_row() {
    let mut objective = Failing { left: 9, metrics: vec![2.5] };
    let mut seen = Vec::new();
    let mut observe = |row: &Step| seen.push(row.clone());
    let settings = options(Method::Adam, 5);
    let report = train(&mut objective, &[1.5, -1.0], &settings, None, &mut observe).unwrap();
    assert_eq!(seen, report.history);
    assert!(seen.iter().all(|row| row.metrics == [2.5]));
    assert_eq!(report.metric_names, ["hard Z"]);
}

#[test]
fn errors_of_the_objective_name_the_step() {
    let settings = options(Method::Adam, 5);
    for left in 0..3 {
        let mut objective = Failing { left, metrics: vec![0.0] };
        let error = train(&mut objective, &[1.5, -1.0], &settings, None, &mut |_| ()).unwrap_err();
        let TrainingError::Objective { step, .. } = error else { panic!("{error}") };
        assert_eq!(step, left);
    }
    let mut objective = Failing { left: 9, metrics: vec![0.0, 1.0] };
    let error = train(&mut objective, &[1.5, -1.0], &settings, None, &mut |_| ()).unwrap_err();
    let expected = OptimizeError::MetricCount { expected: 1, found: 2 };
    assert!(matches!(error, TrainingError::Settings(found) if found == expected));
}

#[test]
fn what_was_reached_is_saved_when_the_objective_fails() {
    let path = std::env::temp_dir().join(format!("diffhep-failing-{}.json", std::process::id()));
    let (settings, checkpoints) =
        (options(Method::Adam, 20), CheckpointOptions::new(&path, "test"));
    let objective = |left| Failing { left, metrics: vec![0.0] };
    let start = [1.5, -1.0];
    train(&mut objective(8), &start, &settings, Some(&checkpoints), &mut |_| ()).unwrap_err();
    let mut new = Vec::new();
    let mut observe = |row: &Step| new.push(row.step);
    let resumed = resume(&mut objective(99), &settings, &checkpoints, &mut observe).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(new[0], 8);
    let whole = train(&mut objective(99), &start, &settings, None, &mut |_| ()).unwrap();
    assert_eq!(resumed.history, whole.history);
}

fn refusal(start: &[f64], settings: TrainingOptions) -> OptimizeError {
    let mut objective = Function(|x: &[f64], _, gradient: &mut [f64]| curved(x, gradient));
    let error = train(&mut objective, start, &settings, None, &mut |_| ()).unwrap_err();
    let TrainingError::Settings(error) = error else { panic!("{error}") };
    error
}

#[test]
fn wrong_settings_are_refused() {
    let adam = || options(Method::Adam, 5);
    let start = [1.5, -1.0];
    assert_eq!(refusal(&start, options(Method::Adam, 0)), OptimizeError::NoSteps);
    assert_eq!(refusal(&[], adam()), OptimizeError::NoParameters);
    let settings = TrainingOptions { hardness: ANNEALED, ..options(Method::Lbfgs, 5) };
    assert_eq!(refusal(&start, settings), OptimizeError::HardnessChanges);
    let settings = TrainingOptions { learning_rate: constant(-1.0), ..adam() };
    let source = ScheduleError::NotPositive { name: "value", value: -1.0 };
    let expected = OptimizeError::Schedule { setting: "learning rate", source };
    assert_eq!(refusal(&start, settings), expected);
    let exhausted = Schedule::Step { from: 1.0, factor: 1e100, every: 1 };
    let settings = TrainingOptions { hardness: exhausted, ..adam() };
    let source = ScheduleError::NotPositive { name: "value at the last step", value: 0.0 };
    let expected = OptimizeError::Schedule { setting: "hardness", source };
    assert_eq!(refusal(&start, settings), expected);
    let settings = TrainingOptions { bounds: vec![(0.0, 1.0); 3], ..adam() };
    let expected = OptimizeError::BoundsLength { bounds: 3, parameters: 2 };
    assert_eq!(refusal(&start, settings), expected);
    let settings = TrainingOptions { bounds: vec![(-2.0, 1.0); 2], ..adam() };
    let expected =
        OptimizeError::StartOutside { parameter: 0, value: 1.5, lower: -2.0, upper: 1.0 };
    assert_eq!(refusal(&start, settings), expected);
    let error = refusal(&[1.5, f64::NAN], adam());
    assert!(matches!(error, OptimizeError::StartNotFinite { parameter: 1, .. }));
    let rules = StoppingRules { patience: Some(0), ..Default::default() };
    assert_eq!(refusal(&start, stopping(rules, Method::Adam, 5)), OptimizeError::NoPatience);
    let rules = StoppingRules { step_tolerance: -1.0, ..Default::default() };
    let expected = OptimizeError::StoppingRule { rule: "step_tolerance", value: -1.0 };
    assert_eq!(refusal(&start, stopping(rules, Method::Adam, 5)), expected);
}

#[test]
fn a_start_without_finite_numbers_is_refused() {
    let mut objective = Function(|_: &[f64], _, gradient: &mut [f64]| {
        gradient[1] = f64::NAN;
        2.0
    });
    let settings = options(Method::Adam, 5);
    let error = train(&mut objective, &[0.0, 0.0], &settings, None, &mut |_| ()).unwrap_err();
    let expected = OptimizeError::StartUndefined { objective: 2.0, components: 1 };
    assert!(matches!(&error, TrainingError::<Infallible>::Settings(found) if *found == expected));
}
