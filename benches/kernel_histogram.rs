//! Times kernel histograms of a million events and their derivatives.
//!
//! Criterion's benches are named operation/bins/bandwidth/threads:
//!
//! - `value`: the bins' yields;
//! - `vjp`: derivatives of a weighted sum of the yields with respect to events, weights, edges and
//!   bandwidth;
//! - `gradient`: both, as in a training step;
//! - `plain`: the ordinary histogram, with squared weights.
//!
//! Then a table compares these, timed in turns so that noise affects all alike. Before anything is
//! timed, yields are checked against a sum without windows and derivatives against differences, and
//! a wrong one aborts the run.
//!
//! `-- kernel_histogram` runs everything, `-- kernel_histogram/table` only the table; `--test` uses
//! fewer events.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use diffhep::kernels::kernel_histogram::{
    Bandwidth, KernelHistogramAdjoint, Overflow, kernel_histogram, kernel_histogram_vjp,
    plain_histogram,
};
use diffhep::kernels::selection::Yield;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardUniform};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Value, json};

use crate::common::{criterion, has, median, write_table};

unsafe extern "C" {
    // The C library's.
    safe fn erfc(x: f64) -> f64;
}

const CASES: [(usize, Bandwidth); 4] = [
    (5, Bandwidth::Relative(0.25)),
    (20, Bandwidth::Relative(0.25)),
    (100, Bandwidth::Relative(0.25)),
    (20, Bandwidth::Absolute(0.09)),
];
const THREADS: [usize; 2] = [1, 2];
const EVENTS: usize = 1_000_000;
const EVENTS_OF_A_TEST: usize = 20_000;
/// Number of events per call.
const CHUNK: usize = 8192;
/// Number of events that are checked against sums without windows.
const CHECKED: usize = 2_000;
/// Repetitions of each timing in the table.
const REPETITIONS: usize = 11;
/// Largest error of a bin, relative to the sum of weights.
const TOLERANCE: f64 = 1e-13;
/// Step of the differences, and their largest error relative to the derivative.
const STEP: f64 = 1e-5;
const TOLERANCE_OF_DIFFERENCES: f64 = 1e-6;

/// Derivatives of the weighted sum of yields.
struct Gradient {
    x: Vec<f64>,
    weights: Vec<f64>,
    edges: Vec<f64>,
    bandwidth: f64,
}

struct Case<'a> {
    x: &'a [f64],
    weights: &'a [f64],
    edges: Vec<f64>,
    bandwidth: Bandwidth,
}

fn added(mut sum: Vec<f64>, part: Vec<f64>) -> Vec<f64> {
    sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    sum
}

