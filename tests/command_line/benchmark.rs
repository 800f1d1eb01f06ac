//! `diffhep benchmark gradient`: its table and JSON, and arguments that are refused. Times are not
//! tested.

use std::path::Path;

use serde_json::Value;

use super::{folder, names_in, refused, run_in};

const QUICK: [&str; 7] =
    ["benchmark", "gradient", "--quick", "--repetitions", "1", "--differences", "2"];

fn entries(arguments: &[&str]) -> Vec<Value> {
    let run = run_in(Path::new("."), &[&QUICK[..], &["--json"], arguments].concat(), "");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.ends_with("]\n"), "{}", run.stdout);
    let found: Value = serde_json::from_str(&run.stdout).expect("JSON");
    found.as_array().expect("a list").clone()
}

fn number(entry: &Value, key: &str) -> f64 {
    entry[key].as_f64().unwrap_or_else(|| panic!("{key} of {entry}"))
}

#[test]
fn every_case_has_its_numbers_and_a_right_gradient() {
    let entries = entries(&[]);
    for entry in &entries {
        for key in ["inputs", "value_seconds", "gradient_seconds", "finite_difference_seconds"] {
            assert!(number(entry, key) > 0.0, "{key} of {entry}");
        }
        let ratio = number(entry, "gradient_seconds") / number(entry, "value_seconds");
        assert_eq!(number(entry, "ratio"), ratio);
        assert!(number(entry, "speed_up") > 0.0);
        assert!(number(entry, "finite_difference_inputs") >= 1.0);
        assert!(number(entry, "max_relative_difference") <= 1e-3, "{entry}");
        if !entry["gradient_error"].is_null() {
            assert!(number(entry, "gradient_error") <= 1e-10, "{entry}");
            // The best step is at least nearly as good as the default one.
            let best = number(entry, "best_step_error");
            assert!(best <= 1e2 * number(entry, "finite_difference_error"), "{entry}");
            assert!((1e-12..=0.1).contains(&number(entry, "best_step")), "{entry}");
        }
    }
    let kinds = ["kernel", "pipeline"];
    let of_kind = |kind: &str| entries.iter().filter(|entry| entry["kind"] == kind).count();
    assert!(kinds.iter().all(|kind| of_kind(kind) > 0));
    assert_eq!(kinds.iter().map(|kind| of_kind(kind)).sum::<usize>(), entries.len());
    let inputs = |name: &str| {
        let found = entries.iter().find(|entry| entry["name"] == name);
        number(found.unwrap_or_else(|| panic!("no case '{name}'")), "inputs")
    };
    for (size, named) in [("10", 10.0), ("1,000", 1e3), ("10,000", 1e4)] {
        let ratio = inputs(&format!("workspace of {size} to CLs")) / named;
        assert!((0.8..1.5).contains(&ratio), "{size}: {ratio}");
    }
}

#[test]
fn cases_are_chosen_by_text() {
    let names = |arguments: &[&str]| -> Vec<String> {
        let name = |entry: &Value| entry["name"].as_str().expect("a name").to_owned();
        entries(arguments).iter().map(name).collect()
    };
    assert_eq!(
        names(&["--case", "SELECTION"]),
        ["soft selection, 1 cut", "soft selection, 5 cuts"]
    );
    let both = ["--case", "Asimov", "--case", "of 10 to"];
    assert_eq!(names(&both), ["Asimov significance", "workspace of 10 to CLs"]);
    let folder = folder("benchmark_unknown");
    let unknown = [&QUICK[..], &["--case", "cuts to cls", "--case", "selections"]].concat();
    assert_eq!(run_in(&folder, &unknown, "").status, 0);
    let unknown = [&QUICK[..], &["--case", "selections"]].concat();
    refused(&folder, &unknown, "", &["'selections'", "soft selection, 1 cut", "5 bins to CLs"]);
}

#[test]
fn the_table_and_the_figure_go_to_files() {
    let folder = folder("benchmark_table");
    let to = ["--case", "Asimov", "--output-file", "table.txt", "--figure", "costs.svg"];
    let run = run_in(&folder, &[&QUICK[..], &to].concat(), "");
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
    let table = std::fs::read_to_string(folder.join("table.txt")).expect("the table");
    for words in ["gradient (with the value)", "Asimov significance", "speed-up", "best step"] {
        assert!(table.contains(words), "no '{words}' in {table}");
    }
    assert_eq!(names_in(&folder), ["costs.png", "costs.svg", "table.txt", "workspace.json"]);
}

#[test]
fn wrong_arguments_are_refused_by_name() {
    let folder = folder("benchmark_wrong");
    let cases: [(&[&str], &[&str]); 6] = [
        (&["--repetitions", "0"], &["'0'", "--repetitions", "1 or more"]),
        (&["--differences", "-1"], &["-1"]),
        (&["--differences", "x"], &["'x'", "--differences"]),
        (&["--threads", "0"], &["'0'", "--threads"]),
        (&["--csv"], &["--csv"]),
        (&["all"], &["all"]),
    ];
    for (arguments, words) in cases {
        refused(&folder, &[&QUICK[..3], arguments].concat(), "", words);
    }
    refused(&folder, &["benchmark", "gradients"], "", &["gradients"]);
}

#[test]
fn the_help_explains_the_columns() {
    let run = run_in(Path::new("."), &["benchmark", "gradient", "--help"], "");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["two values an input", "with twice the digits", "status 3", "--case", "--quick"] {
        assert!(text.contains(words), "no '{words}' in {text}");
    }
}
