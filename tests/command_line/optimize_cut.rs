//! `diffhep optimize cut`: what it prints and writes, from toys and from files.

mod arguments;
mod bad_events;
mod config;
mod events;
mod objectives;
mod output;
mod resume;

use std::path::Path;

use serde_json::Value;

use super::subcommand::{
    Subcommand, asimov, assert_close, check_figures, contents, csv, expected_names, number,
};
use super::{Run, folder, json, names_in, refused, write};

const CUT: Subcommand = Subcommand("optimize cut");

fn arguments<'a>(words: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    CUT.arguments(words, further)
}

fn cut(folder: &Path, words: &str) -> Run {
    CUT.run(folder, words)
}

fn quiet(folder: &Path, words: &str) -> String {
    CUT.quiet(folder, words)
}

fn result(folder: &Path, words: &str) -> Value {
    CUT.result(folder, words)
}

/// The result of a run with a warning that contains `words` and is also in the result.
fn warned(folder: &Path, arguments: &str, words: &[&str]) -> Value {
    let result = CUT.warned(folder, arguments, words);
    assert_ne!(result["warnings"], serde_json::json!([]), "{arguments}");
    result
}

fn refused_untouched(folder: &Path, words: &str, expected: &[&str]) {
    CUT.refused_untouched(folder, words, expected);
}

/// The value of cut `j`.
fn value_of(result: &Value, j: usize) -> f64 {
    number(&result["cuts"][j]["value"])
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

/// Writes `s.csv` and `b.csv`.
fn write_events(folder: &Path) {
    write(folder, "s.csv", &csv("x,y,weight", &signal_rows()));
    write(folder, "b.csv", &csv("x,y,weight", &background_rows()));
}

const FILES: &str = "--signal s.csv --background b.csv";
