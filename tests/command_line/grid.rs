//! `diffhep grid`: what it prints and writes, how it resumes, what it refuses.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::subcommand::{Subcommand, contents};
use super::{Run, folder, json, refused, run_in, write};

const GRID: Subcommand = Subcommand("grid");

pub(super) fn background() -> Value {
    let samples = json!([{ "name": "background", "data": [50.0], "modifiers": [] }]);
    json!({
        "version": "1.0.0",
        "channels": [{ "name": "SR", "samples": samples }],
        "observations": [{ "name": "SR", "data": [52.0] }],
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
    })
}

pub(super) fn patch(events: f64) -> Value {
    let mu = json!([{ "name": "mu", "type": "normfactor", "data": null }]);
    let signal = json!({ "name": "signal", "data": [events], "modifiers": mu });
    json!([{ "op": "add", "path": "/channels/0/samples/0", "value": signal }])
}

/// Where the signals lie, and how many events they have.
const SIGNALS: [(u32, u32, f64); 5] =
    [(100, 10, 60.0), (300, 10, 12.0), (100, 50, 30.0), (300, 50, 5.0), (200, 30, 20.0)];

/// A separate folder for a test, with `b.json`, the patches in `patches`, and `set.json`.
fn written(test: &str) -> std::path::PathBuf {
    let folder = folder(test);
    write(&folder, "b.json", &background().to_string());
    fs::create_dir(folder.join("patches")).expect("a folder");
    let mut patches = Vec::new();
    for (x, y, events) in SIGNALS {
        let (name, patch) = (format!("signal_{x}_{y}_7"), patch(events));
        write(&folder.join("patches"), &format!("{name}.json"), &patch.to_string());
        let metadata = json!({ "name": name, "values": [x, y, 7] });
        patches.push(json!({ "metadata": metadata, "patch": patch }));
    }
    write(&folder.join("patches"), "notes.txt", "not a patch");
    let metadata = json!({ "labels": ["m1", "m2", "t"] });
    let set = json!({ "version": "1.0.0", "metadata": metadata, "patches": patches });
    write(&folder, "set.json", &set.to_string());
    folder
}

fn grid(folder: &Path, words: &str) -> Run {
    GRID.run(folder, words)
}

/// The points parsed from their lines, sorted by name.
fn points(text: &str) -> Vec<Value> {
    let mut points: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    points.sort_by_key(|point| point["name"].to_string());
    points
}

#[test]
fn a_folder_and_a_set_give_the_numbers_of_cls() {
    let folder = written("grid_points");
    let run = grid(&folder, "b.json --patches patches");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.starts_with("5 points in ") && run.stderr.ends_with(", 0 of them failed\n"));
    let found = points(&run.stdout);
    assert_eq!(found.len(), 5);
    assert_eq!(points(&grid(&folder, "b.json --patches set.json").stdout), found);
    for point in &found {
        let name = point["name"].as_str().expect("a name");
        let patch = format!("patches/{name}.json");
        let cls = json(&run_in(&folder, &["cls", "b.json", "-p", &patch], "").stdout);
        assert_eq!((&point["CLs_obs"], &point["CLs_exp"]), (&cls["CLs_obs"], &cls["CLs_exp"]));
        let limit = point["limit_obs"].to_string();
        let arguments = ["cls", "b.json", "-p", &patch, "--test-poi", &limit];
        let at_limit = json(&run_in(&folder, &arguments, "").stdout);
        let cls = at_limit["CLs_obs"].as_f64().expect("a number");
        assert!((cls - 0.05).abs() < 1e-8, "{name}: {cls} at the limit");
        let limits = point["limit_exp"].as_array().expect("a list");
        assert!(limits.windows(2).all(|pair| pair[0].as_f64() < pair[1].as_f64()), "{limits:?}");
    }
    assert_eq!(found[0]["values"], json!([100.0, 10.0, 7.0]));
    let run = grid(
        &folder,
        "b.json --patches set.json --no-limits --test-poi 0.5 --test-stat q --level 0.9",
    );
    let other = points(&run.stdout);
    assert_eq!(other[0]["limit_obs"], Value::Null);
    let arguments = [
        "cls",
        "b.json",
        "-p",
        "set.json#signal_100_10_7",
        "--test-poi",
        "0.5",
        "--test-stat",
        "q",
    ];
    let cls = json(&run_in(&folder, &arguments, "").stdout);
    assert_eq!(other[0]["CLs_obs"], cls["CLs_obs"]);
}

