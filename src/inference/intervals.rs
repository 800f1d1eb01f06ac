//! Confidence intervals from the profile likelihood.
//!
//! Enters: a fit with all parameters free. Leaves, for a parameter `x`, the two values at which
//! `-2 Delta ln L(x)`, with all others refitted, rises to the quantile of chi squared (one degree
//! of freedom) of the confidence level, 1 for one standard deviation: what MINOS computes. Fits
//! stay within the parameter's bounds; a side on which the rise is not reached has an error
//! instead. Source: F. James, M. Roos, Comput. Phys. Commun. 10 (1975) 343; arXiv:1007.1727,
//! section 2.

use statrs::distribution::{ContinuousCDF, Normal};

use super::crossing::{CrossingError, CrossingLimits, Curve};
use super::error::InferenceError;
use super::held::{HeldFitError, by_held, held_minimum};
use crate::fit::{Covariance, FitOptions, FitReport};
use crate::histfactory::{Evaluator, Model};

/// How intervals are searched for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntervalOptions {
    /// Confidence level, between 0 and 1; the default is that of one standard deviation, 0.6827.
    pub level: f64,
    /// Largest last step, relative to the distance from the fitted value; the step is taken, so the
    /// error is about its square. Default 1e-5.
    pub tolerance: f64,
    /// Most fits per side; default 60.
    pub max_fits: usize,
    /// Settings of each fit.
    pub fit: FitOptions,
}

/// Probability within one standard deviation of a normal distribution.
pub const ONE_SIGMA: f64 = 0.682_689_492_137_085_9;

impl Default for IntervalOptions {
    fn default() -> Self {
        Self { level: ONE_SIGMA, tolerance: 1e-5, max_fits: 60, fit: FitOptions::default() }
    }
}

/// Why an interval has no end on one side.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IntervalError {
    /// The bound of the parameter lies within the interval.
    #[error(
        "-2 Delta ln L of {parameter} rises to {reached:.4} only, at {value}, where its range ends; \
         {needed:.4} are needed: widen its bounds in the measurement"
    )]
    NotReached {
        /// The parameter.
        parameter: String,
        /// Where the range ends: its bound, or the edge of the likelihood's domain.
        value: f64,
        /// The rise there.
        reached: f64,
        /// The rise that was searched for.
        needed: f64,
    },
    /// The fit was not at the lowest minimum.
    #[error(
        "-2 ln L is lower by {fall:.2e} at {parameter} = {value} than at the fitted {fitted}: the fit \
         found a local minimum"
    )]
    LowerMinimum {
        /// The parameter.
        parameter: String,
        /// Where -2 ln L is lower.
        value: f64,
        /// The fitted value.
        fitted: f64,
        /// How much lower it is.
        fall: f64,
    },
    /// The fits ran out.
    #[error("the end of {parameter}'s interval was not found in {fits} fits; raise `max_fits`")]
    TooManyFits {
        /// The parameter.
        parameter: String,
        /// How many fits were made.
        fits: usize,
    },
    /// A fit gave no minimum.
    #[error(transparent)]
    Fit(#[from] HeldFitError),
    /// The parameter does not move.
    #[error("{parameter} is fixed by the measurement, so it has no interval")]
    Fixed {
        /// The parameter.
        parameter: String,
    },
}

/// A parameter's interval.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileInterval {
    /// The parameter's index.
    pub parameter: usize,
    /// Its fitted value.
    pub fitted: f64,
    /// The lower end.
    pub lower: Result<f64, IntervalError>,
    /// The upper end.
    pub upper: Result<f64, IntervalError>,
}

/// Smallest decrease of -2 ln L that is not rounding.
const FALL: f64 = 1e-6;

/// The rise of -2 ln L at the ends of an interval, which is a squared standard normal quantile.
pub(crate) fn rise(level: f64) -> Result<f64, InferenceError> {
    if !(level > 0.0 && level < 1.0) {
        return Err(InferenceError::Level { level });
    }
    Ok(Normal::standard().inverse_cdf(0.5 * (1.0 + level)).powi(2))
}

/// A fit with the parameter fixed: `sqrt(-2 Delta ln L)` and its slope in the distance.
struct Held {
    report: FitReport,
    height: (f64, f64),
}

struct Side<'a, 'm> {
    evaluator: &'a mut Evaluator<'m>,
    data: &'a [f64],
    free_fit: &'a FitReport,
    parameter: usize,
    /// 1 upwards, -1 downwards.
    sign: f64,
    options: &'a IntervalOptions,
}

impl Side<'_, '_> {
    fn name(&self) -> String {
        self.evaluator.model().parameter_names()[self.parameter].clone()
    }

