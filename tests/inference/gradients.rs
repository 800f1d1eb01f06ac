//! Compares gradients of p-values with central differences of the whole calculation: the
//! workspace's JSON is changed, read, compiled and fitted again.

use std::collections::{BTreeMap, BTreeSet};

use diffhep::fit::FitOptions;
use diffhep::histfactory::{Workspace, WorkspaceGradient, WorkspaceModel};
use diffhep::inference::{
    AsimovData, AsymptoticCalculator, HypothesisTestOptions, Quantity, TestStatistic,
};
use diffhep::kernels::interpolation::{HistosysCode, Interpolation, NormsysCode};
use serde_json::{Value, json};

use super::common::{REGION_A, likelihoods, numbers, project, published, read_json, sample_or_all};

/// A number that depends on a whole workspace.
#[derive(Clone, Copy, Debug)]
struct Output {
    discovery: bool,
    quantity: Quantity,
    statistic: TestStatistic,
    asimov: AsimovData,
    poi: f64,
    interpolation: Interpolation,
}

const CLS: Output = Output {
    discovery: false,
    quantity: Quantity::Observed,
    statistic: TestStatistic::QTilde,
    asimov: AsimovData::Fitted,
    poi: 1.0,
    interpolation: Interpolation { normsys: NormsysCode::Code4, histosys: HistosysCode::Code4p },
};

impl Output {
    fn evaluate(&self, json: &Value, gradient: bool) -> (f64, Option<Value>) {
        let workspace = Workspace::from_json(json.clone()).expect("a valid workspace");
        let model = workspace.model_with(None, self.interpolation).expect("a valid model");
        // Differences need tighter fits than any other use.
        let fit = FitOptions { tolerance: 1e-23, ..Default::default() };
        let options =
            HypothesisTestOptions { test_statistic: self.statistic, asimov: self.asimov, fit };
        let data = workspace.data(&model);
        let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
        let (observed, expected, ratio) = if self.discovery {
            let result = calculator.discovery().expect("a result");
            (result.p0_obs, result.p0_exp, result.ratio)
        } else {
            let result = calculator.hypotest(self.poi).expect("a result");
            (result.cls_obs, result.cls_exp, result.ratio)
        };
        assert!(ratio.converged(), "{:?}", ratio.fits());
        let value = match self.quantity {
            Quantity::Observed => observed,
            Quantity::Expected(n_sigma) => expected[(2.0 - n_sigma) as usize],
        };
        let shaped = gradient.then(|| {
            let adjoint = calculator.gradient(&ratio, self.quantity).expect("a gradient");
            WorkspaceGradient::new(&workspace, &model, &adjoint).to_json(&workspace)
        });
        (value, shaped)
    }

    /// Extrapolated central difference, from the pair of steps that agree best.
    fn difference(&self, json: &Value, pointer: &str) -> f64 {
        let number = json.pointer(pointer).and_then(Value::as_f64).expect("a number");
        let scale = scale(pointer, number);
        let at = |shift: f64| {
            let mut moved = json.clone();
            *moved.pointer_mut(pointer).expect("the number's place") = json!(number + shift);
            self.evaluate(&moved, false).0
        };
        let central = |h: f64| (at(h) - at(-h)) / (2.0 * h);
        let extrapolated = |h: f64| (4.0 * central(h / 2.0 * scale) - central(h * scale)) / 3.0;
        // Larger steps would reach the kinks of codes 0 and 1.
        let kinked = self.interpolation != Interpolation::default();
        let factor = if kinked { 0.05 } else { 1.0 };
        let [coarse, middle, fine] = [8e-3, 2e-3, 4e-4].map(|h| extrapolated(factor * h));
        if (coarse - middle).abs() < (middle - fine).abs() { coarse } else { middle }
    }

    /// Compares the gradient with differences for the `count` most important numbers of each kind;
    /// returns the kinds.
    fn check_each_kind(&self, json: &Value, count: usize) -> BTreeSet<String> {
        let (value, gradient) = self.evaluate(json, true);
        let gradient = gradient.expect("it was asked for");
        let places = largest_of_each_kind(json, value, &gradient, count);
        self.check(json, &gradient, &places);
        self.check_any(json, value, &gradient, count);
        places.iter().map(|place| kind(json, place)).collect()
    }

