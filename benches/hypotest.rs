//! Times CLs, its gradient and their parts on the published models.
//!
//! Criterion's benches are named operation/model/engine. Then a table compares CLs and its
//! gradient, timed in turns so that noise affects both alike. Each model's CLs is checked against
//! pyhf's before anything is timed, and a wrong one aborts the run.
//!
//! `-- hypotest` runs everything, `-- hypotest/table` only the table.
//!
//! DIFFHEP_LIKELIHOODS is the models' folder. scripts/bench-pyhf times pyhf for comparison.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use criterion::Criterion;
use diffhep::histfactory::{
    Evaluator, Model, Workspace, WorkspaceGradient, WorkspaceModel, apply_patch, parse,
};
use diffhep::inference::{AsymptoticCalculator, Hypotest, HypothesisTestOptions, Quantity};
use serde_json::{Value, json};

use crate::common::{criterion, has, median, write_table};

/// Short name and file of each published model.
const PUBLISHED: [(&str, &str); 5] = [
    ("2018-14.combined", "ATLAS-SUSY-2018-14.combined"),
    ("simplified-A", "ATLAS-SUSY-2018-31.simplified-A"),
    ("region-A", "ATLAS-SUSY-2018-31.region-A"),
    ("2018-04.combined", "ATLAS-SUSY-2018-04.combined"),
    ("onshell", "ATLAS-SUSY-2019-09.onshell"),
];

/// The published model with a second valley, and its CLs from pyhf 0.7.6 started in the deeper one
/// (tests/reference/make_published_minima_reference.py).
const TWO_VALLEYS: (&str, f64) = ("2018-04.combined", 0.7269920914253392);

const TWO_BINS: &str = include_str!("../examples/two_bins.json");
/// Its CLs from pyhf 0.7.6.
const TWO_BINS_CLS: f64 = 0.0525155;
/// Largest difference from pyhf's CLs, which is the noise of its minimiser.
const TOLERANCE: f64 = 1e-4;
/// Repetitions of each timing in the table.
const REPETITIONS: usize = 51;

/// A model on its observed data.
pub struct Case {
    pub name: &'static str,
    workspace: Workspace,
    pub model: Model,
    pub data: Vec<f64>,
}

fn load(text: &str) -> (Workspace, Model) {
    let workspace = Workspace::from_text(text).expect("a sound workspace");
    let model = workspace.model().expect("a sound model");
    (workspace, model)
}

impl Case {
    fn new(name: &'static str, text: &str, expected: f64) -> Self {
        let (workspace, model) = load(text);
        let case = Self { name, data: workspace.data(&model), workspace, model };
        let found = case.cls().1.cls_obs;
        let agrees = (found - expected).abs() <= TOLERANCE;
        assert!(agrees, "{name}: CLs is {found}, and pyhf's is {expected}");
        case
    }

    fn cls(&self) -> (AsymptoticCalculator<'_>, Hypotest) {
        let options = HypothesisTestOptions::default();
        let calculator = AsymptoticCalculator::new(&self.model, &self.data, options);
        let mut calculator = calculator.expect("the free fit begins");
        let test = calculator.hypotest(1.0).expect("the other fits begin");
        (calculator, test)
    }

    fn gradient(
        &self,
        (calculator, test): &mut (AsymptoticCalculator, Hypotest),
        quantity: Quantity,
    ) -> WorkspaceGradient {
        let adjoint = calculator.gradient(&test.ratio, quantity);
        let adjoint = adjoint.expect("every fit converged");
        WorkspaceGradient::new(&self.workspace, &self.model, &adjoint)
    }
}