    fn value(&self, distance: f64) -> f64 {
        self.free_fit.parameters[self.parameter] + self.sign * distance
    }

    fn fit(&mut self, distance: f64, near: Option<&Held>) -> Result<Held, IntervalError> {
        let (value, p) = (self.value(distance), self.parameter);
        let warm = near.map_or(&self.free_fit.parameters, |near| &near.report.parameters);
        let options = &self.options.fit;
        let report = held_minimum(self.evaluator, self.data, warm, (p, value), options)?;
        let rise = report.twice_nll - self.free_fit.twice_nll;
        if rise < -FALL {
            let (fitted, fall) = (self.free_fit.parameters[p], -rise);
            return Err(IntervalError::LowerMinimum {
                parameter: self.name(),
                value,
                fitted,
                fall,
            });
        }
        let slope = by_held(self.evaluator, self.data, &report, p)
            .expect("the likelihood is defined where a fit ended");
        let t = rise.max(0.0).sqrt();
        Ok(Held { height: (t, self.sign * slope / (2.0 * t)), report })
    }

    /// The end of the interval on this side; `sigma` is where the first fit is tried.
    fn end(&mut self, rise: f64, sigma: Option<f64>) -> Result<f64, IntervalError> {
        let (lower, upper) = self.evaluator.model().suggested_bounds()[self.parameter];
        let fitted = self.free_fit.parameters[self.parameter];
        let end = if self.sign > 0.0 { upper - fitted } else { fitted - lower };
        let not_reached = |side: &Self, x: f64, t: f64| IntervalError::NotReached {
            parameter: side.name(),
            value: side.value(x),
            reached: t * t,
            needed: rise,
        };
        if end <= 0.0 {
            return Err(not_reached(self, 0.0, 0.0));
        }
        let first = sigma.unwrap_or(0.05 * (upper - lower)) * rise.sqrt();
        let limits = CrossingLimits {
            tolerance: self.options.tolerance,
            evaluations: self.options.max_fits,
            end,
        };
        let mut curve = Curve::new();
        let evaluate = |x: f64, near: Option<&Held>| self.fit(x, near);
        let found = curve.cross(rise.sqrt(), first.min(end), |held| held.height, evaluate, &limits);
        match found {
            Ok(distance) => Ok(self.value(distance.min(end))),
            Err(CrossingError::Broken(error)) => Err(error),
            // The edge of the domain ends the range; other causes are reported.
            Err(CrossingError::NotReached { cause: Some(error), .. })
                if !matches!(error, IntervalError::Fit(HeldFitError::Fit { .. })) =>
            {
                Err(error)
            }
            Err(CrossingError::NotReached { x, t, .. }) => Err(not_reached(self, x, t)),
            Err(CrossingError::Evaluations) => {
                let (parameter, fits) = (self.name(), self.options.max_fits);
                Err(IntervalError::TooManyFits { parameter, fits })
            }
        }
    }
}

/// The profile interval of a parameter, around the fit of `data` with all parameters free.
///
/// `covariance`, if there is one, says where to begin.
///
/// # Errors
/// [`InferenceError`] where the level is invalid, there is no such parameter, the fit is not at a
/// minimum, or the data do not fit the model; each end of the interval has an error of its own.
pub fn profile_interval(
    model: &Model,
    data: &[f64],
    free_fit: &FitReport,
    covariance: Option<&Covariance>,
    parameter: usize,
    options: &IntervalOptions,
) -> Result<ProfileInterval, InferenceError> {
    let rise = rise(options.level)?;
    if !free_fit.status.is_minimum() {
        return Err(InferenceError::NotAMinimum { status: free_fit.status.name() });
    }
    model.check_data(data)?;
    let (index, parameters) = (parameter, model.n_parameters());
    if index >= parameters {
        return Err(InferenceError::UnknownParameter { index, parameters });
    }
    let fitted = free_fit.parameters[parameter];
    if model.suggested_fixed()[parameter] {
        let name = model.parameter_names()[parameter].clone();
        let fixed = Err(IntervalError::Fixed { parameter: name });
        return Ok(ProfileInterval { parameter, fitted, lower: fixed.clone(), upper: fixed });
    }
    let sigma = covariance.and_then(|covariance| covariance.sigma(parameter));
    let evaluator = &mut Evaluator::new(model);
    let mut side = Side { evaluator, data, free_fit, parameter, sign: -1.0, options };
    let lower = side.end(rise, sigma);
    side.sign = 1.0;
    let upper = side.end(rise, sigma);
    Ok(ProfileInterval { parameter, fitted, lower, upper })
}