    /// Compares `count` numbers of each kind, to the rounding of a difference. They are chosen
    /// without looking at the gradient, so that a derivative that is wrongly 0 is detected.
    fn check_any(&self, json: &Value, value: f64, gradient: &Value, count: usize) {
        let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut all = Vec::new();
        places(json, "", &mut all);
        for place in all {
            kinds.entry(kind(json, &place)).or_default().push(place);
        }
        for places in kinds.into_values() {
            for i in 0..count.min(places.len()) {
                let place = &places[(i * 7919 + 13) % places.len()];
                if place.contains("/inits/") || place.contains("/bounds/") {
                    continue;
                }
                let number = json.pointer(place).and_then(Value::as_f64).expect("a number");
                let found = gradient.pointer(place).and_then(Value::as_f64).expect("a derivative");
                let expected = self.difference(json, place);
                // Rounding error of the p-value divided by the smallest step.
                let floor = 1e-8 * value / scale(place, number);
                assert!(
                    (found - expected).abs() < 1e-4 * expected.abs() + floor,
                    "{self:?} at {place}: found {found:e}, difference {expected:e}"
                );
            }
        }
    }

    fn check(&self, json: &Value, gradient: &Value, places: &[String]) {
        for place in places {
            let found = gradient.pointer(place).and_then(Value::as_f64).expect("a derivative");
            let expected = self.difference(json, place);
            let error = (found - expected).abs() / expected.abs();
            assert!(
                error < 1e-5,
                "{self:?} at {place}: found {found:e}, difference {expected:e}, error {error:.1e}"
            );
        }
    }
}

/// The scale for small changes of a number.
pub fn scale(pointer: &str, number: f64) -> f64 {
    if pointer.ends_with("/lo") || pointer.ends_with("/hi") {
        (number - 1.0).abs().max(0.05)
    } else if number == 0.0 {
        1.0
    } else {
        number.abs()
    }
}

/// Pointers to every number of a value.
pub fn places(value: &Value, path: &str, out: &mut Vec<String>) {
    match value {
        Value::Number(_) => out.push(path.to_owned()),
        Value::Array(items) => {
            let children = items.iter().enumerate();
            children.for_each(|(i, item)| places(item, &format!("{path}/{i}"), out));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(key, item)| places(item, &format!("{path}/{key}"), out));
        }
        _ => (),
    }
}

/// Lists every constrained parameter's default auxiliary datum, so that it can be changed.
pub fn with_auxiliary_data(mut json: Value) -> Value {
    let workspace = Workspace::from_json(json.clone()).expect("a valid workspace");
    let model = workspace.model().expect("a valid model");
    let list = json["measurements"][0]["config"]["parameters"].as_array_mut().expect("a list");
    for set in model.parameter_sets() {
        if set.auxdata().is_empty() {
            continue;
        }
        let auxdata = json!(set.auxdata());
        match list.iter_mut().find(|entry| entry["name"] == set.name) {
            Some(entry) => entry["auxdata"] = auxdata,
            None => list.push(json!({ "name": set.name, "auxdata": auxdata })),
        }
    }
    json
}

/// The kind of a number: the type of its modifier, or the part of the workspace it belongs to.
fn kind(json: &Value, place: &str) -> String {
    let steps: Vec<&str> = place.split('/').collect();
    if steps.get(5) == Some(&"modifiers") {
        let modifier = json.pointer(&steps[..7].join("/")).expect("a modifier");
        let end = if steps.len() > 8 { steps[8] } else { "" };
        return format!("{} {end}", modifier["type"].as_str().expect("a type"));
    }
    let part = if steps[1] == "measurements" { steps[6] } else { "" };
    format!("{} {part}", steps[1])
}

/// The `count` largest derivatives of each kind of number, and one of medium size.
fn largest_of_each_kind(json: &Value, value: f64, gradient: &Value, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    places(json, "", &mut all);
    let size = |place: &String| {
        let number = |value: &Value| value.pointer(place).and_then(Value::as_f64);
        // The ranking is by the effect of a relative change.
        (number(gradient).unwrap_or(0.0) * number(json).unwrap_or(0.0).abs().max(0.1)).abs()
    };
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for place in all {
        // In a difference, rounding of the p-value itself hides the effect of smaller ones.
        if size(&place) > 1e-5 * value {
            kinds.entry(kind(json, &place)).or_default().push(place);
        }
    }
    let mut chosen = Vec::new();
    for places in kinds.into_values() {
        let mut places = places;
        places.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let middle = places.get(places.len() / 2).cloned();
        chosen.extend(places.into_iter().take(count));
        chosen.extend(middle.filter(|place| !chosen.contains(place)));
    }
    chosen
}

/// Adds signal to the observations, so that q0 is not 0.
fn with_excess(mut json: Value, strength: f64) -> Value {
    let poi = json["measurements"][0]["config"]["poi"].clone();
    for channel in json["channels"].as_array().expect("a list").clone() {
        for sample in channel["samples"].as_array().expect("a list") {
            let modifiers = sample["modifiers"].as_array().expect("a list");
            if !modifiers.iter().any(|modifier| modifier["name"] == poi) {
                continue;
            }
            let observations = json["observations"].as_array_mut().expect("a list");
            let mut matching = observations.iter_mut().filter(|o| o["name"] == channel["name"]);
            let counts = &mut matching.next().expect("an observation")["data"];
            let signal = numbers(&sample["data"]);
            let sum = |(count, signal): (f64, f64)| count + strength * signal;
            *counts = json!(numbers(counts).into_iter().zip(signal).map(sum).collect::<Vec<_>>());
        }
    }
    json
}

