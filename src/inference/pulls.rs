//! Pulls of a fit's constrained parameters, and how much the data constrain them.
//!
//! Enters: a fit. Leaves, for each constrained parameter that the fit moved,
//! `pull = (fitted - measured) / width` and `constraint = sigma / width`, where `measured` and
//! `width` are those of the parameter's own auxiliary measurement (`1 / sqrt(tau)` for a Poisson
//! one, pyhf's convention), and `sigma` comes from the inverse of the expected information at the
//! fitted point ([`AsimovInformation`](super::AsimovInformation)). The covariance from the exact
//! Hessian on the fit's own data is different: the two agree as far as the data agree with the
//! fitted rates. Source: arXiv:1007.1727, section 2; pyhf 0.7, `paramset.width`.

use super::error::InferenceError;
use super::information::matrix;
use crate::fit::FitReport;
use crate::histfactory::{ConstraintKind, Evaluator, Model};

/// A fitted parameter beside its own auxiliary measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Pull {
    /// The parameter's name.
    pub name: String,
    /// Its index among the parameters.
    pub parameter: usize,
    /// Fitted value less the measured one, in widths of the measurement.
    pub pull: f64,
    /// Uncertainty after the fit, in widths of the measurement: 1 where the data say nothing about
    /// it.
    pub constraint: f64,
}

/// A parameter's own measurement, in its unit, and its width, from the auxiliary datum and the
/// constraint's width (Normal) or `tau` (Poisson).
pub(super) fn auxiliary_measurement(kind: ConstraintKind, width: f64, datum: f64) -> (f64, f64) {
    let centre = match kind {
        ConstraintKind::Normal => datum,
        ConstraintKind::Poisson => datum / width,
    };
    (centre, auxiliary_width(kind, width).0)
}

/// The width of a parameter's own measurement, from a constraint's width (Normal) or `tau`
/// (Poisson), and its derivative with respect to that number.
pub(super) fn auxiliary_width(kind: ConstraintKind, width: f64) -> (f64, f64) {
    match kind {
        ConstraintKind::Normal => (width, 1.0),
        ConstraintKind::Poisson => (1.0 / width.sqrt(), -0.5 / (width * width.sqrt())),
    }
}

/// Pulls of the constrained parameters that a fit moved, in the model's order.
///
/// Parameters that were held fixed, by the fit or by the measurement, have none and count as known;
/// those at a bound count as free.
///
/// The auxiliary data are the model's own, so a fit to others has other pulls.
///
/// # Errors
/// [`InferenceError::NotAMinimum`] where the fit has not converged; otherwise as
/// [`AsimovInformation::new`](super::AsimovInformation::new).
pub fn pulls(model: &Model, fit: &FitReport) -> Result<Vec<Pull>, InferenceError> {
    if !fit.status.is_minimum() {
        return Err(InferenceError::NotAMinimum { status: fit.status.name() });
    }
    let mut moved = [fit.free.as_slice(), &fit.at_bounds, &fit.at_kinks].concat();
    moved.sort_unstable();
    moved.dedup();
    let linearised = Evaluator::new(model).linearised_at(&fit.parameters)?;
    let (information, _) = matrix(linearised.view(), &moved)?;
    let information = information.factor(&moved).map_err(|p| InferenceError::NotDetermined {
        parameter: model.parameter_names()[p].clone(),
    })?;
    let measured = model.auxiliary_data().iter();
    let constraints = model.constraints().zip(measured);
    let pull = |((parameter, kind, width, _), measured): ((usize, _, f64, _), &f64)| {
        moved.binary_search(&parameter).ok()?;
        let sigma = information.inverse_form(&[(parameter, 1.0)]).sqrt();
        let (measured, width) = auxiliary_measurement(kind, width, *measured);
        Some(Pull {
            name: model.parameter_names()[parameter].clone(),
            parameter,
            pull: (fit.parameters[parameter] - measured) / width,
            constraint: sigma / width,
        })
    };
    Ok(constraints.filter_map(pull).collect())
}
