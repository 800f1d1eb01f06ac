//! Pruning, renaming, combining, sorting and digests of workspaces, and patch sets: agreement with
//! pyhf (the results and the script that made them are in `tests/reference`), and what pyhf accepts
//! by mistake.

use diffhep::histfactory::surgery::{
    CombineOptions, Component, DigestAlgorithm, Join, Pruning, Renaming, SurgeryError, combine,
    digest, prune, rename, sort,
};
use diffhep::histfactory::{PatchSet, PatchValue, Workspace, WorkspaceError, parse};
use serde_json::{Value, json};

use super::common::{likelihoods, read_json, surgery_reference, workspace};

fn cases<'a>(reference: &'a Value, operation: &str) -> &'a [Value] {
    reference[operation].as_array().expect("a list of cases")
}

/// Compares a result with pyhf's; kinds of numbers matter, the order of keys does not.
#[track_caller]
fn check(reference: &Value, case: &Value, found: Result<Workspace, SurgeryError>) {
    let what = &case["arguments"];
    match (case["error"].as_str(), found) {
        (None, Ok(found)) => {
            let sha256 = case["sha256"].as_str().expect("a digest");
            assert_eq!(found.json(), &reference["results"][sha256], "{what}");
            assert_eq!(digest(found.json(), DigestAlgorithm::Sha256), sha256, "{what}");
        }
        (Some("InvalidSpecification"), Err(SurgeryError::Result(_))) => (),
        (Some("ValueError"), Err(SurgeryError::MergeWithoutJoin)) => (),
        (Some("InvalidWorkspaceOperation"), Err(error)) => {
            let other = matches!(error, SurgeryError::Result(_) | SurgeryError::MergeWithoutJoin);
            assert!(!other, "{what}: {error}");
        }
        (expected, found) => panic!("{what}: pyhf says {expected:?}, found {found:?}"),
    }
}

fn names(arguments: &Value, key: &str) -> Vec<String> {
    let names = arguments[key].as_array().map_or(&[][..], Vec::as_slice).iter();
    names.map(|name| name.as_str().expect("a text").to_owned()).collect()
}

fn pairs(arguments: &Value, key: &str) -> Vec<(String, String)> {
    let Some(pairs) = arguments[key].as_object() else { return Vec::new() };
    let pairs = pairs.iter();
    pairs.map(|(old, new)| (old.clone(), new.as_str().expect("a text").to_owned())).collect()
}

#[test]
fn pruned_workspaces_are_pyhfs() {
    let reference = surgery_reference();
    let left = workspace(&reference["left"]);
    for case in cases(&reference, "prune") {
        let arguments = &case["arguments"];
        let pruning = Pruning {
            channels: names(arguments, "channels"),
            samples: names(arguments, "samples"),
            modifiers: names(arguments, "modifiers"),
            modifier_types: names(arguments, "modifier_types"),
            measurements: names(arguments, "measurements"),
        };
        check(&reference, case, prune(&left, &pruning));
    }
}

#[test]
fn renamed_workspaces_are_pyhfs() {
    let reference = surgery_reference();
    let left = workspace(&reference["left"]);
    for case in cases(&reference, "rename") {
        let arguments = &case["arguments"];
        let renaming = Renaming {
            channels: pairs(arguments, "channels"),
            samples: pairs(arguments, "samples"),
            modifiers: pairs(arguments, "modifiers"),
            measurements: pairs(arguments, "measurements"),
        };
        check(&reference, case, rename(&left, &renaming));
    }
}

#[test]
fn combined_workspaces_are_pyhfs_by_every_join() {
    let reference = surgery_reference();
    let left = workspace(&reference["left"]);
    for case in cases(&reference, "combine") {
        let arguments = &case["arguments"];
        let text = |key: &str| arguments[key].as_str().expect("a text");
        let right = workspace(&reference["rights"][text("right")]);
        let join: Join = text("join").parse().expect("a join");
        let merge_channels = arguments["merge_channels"].as_bool().expect("a boolean");
        check(&reference, case, combine(&left, &right, CombineOptions { join, merge_channels }));
    }
}

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn sorted_workspaces_are_pyhfs() {
    let reference = surgery_reference();
    check(&reference, &reference["sort"], sort(&workspace(&reference["left"])));
    let folder = likelihoods();
    for (name, pinned) in reference["published"].as_object().expect("models") {
        let sorted = sort(&workspace(&read_json(folder.join(format!("{name}.json")))));
        let sorted = sorted.expect("a sorted workspace");
        assert_eq!(digest(sorted.json(), DigestAlgorithm::Sha256), pinned["sorted"], "{name}");
    }
}

