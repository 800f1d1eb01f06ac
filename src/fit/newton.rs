//! Newton's method for -ln L within bounds.
//!
//! Enters: a model at a starting point, data, parameters to fix. Leaves: a [`FitReport`].
//!
//! A step solves `H d = -g` over the parameters that no bound constrains: with the Hessian
//! factorised, or, where that is dearer or not possible, by conjugate gradients on exact products
//! with the expected information as preconditioner, only as accurately as the distance to the
//! minimum makes worthwhile (a truncated Newton method; [`solver`](super::solver)). Parameters that
//! the step would carry over a bound stop there and the rest are solved for again; where that does
//! not descend, the plain step and then the scaled gradient are tried. Kinks of interpolation codes
//! act as bounds ([`kinks`]). A line search halves a step until -ln L falls and every rate is
//! defined. Converged means that the decrement `g^T H^-1 g`, twice the expected distance to the
//! minimum of -ln L, is below the tolerance. Where `H` is not factorised, the expected information
//! takes its place; close to the minimum, the Hessian of the step before does. Source: D.
//! Bertsekas, SIAM J. Control Optim. 20 (1982) 221 (active set); J. Nocedal, S. Wright, Numerical
//! Optimization, 2nd ed., section 7.1.

use super::arrow_factor::ArrowFactor;
use super::conjugate_gradient::{Limits, dot};
use super::information::{Ingredients, curvature_rates};
use super::kinks;
use super::report::{FitError, FitOptions, FitReport, FitStatus};
use super::solver::{Solver, matrix, matrix_reusing};
use crate::histfactory::{At, Curved, Evaluator, Linearised};

/// Relative residual at which a direction is good enough far from the minimum, and the largest
/// number of Hessian-vector products spent on one.
const LOOSEST: f64 = 0.3;
const MOST_PRODUCTS: usize = 60;

/// Fraction of the predicted decrease of -ln L that a step must achieve, and the number of halvings
/// of a step along the bounds before the plain one is tried.
const SUFFICIENT: f64 = 1e-4;
const FEW_HALVINGS: usize = 3;

/// Decrement by the Hessian of the step before, relative to the tolerance, at which a fit has
/// converged without another Hessian.
const SURELY: f64 = 0.25;

/// Decrement, relative to -ln L, that rounding leaves, and the largest one that is accepted.
const ROUNDING: f64 = 1e-22;
const MOST_ROUNDING: f64 = 1e-9;

/// Rounding of -ln L, relative to the size of its terms.
const NOISE: f64 = 1e-14;

/// Fraction of its starting rate below which a bin without observed events counts as drained.
const DRAINED: f64 = 1e-9;

/// Distance to a bound, relative to the distance between the bounds, that counts as 0.
const CLOSE: f64 = 1e-13;

struct State<'e> {
    data: &'e [f64],
    held: Vec<bool>,
    /// Parameters that the model fixes at their initial values.
    kept: Vec<usize>,
    /// Parameters with a kink at 0, and those of them that stay at it.
    kinked: Vec<usize>,
    at_kinks: Vec<usize>,
    limits: Vec<(f64, f64)>,
    starting_rates: Vec<f64>,
    curvature_rates: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    constraint: Vec<f64>,
    evaluations: usize,
}

/// The point at which a fit is.
fn here<'e, 'm>(evaluator: &'e mut Evaluator<'m>) -> At<'e, 'm> {
    evaluator.point().expect("a fit begins at a point, and each step ends at one")
}

