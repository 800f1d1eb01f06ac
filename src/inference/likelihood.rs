//! Derivatives of the likelihood's density and of fits.
//!
//! Enters: a model, data, a point or a fit. Leaves: derivatives with respect to parameters, data
//! and all inputs of the model. At a minimum -2 ln L costs one reverse sweep (envelope theorem);
//! fitted parameters follow by the implicit function theorem ([`fit`](crate::fit)). Source: A.
//! Griewank, A. Walther, Evaluating Derivatives, 2nd ed., section 15.

use super::error::InferenceError;
use super::gradient::{add_minimum, refuse_infinite, take};
use crate::fit::{AdjointError, FitReport, pull_back};
use crate::histfactory::{DomainError, Evaluator, Model, ModelAdjoint};

/// ln of the likelihood's density at a point, with its derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct LogDensityGradient {
    /// ln of the density, fully normalised.
    pub value: f64,
    /// With respect to the parameters.
    pub by_parameters: Vec<f64>,
    /// With respect to the data and all inputs of the model, at fixed parameters.
    pub adjoint: ModelAdjoint,
}

/// [`Model::logpdf`] with its derivatives.
///
/// The derivative with respect to an observed count of 0 is the one from above; it is minus
/// infinity where nothing is expected either.
///
/// # Errors
/// As [`Model::logpdf`].
pub fn log_density_gradient(
    parameters: &[f64],
    data: &[f64],
    model: &Model,
) -> Result<LogDensityGradient, DomainError> {
    model.check_data(data)?;
    let mut evaluator = Evaluator::new(model);
    let at = evaluator.set_point(parameters)?;
    let value = -at.negative_log_likelihood(data)?;
    let mut adjoint = model.zero_adjoint();
    at.linearise().add_partials(data, -1.0, &mut adjoint);
    for (by_count, weight) in adjoint.data.iter_mut().zip(&mut adjoint.infinite) {
        if std::mem::take(weight) != 0.0 {
            *by_count = f64::NEG_INFINITY;
        }
    }
    Ok(LogDensityGradient { value, by_parameters: take(&mut adjoint.parameters), adjoint })
}

/// The derivative of `by_twice_nll` times a fit's -2 ln L plus `sum_p by_parameters_p theta_p` of
/// its fitted parameters, with respect to the data and all inputs of the model.
///
/// `data` are the data of the fit; `by_parameters` has one number per parameter. The results do not
/// include the dependence on the value at which the caller fixed a parameter, since that value is
/// not part of the workspace.
///
/// # Errors
/// [`InferenceError::Adjoint`] where the fit has not converged or is not determined, or a
/// derivative is infinite; [`InferenceError::Domain`] where a length is wrong.
pub fn fit_gradient(
    data: &[f64],
    model: &Model,
    report: &FitReport,
    by_parameters: &[f64],
    by_twice_nll: f64,
) -> Result<ModelAdjoint, InferenceError> {
    model.check_data(data)?;
    model.check_parameters(by_parameters)?;
    if !report.status.is_minimum() {
        return Err(AdjointError::NotConverged { status: report.status.name() }.into());
    }
    let (mut evaluator, mut out) = (Evaluator::new(model), model.zero_adjoint());
    if by_twice_nll != 0.0 {
        add_minimum(&mut evaluator, data, report, 2.0 * by_twice_nll, &mut out)?;
        refuse_infinite(model, &mut out)?;
    }
    if by_parameters.iter().any(|seed| *seed != 0.0) {
        pull_back(&mut evaluator, data, report, by_parameters, &mut out)?;
    }
    if out.is_finite() { Ok(out) } else { Err(AdjointError::NotFinite.into()) }
}
