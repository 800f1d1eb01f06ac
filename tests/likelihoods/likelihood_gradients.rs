//! Compares gradients of the likelihood's density and of fits, with respect to parameters, data and
//! every number of the workspace, with differences of the whole calculation.

use diffhep::fit::{FitOptions, FitReport, minimise};
use diffhep::histfactory::{Evaluator, Model, Workspace, WorkspaceGradient, WorkspaceModel};
use diffhep::inference::{InferenceError, fit, fit_gradient, log_density_gradient};

use super::common::{project, read_json, workspace};

/// Every type of modifier, in two channels.
fn every_type() -> Workspace {
    workspace(&read_json(project("tests/reference/all_types_qtilde.json"))["workspace"])
}

/// A point away from the nominal one.
fn point(model: &Model) -> Vec<f64> {
    let initial = model.suggested_init().iter().enumerate();
    initial.map(|(i, initial)| initial + 0.2 / (i + 2) as f64).collect()
}

fn step(number: f64) -> f64 {
    if number == 0.0 { 1e-3 } else { 1e-3 * number.abs() }
}

/// Extrapolated central difference of `f` in entry `i`; `None` where `f` is not defined at both
/// sides.
fn difference(f: impl Fn(&[f64]) -> Option<f64>, at: &[f64], i: usize) -> Option<f64> {
    let moved = |shift: f64| {
        let mut moved = at.to_vec();
        moved[i] += shift;
        f(&moved)
    };
    let central = |h: f64| Some((moved(h)? - moved(-h)?) / (2.0 * h));
    let h = step(at[i]);
    Some((4.0 * central(h / 2.0)? - central(h)?) / 3.0)
}

/// Compares derivatives with differences; returns how many were compared.
#[track_caller]
fn check(
    what: &str,
    names: &[String],
    found: &[f64],
    at: &[f64],
    rounding: f64,
    f: impl Fn(&[f64]) -> Option<f64>,
) -> usize {
    assert_eq!(found.len(), at.len(), "{what}");
    let mut compared = 0;
    for (i, found) in found.iter().enumerate() {
        let Some(expected) = difference(&f, at, i) else { continue };
        let tolerance = 1e-5 * expected.abs() + rounding / step(at[i]);
        let name = &names[i];
        let error = (found - expected).abs();
        assert!(error <= tolerance, "{what} by {name}: found {found:e}, difference {expected:e}");
        compared += 1;
    }
    compared
}

fn indices(count: usize) -> Vec<String> {
    (0..count).map(|i| i.to_string()).collect()
}

#[test]
fn density_gradients_match_differences() {
    let workspace = every_type();
    let model = workspace.model().expect("a model");
    let (data, theta) = (workspace.data(&model), point(&model));
    let found = log_density_gradient(&theta, &data, &model).expect("a gradient");
    assert_eq!(found.value, model.logpdf(&theta, &data).expect("a density"));
    let rounding = 1e-14 * found.value.abs();
    let by_parameters = |theta: &[f64]| model.logpdf(theta, &data).ok();
    let names = model.parameter_names();
    check("density", names, &found.by_parameters, &theta, rounding, by_parameters);
    let by_data = |data: &[f64]| model.logpdf(&theta, data).ok();
    check("density", &indices(data.len()), found.adjoint.data(), &data, rounding, by_data);
    let inputs = workspace.inputs(&model);
    let gradient = WorkspaceGradient::new(&workspace, &model, &found.adjoint).flatten();
    let by_inputs = |values: &[f64]| {
        let moved = workspace.with_inputs(&model, values).ok()?;
        let model = moved.model().expect("a model");
        model.logpdf(&theta, &moved.data(&model)).ok()
    };
    let compared = check("density", &inputs.names, &gradient, &inputs.values, rounding, by_inputs);
    // Initial values at a bound cannot be moved in both directions.
    assert!(compared + 5 > inputs.names.len(), "{compared} of {}", inputs.names.len());
}

fn tight_fit(workspace: &Workspace, hold: Option<f64>) -> (Model, Vec<f64>, FitReport) {
    let model = workspace.model().expect("a model");
    let data = workspace.data(&model);
    let options = FitOptions { tolerance: 1e-23, ..FitOptions::default() };
    let hold: Vec<_> = hold.map(|poi| (model.poi_index(), poi)).into_iter().collect();
    let initial = model.suggested_init();
    let report = minimise(&mut Evaluator::new(&model), &data, initial, &hold, &options);
    (model.clone(), data, report.expect("a fit"))
}

fn check_fit(hold: Option<f64>, by_twice_nll: f64, seed: impl Fn(usize) -> f64) {
    let workspace = every_type();
    let (model, data, report) = tight_fit(&workspace, hold);
    let seeds: Vec<f64> = (0..model.n_parameters()).map(&seed).collect();
    let output = |report: &FitReport| {
        let parameters = report.parameters.iter().zip(&seeds).map(|(p, seed)| p * seed);
        by_twice_nll * report.twice_nll + parameters.sum::<f64>()
    };
    let adjoint = fit_gradient(&data, &model, &report, &seeds, by_twice_nll).expect("a gradient");
    let gradient = WorkspaceGradient::new(&workspace, &model, &adjoint).flatten();
    let inputs = workspace.inputs(&model);
    let by_inputs = |values: &[f64]| {
        let moved = workspace.with_inputs(&model, values).ok()?;
        Some(output(&tight_fit(&moved, hold).2))
    };
    let rounding = 1e-10;
    let compared = check("fit", &inputs.names, &gradient, &inputs.values, rounding, by_inputs);
    assert!(compared + 5 > inputs.names.len(), "{compared} of {}", inputs.names.len());
}

#[test]
fn gradients_of_fitted_parameters_match_differences() {
    check_fit(None, 0.0, |p| 1.0 / (p + 1) as f64);
}

#[test]
fn gradients_of_a_fit_with_its_poi_held_match_differences() {
    check_fit(Some(0.7), 0.3, |p| if p % 2 == 0 { 0.5 } else { -1.0 });
}

#[test]
fn a_fit_short_of_its_minimum_has_no_gradient() {
    let workspace = every_type();
    let model = workspace.model().expect("a model");
    let data = workspace.data(&model);
    let options = FitOptions { max_steps: 1, ..FitOptions::default() };
    let initial = model.suggested_init();
    let report = minimise(&mut Evaluator::new(&model), &data, initial, &[], &options);
    let seeds = vec![1.0; model.n_parameters()];
    let refused = fit_gradient(&data, &model, &report.expect("it begins"), &seeds, 1.0);
    assert!(matches!(refused, Err(InferenceError::Adjoint(_))), "{refused:?}");
    let report = fit(&data, &model).expect("a fit");
    let refused = fit_gradient(&data, &model, &report, &seeds[1..], 1.0);
    assert!(matches!(refused, Err(InferenceError::Domain(_))), "{refused:?}");
}
