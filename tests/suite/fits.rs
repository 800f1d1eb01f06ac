//! How fits end: at a minimum, at a bound, on the edge of the domain, without information.

use diffhep::fit::{FitError, FitOptions, FitStatus, minimise};
use diffhep::histfactory::{Evaluator, Model, Workspace};
use diffhep::inference::{
    AsymptoticCalculator, HypothesisTestOptions, Quantity, fit, fixed_poi_fit,
};
use serde_json::{Value, json};

/// One channel of one bin: signal 2 mu, background 5 with the given modifiers.
fn counting(observed: f64, modifiers: Value) -> Workspace {
    let mu = json!([{ "name": "mu", "type": "normfactor", "data": null }]);
    let workspace = json!({
        "channels": [{ "name": "region", "samples": [
            { "name": "signal", "data": [2.0], "modifiers": mu },
            { "name": "background", "data": [5.0], "modifiers": modifiers },
        ]}],
        "observations": [{ "name": "region", "data": [observed] }],
        "measurements": [{ "name": "count", "config": { "poi": "mu", "parameters": [] } }],
        "version": "1.0.0",
    });
    Workspace::from_json(workspace).expect("a valid workspace")
}

fn model_of(workspace: &Workspace) -> (Model, Vec<f64>) {
    let model = workspace.model().expect("a valid model");
    let data = workspace.data(&model);
    (model, data)
}

#[test]
fn a_counting_experiment_has_its_closed_form_minimum() {
    let (model, data) = model_of(&counting(9.0, json!([])));
    let report = fit(&data, &model).expect("a fit");
    assert_eq!((report.status, report.free.as_slice()), (FitStatus::Converged, &[0][..]));
    assert!((report.parameters[0] - 2.0).abs() < 1e-9, "{report:?}");
    let report = fixed_poi_fit(0.5, &data, &model).expect("a fit");
    assert_eq!((report.parameters[0], report.steps), (0.5, 0));
}

#[test]
fn a_deficit_stops_at_the_bound_and_an_excess_at_the_other() {
    let (model, data) = model_of(&counting(3.0, json!([])));
    let report = fit(&data, &model).expect("a fit");
    assert_eq!((report.parameters[0], report.at_bounds.as_slice()), (0.0, &[0][..]));
    let (model, data) = model_of(&counting(80.0, json!([])));
    let report = fit(&data, &model).expect("a fit");
    assert_eq!((report.parameters[0], report.at_bounds.as_slice()), (10.0, &[0][..]));
}

#[test]
fn parameters_that_nothing_determines_are_reported() {
    let free = json!([{ "name": "free", "type": "normfactor", "data": null }]);
    let (model, data) = model_of(&counting(9.0, free));
    let report = fit(&data, &model).expect("a fit");
    assert_eq!(report.status, FitStatus::Degenerate);
    // -2 ln L of 9 events where 9 are expected.
    assert!((report.twice_nll - 4.053_612_57).abs() < 1e-6, "{}", report.twice_nll);
}

#[test]
fn an_empty_bin_that_loses_its_rate_is_no_minimum() {
    let shift = json!([{
        "name": "shift", "type": "histosys", "data": { "lo_data": [0.0], "hi_data": [10.0] },
    }]);
    let workspace = counting(0.0, shift);
    let (model, data) = model_of(&workspace);
    let report = fixed_poi_fit(0.0, &data, &model).expect("a fit");
    assert_eq!(report.status, FitStatus::EmptyBin);
    assert!(!report.status.is_minimum());
    let options = HypothesisTestOptions::default();
    let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
    let test = calculator.hypotest(1.0).expect("a report");
    assert!(!test.ratio.converged() && test.cls_obs.is_nan());
    let error = calculator.gradient(&test.ratio, Quantity::Observed).expect_err("no derivative");
    assert!(error.to_string().contains("empty bin"), "{error}");
}

#[test]
fn limits_of_a_fit_are_reported_and_what_it_cannot_hold_refused() {
    let workspace = counting(9.0, json!([{ "name": "mu", "type": "normfactor", "data": null }]));
    let (model, data) = model_of(&workspace);
    let mut evaluator = Evaluator::new(&model);
    let options = FitOptions { max_steps: 1, ..FitOptions::default() };
    let initial = model.suggested_init();
    let report = minimise(&mut evaluator, &data, initial, &[], &options).expect("a report");
    assert_eq!((report.status, report.steps), (FitStatus::StepLimit, 1));
    let error = minimise(&mut evaluator, &data, initial, &[(3, 1.0)], &options).unwrap_err();
    assert_eq!(error, FitError::UnknownParameter { index: 3, parameters: 1 });
}
