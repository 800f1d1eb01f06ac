//! `diffhep optimize binning` and `diffhep analyse`: what they print and write, from toys and
//! files.

mod analyse;
mod arguments;
mod bad_events;
mod config;
mod objectives;
mod output;
mod resume;
mod tables;

use std::path::Path;

use serde_json::Value;

use super::subcommand::{
    Subcommand, asimov, assert_close, assert_same, check_figures, contents, csv, expected_names,
    number,
};
use super::{folder, json, names_in, write};

const BINNING: Subcommand = Subcommand("optimize binning");
const ANALYSE: Subcommand = Subcommand("analyse");

fn quiet(folder: &Path, words: &str) -> String {
    BINNING.quiet(folder, words)
}

fn result(folder: &Path, words: &str) -> Value {
    BINNING.result(folder, words)
}

fn refused_untouched(folder: &Path, words: &str, expected: &[&str]) {
    BINNING.refused_untouched(folder, words, expected);
}

/// A list of numbers.
fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list")).iter().map(number).collect()
}

/// Events of a process.
struct Events {
    scores: Vec<f64>,
    weight: f64,
}

impl Events {
    /// `count` events, evenly spread along a distribution given by its quantiles.
    fn new(count: u32, weight: f64, quantile: impl Fn(f64) -> f64) -> Self {
        let score = |i: u32| quantile((f64::from(i) + 0.5) / f64::from(count));
        Self { scores: (0..count).map(score).collect(), weight }
    }

    /// The events as CSV: the score, a mass that does not depend on it, and weights that rise or
    /// fall with the score like those of a systematic.
    fn csv(&self, mass: f64) -> String {
        let row = |(i, score): (usize, &f64)| {
            let mass = mass + 20.0 * (i as f64 * 0.618_033_988_749_895).fract();
            let (w, tilt) = (self.weight, 0.2 * score);
            format!("{score},{mass},{w},{},{}", w * (1.0 + tilt), w * (1.0 - tilt))
        };
        let rows: Vec<String> = self.scores.iter().enumerate().map(row).collect();
        csv("score,mass,weight,weight_up,weight_down", &rows)
    }
}

/// 30 signal events near 1.
fn signal() -> Events {
    Events::new(300, 0.1, f64::sqrt)
}

/// 300 background events near 0.
fn ttbar() -> Events {
    Events::new(600, 0.5, |u| 1.0 - (1.0 - u).sqrt())
}

/// 80 background events, spread evenly.
fn w_jets() -> Events {
    Events::new(400, 0.2, |u| u)
}

/// Writes a signal, two backgrounds, and the variations of the first background.
fn write_events(folder: &Path) {
    write(folder, "s.csv", &signal().csv(110.0));
    write(folder, "ttbar.csv", &ttbar().csv(90.0));
    write(folder, "w.csv", &w_jets().csv(95.0));
    for (name, shift) in [("ttbar_up.csv", 0.03), ("ttbar_down.csv", -0.03)] {
        let Events { scores, weight } = ttbar();
        let scores = scores.iter().map(|score| (score + shift).clamp(0.0, 1.0)).collect();
        write(folder, name, &Events { scores, weight }.csv(90.0));
    }
}

const FILES: &str = "--signal s.csv --background ttbar.csv w.csv --column score=0:1";
/// Few fine bins and no figures, which is enough to test the bookkeeping.
const FAST: &str = "--fine-bins 60 --no-figures";