#[test]
fn files_hold_the_lines_the_tables_and_the_figure() {
    let folder = written("grid_files");
    let words =
        "b.json --patches set.json --output out.jsonl --table points.yaml --contours lines.yaml";
    let run = grid(&folder, &format!("{words} --figure plane.svg"));
    assert_eq!(run.status, 0, "{}", run.stderr);
    let summary = json(&run.stdout);
    assert_eq!((&summary["points"], &summary["resumed"]), (&json!(5), &json!(0)));
    let excluded = json!(["signal_100_10_7", "signal_100_50_7", "signal_200_30_7"]);
    assert_eq!(summary["excluded_obs"], excluded);
    let text = fs::read_to_string(folder.join("out.jsonl")).expect("the lines");
    assert_eq!(text.lines().count(), 6);
    assert!(text.starts_with(r#"{"format":"diffhep grid","version":1,"#), "{text}");
    let table = fs::read_to_string(folder.join("points.yaml")).expect("the table");
    assert!(table.starts_with("independent_variables:\n- header: {name: \"signal\"}\n  values:\n"));
    for words in [
        "{name: \"m2\"}",
        "{name: \"CLs, observed\"}",
        "{name: \"upper limit, expected +1 sigma\"}",
    ] {
        assert!(table.contains(words), "{words}");
    }
    let contours = fs::read_to_string(folder.join("lines.yaml")).expect("the contours");
    assert!(contours.contains("{name: \"m1\"}") && contours.contains("{value: \"observed\"}"));
    let figure = fs::read_to_string(folder.join("plane.svg")).expect("the figure");
    assert!(figure.starts_with("<svg") && figure.contains("m1") && figure.contains("observed"));

    // On a second run nothing is computed again, and everything else is written as before.
    let before = contents(&folder);
    for kind in ["points.yaml", "lines.yaml", "plane.svg"] {
        fs::remove_file(folder.join(kind)).expect("a file");
    }
    let run = grid(&folder, &format!("{words} --figure plane.svg"));
    assert_eq!((run.status, &json(&run.stdout)["resumed"]), (0, &json!(5)), "{}", run.stderr);
    assert!(contents(&folder) == before);
    for ending in ["png", "PDF"] {
        let run =
            grid(&folder, &format!("b.json --patches patches --axes 1,0 --figure plane.{ending}"));
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert!(folder.join(format!("plane.{ending}")).exists());
    }
}

#[test]
fn points_that_fail_are_lines_and_stop_nothing() {
    let folder = written("grid_failures");
    let patches = folder.join("patches");
    let stray = r#"[{ "op": "remove", "path": "/nowhere" }]"#;
    write(&patches, "signal_400_10_7.json", stray);
    write(&patches, "signal_400_50_7.json", r#"[{ "op": "lift" }]"#);
    write(&patches, "signal_500_10_7.json", "[]");
    // A signal without any events has CLs but no limit.
    write(&patches, "signal_500_50_7.json", &patch(0.0).to_string());
    let run = grid(
        &folder,
        "b.json --patches patches --output out.jsonl --figure plane.svg --table t.yaml",
    );
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(
        run.stderr.contains("9 points in ") && run.stderr.contains("3 of them failed"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("error: signal_400_10_7: patch 'signal_400_10_7'")
            || run.stderr.contains("/nowhere")
    );
    assert!(run.stderr.contains("1 points lack limits"), "{}", run.stderr);
    let summary = json(&run.stdout);
    assert_eq!(summary["failed"], json!(["signal_400_10_7", "signal_400_50_7", "signal_500_10_7"]));
    assert_eq!(summary["without_limit"], json!(["signal_500_50_7"]));
    let text = fs::read_to_string(folder.join("out.jsonl")).expect("the lines");
    let found = points(text.split_once('\n').expect("a first line").1);
    let kinds: Vec<&Value> = found.iter().map(|point| &point["error"]["kind"]).collect();
    assert_eq!(kinds.iter().filter(|kind| kind.is_null()).count(), 6);
    assert_eq!((kinds[5], kinds[6], kinds[7]), (&json!("patch"), &json!("patch"), &json!("model")));
    assert_eq!((&found[8]["CLs_obs"], &found[8]["limit_obs"]), (&json!(1.0), &Value::Null));
    assert!(found[8]["no_limit"][0].as_str().is_some_and(|why| why.contains("not bracketed")));
    assert!(folder.join("plane.svg").exists() && folder.join("t.yaml").exists());
    // Failures are results: they are reported again but not computed again.
    let run = grid(&folder, "b.json --patches patches --output out.jsonl");
    assert_eq!((run.status, &json(&run.stdout)["resumed"]), (3, &json!(9)));
    let run = grid(&folder, "b.json --patches patches --measurement absent");
    assert_eq!(run.status, 3);
    assert!(points(&run.stdout).iter().all(|point| point["error"]["kind"] != Value::Null));
}

#[test]
fn wrong_arguments_are_refused_before_any_work() {
    let folder = written("grid_arguments");
    let cases: [(&str, &[&str]); 20] = [
        ("b.json", &["--patches"]),
        ("b.json --patches set.json --level 0", &["--level", "between 0 and 1"]),
        ("b.json --patches set.json --level 95", &["--level", "between 0 and 1"]),
        ("b.json --patches set.json --level nan", &["--level", "must be finite"]),
        ("b.json --patches set.json --test-poi 0", &["--test-poi", "above 0"]),
        ("b.json --patches set.json --test-poi -1", &["--test-poi", "above 0"]),
        ("b.json --patches set.json --test-poi x", &["--test-poi", "not a number"]),
        ("b.json --patches set.json --test-stat q0", &["--test-stat", "qtilde"]),
        ("b.json --patches set.json --asimov mean", &["--asimov", "nominal"]),
        ("b.json --patches set.json --threads x", &["--threads"]),
        ("b.json --patches set.json --axes 0", &["--axes", "as in 0,1"]),
        ("b.json --patches set.json --where 2", &["--where", "NAME=VALUE"]),
        ("b.json --patches set.json --where 2=x", &["--where", "NAME=VALUE"]),
        ("b.json --patches set.json --axes 0,1", &["ask for it by --figure or --contours"]),
        ("b.json --patches set.json --where 2=7", &["ask for it by --figure or --contours"]),
        ("b.json --patches set.json --figure plane.jpeg", &["plane.jpeg", "'jpeg'", ".svg"]),
        ("b.json --patches set.json --figure plane", &["plane", ".svg"]),
        (
            "b.json --patches set.json --figure absent/plane.svg",
            &["absent/plane.svg: cannot be written"],
        ),
        ("b.json --patches set.json --table patches", &["cannot write patches"]),
        ("b.json --patches set.json --contours absent/c.yaml", &["cannot write absent/c.yaml"]),
    ];
    for (words, expected) in cases {
        GRID.refused_untouched(&folder, &format!("{words} --output out.jsonl"), expected);
    }
}

#[test]
fn wrong_files_are_refused_by_name() {
    let folder = written("grid_input");
    for name in ["empty", "foreign", "broken", "folders"] {
        fs::create_dir(folder.join(name)).expect("a folder");
    }
    fs::create_dir(folder.join("folders/a.json")).expect("a folder");
    write(&folder.join("empty"), "notes.txt", "");
    write(&folder.join("foreign"), "b.json", &background().to_string());
    write(&folder.join("broken"), "a_1_2.json", "[,]");
    write(&folder, "list.json", "[]");
    write(&folder, "none.json", r#"{ "patches": [] }"#);
    write(&folder, "nameless.json", r#"{ "patches": [{ "metadata": {}, "patch": [] }] }"#);
    write(&folder, "text.json", "patches");
    let cases: [(&str, &[&str]); 13] = [
        ("b.json --patches absent", &["cannot read absent"]),
        ("b.json --patches empty", &["empty: no file ends in .json"]),
        ("b.json --patches folders", &["folders: no file ends in .json"]),
        ("b.json --patches foreign", &["foreign/b.json: not a JSON patch"]),
        ("b.json --patches broken", &["broken/a_1_2.json: not valid JSON at line 1"]),
        ("b.json --patches list.json", &["list.json: not a patch set"]),
        ("b.json --patches none.json", &["none.json: /patches: the array is empty"]),
        ("b.json --patches nameless.json", &["nameless.json: /patches/0/metadata", "'name'"]),
        ("b.json --patches text.json", &["text.json: not valid JSON"]),
        ("absent.json --patches set.json", &["cannot read absent.json"]),
        ("set.json --patches set.json", &["set.json: /"]),
        ("text.json --patches set.json", &["text.json: not valid JSON"]),
        ("b.json -p list.json -p set.json --patches set.json", &["set.json is a patch set"]),
    ];
    for (words, expected) in cases {
        GRID.refused_untouched(&folder, &format!("{words} --output out.jsonl"), expected);
    }
    refused(&folder, &["grid", "--patches", "set.json"], "", &["standard input: not valid JSON"]);
}

#[test]
fn planes_that_are_none_are_refused_before_any_work() {
    let folder = written("grid_planes");
    let with = |name: &str, points: &[&str]| {
        fs::create_dir(folder.join(name)).expect("a folder");
        for (i, point) in points.iter().enumerate() {
            let text = patch(10.0 + i as f64).to_string();
            write(&folder.join(name), &format!("{point}.json"), &text);
        }
    };
    with("words", &["light", "heavy", "heavier"]);
    with("one", &["m_1", "m_2", "m_3"]);
    with("line", &["a_1_2", "a_2_4", "a_3_6"]);
    with("twice", &["a_1_2_3", "a_1_2_4", "a_2_2_3", "a_1_5_3"]);
    with("uneven", &["a_1_2", "a_2_2", "a_3", "a_2_5"]);
    let cases: [(&str, &[&str]); 11] = [
        ("words", &["0 of the numbers of 3 points vary", "sbottom_1300_205_60"]),
        ("one", &["1 of the numbers of 3 points vary"]),
        ("line", &["all 3 points lie on one line of the plane of 0 and 1"]),
        ("twice", &["'a_1_2_3' and 'a_1_2_4' both lie at 0 = 1, 1 = 2", "--where"]),
        ("uneven", &["'a_3' has no number '1'"]),
        ("set.json --axes m1,m3", &["no number 'm3' of the points; there are: m1, m2, t"]),
        ("set.json --axes 0,3", &["no number '3'"]),
        ("set.json --axes m1,0", &["both axes are 'm1'"]),
        ("set.json --where t=8", &["no point has t = 8; its values are 7"]),
        ("set.json --where m3=8", &["no number 'm3'"]),
        ("set.json --where m1=100", &["1 of the numbers of 2 points vary"]),
    ];
    for (words, expected) in cases {
        let words = format!("b.json --patches {words} --figure plane.svg --output out.jsonl");
        GRID.refused_untouched(&folder, &words, expected);
    }
    // Without a figure any names are accepted; a slice defines a plane, and a plane that mixes
    // several slices is reported.
    assert_eq!(grid(&folder, "b.json --patches words").status, 0);
    let run = grid(&folder, "b.json --patches twice --where 2=3 --figure plane.svg");
    assert_eq!(run.status, 0, "{}", run.stderr);
    fs::remove_file(folder.join("twice/a_1_2_4.json")).expect("a file");
    write(&folder.join("twice"), "a_3_3_4.json", &patch(5.0).to_string());
    let run = grid(&folder, "b.json --patches twice --figure plane.svg");
    assert!(run.stderr.contains("warning: points that differ in value '2'"), "{}", run.stderr);
}

#[test]
fn a_figure_without_three_results_is_refused_and_results_are_kept() {
    let folder = written("grid_few");
    let patches = folder.join("patches");
    for (x, y, _) in &SIGNALS[2..] {
        write(
            &patches,
            &format!("signal_{x}_{y}_7.json"),
            r#"[{ "op": "remove", "path": "/nowhere" }]"#,
        );
    }
    let run = grid(&folder, "b.json --patches patches --figure plane.svg --output out.jsonl");
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    assert!(run.stderr.contains("all 2 points lie on one line"), "{}", run.stderr);
    assert!(!folder.join("plane.svg").exists());
    let run = grid(&folder, "b.json --patches patches --output out.jsonl");
    assert_eq!(json(&run.stdout)["resumed"], 5);
}

#[test]
fn results_of_other_runs_are_refused_and_left_alone() {
    let folder = written("grid_resume");
    let words = "b.json --patches patches --output out.jsonl";
    assert_eq!(grid(&folder, words).status, 0);
    let mut other = background();
    other["observations"][0]["data"][0] = json!(53.0);
    write(&folder, "other.json", &other.to_string());
    write(&folder, "garbage.jsonl", "one\ntwo\n");
    let text = fs::read_to_string(folder.join("out.jsonl")).expect("the lines");
    write(&folder, "damaged.jsonl", &text.replacen("\"CLs_obs\"", "\"CLs\"", 1));
    let cases: [(&str, &[&str]); 9] = [
        (
            "b.json --patches patches --output out.jsonl --level 0.9",
            &["out.jsonl was made with level = 0.95, now it is 0.9"],
        ),
        (
            "b.json --patches patches --output out.jsonl --no-limits",
            &["limits = true, now it is false"],
        ),
        (
            "b.json --patches patches --output out.jsonl --test-poi 2",
            &["test_poi = 1.0, now it is 2.0"],
        ),
        ("b.json --patches patches --output out.jsonl --asimov nominal", &["asimov = \"fitted\""]),
        ("other.json --patches patches --output out.jsonl", &["the results of another workspace"]),
        ("b.json --patches set.json --output out.jsonl", &["the results of other patches"]),
        ("b.json --patches patches --output garbage.jsonl", &["garbage.jsonl does not begin as"]),
        ("b.json --patches patches --output damaged.jsonl", &["damaged.jsonl: line 2 is damaged"]),
        ("b.json --patches patches --output patches", &["patches is no regular file"]),
    ];
    for (words, expected) in cases {
        GRID.refused_untouched(&folder, words, expected);
    }
    let run = grid(&folder, "b.json --patches patches --output absent/out.jsonl");
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("cannot write the results absent/out.jsonl"), "{}", run.stderr);
    // One more point changes the set of patches.
    write(&folder.join("patches"), "signal_900_10_7.json", &patch(1.0).to_string());
    GRID.refused_untouched(&folder, words, &["the results of other patches"]);
}

#[test]
fn help_teaches() {
    let run = run_in(Path::new("."), &["grid", "--help"], "");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    for flag in [
        "--patches",
        "--output",
        "--retry-failed",
        "--test-poi",
        "--level",
        "--no-limits",
        "--threads",
        "--table",
        "--figure",
        "--contours",
        "--axes",
        "--where",
        "sbottom_1300_205_60",
        "Delaunay",
        "Exit status 3",
    ] {
        assert!(run.stdout.contains(flag), "--help lacks {flag}");
    }
}

#[test]
fn failed_points_are_tried_again_when_asked() {
    let folder = written("grid_retry");
    let patch_file = "signal_400_10_7.json";
    write(&folder.join("patches"), patch_file, r#"[{ "op": "lift" }]"#);
    let words = "b.json --patches patches --output out.jsonl";
    let lines = || fs::read_to_string(folder.join("out.jsonl")).expect("the lines");
    let counts = |run: &Run| {
        let summary = json(&run.stdout);
        (run.status, summary["resumed"].clone(), summary["failed"].clone())
    };
    let failed = json!(["signal_400_10_7"]);
    assert_eq!(counts(&grid(&folder, words)), (3, json!(0), failed.clone()));
    let first = lines();
    assert_eq!(counts(&grid(&folder, words)), (3, json!(6), failed.clone()));
    assert_eq!(lines(), first, "nothing is tried again unasked");
    // It fails again, and the appended line counts just like the first.
    let again = grid(&folder, &format!("{words} --retry-failed"));
    assert_eq!(counts(&again), (3, json!(5), failed.clone()));
    assert!(lines().starts_with(&first) && lines().lines().count() == 8);
    assert_eq!(counts(&grid(&folder, words)), (3, json!(6), failed));
    // A temporary failure, such as running out of memory, no longer counts once a later line has
    // numbers.
    let text = lines();
    let numbers = text.lines().find(|line| line.contains("CLs_obs")).expect("a point");
    let name = &numbers[..numbers.find(',').expect("a comma")];
    let repaired = numbers.replacen(name, "{\"name\":\"signal_400_10_7\"", 1);
    write(&folder, "out.jsonl", &format!("{text}{repaired}\n"));
    assert_eq!(counts(&grid(&folder, words)), (0, json!(6), json!([])));
    refused(
        &folder,
        &GRID.arguments("b.json --patches patches --retry-failed", &[]),
        "",
        &["--output <FILE>"],
    );
}
