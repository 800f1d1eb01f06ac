//! Printed output and written files.

use std::fs;
use std::process::{Command, Stdio};

use super::{
    arguments, check_figures, contents, cut, expected_names, folder, json, names_in, number, quiet,
    refused_untouched, result, value_of, write,
};

#[test]
fn without_arguments_it_prints_a_table_and_writes_nothing() {
    let folder = folder("cut_table");
    let before = names_in(&folder);
    let table = quiet(&folder, "");
    let first = table.lines().next().expect("a header");
    for word in ["asimov", "significance", "signal", "background", "cuts"] {
        assert!(first.contains(word), "{table}");
    }
    for row in ["no cut ", "best of the hard scan", "soft optimum, sigmoid cuts", "descent: "] {
        assert!(table.lines().any(|line| line.starts_with(row)), "no '{row}' in {table}");
    }
    assert_eq!(names_in(&folder), before);
}

#[test]
fn json_is_one_document_with_the_documented_keys() {
    let folder = folder("cut_json");
    let before = names_in(&folder);
    let result = result(&folder, "--seed 2");
    assert_eq!(names_in(&folder), before);
    assert_eq!((&result["objective"], &result["seed"]), (&"asimov".into(), &2.into()));
    let cuts = result["cuts"].as_array().expect("a list");
    assert_eq!(cuts.len(), 1);
    let keys: Vec<&String> = cuts[0].as_object().expect("a cut").keys().collect();
    assert_eq!(keys, ["column", "keep", "value"]);
    assert_eq!((&cuts[0]["column"], &cuts[0]["keep"]), (&"x".into(), &"above".into()));
    assert!((value_of(&result, 0) - 45.0).abs() < 2.0, "{}", cuts[0]);
    let significance = number(&result["significance"]);
    let scanned = number(&result["scan"]["best_significance"]);
    assert!(significance >= 0.99 * scanned, "{significance}, scan {scanned}");
    assert!((number(&result["scan"]["best_cut"]) - value_of(&result, 0)).abs() < 1.0);
    assert!(number(&result["soft_significance"]) < significance);
    let expected = super::asimov(300.0, 8000.0);
    assert!((number(&result["significance_no_cut"]) - expected).abs() < 1e-12);
}

const FIGURES: [&str; 6] = ["gradient", "history", "path", "scan", "shapes", "weights"];

const WRITTEN: [&str; 3] = ["checkpoint.json", "history.csv", "result.json"];

#[test]
fn the_output_folder_holds_everything_and_the_same_bytes_with_any_threads() {
    let folder = folder("cut_output");
    let printed = quiet(&folder, "--steps 20 --output new/one --threads 1");
    assert!(printed.ends_with("written to new/one\n"), "{printed}");
    let one = folder.join("new/one");
    assert_eq!(names_in(&one), expected_names(&FIGURES, &WRITTEN));
    let files = contents(&one);
    assert_eq!(check_figures(&files), FIGURES.len());

    let document = quiet(&folder, "--steps 20 --output two --threads 2 --json");
    assert!(contents(&folder.join("two")) == files, "threads change what is written");
    assert_eq!(document.as_bytes(), files["result.json"]);
    let result = json(&document);

    let history = fs::read_to_string(one.join("history.csv")).expect("text");
    let mut rows = csv::Reader::from_reader(history.as_bytes());
    let header: Vec<_> = rows.headers().expect("a header").iter().map(str::to_owned).collect();
    let expected = ["step", "objective", "gradient_norm", "learning_rate", "hardness", "cut x >"];
    assert_eq!(header[..6], expected);
    let rows: Vec<_> = rows.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 21);
    assert!(rows.iter().enumerate().all(|(step, row)| row[0] == step.to_string()));
    assert_eq!(rows[0][5].parse(), Ok(20.0));
    let last: f64 = rows[20][5].parse().expect("a number");
    assert_eq!(last, number(&result["soft"]["cuts"][0]["value"]));
}

