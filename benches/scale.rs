//! Times fits of models with thousands of bins, which are made in memory.
//!
//! One channel: a peak on falling backgrounds, of every three nuisance parameters one `normsys` and
//! two `histosys` on every sample, and one `staterror` per bin. A table has the free fit with the
//! uncertainties of the shared parameters, CLs with its band, and the gradient of the observed CLs;
//! the model is compiled, and its first fit is not counted.
//!
//! `-- scale` runs everything, which is the table.

use std::hint::black_box;
use std::time::Instant;

use diffhep::fit::Covariance;
use diffhep::histfactory::{Workspace, WorkspaceModel};
use diffhep::inference::{AsymptoticCalculator, HypothesisTestOptions, Quantity, fit};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal, Poisson};
use serde_json::{Value, json};

use crate::common::{has, median, write_table};

/// Bins, and nuisance parameters besides the bin-wise ones.
const SIZES: [(usize, usize); 4] = [(1_000, 100), (2_000, 100), (4_000, 300), (10_000, 100)];
const SAMPLES: usize = 3;
const REPETITIONS: usize = 5;

fn shapes(rng: &mut ChaCha8Rng, data: &[f64], nuisances: usize) -> Vec<Value> {
    let normal = Normal::new(0.0, 0.02).expect("a width above 0");
    let one = |k: usize| {
        let (size, wave) = (normal.sample(rng), normal.sample(rng));
        let phase = 6.0 * rng.random::<f64>();
        let name = format!("n{k}");
        if k.is_multiple_of(3) {
            let data = json!({ "hi": 1.0 + size, "lo": 1.0 / (1.0 + size) });
            return json!({ "name": name, "type": "normsys", "data": data });
        }
        let at = |i: usize| size + wave * (phase + 6.0 * i as f64 / data.len() as f64).sin();
        let side = |factor: f64| -> Vec<f64> {
            data.iter().enumerate().map(|(i, y)| y * (1.0 + factor * at(i))).collect()
        };
        let data = json!({ "hi_data": side(1.0), "lo_data": side(-0.9) });
        json!({ "name": name, "type": "histosys", "data": data })
    };
    (0..nuisances).map(one).collect()
}

fn workspace(bins: usize, nuisances: usize) -> Value {
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    let along = |i: usize| i as f64 / bins as f64;
    let total = |i: usize| 5.0 + 100.0 * (-3.0 * along(i)).exp();
    let sample = |s: usize| {
        let peak = |i: usize| (-0.5 * ((along(i) - 0.6) / 0.05).powi(2)).exp();
        let height = 60.0 / (bins as f64).sqrt();
        let data: Vec<f64> = match s {
            0 => (0..bins).map(|i| height * peak(i) + 0.01).collect(),
            _ => (0..bins).map(|i| total(i) / SAMPLES as f64).collect(),
        };
        let mut modifiers = shapes(rng, &data, nuisances);
        modifiers.push(if s == 0 {
            json!({ "name": "mu", "type": "normfactor", "data": null })
        } else {
            let errors: Vec<f64> = data.iter().map(|y| 0.03 * y).collect();
            json!({ "name": "stat", "type": "staterror", "data": errors })
        });
        json!({ "name": format!("s{s}"), "data": data, "modifiers": modifiers })
    };
    let samples: Vec<Value> = (0..SAMPLES).map(sample).collect();
    let expected = |i: usize| total(i) * (SAMPLES - 1) as f64 / SAMPLES as f64;
    let count = |i: usize| Poisson::new(expected(i)).expect("a rate above 0").sample(rng);
    let observed: Vec<f64> = (0..bins).map(count).collect();
    json!({
        "version": "1.0.0",
        "channels": [{ "name": "c", "samples": samples }],
        "observations": [{ "name": "c", "data": observed }],
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
    })
}

fn row((bins, nuisances): (usize, usize), repetitions: usize) -> Value {
    let workspace = Workspace::from_json(workspace(bins, nuisances)).expect("a sound workspace");
    let model = workspace.model().expect("a sound model");
    let data = workspace.data(&model);
    let shared: Vec<usize> = (0..model.n_parameters())
        .filter(|&p| !model.parameter_names()[p].starts_with("stat"))
        .collect();
    let [mut fits, mut tests, mut gradients] = [(); 3].map(|()| Vec::new());
    for _ in 0..=repetitions {
        let start = Instant::now();
        let report = fit(&data, &model).expect("a fit");
        assert!(report.status.is_minimum());
        let covariance = Covariance::new(&model, &data, &report).expect("a covariance");
        black_box(shared.iter().map(|&p| covariance.sigma(p)).collect::<Vec<_>>());
        fits.push(start.elapsed());
        let start = Instant::now();
        let options = HypothesisTestOptions::default();
        let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
        let test = black_box(calculator.hypotest(1.0).expect("a test"));
        tests.push(start.elapsed());
        let start = Instant::now();
        let gradient = calculator.gradient(&test.ratio, Quantity::Observed);
        black_box(gradient.expect("a gradient"));
        gradients.push(start.elapsed());
    }
    let [fit_ms, cls_ms, gradient_ms] =
        [fits, tests, gradients].map(|times| median(times[1..].to_vec()));
    println!("{bins:>6} {nuisances:>10} {fit_ms:>19.1} {cls_ms:>9.1} {gradient_ms:>12.1}");
    json!({ "bins": bins, "nuisances": nuisances, "fit_ms": fit_ms, "cls_ms": cls_ms,
            "gradient_ms": gradient_ms })
}

/// Prints the table.
pub fn run() {
    if has("--list") {
        return;
    }
    let (sizes, repetitions) =
        if has("--test") { (&SIZES[..1], 1) } else { (&SIZES[..], REPETITIONS) };
    println!("\nmedians of {repetitions}; the fit with uncertainties of the shared parameters");
    println!("  bins  nuisances  fit, uncertainties    CLs ms  gradient ms");
    write_table(&sizes.iter().map(|&size| row(size, repetitions)).collect::<Vec<_>>());
}
