//! L-BFGS in a box: quasi-Newton steps from the latest changes of the gradient.
//!
//! Parameters at a bound, or almost, whose gradient pushes them outwards are fixed (set A); the
//! rest are free (set F). A direction is `d_F = -H g_F` with `H` from the two-loop recursion on the
//! free components of the remembered pairs `s` (step) and `y` (change of the gradient), and
//! `d_A = -gamma g_A`, `gamma = s.y / y.y` of the newest pair. A pair is used where its curvature
//! `s.y` over F is positive beyond rounding; where no pair is, `d = -g`.
//!
//! The line search projects the ray onto the bounds, `x(a) = P(x + a d)`, and takes the first `a`
//! with `f(x(a)) <= f(x) + sigma (a g_F.d_F + g_A.(x_A(a) - x_A))`. It begins at `a = 1`
//! (`1 / |d|`, if that is less, for `d = -g`), and continues at the minimum of a parabola, within
//! limits; from a point that is still steep it is doubled while that helps. Where rounding of `f`
//! hides the decrease, a smaller projected gradient decides. The learning rate is not used. Source:
//! J. Nocedal, S. Wright, Numerical Optimization, 2nd ed., algorithms 7.4 and 7.5, section 3.5; D.
//! Bertsekas, SIAM J. Control Optim. 20 (1982) 221, section 2.

use serde::{Deserialize, Serialize};

use super::{Evaluate, Landing, Point};
use crate::optimize::bounds::Bounds;

/// The method's name.
pub(super) const NAME: &str = "lbfgs";

/// Largest number of pairs remembered.
const MEMORY: usize = 10;

/// Cosine between `s` and `y` below which a pair says nothing about the curvature.
const LEAST_COSINE: f64 = 1e-10;

/// Largest distance from a bound at which a parameter counts as at it (Bertsekas's epsilon).
const MARGIN: f64 = 1e-8;

/// Fraction of the predicted decrease that a step must achieve, and the largest number of
/// evaluations per search.
const SUFFICIENT: f64 = 1e-4;
const MOST_TRIALS: usize = 30;

/// Fraction of the slope at the start of a ray above which a point on it is still steep (the
/// constant of the second Wolfe condition), and the largest number of doublings of a step there.
const STEEP: f64 = 0.9;
const MOST_DOUBLINGS: usize = 30;

/// Smallest and largest factor from one trial to the next.
const LEAST_FACTOR: f64 = 0.1;
const LARGEST_FACTOR: f64 = 0.5;

/// Rounding of the objective, relative to its size.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// A step `s` and the change `y` of the gradient along it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
}

/// The remembered pairs, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::optimize) struct Lbfgs {
    memory: Vec<Pair>,
}

/// A ray from a point, and how far along it the search begins.
struct Ray {
    direction: Vec<f64>,
    first: f64,
    held: Vec<bool>,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `target += factor * vector`.
fn add(target: &mut [f64], factor: f64, vector: &[f64]) {
    target.iter_mut().zip(vector).for_each(|(target, x)| *target += factor * x);
}

/// The vector with zeros for fixed parameters.
fn restrict(vector: &[f64], held: &[bool]) -> Vec<f64> {
    vector.iter().zip(held).map(|(&x, &held)| if held { 0.0 } else { x }).collect()
}

impl Pair {
    /// `s.y`, where it is large enough to be significant.
    fn curvature(&self) -> Option<f64> {
        let curvature = dot(&self.step, &self.change);
        let scale = dot(&self.step, &self.step).sqrt() * dot(&self.change, &self.change).sqrt();
        (curvature > LEAST_COSINE * scale && curvature.is_finite()).then_some(curvature)
    }
}

impl Lbfgs {
    /// Lengths of all lists with one number per parameter.
    pub(super) fn lengths(&self) -> Vec<usize> {
        self.memory.iter().flat_map(|pair| [pair.step.len(), pair.change.len()]).collect()
    }

    /// Takes a step from `start`.
    pub(super) fn advance<E>(
        &mut self,
        start: &Point,
        bounds: &Bounds,
        evaluate: Evaluate<E>,
    ) -> Result<Landing, E> {
        let margin = MARGIN.min(bounds.gradient_norm(&start.parameters, &start.gradient));
        let held = bounds.held(&start.parameters, &start.gradient, margin);
        if let Some(direction) = self.direction(&start.gradient, &held) {
            let ray = Ray { direction, first: 1.0, held: held.clone() };
            if let Landing::At(end) = search(start, &ray, bounds, evaluate)? {
                self.remember(start, &end);
                return Ok(Landing::At(end));
            }
        }
        self.memory.clear();
        let direction: Vec<f64> = start.gradient.iter().map(|g| -g).collect();
        let first = dot(&direction, &direction).sqrt().recip().min(1.0);
        let landing = search(start, &Ray { direction, first, held }, bounds, evaluate)?;
        if let Landing::At(end) = &landing {
            self.remember(start, end);
        }
        Ok(landing)
    }

