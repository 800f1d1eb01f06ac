//! Times toys of the two-bin example: data sets drawn and fitted per second.
//!
//! Criterion's benches are named operation/model/engine. Then a table compares numbers of threads;
//! a toy is a data set of one hypothesis, with its free fit and, unless the statistic vanishes, the
//! fit at the tested signal strength. p-values are checked against pyhf's before anything is timed.
//!
//! `-- toys` runs everything, `-- toys/table` only the table.
//! tests/reference/make_toys_reference.py times pyhf's own calculator and writes its rate next to
//! its p-values.

use std::hint::black_box;
use std::time::Instant;

use criterion::Criterion;
use diffhep::histfactory::{Model, Workspace, WorkspaceModel};
use diffhep::inference::{ToyCalculator, ToyOptions, ToyRun, ToySet};
use serde_json::json;

use crate::common::{criterion, has, median, write_table};

const TWO_BINS: &str = include_str!("../examples/two_bins.json");
/// CLs of 10,000 toys by pyhf 0.7.6, and three standard errors of the difference of two such
/// numbers.
const CLS: f64 = 0.0532;
const TOLERANCE: f64 = 0.015;
/// Number of toys per hypothesis in a timing, and its repetitions.
const TOYS: u64 = 10_000;
const REPETITIONS: usize = 7;
const THREADS: [usize; 2] = [1, 2];

fn calculator<'m>(model: &'m Model, data: &[f64], toys: u64) -> ToyCalculator<'m> {
    let run = ToyRun { toys, ..ToyRun::default() };
    let options = ToyOptions { run, ..ToyOptions::default() };
    ToyCalculator::new(model, data, options).expect("the observed fits have minima")
}

fn draw(calculator: &ToyCalculator) -> ToySet {
    calculator.run(None, &mut |_| ()).expect("toys")
}

fn check(calculator: &ToyCalculator) {
    let test = calculator.p_values(&draw(calculator)).expect("p-values");
    let found = test.cl_s.value;
    assert!((found - CLS).abs() <= TOLERANCE, "CLs is {found}, and pyhf's is {CLS}");
}

fn bench(criterion: &mut Criterion, model: &Model, data: &[f64]) {
    let calculator = calculator(model, data, 100);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    criterion.bench_function("toys-100/two-bins/diffhep", |b| {
        pool.install(|| b.iter(|| draw(black_box(&calculator))))
    });
}

/// Runs the benches, then the table.
pub fn run() {
    let mut criterion = criterion();
    let workspace = Workspace::from_text(TWO_BINS).expect("a sound workspace");
    let model = workspace.model().expect("a sound model");
    let data = workspace.data(&model);
    let is_test = has("--test");
    let (toys, repetitions) = if is_test { (500, 1) } else { (TOYS, REPETITIONS) };
    let timed = calculator(&model, &data, toys);
    check(&calculator(&model, &data, TOYS));
    bench(&mut criterion, &model, &data);
    criterion.final_summary();
    if has("--list") {
        return;
    }
    println!("\nmedians of {repetitions} runs of {} toys, both hypotheses", 2 * toys);
    println!("threads        ms  toys a second");
    let row = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let time = |_| {
            let start = Instant::now();
            black_box(pool.install(|| draw(&timed)));
            start.elapsed()
        };
        let milliseconds = median((0..repetitions).map(time).collect());
        let rate = 2e3 * toys as f64 / milliseconds;
        println!("{threads:>7} {milliseconds:>9.1} {rate:>14.0}");
        json!({ "threads": threads, "milliseconds": milliseconds, "toys_per_second": rate })
    };
    write_table(&THREADS.map(row));
}
