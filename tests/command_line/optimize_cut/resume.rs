//! Runs that pause or are killed, and resume.

use std::fs;

use serde_json::Value;

use super::{
    CUT, contents, cut, folder, json, names_in, quiet, refused_untouched, result, write,
    write_events,
};

const RESULTS: [&str; 2] = ["history.csv", "result.json"];

fn assert_same_results(folder: &std::path::Path, expected: &str, found: &str) {
    let [expected, found] = [expected, found].map(|name| contents(&folder.join(name)));
    for name in RESULTS {
        assert!(expected[name] == found[name], "{name} differs");
    }
}

#[test]
fn a_paused_run_goes_on_to_the_same_bytes() {
    let folder = folder("cut_pause");
    // Plain ascent with a step schedule; Adam with a slope that grows and a falling learning rate.
    let problems = ["--seed 3", "--toy five-columns --method adam --steps 40 --seed 3"];
    for (k, problem) in problems.into_iter().enumerate() {
        let to = |name: &str| format!("{problem} --no-figures --output {name}-{k}");
        quiet(&folder, &to("whole"));
        let first = cut(&folder, &format!("{} --stop-after 37 --json", to("part")));
        assert_eq!(first.status, 0, "{}", first.stderr);
        assert!(first.stderr.contains("--resume goes on"), "{}", first.stderr);
        let paused = json(&first.stdout);
        assert_eq!((&paused["status"], &paused["steps"]), (&"paused".into(), &37.into()));
        quiet(&folder, &format!("{} --resume", to("part")));
        assert_same_results(&folder, &format!("whole-{k}"), &format!("part-{k}"));
    }
    // Resuming a finished run changes nothing.
    let finished = contents(&folder.join("part-0"));
    quiet(&folder, &format!("{} --no-figures --output part-0 --resume", problems[0]));
    assert!(contents(&folder.join("part-0")) == finished);
}

/// Two thousand steps with a checkpoint per step take seconds; the kill comes after the first few.
#[cfg(unix)]
#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let folder = folder("cut_killed");
    let to = |name: &str| format!("--toy exponential --steps 2000 --no-figures --output {name}");
    quiet(&folder, &to("whole"));
    let checkpoint = folder.join("killed/checkpoint.json");
    CUT.killed(&folder, &format!("{} --checkpoint-every 1", to("killed")), || {
        fs::metadata(&checkpoint).map_or(0, |metadata| metadata.len()) >= 10_000
    });
    assert!(!folder.join("killed/result.json").exists());
    let saved: Value = serde_json::from_slice(&fs::read(&checkpoint).expect("a file"))
        .expect("a checkpoint is whole whenever it is read");
    let rows = saved["progress"]["history"].as_array().expect("a list").len();
    assert!((2..2000).contains(&rows), "{rows} rows");
    quiet(&folder, &format!("{} --resume", to("killed")));
    assert_same_results(&folder, "whole", "killed");
}

#[test]
fn checkpoints_that_do_not_fit_are_refused_and_nothing_is_touched() {
    let folder = folder("cut_refused");
    write_events(&folder);
    let run = "--steps 30 --no-figures --resume";
    let start = "--steps 30 --no-figures --stop-after 7 --output run";
    assert_eq!(cut(&folder, start).status, 0);
    let whole = fs::read_to_string(folder.join("run/checkpoint.json")).expect("text");
    for (name, text) in [
        ("short", &whole[..whole.len() / 2]),
        ("void", ""),
        ("foreign", "{\"some\": \"thing\"}\n"),
        ("list", "[1, 2]"),
    ] {
        fs::create_dir(folder.join(name)).expect("a folder");
        write(&folder.join(name), "checkpoint.json", text);
    }
    let cases: [(&str, &[&str]); 12] = [
        ("--output absent", &["cannot read", "absent/checkpoint.json", "start a new training"]),
        ("--output short", &["short/checkpoint.json is not JSON", "start a new training"]),
        ("--output void", &["void/checkpoint.json is not JSON", "start a new training"]),
        ("--output foreign", &["foreign/checkpoint.json is not a training checkpoint"]),
        ("--output list", &["list/checkpoint.json is not a training checkpoint"]),
        ("--output run --seed 1", &["run/checkpoint.json", "another problem", "another path"]),
        (
            "--output run --signal s.csv --background b.csv --cut x>20",
            &["run/checkpoint.json", "another problem", "another path"],
        ),
        ("--output run --cut x>21", &["run/checkpoint.json", "another problem"]),
        ("--output run --objective cls", &["run/checkpoint.json", "another problem"]),
        ("--output run --learning-rate 1", &["learning_rate = {", "now it is 1.0", "set it back"]),
        ("--output run --slope 2", &["hardness = 1.0, now it is 2.0; set it back"]),
        ("--output run --scan 10:70:10", &["bounds = [[20.0,70.0]]", "[[10.0,70.0]]"]),
    ];
    for (words, expected) in cases {
        refused_untouched(&folder, &format!("{run} {words}"), expected);
    }
    let steps = "--steps 31 --no-figures --resume --output run";
    refused_untouched(&folder, steps, &["run/checkpoint.json", "steps = 30, now it is 31"]);
    assert!(!folder.join("absent").exists());
    quiet(&folder, &format!("{run} --output run"));
    let document = fs::read_to_string(folder.join("run/result.json")).expect("text");
    assert_eq!(json(&document), result(&folder, "--steps 30"));
    assert_eq!(names_in(&folder.join("run")), ["checkpoint.json", "history.csv", "result.json"]);
}
