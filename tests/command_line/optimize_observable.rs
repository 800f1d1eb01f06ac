//! `diffhep optimize observable` and `diffhep apply`: what they print and write, from toys, files
//! and templates.

mod apply;
mod bad_input;
mod config;
mod output;
mod resume;
mod sources;

use std::path::Path;

use serde_json::Value;

use super::subcommand::{Subcommand, assert_close, assert_same, contents, csv, number};
use super::{folder, json, names_in, write};

const OBSERVABLE: Subcommand = Subcommand("optimize observable");
const APPLY: Subcommand = Subcommand("apply");

/// A toy, a network and a training small enough to take milliseconds.
const SMALL: &str = "--points 300 --hidden 8 --epochs 3 --batch-size 100 --no-figures";

fn quiet(folder: &Path, words: &str) -> String {
    OBSERVABLE.quiet(folder, words)
}

fn result(folder: &Path, words: &str) -> Value {
    OBSERVABLE.result(folder, words)
}

fn refused_untouched(folder: &Path, words: &str, expected: &[&str]) {
    OBSERVABLE.refused_untouched(folder, words, expected);
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list")).iter().map(number).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Events spread evenly around a point of the plane, with a label that is not a number, and weights
/// that rise or fall with `x` like those of a systematic.
fn events(count: u32, centre: [f64; 2], weight: f64) -> String {
    let row = |i: u32| {
        let spread = |step: f64| 3.0 * (f64::from(i) * step).fract() - 1.5;
        let (x, y) = (centre[0] + spread(0.618_033_988_749), centre[1] + spread(0.754_877_666_246));
        let tilt = 0.1 * x;
        format!("event {i},{x},{y},{weight},{},{}", weight * (1.0 + tilt), weight * (1.0 - tilt))
    };
    csv("label,x,y,weight,weight_up,weight_down", &(0..count).map(row).collect::<Vec<_>>())
}

/// Writes 20 signal events, 100 background events that a systematic shifts, and 30 of another
/// background.
fn write_events(folder: &Path) {
    for (name, count, centre, weight) in [
        ("s.csv", 200, [-1.0, 1.0], 0.1),
        ("b.csv", 400, [1.0, -1.0], 0.25),
        ("b_up.csv", 400, [2.5, 2.0], 0.25),
        ("b_down.csv", 400, [-2.5, -1.5], 0.25),
        ("w.csv", 300, [0.0, 0.0], 0.1),
    ] {
        write(folder, name, &events(count, centre, weight));
    }
}

const FILES: &str = "--signal s.csv --background b.csv w.csv --column x --column y \
    --hidden 8 --epochs 3 --batch-size 100 --no-figures";

/// Settings with one systematic from files and one from weights.
const SHAPES: &str = r#"
columns = ["x", "y"]
hidden = [8]
epochs = 3
batch-size = 100

[[signal]]
file = "s.csv"

[[background]]
file = "b.csv"
[[background.shape]]
name = "scale"
up = "b_up.csv"
down = "b_down.csv"
[[background.shape]]
name = "pile-up"
up-weight = "weight_up"
down-weight = "weight_down"
"#;

/// A workspace with a channel of three bins to populate, and one that stays unchanged.
const TEMPLATE: &str = r#"{
  "version": "1.0.0",
  "channels": [
    { "name": "SR", "samples": [
      { "name": "signal", "data": [1, 1, 1],
        "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
      { "name": "top", "data": [1, 1, 1], "modifiers": [
        { "name": "scale", "type": "histosys",
          "data": { "hi_data": [1, 1, 1], "lo_data": [1, 1, 1] } },
        { "name": "norm", "type": "normsys", "data": { "hi": 1.1, "lo": 0.9 } }] },
      { "name": "other", "data": [3, 2, 1], "modifiers": [] }] },
    { "name": "CR", "samples": [{ "name": "top", "data": [400], "modifiers": [
        { "name": "norm", "type": "normsys", "data": { "hi": 1.1, "lo": 0.9 } }] }] }],
  "observations": [{ "name": "SR", "data": [1, 1, 1] }, { "name": "CR", "data": [400] }],
  "measurements": [{ "name": "search", "config": { "poi": "mu", "parameters": [] } }]
}"#;

const FILLS: &str = r#"
template = "template.json"
columns = ["x", "y"]
hidden = "8x1"
epochs = 3
batch-size = 100

[[fill]]
channel = "SR"
sample = "signal"
file = "s.csv"

[[fill]]
channel = "SR"
sample = "top"
file = "b.csv"
[[fill.shape]]
name = "scale"
up = "b_up.csv"
down = "b_down.csv"
"#;

/// Writes events, a template, and both kinds of settings.
fn write_all(folder: &Path) {
    write_events(folder);
    write(folder, "template.json", TEMPLATE);
    write(folder, "shapes.toml", SHAPES);
    write(folder, "fills.toml", FILLS);
}
