//! Objectives for tests.

use std::convert::Infallible;

use super::{Method, Objective, TrainingOptions, TrainingReport, train};

/// A closure as an objective: takes parameters and hardness, returns the value, overwrites the
/// gradient.
pub(super) struct Function<F>(pub(super) F);

impl<F: FnMut(&[f64], f64, &mut [f64]) -> f64> Objective for Function<F> {
    type Error = Infallible;

    fn evaluate(
        &mut self,
        x: &[f64],
        hardness: f64,
        gradient: &mut [f64],
    ) -> Result<f64, Infallible> {
        Ok(self.0(x, hardness, gradient))
    }
}

/// `exp(0.3 x) + (x - y^2)^2 + 0.1 y^4`.
pub(super) fn curved(z: &[f64], gradient: &mut [f64]) -> f64 {
    let (x, y) = (z[0], z[1]);
    let (exponential, difference) = ((0.3 * x).exp(), x - y * y);
    gradient[0] = 0.3 * exponential + 2.0 * difference;
    gradient[1] = -4.0 * y * difference + 0.4 * y.powi(3);
    exponential + difference * difference + 0.1 * y.powi(4)
}

/// Rosenbrock's function, `sum_i 100 (x_(i+1) - x_i^2)^2 + (1 - x_i)^2`.
pub(super) fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
    gradient.fill(0.0);
    let mut value = 0.0;
    for i in 0..x.len() - 1 {
        let (valley, rest) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
        value += 100.0 * valley * valley + rest * rest;
        gradient[i] += -400.0 * x[i] * valley - 2.0 * rest;
        gradient[i + 1] += 200.0 * valley;
    }
    value
}

/// `hardness^2 ln cosh(x / hardness)` summed over the components, less a slope; a kink softened by
/// the hardness.
pub(super) fn softened(x: &[f64], hardness: f64, gradient: &mut [f64]) -> f64 {
    let mut value = 0.0;
    for (x, g) in x.iter().zip(gradient) {
        value += hardness * hardness * (x / hardness).cosh().ln() - 0.1 * x;
        *g = hardness * (x / hardness).tanh() - 0.1;
    }
    value
}

/// Trains on a function that ignores the hardness, without checkpoints.
pub(super) fn minimise(
    function: impl Fn(&[f64], &mut [f64]) -> f64,
    start: &[f64],
    options: &TrainingOptions,
) -> TrainingReport {
    let mut objective = Function(|x: &[f64], _, gradient: &mut [f64]| function(x, gradient));
    train(&mut objective, start, options, None, &mut |_| ()).unwrap()
}

/// Options of a method with a number of steps.
pub(super) fn options(method: Method, steps: usize) -> TrainingOptions {
    TrainingOptions { method, steps, ..Default::default() }
}
