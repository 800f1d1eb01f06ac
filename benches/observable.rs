//! Times a training step of an observable on batches of 4 x 2,000 events of blobs.
//!
//! A step is a batch's loss and its gradient with respect to every weight, and Adam's update.
//! Criterion's benches are named step/network/loss/threads. Then come two tables:
//!
//! - `network loss threads`: the median step, its ratio to that of cross-entropy (of the same
//!   network on as many threads), the arithmetic operations of its matrix products, and their rate
//!   as a fraction of the peak;
//! - the peak: products of 1024 x 1024 matrices by the same library, consecutively on each thread,
//!   measured in turns with the steps so that noise affects all alike.
//!
//! The gradient is checked against central differences before anything is timed.
//!
//! `-- observable` runs everything, `-- observable/table` only the tables, the first of which is
//! written to DIFFHEP_TABLE; `--test` uses smaller networks. scripts/bench-relaxed times relaxed
//! with JAX for comparison.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use diffhep::analyses::observable::{
    ObservableError, ObservableModel, ObservableOptions, ObservableProblem, StepScratch,
};
use diffhep::events::toys::{BinningToy, BlobsToy};
use diffhep::optimize::Persistence;
use diffhep::optimize::minibatch::{BatchObjective, MinibatchOptions, train_minibatches};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Value, json};

use crate::common::{criterion, has, median, write_table};

/// Networks by name, with the number of timed steps.
const NETWORKS: [(&str, &[usize], usize); 2] =
    [("128x4", &[128; 4], 21), ("1024x2", &[1024; 2], 7)];
/// Losses; the others are compared with the first.
const LOSSES: [&str; 5] = ["bce-augmented", "cls", "p0", "cls + p0", "sigma-mu"];
const THREADS: [usize; 2] = [1, 2];
/// Side of the matrices whose product measures the peak.
const SIDE: usize = 1_024;

fn problem<'a>(toy: &'a BinningToy, hidden: &[usize], loss: &str) -> ObservableProblem<'a> {
    let model = ObservableModel::of_processes(&toy.data(true), 5).expect("a model");
    let options = ObservableOptions {
        hidden: hidden.to_vec(),
        standardise: false,
        loss: loss.parse().expect("a loss"),
        ..ObservableOptions::default()
    };
    ObservableProblem::new(model, &["x".to_owned(), "y".to_owned()], options, 1).expect("sound")
}

/// Runs steps and nothing else.
struct Steps<'p, 'a> {
    problem: &'p ObservableProblem<'a>,
    scratch: StepScratch,
    starts: Vec<Instant>,
}

impl BatchObjective for Steps<'_, '_> {
    type Error = ObservableError;

    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        Vec::new()
    }

    fn batches(&self) -> usize {
        1
    }

    fn evaluate(
        &mut self,
        _: usize,
        _: usize,
        parameters: &[f64],
        gradient: &mut [f64],
    ) -> Result<f64, ObservableError> {
        self.starts.push(Instant::now());
        let step = self.problem.step((0, 0), parameters, &mut self.scratch)?;
        gradient.copy_from_slice(&step.parameters);
        Ok(step.loss)
    }

    fn metric_names(&self) -> Vec<String> {
        vec!["none".to_owned()]
    }

    fn metrics(&mut self, _: &[f64]) -> Vec<f64> {
        vec![f64::NAN]
    }
}

/// Times of a number of steps, after a first one that warms up the caches.
fn steps(problem: &ObservableProblem, count: usize) -> Vec<Duration> {
    let mut steps = Steps { problem, scratch: problem.scratch(), starts: Vec::new() };
    let options = MinibatchOptions::new(count + 2, "none");
    let start = problem.start();
    let report = train_minibatches(&mut steps, &start, &options, Persistence::None, &mut |_| ());
    black_box(report.expect("a training"));
    steps.starts.windows(2).skip(1).map(|pair| pair[1] - pair[0]).collect()
}

/// Multiplications and additions of a step's matrix products: forward, with respect to the weights,
/// and with respect to the activations of all layers except the inputs.
fn operations(problem: &ObservableProblem, events: usize) -> f64 {
    let layers = problem.network().layers();
    let weights: usize = layers.iter().map(|layer| layer.weights.len()).sum();
    2.0 * (events * (3 * weights - layers[0].weights.len())) as f64
}

/// Operations per second of large products, consecutively on each thread.
fn peak(pool: &ThreadPool) -> f64 {
    let matrix = |phase: f64| -> Vec<f64> {
        (0..SIDE * SIDE).map(|i| (i as f64 * 0.37 + phase).sin()).collect()
    };
    let (a, b) = (matrix(0.0), matrix(1.0));
    let n = SIDE as isize;
    let threads = pool.current_num_threads();
    let products = || {
        (0..threads).into_par_iter().for_each(|_| {
            let mut c = vec![0.0; SIDE * SIDE];
            // SAFETY: all three hold SIDE x SIDE numbers.
            unsafe {
                matrixmultiply::dgemm(
                    SIDE,
                    SIDE,
                    SIDE,
                    1.0,
                    a.as_ptr(),
                    n,
                    1,
                    b.as_ptr(),
                    n,
                    1,
                    0.0,
                    c.as_mut_ptr(),
                    n,
                    1,
                );
            }
            black_box(c);
        });
    };
    let start = Instant::now();
    pool.install(products);
    2.0 * (threads * SIDE * SIDE * SIDE) as f64 / start.elapsed().as_secs_f64()
}