impl Case<'_> {
    fn bins(&self) -> usize {
        self.edges.len() - 1
    }

    fn seeds(&self) -> Vec<f64> {
        (0..self.bins()).map(|k| (1.0 + 0.7 * k as f64).sin()).collect()
    }

    fn name(&self) -> String {
        match self.bandwidth {
            Bandwidth::Absolute(h) => format!("absolute-{h}"),
            Bandwidth::Relative(r) => format!("relative-{r}"),
        }
    }

    /// Each bin's yield, summed over chunks in an order that threads do not change.
    fn value(&self, edges: &[f64], bandwidth: Bandwidth) -> Vec<f64> {
        let chunks = self.x.par_chunks(CHUNK).zip(self.weights.par_chunks(CHUNK));
        let parts = chunks.map(|(x, weights)| {
            let mut out = vec![0.0; edges.len() - 1];
            kernel_histogram(x, weights, edges, bandwidth, Overflow::Kept, &mut out);
            out
        });
        parts.collect::<Vec<_>>().into_iter().fold(vec![0.0; self.bins()], added)
    }

    fn vjp(&self) -> Gradient {
        let (mut x, mut weights) = (vec![0.0; self.x.len()], vec![0.0; self.x.len()]);
        let seeds = self.seeds();
        let inputs = self.x.par_chunks(CHUNK).zip(self.weights.par_chunks(CHUNK));
        let outputs = x.par_chunks_mut(CHUNK).zip(weights.par_chunks_mut(CHUNK));
        let parts = inputs.zip(outputs).map(|((x, weights), (by_x, by_weights))| {
            let (mut edges, mut bandwidth) = (vec![0.0; self.edges.len()], 0.0);
            let adjoint = KernelHistogramAdjoint {
                x: by_x,
                weights: by_weights,
                edges: &mut edges,
                bandwidth: &mut bandwidth,
            };
            let (all_edges, h, overflow) = (&self.edges, self.bandwidth, Overflow::Kept);
            kernel_histogram_vjp(x, weights, all_edges, h, overflow, &seeds, adjoint);
            (edges, bandwidth)
        });
        let parts: Vec<_> = parts.collect();
        let bandwidth = parts.iter().map(|(_, by_bandwidth)| by_bandwidth).sum();
        let by_edges = parts.into_iter().map(|(by_edges, _)| by_edges);
        let edges = by_edges.fold(vec![0.0; self.edges.len()], added);
        Gradient { x, weights, edges, bandwidth }
    }

    fn plain(&self) -> f64 {
        let mut out = vec![Yield::default(); self.bins()];
        plain_histogram(self.x, self.weights, &self.edges, Overflow::Kept, &mut out);
        out[0].sum
    }

    /// A sum over all events in every bin, of equal widths.
    fn dense(&self) -> Vec<f64> {
        let n = self.bins();
        let h = match self.bandwidth {
            Bandwidth::Absolute(h) => h,
            Bandwidth::Relative(r) => r / n as f64,
        };
        let below = |e: f64, x: f64| 0.5 * erfc((x - e) / h * std::f64::consts::FRAC_1_SQRT_2);
        let bin = |k: usize| {
            let from = |x: f64| if k == 0 { 0.0 } else { below(self.edges[k], x) };
            let to = |x: f64| if k == n - 1 { 1.0 } else { below(self.edges[k + 1], x) };
            self.x.iter().zip(self.weights).map(|(x, w)| w * (to(*x) - from(*x))).sum()
        };
        (0..n).map(bin).collect()
    }

    fn loss(&self, edges: &[f64], bandwidth: Bandwidth) -> f64 {
        self.value(edges, bandwidth).iter().zip(self.seeds()).map(|(bin, seed)| bin * seed).sum()
    }

    /// Aborts the run where the first events' bins or derivatives are wrong.
    fn check(&self) {
        let n = CHECKED.min(self.x.len());
        let (x, weights) = (&self.x[..n], &self.weights[..n]);
        let few = Case { x, weights, edges: self.edges.clone(), bandwidth: self.bandwidth };
        let total: f64 = weights.iter().sum();
        for (found, expected) in few.value(&few.edges, few.bandwidth).iter().zip(few.dense()) {
            assert!((found - expected).abs() <= TOLERANCE * total, "{found} {expected}");
        }
        let gradient = few.vjp();
        let sides = |at: &dyn Fn(f64) -> f64, h: f64| (at(h) - at(-h)) / (2.0 * h);
        let by_number = |step: f64| match few.bandwidth {
            Bandwidth::Absolute(h) => few.loss(&few.edges, Bandwidth::Absolute(h + step)),
            Bandwidth::Relative(r) => few.loss(&few.edges, Bandwidth::Relative(r + step)),
        };
        let by_edge = |step: f64| {
            let mut edges = few.edges.clone();
            edges[2] += step;
            few.loss(&edges, few.bandwidth)
        };
        let by_event = |step: f64, weight_step: f64| {
            let (x, weights) = (&[few.x[0] + step], &[few.weights[0] + weight_step]);
            let edges = few.edges.clone();
            Case { x, weights, edges, bandwidth: few.bandwidth }.loss(&few.edges, few.bandwidth)
        };
        let step = STEP / few.bins() as f64;
        let pairs = [
            (gradient.bandwidth, sides(&by_number, STEP)),
            (gradient.edges[2], sides(&by_edge, step)),
            (gradient.x[0], sides(&|h| by_event(h, 0.0), step)),
            (gradient.weights[0], sides(&|h| by_event(0.0, h), STEP)),
        ];
        for (exact, difference) in pairs {
            let error = (exact / difference - 1.0).abs();
            assert!(error <= TOLERANCE_OF_DIFFERENCES, "{exact} {difference}: {error:e}");
        }
    }

    /// Prints a line of the table and returns its numbers.
    fn row(&self, pool: &ThreadPool, repetitions: usize) -> Value {
        let mut times: [Vec<Duration>; 4] = Default::default();
        for _ in 0..repetitions {
            for (times, (_, operation)) in times.iter_mut().zip(OPERATIONS) {
                let start = Instant::now();
                black_box(pool.install(|| operation(self)));
                times.push(start.elapsed());
            }
        }
        let [value, vjp, gradient, plain] = times.map(median);
        let (bins, name, threads) = (self.bins(), self.name(), pool.current_num_threads());
        println!(
            "{bins:>4} {name:>13} {threads:>7} {value:>8.1} {vjp:>8.1} {gradient:>8.1} {plain:>8.1} \
             {:>9.2} {:>14.2}",
            vjp / value,
            gradient / value
        );
        json!({
            "bins": bins, "bandwidth": name, "threads": threads, "value_ms": value, "vjp_ms": vjp,
            "gradient_ms": gradient, "plain_ms": plain
        })
    }
}

