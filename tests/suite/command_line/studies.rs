//! `diffhep study`: published studies, reproduced into a folder.

use std::path::Path;

use super::subcommand::{check_figures, contents};
use super::{folder, json, names_in, refused, run_in, write};

const NAMES: [&str; 3] = ["cut-notebook", "exponential-cut", "metrics"];

#[test]
fn the_list_names_every_study() {
    let run = run_in(Path::new("."), &["study", "list"], "");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let names: Vec<_> = run.stdout.lines().map(|line| line.split(' ').next().expect("")).collect();
    assert_eq!(names, NAMES);
}

#[test]
fn wrong_names_and_folders_are_refused() {
    let folder = folder("study_wrong");
    write(&folder, "file", "");
    let before = names_in(&folder);
    let list = "cut-notebook, exponential-cut, metrics";
    refused(&folder, &["study", "metric"], "", &["unknown study 'metric'", list]);
    refused(&folder, &["study"], "", &["<NAME>"]);
    refused(&folder, &["study", "metrics", "--seed", "x"], "", &["'x'", "--seed"]);
    let onto_a_file = ["study", "metrics", "--output", "file"];
    refused(&folder, &onto_a_file, "", &["cannot write file: not a directory"]);
    assert_eq!(names_in(&folder), before);
}

/// Runs a study twice and checks what every study leaves; gives the names of its files.
fn check(name: &str, figures: usize, words: &[&str]) -> Vec<String> {
    let folder = folder(&format!("study_{name}"));
    let runs = ["one", "two"]
        .map(|output| run_in(&folder, &["study", name, "--output", output, "--seed", "3"], ""));
    for run in &runs {
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{name}");
    }
    let [one, two] = ["one", "two"].map(|output| contents(&folder.join(output)));
    assert!(one == two, "{name}: two runs, different files");
    let text = |file: &str| std::str::from_utf8(&one[file]).expect("text");
    assert_eq!(json(text("result.json"))["seed"], 3);
    let found = text("study.txt");
    assert_eq!(runs[0].stdout, format!("{found}\nwritten to one\n"));
    let title = format!("Study {name}, seed 3: ");
    for word in [title.as_str(), "Expected: ", "Found"].iter().chain(words) {
        assert!(found.contains(word), "no '{word}' in {found}");
    }
    assert_eq!(check_figures(&one), figures);
    one.into_keys().collect()
}

#[test]
fn the_notebook_s_cut() {
    let words = ["no cut   3.3335", "slope 0.5", "slope 3", "gradient is 0 at 45."];
    let names = check("cut-notebook", 7, &words);
    assert!(
        names.contains(&"history.csv".to_owned()) && names.contains(&"staircase.svg".to_owned())
    );
}

#[test]
fn the_bump_on_an_exponential() {
    let names = check("exponential-cut", 6, &["cut at 1 ", "hard scan", "Adam ended  (converged)"]);
    assert!(names.contains(&"history.csv".to_owned()));
}

#[test]
fn the_metrics_and_their_page() {
    let sets = ["wide-signal", "narrow-signal", "long-tail", "rare-signal", "overlapping"];
    let names = check("metrics", 5, &sets);
    for set in sets {
        assert!(names.contains(&format!("{set}/history.csv")), "{names:?}");
    }
    let page =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("command_line/study_metrics/one/metrics.html");
    let page = std::fs::read_to_string(page).expect("the page");
    assert!(page.starts_with("<!DOCTYPE html>") || page.starts_with("<!doctype html>"));
    assert!(sets.iter().all(|set| page.contains(&set.replace('-', " "))));
    // Nothing is loaded: the one address is the name of SVG's elements.
    let rest = page.replace("http://www.w3.org/2000/svg", "");
    for word in ["http:", "https:", "src=", "url(", "@import", "fetch("] {
        assert!(!rest.contains(word), "'{word}' in metrics.html");
    }
}