fn check_digests(what: &str, json: &Value, expected: &Value) {
    for (name, expected) in expected.as_object().expect("digests") {
        let algorithm: DigestAlgorithm = name.parse().expect("an algorithm");
        assert_eq!(&digest(json, algorithm), expected, "{name} of {what}");
    }
}

#[test]
fn digests_are_pyhfs() {
    let reference = surgery_reference();
    for case in cases(&reference, "digests") {
        let text = case["text"].as_str().expect("a text");
        let start: String = text.chars().take(60).collect();
        check_digests(&start, &parse(text).expect("JSON"), &case["digests"]);
    }
    let pinned = &reference["workspace_digests"];
    assert_eq!(pinned.as_object().map(|all| all.len()), Some(DigestAlgorithm::TABLE.len()));
    check_digests("left", workspace(&reference["left"]).json(), pinned);
}

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn digests_of_published_workspaces_are_pyhfs() {
    let folder = likelihoods();
    for (name, pinned) in surgery_reference()["published"].as_object().expect("models") {
        let json = read_json(folder.join(format!("{name}.json")));
        check_digests(name, workspace(&json).json(), &pinned["digests"]);
    }
}

#[test]
fn patch_sets_are_pyhfs() {
    let reference = surgery_reference();
    let left = workspace(&reference["left"]);
    let set = PatchSet::from_whole_json(&reference["patchset"]).expect("a patch set");
    assert_eq!(json!(set.labels()), json!(["mass", "kind"]));
    assert_eq!(set.description(), Some("a grid of two directions"));
    assert_eq!(json!(set.references()), json!([["hepdata", "ins1234567"]]));
    set.verify(&left).expect("its workspace");
    let cases = cases(&reference, "extract");
    assert_eq!(set.patches().len(), cases.len());
    for (patch, case) in set.patches().zip(cases) {
        let name = patch.name();
        assert_eq!(name, case["name"]);
        let values: Vec<Value> = patch.values().iter().map(PatchValue::to_json).collect();
        assert_eq!(json!(values), case["values"], "{name}");
        assert_eq!(patch.patch(), &case["patch"], "{name}");
        assert_eq!(set.find_values(patch.values()).map(|found| found.name()), Ok(name));
        let applied = set.apply(&left, name).expect("a patched workspace");
        assert_eq!(applied.json(), &case["applied"], "{name}");
    }
    let value = |text: &str| text.parse::<PatchValue>().expect("any text");
    let found = |values: [PatchValue; 2]| set.find_values(&values).map(|patch| patch.name());
    assert_eq!(found([PatchValue::from(100.0), value("bino")]), Ok("light_1"));
    assert_eq!(found([value("3.005e2"), value("\"400\"")]), Ok("heavier"));
    let error = found([value("300.5"), value("400")]).expect_err("a number for a text");
    assert!(matches!(error, WorkspaceError::UnknownPatchValues { .. }), "{error:?}");
}

#[test]
fn a_patch_set_is_for_one_workspace() {
    let reference = surgery_reference();
    let left = workspace(&reference["left"]);
    let set = |edit: fn(&mut Value)| {
        let mut json = reference["patchset"].clone();
        edit(&mut json["metadata"]);
        PatchSet::from_json(&json).expect("a patch set")
    };
    let mut other = reference["left"].clone();
    other["observations"][0]["data"][0] = json!(68.0);
    let error = set(|_| ()).verify(&workspace(&other)).expect_err("68 is not 68.0");
    let WorkspaceError::DigestMismatch { algorithm, expected, found } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (*algorithm, json!(expected)),
        ("md5", reference["workspace_digests"]["md5"].clone())
    );
    assert_eq!(*found, digest(&other, DigestAlgorithm::Md5));
    let error = set(|_| ()).apply(&workspace(&other), "heavy").expect_err("not its workspace");
    assert!(matches!(error, WorkspaceError::DigestMismatch { .. }), "{error:?}");
    let second = set(|metadata| metadata["digests"]["sha256"] = json!("0".repeat(64)));
    let error = second.verify(&left).expect_err("the second digest");
    assert!(matches!(error, WorkspaceError::DigestMismatch { algorithm: "sha256", .. }));
    let upper = set(|metadata| {
        let digest = metadata["digests"]["sha256"].as_str().expect("a text").to_uppercase();
        metadata["digests"]["sha256"] = json!(digest);
    });
    assert_eq!(upper.verify(&left), Ok(()));
    let none = set(|metadata| metadata["digests"] = json!({}));
    assert_eq!(none.verify(&left), Err(WorkspaceError::NoDigest));
    let unknown = set(|metadata| metadata["digests"] = json!({ "crc32": "0" }));
    let error = unknown.verify(&left).expect_err("an algorithm");
    assert!(matches!(&error, WorkspaceError::UnknownAlgorithm(_)), "{error:?}");
    assert!(error.to_string().contains("'crc32'"), "{error}");
}

