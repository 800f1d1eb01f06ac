//! Tests that zeros and negative numbers behave as docs/statistics.md says.

use diffhep::fit::AdjointError;
use diffhep::histfactory::{DomainError, Model, Workspace, WorkspaceGradient, WorkspaceModel};
use diffhep::inference::{
    AsymptoticCalculator, HypothesisTestOptions, InferenceError, LimitOptions, Quantity, fit,
};
use serde_json::{Value, json};

use super::common::{assert_relative, workspace};

/// A channel of two bins with a signal and two backgrounds; `modifiers` act on the second.
fn two_bins(signal: [f64; 2], first: [f64; 2], second: [f64; 2], modifiers: Value) -> Value {
    json!({
        "version": "1.0.0",
        "channels": [{ "name": "c", "samples": [
            { "name": "signal", "data": signal,
              "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
            { "name": "first", "data": first, "modifiers": [] },
            { "name": "second", "data": second, "modifiers": modifiers },
        ] }],
        "observations": [{ "name": "c", "data": [50.0, 0.0] }],
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
    })
}

fn compiled(json: &Value) -> (Workspace, Model, Vec<f64>) {
    let workspace = workspace(json);
    let model = workspace.model().expect("a model");
    let data = workspace.data(&model);
    (workspace, model, data)
}

/// CLs at 1, and the observed limit.
fn tested(json: &Value) -> (f64, f64) {
    let (_, model, data) = compiled(json);
    let options = HypothesisTestOptions::default();
    let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
    let cls = calculator.hypotest(1.0).expect("a test").cls_obs;
    let limits = calculator.upper_limits(&LimitOptions::default()).expect("limits");
    (cls, limits.observed.expect("a limit").value)
}

#[test]
fn negative_yields_count_as_long_as_their_sum_does_not() {
    let split = two_bins([10.0, 2.0], [60.0, 4.0], [-10.0, -1.0], json!([]));
    let whole = two_bins([10.0, 2.0], [50.0, 3.0], [0.0, 0.0], json!([]));
    let (found, expected) = (tested(&split), tested(&whole));
    assert_relative("CLs", found.0, expected.0, 1e-10);
    assert_relative("limit", found.1, expected.1, 1e-8);
    let (_, model, data) = compiled(&two_bins([10.0, 2.0], [9.0, 3.0], [-19.5, 0.0], json!([])));
    let error = fit(&data, &model).expect_err("a negative rate").to_string();
    assert!(error.contains("channel 'c'") && error.contains("-0.5"), "{error}");
    // A variation that would make a rate negative ends where the domain does.
    let shape = json!([{ "name": "shape", "type": "histosys",
                         "data": { "hi_data": [1.0, 9.0], "lo_data": [11.0, -3.0] } }]);
    let (_, model, data) = compiled(&two_bins([1.0, 1.0], [45.0, 1.0], [5.0, 3.0], shape));
    let report = fit(&data, &model).expect("a fit");
    let rates = model.expected_data(&report.parameters).expect("inside the domain");
    assert!(rates[..2].iter().all(|rate| *rate >= 0.0), "{rates:?}");
}

#[test]
fn bins_that_expect_nothing_carry_nothing_or_are_refused() {
    let with_empty = two_bins([10.0, 0.0], [50.0, 0.0], [0.0, 0.0], json!([]));
    let mut without = with_empty.clone();
    for sample in without["channels"][0]["samples"].as_array_mut().expect("samples") {
        sample["data"].as_array_mut().expect("yields").pop();
    }
    without["observations"][0]["data"] = json!([50.0]);
    let (found, expected) = (tested(&with_empty), tested(&without));
    assert_relative("CLs", found.0, expected.0, 1e-12);
    assert_relative("limit", found.1, expected.1, 1e-10);
    let mut observed = with_empty;
    observed["observations"][0]["data"] = json!([50.0, 1.0]);
    let (_, model, data) = compiled(&observed);
    let error = fit(&data, &model).expect_err("events where none are expected");
    let diffhep::fit::FitError::Start(DomainError::EmptyBin { channel, bin, .. }) = &error else {
        panic!("another error: {error}")
    };
    assert_eq!((channel.as_str(), *bin), ("c", 1));
}

#[test]
fn signal_without_background_has_limits_and_a_refused_gradient() {
    let json = two_bins([10.0, 2.0], [50.0, 0.0], [0.0, 0.0], json!([]));
    let (workspace, model, data) = compiled(&json);
    let options = HypothesisTestOptions::default();
    let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
    let test = calculator.hypotest(1.0).expect("a test");
    // Here q = 2 (12 - 50 ln(60 / 50)): the second bin adds twice its signal.
    let q = 2.0 * (12.0 - 50.0 * f64::ln(1.2));
    assert_relative("q", test.ratio.q, q, 1e-9);
    let limits = calculator.upper_limits(&LimitOptions::default()).expect("limits");
    assert!(limits.all().all(Result::is_ok), "{limits:?}");
    let error = calculator.gradient(&test.ratio, Quantity::Observed).expect_err("infinite slopes");
    let expected = AdjointError::EmptyBin { channel: "c".to_owned(), bin: 1 };
    assert_eq!(error, InferenceError::Adjoint(expected));
    // With a little background there is a limit.
    let json = two_bins([10.0, 2.0], [50.0, 1e-3], [0.0, 0.0], json!([]));
    let (_, model, data) = compiled(&json);
    let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
    let limit = calculator.upper_limit(Quantity::Observed, &LimitOptions::default());
    let adjoint = calculator.limit_gradient(&limit.expect("a limit")).expect("a gradient");
    assert!(
        WorkspaceGradient::new(&workspace, &model, &adjoint)
            .flatten()
            .iter()
            .all(|d| d.is_finite())
    );
}

#[test]
fn normsys_factors_that_are_not_above_0_are_refused() {
    for (lo, hi) in [(0.0, 1.1), (0.9, 0.0), (-0.1, 1.1)] {
        let norm = json!([{ "name": "norm", "type": "normsys", "data": { "lo": lo, "hi": hi } }]);
        let json = two_bins([10.0, 2.0], [50.0, 1.0], [5.0, 1.0], norm);
        let error = Workspace::from_json(json).expect_err("a factor").to_string();
        assert!(error.contains("/channels/0/samples/2/modifiers/0/data"), "{error}");
    }
}

/// Whether each component of the parameter set is fixed, and the width or tau of its constraint.
fn gammas(kind: &str, uncertainties: [f64; 2], nominal: [f64; 2]) -> Vec<bool> {
    let gamma = json!([{ "name": "gamma", "type": kind, "data": uncertainties }]);
    let (_, model, _) = compiled(&two_bins([10.0, 2.0], [50.0, 5.0], nominal, gamma));
    let names = model.parameter_names().iter().zip(model.suggested_fixed());
    names.filter(|(name, _)| name.starts_with("gamma")).map(|(_, fixed)| *fixed).collect()
}

#[test]
fn factors_of_dead_bins_are_fixed() {
    for kind in ["shapesys", "staterror"] {
        assert_eq!(gammas(kind, [1.0, 1.0], [5.0, 3.0]), [false, false], "{kind}");
        assert_eq!(gammas(kind, [0.0, 1.0], [5.0, 3.0]), [true, false], "{kind}: uncertainty 0");
        assert_eq!(gammas(kind, [1.0, 1.0], [5.0, 0.0]), [false, true], "{kind}: yield 0");
        assert_eq!(gammas(kind, [1.0, 1.0], [5.0, -1.0]), [false, true], "{kind}: yield below 0");
    }
    assert_eq!(gammas("shapesys", [-1.0, 1.0], [5.0, 3.0]), [true, false]);
    assert_eq!(gammas("staterror", [-1.0, 1.0], [5.0, 3.0]), [false, false]);
}

#[test]
fn a_staterror_over_a_negative_yield_has_the_width_of_the_sum() {
    let gamma = |u: f64| json!({ "name": "gamma", "type": "staterror", "data": [u, u] });
    let mut json = two_bins([10.0, 2.0], [50.0, 5.0], [-10.0, 1.0], json!([gamma(3.0)]));
    json["channels"][0]["samples"][1]["modifiers"] = json!([gamma(4.0)]);
    let (_, model, data) = compiled(&json);
    let set = model.parameter_sets().iter().find(|set| set.name == "gamma").expect("the set");
    let diffhep::histfactory::Constraint::Normal { sigmas: Some(sigmas), .. } = &set.constraint
    else {
        panic!("another constraint: {:?}", set.constraint)
    };
    assert_relative("first bin", sigmas[0], 5.0 / 40.0, 1e-12);
    assert_relative("second bin", sigmas[1], 5.0 / 6.0, 1e-12);
    assert!(fit(&data, &model).expect("a fit").status.is_minimum());
}

#[test]
fn negative_counts_are_refused() {
    let mut json = two_bins([10.0, 2.0], [50.0, 5.0], [1.0, 1.0], json!([]));
    json["observations"][0]["data"] = json!([50.0, -1.0]);
    let error = Workspace::from_json(json).expect_err("a count").to_string();
    assert!(error.contains("/observations/0/data/1") && error.contains("-1"), "{error}");
}
