//! Compares the cost of a call through the C ABI with that of the same call in Rust.
//!
//! Both are timed alternately, in batches; C functions are called through pointers that the
//! compiler cannot see through, as in a program that loads the library. Their results are first
//! compared bit for bit.

#[path = "../../../benches/common.rs"]
mod common;

use std::hint::black_box;
use std::ptr::{null, null_mut};
use std::time::{Duration, Instant};

use criterion::Criterion;
use diffhep::histfactory::{Model, Workspace, WorkspaceModel};
use diffhep::inference;
use diffhep::kernels::density::poisson_term;
use diffhep::kernels::kernel_histogram::{Bandwidth, Overflow, kernel_histogram};
use diffhep::kernels::selection::{Keep, SelectionScratch, SigmoidCut, soft_yield};
use diffhep::kernels::significance::{MeritSlopes, combined_asimov_significance};
use diffhep_capi::engine::fit::diffhep_model_fit;
use diffhep_capi::engine::handles::ModelHandle;
use diffhep_capi::engine::model::{diffhep_model_free, diffhep_model_new};
use diffhep_capi::kernels::density::diffhep_poisson_log_density;
use diffhep_capi::kernels::kernel_histogram::diffhep_kernel_histogram;
use diffhep_capi::kernels::selection::diffhep_soft_yield;
use diffhep_capi::kernels::significance::diffhep_asimov_significance;
use diffhep_capi::status::Status;
use diffhep_capi::views::{ConstView, Text, View};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use common::{criterion, has, median, write_table};

const EVENTS: usize = 1000;
/// Number of batches of each, and the approximate duration of one.
const REPETITIONS: usize = 101;
const BATCH: Duration = Duration::from_micros(500);

/// One number, in Rust and through the C ABI.
struct Case<'a> {
    name: &'static str,
    rust: Box<dyn FnMut() -> f64 + 'a>,
    c: Box<dyn FnMut() -> f64 + 'a>,
}

fn view(numbers: &[f64]) -> ConstView {
    ConstView { data: numbers.as_ptr(), length: numbers.len() }
}

fn numbers(count: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
    (0..count).map(|_| random.random_range(0.5..3.0)).collect()
}

#[track_caller]
fn expect(status: Status) {
    assert_eq!(status, Status::Ok);
}

fn soft_yield_case<'a>(columns: &'a [f64], weights: &'a [f64]) -> Case<'a> {
    let (values, slopes) = ([1.0, 2.0], [4.0, -3.0]);
    let cuts = [
        SigmoidCut { value: 1.0, slope: 4.0, keep: Keep::Above },
        SigmoidCut { value: 2.0, slope: 3.0, keep: Keep::Below },
    ];
    let mut scratch = SelectionScratch::new(2);
    let (first, second) = columns.split_at(EVENTS);
    Case {
        name: "soft_yield, 1000 events, 2 cuts",
        rust: Box::new(move || {
            soft_yield(&[first, second], black_box(weights), &cuts, &mut scratch).sum
        }),
        c: Box::new(move || {
            let (function, mut sum) =
                (black_box(diffhep_soft_yield as unsafe extern "C" fn(_, _, _, _, _, _) -> _), 0.0);
            let (columns, weights) = (view(columns), view(weights));
            // SAFETY: arrays live through the call.
            expect(unsafe {
                function(columns, weights, view(&values), view(&slopes), &raw mut sum, null_mut())
            });
            sum
        }),
    }
}

fn poisson_case<'a>(counts: &'a [f64], rates: &'a [f64]) -> Case<'a> {
    Case {
        name: "poisson_log_density, 10 counts",
        rust: Box::new(move || {
            let pairs = black_box(counts).iter().zip(black_box(rates));
            -pairs.map(|(n, r)| poisson_term(*n, *r)).sum::<f64>()
        }),
        c: Box::new(move || {
            let (function, mut value) =
                (black_box(diffhep_poisson_log_density as unsafe extern "C" fn(_, _, _) -> _), 0.0);
            // SAFETY: arrays live through the call.
            expect(unsafe { function(view(counts), view(rates), &raw mut value) });
            value
        }),
    }
}

fn significance_case<'a>(
    signal: &'a [f64],
    background: &'a [f64],
    variance: &'a [f64],
) -> Case<'a> {
    Case {
        name: "asimov_significance, 10 bins",
        rust: Box::new(move || {
            let mut slopes = vec![MeritSlopes::default(); signal.len()];
            combined_asimov_significance(black_box(signal), background, variance, &mut slopes)
        }),
        c: Box::new(move || {
            let (function, mut value) = (
                black_box(diffhep_asimov_significance as unsafe extern "C" fn(_, _, _, _) -> _),
                0.0,
            );
            let (signal, background) = (view(signal), view(background));
            // SAFETY: arrays live through the call.
            expect(unsafe { function(signal, background, view(variance), &raw mut value) });
            value
        }),
    }
}