#[test]
fn the_seed_decides_and_no_figures_draws_none() {
    let folder = folder("cut_seed");
    for (name, seed) in [("a", 5), ("b", 5), ("c", 6)] {
        let words = format!("--seed {seed} --steps 20 --no-figures --output {name}");
        quiet(&folder, &words);
        assert_eq!(names_in(&folder.join(name)), WRITTEN);
    }
    let [a, b, c] = ["a", "b", "c"].map(|name| contents(&folder.join(name)));
    assert!(a == b, "one seed, different files");
    for name in WRITTEN {
        assert!(a[name] != c[name], "{name} of two seeds is the same");
    }
}

#[test]
fn several_cuts_are_drawn_and_scanned_one_at_a_time() {
    let folder = folder("cut_several");
    super::write_events(&folder);
    let cuts = "--cut x>40 --cut x< --cut y>";
    let table = quiet(&folder, &format!("{} {cuts} --steps 5 --output out", super::FILES));
    let rows = ["best single scan", "scans, one after another"];
    assert!(rows.iter().all(|row| table.contains(row)), "{table}");
    let files = contents(&folder.join("out"));
    let names: Vec<_> = files.keys().cloned().collect();
    assert_eq!(names, expected_names(&["history", "shapes"], &WRITTEN));
    check_figures(&files);
    let result = json(std::str::from_utf8(&files["result.json"]).expect("text"));
    assert_eq!(result["cuts"].as_array().expect("a list").len(), 3);
    assert_eq!(result.get("scan"), None);
    assert!(number(&result["one_at_a_time"]["sequential"]["significance"]) > 0.0);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    let folder = folder("cut_unwritable");
    write(&folder, "file", "");
    for (target, word) in [("file", "cannot write file: not a directory"), ("file/in", "file/in")] {
        let words = format!("--steps 2 --no-figures --output {target}");
        refused_untouched(&folder, &words, &["cannot write file", word]);
    }
    fs::create_dir_all(folder.join("taken/result.json")).expect("a folder");
    super::refused(
        &folder,
        &arguments("--steps 2 --no-figures --output taken", &[]),
        "",
        &["cannot write taken/result.json"],
    );
    assert!(names_in(&folder.join("taken")).iter().all(|name| WRITTEN.contains(&name.as_str())));
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let folder = folder("cut_pipe");
    for words in ["--steps 2", "--steps 2 --json"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_diffhep"))
            .args(arguments(words, &[]))
            .current_dir(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*stderr), (Some(0), ""), "{words}");
    }
}

/// With sigmoids as sharp as steps there is no gradient, but all numbers stay finite.
#[test]
fn sigmoids_as_hard_as_steps_give_numbers() {
    let folder = folder("cut_hard");
    for toy in ["notebook", "five-columns"] {
        let words = format!("--toy {toy} --slope 1e6 --steps 10 --no-figures --output {toy}");
        let run = cut(&folder, &format!("{words} --json"));
        assert_eq!(run.status, 0, "{}", run.stderr);
        // Between the notebook's few events the gradient is zero, and the program warns of that.
        let warned = run.stderr.starts_with("warning: the gradient is 0");
        assert_eq!(warned, toy == "notebook", "{toy}: {}", run.stderr);
        let document = run.stdout;
        let result = json(&document);
        let (hard, soft) = (&result["hard_at_soft_cuts"], &result["soft"]);
        let [hard, soft] = [hard, soft].map(|judged| number(&judged["significance"]));
        assert!((hard - soft).abs() < 1e-2 * hard, "{toy}: hard {hard}, soft {soft}");
        let history = fs::read_to_string(folder.join(toy).join("history.csv")).expect("text");
        assert!(!history.contains("NaN") && !history.contains("inf"), "{toy}: {history}");
        // Only the wide-open cuts of single scans are infinite and thus null.
        assert_eq!(document.contains("null"), toy == "five-columns", "{toy}: {document}");
    }
    let run = cut(&folder, "--slope 1e300 --steps 3 --json");
    assert_eq!(run.status, 0, "{}", run.stderr);
    json(&run.stdout);
}
