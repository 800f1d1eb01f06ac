//! Runs that pause or are killed, and resume.

use std::fs;

use super::{
    OBSERVABLE, SMALL, assert_same, folder, json, names_in, quiet, refused_untouched, write,
    write_all,
};

#[test]
fn a_paused_run_goes_on_to_the_same_bytes() {
    let folder = folder("observable_pause");
    write_all(&folder);
    let problems = [
        format!("{SMALL} --seeds 0 1 --train-edges"),
        "--config shapes.toml --no-figures --seeds 0 1 --loss cls+p0".to_owned(),
        "--config fills.toml --no-figures --seeds 0 1 --activation tanh".to_owned(),
    ];
    for (k, problem) in problems.iter().enumerate() {
        let to = |name: &str| format!("{problem} --output {name}-{k}");
        quiet(&folder, &to("whole"));
        let mut further = "";
        let mut pauses = 0;
        loop {
            let run = OBSERVABLE.run(&folder, &format!("{} --stop-after 2 {further}", to("part")));
            assert_eq!(run.status, 0, "{}", run.stderr);
            if !run.stderr.contains("paused; --resume goes on from here") {
                break;
            }
            (further, pauses) = ("--resume", pauses + 1);
        }
        assert_eq!(pauses, 2, "3 epochs twice, in parts of 2");
        assert_same(&folder, &format!("whole-{k}"), &format!("part-{k}"));
        // Resuming a finished run changes nothing.
        quiet(&folder, &format!("{} --resume", to("part")));
        assert_same(&folder, &format!("whole-{k}"), &format!("part-{k}"));
    }
}

#[test]
fn a_paused_run_says_how_far_it_came() {
    let folder = folder("observable_paused");
    let run =
        OBSERVABLE.run(&folder, &format!("{SMALL} --seeds 0 1 --output out --stop-after 2 --json"));
    assert_eq!(run.stderr, "seed 0: paused; --resume goes on from here\n");
    let found = json(&run.stdout);
    assert_eq!((&found["status"], &found["epochs"]), (&"paused".into(), &2.into()));
    assert_eq!(found["runs"].as_array().map(Vec::len), Some(1), "seed 1 has not begun");
}

/// The kills come before the first checkpoint, early, and during the second seed.
#[cfg(unix)]
#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let folder = folder("observable_killed");
    let problem = "--points 300 --hidden 8 --batch-size 100 --no-figures --seeds 0 1 --epochs 300";
    quiet(&folder, &format!("{problem} --output whole"));
    let moments = [
        ("a", "settings.json", "1000"),
        ("b", "checkpoint-0.safetensors", "1"),
        ("c", "checkpoint-1.safetensors", "1"),
    ];
    for (name, file, every) in moments {
        let words = format!("{problem} --output {name}");
        let path = folder.join(name).join(file);
        OBSERVABLE
            .killed(&folder, &format!("{words} --checkpoint-every {every}"), || path.exists());
        for left in names_in(&folder.join(name)) {
            assert_ne!(left, "result.json");
            // A file that was being written when the signal came is left behind under a temporary
            // name.
            if left.contains(".new.") {
                fs::remove_file(folder.join(name).join(left)).expect("a file");
            }
        }
        quiet(&folder, &format!("{words} --resume"));
        assert_same(&folder, "whole", name);
    }
}

#[test]
fn other_settings_and_other_events_are_refused_and_nothing_is_touched() {
    let folder = folder("observable_other");
    write_all(&folder);
    let run = "--config shapes.toml --no-figures --output run";
    quiet(&folder, run);
    let cases: [(&str, &[&str]); 5] = [
        ("--epochs 4", &["made with epochs 3, now it is 4; set it back"]),
        ("--seeds 0 1", &["made with seeds [0], now it is [0,1]"]),
        ("--loss p0", &["made with loss \"cls\", now it is \"p0\""]),
        ("--hidden 9", &["made with hidden [8], now it is [9]"]),
        ("--patience 2", &["patience not set, now it is 2"]),
    ];
    for (words, expected) in cases {
        let expected = [&["run/settings.json", "or write to another folder"], expected].concat();
        refused_untouched(&folder, &format!("{run} --resume {words}"), &expected);
    }
    let absent = run.replace("--output run", "--output absent --resume");
    refused_untouched(&folder, &absent, &["absent/settings.json", "optimize observable"]);
    refused_untouched(&folder, "--resume", &["--output"]);

    let events = fs::read_to_string(folder.join("b_up.csv")).expect("text");
    write(&folder, "b_up.csv", &events.replacen(",0.25,", ",0.5,", 1));
    let resume = format!("{run} --resume");
    refused_untouched(&folder, &resume, &["checkpoint-0.safetensors", "another problem"]);
    write(&folder, "b_up.csv", &events);
    let checkpoint = fs::read(folder.join("run/checkpoint-0.safetensors")).expect("a file");
    let half = &checkpoint[..checkpoint.len() / 2];
    fs::write(folder.join("run/checkpoint-0.safetensors"), half).expect("a file");
    refused_untouched(&folder, &resume, &["run/checkpoint-0.safetensors"]);
}