fn histogram_case<'a>(x: &'a [f64], weights: &'a [f64]) -> Case<'a> {
    let edges = [0.5, 1.0, 1.5, 2.0, 3.0];
    Case {
        name: "kernel_histogram, 1000 events, 4 bins",
        rust: Box::new(move || {
            let (mut bins, bandwidth) = ([0.0; 4], Bandwidth::Absolute(0.2));
            kernel_histogram(black_box(x), weights, &edges, bandwidth, Overflow::Kept, &mut bins);
            bins[1]
        }),
        c: Box::new(move || {
            let (function, mut bins) = (
                black_box(
                    diffhep_kernel_histogram as unsafe extern "C" fn(_, _, _, _, _, _, _) -> _,
                ),
                [0.0; 4],
            );
            let out = View { data: bins.as_mut_ptr(), length: 4 };
            // SAFETY: arrays live through the call.
            expect(unsafe { function(view(x), view(weights), view(&edges), 0, 0.2, 1, out) });
            bins[1]
        }),
    }
}

/// A workspace in Rust and behind a handle.
struct Loaded {
    model: Model,
    data: Vec<f64>,
    handle: ModelHandle,
}

impl Loaded {
    fn new(text: &str) -> Self {
        let workspace = Workspace::from_text(text).expect("a workspace");
        let model = workspace.model().expect("a model");
        let mut handle = ModelHandle { id: 0 };
        let view = Text { data: text.as_ptr().cast(), length: text.len() };
        // SAFETY: the text lives through the call.
        expect(unsafe { diffhep_model_new(view, null(), &raw mut handle) });
        Self { data: workspace.data(&model), model, handle }
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        expect(diffhep_model_free(self.handle));
    }
}

fn fit_case<'a>(name: &'static str, loaded: &'a Loaded) -> Case<'a> {
    let poi = loaded.model.poi_index();
    let mut parameters = vec![0.0; loaded.model.n_parameters()];
    Case {
        name,
        rust: Box::new(move || {
            inference::fit(&loaded.data, &loaded.model).expect("a fit").parameters[poi]
        }),
        c: Box::new(move || {
            let function =
                black_box(diffhep_model_fit as unsafe extern "C" fn(_, _, _, _, _, _) -> _);
            let (own, out) = (
                ConstView { data: null(), length: 0 },
                View { data: parameters.as_mut_ptr(), length: parameters.len() },
            );
            // SAFETY: arrays live through the call.
            expect(unsafe { function(loaded.handle, own, null(), null(), out, null_mut()) });
            parameters[poi]
        }),
    }
}

fn time(function: &mut dyn FnMut() -> f64, calls: usize) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(function());
    }
    start.elapsed()
}

/// Prints a line of the table and returns its numbers.
fn row(case: &mut Case, repetitions: usize) -> serde_json::Value {
    let once = time(&mut case.rust, 3).max(Duration::from_nanos(1)) / 3;
    let calls = (BATCH.as_nanos() / once.as_nanos().max(1)).max(1) as usize;
    let (mut rust, mut c) = (Vec::new(), Vec::new());
    for _ in 0..repetitions {
        rust.push(time(&mut case.rust, calls));
        c.push(time(&mut case.c, calls));
    }
    let nanoseconds = |times| 1e6 * median(times) / calls as f64;
    let (rust, c) = (nanoseconds(rust), nanoseconds(c));
    let (more, percent) = (c - rust, 100.0 * (c / rust - 1.0));
    println!("{:<38} {rust:>12.1} {c:>12.1} {more:>9.1} {percent:>8.2}", case.name);
    json!({ "name": case.name, "rust_seconds": 1e-9 * rust, "c_seconds": 1e-9 * c })
}

fn bench(criterion: &mut Criterion, case: &mut Case) {
    let name = |engine: &str| format!("{}/{engine}", case.name.replace(", ", "/"));
    criterion.bench_function(&name("rust"), |b| b.iter(&mut case.rust));
    criterion.bench_function(&name("c"), |b| b.iter(&mut case.c));
}

/// Runs the benches, then the table. The modules of this program, as `common` expects them.
const MODULES: [(&str, fn()); 1] = [("c_abi", main)];

fn main() {
    let random = &mut ChaCha8Rng::seed_from_u64(6);
    let (columns, weights) = (numbers(2 * EVENTS, random), numbers(EVENTS, random));
    let (few, others, more) = (numbers(10, random), numbers(10, random), numbers(10, random));
    let two_bins = Loaded::new(include_str!("../../../examples/two_bins.json"));
    let search = Loaded::new(include_str!("../../../examples/search.json"));
    let mut cases = [
        soft_yield_case(&columns, &weights),
        poisson_case(&few, &others),
        significance_case(&few, &others, &more),
        histogram_case(&columns[..EVENTS], &weights),
        fit_case("fit, two bins", &two_bins),
        fit_case("fit, examples/search.json", &search),
    ];
    let mut criterion = criterion();
    for case in &mut cases {
        let (rust, c) = ((case.rust)(), (case.c)());
        assert_eq!(rust.to_bits(), c.to_bits(), "{}: {rust} in Rust, {c} in C", case.name);
        bench(&mut criterion, case);
    }
    criterion.final_summary();
    if has("--list") {
        return;
    }
    let repetitions = if has("--test") { 1 } else { REPETITIONS };
    println!("\nmedians of {repetitions}, in nanoseconds a call");
    println!("{:<38} {:>12} {:>12} {:>9} {:>8}", "call", "Rust", "C", "more", "percent");
    let rows: Vec<_> = cases.iter_mut().map(|case| row(case, repetitions)).collect();
    write_table(&rows);
}
