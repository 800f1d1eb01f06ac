//! The four methods: one file each, with the same parts.
//!
//! | method | uses the learning rate | remembers |
//! |---|---|---|
//! | [`gradient_descent`] | yes | nothing |
//! | [`adam`] | yes | running means of the gradient and its square |
//! | [`rmsprop`] | yes | a running mean of the squared gradient |
//! | [`lbfgs`] | no: a line search finds the length | the last ten steps and changes of the gradient |
//!
//! Each file has the method's NAME and its memory. Enters: an evaluated [`Point`] and a function
//! that evaluates others. Leaves: the next point, which is inside the bounds, as is every point
//! tried.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::bounds::Bounds;
use super::error::OptimizeError;
use adam::Adam;
use lbfgs::Lbfgs;
use rmsprop::Rmsprop;

pub(super) mod adam;
pub(super) mod gradient_descent;
pub(super) mod lbfgs;
pub(super) mod rmsprop;

/// How a step is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Plain gradient descent with projection onto the bounds.
    GradientDescent,
    /// Adam (arXiv:1412.6980): beta1 0.9, beta2 0.999, epsilon 1e-8.
    Adam,
    /// RMSprop: decay 0.9, epsilon 1e-7 outside the root.
    Rmsprop,
    /// L-BFGS with memory 10, projected onto the bounds. Its line search chooses the length of a
    /// step, so it ignores the learning rate; the hardness must be constant.
    Lbfgs,
}

/// Every method with its name.
const TABLE: [(&str, Method); 4] = [
    (gradient_descent::NAME, Method::GradientDescent),
    (adam::NAME, Method::Adam),
    (rmsprop::NAME, Method::Rmsprop),
    (lbfgs::NAME, Method::Lbfgs),
];

impl Method {
    /// Every method, in the table's order.
    pub const ALL: [Self; 4] = [Self::GradientDescent, Self::Adam, Self::Rmsprop, Self::Lbfgs];

    /// The name in settings and checkpoints.
    pub fn name(self) -> &'static str {
        TABLE[self as usize].0
    }
}

impl FromStr for Method {
    type Err = OptimizeError;

    fn from_str(name: &str) -> Result<Self, OptimizeError> {
        let found = TABLE.iter().find(|(known, _)| *known == name);
        found.map(|(_, method)| *method).ok_or_else(|| OptimizeError::UnknownMethod {
            name: name.to_owned(),
            known: TABLE.map(|(known, _)| known).join(", "),
        })
    }
}

/// Parameters with the objective and its gradient there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Point {
    pub(super) parameters: Vec<f64>,
    pub(super) objective: f64,
    pub(super) gradient: Vec<f64>,
}

/// Returns the objective at the given parameters and overwrites its gradient there.
pub(super) type Evaluate<'a, E> = &'a mut dyn FnMut(&[f64], &mut [f64]) -> Result<f64, E>;

impl Point {
    /// Evaluates the objective.
    pub(super) fn new<E>(parameters: Vec<f64>, evaluate: Evaluate<E>) -> Result<Self, E> {
        let mut gradient = vec![0.0; parameters.len()];
        let objective = evaluate(&parameters, &mut gradient)?;
        Ok(Self { parameters, objective, gradient })
    }

    pub(super) fn is_finite(&self) -> bool {
        self.objective.is_finite() && self.gradient.iter().all(|g| g.is_finite())
    }
}

/// The outcome of a step.
#[derive(Debug)]
pub(super) enum Landing {
    /// A point at which everything is finite.
    At(Point),
    /// No step was short enough to lower the objective.
    Stalled,
    /// The objective, its gradient or the parameters are not finite.
    NotFinite,
}

/// A method's memory between steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    GradientDescent,
    Adam(Adam),
    Rmsprop(Rmsprop),
    Lbfgs(Lbfgs),
}

impl State {
    /// Before the first step.
    pub(super) fn new(method: Method, parameters: usize) -> Self {
        match method {
            Method::GradientDescent => Self::GradientDescent,
            Method::Adam => Self::Adam(Adam::new(parameters)),
            Method::Rmsprop => Self::Rmsprop(Rmsprop::new(parameters)),
            Method::Lbfgs => Self::Lbfgs(Lbfgs::default()),
        }
    }

    /// The method that this state belongs to.
    pub(super) fn method(&self) -> Method {
        match self {
            Self::GradientDescent => Method::GradientDescent,
            Self::Adam(_) => Method::Adam,
            Self::Rmsprop(_) => Method::Rmsprop,
            Self::Lbfgs(_) => Method::Lbfgs,
        }
    }

    /// Lengths of all lists with one number per parameter.
    pub(super) fn lengths(&self) -> Vec<usize> {
        match self {
            Self::GradientDescent => Vec::new(),
            Self::Adam(adam) => vec![adam.mean.len(), adam.square.len()],
            Self::Rmsprop(rmsprop) => vec![rmsprop.square.len()],
            Self::Lbfgs(lbfgs) => lbfgs.lengths(),
        }
    }

    /// Takes a step from `point`.
    pub(super) fn advance<E>(
        &mut self,
        point: &Point,
        learning_rate: f64,
        bounds: &Bounds,
        evaluate: Evaluate<E>,
    ) -> Result<Landing, E> {
        let mut parameters = point.parameters.clone();
        match self {
            Self::GradientDescent => {
                gradient_descent::descend(&point.gradient, learning_rate, &mut parameters);
            }
            Self::Adam(adam) => adam.descend(&point.gradient, learning_rate, &mut parameters),
            Self::Rmsprop(rmsprop) => {
                rmsprop.descend(&point.gradient, learning_rate, &mut parameters);
            }
            Self::Lbfgs(lbfgs) => return lbfgs.advance(point, bounds, evaluate),
        }
        bounds.project(&mut parameters);
        if !parameters.iter().all(|x| x.is_finite()) {
            return Ok(Landing::NotFinite);
        }
        let landed = Point::new(parameters, evaluate)?;
        Ok(if landed.is_finite() { Landing::At(landed) } else { Landing::NotFinite })
    }
}

#[cfg(test)]
mod tests;
