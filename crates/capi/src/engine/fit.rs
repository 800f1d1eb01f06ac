//! Maximum-likelihood fits.

use super::super::status::{Error, Status, guard};
use super::super::views::{Arguments, ConstView, View, check_finite, check_values};
use super::handles::{self, Loaded, ModelHandle};
use super::{Data, Gradient};
use diffhep::fit::{FitOptions, FitReport, FitStatus, lowest_minimum};
use diffhep::histfactory::Evaluator;
use diffhep::inference::fit_gradient;

/// How a fit is carried out; `diffhep_default_fit_settings` writes the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitSettings {
    /// Largest decrement (gradient, inverse information, gradient) of a converged fit; not
    /// negative.
    pub tolerance: f64,
    /// Largest number of steps.
    pub max_steps: usize,
    /// Largest number of halvings of a step.
    pub max_halvings: usize,
}

impl Default for FitSettings {
    fn default() -> Self {
        let FitOptions { tolerance, max_steps, max_halvings } = FitOptions::default();
        Self { tolerance, max_steps, max_halvings }
    }
}

impl FitSettings {
    pub(super) fn options(&self) -> Result<FitOptions, Error> {
        let need = "it must be finite and not negative";
        check_values("tolerance", &[self.tolerance], need, |t| t >= 0.0 && t.is_finite())?;
        let Self { tolerance, max_steps, max_halvings } = *self;
        Ok(FitOptions { tolerance, max_steps, max_halvings })
    }
}

/// How a fit ended.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitEnd {
    /// At a minimum, within the tolerance.
    Converged = 0,
    /// At a minimum as far as the parameters are determined: some direction carries no information.
    Degenerate = 1,
    /// The steps ran out.
    StepLimit = 2,
    /// No smaller step lowered -ln L any more.
    Stalled = 3,
    /// A bin without observed events lost all expected ones, so the minimum has no derivative.
    EmptyBin = 4,
}

impl From<FitStatus> for FitEnd {
    fn from(status: FitStatus) -> Self {
        match status {
            FitStatus::Converged => Self::Converged,
            FitStatus::Degenerate => Self::Degenerate,
            FitStatus::StepLimit => Self::StepLimit,
            FitStatus::Stalled => Self::Stalled,
            FitStatus::EmptyBin => Self::EmptyBin,
        }
    }
}

/// The result of a fit, apart from its parameters.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitResult {
    /// -2 ln L at the end.
    pub twice_nll: f64,
    /// Decrement at the end.
    pub decrement: f64,
    /// Newton steps taken.
    pub steps: usize,
    /// A `diffhep_fit_end`.
    pub end: i32,
}

/// Writes the settings that NULL stands for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_default_fit_settings(settings: *mut FitSettings) -> Status {
    // SAFETY: the caller owns all memory written, by the module's contract.
    guard("diffhep_default_fit_settings", || unsafe {
        *Arguments::default().result("settings", settings)? = FitSettings::default();
        Ok(())
    })
}

/// A fit of all parameters, or of all except the parameter of interest.
pub(super) fn fit(
    loaded: &Loaded,
    data: &Data,
    held_poi: Option<f64>,
    settings: &FitSettings,
) -> Result<FitReport, Error> {
    if let Some(poi) = held_poi {
        check_finite("held_poi", &[poi])?;
    }
    let model = &loaded.model;
    let hold: Vec<_> = held_poi.map(|poi| (model.poi_index(), poi)).into_iter().collect();
    let (mut evaluator, initial) = (Evaluator::new(model), model.suggested_init());
    Ok(lowest_minimum(&mut evaluator, data.numbers, initial, &hold, &settings.options()?)?)
}

/// Writes a fit's outputs; returns an error where it is not at a minimum.
pub(super) fn give(
    report: &FitReport,
    parameters: Option<&mut [f64]>,
    result: Option<&mut FitResult>,
) -> Result<(), Error> {
    if let Some(out) = parameters {
        out.copy_from_slice(&report.parameters);
    }
    if let Some(result) = result {
        *result = FitResult {
            twice_nll: report.twice_nll,
            decrement: report.decrement,
            steps: report.steps,
            end: FitEnd::from(report.status) as i32,
        };
    }
    if report.status.is_minimum() {
        return Ok(());
    }
    Err(Error::NotConverged { fit: "likelihood", status: report.status.name() })
}

/// Maximum-likelihood fit, from the model's initial values.
///
/// `data`: one per datum; left out for the workspace's. `held_poi`: the value at which the
/// parameter of interest is fixed; NULL leaves it free. `settings` may be NULL. `parameters` (one
/// per parameter) and `result` may be left out, and are also written where the status is
/// `DIFFHEP_STATUS_NOT_CONVERGED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_fit(
    model: ModelHandle,
    data: ConstView,
    held_poi: *const f64,
    settings: *const FitSettings,
    parameters: View,
    result: *mut FitResult,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_fit", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let held_poi = arguments.optional_number("held_poi", held_poi)?;
        let settings = arguments.settings("settings", settings)?;
        let (n, why) = (loaded.model.n_parameters(), "one a parameter");
        let parameters = arguments.optional_output("parameters", parameters, n, why)?;
        let result = arguments.optional_result("result", result)?;
        give(&fit(&loaded, &data, held_poi, &settings)?, parameters, result)
    })
}

/// As `diffhep_model_fit`, with the gradient of
/// `seed_twice_nll * twice_nll + sum_p seed_parameters_p parameters_p` of the fit's results into
/// each output that is given.
///
/// `seed_parameters`: one per parameter; left out for zeros. `by_data`: one per datum; `by_inputs`:
/// one per input of the workspace, where observed and auxiliary data count only if `data` is left
/// out. The value at which the parameter of interest is fixed is not an input, so its seed has no
/// effect. Where only the gradient fails, parameters and result are still written. Source: envelope
/// and implicit function theorems.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_fit_gradient(
    model: ModelHandle,
    data: ConstView,
    held_poi: *const f64,
    settings: *const FitSettings,
    seed_parameters: ConstView,
    seed_twice_nll: f64,
    parameters: View,
    result: *mut FitResult,
    by_data: View,
    by_inputs: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_fit_gradient", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let held_poi = arguments.optional_number("held_poi", held_poi)?;
        let settings = arguments.settings("settings", settings)?;
        let seeds = arguments.optional_input("seed_parameters", seed_parameters)?;
        let (n, why) = (loaded.model.n_parameters(), "one a parameter");
        let parameters = arguments.optional_output("parameters", parameters, n, why)?;
        let result = arguments.optional_result("result", result)?;
        let gradient = Gradient::places(&mut arguments, by_data, by_inputs, &loaded)?;
        gradient.refuse_none()?;
        check_finite("seed_twice_nll", &[seed_twice_nll])?;
        check_finite("seed_parameters", seeds.unwrap_or(&[]))?;
        let zeros = vec![0.0; n];
        let report = fit(&loaded, &data, held_poi, &settings)?;
        give(&report, parameters, result)?;
        let (seeds, model) = (seeds.unwrap_or(&zeros), &loaded.model);
        let adjoint = fit_gradient(data.numbers, model, &report, seeds, seed_twice_nll)?;
        gradient.write(&loaded, &data, adjoint);
        Ok(())
    })
}
