//! What several test programs need: files, numbers, published models.

#![allow(dead_code, reason = "each program takes its part")]

use std::path::PathBuf;

use diffhep::histfactory::{Model, Workspace, WorkspaceModel, apply_patch, parse};
use serde_json::Value;

/// The published models that tests use, by file name without ending.
pub const PUBLISHED: [&str; 5] = [
    "ATLAS-SUSY-2018-14.combined",
    "ATLAS-SUSY-2018-31.simplified-A",
    "ATLAS-SUSY-2018-31.region-A",
    "ATLAS-SUSY-2018-04.combined",
    "ATLAS-SUSY-2019-09.onshell",
];

pub const REGION_A: &str = PUBLISHED[2];

pub fn project(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The folder of published models found by tests/build.rs; tests that need it are ignored if there
/// is none.
pub fn likelihoods() -> PathBuf {
    let found: Option<&str> = option_env!("TEST_PUBLISHED_MODELS");
    found.map(PathBuf::from).expect("the test is ignored without models")
}

/// How many of something a test uses: a sample, or all if DIFFHEP_THOROUGH is set.
pub fn sample_or_all<T>(sample: T, all: T) -> T {
    if std::env::var_os("DIFFHEP_THOROUGH").is_some() { all } else { sample }
}

pub fn read_json(path: impl Into<PathBuf>) -> Value {
    let path = path.into();
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// pyhf's results of pruning, renaming, combining and sorting workspaces, and of their digests.
pub fn surgery_reference() -> Value {
    read_json(project("tests/reference/surgery/surgery.json"))
}

/// CLs and band, and the observed p0, of the one published model with a second valley, into which
/// pyhf's own fits do not get: they end 0.027 higher in -2 ln L, and give an observed CLs of 0.6974.
/// These are pyhf's from the deeper one (tests/reference/make_published_minima_reference.py).
const TWO_VALLEYS: (&str, f64, [f64; 5], f64) = (
    PUBLISHED[3],
    0.7269920914253392,
    [
        0.3834476258361723,
        0.5309175688680559,
        0.7060617667590774,
        0.8715907380151653,
        0.9697511770842001,
    ],
    0.5,
);

/// A published workspace's JSON with its made-up signal, and pyhf's results for it.
pub fn published(folder: &std::path::Path, name: &str) -> (Value, Value) {
    let mut json = read_json(folder.join(format!("{name}.json")));
    let patch = read_json(folder.join(format!("{name}.signal.patch.json")));
    apply_patch(&mut json, &patch, name).expect("the patch fits");
    let mut reference = read_json(folder.join(format!("{name}.pyhf.json")));
    let (with_two_valleys, observed, expected, p0) = TWO_VALLEYS;
    if name == with_two_valleys {
        reference["cls"]["observed"] = observed.into();
        reference["cls"]["expected"] = expected.to_vec().into();
        reference["discovery"]["observed_p0"] = p0.into();
    }
    (json, reference)
}

pub fn workspace(json: &Value) -> Workspace {
    Workspace::from_json(json.clone()).expect("a valid workspace")
}

pub fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().expect("an array").iter();
    items.map(|item| item.as_f64().expect("a number")).collect()
}

/// Asserts agreement relative to the expected number.
#[track_caller]
pub fn assert_relative(what: &str, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(error <= tolerance, "{what}: found {found}, expected {expected}, error {error:.1e}");
}

/// Asserts that two lists agree, entry by entry, relative to the expected numbers.
#[track_caller]
pub fn assert_all_relative(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: number of entries");
    for (found, expected) in found.iter().zip(expected) {
        assert_relative(what, *found, *expected, tolerance);
    }
}

/// A number of a workspace's model and, if requested, its gradient with respect to
/// [`Workspace::inputs`]; `None` where it is not defined.
pub type Evaluated = Option<(f64, Vec<f64>)>;

/// Compares a number's gradient with respect to every `stride`-th input of a workspace with
/// extrapolated central differences, relative to the larger of the derivative and a thousandth of
/// the change of the number when the input changes by its own size; returns how many were compared.
#[track_caller]
pub fn check_by_inputs(
    what: &str,
    workspace: &Workspace,
    (first, stride): (usize, usize),
    tolerance: f64,
    evaluate: impl Fn(&Workspace, &Model, bool) -> Evaluated,
) -> usize {
    let model = workspace.model().expect("a model");
    let inputs = workspace.inputs(&model);
    let (value, gradient) = evaluate(workspace, &model, true).expect("a number");
    assert_eq!(gradient.len(), inputs.values.len(), "{what}");
    let mut compared = 0;
    for i in (first..inputs.values.len()).step_by(stride) {
        let moved = |shift: f64| {
            let mut values = inputs.values.clone();
            values[i] += shift;
            let moved = workspace.with_inputs(&model, &values).ok()?;
            let model = moved.model().ok()?;
            evaluate(&moved, &model, false).map(|(value, _)| value)
        };
        let central = |h: f64| Some((moved(h)? - moved(-h)?) / (2.0 * h));
        let size = inputs.values[i].abs();
        let h = if size == 0.0 { 1e-3 } else { 2e-3 * size };
        let (Some(coarse), Some(fine)) = (central(h), central(h / 2.0)) else { continue };
        let expected = (4.0 * fine - coarse) / 3.0;
        let least = 1e-3 * value.abs() / if size == 0.0 { 1.0 } else { size };
        let error = (gradient[i] - expected).abs() / expected.abs().max(least);
        let name = &inputs.names[i];
        assert!(error <= tolerance, "{what} by {name}: {:e}, difference {expected:e}", gradient[i]);
        compared += 1;
    }
    compared
}
