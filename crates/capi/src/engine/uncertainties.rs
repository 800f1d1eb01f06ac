//! Uncertainties of fits: covariance, profile intervals, and the gradient of an uncertainty.

use super::super::status::{Error, Status, guard};
use super::super::views::{Arguments, ConstView, View};
use super::fit::{FitResult, FitSettings, fit, give};
use super::handles::{self, ModelHandle};
use super::limits::{Limit, LimitOutcome, check_search};
use super::model::at;
use super::{Data, Gradient};
use diffhep::fit::Covariance;
use diffhep::histfactory::Model;
use diffhep::inference::{
    CovarianceGradients, HeldFitError, InferenceError, IntervalError, IntervalOptions,
    profile_interval,
};

/// The fit of all free parameters, or of all except the parameter of interest, with the covariance
/// of its parameters: the inverse of the exact second derivatives of -ln L.
///
/// `data`, `held_poi`, `settings`, `parameters` and `result` are those of `diffhep_model_fit`; the
/// outputs are written as there, also where only the covariance does not exist. `covariance`:
/// parameters x parameters, one row after the other, in the parameters' units. Rows and columns of
/// parameters that did not move (fixed, held, at a bound, at a kink of their interpolation) are 0:
/// they count as known. Source: F. James, Statistical Methods in Experimental Physics, 2nd ed.,
/// section 9.1.2.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_covariance(
    model: ModelHandle,
    data: ConstView,
    held_poi: *const f64,
    settings: *const FitSettings,
    covariance: View,
    parameters: View,
    result: *mut FitResult,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_covariance", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let held_poi = arguments.optional_number("held_poi", held_poi)?;
        let settings = arguments.settings("settings", settings)?;
        let n = loaded.model.n_parameters();
        let out = arguments.output("covariance", covariance, n * n, "parameters x parameters")?;
        let parameters =
            arguments.optional_output("parameters", parameters, n, "one a parameter")?;
        let result = arguments.optional_result("result", result)?;
        let report = fit(&loaded, &data, held_poi, &settings)?;
        give(&report, parameters, result)?;
        let found = Covariance::new(&loaded.model, data.numbers, &report);
        let found = found.map_err(InferenceError::from)?;
        out.fill(0.0);
        let (matrix, free) = (found.matrix(), found.free());
        for (i, &p) in free.iter().enumerate() {
            free.iter().enumerate().for_each(|(j, &q)| out[p * n + q] = matrix[(i, j)]);
        }
        Ok(())
    })
}

fn check_parameter(model: &Model, parameter: usize) -> Result<(), Error> {
    at("parameters", model.parameter_names(), parameter).map(|_| ())
}

/// The uncertainty of one fitted parameter, from the covariance, with its gradient into each output
/// that is given.
///
/// `data`, `held_poi` and `settings` are those of `diffhep_model_fit`; `parameter` is an index,
/// `sigma` in the parameter's unit. `by_data`: one per datum; `by_inputs`: one per input of the
/// workspace, where observed and auxiliary data count only if `data` is left out. Where only the
/// gradient fails, `sigma` is still written. A parameter that did not move has no uncertainty
/// (`DIFFHEP_STATUS_NO_RESULT`). Source: third derivatives of -ln L, and the implicit function
/// theorem.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_sigma_gradient(
    model: ModelHandle,
    data: ConstView,
    held_poi: *const f64,
    settings: *const FitSettings,
    parameter: usize,
    sigma: *mut f64,
    by_data: View,
    by_inputs: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_sigma_gradient", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let held_poi = arguments.optional_number("held_poi", held_poi)?;
        let settings = arguments.settings("settings", settings)?;
        let sigma = arguments.result("sigma", sigma)?;
        let gradient = Gradient::places(&mut arguments, by_data, by_inputs, &loaded)?;
        gradient.refuse_none()?;
        check_parameter(&loaded.model, parameter)?;
        let report = fit(&loaded, &data, held_poi, &settings)?;
        give(&report, None, None)?;
        let mut gradients = CovarianceGradients::new(&loaded.model, data.numbers, &report)?;
        if let Some(found) = gradients.covariance().sigma(parameter) {
            *sigma = found;
        }
        gradient.write(&loaded, &data, gradients.sigma(parameter)?);
        Ok(())
    })
}

