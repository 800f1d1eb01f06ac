//! Hypothesis tests: CLs and discovery.

use super::super::status::{Error, Status, guard};
use super::super::views::{Arguments, ConstView, View, check_finite, choose};
use super::fit::FitSettings;
use super::handles::{self, Loaded, ModelHandle};
use super::{Data, Gradient};
use diffhep::inference::{
    AsimovData, AsymptoticCalculator, Discovery, Hypotest, HypothesisTestOptions, N_SIGMA,
    ProfileRatio, Quantity, TestStatistic,
};

/// The test statistic.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatisticChoice {
    /// q-tilde, for a signal strength that is not negative; pyhf's default.
    QTilde = 0,
    /// q.
    Q = 1,
    /// q0, for discovery: only for toys, since `diffhep_model_discovery` always uses it.
    Q0 = 2,
}

/// At which nuisance parameters Asimov data are made.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsimovChoice {
    /// Those fitted to the data; pyhf's default.
    Fitted = 0,
    /// The model's initial values; no data enter.
    Nominal = 1,
}

/// Which number of a test a gradient belongs to. The expected ones are the entries of the band,
/// smallest first.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityChoice {
    /// The observed one.
    Observed = -1,
    /// Entry 0 of the band.
    ExpectedMinus2 = 0,
    /// Entry 1 of the band.
    ExpectedMinus1 = 1,
    /// Entry 2 of the band: the median.
    ExpectedMedian = 2,
    /// Entry 3 of the band.
    ExpectedPlus1 = 3,
    /// Entry 4 of the band.
    ExpectedPlus2 = 4,
}

/// How a test is carried out; `diffhep_default_test_settings` writes the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TestSettings {
    /// A `diffhep_statistic` other than q0; discovery has its own statistic.
    pub statistic: i32,
    /// A `diffhep_asimov`.
    pub asimov: i32,
    /// Settings of each fit.
    pub fit: FitSettings,
}

/// Result of a CLs test.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClsResult {
    /// Observed CLs.
    pub cls_obs: f64,
    /// Expected CLs at -2, -1, 0, 1 and 2 standard deviations of the signal strength.
    pub cls_exp: [f64; 5],
    /// The test statistic of the data.
    pub q: f64,
    /// The test statistic of the Asimov data.
    pub q_asimov: f64,
    /// 1 where the observed statistic is 0 by definition; derivatives through the data's own fits
    /// are then 0.
    pub is_flat: i32,
}

/// Result of a test for discovery.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiscoveryResult {
    /// Observed p-value.
    pub p0_obs: f64,
    /// Expected p-values, smallest first.
    pub p0_exp: [f64; 5],
    /// Observed significance, in standard deviations.
    pub z_obs: f64,
    /// Expected significances, largest first.
    pub z_exp: [f64; 5],
    /// The test statistic of the data.
    pub q: f64,
    /// The test statistic of the Asimov data.
    pub q_asimov: f64,
    /// As in `diffhep_cls_result`.
    pub is_flat: i32,
}

impl From<&Hypotest> for ClsResult {
    fn from(test: &Hypotest) -> Self {
        let Hypotest { cls_obs, cls_exp, ref ratio } = *test;
        let is_flat = i32::from(ratio.observed_is_flat());
        Self { cls_obs, cls_exp, q: ratio.q, q_asimov: ratio.q_asimov, is_flat }
    }
}

impl From<&Discovery> for DiscoveryResult {
    fn from(test: &Discovery) -> Self {
        let Discovery { p0_obs, p0_exp, z_obs, z_exp, ref ratio } = *test;
        let is_flat = i32::from(ratio.observed_is_flat());
        Self { p0_obs, p0_exp, z_obs, z_exp, q: ratio.q, q_asimov: ratio.q_asimov, is_flat }
    }
}

impl TestSettings {
    pub(super) fn options(&self) -> Result<HypothesisTestOptions, Error> {
        let table = [
            (StatisticChoice::QTilde as i32, TestStatistic::QTilde),
            (StatisticChoice::Q as i32, TestStatistic::Q),
        ];
        let test_statistic = choose("statistic", self.statistic, &table, "0 (qtilde), 1 (q)")?;
        let table = [
            (AsimovChoice::Fitted as i32, AsimovData::Fitted),
            (AsimovChoice::Nominal as i32, AsimovData::Nominal),
        ];
        let asimov = choose("asimov", self.asimov, &table, "0 (fitted), 1 (nominal)")?;
        Ok(HypothesisTestOptions { test_statistic, asimov, fit: self.fit.options()? })
    }
}

pub(super) fn quantity_of(found: i32) -> Result<Quantity, Error> {
    if found == QuantityChoice::Observed as i32 {
        return Ok(Quantity::Observed);
    }
    let known = "-1 (observed), 0 to 4 (expected)";
    let n_sigma = usize::try_from(found).ok().and_then(|i| N_SIGMA.get(i));
    let n_sigma = n_sigma.ok_or(Error::Choice { argument: "quantity", found, known })?;
    Ok(Quantity::Expected(*n_sigma))
}

