//! `prune`, `rename`, `combine`, `sort`, `digest` and `patchset`: their results, and every way in
//! which their input can be wrong.

mod patchset;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{FIXTURE, refused, run_in, write};
use crate::common::surgery_reference;

/// A separate folder for a test, with the workspaces for which pyhf's results are recorded, a patch
/// set, and files that are neither.
fn folder(test: &str) -> PathBuf {
    let folder = super::folder(&format!("surgery_{test}"));
    let reference = surgery_reference();
    write(&folder, "left.json", &reference["left"].to_string());
    for (name, json) in reference["rights"].as_object().expect("workspaces") {
        write(&folder, &format!("{name}.json"), &json.to_string());
    }
    write(&folder, "set.json", &reference["patchset"].to_string());
    write(&folder, "broken.json", "{\n  \"channels\": [,]\n}");
    folder
}

/// The JSON that a run prints, with nothing on standard error.
#[track_caller]
fn printed(folder: &Path, arguments: &[&str]) -> Value {
    let run = run_in(folder, arguments, "");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{arguments:?}");
    assert!(run.stdout.ends_with('\n'), "{arguments:?}");
    serde_json::from_str(&run.stdout).expect("JSON")
}

/// pyhf's recorded result of an operation with arguments.
#[track_caller]
fn pinned(operation: &str, arguments: Value) -> Value {
    let reference = surgery_reference();
    let cases = reference[operation].as_array().expect("a list");
    let case = cases.iter().find(|case| case["arguments"] == arguments).expect("a case");
    reference["results"][case["sha256"].as_str().expect("a result")].clone()
}

#[test]
fn prune_leaves_out_what_is_named() {
    let folder = folder("prune");
    let arguments =
        ["prune", "left.json", "-c", "control", "--channel", "Validation", "-s", "fakes"];
    let expected = json!({ "channels": ["control", "Validation"], "samples": ["fakes"] });
    assert_eq!(printed(&folder, &arguments), pinned("prune", expected));
    let arguments = ["prune", "-m", "lumi", "-t", "normfactor", "left.json"];
    let expected = json!({ "modifiers": ["lumi"], "modifier_types": ["normfactor"] });
    assert_eq!(printed(&folder, &arguments), pinned("prune", expected));
    let arguments = ["prune", "--measurement", "main \\ fit", "left.json"];
    let expected = json!({ "measurements": ["main \\ fit"] });
    assert_eq!(printed(&folder, &arguments), pinned("prune", expected));
}

#[test]
fn rename_gives_the_new_names() {
    let folder = folder("rename");
    let arguments =
        ["rename", "-c", "control", "CR", "--channel", "signal région", "SR ∑", "left.json"];
    let expected = json!({ "channels": { "control": "CR", "signal région": "SR ∑" } });
    assert_eq!(printed(&folder, &arguments), pinned("rename", expected));
    let arguments = ["rename", "left.json", "-m", "µ", "mu", "-m", "norm", "jes"];
    let expected = json!({ "modifiers": { "µ": "mu", "norm": "jes" } });
    assert_eq!(printed(&folder, &arguments), pinned("rename", expected));
    let arguments = ["rename", "left.json", "--sample", "bkg Z→νν", "Znunu"];
    let expected = json!({ "samples": { "bkg Z→νν": "Znunu" } });
    assert_eq!(printed(&folder, &arguments), pinned("rename", expected));
    let measurement = "--measurement";
    let arguments = [
        "rename",
        "left.json",
        measurement,
        "a second",
        "second",
        measurement,
        "main \\ fit",
        "a second",
    ];
    let expected = json!({ "measurements": { "a second": "second", "main \\ fit": "a second" } });
    assert_eq!(printed(&folder, &arguments), pinned("rename", expected));
}

#[test]
fn combine_joins_by_every_join() {
    let folder = folder("combine");
    let combined = |join: &str, right: &str, merge: bool| {
        let file = format!("{right}.json");
        let mut arguments = vec!["combine", "--join", join, "left.json", &file];
        arguments.extend(merge.then_some("--merge-channels"));
        let run = run_in(&folder, &arguments, "");
        assert_eq!(run.status, 0, "{arguments:?}: {}", run.stderr);
        let found: Value = serde_json::from_str(&run.stdout).expect("JSON");
        let expected = json!({ "right": right, "join": join, "merge_channels": merge });
        assert_eq!(found, pinned("combine", expected), "{arguments:?}");
        run.stderr
    };
    assert_eq!(combined("none", "disjoint", false), "");
    assert_eq!(combined("outer", "shared", false), "");
    assert!(combined("outer", "other_channel", true).contains("left workspace's samples"));
    assert!(combined("left outer", "other_channel", false).contains("left workspace's things"));
    let stderr = combined("right outer", "other_channel", true);
    assert!(stderr.starts_with("warning: the join 'right outer' takes the right"), "{stderr}");
    let last = ["combine", "left.json", "disjoint.json", "--merge-channels", "--no-merge-channels"];
    let expected = json!({ "right": "disjoint", "join": "none", "merge_channels": false });
    assert_eq!(printed(&folder, &last), pinned("combine", expected.clone()));
    let right = std::fs::read_to_string(folder.join("disjoint.json")).expect("a file");
    for arguments in [&["combine", "left.json"][..], &["combine", "left.json", "-"]] {
        let run = run_in(&folder, arguments, &right);
        let found: Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(found, pinned("combine", expected.clone()), "{}", run.stderr);
    }
}

