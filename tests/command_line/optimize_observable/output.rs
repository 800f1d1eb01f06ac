//! Printed output, and the contents of the output folder.

use std::fs;

use serde_json::Value;

use super::{
    OBSERVABLE, SMALL, contents, folder, json, keys, names_in, number, numbers, quiet,
    refused_untouched, result, write,
};

const METRICS: [&str; 14] = [
    "loss",
    "cls",
    "p0",
    "ln_cls",
    "ln_p0",
    "limit",
    "ln_limit",
    "sigma_mu",
    "generalised_variance",
    "ln_generalised_variance",
    "constraints",
    "gaussianity",
    "bce",
    "bce_augmented",
];

const WRITTEN: [&str; 10] = [
    "checkpoint-0.safetensors",
    "checkpoint-1.safetensors",
    "history-0.csv",
    "history-1.csv",
    "model-0.safetensors",
    "model-1.safetensors",
    "result.json",
    "settings.json",
    "workspace-0.json",
    "workspace-1.json",
];

#[test]
fn the_folder_holds_everything_and_the_same_bytes_with_any_threads() {
    let folder = folder("observable_output");
    let words = format!("{SMALL} --seeds 1 0 1");
    let table = quiet(&folder, &format!("{words} --output new/one --threads 1"));
    assert!(table.ends_with("written to new/one\n"), "{table}");
    assert_eq!(names_in(&folder.join("new/one")), WRITTEN);
    let files = contents(&folder.join("new/one"));
    let document = quiet(&folder, &format!("{words} --output two --threads 2 --json"));
    assert!(contents(&folder.join("two")) == files, "threads change what is written");
    assert_eq!(document.as_bytes(), files["result.json"]);
    assert_eq!(json(&document), result(&folder, &words), "a folder changes the result");

    let rows: Vec<Vec<&str>> =
        table.lines().take(3).map(|line| line.split_whitespace().collect()).collect();
    let header = ["seed", "status", "best", "epoch", "loss", "cls", "p0", "sigma_mu", "bce"];
    assert_eq!(rows[0], header);
    assert_eq!(
        (rows[1][..2].to_vec(), rows[2][..2].to_vec()),
        (vec!["0", "completed"], vec!["1", "completed"])
    );
}

#[test]
fn the_result_has_the_documented_keys_and_is_the_best_of_the_seeds() {
    let folder = folder("observable_keys");
    let found = result(&folder, &format!("{SMALL} --seeds 0 1 2 --loss bce --select sigma_mu"));
    let of_a_run = ["loss", "seed", "status", "reason", "epochs", "best"];
    assert_eq!(keys(&found), [&of_a_run[..], &["runs", "settings"]].concat());
    let runs = found["runs"].as_array().expect("a list");
    assert_eq!(runs.iter().map(|run| &run["seed"]).collect::<Vec<_>>(), [0, 1, 2]);
    let sigma = |run: &Value| number(&run["best"]["metrics"]["sigma_mu"]);
    for run in runs {
        assert_eq!(keys(run), of_a_run);
        assert_eq!((&run["status"], &run["reason"]), (&"completed".into(), &Value::Null));
        assert_eq!((&run["loss"], &run["epochs"]), (&"bce".into(), &3.into()));
        let best = &run["best"];
        assert_eq!(keys(best), ["epoch", "metrics", "edges", "yields"]);
        assert_eq!(keys(&best["metrics"]), METRICS);
        assert!(METRICS.iter().all(|name| number(&best["metrics"][name]).is_finite()));
        assert_eq!(best["metrics"]["loss"], best["metrics"]["bce"]);
        assert_eq!(numbers(&best["edges"]), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        let names =
            ["signal", "background", "background calibration up", "background calibration down"];
        assert_eq!(keys(&best["yields"]), names);
        for (name, events) in names.iter().zip([20.0, 100.0, 100.0, 100.0]) {
            let sum: f64 = numbers(&best["yields"][name]).iter().sum();
            super::assert_close(sum, events, 1e-9);
        }
    }
    let lowest = runs.iter().min_by(|a, b| sigma(a).total_cmp(&sigma(b))).expect("three");
    for key in of_a_run {
        assert_eq!(found[key], lowest[key], "{key}");
    }
    assert_eq!(found["settings"]["seeds"], Value::from([0, 1, 2]));
}

#[test]
fn the_history_leads_to_the_best_metrics() {
    let folder = folder("observable_history");
    quiet(&folder, &format!("{SMALL} --output out"));
    let out = folder.join("out");
    let mut table = csv::Reader::from_path(out.join("history-0.csv")).expect("a file");
    let header: Vec<String> = table.headers().expect("one").iter().map(str::to_owned).collect();
    assert_eq!(header, [&["epoch", "training_loss", "gradient_norm"][..], &METRICS].concat());
    let rows: Vec<Vec<f64>> = table
        .records()
        .map(|row| row.expect("a row").iter().map(|text| text.parse().expect(text)).collect())
        .collect();
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), [0.0, 1.0, 2.0, 3.0]);
    let found = json(&fs::read_to_string(out.join("result.json")).expect("text"));
    let epoch = found["best"]["epoch"].as_u64().expect("an epoch") as usize;
    let lowest = rows.iter().map(|row| row[3]).fold(f64::INFINITY, f64::min);
    assert_eq!(rows[epoch][3], lowest);
    for (name, value) in METRICS.iter().zip(&rows[epoch][3..]) {
        assert_eq!(number(&found["best"]["metrics"][name]), *value, "{name}");
    }
}

