//! Functions of yields: significances, Poisson terms, a whole likelihood.

use rand::RngExt;

use crate::benchmark::precision::{
    asimov_significance as exact_significance, poisson_slopes as exact_slopes,
};
use crate::benchmark::workspaces::WorkspaceShape;
use crate::benchmark::{BenchmarkError, Case, CaseKind, DifferentiatedFunction, Samples, sizes};
use diffhep::histfactory::{Model, Workspace, WorkspaceGradient, WorkspaceModel};
use diffhep::inference::log_density_gradient;
use diffhep::kernels::density::{poisson_slopes, poisson_term};
use diffhep::kernels::significance::{
    MeritSlopes, asimov_significance, asimov_significance_value, combined_asimov_significance,
};

const BINS: usize = 20;
const TERMS: usize = 1_000;

/// The Asimov significance, with respect to signal, background and variance.
pub(super) fn significance() -> Case<'static> {
    let at = [30.0, 100.0, 25.0];
    let value = |x: &[f64]| Ok(asimov_significance_value(x[0], x[1], x[2]));
    let gradient = |x: &[f64], out: &mut [f64]| {
        let found = asimov_significance(x[0], x[1], x[2]);
        out.copy_from_slice(&[found.by_signal, found.by_background, found.by_variance]);
        Ok(found.value)
    };
    let reference = move |place: usize| {
        let [s, b, v] = at;
        Some(exact_significance(s, b, v).1[place].rounded())
    };
    let inputs = at.to_vec();
    let scales = sizes(&inputs, 1.0);
    Case::kernel("Asimov significance", inputs, scales, value, gradient).with_reference(reference)
}

/// Splits the inputs into the signals, backgrounds and variances of all bins.
fn of_bins(inputs: &[f64]) -> [&[f64]; 3] {
    [&inputs[..BINS], &inputs[BINS..2 * BINS], &inputs[2 * BINS..]]
}

/// The significance of all bins together.
pub(super) fn combined_significance() -> Case<'static> {
    let falling = |k: usize| (-0.2 * k as f64).exp();
    let background = |k| 200.0 * falling(k) + 2.0;
    let signal = |k: usize| 8.0 * falling(BINS - k);
    let variance = |k| 0.01 * background(k) * background(k) + background(k);
    let inputs: Vec<f64> = (0..BINS)
        .map(signal)
        .chain((0..BINS).map(background))
        .chain((0..BINS).map(variance))
        .collect();
    let value = |inputs: &[f64]| {
        let [s, b, v] = of_bins(inputs);
        let square = |k: usize| asimov_significance_value(s[k], b[k], v[k]).powi(2);
        Ok((0..BINS).map(square).sum::<f64>().sqrt())
    };
    let gradient = |inputs: &[f64], out: &mut [f64]| {
        let [s, b, v] = of_bins(inputs);
        let mut slopes = [MeritSlopes::default(); BINS];
        let found = combined_asimov_significance(s, b, v, &mut slopes);
        for (k, slope) in slopes.iter().enumerate() {
            out[k] = slope.by_signal;
            out[BINS + k] = slope.by_background;
            out[2 * BINS + k] = slope.by_variance;
        }
        Ok(found)
    };
    let at = inputs.clone();
    let reference = move |place: usize| {
        let [s, b, v] = of_bins(&at);
        let z: Vec<_> = (0..BINS).map(|k| exact_significance(s[k], b[k], v[k])).collect();
        let squares = z.iter().map(|(z, _)| *z * *z);
        let total = squares.reduce(|sum, square| sum + square)?.sqrt();
        let (own, slopes) = &z[place % BINS];
        Some((*own / total * slopes[place / BINS]).rounded())
    };
    let scales = sizes(&inputs, 1e-2);
    Case::kernel("combined significance", inputs, scales, value, gradient)
        .in_parts(&[BINS; 3])
        .with_reference(reference)
}

