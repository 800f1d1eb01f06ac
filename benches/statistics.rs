//! Times limits and rankings of the published models.
//!
//! Criterion's benches are named operation/model/engine. Then a table times the operations in
//! turns: all six upper limits including their fits, the gradient of the observed one, the ranking
//! of all nuisance parameters (on Asimov data of signal strength 1, not counting the fit), and the
//! same by refits. CLs at each limit is checked before anything is timed.
//!
//! `-- statistics` runs everything, `-- statistics/table` only the table.

use std::hint::black_box;
use std::time::Instant;

use criterion::Criterion;
use diffhep::fit::{FitOptions, FitReport};
use diffhep::inference::{
    AsymptoticCalculator, HypothesisTestOptions, LimitOptions, Ranking, UpperLimits, fit, ranking,
};
use serde_json::{Value, json};

use crate::common::{criterion, has, median, write_table};
use crate::hypotest::{Case, cases};

/// Repetitions of each timing in the table.
const REPETITIONS: usize = 31;

fn limits(case: &Case) -> (AsymptoticCalculator<'_>, UpperLimits) {
    let options = HypothesisTestOptions::default();
    let calculator = AsymptoticCalculator::new(&case.model, &case.data, options);
    let mut calculator = calculator.expect("the free fit begins");
    let limits = calculator.upper_limits(&LimitOptions::default()).expect("limits");
    (calculator, limits)
}

fn check(case: &Case) {
    let (mut calculator, limits) = limits(case);
    let limit = limits.observed.expect("a limit").value;
    let cls = calculator.hypotest(limit).expect("a test").cls_obs;
    assert!((cls - 0.05).abs() < 1e-7, "{}: CLs at its limit is {cls}", case.name);
}

/// Asimov data of signal strength 1 with their fit.
struct Fitted {
    data: Vec<f64>,
    report: FitReport,
}

impl Fitted {
    fn new(case: &Case) -> Self {
        let mut nominal = case.model.suggested_init().to_vec();
        nominal[case.model.poi_index()] = 1.0;
        let data = case.model.expected_data(&nominal).expect("positive rates");
        let report = fit(&data, &case.model).expect("the fit begins");
        Self { data, report }
    }

    fn ranking(&self, case: &Case) -> Ranking {
        ranking(&case.model, &self.data, &self.report).expect("a ranking")
    }
}

fn bench(criterion: &mut Criterion, case: &Case) {
    let name = |operation: &str| format!("{operation}/{}/diffhep", case.name);
    criterion.bench_function(&name("limits"), |b| b.iter(|| limits(black_box(case))));
    let fitted = Fitted::new(case);
    criterion.bench_function(&name("ranking"), |b| b.iter(|| fitted.ranking(black_box(case))));
}

/// Prints a line of the table and returns its numbers.
fn row(case: &Case, repetitions: usize) -> Value {
    let fitted = Fitted::new(case);
    let mut times: [Vec<std::time::Duration>; 4] = Default::default();
    let (mut tests, mut ranked) = (0, 0);
    for _ in 0..repetitions {
        let start = Instant::now();
        let (mut calculator, limits) = black_box(limits(case));
        times[0].push(start.elapsed());
        let (limit, start) = (limits.observed.expect("a limit"), Instant::now());
        black_box(calculator.limit_gradient(&limit).expect("a gradient"));
        times[1].push(start.elapsed());
        let start = Instant::now();
        let ranking = black_box(fitted.ranking(case));
        times[2].push(start.elapsed());
        let start = Instant::now();
        let Fitted { data, report } = &fitted;
        black_box(ranking.refit(&case.model, data, report, &FitOptions::default()));
        times[3].push(start.elapsed());
        (tests, ranked) = (limits.tests, ranking.parameters.len());
    }
    let [limits_ms, gradient_ms, ranking_ms, refit_ms] = times.map(median);
    let name = case.name;
    println!(
        "{name:<16} {tests:>5} {limits_ms:>9.3} {gradient_ms:>12.3} {ranked:>10} {ranking_ms:>10.3} {refit_ms:>9.2}"
    );
    json!({ "model": name, "limits_ms": limits_ms, "limit_gradient_ms": gradient_ms,
            "ranking_ms": ranking_ms, "refit_ms": refit_ms })
}

/// Runs the benches, then the table.
pub fn run() {
    let mut criterion = criterion();
    let cases = cases();
    cases.iter().for_each(check);
    cases.iter().for_each(|case| bench(&mut criterion, case));
    criterion.final_summary();
    if has("--list") {
        return;
    }
    let repetitions = if has("--test") { 1 } else { REPETITIONS };
    let threads = rayon::current_num_threads();
    println!("\nmedians of {repetitions}; six limits, their tests; refits on {threads} threads");
    println!("model            tests limits ms  gradient ms parameters ranking ms refits ms");
    let rows: Vec<Value> = cases.iter().map(|case| row(case, repetitions)).collect();
    write_table(&rows);
}