/// The two-bin example and every available published model.
pub fn cases() -> Vec<Case> {
    let default = || concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/likelihoods").into();
    let folder = std::env::var_os("DIFFHEP_LIKELIHOODS").unwrap_or_else(default);
    let (folder, mut missing) = (PathBuf::from(folder), Vec::new());
    let mut cases = vec![Case::new("two-bins", TWO_BINS, TWO_BINS_CLS)];
    for (name, file) in PUBLISHED {
        let path = |end: &str| folder.join(format!("{file}.{end}"));
        if !path("json").exists() {
            missing.push(name);
            continue;
        }
        let text = |end: &str| std::fs::read_to_string(path(end)).expect(file);
        let read = |end: &str| parse(&text(end)).expect(file);
        let mut json = read("json");
        apply_patch(&mut json, &read("signal.patch.json"), file).expect(file);
        let expected = match TWO_VALLEYS {
            (with_two_valleys, cls) if name == with_two_valleys => cls,
            _ => read("pyhf.json")["cls"]["observed"].as_f64().expect(file),
        };
        cases.push(Case::new(name, &json.to_string(), expected));
    }
    if !missing.is_empty() {
        println!("\n!!! {} PUBLISHED MODELS LEFT OUT: {}", missing.len(), missing.join(", "));
        println!("!!! they are not in {}: set DIFFHEP_LIKELIHOODS\n", folder.display());
    }
    cases
}

fn bench(criterion: &mut Criterion, case: &Case) {
    let name = |operation: &str| format!("{operation}/{}/diffhep", case.name);
    let text = case.workspace.json().to_string();
    criterion.bench_function(&name("load"), |b| b.iter(|| load(black_box(&text))));
    let mut tested = case.cls();
    let point = tested.1.ratio.free_fit.parameters.clone();
    let mut evaluator = Evaluator::new(&case.model);
    criterion.bench_function(&name("rates"), |b| {
        b.iter(|| evaluator.set_point(black_box(&point)).expect("positive rates").rates()[0])
    });
    criterion.bench_function(&name("cls"), |b| b.iter(|| case.cls()));
    criterion.bench_function(&name("gradient"), |b| {
        b.iter(|| case.gradient(&mut tested, Quantity::Observed))
    });
    criterion.bench_function(&name("gradient_expected"), |b| {
        b.iter(|| case.gradient(&mut tested, Quantity::Expected(0.0)))
    });
}

fn count_numbers(value: &Value) -> usize {
    match value {
        Value::Number(_) => 1,
        Value::Array(items) => items.iter().map(count_numbers).sum(),
        Value::Object(fields) => fields.values().map(count_numbers).sum(),
        _ => 0,
    }
}

/// Prints a line of the table and returns its numbers.
fn row(case: &Case, repetitions: usize) -> Value {
    let (mut cls, mut gradient) = (Vec::new(), Vec::new());
    for _ in 0..repetitions {
        let start = Instant::now();
        let mut tested = black_box(case.cls());
        let between = Instant::now();
        black_box(case.gradient(&mut tested, Quantity::Observed));
        gradient.push(between.elapsed());
        cls.push(between - start);
    }
    let (cls_ms, gradient_ms, test) = (median(cls), median(gradient), case.cls().1);
    // The gradient has one number for each of these.
    let (json, auxiliary) = (case.workspace.json(), case.model.auxiliary_data().len());
    let in_channels = count_numbers(&json["channels"]);
    let inputs = in_channels + count_numbers(&json["observations"]) + auxiliary;
    let fits = test.ratio.fits().into_iter();
    let steps = fits.map(|(_, fit)| fit.steps).max().unwrap_or(0);
    let (name, ratio) = (case.name, gradient_ms / cls_ms);
    println!("{name:<16} {inputs:>7} {steps:>6} {cls_ms:>9.3} {gradient_ms:>12.3} {ratio:>13.3}");
    json!({ "model": name, "cls_obs": test.cls_obs, "cls_ms": cls_ms, "gradient_ms": gradient_ms })
}

/// Runs the benches, then the table.
pub fn run() {
    let mut criterion = criterion();
    let cases = cases();
    cases.iter().for_each(|case| bench(&mut criterion, case));
    criterion.final_summary();
    if has("--list") {
        return;
    }
    let repetitions = if has("--test") { 1 } else { REPETITIONS };
    println!("\nmedians of {repetitions}; steps of the longest fit; gradient of the observed CLs");
    println!("model             inputs  steps    CLs ms  gradient ms  gradient/CLs");
    let rows: Vec<Value> = cases.iter().map(|case| row(case, repetitions)).collect();
    write_table(&rows);
}