/// Writes the settings that NULL stands for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_default_test_settings(settings: *mut TestSettings) -> Status {
    // SAFETY: the caller owns all memory written, by the module's contract.
    guard("diffhep_default_test_settings", || unsafe {
        *Arguments::default().result("settings", settings)? = TestSettings::default();
        Ok(())
    })
}

/// Reports which fit of a ratio is not at a minimum.
fn check_fits(ratio: &ProfileRatio) -> Result<(), Error> {
    let mut fits = ratio.fits().into_iter();
    match fits.find(|(_, fit)| !fit.status.is_minimum()) {
        None => Ok(()),
        Some((name, fit)) => Err(Error::NotConverged { fit: name, status: fit.status.name() }),
    }
}

/// A requested gradient: of which quantity, and where it is written.
type Wanted<'a> = (Quantity, Gradient<'a>);

fn finish(
    calculator: &mut AsymptoticCalculator,
    ratio: &ProfileRatio,
    loaded: &Loaded,
    data: &Data,
    wanted: Option<Wanted>,
) -> Result<(), Error> {
    check_fits(ratio)?;
    if let Some((quantity, gradient)) = wanted {
        gradient.write(loaded, data, calculator.gradient(ratio, quantity)?);
    }
    Ok(())
}

fn cls(
    loaded: &Loaded,
    data: &Data,
    poi: f64,
    settings: &TestSettings,
    out: &mut ClsResult,
    wanted: Option<Wanted>,
) -> Result<(), Error> {
    check_finite("poi", &[poi])?;
    let options = settings.options()?;
    let mut calculator = AsymptoticCalculator::new(&loaded.model, data.numbers, options)?;
    let test = calculator.hypotest(poi)?;
    *out = ClsResult::from(&test);
    finish(&mut calculator, &test.ratio, loaded, data, wanted)
}

fn discovery(
    loaded: &Loaded,
    data: &Data,
    settings: &TestSettings,
    out: &mut DiscoveryResult,
    wanted: Option<Wanted>,
) -> Result<(), Error> {
    let mut calculator =
        AsymptoticCalculator::new(&loaded.model, data.numbers, settings.options()?)?;
    let test = calculator.discovery()?;
    *out = DiscoveryResult::from(&test);
    finish(&mut calculator, &test.ratio, loaded, data, wanted)
}

/// CLs of a signal strength, with its expected band (asymptotic formulae).
///
/// `data`: one per datum; left out for the workspace's. `poi`: the tested signal strength.
/// `settings` may be NULL. With the status `DIFFHEP_STATUS_NOT_CONVERGED` the p-values are NaN.
/// Source: arXiv:1007.1727; pyhf 0.7 for conventions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_cls(
    model: ModelHandle,
    data: ConstView,
    poi: f64,
    settings: *const TestSettings,
    result: *mut ClsResult,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_cls", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let settings = arguments.settings("settings", settings)?;
        let result = arguments.result("result", result)?;
        cls(&loaded, &data, poi, &settings, result, None)
    })
}

/// As `diffhep_model_cls`, with the gradient of the CLs that `quantity` (a `diffhep_quantity`)
/// names into each output that is given.
///
/// `by_data`: one per datum; `by_inputs`: one per input of the workspace, where observed and
/// auxiliary data count only if `data` is left out. Where only the gradient fails, the result is
/// still written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_cls_gradient(
    model: ModelHandle,
    data: ConstView,
    poi: f64,
    settings: *const TestSettings,
    quantity: i32,
    result: *mut ClsResult,
    by_data: View,
    by_inputs: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_cls_gradient", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let settings = arguments.settings("settings", settings)?;
        let result = arguments.result("result", result)?;
        let gradient = Gradient::places(&mut arguments, by_data, by_inputs, &loaded)?;
        gradient.refuse_none()?;
        let wanted = Some((quantity_of(quantity)?, gradient));
        cls(&loaded, &data, poi, &settings, result, wanted)
    })
}

/// The test for discovery, with its expected band (asymptotic formulae).
///
/// `data`: one per datum; left out for the workspace's. `settings` may be NULL. With the status
/// `DIFFHEP_STATUS_NOT_CONVERGED` p-values and significances are NaN. Source: as
/// `diffhep_model_cls`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_discovery(
    model: ModelHandle,
    data: ConstView,
    settings: *const TestSettings,
    result: *mut DiscoveryResult,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_discovery", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let settings = arguments.settings("settings", settings)?;
        let result = arguments.result("result", result)?;
        discovery(&loaded, &data, &settings, result, None)
    })
}

/// As `diffhep_model_discovery`, with the gradient of the p-value that `quantity` (a
/// `diffhep_quantity`) names into each output that is given, as in `diffhep_model_cls_gradient`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_discovery_gradient(
    model: ModelHandle,
    data: ConstView,
    settings: *const TestSettings,
    quantity: i32,
    result: *mut DiscoveryResult,
    by_data: View,
    by_inputs: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_discovery_gradient", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let settings = arguments.settings("settings", settings)?;
        let result = arguments.result("result", result)?;
        let gradient = Gradient::places(&mut arguments, by_data, by_inputs, &loaded)?;
        gradient.refuse_none()?;
        let wanted = Some((quantity_of(quantity)?, gradient));
        discovery(&loaded, &data, &settings, result, wanted)
    })
}
