//! Times an epoch of bin boundaries: the soft significance of 400,000 events and its gradient.
//!
//! Criterion's benches are named operation/bins/steepness/threads:
//!
//! - `gradient`: the loss and its exact gradient with respect to all boundaries, at the parameters
//!   that a descent with gato-hep's settings has reached at the named steepness;
//! - `differences`: the gradient by central differences, two evaluations per boundary;
//! - `hard`: the significance of hard bins, which a descent records at every step.
//!
//! Then a table compares these, timed in turns so that noise affects all alike, with the mean epoch
//! of the whole descent and the exact optimum by dynamic programming. The gradient is checked
//! against the differences before anything is timed, and a wrong one aborts the run.
//!
//! `-- binning` runs everything, `-- binning/table` only the table; `--test` uses fewer events.
//!
//! scripts/bench-gato times gato-hep for comparison.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use diffhep::analyses::binning::{
    BinnedColumn, BinningDescent, BinningObjective, BinningOptimizer, BinningOptions,
    BinningProblem, CategoryModel,
};
use diffhep::events::toys::GaussianToy;
use diffhep::optimize::{Objective, Persistence, Step};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Value, json};

use crate::common::{criterion, has, median, write_table};

const BINS: [usize; 3] = [5, 10, 20];
/// Epochs of the descent at which an epoch is timed.
const EPOCHS: [usize; 4] = [0, 25, 125, 250];
const THREADS: [usize; 2] = [1, 2];
/// Repetitions of each timing in the table.
const REPETITIONS: usize = 21;
/// Step of the differences, in the boundaries' unconstrained numbers, times the starting steepness.
const STEP: f64 = 1e-4;
/// Largest difference between the gradients, relative to their norm, which is the error of the
/// differences.
const TOLERANCE: f64 = 1e-5;

/// A point of a descent.
struct Case<'p, 'a> {
    problem: &'p BinningProblem<'a>,
    bins: usize,
    parameters: Vec<f64>,
    hardness: f64,
}

impl Case<'_, '_> {
    fn gradient(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        let mut gradient = vec![0.0; parameters.len()];
        let mut objective = BinningObjective::new(self.problem, self.bins, true);
        let loss = objective.evaluate(parameters, self.hardness, &mut gradient);
        (loss.expect("a loss"), gradient)
    }

    fn differences(&self) -> Vec<f64> {
        let step = STEP * 50.0 / self.hardness;
        let mut parameters = self.parameters.clone();
        let mut at = |j: usize, x: f64| {
            let before = std::mem::replace(&mut parameters[j], x);
            let loss = self.gradient(&parameters).0;
            parameters[j] = before;
            loss
        };
        let difference = |(j, x): (usize, &f64)| (at(j, x + step) - at(j, x - step)) / (2.0 * step);
        self.parameters.iter().enumerate().map(difference).collect()
    }

    fn hard(&self) -> f64 {
        let boundaries = self.problem.boundaries_of(&self.parameters).concat();
        self.problem.judge_boundaries(&boundaries).expect("bins").significance
    }

    /// Largest difference between exact gradient and differences, relative to the gradient's norm.
    fn check(&self) -> f64 {
        let (gradient, differences) = (self.gradient(&self.parameters).1, self.differences());
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        let pairs = gradient.iter().zip(&differences);
        let largest = pairs.map(|(exact, other)| (exact - other).abs() / norm).fold(0.0, f64::max);
        let (bins, hardness) = (self.bins, self.hardness);
        assert!(largest <= TOLERANCE, "{bins} bins, steepness {hardness}: {largest:e}");
        largest
    }

    /// Prints a line of the table and returns its numbers.
    fn row(&self, pool: &ThreadPool, repetitions: usize) -> Value {
        let mut times: [Vec<Duration>; 3] = Default::default();
        for _ in 0..repetitions {
            for (times, (_, operation)) in times.iter_mut().zip(OPERATIONS) {
                let start = Instant::now();
                black_box(pool.install(|| operation(self)));
                times.push(start.elapsed());
            }
        }
        let [gradient, differences, hard] = times.map(median);
        let (bins, steepness, threads) = (self.bins, self.hardness, pool.current_num_threads());
        let largest = pool.install(|| self.check());
        println!(
            "{bins:>4} {steepness:>9.0} {threads:>7} {gradient:>9.3} {differences:>11.2} {hard:>8.3} \
             {:>8.1} {largest:>10.1e}",
            differences / gradient
        );
        json!({
            "bins": bins, "steepness": steepness, "threads": threads,
            "gradient_seconds": 1e-3 * gradient, "differences_seconds": 1e-3 * differences,
            "hard_seconds": 1e-3 * hard, "largest_difference": largest
        })
    }
}

