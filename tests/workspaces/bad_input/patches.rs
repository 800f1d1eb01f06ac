//! Patches and patch sets that do not fit.

use diffhep::histfactory::{PatchSet, WorkspaceError as E, apply_patch};
use serde_json::{Value, json};

use super::{compile, fixture};

#[test]
fn a_patch_that_does_not_fit_is_refused_and_changes_nothing() {
    let cases: [(&str, Value, &str); 10] = [
        ("not an array", json!({ "op": "remove", "path": "/version" }), "not a JSON patch"),
        ("null", json!(null), "not a JSON patch"),
        ("an operation without op", json!([{ "path": "/version" }]), "missing field `op`"),
        ("an unknown op", json!([{ "op": "delete", "path": "/version" }]), "delete"),
        ("add without value", json!([{ "op": "add", "path": "/version" }]), "value"),
        (
            "a path without slash",
            json!([{ "op": "remove", "path": "version" }]),
            "not a JSON patch",
        ),
        (
            "a path that does not exist",
            json!([{ "op": "replace", "path": "/channels/9/name", "value": "x" }]),
            "operation 0 at '/channels/9/name'",
        ),
        (
            "an index that is none",
            json!([{ "op": "remove", "path": "/channels/x" }]),
            "/channels/x",
        ),
        (
            "a test that fails",
            json!([{ "op": "test", "path": "/version", "value": "2.0.0" }]),
            "operation 0 at '/version'",
        ),
        (
            "a second operation that fails",
            json!([
                { "op": "remove", "path": "/channels/0" },
                { "op": "move", "from": "/nowhere", "path": "/channels/0" }
            ]),
            "operation 1",
        ),
    ];
    for (name, patch, words) in cases {
        let mut json = fixture();
        let error = apply_patch(&mut json, &patch, "signal.json").expect_err(name);
        let E::Patch { source_name, message } = &error else { panic!("{name}: {error:?}") };
        assert_eq!(source_name, "signal.json");
        assert!(message.contains(words), "{name}: {message}");
        assert!(error.to_string().starts_with("signal.json: "), "{name}: {error}");
        assert_eq!(json, fixture(), "{name}: the workspace changed");
    }
}

#[test]
fn a_patch_that_fits_may_still_break_the_workspace() {
    let mut json = fixture();
    let patch = json!([{ "op": "remove", "path": "/observations/0/data/1" }]);
    apply_patch(&mut json, &patch, "cut.json").expect("a patch that fits");
    let error = compile(json).expect_err("a bin without count");
    assert_eq!(
        error,
        E::WrongLength { path: "/observations/0/data".to_owned(), expected: 2, found: 1 }
    );
}

fn patch_set() -> Value {
    let entry = |name: &str| json!({ "metadata": { "name": name, "values": [1] }, "patch": [] });
    json!({ "metadata": {}, "version": "1.0.0", "patches": [entry("light"), entry("heavy")] })
}

#[test]
fn patch_sets_are_told_from_patches() {
    assert!(PatchSet::recognises(&patch_set()));
    assert!(!PatchSet::recognises(&json!([])));
    assert!(!PatchSet::recognises(&fixture()));
    let set = PatchSet::from_json(&patch_set()).expect("a patch set");
    assert_eq!(set.names().collect::<Vec<_>>(), ["light", "heavy"]);
    assert_eq!(set.patch("heavy"), Ok(&json!([])));
}

#[test]
fn an_unknown_patch_is_named_with_those_there_are() {
    let set = PatchSet::from_json(&patch_set()).expect("a patch set");
    let error = set.patch("medium").expect_err("no such patch");
    assert!(matches!(&error, E::UnknownPatch { name, .. } if name == "medium"), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("'medium'") && message.contains("light, heavy"), "{message}");
}

#[test]
fn broken_patch_sets_are_refused() {
    type Case = (&'static str, fn(&mut Value), fn(&E) -> bool);
    let cases: [Case; 8] = [
        (
            "a name twice",
            |s| s["patches"][1]["metadata"]["name"] = json!("light"),
            |e| {
                matches!(e, E::DuplicateName { path, kind: "patch", name }
                if path == "/patches/1/metadata/name" && name == "light")
            },
        ),
        (
            "no patches",
            |s| s["patches"] = json!([]),
            |e| matches!(e, E::Empty { path } if path == "/patches"),
        ),
        (
            "patches is an object",
            |s| s["patches"] = json!({}),
            |e| matches!(e, E::WrongType { path, expected: "an array", .. } if path == "/patches"),
        ),
        (
            "no metadata",
            |s| drop(s["patches"][0].as_object_mut().map(|p| p.remove("metadata"))),
            |e| matches!(e, E::MissingKey { path, key: "metadata" } if path == "/patches/0"),
        ),
        (
            "no name",
            |s| s["patches"][0]["metadata"] = json!({}),
            |e| matches!(e, E::MissingKey { path, key: "name" } if path == "/patches/0/metadata"),
        ),
        (
            "a number for a name",
            |s| s["patches"][0]["metadata"]["name"] = json!(5),
            |e| matches!(e, E::WrongType { path, .. } if path == "/patches/0/metadata/name"),
        ),
        (
            "no patch",
            |s| drop(s["patches"][1].as_object_mut().map(|p| p.remove("patch"))),
            |e| matches!(e, E::MissingKey { path, key: "patch" } if path == "/patches/1"),
        ),
        ("an array", |s| *s = json!([]), |e| matches!(e, E::WrongType { .. })),
    ];
    for (name, edit, expected) in cases {
        let mut json = patch_set();
        edit(&mut json);
        let error = PatchSet::from_json(&json).expect_err(name);
        assert!(expected(&error), "{name}: {error:?}");
    }
}
