//! Toys: p-values against pyhf and closed forms, and bits that do not depend on how a run is split.

mod files;
mod goodness_of_fit;
mod p_values;

use std::path::PathBuf;

use diffhep::histfactory::{Model, Workspace, WorkspaceModel};
use diffhep::inference::{ToyCalculator, ToyOptions, ToyRun, ToySet};
use serde_json::{Value, json};

use super::common::{project, read_json};

/// Results of pyhf and scipy: tests/reference/make_toys_reference.py.
fn reference() -> Value {
    read_json(project("tests/reference/toys/toys.json"))
}

fn model_of(json: &Value) -> (Model, Vec<f64>) {
    let workspace = Workspace::from_json(json.clone()).expect("a valid workspace");
    let model = workspace.model().expect("a valid model");
    let data = workspace.data(&model);
    (model, data)
}

fn two_bins() -> (Model, Vec<f64>) {
    model_of(&read_json(project("examples/two_bins.json")))
}

/// Signal and background yields, a list of modifiers of the background, and the observed counts.
fn counting(signal: &[f64], background: &[f64], modifiers: Value, observed: &[f64]) -> Value {
    json!({
        "channels": [{ "name": "region", "samples": [
            { "name": "signal", "data": signal, "modifiers": [
                { "name": "mu", "type": "normfactor", "data": null }]},
            { "name": "background", "data": background, "modifiers": modifiers },
        ]}],
        "observations": [{ "name": "region", "data": observed }],
        "measurements": [{ "name": "count", "config": { "poi": "mu", "parameters": [] } }],
        "version": "1.0.0",
    })
}

fn options(seed: u64, first: u64, toys: u64) -> ToyOptions {
    ToyOptions { run: ToyRun { seed, first, toys }, ..ToyOptions::default() }
}

fn calculator<'m>((model, data): &'m (Model, Vec<f64>), options: ToyOptions) -> ToyCalculator<'m> {
    ToyCalculator::new(model, data, options).expect("the observed fits have minima")
}

fn run(calculator: &ToyCalculator) -> ToySet {
    calculator.run(None, &mut |_| ()).expect("toys")
}

/// An empty folder for one test.
fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("toys").join(test);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("a folder of an earlier run");
    }
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}