impl State<'_> {
    /// Bounds, and kinks that steps must not cross.
    fn bounds(&self) -> &[(f64, f64)] {
        &self.limits
    }

    /// Parameters that no bound or kink constrains against the gradient.
    fn free(&self, at: Linearised) -> Vec<usize> {
        let theta = at.parameters();
        let is_free = |&p: &usize| {
            let ((lower, upper), slope) = (self.bounds()[p], self.gradient[p]);
            !(self.held[p] || theta[p] <= lower && slope > 0.0 || theta[p] >= upper && slope < 0.0)
        };
        (0..theta.len()).filter(is_free).collect()
    }

    /// Whether a bin without events lost nearly all of its rate, and free parameters change that
    /// rate.
    fn has_drained_bin(&self, at: Linearised, free: &[usize]) -> bool {
        let rates = at.rates().iter().zip(&self.starting_rates).zip(self.data).enumerate();
        let mut drained = rates
            .filter(|(_, ((rate, start), count))| **count == 0.0 && **rate < DRAINED * **start);
        let is_moved = |(p, d): (usize, f64)| d != 0.0 && free.binary_search(&p).is_ok();
        drained.any(|(bin, _)| at.of_bin(bin).any(is_moved))
    }

    fn ingredients<'a>(&'a self, at: Linearised<'a, 'a>) -> Ingredients<'a> {
        Ingredients::at(at, &self.curvature_rates, &self.constraint)
    }

    fn refresh<'e, 'm>(&mut self, evaluator: &'e mut Evaluator<'m>) -> Linearised<'e, 'm> {
        self.limits.clear();
        self.limits.extend_from_slice(evaluator.model().suggested_bounds());
        if !self.kinked.is_empty() {
            let Self { data, kinked, limits, .. } = self;
            let settled = kinks::settle(evaluator, data, kinked, limits);
            self.at_kinks = settled.expect("both sides of a kink have one likelihood");
        }
        let at = here(evaluator).linearise();
        at.gradient(self.data, &mut self.gradient);
        at.constraint_information(&mut self.constraint);
        self.curvature_rates = curvature_rates(at.rates(), self.data);
        at
    }

    /// The parameters of a list that a step would carry over a bound, each with its step to there.
    fn crossed(&self, theta: &[f64], list: &[usize], direction: &[f64]) -> Vec<(usize, f64)> {
        let crossing = |&p: &usize| {
            let (lower, upper) = self.bounds()[p];
            let target = theta[p] + direction[p];
            if target < lower {
                Some((p, lower - theta[p]))
            } else if target > upper {
                Some((p, upper - theta[p]))
            } else {
                None
            }
        };
        list.iter().filter_map(crossing).collect()
    }

    /// Stops parameters at the bounds they would cross, and solves for the rest, until none
    /// crosses; `None` where none does at first, or there is no solution.
    fn respect_bounds(
        &self,
        at: Linearised,
        solver: &Solver,
        curved: &mut Curved,
        free: &[usize],
        newton: &[f64],
    ) -> Option<Vec<f64>> {
        let theta = at.parameters();
        let mut crossed = self.crossed(theta, free, newton);
        if crossed.is_empty() {
            return None;
        }
        let (mut inner, mut direction) = (free.to_vec(), newton.to_vec());
        while !crossed.is_empty() {
            inner.retain(|p| crossed.iter().all(|(crossed, _)| crossed != p));
            inner.iter().for_each(|&p| direction[p] = 0.0);
            crossed.iter().for_each(|&(p, step)| direction[p] = step);
            if inner.is_empty() {
                break;
            }
            let downhill: Vec<f64> = self.gradient.iter().map(|g| -g).collect();
            let (ingredients, x) = (self.ingredients(at), &direction);
            let hessian = || matrix(&curved.hessian(at, self.data));
            let rest = solver.solve_rest(ingredients, hessian, &inner, x, &downhill)?;
            inner.iter().for_each(|&p| direction[p] = rest[p]);
            crossed = self.crossed(theta, &inner, &direction);
        }
        Some(direction)
    }

    /// The scaled gradient, truncated at the bounds: downhill in every component, whatever the
    /// curvature.
    fn downhill(&self, at: Linearised, free: &[usize]) -> Vec<f64> {
        let curvature = self.ingredients(at).diagonal();
        let n = self.gradient.len();
        let (theta, mut direction) = (at.parameters(), vec![0.0; n]);
        for &p in free.iter().filter(|p| curvature[**p] > 0.0) {
            let (lower, upper) = self.bounds()[p];
            let target = theta[p] - self.gradient[p] / curvature[p];
            direction[p] = target.clamp(lower, upper) - theta[p];
        }
        direction
    }

    /// Size of the terms that cancel in -ln L and determine its rounding error.
    fn magnitude(&self, at: &At) -> f64 {
        let term = |(count, rate): (f64, f64)| {
            let logarithms = rate.max(1e-300).ln().abs() + count.max(1.0).ln();
            (rate - count).abs() * (1.0 + logarithms) + rate.min(count).sqrt()
        };
        let terms = at.poisson_terms(self.data);
        self.value.abs().max(1.0) + terms.map(term).sum::<f64>()
    }

    /// Moves along the direction, projected onto the bounds; false where no part of it lowers -ln
    /// L.
    fn search(&mut self, evaluator: &mut Evaluator, direction: &[f64], halvings: usize) -> bool {
        let slope = dot(&self.gradient, direction);
        if slope >= 0.0 {
            return false;
        }
        let at = here(evaluator);
        let start = at.parameters().to_vec();
        // Close to the minimum, differences of -ln L are rounding errors, and the decrement
        // decides.
        let rounding = NOISE * self.magnitude(&at);
        let noise = if -slope < 1e6 * rounding { rounding } else { 0.0 };
        let mut fraction = 1.0;
        for _ in 0..=halvings {
            let along = start.iter().zip(direction).zip(self.bounds());
            let step = |((&x, &d), &bounds): ((&f64, &f64), &(f64, f64))| {
                if d == 0.0 { x } else { step_within(bounds, x, fraction * d) }
            };
            let trial: Vec<f64> = along.map(step).collect();
            self.evaluations += 1;
            let at = evaluator.set_point(&trial);
            let value = at.and_then(|at| at.negative_log_likelihood(self.data));
            if let Ok(value) = value
                && value <= self.value + SUFFICIENT * fraction * slope + noise
            {
                self.value = value;
                return true;
            }
            fraction *= 0.5;
        }
        evaluator.set_point(&start).expect("the fit stood there before");
        false
    }

    /// The Newton direction over the free parameters, truncated where the Hessian is not
    /// factorised; 0 for the others. `scaled` is the solver's solution for the gradient.
    fn newton(
        &self,
        at: Linearised,
        solver: &Solver,
        curved: &mut Curved,
        free: &[usize],
        mut scaled: Vec<f64>,
        (decrement, tolerance): (f64, f64),
    ) -> Vec<f64> {
        scaled.iter_mut().for_each(|scaled| *scaled = -*scaled);
        if let Solver::Exact(_) = solver {
            return scaled;
        }
        let b: Vec<f64> = self.gradient.iter().map(|g| -g).collect();
        // The tolerance tightens towards the minimum, but no further than needed to reach it.
        let arrive = 0.8 * (tolerance / decrement).sqrt();
        let residual = decrement.sqrt().min(LOOSEST).max(arrive);
        let limits = Limits { residual, products: MOST_PRODUCTS };
        let solution = solver.solve_exactly(&mut curved.hessian(at, self.data), free, &b, limits);
        if solution.x.iter().all(|x| *x == 0.0) { scaled } else { solution.x }
    }

    /// Descends from the point at which the evaluator is.
    fn descend(
        &mut self,
        evaluator: &mut Evaluator,
        curved: &mut Curved,
        options: &FitOptions,
    ) -> Result<(FitReport, Solver), FitError> {
        let mut last: Option<(Vec<usize>, ArrowFactor)> = None;
        for steps in 0.. {
            let at = self.refresh(evaluator);
            let free = self.free(at);
            // Where -ln L is huge, its rounding error exceeds the tolerance.
            let rounding = (ROUNDING * self.value.abs()).min(MOST_ROUNDING);
            let tolerance = options.tolerance.max(rounding);
            let mut spare = None;
            if let Some((of, factor)) = last.take() {
                // Close to the minimum the Hessian hardly changes any more.
                let decrement = dot(&self.gradient, &factor.solve(&self.gradient));
                if of == free && (0.0..=SURELY * tolerance).contains(&decrement) {
                    let report = self.report(at, FitStatus::Converged, steps, decrement, free);
                    return Ok((report, Solver::Exact(factor)));
                }
                spare = Some(factor);
            }
            let matrix = || matrix_reusing(&curved.hessian(at, self.data), spare.take());
            let solver = Solver::new(self.ingredients(at), &free, matrix);
            let solver = solver.ok_or(FitError::Information)?;
            let scaled = solver.solve(&self.gradient);
            let decrement = dot(&self.gradient, &scaled);
            if !decrement.is_finite() {
                return Err(FitError::Information);
            }
            // Overflow can make the decrement negative, which is not a minimum.
            let end = if decrement.abs() <= tolerance {
                Some(if solver.is_singular() {
                    FitStatus::Degenerate
                } else {
                    FitStatus::Converged
                })
            } else if self.has_drained_bin(at, &free) {
                Some(FitStatus::EmptyBin)
            } else {
                (steps == options.max_steps).then_some(FitStatus::StepLimit)
            };
            if let Some(status) = end {
                return Ok((self.report(at, status, steps, decrement, free), solver));
            }
            let distance = (decrement, tolerance);
            let newton = self.newton(at, &solver, curved, &free, scaled, distance);
            let bounded = self.respect_bounds(at, &solver, curved, &free, &newton);
            let moved = bounded
                .is_some_and(|bounded| self.search(evaluator, &bounded, FEW_HALVINGS))
                || self.search(evaluator, &newton, options.max_halvings)
                || {
                    let at = self.refresh(evaluator);
                    let downhill = self.downhill(at, &free);
                    self.search(evaluator, &downhill, options.max_halvings)
                };
            if !moved {
                let at = self.refresh(evaluator);
                let report = self.report(at, FitStatus::Stalled, steps, decrement, free);
                return Ok((report, solver));
            }
            last = solver.into_factor().map(|factor| (free, factor));
        }
        unreachable!("the step limit ends the loop")
    }

    fn report(
        &self,
        at: Linearised,
        status: FitStatus,
        steps: usize,
        decrement: f64,
        free: Vec<usize>,
    ) -> FitReport {
        let theta = at.parameters();
        let bounds = at.model().suggested_bounds();
        let at_bound = |&p: &usize| {
            let (lower, upper) = bounds[p];
            !self.held[p]
                && free.binary_search(&p).is_err()
                && (theta[p] <= lower || theta[p] >= upper)
        };
        FitReport {
            status,
            steps,
            evaluations: self.evaluations,
            twice_nll: 2.0 * self.value,
            decrement,
            parameters: theta.to_vec(),
            at_bounds: (0..theta.len()).filter(at_bound).collect(),
            at_kinks: self.at_kinks.clone(),
            kept: self.kept.clone(),
            free,
            other_minimum: None,
        }
    }
}

