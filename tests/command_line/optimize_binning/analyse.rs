//! `diffhep analyse`: results of a folder displayed again from its checkpoints.

use std::fs;
use std::path::Path;

use super::{
    ANALYSE, BINNING, FAST, FILES, assert_same, contents, folder, json, names_in, quiet, write,
    write_events,
};

/// Removes the files that can be made again.
fn forget(folder: &Path) {
    for name in names_in(folder) {
        if !name.starts_with("checkpoint") && name != "settings.json" {
            fs::remove_file(folder.join(name)).expect("a file");
        }
    }
}

/// Copies a folder's files.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for name in names_in(from) {
        fs::copy(from.join(&name), to.join(&name)).expect("a file");
    }
}

#[test]
fn everything_is_made_again_byte_for_byte() {
    let folder = folder("analyse_same");
    write_events(&folder);
    let problems = [
        format!("{FILES} --bins 2 3 --fine-bins 60"),
        format!("{FILES} --bins 3 --column mass --minimum-background 0 --seed 3"),
        format!("{FILES} --bins 2 --objective cls --simulation-uncertainty --fine-bins 60"),
        "--toy gaussians --seed 8 --bins 2 --fine-bins 60".to_owned(),
        format!("{FILES} --bins 3 --method exact --fine-bins 60"),
    ];
    for (k, problem) in problems.iter().enumerate() {
        let [name, whole] = [format!("run-{k}"), format!("whole-{k}")];
        // Figures take the most time, so they are drawn for only two problems.
        let drawn = if k < 2 { "" } else { "--no-figures" };
        let table = quiet(&folder, &format!("{problem} --epochs 5 {drawn} --output {name}"));
        copy(&folder.join(&name), &folder.join(&whole));
        forget(&folder.join(&name));
        assert_eq!(ANALYSE.quiet(&folder, &format!("{name} {drawn}")), table);
        assert_same(&folder, &whole, &name);
        // This also works from another folder, because stored paths are absolute.
        let found = ANALYSE.result(&folder.join(&name), ". --no-figures");
        let written = fs::read_to_string(folder.join(&whole).join("result.json")).expect("text");
        assert_eq!(found, json(&written));
        assert_same(&folder, &whole, &name);
    }
}

#[test]
fn nothing_is_trained() {
    let folder = folder("analyse_untrained");
    write_events(&folder);
    let words = format!("{FILES} {FAST} --bins 2 3 4 --epochs 9 --output run --stop-after 4");
    assert_eq!(BINNING.run(&folder, &words).status, 0);
    let before = contents(&folder.join("run"));
    let run = ANALYSE.run(&folder, "run --no-figures --json");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let expected = "warning: there is no checkpoint of 3 bins; they are left out\n\
                    warning: there is no checkpoint of 4 bins; they are left out\n\
                    2 bins: paused; --resume goes on from here\n";
    assert_eq!(run.stderr, expected);
    assert_eq!(run.stdout.as_bytes(), before["result.json"]);
    assert!(contents(&folder.join("run")) == before, "a paused run's files changed");
    // The run can still be resumed.
    let words = words.replace("--stop-after 4", "");
    quiet(&folder, &format!("{words} --resume"));
    quiet(&folder, &words.replace("--output run", "--output whole"));
    assert_same(&folder, "whole", "run");
}

/// A run killed before its first checkpoint has nothing to display, and files of an earlier run
/// stay.
#[test]
fn a_run_without_checkpoints_is_refused() {
    let folder = folder("analyse_empty");
    write_events(&folder);
    quiet(&folder, &format!("{FILES} {FAST} --bins 2 --epochs 2 --output run"));
    fs::remove_file(folder.join("run/checkpoint-2.json")).expect("a file");
    let before = contents(&folder.join("run"));
    let run = ANALYSE.run(&folder, "run");
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("no checkpoint yet"), "{}", run.stderr);
    assert!(contents(&folder.join("run")) == before);
}

#[test]
fn folders_that_are_no_results_are_refused_and_left_alone() {
    let folder = folder("analyse_refused");
    write_events(&folder);
    quiet(&folder, &format!("{FILES} {FAST} --bins 2 --epochs 2 --output run"));
    for (name, settings) in
        [("void", None), ("short", Some("{\"bins\":")), ("odd", Some("{\"a\": 1}"))]
    {
        fs::create_dir(folder.join(name)).expect("a folder");
        settings.iter().for_each(|text| write(&folder.join(name), "settings.json", text));
    }
    let cases: [(&str, &[&str]); 5] = [
        ("absent", &["absent/settings.json", "give a folder that optimize binning has written"]),
        ("void", &["void/settings.json", "give a folder that optimize binning has written"]),
        ("short", &["short/settings.json", "EOF", "line 1"]),
        ("odd", &["odd/settings.json", "unknown field `a`"]),
        ("w.csv", &["w.csv/settings.json"]),
    ];
    for (name, expected) in cases {
        ANALYSE.refused_untouched(&folder, name, expected);
    }
    let checkpoint = fs::read_to_string(folder.join("run/checkpoint-2.json")).expect("text");
    write(&folder.join("run"), "checkpoint-2.json", &checkpoint[..checkpoint.len() / 2]);
    ANALYSE.refused_untouched(&folder, "run", &["run/checkpoint-2.json is not JSON"]);
    write(&folder.join("run"), "checkpoint-2.json", &checkpoint);

    let events = fs::read_to_string(folder.join("s.csv")).expect("text");
    for changed in [events.replacen(",0.1,", ",0.3,", 1), events.replacen("110", "111", 1)] {
        assert_ne!(changed, events);
        write(&folder, "s.csv", &changed);
        if changed.contains(",0.3,") {
            ANALYSE.refused_untouched(
                &folder,
                "run",
                &["run/checkpoint-2.json", "another problem"],
            );
        } else {
            // A column that is not binned may contain anything.
            ANALYSE.quiet(&folder, "run --no-figures");
        }
    }
    fs::remove_file(folder.join("s.csv")).expect("a file");
    ANALYSE.refused_untouched(&folder, "run", &["cannot read", "s.csv"]);
}
