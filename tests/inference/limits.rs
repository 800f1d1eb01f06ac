//! Upper limits and their gradients.

use diffhep::fit::FitOptions;
use diffhep::histfactory::{Model, Workspace, WorkspaceGradient, WorkspaceModel, parse};
use diffhep::inference::{
    AsimovData, AsymptoticCalculator, HypothesisTestOptions, InferenceError, LimitError,
    LimitOptions, N_SIGMA, Quantity, TestStatistic, UpperLimits,
};
use serde_json::{Value, json};

use super::common::{
    PUBLISHED, REGION_A, assert_all_relative, check_by_inputs, likelihoods, project, published,
    read_json, sample_or_all, workspace,
};

fn two_bins() -> Value {
    parse(include_str!("../../examples/two_bins.json")).expect("JSON")
}

fn limits(json: &Value, options: HypothesisTestOptions) -> UpperLimits {
    let workspace = workspace(json);
    let model = workspace.model().expect("a model");
    let data = workspace.data(&model);
    let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
    calculator.upper_limits(&LimitOptions::default()).expect("limits")
}

/// The observed limit, then the expected ones.
fn values(limits: &UpperLimits) -> Vec<f64> {
    limits.all().map(|limit| limit.as_ref().expect("a limit").value).collect()
}

/// pyhf 0.7.6 with JAX, a minimiser's tolerance of 1e-11 and a root's of 1e-7, each curve in the
/// bracket [0.1, 9.9], or up to the bound of 5 of the last
/// (`tests/reference/make_limit_reference.py`): observed, then expected.
const PYHF: [[f64; 6]; 6] = [
    // The two-bin example.
    [
        1.0115718865406584,
        0.5598842521718929,
        0.7570290241910584,
        1.0623550017752748,
        1.5011808285209531,
        2.0508020225816836,
    ],
    // The published models, in the order of PUBLISHED; those of the fourth are from its deeper valley
    // (`tests/reference/make_published_minima_reference.py`).
    [
        1.3811203862296249,
        0.624476543271503,
        0.9998093247332402,
        1.7177624909178033,
        3.023051044227098,
        5.0789390959770895,
    ],
    [
        2.796301658858155,
        1.496168194667176,
        2.0612873568374797,
        2.9747735859346873,
        4.36639418564578,
        6.233307294381603,
    ],
    [
        2.6476793955456825,
        1.4490178680880454,
        1.9940604286011379,
        2.874424121783683,
        4.214869748613724,
        6.012730958280535,
    ],
    [
        4.908113372452444,
        2.7263904631845777,
        3.6149130511857344,
        4.95462751181272,
        6.873995143036201,
        9.342551553531301,
    ],
    [
        0.9702426722815982,
        0.5423906158504069,
        0.7388486796706903,
        1.04636605303426,
        1.4922204830901362,
        2.05245211617458,
    ],
];

#[test]
fn the_two_bin_example_has_pyhfs_limits() {
    let found = values(&limits(&two_bins(), HypothesisTestOptions::default()));
    assert_all_relative("two bins", &found, &PYHF[0], 2e-7);
    // The values that pyhf's own search prints, with the noise of its default minimiser.
    let printed = [1.01156939, 0.55988001, 0.75702336, 1.06234693, 1.50116923, 2.05078596];
    assert_all_relative("two bins, as printed", &found, &printed, 1e-5);
}

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn published_limits_are_pyhfs() {
    let folder = likelihoods();
    for (name, expected) in PUBLISHED.into_iter().zip(&PYHF[1..]) {
        let (json, _) = published(&folder, name);
        let found = limits(&json, HypothesisTestOptions::default());
        assert_all_relative(name, &values(&found), expected, 1e-6);
        // The number of tests is pinned to detect a slower search.
        assert!(found.tests <= 45, "{name}: {} tests", found.tests);
    }
}

#[test]
fn cls_at_a_limit_is_one_minus_the_level() {
    let workspace = workspace(&two_bins());
    let model = workspace.model().expect("a model");
    let data = workspace.data(&model);
    for statistic in [TestStatistic::Q, TestStatistic::QTilde] {
        for asimov in [AsimovData::Fitted, AsimovData::Nominal] {
            let options =
                HypothesisTestOptions { test_statistic: statistic, asimov, ..Default::default() };
            let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
            let mut last = [0.0; 6];
            for level in [0.5, 0.9, 0.95, 0.999] {
                let options = LimitOptions { level, ..Default::default() };
                let limits = calculator.upper_limits(&options).expect("limits");
                let found = values(&limits);
                assert!(found.iter().zip(last).all(|(now, before)| *now > before), "{found:?}");
                for (curve, &limit) in found.iter().enumerate() {
                    let test = calculator.hypotest(limit).expect("a test");
                    let cls = if curve == 0 { test.cls_obs } else { test.cls_exp[curve - 1] };
                    assert!((cls - (1.0 - level)).abs() < 1e-8, "{statistic:?}, {level}: {cls}");
                }
                // Computed one at a time, they are the same.
                for (n_sigma, together) in N_SIGMA.into_iter().zip(&found[1..]) {
                    let alone = calculator.upper_limit(Quantity::Expected(n_sigma), &options);
                    let alone = alone.expect("a limit").value;
                    assert!((alone / together - 1.0).abs() < 1e-8, "{alone} and {together}");
                }
                last.copy_from_slice(&found);
            }
        }
    }
}

