//! Tests of `patchset` and its subcommands.

use std::path::Path;

use serde_json::{Value, json};

use super::{folder, printed};
use crate::common::surgery_reference;
use crate::{refused, run_in, write};

const SUBCOMMANDS: [&str; 2] = ["list", "extract"];

/// pyhf's recorded output for a patch of the set.
fn pinned(name: &str) -> Value {
    let reference = surgery_reference();
    let cases = reference["extract"].as_array().expect("a list");
    cases.iter().find(|case| case["name"] == name).expect("a patch").clone()
}

#[test]
fn list_shows_labels_names_and_values() {
    let folder = folder("list");
    let set = surgery_reference()["patchset"].clone();
    let metadata = &set["metadata"];
    let expected = json!({
        "description": metadata["description"],
        "references": metadata["references"],
        "digests": metadata["digests"],
        "labels": ["mass", "kind"],
        "patches": [
            { "name": "light_1", "values": [100, "bino"] },
            { "name": "heavy", "values": [300.5, "bino"] },
            { "name": "heavier", "values": [300.5, "400"] },
        ],
    });
    assert_eq!(printed(&folder, &["patchset", "list", "set.json"]), expected);
    assert_eq!(printed(&folder, &["patchset", "inspect", "set.json"]), expected);
    let run = run_in(&folder, &["patchset", "list"], &set.to_string());
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
}

#[test]
fn extract_prints_one_patch() {
    let folder = folder("extract");
    let extracted = |arguments: &[&str]| {
        printed(&folder, &[&["patchset", "extract", "set.json"], arguments].concat())
    };
    let heavier = pinned("heavier");
    assert_eq!(extracted(&["--name", "heavier"]), heavier["patch"]);
    assert_eq!(extracted(&["--values", "300.5,\"400\""]), heavier["patch"]);
    assert_eq!(extracted(&["--values", "100.0,bino"]), pinned("light_1")["patch"]);
    assert_eq!(extracted(&["--values", "300.5", "--values", "bino"]), pinned("heavy")["patch"]);
    assert_eq!(
        extracted(&["--name", "heavy", "--with-metadata"]),
        pinned("heavy")["with_metadata"]
    );
    let mut negative = surgery_reference()["patchset"].clone();
    negative["patches"][1]["metadata"]["values"][0] = json!(-300.5);
    write(&folder, "negative.json", &negative.to_string());
    let arguments = ["patchset", "extract", "negative.json", "--values", "-300.5,bino"];
    assert_eq!(printed(&folder, &arguments), pinned("heavy")["patch"]);
    let last = ["--name", "heavy", "--with-metadata", "--without-metadata"];
    assert_eq!(extracted(&last), pinned("heavy")["patch"]);
}

#[test]
fn apply_patches_the_verified_workspace() {
    let folder = folder("apply");
    for (name, values) in
        [("light_1", "100,bino"), ("heavy", "300.5,bino"), ("heavier", "300.5,\"400\"")]
    {
        let files = ["patchset", "apply", "left.json", "set.json"];
        let expected = pinned(name)["applied"].clone();
        assert_eq!(printed(&folder, &[&files[..], &["--name", name]].concat()), expected, "{name}");
        let found = printed(&folder, &[&files[..], &["--values", values]].concat());
        assert_eq!(found, expected, "{values}");
    }
}

#[test]
fn verify_prints_the_digests_that_agree() {
    let folder = folder("verify");
    let digests = surgery_reference()["patchset"]["metadata"]["digests"].clone();
    let expected = json!({ "verified": true, "digests": digests });
    assert_eq!(printed(&folder, &["patchset", "verify", "left.json", "set.json"]), expected);
    let set = std::fs::read_to_string(folder.join("set.json")).expect("a file");
    let run = run_in(&folder, &["patchset", "verify", "left.json"], &set);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
}

#[test]
fn another_workspace_is_refused() {
    let folder = folder("mismatch");
    let words = ["set.json: the md5 digest of the workspace is", "the patch set is for one with"];
    refused(&folder, &["patchset", "verify", "shared.json", "set.json"], "", &words);
    let apply = ["patchset", "apply", "shared.json", "set.json", "--name", "heavy"];
    refused(&folder, &apply, "", &words);
}

