//! Times the soft Asimov significance of a selection and its gradient for 1, 5 and 20 cuts.
//!
//! Criterion's benches are named operation/cuts/threads:
//!
//! - `exp`: a plain loop that sums one exponential per event and cut, the minimum cost of a value;
//! - `value`, `gradient`: the significance with sigmoid cuts, alone and with its exact gradient;
//! - `differences`: the gradient by central differences, two values per cut;
//! - `hard`: the significance with hard cuts, which a descent records at every step.
//!
//! Then a table compares these, timed in turns so that noise affects all alike. The exact gradient
//! is checked against the differences before anything is timed, and a wrong one aborts the run.
//!
//! `-- cut` runs everything, `-- cut/table` only the table; `--test` uses fewer events.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use diffhep::analyses::cut::{Cut, CutProblem, ProblemOptions};
use diffhep::events::toys::{ManyColumns, Toy};
use diffhep::kernels::selection::{CHUNK, Keep};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Value, json};

use crate::common::{criterion, has, median, write_table};

/// Numbers of cuts, each with the repetitions of its timings in the table.
const CUTS: [(usize, usize); 3] = [(1, 51), (5, 21), (20, 5)];
const THREADS: [usize; 2] = [1, 2];
/// Number of signal events, equal to that of background events.
const EVENTS: usize = 500_000;
const EVENTS_OF_A_TEST: usize = 20_000;
/// Slope of every sigmoid, in inverse widths of its column: midway in a descent, which goes from 2
/// to 10.
const SLOPE: f64 = 4.0;
/// Step of the differences, in widths of the background.
const STEP: f64 = 1e-5;
/// Largest relative difference between the gradients, which is the error of the differences.
const TOLERANCE: f64 = 1e-6;

/// The significance of some cuts, each halfway between signal and background.
struct Case<'a> {
    toy: &'a Toy,
    problem: CutProblem<'a>,
    values: Vec<f64>,
}

impl<'a> Case<'a> {
    fn new(toy: &'a Toy, shifts: &[f64]) -> Self {
        let cut = |(j, shift): (usize, &f64)| {
            let keep = if *shift > 0.0 { Keep::Above } else { Keep::Below };
            Cut::loose(&format!("x{}", j + 1), keep)
        };
        let cuts = shifts.iter().enumerate().map(cut).collect();
        let options = ProblemOptions::default();
        let problem = CutProblem::new(&toy.signal, &toy.background, cuts, options);
        let values = shifts.iter().map(|shift| 0.5 * shift).collect();
        Self { toy, problem: problem.expect("a sound problem"), values }
    }

    /// The sum of one exponential per event and cut, in the chunks that the kernels use.
    fn exp(&self) -> f64 {
        let samples = [&self.toy.signal, &self.toy.background];
        let column = |cut: &Cut| samples.map(|sample| sample.column(&cut.column).expect("a cut's"));
        let columns = self.problem.cuts().iter().flat_map(column);
        let sum = |chunk: &[f64]| chunk.iter().map(|x| x.exp()).sum::<f64>();
        columns.map(|x| x.par_chunks(CHUNK).with_min_len(4).map(sum).sum::<f64>()).sum()
    }

    fn value(&self, values: &[f64]) -> f64 {
        let yields = self.problem.soft_yields(values, SLOPE);
        self.problem.merit(yields).expect("a merit").loss
    }

    fn gradient(&self) -> Vec<f64> {
        let mut gradient = vec![0.0; self.values.len()];
        self.problem.soft_merit(&self.values, SLOPE, &mut gradient).expect("a merit");
        gradient
    }

    fn differences(&self) -> Vec<f64> {
        let mut values = self.values.clone();
        let mut at = |j: usize, value: f64| {
            let before = std::mem::replace(&mut values[j], value);
            let loss = self.value(&values);
            values[j] = before;
            loss
        };
        let difference = |(j, x): (usize, &f64)| (at(j, x + STEP) - at(j, x - STEP)) / (2.0 * STEP);
        self.values.iter().enumerate().map(difference).collect()
    }

