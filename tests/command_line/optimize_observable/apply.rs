//! `diffhep apply`: scores of the events in files, from trained networks.

use std::fs;
use std::path::PathBuf;

use super::{APPLY, FILES, folder, json, keys, names_in, numbers, quiet, write, write_all};

/// A folder with events, and a network that was trained on them.
fn trained(test: &str) -> PathBuf {
    let folder = folder(test);
    write_all(&folder);
    quiet(&folder, &format!("{FILES} --edges 0 0.45 0.55 1 --output run"));
    folder
}

const MODEL: &str = "run/model-0.safetensors";

#[test]
fn csv_and_json_hold_the_same_scores_in_the_bins_of_the_edges() {
    let folder = trained("apply_scores");
    let table = APPLY.quiet(&folder, &format!("{MODEL} --input s.csv"));
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("score,bin"));
    let rows: Vec<(f64, usize)> = lines
        .map(|line| {
            let (score, bin) = line.split_once(',').expect("two columns");
            (score.parse().expect(score), bin.parse().expect(bin))
        })
        .collect();
    let found = APPLY.result(&folder, &format!("{MODEL} --input s.csv"));
    assert_eq!(keys(&found), ["columns", "edges", "scores", "bins"]);
    assert_eq!(found["columns"], serde_json::json!(["x", "y"]));
    let edges = numbers(&found["edges"]);
    assert_eq!(edges, [0.0, 0.45, 0.55, 1.0]);
    assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), numbers(&found["scores"]));
    assert_eq!(rows.len(), 200);
    for ((score, bin), in_json) in rows.iter().zip(numbers(&found["bins"])) {
        assert!(edges[bin - 1] <= *score && *score <= edges[*bin], "{score} in {bin}");
        assert_eq!(*bin as f64, in_json);
    }
    let mut bins: Vec<usize> = rows.iter().map(|row| row.1).collect();
    bins.dedup();
    assert!(bins.len() > 1, "a test of nothing");
}

/// Scores are in the order of the file; columns that are not inputs may contain anything, and so
/// may weights.
#[test]
fn only_the_columns_of_the_network_matter() {
    let folder = trained("apply_columns");
    let lines = |name: &str| -> Vec<String> {
        let table = APPLY.quiet(&folder, &format!("{MODEL} --input {name}"));
        table.lines().skip(1).map(str::to_owned).collect()
    };
    write(&folder, "a.csv", "weight,y,x\nNaN,1,2\n0,3,4\n,5,6\n");
    write(&folder, "b.csv", "x,y\n6,5\n2,1\n4,3\n");
    write(&folder, "zero.csv", "x,y,weight\n6,5,0\n");
    let (a, b) = (lines("a.csv"), lines("b.csv"));
    assert_eq!([&a[2], &a[0], &a[1]], [&b[0], &b[1], &b[2]]);
    assert_eq!(lines("zero.csv"), [a[2].clone()]);
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = trained("apply_file");
    let words = format!("{MODEL} --input s.csv");
    let printed = APPLY.quiet(&folder, &words);
    assert_eq!(APPLY.quiet(&folder, &format!("{words} --output-file scores.csv")), "");
    assert_eq!(fs::read_to_string(folder.join("scores.csv")).expect("text"), printed);
    APPLY.quiet(&folder, &format!("{words} --json --output-file scores.json"));
    json(&fs::read_to_string(folder.join("scores.json")).expect("text"));
    assert!(names_in(&folder).iter().all(|name| !name.contains(".new.")));
    write(&folder, "bad.csv", "x,y\n1,2\n1,z\n");
    let bad = format!("{MODEL} --input bad.csv --output-file scores.csv");
    APPLY.refused_untouched(&folder, &bad, &["bad.csv, line 3, column 'y'", "'z'"]);
}

#[test]
fn what_gives_no_scores_is_refused() {
    let folder = trained("apply_refused");
    write(&folder, "x.csv", "x,z\n1,2\n");
    write(&folder, "none.csv", "x,y\n");
    write(&folder, "huge.csv", "x,y\n1,2\n1.79e308,-1.79e308\n");
    let model = fs::read(folder.join(MODEL)).expect("a file");
    fs::write(folder.join("half.safetensors"), &model[..model.len() / 2]).expect("a file");
    let cases: [(&str, &[&str]); 8] = [
        (&format!("{MODEL} --input x.csv"), &["x.csv has no column 'y'; it has x, z"]),
        (&format!("{MODEL} --input none.csv"), &["none.csv holds no events"]),
        (&format!("{MODEL} --input absent.csv"), &["cannot read", "absent.csv"]),
        (MODEL, &["--input"]),
        ("absent --input s.csv", &["absent", "a model that optimize observable has written"]),
        ("s.csv --input s.csv", &["s.csv: ", "a model that optimize observable has written"]),
        ("half.safetensors --input s.csv", &["half.safetensors: ", "a model that"]),
        (
            "run/checkpoint-0.safetensors --input s.csv",
            &["it is a \"diffhep mini-batch checkpoint\", not a \"diffhep trained network\""],
        ),
    ];
    for (words, expected) in cases {
        APPLY.refused_untouched(&folder, words, expected);
    }
    // Large network weights and inputs that are not standardised.
    let raw = "--standardise false --loss bce --learning-rate 0.3 --output raw";
    quiet(&folder, &format!("{FILES} {raw}"));
    let huge = "raw/model-0.safetensors --input huge.csv";
    APPLY.refused_untouched(&folder, huge, &["huge.csv: event 2 has no score", "too large"]);
    let help = APPLY.run(&folder, "--help");
    assert!(help.status == 0 && help.stdout.contains("model-SEED.safetensors"), "{}", help.stdout);
}
