//! Broken input: workspaces, patches, parameters and data that must be refused by name.
//!
//! One valid fixture with all seven modifier types; each case breaks one thing in it and gives the
//! expected error variant, position and words.

mod calls;
mod domain;
mod mutations;
mod patches;
mod text;
mod workspaces;

use diffhep::histfactory::{Model, Workspace, WorkspaceError, WorkspaceModel};
use serde_json::Value;

const FIXTURE: &str = include_str!("../fixtures/all_types.json");

/// A case: its name, the edit, whether the error is the expected one, words of its message.
struct Case {
    name: &'static str,
    edit: fn(&mut Value),
    expected: fn(&WorkspaceError) -> bool,
    words: &'static str,
}

/// `name: |workspace| edit => pattern [if guard], words;` for each case.
macro_rules! cases {
    ($($name:literal: $edit:expr => $pattern:pat $(if $guard:expr)?, $words:literal;)*) => {
        vec![$($crate::bad_input::Case {
            name: $name,
            edit: $edit,
            expected: |error| matches!(error, $pattern $(if $guard)?),
            words: $words,
        }),*]
    };
}
use cases;

fn fixture() -> Value {
    serde_json::from_str(FIXTURE).expect("the fixture is JSON")
}

fn compile(json: Value) -> Result<(Workspace, Model), WorkspaceError> {
    let workspace = Workspace::from_json(json)?;
    let model = workspace.model()?;
    Ok((workspace, model))
}

fn valid() -> (Workspace, Model) {
    compile(fixture()).expect("the fixture is valid")
}

/// The index of a parameter in the model.
fn place(model: &Model, name: &str) -> usize {
    model.parameter_names().iter().position(|found| found == name).expect("a parameter")
}

fn at<'a>(json: &'a mut Value, path: &str) -> &'a mut Value {
    json.pointer_mut(path).unwrap_or_else(|| panic!("the fixture has no {path}"))
}

fn set(json: &mut Value, path: &str, value: Value) {
    *at(json, path) = value;
}

/// Adds a new key.
fn add(json: &mut Value, path: &str, key: &str, value: Value) {
    let fields = at(json, path).as_object_mut().expect("an object");
    assert!(fields.insert(key.to_owned(), value).is_none(), "{path} has '{key}' already");
}

fn push(json: &mut Value, path: &str, value: Value) {
    at(json, path).as_array_mut().expect("an array").push(value);
}

/// Appends a copy of an array's first entry.
fn repeat_first(json: &mut Value, path: &str) {
    let first = at(json, path)[0].clone();
    push(json, path, first);
}

fn remove(json: &mut Value, path: &str) {
    let (parent, key) = path.rsplit_once('/').expect("a path below the root");
    match at(json, parent) {
        Value::Object(fields) => {
            fields.remove(key).unwrap_or_else(|| panic!("the fixture has no {path}"));
        }
        Value::Array(items) => {
            items.remove(key.parse().expect("an index"));
        }
        other => panic!("{parent} holds nothing: {other}"),
    }
}

/// Runs every case and reports all failures together.
fn check(cases: &[Case], run: impl Fn(Value) -> Result<(), WorkspaceError>) {
    let failure = |case: &Case| {
        let mut json = fixture();
        (case.edit)(&mut json);
        let name = case.name;
        match run(json) {
            Ok(()) => Some(format!("{name}: accepted")),
            Err(error) if !(case.expected)(&error) => Some(format!("{name}: {error:?}")),
            Err(error) if !error.to_string().contains(case.words) => {
                Some(format!("{name}: the message lacks '{}': {error}", case.words))
            }
            Err(_) => None,
        }
    };
    let failures: Vec<String> = cases.iter().filter_map(failure).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_fixture_is_valid_and_uses_every_modifier_type() {
    let (_, model) = valid();
    let types = || model.parameter_sets().iter().flat_map(|set| &set.modifier_types);
    for wanted in
        ["histosys", "lumi", "normfactor", "normsys", "shapefactor", "shapesys", "staterror"]
    {
        assert!(types().any(|found| *found == wanted), "{wanted} is missing");
    }
}