type Operation = fn(&Case) -> f64;

/// What is timed, in the order of the table's columns; `plain` always uses one thread.
const OPERATIONS: [(&str, Operation); 4] = [
    ("value", |case| case.value(&case.edges, case.bandwidth)[0]),
    ("vjp", |case| case.vjp().bandwidth),
    ("gradient", |case| case.value(&case.edges, case.bandwidth)[0] + case.vjp().bandwidth),
    ("plain", |case| case.plain()),
];

fn bench(criterion: &mut Criterion, case: &Case, pool: &ThreadPool) {
    let (bins, name, threads) = (case.bins(), case.name(), pool.current_num_threads());
    for (operation_name, operation) in OPERATIONS {
        criterion.bench_function(&format!("{operation_name}/{bins}/{name}/{threads}"), |b| {
            b.iter(|| pool.install(|| operation(case)))
        });
    }
}

/// Runs the benches, then the table.
pub fn run() {
    let mut criterion = criterion().sample_size(10);
    let is_test = has("--test");
    let events = if is_test { EVENTS_OF_A_TEST } else { EVENTS };
    let uniform = StandardUniform.sample_iter(ChaCha8Rng::seed_from_u64(1));
    let x: Vec<f64> = uniform.take(events).collect();
    let weights: Vec<f64> = x.iter().map(|x| 0.5 + x).collect();
    let case = |(bins, bandwidth): (usize, Bandwidth)| {
        let edges = (0..=bins).map(|k| k as f64 / bins as f64).collect();
        Case { x: &x, weights: &weights, edges, bandwidth }
    };
    let cases = CASES.map(case);
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let pools = THREADS.map(pool);
    for case in &cases {
        case.check();
        pools.iter().for_each(|pool| bench(&mut criterion, case, pool));
    }
    criterion.final_summary();
    if has("--list") {
        return;
    }
    println!("\n{events} events; medians, in ms");
    println!(
        "bins     bandwidth threads    value      vjp gradient    plain vjp/value gradient/value"
    );
    let repetitions = if is_test { 1 } else { REPETITIONS };
    let mut rows = Vec::new();
    for case in &cases {
        rows.extend(pools.iter().map(|pool| case.row(pool, repetitions)));
    }
    write_table(&rows);
}