/// Kinds that every workspace has.
const PARTS: [&str; 3] = ["channels", "observations", "measurements auxdata"];

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn region_a_gradients_match_differences() {
    let folder = likelihoods();
    let json = with_auxiliary_data(published(&folder, REGION_A).0);
    let excess = with_excess(json.clone(), 1.3);
    // The number in the middle of each kind, and a few others.
    let (some, few) = sample_or_all((1, 0), (2, 2));
    for (output, json, count) in [
        (CLS, &json, some),
        (Output { quantity: Quantity::Expected(0.0), ..CLS }, &json, few),
        (Output { discovery: true, ..CLS }, &excess, some),
        (Output { discovery: true, quantity: Quantity::Expected(0.0), ..CLS }, &excess, few),
    ] {
        let kinds = output.check_each_kind(json, count);
        let all = ["histosys hi_data", "histosys lo_data", "normsys hi", "normsys lo"];
        for kind in all.into_iter().chain(PARTS).chain(["staterror "]) {
            assert!(kinds.iter().any(|known| known.starts_with(kind)), "{output:?}: no {kind}");
        }
    }
}

/// A workspace with every modifier type.
fn all_types() -> Value {
    let case = read_json(project("tests/reference/all_types_qtilde.json"));
    with_auxiliary_data(case["workspace"].clone())
}

#[test]
fn gradients_match_differences_for_every_modifier_type_and_statistic() {
    let json = all_types();
    let excess = with_excess(json.clone(), 1.2);
    let mut met = BTreeSet::new();
    let nominal = AsimovData::Nominal;
    for output in [
        CLS,
        Output { quantity: Quantity::Expected(0.0), ..CLS },
        Output { quantity: Quantity::Expected(-2.0), poi: 0.7, ..CLS },
        Output { statistic: TestStatistic::Q, poi: 1.6, ..CLS },
        Output { asimov: nominal, quantity: Quantity::Expected(1.0), ..CLS },
    ] {
        met.extend(output.check_each_kind(&json, sample_or_all(2, 4)));
    }
    for output in [
        Output { discovery: true, ..CLS },
        Output { discovery: true, quantity: Quantity::Expected(0.0), ..CLS },
        Output { discovery: true, quantity: Quantity::Expected(2.0), asimov: nominal, ..CLS },
    ] {
        met.extend(output.check_each_kind(&excess, sample_or_all(2, 4)));
    }
    let types = ["histosys hi_data", "histosys lo_data", "normsys hi", "normsys lo"];
    for kind in types.into_iter().chain(PARTS).chain(["staterror ", "shapesys "]) {
        assert!(met.iter().any(|known| known.starts_with(kind)), "no {kind} among {met:?}");
    }
}

/// Codes 0 and 1 have a kink at alpha = 0, so the workspaces are ones whose fits are away from it.
#[test]
fn gradients_match_differences_for_every_interpolation_code() {
    for name in [
        "normsys_code1",
        "normsys_code4",
        "histosys_code0",
        "histosys_code2",
        "histosys_code4p",
        "shared_normsys_coupled_histosys",
    ] {
        let case = read_json(project("tests/reference").join(format!("{name}.json")));
        let code = |kind: &str| case["source"]["interpolation"][kind].as_str().expect("a code");
        let interpolation = Interpolation {
            normsys: code("normsys").parse().expect("a code"),
            histosys: code("histosys").parse().expect("a code"),
        };
        let json = with_auxiliary_data(case["workspace"].clone());
        let expected = Quantity::Expected(0.0);
        for output in [CLS, Output { quantity: expected, ..CLS }] {
            let output = Output { interpolation, ..output };
            assert!(output.check_each_kind(&json, 100).len() > 3, "{name}");
        }
    }
}

