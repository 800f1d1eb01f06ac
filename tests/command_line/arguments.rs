//! Arguments: those that are refused, and the help texts.

use std::path::Path;

use super::{FIXTURE, TWO_BINS, folder, refused, result_of, run_in, write};

const SUBCOMMANDS: [&str; 4] = ["inspect", "fit", "cls", "discovery"];

#[test]
fn wrong_arguments_are_refused_by_name() {
    let cases: [(&[&str], &[&str]); 15] = [
        (&["limits"], &["unrecognized subcommand", "limits"]),
        (&["cls", "--test-statistic", "q"], &["--test-statistic"]),
        (&["cls", "--test-stat", "q0"], &["'q0'", "--test-stat", "qtilde"]),
        (&["cls", "--test-stat", "Q"], &["'Q'", "--test-stat"]),
        (&["cls", "--test-poi", "nan"], &["'nan'", "--test-poi", "must be finite"]),
        (&["cls", "--test-poi=-inf"], &["--test-poi", "must be finite"]),
        (&["cls", "--test-poi", "1e999"], &["--test-poi", "must be finite"]),
        (&["cls", "--test-poi", "one"], &["'one'", "--test-poi", "not a number"]),
        (&["fit", "--fix-poi", "inf"], &["'inf'", "--fix-poi", "must be finite"]),
        (&["cls", "--gradient", "all"], &["'all'", "--gradient", "observed", "expected"]),
        (&["discovery", "--asimov", "mean"], &["'mean'", "--asimov", "fitted", "nominal"]),
        (&["fit", "--interpolation", "code4"], &["--interpolation", "normsys=CODE", "'code4'"]),
        (&["fit", "--interpolation", "lumi=code1"], &["--interpolation", "'lumi=code1'"]),
        (&["fit", "--interpolation", "normsys=code0"], &["normsys", "'code0'", "code1, code4"]),
        (&["inspect", "a.json", "b.json"], &["b.json"]),
    ];
    for (arguments, words) in cases {
        refused(Path::new("."), arguments, TWO_BINS, words);
    }
}

#[test]
fn no_subcommand_shows_the_usage() {
    let run = run_in(Path::new("."), &[], "");
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(SUBCOMMANDS.iter().all(|name| run.stderr.contains(name)), "{}", run.stderr);
}

#[test]
fn an_unknown_measurement_is_refused_with_those_there_are() {
    for subcommand in SUBCOMMANDS {
        let arguments = [subcommand, "--measurement", "third"];
        refused(
            Path::new("."),
            &arguments,
            FIXTURE,
            &["standard input", "'third'", "main, second"],
        );
    }
}

#[test]
fn the_measurement_and_the_codes_that_are_named_are_used() {
    let bounds = |arguments: &[&str]| {
        let result = result_of(arguments, FIXTURE);
        let parameters = result["parameters"].as_array().expect("a list").clone();
        parameters.into_iter().find(|p| p["name"] == "lumi").expect("lumi")["bounds"].clone()
    };
    assert_eq!(bounds(&["inspect", "--json"]), serde_json::json!([0.5, 1.5]));
    let second = ["inspect", "--json", "--measurement", "second"];
    assert_eq!(bounds(&second), serde_json::json!([0.0, 2.0]));
    let default = result_of(&["fit"], FIXTURE);
    let named = ["fit", "--interpolation", "normsys=code4,histosys=code4p"];
    assert_eq!(result_of(&named, FIXTURE), default);
    let other = result_of(&["fit", "--interpolation", "normsys=code1"], FIXTURE);
    assert_ne!(other["twice_nll"], default["twice_nll"]);
}

/// A text without the line breaks due to the terminal's width.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn help_mentions_every_flag() {
    let shared = ["--patch", "--measurement", "--interpolation", "--output-file", "standard input"];
    let own: [&[&str]; 4] = [
        &["--json"],
        &["--fix-poi"],
        &["--test-poi", "--test-stat", "--asimov", "--gradient", "qtilde", "nominal", "expected"],
        &["--asimov", "--gradient", "nominal", "expected"],
    ];
    for (subcommand, own) in SUBCOMMANDS.into_iter().zip(own) {
        let run = run_in(Path::new("."), &[subcommand, "--help"], "");
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{subcommand}");
        let text = unwrapped(&run.stdout);
        for flag in shared.iter().chain(own) {
            assert!(text.contains(flag), "{subcommand} --help lacks {flag}");
        }
    }
    let run = run_in(Path::new("."), &["--help"], "");
    assert_eq!(run.status, 0);
    assert!(SUBCOMMANDS.iter().all(|name| run.stdout.contains(name)), "{}", run.stdout);
    let text = unwrapped(&run.stdout);
    assert!(text.contains("Exit status: 0 for a result, 2 for bad input, 3"), "{text}");
    let run = run_in(Path::new("."), &["--version"], "");
    assert_eq!(run.stdout, format!("diffhep {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_dash_and_nothing_read_standard_input() {
    let folder = folder("standard_input");
    let file = run_in(&folder, &["fit", "workspace.json"], "");
    assert_eq!(file.status, 0, "{}", file.stderr);
    for arguments in [&["fit"] as &[&str], &["fit", "-"]] {
        let run = run_in(&folder, arguments, FIXTURE);
        assert_eq!((run.status, run.stdout), (0, file.stdout.clone()), "{}", run.stderr);
    }
    refused(&folder, &["fit"], "", &["standard input", "not valid JSON at line 1"]);
    refused(&folder, &["fit", "-"], "[]", &["standard input: /: expected an object"]);
}

#[test]
fn patches_apply_in_the_order_given() {
    let folder = folder("order");
    let replace = |name: &str| {
        format!(r#"[{{ "op": "replace", "path": "/measurements/0/name", "value": "{name}" }}]"#)
    };
    write(&folder, "a.json", &replace("a"));
    write(&folder, "b.json", &replace("b"));
    let last = |arguments: &[&str]| {
        let run = run_in(&folder, arguments, "");
        assert_eq!(run.status, 0, "{}", run.stderr);
        super::json(&run.stdout)["measurements"][0]["name"].clone()
    };
    let file = ["inspect", "--json", "workspace.json"];
    assert_eq!(last(&[&file[..], &["-p", "a.json", "-p", "b.json"]].concat()), "b");
    assert_eq!(last(&[&file[..], &["-p", "b.json", "--patch", "a.json"]].concat()), "a");
}