#[test]
fn limits_lie_beyond_the_bounds_of_the_parameter_of_interest_where_they_must() {
    let mut json = two_bins();
    let free = values(&limits(&json, HypothesisTestOptions::default()));
    json["measurements"][0]["config"]["parameters"] =
        json!([{ "name": "mu", "bounds": [[0.0, 0.5]], "inits": [0.2] }]);
    let bounded = values(&limits(&json, HypothesisTestOptions::default()));
    assert_all_relative("bounded at 0.5", &bounded, &free, 1e-8);
}

#[test]
fn limits_that_are_not_bracketed_say_so() {
    // The model has more signal, fewer events, and a background that can account for any number of
    // them.
    let mut json = two_bins();
    json["channels"][0]["samples"][0]["data"] = json!([-1.0, -1.0]);
    json["channels"][0]["samples"][1]["data"] = json!([5.0, 5.0]);
    json["observations"][0]["data"] = json!([5.0, 5.0]);
    let found = limits(&json, HypothesisTestOptions::default());
    assert!(found.expected[0].is_ok(), "{found:?}");
    let error = found.expected[4].as_ref().expect_err("no limit");
    let LimitError::NotBracketed { curve, reached, cls, size, .. } = error else {
        panic!("another error: {error}")
    };
    assert_eq!(curve, "expected (+2 sigma)");
    assert!(*reached > 4.0 && *cls > *size, "{error}");
    assert!(error.to_string().contains("not bracketed"), "{error}");
    // There is no signal.
    json["channels"][0]["samples"][0]["data"] = json!([0.0, 0.0]);
    let found = limits(&json, HypothesisTestOptions::default());
    for limit in found.all() {
        let error = limit.as_ref().expect_err("no limit");
        assert!(matches!(error, LimitError::NotBracketed { .. }), "{error}");
    }
}

#[test]
fn levels_and_fits_that_are_none_are_refused() {
    let workspace = workspace(&two_bins());
    let model = workspace.model().expect("a model");
    let data = workspace.data(&model);
    let options = HypothesisTestOptions::default();
    let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
    for level in [0.0, 1.0, -0.5, f64::NAN] {
        let options = LimitOptions { level, ..Default::default() };
        let error = calculator.upper_limits(&options).expect_err("no level");
        assert!(matches!(error, InferenceError::Level { .. }), "{error}");
    }
    let fit = FitOptions { max_steps: 0, ..Default::default() };
    let options = HypothesisTestOptions { fit, ..Default::default() };
    let mut stopped = AsymptoticCalculator::new(&model, &data, options).expect("a report");
    let error = stopped.upper_limits(&LimitOptions::default()).expect_err("no minimum");
    assert_eq!(error, InferenceError::NotAMinimum { status: "step limit" });
}

/// A limit of tight fits, with its gradient.
fn limit_of(
    workspace: &Workspace,
    model: &Model,
    (quantity, options): (Quantity, HypothesisTestOptions),
    wants_gradient: bool,
) -> Option<(f64, Vec<f64>)> {
    let data = workspace.data(model);
    let fit = FitOptions { tolerance: 1e-23, ..Default::default() };
    let options = HypothesisTestOptions { fit, ..options };
    let mut calculator = AsymptoticCalculator::new(model, &data, options).ok()?;
    let tight = LimitOptions { tolerance: 1e-6, ..Default::default() };
    let limit = calculator.upper_limit(quantity, &tight).ok()?;
    let gradient = match wants_gradient {
        false => Vec::new(),
        true => {
            let adjoint = calculator.limit_gradient(&limit).expect("a gradient");
            WorkspaceGradient::new(workspace, model, &adjoint).flatten()
        }
    };
    Some((limit.value, gradient))
}

/// Compares a limit's gradient with differences in every `stride`-th input, starting with the given
/// one.
fn check(
    json: &Value,
    what: &str,
    which: (Quantity, HypothesisTestOptions),
    inputs: (usize, usize),
) {
    let workspace = workspace(json);
    let evaluate = |workspace: &Workspace, model: &Model, wants_gradient: bool| {
        limit_of(workspace, model, which, wants_gradient)
    };
    let compared = check_by_inputs(what, &workspace, inputs, 1e-4, evaluate);
    assert!(compared > 2, "{what}: {compared} compared");
}

#[test]
fn gradients_of_limits_match_differences() {
    let every_type = read_json(project("tests/reference/all_types_qtilde.json"));
    // Each setting uses some of the inputs, and together they use all.
    let parts = sample_or_all(4, 1);
    let mut settings = 0;
    for (name, json) in [("two bins", &two_bins()), ("every type", &every_type["workspace"])] {
        for quantity in [Quantity::Observed, Quantity::Expected(0.0), Quantity::Expected(-2.0)] {
            for asimov in [AsimovData::Fitted, AsimovData::Nominal] {
                for test_statistic in [TestStatistic::QTilde, TestStatistic::Q] {
                    let options =
                        HypothesisTestOptions { test_statistic, asimov, ..Default::default() };
                    let what = format!("{name}, {quantity:?}, {asimov:?}, {test_statistic:?}");
                    check(json, &what, (quantity, options), (settings % parts, parts));
                    settings += 1;
                }
            }
        }
    }
}

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn gradients_of_a_published_limit_match_differences() {
    let folder = likelihoods();
    let (json, _) = published(&folder, REGION_A);
    for quantity in [Quantity::Observed, Quantity::Expected(0.0)] {
        check(
            &json,
            REGION_A,
            (quantity, HypothesisTestOptions::default()),
            (0, sample_or_all(150, 40)),
        );
    }
}
