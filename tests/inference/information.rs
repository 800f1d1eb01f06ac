//! The information of Asimov data: agreement with the Hessian of pyhf's likelihood (the numbers and
//! the script that made them are in `tests/reference`), and gradients against differences of the
//! whole calculation, with the workspace read and compiled again.

use diffhep::histfactory::{Model, Workspace, WorkspaceGradient, WorkspaceModel};
use diffhep::inference::{AsimovInformation, InferenceError, fit, fixed_poi_fit, pulls};
use serde_json::{Value, json};

use super::common::{
    assert_all_relative, assert_relative, numbers, project, read_json, sample_or_all, workspace,
};
use super::gradients::{places, scale, with_auxiliary_data};

fn cases() -> Vec<Value> {
    let cases = read_json(project("tests/reference/information/information.json"));
    cases.as_array().expect("a list of cases").clone()
}

fn case(name: &str) -> Value {
    cases().into_iter().find(|case| case["name"] == name).expect("a case of this name")
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().expect("a matrix").iter().map(numbers).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn information_is_the_hessian_of_pyhf_s_likelihood() {
    for case in cases() {
        let name = case["name"].as_str().expect("a name");
        let model = workspace(&case["workspace"]).model().expect("a valid model");
        let theta = numbers(&case["parameters"]);
        let information = AsimovInformation::new(&model, &theta).expect("an information");
        assert_eq!(json!(information.free()), case["free"], "{name}");
        for (i, expected) in rows(&case["information"]).iter().enumerate() {
            for (j, expected) in expected.iter().enumerate() {
                // Entries that vanish do so up to the rounding of pyhf's automatic derivatives.
                let unit = information.information()[(i, i)] * information.information()[(j, j)];
                let found = information.information()[(i, j)];
                let error = (found - expected).abs();
                assert!(error < 1e-10 * expected.abs() + 1e-12 * unit.sqrt(), "{name} {i} {j}");
            }
        }
        let sigma = |p: &usize| information.sigma(*p).expect("a free parameter");
        let sigmas: Vec<f64> = information.free().iter().map(sigma).collect();
        assert_all_relative(name, &sigmas, &numbers(&case["sigma"]), 1e-9);
        let ln_variance = information.ln_generalised_variance();
        assert_relative(name, ln_variance, number(&case["ln_generalised_variance"]), 1e-9);
        let (places, ratios): (Vec<usize>, Vec<f64>) =
            information.constraint_ratios().into_iter().unzip();
        let expected = rows(&case["constraint_ratios"]);
        let expected_places: Vec<usize> = expected.iter().map(|pair| pair[0] as usize).collect();
        assert_eq!(places, expected_places, "{name}");
        let expected: Vec<f64> = expected.iter().map(|pair| pair[1]).collect();
        assert_all_relative(name, &ratios, &expected, 1e-9);
        let deviation = information.constraint_deviation();
        assert_relative(name, deviation, number(&case["constraint_deviation"]), 1e-9);
        let found = information.gaussianity(&rows(&case["normals"])).expect("a mean");
        assert_relative(name, found.value, number(&case["gaussianity"]), 1e-9);
        assert_eq!(json!(found.left_out), case["left_out"], "{name}");
    }
}

/// A number derived from the information at the nominal point.
#[derive(Clone, Copy, Debug)]
enum Output {
    PoiSigma,
    LnVariance,
    Deviation,
    Gaussianity,
}

const OUTPUTS: [Output; 4] =
    [Output::PoiSigma, Output::LnVariance, Output::Deviation, Output::Gaussianity];

/// The signal strength of the Asimov data.
const POI: f64 = 0.9;

fn model_of(json: &Value) -> (Workspace, Model) {
    let workspace = workspace(json);
    let model = workspace.model().expect("a valid model");
    (workspace, model)
}

/// Variates of various sizes, the same for every call.
fn normals(n_free: usize) -> Vec<Vec<f64>> {
    let wave = |i: usize| 1.4 * (i as f64 * 2.3 + 0.7).sin();
    (0..5).map(|sample| (0..n_free).map(|k| wave(sample * n_free + k)).collect()).collect()
}

impl Output {
    fn value(self, json: &Value) -> f64 {
        let (_, model) = model_of(json);
        let information = AsimovInformation::nominal(&model, POI).expect("an information");
        match self {
            Self::PoiSigma => information.poi_sigma(),
            Self::LnVariance => information.ln_generalised_variance(),
            Self::Deviation => information.constraint_deviation(),
            Self::Gaussianity => {
                let normals = normals(information.free().len());
                let found = information.gaussianity(&normals).expect("a mean");
                assert_eq!(found.left_out, 0);
                found.value
            }
        }
    }

    fn gradient(self, json: &Value, factor: f64) -> Value {
        let (workspace, model) = model_of(json);
        let information = AsimovInformation::nominal(&model, POI).expect("an information");
        let mut out = model.zero_adjoint();
        match self {
            Self::PoiSigma => information.add_poi_sigma_gradient(factor, &mut out),
            Self::LnVariance => information.add_ln_generalised_variance_gradient(factor, &mut out),
            Self::Deviation => information.add_constraint_deviation_gradient(factor, &mut out),
            Self::Gaussianity => {
                let normals = normals(information.free().len());
                information
                    .add_gaussianity_gradient(&normals, factor, &mut out)
                    .expect("a gradient");
            }
        }
        assert!(out.is_finite());
        WorkspaceGradient::new(&workspace, &model, &out).to_json(&workspace)
    }

    /// Twice extrapolated central difference, from the pair of steps that agree best.
    fn difference(self, json: &Value, place: &str) -> f64 {
        let centre = json.pointer(place).and_then(Value::as_f64).expect("a number");
        let scale = scale(place, centre);
        let at = |shift: f64| {
            let mut moved = json.clone();
            *moved.pointer_mut(place).expect("the number's place") = json!(centre + shift);
            self.value(&moved)
        };
        let central = |h: f64| (at(h) - at(-h)) / (2.0 * h);
        let once = |h: f64| (4.0 * central(h / 2.0 * scale) - central(h * scale)) / 3.0;
        let twice = |h: f64| (16.0 * once(h / 2.0) - once(h)) / 15.0;
        let [coarse, middle, fine] = [1.6e-2, 6e-3, 2e-3].map(twice);
        if (coarse - middle).abs() < (middle - fine).abs() { coarse } else { middle }
    }

    /// Compares the derivative with respect to every number of the workspace, or to every second
    /// one, the first for two outputs and the second for the others; gives how many are not 0.
    fn check(self, json: &Value) -> usize {
        let (value, gradient) = (self.value(json), self.gradient(json, 1.0));
        let mut all = Vec::new();
        places(json, "", &mut all);
        let mut alive = 0;
        let (first, step) = sample_or_all((self as usize % 2, 2), (0, 1));
        for (i, place) in all.iter().filter(|place| !place.contains("/bounds/")).enumerate() {
            let found = gradient.pointer(place).and_then(Value::as_f64).expect("a derivative");
            alive += usize::from(found != 0.0);
            if i % step != first {
                continue;
            }
            let expected = self.difference(json, place);
            let number = json.pointer(place).and_then(Value::as_f64).expect("a number");
            // Rounding error of the value divided by the smallest step.
            let floor = 1e-11 * value.abs() / scale(place, number);
            let error = (found - expected).abs();
            assert!(
                error < 1e-6 * expected.abs() + floor,
                "{self:?} at {place}: found {found:e}, difference {expected:e}, error {error:.1e}"
            );
        }
        alive
    }
}

/// Moves the nominal point away from where derivatives vanish by symmetry.
fn with_moved_inits(mut json: Value) -> Value {
    let (_, model) = model_of(&json);
    let list = json["measurements"][0]["config"]["parameters"].as_array_mut().expect("a list");
    for set in model.parameter_sets() {
        let wave =
            |(i, init): (usize, &f64)| init + 0.09 * ((set.offset + i) as f64 * 1.7 + 0.4).sin();
        let inits = json!(set.inits.iter().enumerate().map(wave).collect::<Vec<_>>());
        match list.iter_mut().find(|entry| entry["name"] == set.name) {
            Some(entry) => entry["inits"] = inits,
            None => list.push(json!({ "name": set.name, "inits": inits })),
        }
    }
    json
}

#[test]
fn gradients_match_differences_for_every_modifier_type() {
    let json = read_json(project("tests/reference/all_types_qtilde.json"))["workspace"].clone();
    let moved = with_moved_inits(with_auxiliary_data(json.clone()));
    for output in OUTPUTS {
        assert!(output.check(&json) > 40, "{output:?}");
        assert!(output.check(&moved) > 60, "{output:?}");
    }
}

#[test]
fn gradients_match_differences_for_shapes_of_two_points() {
    let json = case("shapes")["workspace"].clone();
    for json in [with_moved_inits(json.clone()), json] {
        for output in OUTPUTS {
            assert!(output.check(&json) >= 8, "{output:?}");
        }
    }
}

#[test]
fn gradients_match_differences_for_uncorrelated_uncertainties() {
    let json = read_json(project("examples/two_bins.json"));
    for json in [with_moved_inits(json.clone()), json] {
        for output in OUTPUTS {
            assert!(output.check(&json) >= 6, "{output:?}");
        }
    }
}

#[test]
fn gradients_are_added_with_their_factor() {
    let json = case("shapes")["workspace"].clone();
    let (workspace, model) = model_of(&json);
    let information = AsimovInformation::nominal(&model, POI).expect("an information");
    let normals = normals(information.free().len());
    let mut out = model.zero_adjoint();
    information.add_poi_sigma_gradient(0.5, &mut out);
    information.add_gaussianity_gradient(&normals, -2.0, &mut out).expect("a gradient");
    information.add_ln_generalised_variance_gradient(0.25, &mut out);
    information.add_constraint_deviation_gradient(3.0, &mut out);
    let sum = WorkspaceGradient::new(&workspace, &model, &out).to_json(&workspace);
    let parts = [0.5, 0.25, 3.0, -2.0];
    let parts =
        parts.into_iter().zip(OUTPUTS).map(|(factor, output)| output.gradient(&json, factor));
    let parts: Vec<Value> = parts.collect();
    let mut all = Vec::new();
    places(&sum, "", &mut all);
    for place in all {
        let at = |value: &Value| value.pointer(&place).and_then(Value::as_f64).expect("a number");
        let expected: f64 = parts.iter().map(at).sum();
        assert!((at(&sum) - expected).abs() < 1e-12 * (1.0 + expected.abs()), "{place}");
    }
}

#[test]
fn a_given_point_does_not_move_with_the_initial_values() {
    let (_, model) = model_of(&case("shapes")["workspace"]);
    let mut point = model.suggested_init().to_vec();
    point[model.poi_index()] = POI;
    let [given, nominal] = [
        AsimovInformation::new(&model, &point).expect("an information"),
        AsimovInformation::nominal(&model, POI).expect("an information"),
    ]
    .map(|information| {
        let mut out = model.zero_adjoint();
        information.add_ln_generalised_variance_gradient(1.0, &mut out);
        (information.poi_sigma(), out)
    });
    assert_eq!(given.0, nominal.0);
    assert!(given.1.inits().iter().all(|slope| *slope == 0.0));
    assert!(nominal.1.inits().iter().any(|slope| *slope != 0.0));
    assert_eq!(nominal.1.inits()[model.poi_index()], 0.0);
}

#[test]
fn pulls_compare_a_fit_with_the_auxiliary_measurements() {
    let json = read_json(project("examples/two_bins.json"));
    let (workspace, model) = model_of(&json);
    let data = workspace.data(&model);
    let free = fit(&data, &model).expect("a fit");
    let found = pulls(&model, &free).expect("pulls");
    let information = AsimovInformation::new(&model, &free.parameters).expect("an information");
    let uncertainties = [3.0 / 50.0, 7.0 / 52.0];
    assert_eq!(found.len(), 2);
    for (pull, uncertainty) in found.iter().zip(uncertainties) {
        let (p, fitted) = (pull.parameter, free.parameters[pull.parameter]);
        assert_eq!(pull.name, model.parameter_names()[p]);
        assert_relative("pull", pull.pull, (fitted - 1.0) / uncertainty, 1e-9);
        let sigma = information.sigma(p).expect("a free parameter");
        assert_relative("constraint", pull.constraint, sigma / uncertainty, 1e-9);
        assert!(pull.constraint < 1.0);
    }
    // A fixed signal strength is known, so the other parameters are known better.
    let held = fixed_poi_fit(free.parameters[model.poi_index()], &data, &model).expect("a fit");
    let tighter = pulls(&model, &held).expect("pulls");
    assert!(tighter.iter().zip(&found).all(|(held, free)| held.constraint < free.constraint));
    let mut stopped = free;
    stopped.status = diffhep::fit::FitStatus::StepLimit;
    let error = pulls(&model, &stopped).expect_err("a fit that is not at a minimum");
    assert_eq!(error, InferenceError::NotAMinimum { status: "step limit" });
}