#[test]
fn sort_and_digest_are_pyhfs() {
    let folder = folder("sort");
    let reference = surgery_reference();
    let sorted = run_in(&folder, &["sort", "left.json"], "");
    let sha256 = reference["sort"]["sha256"].as_str().expect("a digest");
    let run = run_in(&folder, &["digest"], &sorted.stdout);
    assert_eq!((run.status, run.stdout), (0, format!("sha256:{sha256}\n")), "{}", run.stderr);
    let pinned = &reference["workspace_digests"];
    let line = |name: &str| format!("{name}:{}\n", pinned[name].as_str().expect("a digest"));
    let all = ["digest", "left.json", "-a", "sha512", "--algorithm", "md5", "-a", "md5"];
    let run = run_in(&folder, &all, "");
    assert_eq!(run.stdout, line("sha512") + &line("md5"));
    let run = run_in(&folder, &["digest", "left.json", "--json", "--plaintext"], "");
    assert_eq!(run.stdout, line("sha256"));
    let found = printed(&folder, &["digest", "left.json", "-a", "sha256", "-a", "md5", "-j"]);
    assert_eq!(found, json!({ "md5": pinned["md5"], "sha256": pinned["sha256"] }));
    assert_eq!(found.as_object().expect("an object").keys().collect::<Vec<_>>(), ["md5", "sha256"]);
}