#[test]
fn what_pyhf_lets_pass_is_refused() {
    let reference = surgery_reference();
    let left = workspace(&reference["left"]);
    let pair = |old: &str, new: &str| (old.to_owned(), new.to_owned());
    let renaming = |channels: Vec<_>| Renaming { channels, ..Default::default() };
    let error = rename(&left, &renaming(vec![pair("control", "Validation")]));
    let expected = WorkspaceError::DuplicateName {
        path: "/channels/2".to_owned(),
        kind: "channel",
        name: "Validation".to_owned(),
    };
    assert_eq!(error, Err(SurgeryError::Result(expected)));
    let error = rename(&left, &renaming(vec![pair("control", "a"), pair("control", "b")]));
    assert_eq!(
        error,
        Err(SurgeryError::RenamedTwice {
            kind: Component::Channel,
            name: "control".to_owned(),
            first: "a".to_owned(),
            second: "b".to_owned(),
        })
    );
    let modifiers = vec![pair("µ", "lumi")];
    let error = rename(&left, &Renaming { modifiers, ..Default::default() });
    let expected = WorkspaceError::DuplicateName {
        path: "/measurements/0/config/parameters/1".to_owned(),
        kind: "parameter",
        name: "lumi".to_owned(),
    };
    assert_eq!(error, Err(SurgeryError::Result(expected)));
    let mut right = reference["rights"]["shared"].clone();
    let samples = json!([{ "name": "new", "data": [1.0], "modifiers": [] }]);
    right["channels"][1]["samples"] = samples;
    right["observations"][1]["data"] = json!([105.0]);
    let options = CombineOptions { join: Join::LeftOuter, merge_channels: true };
    let error = combine(&left, &workspace(&right), options);
    let expected = WorkspaceError::WrongLength {
        path: "/channels/1/samples/2/data".to_owned(),
        expected: 2,
        found: 1,
    };
    assert_eq!(error, Err(SurgeryError::Result(expected)));
}

#[test]
fn a_type_is_known_though_other_types_share_its_names() {
    let left = workspace(&surgery_reference()["left"]);
    let pruning =
        |kind: &str| Pruning { modifier_types: vec![kind.to_owned()], ..Default::default() };
    let pruned = prune(&left, &pruning("histosys")).expect("a workspace");
    assert!(!pruned.json().to_string().contains("histosys"));
    assert!(pruned.json().to_string().contains("normsys"));
    let error = prune(&pruned, &pruning("histosys")).expect_err("none is left");
    let SurgeryError::UnknownName { kind: Component::ModifierType, known, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(known, "lumi, normfactor, normsys, shapefactor, shapesys, staterror");
}

#[test]
fn a_patch_set_without_metadata_serves_but_for_verifying() {
    let reference = surgery_reference();
    let mut json = reference["patchset"].clone();
    json.as_object_mut().expect("an object").remove("metadata");
    json["patches"][2]["metadata"]["values"] = json!([100.0, "bino"]);
    json["patches"][1]["metadata"] = json!({ "name": "heavy" });
    let set = PatchSet::from_json(&json).expect("a patch set");
    assert!(set.labels().is_empty() && set.digests().is_empty() && set.metadata().is_empty());
    assert_eq!(set.names().collect::<Vec<_>>(), ["light_1", "heavy", "heavier"]);
    assert_eq!(set.find("heavy").expect("a patch").values(), []);
    assert_eq!(set.patch("heavy"), Ok(&json["patches"][1]["patch"]));
    assert_eq!(set.verify(&workspace(&reference["left"])), Err(WorkspaceError::NoDigest));
    json["metadata"] = json!({ "labels": ["mass"] });
    let error = PatchSet::from_json(&json).expect_err("a value too many");
    let path = "/patches/0/metadata/values".to_owned();
    assert_eq!(error, WorkspaceError::WrongValues { path, expected: 1, found: 2 });
    json["metadata"]["labels"] = json!("mass");
    let error = PatchSet::from_json(&json).expect_err("labels are a list");
    assert!(matches!(&error, WorkspaceError::WrongType { path, .. } if path == "/metadata/labels"));
}

#[test]
fn names_in_the_tables_are_those_that_are_read() {
    for (name, join) in Join::TABLE {
        assert_eq!((name.parse(), join.name()), (Ok(join), name));
    }
    assert_eq!(Join::TABLE.map(|(name, _)| name), ["none", "outer", "left outer", "right outer"]);
    let error = "Outer".parse::<Join>().expect_err("names are in lower case");
    assert_eq!(
        error.to_string(),
        "unknown join 'Outer'; choose one of none, outer, left outer, right outer"
    );
}