/// A written workspace alone gives the reported results.
#[test]
fn the_workspace_has_the_cls_and_p0_of_the_result() {
    let folder = folder("observable_workspace");
    let found = result(&folder, &format!("{SMALL} --output out"));
    let of = |words: &[&str]| super::super::run_in(&folder, words, "");
    let cls = json(&of(&["cls", "out/workspace-0.json"]).stdout);
    let metrics = &found["best"]["metrics"];
    super::assert_close(number(&cls["CLs_exp"][2]), number(&metrics["cls"]), 1e-6);
    let p0 = json(&of(&["discovery", "out/workspace-0.json", "--asimov", "nominal"]).stdout);
    super::assert_close(number(&p0["p0_exp"][2]), number(&metrics["p0"]), 1e-6);
}

/// A training that cannot continue keeps its results so far.
#[test]
fn a_stopped_training_says_why_and_keeps_its_best() {
    let folder = folder("observable_stopped");
    let run = OBSERVABLE.run(&folder, &format!("{SMALL} --learning-rate 1e300 --output out"));
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(
        run.stderr.contains("seed 0: the training stopped in epoch 1, batch 2"),
        "{}",
        run.stderr
    );
    let found = json(&fs::read_to_string(folder.join("out/result.json")).expect("text"));
    assert_eq!((&found["status"], &found["epochs"]), (&"stopped".into(), &0.into()));
    let reason = found["reason"].as_str().expect("text");
    assert!(reason.contains("scores are not finite"), "{reason}");
    assert_eq!(found["best"]["epoch"], 0);
    assert!(folder.join("out/model-0.safetensors").exists());

    let none = "--background-floor 0 --bins 200 --bandwidth 0.0001 --output out";
    let run = OBSERVABLE.run(&folder, &format!("{SMALL} {none}"));
    assert_eq!(run.status, 3, "{}", run.stderr);
    for words in ["raise the background floor", "there is no best observable"] {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    let found = json(&fs::read_to_string(folder.join("out/result.json")).expect("text"));
    assert_eq!((&found["best"], &found["runs"][0]["best"]), (&Value::Null, &Value::Null));
    let left = ["checkpoint-0.safetensors", "history-0.csv", "result.json", "settings.json"];
    assert_eq!(names_in(&folder.join("out")), left, "files of the earlier run");
}

#[test]
fn files_of_an_earlier_run_go_and_others_stay() {
    let folder = folder("observable_clear");
    quiet(&folder, &format!("{SMALL} --seeds 0 7 --output out"));
    for name in ["notes.txt", "model-best.safetensors"] {
        write(&folder.join("out"), name, "mine");
    }
    write(&folder.join("out"), "metrics.svg", "an earlier figure");
    quiet(&folder, &format!("{SMALL} --output out"));
    let expected = [
        "checkpoint-0.safetensors",
        "history-0.csv",
        "model-0.safetensors",
        "model-best.safetensors",
        "notes.txt",
        "result.json",
        "settings.json",
        "workspace-0.json",
    ];
    assert_eq!(names_in(&folder.join("out")), expected);
    write(&folder, "file", "");
    refused_untouched(&folder, &format!("{SMALL} --output file"), &["cannot write file"]);
}

#[test]
fn the_help_teaches_and_has_every_flag() {
    let run = OBSERVABLE.run(std::path::Path::new("."), "--help");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let flags = "--config --toy --points --signal --background --template --weight-column --column \
        --loss --hidden --activation --standardise --bins --edges --train-edges --bandwidth \
        --relative-bandwidth --overflow --background-floor --held-out --batch-size --epochs \
        --learning-rate --patience --select --seeds --output --json --no-figures --threads --resume \
        --checkpoint-every --stop-after";
    for flag in flags.split_whitespace() {
        let described =
            run.stdout.lines().any(|line| line.trim_start().split([' ', '=']).next() == Some(flag));
        assert!(described, "--help lacks {flag}");
    }
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for term in METRICS[1..].iter().map(|name| name.replace('_', "-")) {
        assert!(text.contains(&term), "--help lacks {term}");
    }
    for word in [
        "Examples: diffhep optimize observable",
        "flags win over it",
        "[[fill.shape]]",
        "[default: 128,128,128,128]",
        "[default: true; false for the toy]",
        "[default: x y for the toy]",
    ] {
        assert!(text.contains(word), "--help lacks '{word}'");
    }
}