#[test]
fn patches_that_there_are_not_are_refused() {
    let folder = folder("lookup");
    for subcommand in [&["extract"][..], &["apply", "left.json"]] {
        let files = [&["patchset"], subcommand, &["set.json"]].concat();
        let given = |further: &[&'static str]| [&files[..], further].concat();
        let known = "3 patches, first light_1, heavy, heavier";
        refused(
            &folder,
            &given(&["--name", "HEAVY"]),
            "",
            &["set.json: no patch named 'HEAVY'", known],
        );
        let known = "3 patches, first (100, \"bino\"), (300.5, \"bino\"), (300.5, \"400\")";
        let words = ["set.json: no patch with the values (300.5, 400)", known];
        refused(&folder, &given(&["--values", "300.5,400"]), "", &words);
        refused(&folder, &given(&["--values", "100"]), "", &["no patch with the values (100)"]);
        refused(&folder, &given(&[]), "", &["--name", "--values"]);
        let both = ["--name", "heavy", "--values", "300.5,bino"];
        refused(&folder, &given(&both), "", &["cannot be used with"]);
    }
}

#[test]
fn files_that_are_no_patch_set_are_refused() {
    let folder = folder("sets");
    write(&folder, "patch.json", "[]");
    for subcommand in SUBCOMMANDS {
        let arguments = |file: &'static str| -> Vec<&str> {
            let chosen: &[&str] = if subcommand == "extract" { &["--name", "heavy"] } else { &[] };
            [&["patchset", subcommand, file], chosen].concat()
        };
        refused(&folder, &arguments("absent.json"), "", &["cannot read absent.json"]);
        refused(&folder, &arguments("broken.json"), "", &["broken.json: not valid JSON at line 2"]);
        refused(&folder, &arguments("-"), "", &["standard input: not valid JSON"]);
        refused(&folder, &arguments("left.json"), "", &["left.json: not a patch set"]);
        refused(&folder, &arguments("patch.json"), "", &["patch.json: /: expected an object"]);
    }
    for subcommand in [&["verify"][..], &["apply", "--name", "heavy"]] {
        let given = |files: &[&'static str]| [&["patchset"], subcommand, files].concat();
        refused(&folder, &given(&["absent.json", "set.json"]), "", &["cannot read absent.json"]);
        refused(&folder, &given(&["left.json", "absent.json"]), "", &["cannot read absent.json"]);
        refused(&folder, &given(&["set.json", "left.json"]), "", &["set.json: /: unknown key"]);
        refused(&folder, &given(&["left.json", "left.json"]), "", &["left.json: not a patch set"]);
        refused(&folder, &given(&["-", "-"]), "", &["one of them from a file"]);
        refused(&folder, &given(&[]), "", &["one of them from a file"]);
    }
    refused(&folder, &["patchset", "combine"], "", &["unrecognized subcommand", "combine"]);
}

/// Patch sets that each violate pyhf's schema in one place.
#[test]
fn incomplete_patch_sets_are_refused_by_place() {
    type Case = (fn(&mut Value), &'static [&'static str]);
    fn take(json: &mut Value, key: &str) {
        json.as_object_mut().expect("an object").remove(key).expect("the key");
    }
    let cases: [Case; 21] = [
        (|set| take(set, "version"), &["'version' is missing"]),
        (|set| set["version"] = json!("2.0.0"), &["/version: expected '1.0.0', found '2.0.0'"]),
        (|set| set["more"] = json!(1), &["unknown key 'more'"]),
        (|set| take(set, "metadata"), &["'metadata' is missing"]),
        (|set| take(&mut set["metadata"], "references"), &["'references' is missing"]),
        (|set| set["metadata"]["references"] = json!({}), &["'hepdata' is missing"]),
        (
            |set| set["metadata"]["references"]["hepdata"] = json!("1234567"),
            &["/metadata/references/hepdata: expected 'ins' and seven digits, found '1234567'"],
        ),
        (|set| take(&mut set["metadata"], "description"), &["'description' is missing"]),
        (|set| take(&mut set["metadata"], "digests"), &["'digests' is missing"]),
        (
            |set| set["metadata"]["digests"] = json!({}),
            &["/metadata/digests", "'sha256' is missing"],
        ),
        (|set| set["metadata"]["digests"]["sha1"] = json!("0"), &["unknown key 'sha1'"]),
        (
            |set| set["metadata"]["digests"]["md5"] = json!("0f"),
            &["/metadata/digests/md5: expected 32 hexadecimal digits, found '0f'"],
        ),
        (|set| take(&mut set["metadata"], "labels"), &["'labels' is missing"]),
        (|set| set["metadata"]["labels"] = json!([]), &["/metadata/labels: the array is empty"]),
        (
            |set| set["metadata"]["labels"][1] = json!("m(Z)"),
            &["/metadata/labels/1: expected letters", "found 'm(Z)'"],
        ),
        (
            |set| set["patches"][1]["metadata"]["name"] = json!("light 1"),
            &["/patches/1/metadata/name: expected letters", "found 'light 1'"],
        ),
        (
            |set| set["patches"][1]["metadata"]["name"] = json!("light_1"),
            &["/patches/1/metadata/name: a second patch named 'light_1'"],
        ),
        (
            |set| take(&mut set["patches"][1]["metadata"], "values"),
            &["/patches/1/metadata: the key 'values' is missing"],
        ),
        (
            |set| set["patches"][1]["metadata"]["values"] = json!([300.5]),
            &["/patches/1/metadata/values: expected 2 values, one for each label, found 1"],
        ),
        (
            |set| set["patches"][1]["metadata"]["values"] = json!([100.0, "bino"]),
            &["/patches/1/metadata/values: the patch 'heavy' has the values of 'light_1'"],
        ),
        (
            |set| set["patches"][1]["patch"][0]["op"] = json!("append"),
            &["heavy: not a JSON patch", "append"],
        ),
    ];
    for (edit, words) in cases {
        let mut set = surgery_reference()["patchset"].clone();
        edit(&mut set);
        refused(Path::new("."), &["patchset", "list"], &set.to_string(), words);
    }
    let mut set = surgery_reference()["patchset"].clone();
    set["patches"][0]["metadata"]["values"][0] = json!(null);
    let words = ["/patches/0/metadata/values/0: expected a number or a text, found null"];
    refused(Path::new("."), &["patchset", "list"], &set.to_string(), &words);
}