/// `x + step` within the bounds, and exactly at a bound that it comes very close to, because short
/// steps towards a bound would otherwise halve the distance forever.
fn step_within((lower, upper): (f64, f64), x: f64, step: f64) -> f64 {
    let (target, close) = (x + step, CLOSE * (upper - lower));
    if step < 0.0 && target < lower + close {
        lower
    } else if step > 0.0 && target > upper - close {
        upper
    } else {
        target.clamp(lower, upper)
    }
}

/// The starting point, clipped to the bounds, with held parameters at their values.
pub(super) fn start(
    evaluator: &Evaluator,
    initial: &[f64],
    hold: &[(usize, f64)],
) -> Result<(Vec<f64>, Vec<bool>), FitError> {
    let model = evaluator.model();
    model.check_parameters(initial)?;
    let pairs = initial.iter().zip(model.suggested_bounds());
    let mut theta: Vec<f64> = pairs.map(|(x, (lower, upper))| x.clamp(*lower, *upper)).collect();
    let mut held = model.suggested_fixed().to_vec();
    for &(p, value) in hold {
        if p >= theta.len() {
            return Err(FitError::UnknownParameter { index: p, parameters: theta.len() });
        }
        theta[p] = value;
        held[p] = true;
    }
    Ok((theta, held))
}

