//! Fits end at the lowest minimum that many starts find.
//!
//! Figures of minima/ are those of tests/reference/make_minima_reference.py.

use diffhep::fit::{FitOptions, FitReport, minimise};
use diffhep::histfactory::{Evaluator, WorkspaceModel};
use diffhep::inference::{
    AsymptoticCalculator, Hypotest, HypothesisTestOptions, LimitOptions, fit,
};
use serde_json::Value;

use crate::common::{assert_relative, numbers, project, read_json, sample_or_all, workspace};
use crate::random_workspaces::{Case, case, starts};

/// Random workspaces, and starts per fit.
const WORKSPACES: u64 = 120;
const ALL_WORKSPACES: u64 = 1000;
const STARTS: usize = 20;
/// Fits of all workspaces that may end above the lowest start: 0.1 % of them.
const MISSED: usize = 4;

fn reference() -> Value {
    read_json(project("tests/reference/minima/reference.json"))["cases"].clone()
}

#[test]
fn tests_rest_on_the_lowest_minima() {
    for (name, expected) in reference().as_object().expect("cases by name") {
        let json = read_json(project(&format!("tests/reference/minima/{name}.json")));
        let workspace = workspace(&json);
        let model = workspace.model().expect("a model");
        let data = workspace.data(&model);
        let options = HypothesisTestOptions::default();
        let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("fits");
        let number = |value: &Value| value.as_f64().expect("a number");
        let free = calculator.free_fit().twice_nll;
        assert_relative(name, free, number(&expected["free"]), 1e-7);
        for tested in expected["tested"].as_array().expect("a list") {
            let Hypotest { cls_obs, cls_exp, ratio } =
                calculator.hypotest(number(&tested["poi"])).expect("a test");
            let found = ratio.tested_fit.twice_nll;
            assert_relative(name, found, number(&tested["twice_nll"]), 1e-7);
            assert_relative(name, ratio.q_asimov, number(&tested["q_asimov"]), 1e-4);
            assert_relative(name, cls_obs, number(&tested["cls_obs"]), 1e-3);
            for (found, expected) in cls_exp.iter().zip(numbers(&tested["cls_exp"])) {
                assert_relative(name, *found, expected, 1e-3);
            }
        }
    }
}

#[test]
fn a_limit_is_that_of_the_lowest_minima() {
    let json = read_json(project("tests/reference/minima/two_valleys.json"));
    let workspace = workspace(&json);
    let model = workspace.model().expect("a model");
    let data = workspace.data(&model);
    let options = HypothesisTestOptions::default();
    let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("fits");
    let limits = calculator.upper_limits(&LimitOptions::default()).expect("limits");
    // By a scan of pyhf's lowest minima.
    assert_relative("observed", limits.observed.expect("a limit").value, 6.187, 1e-3);
    let median = limits.expected[2].as_ref().expect("a limit").value;
    assert_relative("median", median, 3.679424, 1e-5);
}

fn lowest(case: &Case, data: &[f64], hold: &[(usize, f64)]) -> f64 {
    let (mut evaluator, options) = (Evaluator::new(&case.model), FitOptions::default());
    let starts = starts(case, 7, STARTS);
    let fits = starts
        .iter()
        .filter_map(|start| minimise(&mut evaluator, data, start, hold, &options).ok());
    let minima = fits.filter(|fit| fit.status.is_minimum());
    minima.map(|fit| fit.twice_nll).fold(f64::INFINITY, f64::min)
}

/// The fits of a workspace's test that end above the lowest start.
fn missed(case: &Case) -> Vec<&'static str> {
    let poi = case.model.poi_index();
    let free = fit(&case.data, &case.model).expect("a fit");
    let options = HypothesisTestOptions::default();
    let mut calculator = AsymptoticCalculator::new(&case.model, &case.data, options).expect("fits");
    let is_above = |data: &[f64], hold: &[(usize, f64)], fit: &FitReport| {
        fit.twice_nll > lowest(case, data, hold) + 1e-4
    };
    let mut missed = Vec::new();
    missed.extend(is_above(&case.data, &[], &free).then_some("free"));
    if let Ok(test) = calculator.hypotest(1.0) {
        let ratio = &test.ratio;
        let source = ratio.asimov_source_fit.as_ref().expect("fitted Asimov data");
        let fits = [
            ("tested", &case.data, 1.0, &ratio.tested_fit),
            ("source", &case.data, 0.0, source),
            ("asimov", &ratio.asimov_data, 1.0, &ratio.asimov_tested_fit),
        ];
        for (name, data, value, fit) in fits {
            missed.extend(is_above(data, &[(poi, value)], fit).then_some(name));
        }
    }
    missed
}

#[test]
fn no_fit_of_random_workspaces_ends_above_the_lowest_start() {
    let mut all = Vec::new();
    for seed in 0..sample_or_all(WORKSPACES, ALL_WORKSPACES) {
        all.extend(missed(&case(seed)).into_iter().map(|name| (seed, name)));
    }
    let permitted = sample_or_all(0, MISSED);
    assert!(all.len() <= permitted, "above the lowest start: {all:?}");
}

#[test]
fn reports_mention_another_minimum_nearby() {
    let near: Vec<Case> = (0..WORKSPACES)
        .map(case)
        .filter(|case| {
            let found = fit(&case.data, &case.model).expect("a fit");
            found.other_minimum.is_some_and(|other| {
                assert!(other > found.twice_nll && other < found.twice_nll + 1.0);
                true
            })
        })
        .collect();
    assert!(!near.is_empty(), "some of the workspaces have two minima nearby");
}
