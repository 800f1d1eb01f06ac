//! Fits and tests that a valid model refuses.

use diffhep::fit::{AdjointError, FitError, FitOptions, FitStatus, minimise};
use diffhep::histfactory::{DomainError, Evaluator, WorkspaceModel};
use diffhep::inference::{
    AsimovData, AsymptoticCalculator, HypothesisTestOptions, InferenceError, Quantity,
    TestStatistic, fit, fixed_poi_fit, hypotest,
};
use diffhep::kernels::interpolation::{HistosysCode, NormsysCode};
use serde_json::json;

use super::{add, compile, fixture, place, set, valid};

#[test]
fn fits_that_cannot_begin_say_why() {
    let (workspace, model) = valid();
    let mut data = workspace.data(&model);
    data[0] = f64::NAN;
    let error = fit(&data, &model).expect_err("no number");
    assert!(matches!(&error, FitError::Start(DomainError::Value { index: 0, .. })), "{error:?}");
    assert!(error.to_string().starts_with("the fit cannot start: datum 0 is NaN"), "{error}");

    let data = workspace.data(&model);
    let error = fixed_poi_fit(f64::NAN, &data, &model).expect_err("no signal strength");
    let poi = model.poi_index();
    assert!(
        matches!(&error, FitError::Start(DomainError::Value { index, .. }) if *index == poi),
        "{error:?}"
    );
    let error = fixed_poi_fit(-100.0, &data, &model).expect_err("negative rates");
    assert!(matches!(&error, FitError::Start(DomainError::Rate { .. })), "{error:?}");

    let options = FitOptions::default();
    let error =
        minimise(&mut Evaluator::new(&model), &data, &[1.0], &[], &options).expect_err("short");
    assert!(matches!(&error, FitError::Start(DomainError::Length { .. })), "{error:?}");
}

#[test]
fn an_initial_value_without_likelihood_is_refused() {
    let mut json = fixture();
    add(
        &mut json,
        "/measurements/0/config/parameters/2",
        "bounds",
        json!([[0.0, 2.0], [0.0, 2.0]]),
    );
    set(&mut json, "/measurements/0/config/parameters/2/inits", json!([1.0, 0.0]));
    let (workspace, model) = compile(json).expect("within its bounds");
    let error = fit(&workspace.data(&model), &model).expect_err("no constraint at 0");
    assert!(matches!(&error, FitError::Start(DomainError::Constraint { .. })), "{error:?}");
    assert!(error.to_string().contains("'fake_shape[1]' is 0"), "{error}");
}

#[test]
fn an_information_out_of_range_is_refused() {
    for path in [
        "/channels/0/samples/1/modifiers/0/data/hi_data/0",
        "/channels/0/samples/1/modifiers/1/data/lo",
        "/observations/0/data/1",
    ] {
        let mut json = fixture();
        set(&mut json, path, json!(1e200));
        let (workspace, model) = compile(json).expect("every number is finite");
        let error = fit(&workspace.data(&model), &model).expect_err("1e400 is out of range");
        assert_eq!(error, FitError::Information, "{path}");
        assert!(error.to_string().contains("numbers far out of range"), "{error}");
    }
}

#[test]
fn an_uncertainty_whose_square_is_0_fixes_its_factor_like_0() {
    let with_uncertainty = |value: f64| {
        let mut json = fixture();
        set(&mut json, "/channels/1/samples/0/modifiers/1/data/0", json!(value));
        let (workspace, model) = compile(json).expect("a valid workspace");
        let factor = place(&model, "stat_cr[0]");
        assert!(model.suggested_fixed()[factor], "{value}");
        fit(&workspace.data(&model), &model).expect("a fit that begins")
    };
    assert_eq!(with_uncertainty(1e-300), with_uncertainty(0.0));
}

fn with_statistic(test_statistic: TestStatistic) -> HypothesisTestOptions {
    HypothesisTestOptions { test_statistic, ..Default::default() }
}

#[test]
fn upper_limits_refuse_the_discovery_statistic() {
    let (workspace, model) = valid();
    let data = workspace.data(&model);
    let error = hypotest(1.0, &data, &model, &with_statistic(TestStatistic::Q0)).expect_err("q0");
    assert_eq!(error, InferenceError::DiscoveryStatistic);
    assert!(error.to_string().contains("choose q or qtilde"), "{error}");
}

#[test]
fn a_test_without_sensitivity_is_refused() {
    let mut json = fixture();
    set(&mut json, "/measurements/0/config/parameters/1/bounds", json!([[-5.0, 8.0]]));
    set(&mut json, "/observations/0/data", json!([50.0, 35.0]));
    let (workspace, model) = compile(json).expect("a valid workspace");
    let data = workspace.data(&model);
    let error =
        hypotest(0.0, &data, &model, &with_statistic(TestStatistic::Q)).expect_err("0 at 0");
    assert_eq!(error, InferenceError::NoSensitivity { poi: "mu".to_owned(), tested: 0.0 });
    assert!(error.to_string().contains("testing mu = 0"), "{error}");
}