    /// The quasi-Newton direction; `None` where no pair has curvature over the free parameters.
    fn direction(&self, gradient: &[f64], held: &[bool]) -> Option<Vec<f64>> {
        let restricted = self.memory.iter().rev().map(|pair| Pair {
            step: restrict(&pair.step, held),
            change: restrict(&pair.change, held),
        });
        let newest_first: Vec<(Pair, f64)> =
            restricted.filter_map(|pair| pair.curvature().map(|rho| (pair, rho))).collect();
        let (newest, curvature) = newest_first.first()?;
        let gamma = curvature / dot(&newest.change, &newest.change);
        let mut q = restrict(gradient, held);
        let mut alphas = Vec::with_capacity(newest_first.len());
        for (pair, curvature) in &newest_first {
            let alpha = dot(&pair.step, &q) / curvature;
            add(&mut q, -alpha, &pair.change);
            alphas.push(alpha);
        }
        q.iter_mut().for_each(|q| *q *= gamma);
        for ((pair, curvature), alpha) in newest_first.iter().zip(alphas).rev() {
            let beta = dot(&pair.change, &q) / curvature;
            add(&mut q, alpha - beta, &pair.step);
        }
        let parts = q.iter().zip(gradient).zip(held);
        let direction = parts.map(|((q, g), &held)| if held { -gamma * g } else { -q }).collect();
        Some(direction)
    }

    /// Stores the pair of a step, if it has curvature, replacing the oldest.
    fn remember(&mut self, start: &Point, end: &Point) {
        let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        let pair = Pair {
            step: difference(&end.parameters, &start.parameters),
            change: difference(&end.gradient, &start.gradient),
        };
        if pair.curvature().is_some() {
            if self.memory.len() == MEMORY {
                self.memory.remove(0);
            }
            self.memory.push(pair);
        }
    }
}

impl Ray {
    /// The point at `length`, projected onto the bounds.
    fn at(&self, start: &Point, length: f64, bounds: &Bounds) -> Vec<f64> {
        let mut target = start.parameters.clone();
        add(&mut target, length, &self.direction);
        bounds.project(&mut target);
        target
    }

    /// Slopes along the ray at its start and at a point on it, over parameters that no bound has
    /// stopped.
    fn slopes(&self, start: &Point, point: &Point, length: f64) -> (f64, f64) {
        let mut slopes = (0.0, 0.0);
        for (i, d) in self.direction.iter().enumerate() {
            if point.parameters[i] == start.parameters[i] + length * d {
                slopes.0 += start.gradient[i] * d;
                slopes.1 += point.gradient[i] * d;
            }
        }
        slopes
    }

    /// The change of the objective (negative) that the gradient predicts at `length`.
    fn promise(&self, start: &Point, length: f64, target: &[f64]) -> f64 {
        let steps = self.direction.iter().zip(&self.held).zip(target.iter().zip(&start.parameters));
        let step = |((d, &held), (target, x)): ((&f64, &bool), (&f64, &f64))| {
            if held { target - x } else { length * d }
        };
        steps.map(step).zip(&start.gradient).map(|(step, g)| step * g).sum()
    }
}

/// Whether a trial is sufficiently better than the start.
fn accepts(start: &Point, trial: &Point, promise: f64, bounds: &Bounds) -> bool {
    if trial.objective <= start.objective + SUFFICIENT * promise {
        return true;
    }
    let norm = |point: &Point| bounds.gradient_norm(&point.parameters, &point.gradient);
    let rounding = ROUNDING * start.objective.abs();
    trial.objective <= start.objective + rounding && norm(trial) < norm(start)
}

/// Searches along a ray for a point with a lower objective.
fn search<E>(
    start: &Point,
    ray: &Ray,
    bounds: &Bounds,
    evaluate: Evaluate<E>,
) -> Result<Landing, E> {
    let (mut length, mut failure) = (ray.first, Landing::Stalled);
    for _ in 0..MOST_TRIALS {
        let target = ray.at(start, length, bounds);
        let promise = ray.promise(start, length, &target);
        // Rounding can spoil a direction, and a step cannot be shorter than the last bit.
        if !(promise < 0.0 && promise.is_finite()) || target == start.parameters {
            break;
        }
        let trial = Point::new(target, evaluate)?;
        if !trial.is_finite() {
            failure = Landing::NotFinite;
            length *= LEAST_FACTOR;
            continue;
        }
        if accepts(start, &trial, promise, bounds) {
            return extrapolate(start, ray, length, trial, bounds, evaluate).map(Landing::At);
        }
        failure = Landing::Stalled;
        let excess = trial.objective - start.objective - promise;
        length *= (-0.5 * promise / excess).clamp(LEAST_FACTOR, LARGEST_FACTOR);
    }
    Ok(failure)
}

/// Continues along a ray while the objective decreases almost as steeply as at the start, or more
/// so: there is then no positive curvature to learn from, and the step says too little about the
/// scale.
fn extrapolate<E>(
    start: &Point,
    ray: &Ray,
    mut length: f64,
    mut best: Point,
    bounds: &Bounds,
    evaluate: Evaluate<E>,
) -> Result<Point, E> {
    for _ in 0..MOST_DOUBLINGS {
        let (before, now) = ray.slopes(start, &best, length);
        if now >= STEEP * before {
            break;
        }
        length *= 2.0;
        let target = ray.at(start, length, bounds);
        if target == best.parameters || target.iter().any(|x| !x.is_finite()) {
            break;
        }
        let promise = ray.promise(start, length, &target);
        let trial = Point::new(target, evaluate)?;
        let falls = trial.is_finite() && trial.objective < best.objective;
        if !(falls && accepts(start, &trial, promise, bounds)) {
            break;
        }
        best = trial;
    }
    Ok(best)
}
