//! Fits with some parameters held fixed, from warm starts: the basis of intervals, scans, limits
//! and impacts.
//!
//! Source: arXiv:1007.1727, section 2.1, for the profile likelihood; the derivative of a minimum
//! with respect to a fixed value is the partial one (envelope theorem).

use super::error::InferenceError;
use crate::fit::{FitError, FitOptions, FitReport, FitStatus, lowest_minimum};
use crate::histfactory::Evaluator;

/// A fit with a fixed parameter that gave no minimum.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HeldFitError {
    /// The fit did not converge.
    #[error("the fit with {parameter} held at {value} ended as '{status}'")]
    NotConverged {
        /// The parameter.
        parameter: String,
        /// The value at which it was fixed.
        value: f64,
        /// How the fit ended.
        status: &'static str,
    },
    /// The fit cannot begin.
    #[error("with {parameter} held at {value}: {cause}")]
    Fit {
        /// The parameter.
        parameter: String,
        /// The value at which it was fixed.
        value: f64,
        /// Why.
        cause: FitError,
    },
}

/// A fit from a warm start, or from the initial values where the likelihood is not defined at that
/// start or the fit stalls.
pub(super) fn held_fit(
    e: &mut Evaluator,
    data: &[f64],
    warm: &[f64],
    hold: &[(usize, f64)],
    options: &FitOptions,
) -> Result<FitReport, FitError> {
    let found = lowest_minimum(e, data, warm, hold, options);
    if found.as_ref().is_ok_and(|report| report.status != FitStatus::Stalled) {
        return found;
    }
    let initial = e.model().suggested_init();
    lowest_minimum(e, data, initial, hold, options).or(found)
}

/// As [`held_fit`] with one fixed parameter, but an error unless it ends at a minimum.
pub(super) fn held_minimum(
    e: &mut Evaluator,
    data: &[f64],
    warm: &[f64],
    (place, value): (usize, f64),
    options: &FitOptions,
) -> Result<FitReport, HeldFitError> {
    let fit = held_fit(e, data, warm, &[(place, value)], options);
    let parameter = || e.model().parameter_names()[place].clone();
    match fit {
        Err(cause) => Err(HeldFitError::Fit { parameter: parameter(), value, cause }),
        Ok(report) if report.status.is_minimum() => Ok(report),
        Ok(report) => {
            let status = report.status.name();
            Err(HeldFitError::NotConverged { parameter: parameter(), value, status })
        }
    }
}

/// The derivative of a fit's -2 ln L with respect to the value at which a parameter is fixed.
pub(super) fn by_held(
    e: &mut Evaluator,
    data: &[f64],
    fit: &FitReport,
    parameter: usize,
) -> Result<f64, InferenceError> {
    let mut gradient = vec![0.0; fit.parameters.len()];
    e.set_point(&fit.parameters)?.linearise().gradient(data, &mut gradient);
    Ok(2.0 * gradient[parameter])
}
