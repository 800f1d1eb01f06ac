//! Runs that pause or are killed, and resume.

use std::fs;

use serde_json::Value;

use super::{
    BINNING, FAST, FILES, assert_same, contents, folder, json, names_in, quiet, refused_untouched,
    result, write, write_events,
};

/// Pauses a run every `epochs` epochs until it ends; returns the number of pauses.
fn in_parts(folder: &std::path::Path, words: &str, epochs: usize) -> usize {
    let mut further = "";
    for pauses in 0..20 {
        let run = BINNING.run(folder, &format!("{words} --stop-after {epochs} {further} --json"));
        assert_eq!(run.status, 0, "{}", run.stderr);
        json(&run.stdout);
        if !run.stderr.contains("paused; --resume goes on from here") {
            assert_eq!(run.stderr, "");
            return pauses;
        }
        further = "--resume";
    }
    panic!("{words} never ends");
}

#[test]
fn a_paused_run_goes_on_to_the_same_bytes() {
    let folder = folder("binning_pause");
    write_events(&folder);
    let problems = [
        format!("{FILES} --bins 2 4 --fine-bins 60"),
        format!("{FILES} {FAST} --bins 2 3 --objective cls --background-uncertainty 0.1"),
        format!("{FILES} {FAST} --bins 2 4 --column mass --minimum-background 0 --seed 5"),
        format!(
            "{FILES} {FAST} --bins 2 3 --column mass --categories product --minimum-background 0"
        ),
    ];
    for (k, problem) in problems.iter().enumerate() {
        let to = |name: &str| format!("{problem} --epochs 9 --output {name}-{k}");
        quiet(&folder, &to("whole"));
        assert_eq!(in_parts(&folder, &to("part"), 4), 4, "9 epochs twice, in parts of 4");
        assert_same(&folder, &format!("whole-{k}"), &format!("part-{k}"));
        // Resuming a finished run changes nothing.
        quiet(&folder, &format!("{} --resume", to("part")));
        assert_same(&folder, &format!("whole-{k}"), &format!("part-{k}"));
    }
}

#[test]
fn a_paused_run_says_how_far_it_came() {
    let folder = folder("binning_paused");
    write_events(&folder);
    let words = format!("{FILES} {FAST} --bins 2 4 --epochs 9 --output run --stop-after 4 --json");
    let run = BINNING.run(&folder, &words);
    assert_eq!(run.stderr, "2 bins: paused; --resume goes on from here\n");
    let paused = json(&run.stdout);
    let descent = &paused["results"][0]["descent"];
    assert_eq!((&descent["status"], &descent["epochs"]), (&"paused".into(), &4.into()));
    assert_eq!(paused["results"].as_array().map(Vec::len), Some(1), "4 bins have not begun");
    assert!(!folder.join("run/checkpoint-4.json").exists());
}

/// The kills come before the first checkpoint, early, and during the second number of bins. An
/// epoch takes about 10 microseconds, so the run needs thousands of them to last until the signal.
#[cfg(unix)]
#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let folder = folder("binning_killed");
    write_events(&folder);
    let problem = format!("{FILES} {FAST} --bins 2 4 --epochs 12000");
    quiet(&folder, &format!("{problem} --output whole --checkpoint-every 6000"));
    let size = |path: &str| fs::metadata(folder.join(path)).map_or(0, |file| file.len());
    let moments: [(&str, &str, u64, &str); 3] = [
        ("a", "settings.json", 1, "1000000"),
        ("b", "checkpoint-2.json", 20_000, "1"),
        ("c", "checkpoint-4.json", 15_000, "1000"),
    ];
    for (name, file, least, every) in moments {
        let words = format!("{problem} --output {name}");
        let path = format!("{name}/{file}");
        BINNING.killed(&folder, &format!("{words} --checkpoint-every {every}"), || {
            size(&path) >= least
        });
        let mut left = names_in(&folder.join(name));
        // A file that was being written when the signal came is left behind under a temporary name.
        for unfinished in left.extract_if(.., |file| file.contains(".json.new.")) {
            fs::remove_file(folder.join(name).join(unfinished)).expect("a file");
        }
        assert!(!left.contains(&"result.json".to_owned()), "{left:?}");
        let checkpoints = left.iter().filter(|file| file.starts_with("checkpoint"));
        let expected = ["a", "b", "c"].iter().position(|moment| *moment == name);
        assert_eq!(Some(checkpoints.count()), expected, "{name}: {left:?}");
        for file in left.iter().filter(|file| file.ends_with(".json")) {
            let text = fs::read(folder.join(name).join(file)).expect("a file");
            serde_json::from_slice::<Value>(&text).expect("a file is whole whenever it is read");
        }
        quiet(&folder, &format!("{words} --resume --checkpoint-every 6000"));
        assert_same(&folder, "whole", name);
    }
}