#[test]
fn a_fixed_parameters_initial_value_and_an_active_bound_have_derivatives() {
    let mut json = all_types();
    let list = json["measurements"][0]["config"]["parameters"].as_array_mut().expect("a list");
    let lumi = list.iter_mut().find(|entry| entry["name"] == "lumi").expect("lumi's settings");
    lumi["fixed"] = json!(true);
    let place = json["measurements"][0]["config"]["parameters"]
        .as_array()
        .and_then(|list| list.iter().position(|entry| entry["name"] == "lumi"))
        .map(|i| format!("/measurements/0/config/parameters/{i}/inits/0"))
        .expect("lumi's place");
    let expected = Output { quantity: Quantity::Expected(0.0), ..CLS };
    for output in [CLS, expected] {
        let (_, gradient) = output.evaluate(&json, true);
        let gradient = gradient.expect("it was asked for");
        output.check(&json, &gradient, std::slice::from_ref(&place));
    }

    // A narrow range for a nuisance parameter, so that fits end at its edge.
    let mut json = all_types();
    let list = json["measurements"][0]["config"]["parameters"].as_array_mut().expect("a list");
    let lumi = list.iter().position(|entry| entry["name"] == "lumi").expect("lumi's settings");
    list[lumi]["bounds"] = json!([[0.9999, 1.0001]]);
    let ends: Vec<String> = (0..2)
        .map(|end| format!("/measurements/0/config/parameters/{lumi}/bounds/0/{end}"))
        .collect();
    let (_, gradient) = CLS.evaluate(&json, true);
    let gradient = gradient.expect("it was asked for");
    let active = |end: &&String| gradient.pointer(end).and_then(Value::as_f64) != Some(0.0);
    let active: Vec<String> = ends.iter().filter(active).cloned().collect();
    assert!(!active.is_empty(), "no fit stops at a bound");
    for output in [CLS, expected] {
        output.check_bound(&json, &active);
    }
}

impl Output {
    /// As `check`, with steps that stay inside the narrow range.
    fn check_bound(&self, json: &Value, places: &[String]) {
        let (_, gradient) = self.evaluate(json, true);
        let gradient = gradient.expect("it was asked for");
        for place in places {
            let number = json.pointer(place).and_then(Value::as_f64).expect("a number");
            let at = |shift: f64| {
                let mut moved = json.clone();
                *moved.pointer_mut(place).expect("the number's place") = json!(number + shift);
                self.evaluate(&moved, false).0
            };
            let expected = (at(2e-5) - at(-2e-5)) / 4e-5;
            let found = gradient.pointer(place).and_then(Value::as_f64).expect("a derivative");
            assert!(
                (found - expected).abs() < 1e-4 * expected.abs(),
                "{place}: {found} {expected}"
            );
        }
    }
}

#[test]
fn a_flat_statistic_has_the_asimov_part_of_the_gradient_alone() {
    let case = read_json(project("tests/reference/excess.json"));
    let workspace = Workspace::from_json(case["workspace"].clone()).expect("a valid workspace");
    let model = workspace.model().expect("a valid model");
    let data = workspace.data(&model);
    let options = HypothesisTestOptions::default();
    let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
    let result = calculator.hypotest(case["test_poi"].as_f64().expect("one")).expect("a result");
    assert!(result.ratio.observed_is_flat());
    let output = Output { poi: case["test_poi"].as_f64().expect("one"), ..CLS };
    let json = with_auxiliary_data(case["workspace"].clone());
    assert!(output.check_each_kind(&json, 2).len() > 3);
}

/// A shift that adds events in both directions where fewer are observed: with code 0 the minimum
/// lies at the kink, and the parameter stays there when the workspace changes a little.
#[test]
fn a_parameter_in_its_kink_does_not_move() {
    let json = with_auxiliary_data(read_json(project("tests/fixtures/kink.json")));
    let interpolation = Interpolation { histosys: HistosysCode::Code0, ..CLS.interpolation };
    let workspace = Workspace::from_json(json.clone()).expect("a valid workspace");
    let model = workspace.model_with(None, interpolation).expect("a valid model");
    let data = workspace.data(&model);
    let options = HypothesisTestOptions::default();
    let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
    let test = calculator.hypotest(1.0).expect("a result");
    assert!(test.ratio.converged(), "{:?}", test.ratio.fits());
    let free = &test.ratio.free_fit;
    let names: Vec<&str> =
        free.at_kinks.iter().map(|&p| model.parameter_names()[p].as_str()).collect();
    assert_eq!((names, free.parameters[free.at_kinks[0]]), (vec!["kink"], 0.0));
    let output = Output { interpolation, ..CLS };
    assert!(output.check_each_kind(&json, 3).contains("observations "));
}

/// Without auxiliary data of their own, `shapesys` uncertainties determine both the factor and the
/// auxiliary count of their constraint; a measurement's settings replace them.
#[test]
fn gradients_match_differences_with_default_and_with_overridden_constraints() {
    for name in ["shapesys_two_bin", "all_types_qtilde", "measurement_overrides"] {
        let case = read_json(project("tests/reference").join(format!("{name}.json")));
        let json = case["workspace"].clone();
        for quantity in [Quantity::Observed, Quantity::Expected(0.0)] {
            let kinds = Output { quantity, ..CLS }.check_each_kind(&json, 6);
            let expected =
                if name == "measurement_overrides" { "measurements f" } else { "shapesys" };
            assert!(kinds.iter().any(|kind| kind.starts_with(expected)), "{name}: {kinds:?}");
        }
    }
}
