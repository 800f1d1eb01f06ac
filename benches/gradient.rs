//! Every differentiated function and whole analyses: value, and value with gradient, on one thread.
//!
//! Criterion's benches are named operation/case, with the cases of `diffhep benchmark gradient`, whose table
//! is this one's too. A case's gradient is checked against central differences, and against its closed form
//! where it has one, before it is timed, and a wrong one ends the run.
//!
//! `-- gradient` runs all of it, `-- gradient/table` the table alone; with `--test` on fewer events.

use criterion::Criterion;
use diffhep::benchmark::{Case, CaseSize, MeasureOptions, Samples, cases, measure};
use rayon::ThreadPoolBuilder;
use serde_json::{Value, json};

use crate::common::{criterion, has, write_table};

fn bench(criterion: &mut Criterion, case: &mut Case) {
    let name = case.name().to_owned();
    criterion.bench_function(&format!("value/{name}"), |b| {
        b.iter(|| case.value().expect("a value"));
    });
    let mut gradient = vec![0.0; case.inputs().len()];
    criterion.bench_function(&format!("gradient/{name}"), |b| {
        b.iter(|| case.gradient(&mut gradient).expect("a gradient"));
    });
}

/// Prints a line of the table and returns its numbers.
fn row(case: &mut Case, options: &MeasureOptions) -> Value {
    let found = measure(case, options).expect("a measurement");
    let (name, inputs, ratio) = (&found.name, found.inputs, found.ratio());
    let [value, gradient] = [found.value_seconds, found.gradient_seconds].map(|s| 1e3 * s);
    println!("{name:<26} {inputs:>7} {value:>10.4} {gradient:>12.4} {ratio:>6.2}");
    json!({
        "name": name, "inputs": inputs, "value_seconds": found.value_seconds,
        "gradient_seconds": found.gradient_seconds, "ratio": ratio,
    })
}

fn check(case: &mut Case) {
    let found = measure(case, &MeasureOptions::quick()).expect("a measurement");
    assert!(found.agrees(), "a wrong gradient: {found:?}");
}

/// Runs the benches, then the table.
pub fn run() {
    let pool = ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    pool.install(run_on_one_thread);
}

fn run_on_one_thread() {
    let mut criterion = criterion().sample_size(10);
    let is_test = has("--test");
    let (size, options) = match is_test {
        true => (CaseSize::Quick, MeasureOptions::quick()),
        false => (CaseSize::Full, MeasureOptions::default()),
    };
    let samples = Samples::draw(1, size);
    let mut cases = cases(&samples).expect("sound problems");
    for case in &mut cases {
        if !has("--list") {
            check(case);
        }
        bench(&mut criterion, case);
    }
    criterion.final_summary();
    if has("--list") {
        return;
    }
    println!("\n{} events; medians, in ms", size.events());
    println!("case                        inputs      value     gradient  ratio");
    let rows: Vec<Value> = cases.iter_mut().map(|case| row(case, &options)).collect();
    write_table(&rows);
}