#[test]
fn asimov_data_outside_the_domain_are_refused() {
    let mut json = fixture();
    set(&mut json, "/channels/0/samples/0/data/0", json!(60.0));
    for path in ["data/0", "modifiers/0/data/lo_data/0", "modifiers/0/data/hi_data/0"] {
        set(&mut json, &format!("/channels/0/samples/1/{path}"), json!(-3.0));
    }
    set(&mut json, "/channels/0/samples/2/data/0", json!(0.0));
    let (workspace, model) = compile(json).expect("yields may be negative");
    let data = workspace.data(&model);
    let refused = |asimov: AsimovData| {
        let options = HypothesisTestOptions { asimov, ..Default::default() };
        hypotest(1.0, &data, &model, &options).expect_err("no signal, so a negative rate")
    };
    let nominal = refused(AsimovData::Nominal);
    assert!(
        matches!(&nominal, InferenceError::Domain(DomainError::Rate { bin: 0, rate: -3.0, .. })),
        "{nominal:?}"
    );
    let fitted = refused(AsimovData::Fitted);
    assert!(
        matches!(&fitted, InferenceError::Fit(FitError::Start(DomainError::Rate { .. }))),
        "{fitted:?}"
    );
}

#[test]
fn tests_pass_on_what_is_wrong_with_data_and_signal_strength() {
    let (workspace, model) = valid();
    let data = workspace.data(&model);
    let options = HypothesisTestOptions::default();
    let error = hypotest(1.0, &data[1..], &model, &options).expect_err("a datum is missing");
    let length = DomainError::Length { what: "data", expected: 15, found: 14 };
    assert_eq!(error, InferenceError::Fit(FitError::Start(length)));
    for poi in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -100.0] {
        let error = hypotest(poi, &data, &model, &options).expect_err("no such signal strength");
        assert!(matches!(error, InferenceError::Fit(FitError::Start(_))), "{poi}: {error:?}");
    }
}

#[test]
fn a_fit_that_runs_out_of_steps_is_a_report_and_has_no_gradient() {
    let (workspace, model) = valid();
    let data = workspace.data(&model);
    let fit = FitOptions { max_steps: 0, ..Default::default() };
    let options = HypothesisTestOptions { fit, ..Default::default() };
    let mut calculator =
        AsymptoticCalculator::new(&model, &data, options).expect("a fit that begins");
    let test = calculator.hypotest(1.0).expect("a report");
    assert_eq!(test.ratio.free_fit.status, FitStatus::StepLimit);
    assert!(!test.ratio.converged());
    assert!(test.cls_obs.is_nan() && test.cls_exp.iter().all(|cls| cls.is_nan()));
    let error = calculator.gradient(&test.ratio, Quantity::Observed).expect_err("no minimum");
    let expected = AdjointError::NotConverged { status: "step limit" };
    assert_eq!(error, InferenceError::Adjoint(expected));
    assert!(error.to_string().contains("'step limit'"), "{error}");
}

#[test]
fn unknown_names_list_those_there_are() {
    let error = "qtilda".parse::<TestStatistic>().expect_err("no such statistic").to_string();
    assert!(error.contains("'qtilda'") && error.contains("q or qtilde"), "{error}");
    let error = "code1".parse::<HistosysCode>().expect_err("a code of normsys").to_string();
    assert!(error.contains("'code1'") && error.contains("code0, code2, code4p"), "{error}");
    let error = "code4p".parse::<NormsysCode>().expect_err("a code of histosys").to_string();
    assert!(error.contains("'code4p'") && error.contains("code1, code4"), "{error}");
}

/// Auxiliary data that pull a factor to its bound, as those of toy data sets may.
#[test]
fn auxiliary_data_at_the_edge_are_fitted_at_the_bound() {
    let cases = [
        (2, json!([0.0, 17.0]), vec!["fake_shape[0]"]),
        (2, json!([24.0, 0.0]), vec!["fake_shape[1]"]),
        (2, json!([0.0, 0.0]), vec!["fake_shape[0]", "fake_shape[1]"]),
        (3, json!([-1.0, 1.0]), vec!["stat_sr[0]"]),
    ];
    for (setting, auxdata, expected) in cases {
        let mut json = fixture();
        let path = format!("/measurements/0/config/parameters/{setting}/auxdata");
        set(&mut json, &path, auxdata.clone());
        let (workspace, model) = compile(json).expect("a valid workspace");
        let report = fit(&workspace.data(&model), &model).expect("a fit that begins");
        assert_eq!(report.status, FitStatus::Converged, "{auxdata}");
        assert!(report.steps <= 12, "{auxdata}: {} steps", report.steps);
        let names = |p: &usize| model.parameter_names()[*p].as_str();
        assert_eq!(report.at_bounds.iter().map(names).collect::<Vec<_>>(), expected);
    }
}