#[test]
fn keys_and_numbers_come_out_as_they_went_in() {
    let folder = super::folder("surgery_verbatim");
    let json: Value = serde_json::from_str(FIXTURE).expect("JSON");
    let indented = format!("{json:#}\n");
    for subcommand in ["prune", "rename"] {
        let run = run_in(&folder, &[subcommand, "workspace.json"], "");
        assert_eq!((run.status, run.stdout), (0, indented.clone()), "{}", run.stderr);
    }
    let written = ["prune", "workspace.json", "--output-file", "result.json"];
    let run = run_in(&folder, &written, "");
    assert_eq!((run.status, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    assert_eq!(std::fs::read_to_string(folder.join("result.json")).expect("a file"), indented);
}

/// Every subcommand that reads a workspace refuses invalid files.
#[test]
fn workspaces_that_are_none_are_refused() {
    let folder = folder("files");
    for subcommand in ["prune", "rename", "sort", "digest"] {
        refused(&folder, &[subcommand, "absent.json"], "", &["cannot read absent.json"]);
        refused(
            &folder,
            &[subcommand, "broken.json"],
            "",
            &["broken.json: not valid JSON at line 2"],
        );
        refused(&folder, &[subcommand], "", &["standard input: not valid JSON"]);
        refused(&folder, &[subcommand, "set.json"], "", &["set.json: /: unknown key 'metadata'"]);
        refused(&folder, &[subcommand, "left.json", "set.json"], "", &["set.json"]);
    }
    refused(&folder, &["combine", "absent.json", "left.json"], "", &["cannot read absent.json"]);
    refused(&folder, &["combine", "left.json", "absent.json"], "", &["cannot read absent.json"]);
    refused(
        &folder,
        &["combine", "left.json", "broken.json"],
        "",
        &["broken.json: not valid JSON"],
    );
    refused(&folder, &["combine", "set.json", "left.json"], "", &["set.json: /: unknown key"]);
    for arguments in [&["combine"][..], &["combine", "-"], &["combine", "-", "-"]] {
        refused(&folder, arguments, "", &["two workspaces", "one of them from a file"]);
    }
}

#[test]
fn wrong_names_are_refused_with_those_there_are() {
    let folder = folder("names");
    let channels = "no channel named 'SR'; the workspace has: Validation, control, signal région";
    let samples = "no sample named 'top'; the workspace has: bkg Z→νν, fakes, other, signal";
    let modifiers =
        "no modifier named 'mu'; the workspace has: A free, fake shape, jes, lumi, norm";
    let types = "no modifier type named 'normsis'; the workspace has: histosys, lumi, normfactor";
    let measurements = "no measurement named 'third'; the workspace has: a second, main \\ fit";
    let cases: [(&[&str], &str); 9] = [
        (&["prune", "-c", "SR"], channels),
        (&["prune", "-s", "top"], samples),
        (&["prune", "-m", "mu"], modifiers),
        (&["prune", "-t", "normsis"], types),
        (&["prune", "--measurement", "third"], measurements),
        (&["rename", "-c", "SR", "x"], channels),
        (&["rename", "-s", "top", "x"], samples),
        (&["rename", "-m", "mu", "x"], modifiers),
        (&["rename", "--measurement", "third", "x"], measurements),
    ];
    for (arguments, words) in cases {
        let arguments = [arguments, &["left.json"]].concat();
        refused(&folder, &arguments, "", &["left.json: ", words]);
    }
}

#[test]
fn results_that_are_no_workspace_are_refused() {
    let folder = folder("results");
    let no = "left.json: the result is no workspace: ";
    let cases: [(&[&str], &[&str]); 9] = [
        (
            &["prune", "-c", "control", "-c", "Validation", "-c", "signal région"],
            &[no, "/channels: the array is empty"],
        ),
        (&["prune", "-s", "other"], &[no, "/channels/2/samples: the array is empty"]),
        (
            &["prune", "--measurement", "a second", "--measurement", "main \\ fit"],
            &[no, "/measurements: the array is empty"],
        ),
        (&["rename", "-c", "control", "Validation"], &[no, "a second channel named 'Validation'"]),
        (&["rename", "-s", "fakes", "signal"], &[no, "a second sample named 'signal'"]),
        (&["rename", "-m", "µ", "lumi"], &[no, "a second parameter named 'lumi'"]),
        (
            &["rename", "--measurement", "a second", "main \\ fit"],
            &[no, "a second measurement named"],
        ),
        (&["rename", "-m", "lumi", "luminosity"], &[no, "must be named 'lumi'"]),
        (
            &["rename", "-c", "control", "a", "-c", "control", "b"],
            &["left.json: channel 'control' is to be renamed to 'a' and to 'b'"],
        ),
    ];
    for (arguments, words) in cases {
        refused(&folder, &[arguments, &["left.json"]].concat(), "", words);
    }
    refused(&folder, &["rename", "left.json", "-c", "control"], "", &["--channel", "2 values"]);
}

#[test]
fn workspaces_that_do_not_combine_are_refused() {
    let folder = folder("overlaps");
    let cases: [(&str, &str, &[&str]); 9] = [
        ("none", "shared", &["left.json and shared.json: both", "channels 'control'", "'none'"]),
        ("none", "only_measurements", &["both", "measurements 'main \\ fit', 'a second'"]),
        ("outer", "other_channel", &["the channels 'control' differ", "'left outer'"]),
        ("outer", "other_observation", &["the observations 'control' differ"]),
        ("outer", "other_poi", &["'main \\ fit'", "'µ' in the left", "'norm' in the right"]),
        ("outer", "other_settings", &["'main \\ fit'", "parameters 'lumi'", "'right outer'"]),
        ("inner", "disjoint", &["'inner'", "--join", "none, outer, left outer, right outer"]),
        ("left outer", "bins", &["the result is no workspace: /channels/1", "expected 2"]),
        ("right outer", "bins", &["the result is no workspace: /channels/1", "expected 1"]),
    ];
    let mut bins = surgery_reference()["rights"]["shared"].clone();
    bins["channels"][1]["samples"] = json!([{ "name": "new", "data": [1.0], "modifiers": [] }]);
    bins["observations"][1]["data"] = json!([105.0]);
    write(&folder, "bins.json", &bins.to_string());
    for (join, right, words) in cases {
        let file = format!("{right}.json");
        let mut arguments = vec!["combine", "left.json", &file, "--join", join];
        arguments.extend((right == "bins").then_some("--merge-channels"));
        refused(&folder, &arguments, "", words);
    }
    let merge = ["combine", "left.json", "disjoint.json", "--merge-channels"];
    refused(&folder, &merge, "", &["cannot be merged by the join 'none'", "'outer'"]);
}

#[test]
fn an_unknown_algorithm_is_refused_with_those_there_are() {
    let arguments = ["digest", "-a", "sha1"];
    let words = ["'sha1'", "--algorithm", "md5, sha224, sha256, sha384, sha512"];
    refused(Path::new("."), &arguments, FIXTURE, &words);
}