/// A paused run of a separate problem, in the folder `run`.
fn paused(test: &str) -> std::path::PathBuf {
    let folder = folder(test);
    write_events(&folder);
    let words = format!("{FILES} {FAST} --bins 2 4 --epochs 9 --output run --stop-after 4");
    assert_eq!(BINNING.run(&folder, &words).status, 0);
    folder
}

#[test]
fn other_settings_are_refused_by_name_and_nothing_is_touched() {
    let folder = paused("binning_other_settings");
    let run = format!("{FILES} {FAST} --resume --output run");
    let same = "--bins 2 4 --epochs 9";
    let cases: [(&str, &[&str]); 9] = [
        ("--bins 2 4 --epochs 10", &["made with epochs 9, now it is 10; set it back"]),
        ("--bins 2 3 --epochs 9", &["made with bins [2,4], now it is [2,3]; set it back"]),
        (&format!("{same} --refine false"), &["made with refine true, now it is false"]),
        (&format!("{same} --objective cls"), &["objective \"asimov\", now it is \"cls\""]),
        (&format!("{same} --minimum-background 3"), &["minimum-background not set, now it is 3.0"]),
        (&format!("{same} --learning-rate 0.3"), &["learning-rate {", "now it is 0.3"]),
        (&format!("{same} --weight-column weight_up"), &["weight-column not set", "\"weight_up\""]),
        (&format!("{same} --order significance"), &["order \"position\"", "\"significance\""]),
        (&format!("{same} --column mass"), &["columns [\"score=0:1\"]", "\"score=0:1\",\"mass\""]),
    ];
    for (words, expected) in cases {
        let expected = [&["run/settings.json", "or write to another folder"], expected].concat();
        refused_untouched(&folder, &format!("{run} {words}"), &expected);
    }
    let toy = "--fine-bins 60 --no-figures --resume --output run --bins 2 4 --epochs 9";
    refused_untouched(&folder, toy, &["run/settings.json", "now it is"]);
    let absent = format!("{FILES} {FAST} --resume --output absent");
    refused_untouched(&folder, &absent, &["absent/settings.json", "give a folder"]);
    refused_untouched(&folder, "--resume", &["--output"]);
    quiet(&folder, &format!("{run} {same}"));
}

#[test]
fn other_events_and_damaged_checkpoints_are_refused_and_nothing_is_touched() {
    let folder = paused("binning_damaged");
    let words = format!("{FILES} {FAST} --bins 2 4 --epochs 9 --output run");
    let resume = format!("{words} --resume");
    let sound = fs::read_to_string(folder.join("run/checkpoint-2.json")).expect("text");
    let damaged: [(&str, &[&str]); 5] = [
        (&sound[..sound.len() / 2], &["is not JSON", "perhaps cut short", "start a new training"]),
        ("", &["is not JSON"]),
        ("{\"some\": \"thing\"}\n", &["is not a training checkpoint; check the path"]),
        ("[1, 2]", &["is not a training checkpoint"]),
        (&sound.replace("\"step\": 3", "\"step\": 7"), &["is damaged", "step"]),
    ];
    for (text, expected) in damaged {
        assert_ne!(text, sound);
        write(&folder.join("run"), "checkpoint-2.json", text);
        let expected = [&["run/checkpoint-2.json"], expected].concat();
        refused_untouched(&folder, &resume, &expected);
    }
    write(&folder.join("run"), "checkpoint-2.json", &sound);
    let events = fs::read_to_string(folder.join("w.csv")).expect("text");
    write(&folder, "w.csv", &events.replacen(",0.2,", ",0.25,", 1));
    refused_untouched(&folder, &resume, &["run/checkpoint-2.json", "another problem"]);
    write(&folder, "w.csv", &events);
    quiet(&folder, &resume);
    let found = contents(&folder.join("run"));
    let found = json(std::str::from_utf8(&found["result.json"]).expect("text"));
    assert_eq!(found, result(&folder, &words.replace(" --output run", "")));
}