/// A sum of Poisson terms, with respect to counts and rates.
pub(super) fn poisson_terms(samples: &Samples) -> Case<'static> {
    let mut rng = samples.generator(2);
    let rates: Vec<f64> = (0..TERMS).map(|_| (6.0 * rng.random::<f64>()).exp()).collect();
    let count = |r: &f64| (r * (0.5 + rng.random::<f64>())).ceil();
    let counts: Vec<f64> = rates.iter().map(count).collect();
    let pairs = |inputs: &[f64]| -> Vec<(f64, f64)> {
        let (counts, rates) = inputs.split_at(TERMS);
        counts.iter().copied().zip(rates.iter().copied()).collect()
    };
    let value =
        move |inputs: &[f64]| Ok(pairs(inputs).into_iter().map(|(n, r)| poisson_term(n, r)).sum());
    let gradient = move |inputs: &[f64], out: &mut [f64]| {
        let (by_counts, by_rates) = out.split_at_mut(TERMS);
        for (i, (n, r)) in pairs(inputs).into_iter().enumerate() {
            (by_counts[i], by_rates[i]) = poisson_slopes(n, r);
        }
        value(inputs)
    };
    let inputs = [counts.clone(), rates.clone()].concat();
    let reference = move |place: usize| {
        let i = place % TERMS;
        // Whole and below 2^32 by construction.
        Some(exact_slopes(counts[i] as u32, rates[i])[place / TERMS].rounded())
    };
    let scales = sizes(&inputs, 1e-2);
    Case::kernel("Poisson terms", inputs, scales, value, gradient)
        .in_parts(&[TERMS; 2])
        .with_reference(reference)
}

/// The logarithm of a likelihood's density at a point.
struct LogDensity {
    workspace: Workspace,
    model: Model,
    data: Vec<f64>,
    parameters: Vec<f64>,
}

impl DifferentiatedFunction for LogDensity {
    fn value(&mut self) -> Result<f64, BenchmarkError> {
        Ok(self.model.logpdf(&self.parameters, &self.data)?)
    }

    fn gradient(&mut self, gradient: &mut [f64]) -> Result<f64, BenchmarkError> {
        let found = log_density_gradient(&self.parameters, &self.data, &self.model)?;
        let (by_parameters, by_workspace) = gradient.split_at_mut(self.parameters.len());
        by_parameters.copy_from_slice(&found.by_parameters);
        let shaped = WorkspaceGradient::new(&self.workspace, &self.model, &found.adjoint);
        by_workspace.copy_from_slice(&shaped.flatten());
        Ok(found.value)
    }

    fn value_at(&mut self, inputs: &[f64]) -> Result<f64, BenchmarkError> {
        let (parameters, inputs) = inputs.split_at(self.parameters.len());
        let workspace = self.workspace.with_inputs(&self.model, inputs)?;
        let model = workspace.model()?;
        Ok(model.logpdf(parameters, &workspace.data(&model))?)
    }
}

/// The likelihood of a workspace of about 1,000 numbers, with respect to its parameters and to all
/// of these numbers.
pub(super) fn log_density(samples: &Samples) -> Result<Case<'static>, BenchmarkError> {
    let (_, shape) = WorkspaceShape::SIZES[1];
    let workspace = shape.workspace(0.0, &mut samples.generator(3))?;
    let model = workspace.model()?;
    let moved = model.suggested_init().iter().enumerate();
    let parameters: Vec<f64> =
        moved.map(|(i, x)| x + 0.05 * (1.3 * i as f64 + 0.2).sin()).collect();
    let numbers = workspace.inputs(&model).values;
    let lengths = [parameters.len(), numbers.len()];
    let inputs = [parameters.clone(), numbers].concat();
    let data = workspace.data(&model);
    let function = LogDensity { workspace, model, data, parameters };
    let scales = sizes(&inputs, 0.1);
    let case = Case::new(CaseKind::Kernel, "HistFactory log-density", inputs, scales, function);
    Ok(case.in_parts(&lengths))
}
