//! Every node of the fixture deleted or replaced: an error or a result, never a panic or a NaN.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diffhep::histfactory::{WorkspaceGradient, WorkspaceModel};
use diffhep::inference::{AsymptoticCalculator, HypothesisTestOptions, Quantity};
use serde_json::{Value, json};

use super::{compile, fixture, remove, set};

/// The outcome of a broken workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Refused,
    NoResult,
    NotConverged,
    Converged,
}

/// Pointers to all nodes, the root first.
fn pointers(value: &Value, path: &str, out: &mut Vec<String>) {
    out.push(path.to_owned());
    match value {
        Value::Array(items) => {
            let child = |(i, item): (usize, &Value)| pointers(item, &format!("{path}/{i}"), out);
            items.iter().enumerate().for_each(child);
        }
        Value::Object(fields) => {
            let child =
                |(key, item): (&String, &Value)| pointers(item, &format!("{path}/{key}"), out);
            fields.iter().for_each(child);
        }
        _ => (),
    }
}

fn all_pointers() -> Vec<String> {
    let mut out = Vec::new();
    pointers(&fixture(), "", &mut out);
    out
}

/// An error's message must be self-contained: it begins with a path or a word and has no gap.
fn refused(outcome: Outcome, message: &str) -> Result<Outcome, String> {
    if message.is_empty() || message.starts_with(':') || message.contains("  ") {
        return Err(format!("a message with a gap: '{message}'"));
    }
    Ok(outcome)
}

fn attempt(json: Value) -> Result<Outcome, String> {
    let (workspace, model) = match compile(json) {
        Ok(compiled) => compiled,
        Err(error) => return refused(Outcome::Refused, &error.to_string()),
    };
    let (data, options) = (workspace.data(&model), HypothesisTestOptions::default());
    let mut calculator = match AsymptoticCalculator::new(&model, &data, options) {
        Ok(calculator) => calculator,
        Err(error) => return refused(Outcome::NoResult, &error.to_string()),
    };
    let test = match calculator.hypotest(1.0) {
        Ok(test) => test,
        Err(error) => return refused(Outcome::NoResult, &error.to_string()),
    };
    if !test.ratio.converged() {
        return Ok(Outcome::NotConverged);
    }
    if let Some((name, fit)) = test.ratio.fits().iter().find(|(_, fit)| fit.decrement.abs() > 1e-9)
    {
        return Err(format!("the fit '{name}' counts as converged {} off", fit.decrement));
    }
    for cls in test.cls_exp.iter().chain([&test.cls_obs]) {
        if !(0.0..=1.0).contains(cls) {
            return Err(format!("CLs of {cls}, expected {:?}", test.cls_exp));
        }
    }
    if !test.cls_exp.is_sorted() {
        return Err(format!("the expected band does not ascend: {:?}", test.cls_exp));
    }
    for quantity in [Quantity::Observed, Quantity::Expected(0.0)] {
        let Ok(adjoint) = calculator.gradient(&test.ratio, quantity) else {
            continue;
        };
        let gradient = WorkspaceGradient::new(&workspace, &model, &adjoint);
        let yields = gradient.channels.iter().flatten().map(|sample| &sample.data);
        let mut numbers = yields.chain(&gradient.observations).flatten();
        if let Some(number) = numbers.find(|number| !number.is_finite()) {
            return Err(format!("a derivative of {number} for {quantity:?}"));
        }
    }
    Ok(Outcome::Converged)
}

/// Tries every edit, names those that panic or give NaN, and counts the outcomes.
fn try_all(breaks: impl Iterator<Item = (String, Value)>) -> impl Fn(Outcome) -> usize {
    let (mut outcomes, mut failures) = (Vec::new(), Vec::new());
    for (name, json) in breaks {
        match catch_unwind(AssertUnwindSafe(|| attempt(json))) {
            Ok(Ok(outcome)) => outcomes.push(outcome),
            Ok(Err(failure)) => failures.push(format!("{name}: {failure}")),
            Err(_) => failures.push(format!("{name}: panics")),
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    move |wanted| outcomes.iter().filter(|found| **found == wanted).count()
}

#[test]
fn deleting_any_node_gives_an_error_or_a_result() {
    let paths = all_pointers();
    let delete = |path: &String| {
        let mut json = fixture();
        remove(&mut json, path);
        (format!("without {path}"), json)
    };
    let count = try_all(paths.iter().skip(1).map(delete));
    assert!(count(Outcome::Refused) > 80, "{}", count(Outcome::Refused));
    assert!(count(Outcome::Converged) > 10, "{}", count(Outcome::Converged));
}

#[test]
fn replacing_any_node_by_another_kind_gives_an_error_or_a_result() {
    let paths = all_pointers();
    let values = [json!(null), json!("x"), json!(-1), json!([]), json!({}), json!(true)];
    let replace = |path: &String| {
        let replaced = values.iter().map(|value| {
            let mut json = fixture();
            set(&mut json, path, value.clone());
            (format!("{path} = {value}"), json)
        });
        replaced.collect::<Vec<_>>()
    };
    let count = try_all(paths.iter().flat_map(replace));
    assert!(count(Outcome::Refused) > 600, "{}", count(Outcome::Refused));
    assert!(count(Outcome::Converged) > 20, "{}", count(Outcome::Converged));
}

#[test]
fn replacing_any_number_by_an_extreme_one_gives_an_error_or_a_result() {
    let whole = fixture();
    let is_number = |path: &String| whole.pointer(path).is_some_and(Value::is_number);
    let paths: Vec<String> = all_pointers().into_iter().filter(is_number).collect();
    let values = [0.0, -0.0, 1e-300, 1e-160, 1e-12, 1e12, 1e160, 1e308, -1e-300, -1e12, -1e308];
    let replace = |path: &String| {
        let replaced = values.map(|value| {
            let mut json = fixture();
            set(&mut json, path, json!(value));
            (format!("{path} = {value:e}"), json)
        });
        replaced.to_vec()
    };
    let count = try_all(paths.iter().flat_map(replace));
    assert!(count(Outcome::Refused) > 50, "{}", count(Outcome::Refused));
    assert!(count(Outcome::Converged) > 100, "{}", count(Outcome::Converged));
}
