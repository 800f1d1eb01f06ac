//! How fits end: at a minimum, at a bound, on the edge of the domain, without information.

use diffhep::fit::{FitError, FitOptions, FitStatus, minimise};
use diffhep::histfactory::{Evaluator, Model, Workspace, WorkspaceModel};
use diffhep::inference::{
    AsymptoticCalculator, HypothesisTestOptions, InferenceError, Quantity, fit, fixed_poi_fit,
};
use serde_json::{Value, json};

use super::common::project;

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

/// Two bins; the first has the given background yield and nothing observed.
fn two_bins(signal: f64, background: f64, poi: Value) -> Workspace {
    let workspace = json!({
        "channels": [{ "name": "region", "samples": [
            { "name": "signal", "data": [signal, 5.0], "modifiers": [
                { "name": "mu", "type": "normfactor", "data": null } ]},
            { "name": "background", "data": [background, 50.0], "modifiers": [
                { "name": "rate", "type": "normsys", "data": { "lo": 0.9, "hi": 1.1 } } ]},
        ]}],
        "observations": [{ "name": "region", "data": [0.0, 52.0] }],
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [poi] } }],
        "version": "1.0.0",
    });
    Workspace::from_json(workspace).expect("a valid workspace")
}

#[test]
fn bins_without_expected_and_observed_events_do_no_harm() {
    let mu = json!({ "name": "mu" });
    // (signal, background) of the first bin and CLs: tests/reference/make_empty_bins_reference.py;
    // a background of 1e-10 changes nothing.
    for (signal, background, expected) in [(0.0, 0.0, 0.623102), (0.0, 1e-10, 0.623102)] {
        let workspace = two_bins(signal, background, mu.clone());
        let (model, data) = model_of(&workspace);
        let options = HypothesisTestOptions::default();
        let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
        let test = calculator.hypotest(1.0).expect("a result");
        assert!(test.ratio.converged(), "{:?}", test.ratio.fits());
        assert!((test.cls_obs - expected).abs() < 2e-6, "{}", test.cls_obs);
        for quantity in [Quantity::Observed, Quantity::Expected(0.0)] {
            assert!(calculator.gradient(&test.ratio, quantity).expect("a gradient").is_finite());
        }
    }
}

#[test]
fn a_bin_of_signal_alone_has_cls_but_no_gradient() {
    for init in [1.0, 0.0] {
        let workspace = two_bins(1.0, 0.0, json!({ "name": "mu", "inits": [init] }));
        let (model, data) = model_of(&workspace);
        let options = HypothesisTestOptions::default();
        let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
        let test = calculator.hypotest(1.0).expect("a result");
        assert!(test.ratio.converged(), "{init}: {:?}", test.ratio.fits());
        // tests/reference/make_empty_bins_reference.py.
        assert!((test.cls_obs - 0.141226).abs() < 2e-6, "{init}: {}", test.cls_obs);
        let error =
            calculator.gradient(&test.ratio, Quantity::Expected(0.0)).expect_err("infinite");
        assert!(error.to_string().contains("'region', bin 0"), "{error}");
    }
}

#[test]
fn a_fixed_poi_and_bounds_that_exclude_the_asimov_data_are_refused() {
    let options = HypothesisTestOptions::default();
    let (model, data) = model_of(&two_bins(1.0, 3.0, json!({ "name": "mu", "fixed": true })));
    let error = AsymptoticCalculator::new(&model, &data, options).expect_err("a fixed POI");
    assert_eq!(error, InferenceError::FixedPoi { poi: "mu".to_owned() });
    let settings = json!({ "name": "mu", "bounds": [[0.3, 10.0]] });
    let (model, data) = model_of(&two_bins(1.0, 3.0, settings));
    let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
    let error = calculator.hypotest(1.0).expect_err("Asimov data at 0");
    assert!(matches!(error, InferenceError::AsimovOutsideBounds { value: 0.0, .. }), "{error}");
}

/// Multiplies yields, variations and counts, and uncertainties by the root, moving each a little.
fn scaled(factor: f64) -> Workspace {
    let text = std::fs::read_to_string(project("examples/search.json")).expect("the example");
    let mut json: Value = serde_json::from_str(&text).expect("JSON");
    let mut count = 0.0_f64;
    let mut scale = |value: &mut Value, factor: f64| {
        for number in value.as_array_mut().expect("numbers") {
            count += 1.0;
            let moved = 1.0 + 1e-3 * (1.7 * count).sin();
            *number = json!(number.as_f64().expect("a number") * factor * moved);
        }
    };
    for channel in json["channels"].as_array_mut().expect("channels") {
        for sample in channel["samples"].as_array_mut().expect("samples") {
            scale(&mut sample["data"], factor);
            for modifier in sample["modifiers"].as_array_mut().expect("modifiers") {
                match modifier["type"].as_str() {
                    Some("histosys") => {
                        scale(&mut modifier["data"]["lo_data"], factor);
                        scale(&mut modifier["data"]["hi_data"], factor);
                    }
                    Some("staterror") => scale(&mut modifier["data"], factor.sqrt()),
                    _ => (),
                }
            }
        }
    }
    for observation in json["observations"].as_array_mut().expect("observations") {
        scale(&mut observation["data"], factor);
    }
    Workspace::from_json(json).expect("a valid workspace")
}

#[test]
fn fits_converge_where_the_terms_of_the_likelihood_cancel() {
    for factor in [1.0, 3.0, 10.0, 100.0, 1000.0] {
        let (model, data) = model_of(&scaled(factor));
        let options = HypothesisTestOptions::default();
        let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
        for ratio in [
            calculator.hypotest(1.0).expect("a result").ratio,
            calculator.discovery().expect("a result").ratio,
        ] {
            assert!(ratio.converged(), "{factor}: {:?}", ratio.fits());
            assert!(ratio.fits().iter().all(|(_, fit)| fit.steps < 40), "{factor}");
        }
    }
}