/// How profile intervals are searched for; `diffhep_default_interval_settings` writes the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntervalSettings {
    /// Confidence level, between 0 and 1.
    pub level: f64,
    /// Largest last step of the search, relative to the distance from the fitted value; not
    /// negative.
    pub tolerance: f64,
    /// Largest number of fits per side.
    pub max_fits: usize,
    /// Settings of each fit.
    pub fit: FitSettings,
}

impl Default for IntervalSettings {
    fn default() -> Self {
        let IntervalOptions { level, tolerance, max_fits, .. } = IntervalOptions::default();
        Self { level, tolerance, max_fits, fit: FitSettings::default() }
    }
}

impl IntervalSettings {
    fn options(&self) -> Result<IntervalOptions, Error> {
        let Self { level, tolerance, max_fits, fit } = *self;
        check_search(level, tolerance)?;
        Ok(IntervalOptions { level, tolerance, max_fits, fit: fit.options()? })
    }
}

/// A parameter's interval.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntervalResult {
    /// Its fitted value.
    pub fitted: f64,
    /// The lower end.
    pub lower: Limit,
    /// The upper end.
    pub upper: Limit,
}

impl From<&Result<f64, IntervalError>> for Limit {
    fn from(end: &Result<f64, IntervalError>) -> Self {
        let error = match end {
            Ok(value) => return Self::found(*value),
            Err(error) => error,
        };
        Self::missing(match error {
            IntervalError::NotReached { .. } | IntervalError::TooManyFits { .. } => {
                LimitOutcome::NotReached
            }
            IntervalError::LowerMinimum { .. } => LimitOutcome::LowerMinimum,
            IntervalError::Fit(HeldFitError::NotConverged { .. }) => LimitOutcome::NotConverged,
            IntervalError::Fixed { .. } => LimitOutcome::Fixed,
            _ => LimitOutcome::NoResult,
        })
    }
}

/// Writes the settings that NULL stands for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_default_interval_settings(
    settings: *mut IntervalSettings,
) -> Status {
    // SAFETY: the caller owns all memory written, by the module's contract.
    guard("diffhep_default_interval_settings", || unsafe {
        *Arguments::default().result("settings", settings)? = IntervalSettings::default();
        Ok(())
    })
}

/// The interval of a parameter (an index) from the profile likelihood, as MINOS gives it: where -2
/// ln L, with all others refitted, has risen by the chi squared of the confidence level, 1 for one
/// standard deviation.
///
/// `data`: one per datum; left out for the workspace's. `settings` may be NULL. Each end says how
/// its search ended. The status `DIFFHEP_STATUS_NOT_CONVERGED` means that the fit of all parameters
/// has no minimum. Source: F. James, M. Roos, Comput. Phys. Commun. 10 (1975) 343.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_profile_interval(
    model: ModelHandle,
    data: ConstView,
    parameter: usize,
    settings: *const IntervalSettings,
    result: *mut IntervalResult,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_profile_interval", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let settings = arguments.settings("settings", settings)?;
        let result = arguments.result("result", result)?;
        check_parameter(&loaded.model, parameter)?;
        let options = settings.options()?;
        let report = fit(&loaded, &data, None, &settings.fit)?;
        give(&report, None, None)?;
        let (model, data) = (&loaded.model, data.numbers);
        // The covariance only says where to begin, so a failure is ignored.
        let covariance = Covariance::new(model, data, &report).ok();
        let covariance = covariance.as_ref();
        let found = profile_interval(model, data, &report, covariance, parameter, &options)?;
        *result = IntervalResult {
            fitted: found.fitted,
            lower: Limit::from(&found.lower),
            upper: Limit::from(&found.upper),
        };
        Ok(())
    })
}