    fn hard(&self) -> f64 {
        self.problem.hard_significance(&self.values).expect("a merit")
    }

    /// Largest difference between exact gradient and differences, relative to the latter.
    fn check(&self) -> f64 {
        let pairs = self.gradient().into_iter().zip(self.differences());
        let relative = |(exact, difference): (f64, f64)| (exact / difference - 1.0).abs();
        let largest = pairs.map(relative).fold(0.0, f64::max);
        let cuts = self.values.len();
        assert!(
            largest <= TOLERANCE,
            "{cuts} cuts: gradient and differences differ by {largest:e}"
        );
        largest
    }

    /// Prints a line of the table and returns its numbers.
    fn row(&self, pool: &ThreadPool, repetitions: usize) -> Value {
        let mut times: [Vec<Duration>; 5] = Default::default();
        for _ in 0..repetitions {
            for (times, (_, operation)) in times.iter_mut().zip(OPERATIONS) {
                let start = Instant::now();
                black_box(pool.install(|| operation(self)));
                times.push(start.elapsed());
            }
        }
        let [exp, value, gradient, differences, hard] = times.map(median);
        let (cuts, threads) = (self.values.len(), pool.current_num_threads());
        let largest = pool.install(|| self.check());
        println!(
            "{cuts:>4} {threads:>7} {exp:>8.2} {value:>8.2} {gradient:>8.2} {differences:>11.2} \
             {hard:>8.2} {:>9.2} {:>14.2} {:>8.1} {largest:>10.1e}",
            value / exp,
            gradient / value,
            differences / gradient
        );
        json!({
            "cuts": cuts, "threads": threads, "exp_ms": exp, "value_ms": value,
            "gradient_ms": gradient, "differences_ms": differences, "hard_ms": hard,
            "largest_difference": largest
        })
    }
}

type Operation = fn(&Case) -> f64;

/// What is timed, in the order of the table's columns.
const OPERATIONS: [(&str, Operation); 5] = [
    ("exp", |case| case.exp()),
    ("value", |case| case.value(&case.values)),
    ("gradient", |case| case.gradient()[0]),
    ("differences", |case| case.differences()[0]),
    ("hard", |case| case.hard()),
];

fn bench(criterion: &mut Criterion, case: &Case, pool: &ThreadPool) {
    let (cuts, threads) = (case.values.len(), pool.current_num_threads());
    for (name, operation) in OPERATIONS {
        criterion.bench_function(&format!("{name}/{cuts}/{threads}"), |b| {
            b.iter(|| pool.install(|| operation(case)))
        });
    }
}

/// Runs the benches, then the table.
pub fn run() {
    let mut criterion = criterion().sample_size(10);
    let events = if has("--test") { EVENTS_OF_A_TEST } else { EVENTS };
    let toy =
        ManyColumns { signal_events: events, background_events: events, ..ManyColumns::twenty() };
    let (shifts, toy) = (toy.shifts.clone(), toy.draw(1));
    let case = |(cuts, repetitions)| (Case::new(&toy, &shifts[..cuts]), repetitions);
    let cases = CUTS.map(case);
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let pools = THREADS.map(pool);
    for (case, _) in &cases {
        case.check();
        pools.iter().for_each(|pool| bench(&mut criterion, case, pool));
    }
    criterion.final_summary();
    if has("--list") {
        return;
    }
    println!("\n{events} signal and {events} background events; medians, in ms");
    println!(
        "cuts threads      exp    value gradient differences     hard value/exp gradient/value speed-up \
         difference"
    );
    let mut rows = Vec::new();
    for (case, repetitions) in &cases {
        let repetitions = if has("--test") { 1 } else { *repetitions };
        rows.extend(pools.iter().map(|pool| case.row(pool, repetitions)));
    }
    write_table(&rows);
}
