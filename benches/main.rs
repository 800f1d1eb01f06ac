//! All benches in one program, because each link differentiates the whole crate again.
//!
//! There is one module per bench: `hypotest`, `statistics`, `cut`, `binning`, `kernel_histogram`,
//! `observable`, `grid`, `toys`, `scale`. Each checks its answers, runs Criterion's benches, and
//! prints a table of times taken in turns.
//!
//! - `cargo bench --bench bench` runs everything;
//! - `-- MODULE` runs one of them, `-- MODULE/TEXT` only those of its benches with TEXT in their
//!   names, and its table; as no bench is named `table`, `-- cut/table` only prints the table;
//! - `-- TEXT` runs the benches of all modules with TEXT in their names, and every table;
//! - `-- --test` runs each bench once, on fewer events.
//!
//! DIFFHEP_TABLE=FILE also writes the table of the selected module as JSON.

mod binning;
mod common;
mod cut;
mod grid;
mod hypotest;
mod kernel_histogram;
mod observable;
mod scale;
mod statistics;
mod toys;

/// Every module by name, in the order of running.
const MODULES: [(&str, fn()); 9] = [
    ("hypotest", hypotest::run),
    ("statistics", statistics::run),
    ("cut", cut::run),
    ("binning", binning::run),
    ("kernel_histogram", kernel_histogram::run),
    ("observable", observable::run),
    ("grid", grid::run),
    ("toys", toys::run),
    ("scale", scale::run),
];

fn main() {
    let named = common::module().map(|(module, _)| module);
    // Each module would replace the table of the previous one.
    let is_one_table = named.is_some() || std::env::var_os("DIFFHEP_TABLE").is_none();
    assert!(is_one_table, "DIFFHEP_TABLE holds one module's table: name the module");
    for (name, run) in MODULES {
        if named.as_ref().is_none_or(|named| named == name) {
            run();
        }
    }
}