/// Minimises -ln L of `data` from `initial`, with the parameters in `hold` fixed at the given
/// values.
///
/// Parameters that the model fixes stay at their `initial` values. A value in `hold` may lie
/// outside the parameter's bounds, as long as the rates are defined there. The evaluator is left at
/// the point of the report.
///
/// # Errors
/// [`FitError`] where the fit cannot begin; how it ends is the report's `status`.
pub fn minimise(
    evaluator: &mut Evaluator,
    data: &[f64],
    initial: &[f64],
    hold: &[(usize, f64)],
    options: &FitOptions,
) -> Result<FitReport, FitError> {
    Ok(descend(evaluator, data, initial, hold, options)?.report)
}

/// Where a descent ended, with the matrix that stood for the Hessian there.
#[derive(Debug)]
pub(super) struct Minimum {
    pub(super) report: FitReport,
    pub(super) solver: Solver,
    /// Weights of the rates' outer products in that matrix.
    pub(super) weights: Vec<f64>,
}

/// As [`minimise`].
pub(super) fn descend(
    evaluator: &mut Evaluator,
    data: &[f64],
    initial: &[f64],
    hold: &[(usize, f64)],
    options: &FitOptions,
) -> Result<Minimum, FitError> {
    evaluator.model().check_data(data)?;
    let (theta, held) = start(evaluator, initial, hold)?;
    let n = theta.len();
    let at = evaluator.set_point(&theta)?;
    let value = at.negative_log_likelihood(data)?;
    let starting_rates = at.rates().to_vec();
    let is_kept = |p: &usize| held[*p] && hold.iter().all(|(held, _)| held != p);
    let mut state = State {
        kinked: kinks::kinked(evaluator.model()).into_iter().filter(|&p| !held[p]).collect(),
        at_kinks: Vec::new(),
        limits: Vec::new(),
        kept: (0..n).filter(is_kept).collect(),
        starting_rates,
        curvature_rates: Vec::new(),
        data,
        held,
        value,
        gradient: vec![0.0; n],
        constraint: vec![0.0; n],
        evaluations: 1,
    };
    let mut curved = evaluator.take_curved();
    let ended = state.descend(evaluator, &mut curved, options);
    evaluator.keep_curved(curved);
    let (report, solver) = ended?;
    let weights = state.curvature_rates.iter().map(|rate| 1.0 / rate).collect();
    Ok(Minimum { report, solver, weights })
}
