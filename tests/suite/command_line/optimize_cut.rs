//! `diffhep optimize cut`: what it prints and writes, from toys and from files.

mod arguments;
mod bad_events;
mod config;
mod events;
mod objectives;
mod output;
mod resume;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Run, folder, json, names_in, refused, run_in, write};

/// The arguments of the subcommand, words separated by spaces, and further ones as they are.
fn arguments<'a>(words: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    let all = ["optimize", "cut"].into_iter().chain(words.split_whitespace());
    all.chain(further.iter().copied()).collect()
}

/// Runs `diffhep optimize cut`.
fn cut(folder: &Path, words: &str) -> Run {
    run_in(folder, &arguments(words, &[]), "")
}

/// Expects success without a word on standard error; gives standard output.
fn quiet(folder: &Path, words: &str) -> String {
    let run = cut(folder, words);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{words}");
    run.stdout
}

/// The result that a run without warnings prints as JSON.
fn result(folder: &Path, words: &str) -> Value {
    json(&quiet(folder, &format!("{words} --json")))
}

/// The result of a run with a warning that holds `words`.
fn warned(folder: &Path, arguments: &str, words: &[&str]) -> Value {
    let run = cut(folder, &format!("{arguments} --json"));
    assert_eq!(run.status, 0, "{arguments}: {}", run.stderr);
    for word in ["warning: "].iter().chain(words) {
        assert!(run.stderr.contains(word), "{arguments}: no '{word}' in: {}", run.stderr);
    }
    let result = json(&run.stdout);
    let warnings = result["warnings"].as_array().expect("a list");
    assert!(!warnings.is_empty(), "{arguments}");
    for warning in warnings {
        assert!(run.stderr.contains(warning.as_str().expect("text")), "{warning}");
    }
    result
}

/// Expects a refusal that names `words` and leaves the folder as it was.
fn refused_untouched(folder: &Path, words: &str, expected: &[&str]) {
    let before = contents(folder);
    refused(folder, &arguments(words, &[]), "", expected);
    assert_eq!(contents(folder).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert!(contents(folder) == before, "{words}: a file was changed");
}

/// Every file in a folder and in those below it, by path.
pub(super) fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for name in names_in(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            let inner = contents(&path).into_iter();
            files.extend(inner.map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
            files.insert(format!("{name}/"), Vec::new());
        } else {
            files.insert(name, fs::read(path).expect("a file"));
        }
    }
    files
}

/// Checks each figure of some files: an SVG and a PNG of one name. Gives how many there are.
pub(super) fn check_figures(files: &BTreeMap<String, Vec<u8>>) -> usize {
    let mut figures = 0;
    for (name, bytes) in files {
        if let Some(stem) = name.strip_suffix(".svg") {
            assert!(bytes.starts_with(b"<svg") && bytes.ends_with(b"</svg>\n"), "{name}");
            let png = &files[&format!("{stem}.png")];
            assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() > 1_000, "{stem}.png");
            figures += 1;
        }
    }
    let images = files.keys().filter(|name| name.ends_with(".png")).count();
    assert_eq!(images, figures, "a PNG without an SVG");
    figures
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The value of the cut in place `j`.
fn value_of(result: &Value, j: usize) -> f64 {
    number(&result["cuts"][j]["value"])
}

fn assert_close(found: f64, expected: f64, relative: f64) {
    assert!((found / expected - 1.0).abs() <= relative, "found {found}, expected {expected}");
}

fn asimov(s: f64, b: f64) -> f64 {
    (2.0 * ((s + b) * (s / b).ln_1p() - s)).sqrt()
}

/// 60 signal events, x from 45 to 55 and y from 0 to 2, of weight 0.5.
fn signal_rows() -> Vec<String> {
    let row = |i: u32| {
        let (x, y) = (45.0 + f64::from(i) / 6.0, f64::from(i * 7 % 60) / 30.0);
        format!("{x},{y},0.5")
    };
    (0..60).map(row).collect()
}

/// 200 background events, x from 20 to 60 and y from -2 to 2, of weight 2.
fn background_rows() -> Vec<String> {
    let row = |i: u32| {
        let (x, y) = (20.0 + f64::from(i) / 5.0, f64::from(i * 7 % 200) / 50.0 - 2.0);
        format!("{x},{y},2")
    };
    (0..200).map(row).collect()
}

fn csv(header: &str, rows: &[String]) -> String {
    format!("{header}\n{}\n", rows.join("\n"))
}

/// Writes `s.csv` and `b.csv`.
fn write_events(folder: &Path) {
    write(folder, "s.csv", &csv("x,y,weight", &signal_rows()));
    write(folder, "b.csv", &csv("x,y,weight", &background_rows()));
}

const FILES: &str = "--signal s.csv --background b.csv";
