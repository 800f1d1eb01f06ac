//! Prints what `tests/c/same_bits.c` prints, with the Rust API: same_bits WORKSPACE...
//!
//! scripts/test-c compares the two bit for bit.

mod engine;
mod kernels;
mod statistics;

use std::fmt::Write;

use diffhep::histfactory::parse;

/// The lines that the programs print.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, label: &str, numbers: &[f64]) {
        for (i, number) in numbers.iter().enumerate() {
            self.add_at(label, i, *number);
        }
    }

    fn add_at(&mut self, label: &str, index: usize, number: f64) {
        writeln!(self.0, "{label} {index} {:016x}", number.to_bits()).expect("a string grows");
    }
}

fn main() {
    let mut lines = Lines::default();
    kernels::add_all(&mut lines);
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path);
        let text = text.unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
        engine::add_all(&mut lines, &parse(&text).expect("JSON"));
    }
    print!("{}", lines.0);
}
