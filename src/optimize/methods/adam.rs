//! Adam: steps along the mean gradient over the root of the mean squared one.
//!
//! With learning rate `eta`, step `t` from 1, and every operation per component:
//! `m <- beta1 m + (1 - beta1) g`, `v <- beta2 v + (1 - beta2) g^2`,
//! `x <- P(x - eta m' / (sqrt(v') + epsilon))`, `m' = m / (1 - beta1^t)`, `v' = v / (1 - beta2^t)`.
//! The means use the plain gradient, even for a parameter at its bound. Source: D. Kingma, J. Ba,
//! arXiv:1412.6980, algorithm 1, with the constants given there.

use serde::{Deserialize, Serialize};

/// The method's name.
pub(super) const NAME: &str = "adam";

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// The running means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::optimize) struct Adam {
    /// Steps taken.
    pub(in crate::optimize) steps: usize,
    /// Mean gradient `m`, biased towards 0.
    #[serde(with = "super::super::exact")]
    pub(in crate::optimize) mean: Vec<f64>,
    /// Mean squared gradient `v`, biased towards 0.
    #[serde(with = "super::super::exact")]
    pub(in crate::optimize) square: Vec<f64>,
}

impl Adam {
    /// Before the first step.
    pub(in crate::optimize) fn new(parameters: usize) -> Self {
        Self { steps: 0, mean: vec![0.0; parameters], square: vec![0.0; parameters] }
    }

    /// Moves the parameters; the caller projects them.
    pub(in crate::optimize) fn descend(
        &mut self,
        gradient: &[f64],
        learning_rate: f64,
        parameters: &mut [f64],
    ) {
        self.steps += 1;
        let t = self.steps as f64;
        let (mean_weight, square_weight) = (1.0 - BETA1.powf(t), 1.0 - BETA2.powf(t));
        let means = self.mean.iter_mut().zip(&mut self.square);
        for ((x, g), (m, v)) in parameters.iter_mut().zip(gradient).zip(means) {
            *m = BETA1 * *m + (1.0 - BETA1) * g;
            *v = BETA2 * *v + (1.0 - BETA2) * g * g;
            *x -= learning_rate * (*m / mean_weight) / ((*v / square_weight).sqrt() + EPSILON);
        }
    }
}
