//! Upper limits on the parameter of interest.

use super::super::status::{Error, Status, guard};
use super::super::views::{Arguments, ConstView, View, check_values};
use super::handles::{self, Loaded, ModelHandle};
use super::hypothesis_tests::{TestSettings, quantity_of};
use super::{Data, Gradient};
use diffhep::inference::{AsymptoticCalculator, LimitError, LimitOptions, Quantity, UpperLimit};

/// How upper limits are searched for; `diffhep_default_limit_settings` writes the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LimitSettings {
    /// Confidence level, between 0 and 1.
    pub level: f64,
    /// Largest last step of the search, relative to the limit; not negative.
    pub tolerance: f64,
    /// Largest number of signal strengths tested for one limit.
    pub max_tests: usize,
    /// Settings of each test.
    pub test: TestSettings,
}

impl Default for LimitSettings {
    fn default() -> Self {
        let LimitOptions { level, tolerance, max_tests } = LimitOptions::default();
        Self { level, tolerance, max_tests, test: TestSettings::default() }
    }
}

/// Refuses an invalid level or an impossible last step.
pub(super) fn check_search(level: f64, tolerance: f64) -> Result<(), Error> {
    check_values("level", &[level], "it must lie between 0 and 1", |l| l > 0.0 && l < 1.0)?;
    let need = "it must be finite and not negative";
    check_values("tolerance", &[tolerance], need, |t| t >= 0.0 && t.is_finite())
}

impl LimitSettings {
    fn options(&self) -> Result<LimitOptions, Error> {
        let Self { level, tolerance, max_tests, .. } = *self;
        check_search(level, tolerance)?;
        Ok(LimitOptions { level, tolerance, max_tests })
    }
}

/// Whether a limit was found, or why not.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitOutcome {
    /// It was found.
    Found = 0,
    /// CLs stays above the target, or -2 ln L below it, as far as can be tested: up to a bound, the
    /// edge of the likelihood's domain, or until the tests ran out.
    NotReached = 1,
    /// A fit ended without a minimum.
    NotConverged = 2,
    /// A test or a fit is not defined where it was needed.
    NoResult = 3,
    /// -2 ln L is lower than at the fit, which is in a local minimum; only for intervals.
    LowerMinimum = 4,
    /// The measurement fixes the parameter; only for intervals.
    Fixed = 5,
}

/// An upper limit, or an end of an interval.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// In units of the parameter; NaN where it was not found.
    pub value: f64,
    /// A `diffhep_limit_outcome`.
    pub outcome: i32,
}

impl Limit {
    pub(super) fn found(value: f64) -> Self {
        Self { value, outcome: LimitOutcome::Found as i32 }
    }

    pub(super) fn missing(outcome: LimitOutcome) -> Self {
        Self { value: f64::NAN, outcome: outcome as i32 }
    }
}

impl From<&Result<UpperLimit, LimitError>> for Limit {
    fn from(limit: &Result<UpperLimit, LimitError>) -> Self {
        match limit {
            Ok(limit) => Self::found(limit.value),
            Err(LimitError::NotBracketed { .. } | LimitError::TooManyTests { .. }) => {
                Self::missing(LimitOutcome::NotReached)
            }
            Err(LimitError::NotConverged { .. }) => Self::missing(LimitOutcome::NotConverged),
            Err(_) => Self::missing(LimitOutcome::NoResult),
        }
    }
}

/// The observed upper limit and the band of expected ones.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LimitsResult {
    /// The observed one.
    pub observed: Limit,
    /// Expected ones at -2, -1, 0, 1 and 2 standard deviations, smallest first.
    pub expected: [Limit; 5],
    /// How many signal strengths were tested for all of them.
    pub tests: usize,
}

/// Writes the settings that NULL stands for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_default_limit_settings(settings: *mut LimitSettings) -> Status {
    // SAFETY: the caller owns all memory written, by the module's contract.
    guard("diffhep_default_limit_settings", || unsafe {
        *Arguments::default().result("settings", settings)? = LimitSettings::default();
        Ok(())
    })
}

fn calculator<'m>(
    loaded: &'m Loaded,
    data: &Data,
    settings: &LimitSettings,
) -> Result<AsymptoticCalculator<'m>, Error> {
    let options = settings.test.options()?;
    Ok(AsymptoticCalculator::new(&loaded.model, data.numbers, options)?)
}

/// The observed and the five expected upper limits on the parameter of interest: the signal
/// strengths at which CLs is 1 less the confidence level (asymptotic formulae).
///
/// `data`: one per datum; left out for the workspace's. `settings` may be NULL. Each limit says how
/// its search ended; the status is a failure only where no search could begin.
/// `diffhep_model_upper_limit` explains in its error text why one is missing. Source: as
/// `diffhep_model_cls`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_upper_limits(
    model: ModelHandle,
    data: ConstView,
    settings: *const LimitSettings,
    result: *mut LimitsResult,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_upper_limits", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let settings = arguments.settings("settings", settings)?;
        let result = arguments.result("result", result)?;
        let options = settings.options()?;
        let limits = calculator(&loaded, &data, &settings)?.upper_limits(&options)?;
        *result = LimitsResult {
            observed: Limit::from(&limits.observed),
            expected: limits.expected.each_ref().map(Limit::from),
            tests: limits.tests,
        };
        Ok(())
    })
}

/// Searches for one limit and computes its gradient if requested.
fn one(
    loaded: &Loaded,
    data: &Data,
    settings: &LimitSettings,
    quantity: Quantity,
    out: &mut f64,
    wanted: Option<Gradient>,
) -> Result<(), Error> {
    let options = settings.options()?;
    let mut calculator = calculator(loaded, data, settings)?;
    let limit = calculator.upper_limit(quantity, &options)?;
    *out = limit.value;
    if let Some(gradient) = wanted {
        gradient.write(loaded, data, calculator.limit_gradient(&limit)?);
    }
    Ok(())
}

/// One upper limit, which `quantity` (a `diffhep_quantity`) names; `limit` is in units of the
/// parameter of interest. It agrees with that of `diffhep_model_upper_limits` to the tolerance, and
/// needs fewer tests. A limit that does not exist is a failure, and its text says why.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_upper_limit(
    model: ModelHandle,
    data: ConstView,
    settings: *const LimitSettings,
    quantity: i32,
    limit: *mut f64,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_upper_limit", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let settings = arguments.settings("settings", settings)?;
        let limit = arguments.result("limit", limit)?;
        one(&loaded, &data, &settings, quantity_of(quantity)?, limit, None)
    })
}

/// As `diffhep_model_upper_limit`, with the limit's gradient into each output that is given.
///
/// `by_data`: one per datum; `by_inputs`: one per input of the workspace, where observed and
/// auxiliary data count only if `data` is left out. Where only the gradient fails, the limit is
/// still written. Source: implicit function theorem.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_upper_limit_gradient(
    model: ModelHandle,
    data: ConstView,
    settings: *const LimitSettings,
    quantity: i32,
    limit: *mut f64,
    by_data: View,
    by_inputs: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_upper_limit_gradient", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let settings = arguments.settings("settings", settings)?;
        let limit = arguments.result("limit", limit)?;
        let gradient = Gradient::places(&mut arguments, by_data, by_inputs, &loaded)?;
        gradient.refuse_none()?;
        one(&loaded, &data, &settings, quantity_of(quantity)?, limit, Some(gradient))
    })
}