/// Compares the derivative along the gradient with a central difference.
fn check(problem: &ObservableProblem) {
    // The point differs from the start, whose biases of 0 put dead units on ReLU's kink.
    let start = problem.start().into_iter().enumerate();
    let at: Vec<f64> = start.map(|(i, x)| x + 0.05 * (1.7 * i as f64 + 0.4).sin()).collect();
    let mut scratch = problem.scratch();
    let gradient = problem.step((0, 0), &at, &mut scratch).expect("a step").parameters;
    let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    let mut moved = |h: f64| {
        let parameters: Vec<f64> =
            at.iter().zip(&gradient).map(|(x, g)| x + h * g / norm).collect();
        problem.step((0, 0), &parameters, &mut scratch).expect("a step").loss
    };
    let h = 1e-5;
    let found = (moved(h) - moved(-h)) / (2.0 * h);
    let loss = &problem.options().loss;
    assert!((found - norm).abs() < 1e-4 * norm, "{loss}: {found} along a gradient of {norm}");
}

fn bench(criterion: &mut Criterion, problem: &ObservableProblem, name: &str, pool: &ThreadPool) {
    let (loss, threads) = (&problem.options().loss, pool.current_num_threads());
    let (at, mut scratch) = (problem.start(), problem.scratch());
    criterion.bench_function(&format!("step/{name}/{loss}/{threads}"), |b| {
        b.iter(|| pool.install(|| problem.step((0, 0), &at, &mut scratch).expect("a step").loss))
    });
}

/// A network with the problem of each loss.
struct Case<'a> {
    name: &'static str,
    count: usize,
    problems: Vec<ObservableProblem<'a>>,
}

impl Case<'_> {
    /// Prints one line per loss and returns their numbers.
    fn rows(&self, pool: &ThreadPool, events: usize) -> Vec<Value> {
        let mut peaks = Vec::new();
        let mut times = vec![Vec::new(); self.problems.len()];
        // Timed in turns, in three rounds, so that noise affects all alike.
        for _ in 0..3 {
            peaks.push(peak(pool));
            for (times, problem) in times.iter_mut().zip(&self.problems) {
                times.extend(pool.install(|| steps(problem, self.count.div_ceil(3))));
            }
        }
        peaks.sort_by(f64::total_cmp);
        let (peak, threads) = (peaks[1], pool.current_num_threads());
        let medians: Vec<f64> = times.into_iter().map(median).collect();
        let row = |(problem, step): (&ObservableProblem, &f64)| {
            let rate = operations(problem, events) / (1e-3 * step);
            let (loss, ratio) = (problem.options().loss.to_string(), step / medians[0]);
            println!(
                "{:>7} {loss:<14} {threads:>7} {step:>9.2} {ratio:>9.3} {:>9.1} {:>9.1} {:>7.0} %",
                self.name,
                1e-9 * rate,
                1e-9 * peak,
                100.0 * rate / peak
            );
            json!({
                "network": self.name, "loss": loss, "threads": threads,
                "step_seconds": 1e-3 * step, "over_cross_entropy": ratio,
                "operations_per_second": rate, "peak_operations_per_second": peak,
            })
        };
        self.problems.iter().zip(&medians).map(row).collect()
    }
}

/// Runs the benches, then the table.
pub fn run() {
    let mut criterion = criterion().sample_size(10);
    let is_test = has("--test");
    // A fifth is held out, and the rest is one batch.
    let points = if is_test { 250 } else { 2_500 };
    let toy = BlobsToy { points, ..BlobsToy::default() }.draw(1);
    let events = 4 * points * 4 / 5;
    let pools = THREADS.map(|n| ThreadPoolBuilder::new().num_threads(n).build().expect("a pool"));
    let cases = NETWORKS.map(|(name, hidden, count)| {
        let hidden: Vec<usize> =
            hidden.iter().map(|units| if is_test { units / 16 } else { *units }).collect();
        let problems = LOSSES.map(|loss| problem(&toy, &hidden, loss)).into();
        Case { name, count: if is_test { 1 } else { count }, problems }
    });
    for case in &cases {
        for problem in &case.problems {
            check(problem);
            pools.iter().for_each(|pool| bench(&mut criterion, problem, case.name, pool));
        }
    }
    criterion.final_summary();
    if has("--list") {
        return;
    }
    println!("\n{events} events a step; medians, in ms; products in 1e9 operations a second");
    println!("network loss           threads      step  over BCE  products      peak    share");
    let mut rows = Vec::new();
    for case in &cases {
        pools.iter().for_each(|pool| rows.extend(case.rows(pool, events)));
    }
    write_table(&rows);
}