type Operation = fn(&Case) -> f64;

/// What is timed, in the order of the table's columns.
const OPERATIONS: [(&str, Operation); 3] = [
    ("gradient", |case| case.gradient(&case.parameters).0),
    ("differences", |case| case.differences()[0]),
    ("hard", |case| case.hard()),
];

fn bench(criterion: &mut Criterion, case: &Case, pool: &ThreadPool) {
    let (bins, steepness, threads) = (case.bins, case.hardness, pool.current_num_threads());
    for (name, operation) in OPERATIONS {
        criterion.bench_function(&format!("{name}/{bins}/{steepness:.0}/{threads}"), |b| {
            b.iter(|| pool.install(|| operation(case)))
        });
    }
}

/// The rows of a descent's history.
fn history(optimizer: &BinningOptimizer, bins: usize) -> Vec<Step> {
    let report = optimizer.descend(bins, Persistence::None, &mut |_| ()).expect("a descent");
    report.descent.expect("it was one").training.history
}

/// Time of an epoch, including all its metrics, as the mean over a whole descent.
fn mean_epoch(optimizer: &BinningOptimizer, bins: usize, pool: &ThreadPool) -> f64 {
    let start = Instant::now();
    let mut last = start;
    let mut steps = 0;
    let mut observe = |step: &Step| (last, steps) = (Instant::now(), step.step);
    let report = pool.install(|| optimizer.descend(bins, Persistence::None, &mut observe));
    black_box(report.expect("a descent"));
    (last - start).as_secs_f64() / steps as f64
}

/// Runs the benches, then the table.
pub fn run() {
    let mut criterion = criterion().sample_size(10);
    let is_test = has("--test");
    let toy = if is_test {
        GaussianToy { signal_events: 4_000, background_events: 12_000 }
    } else {
        GaussianToy::default()
    };
    let events = toy.signal_events + toy.background_events;
    let toy = toy.one_signal(1);
    let data = toy.data(false);
    let column = BinnedColumn { name: "discriminant".to_owned(), range: Some((0.0, 1.0)) };
    let model = CategoryModel::Boundaries(column);
    let problem = BinningProblem::new(&data, &model, BinningOptions::default());
    let problem = problem.expect("a sound problem");
    let optimizer = BinningOptimizer::new(&problem, BinningDescent::default()).expect("sound");
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let pools = THREADS.map(pool);
    let mut cases = Vec::new();
    for bins in BINS {
        let history = history(&optimizer, bins);
        cases.extend(EPOCHS.map(|epoch| Case {
            problem: &problem,
            bins,
            parameters: history[epoch].parameters.clone(),
            hardness: history[epoch].hardness,
        }));
    }
    for case in &cases {
        case.check();
        pools.iter().for_each(|pool| bench(&mut criterion, case, pool));
    }
    criterion.final_summary();
    if has("--list") {
        return;
    }
    println!("\n{events} events; medians, in ms");
    println!("bins steepness threads  gradient differences     hard speed-up difference");
    let repetitions = if is_test { 1 } else { REPETITIONS };
    let mut rows = Vec::new();
    for case in &cases {
        rows.extend(pools.iter().map(|pool| case.row(pool, repetitions)));
    }
    println!(
        "\nmean epoch of a whole descent, and the exact optimum once its table is made; in ms"
    );
    println!("bins threads    epoch    exact");
    for bins in BINS {
        for pool in &pools {
            let epoch = 1e3 * mean_epoch(&optimizer, bins, pool);
            let start = Instant::now();
            black_box(pool.install(|| optimizer.exact(bins)).expect("an optimum"));
            let exact = 1e3 * start.elapsed().as_secs_f64();
            println!("{bins:>4} {:>7} {epoch:>8.3} {exact:>8.1}", pool.current_num_threads());
        }
    }
    write_table(&rows);
}
