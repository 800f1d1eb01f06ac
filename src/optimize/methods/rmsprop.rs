//! RMSprop: steps along the gradient over the root of its mean square.
//!
//! With learning rate `eta` and every operation per component: `v <- decay v + (1 - decay) g^2`,
//! `x <- P(x - eta g / (sqrt(v) + epsilon))`, `v` from 0. Convention: Keras's constants (decay 0.9,
//! epsilon 1e-7) and PyTorch's formula, which adds epsilon outside the root (Keras adds it inside);
//! neither momentum nor centring. Source: T. Tieleman, G. Hinton, Neural networks for machine
//! learning, lecture 6.5 (2012).

use serde::{Deserialize, Serialize};

/// The method's name.
pub(super) const NAME: &str = "rmsprop";

const DECAY: f64 = 0.9;
const EPSILON: f64 = 1e-7;

/// The running mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::optimize) struct Rmsprop {
    /// Mean squared gradient `v`.
    #[serde(with = "super::super::exact")]
    pub(super) square: Vec<f64>,
}

impl Rmsprop {
    /// Before the first step.
    pub(super) fn new(parameters: usize) -> Self {
        Self { square: vec![0.0; parameters] }
    }

    /// Moves the parameters; the caller projects them.
    pub(super) fn descend(&mut self, gradient: &[f64], learning_rate: f64, parameters: &mut [f64]) {
        for ((x, g), v) in parameters.iter_mut().zip(gradient).zip(&mut self.square) {
            *v = DECAY * *v + (1.0 - DECAY) * g * g;
            *x -= learning_rate * g / (v.sqrt() + EPSILON);
        }
    }
}
