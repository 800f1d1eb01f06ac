//! Toys: p-values without asymptotic formulae, data sets drawn at a point, and goodness of fit.

use super::super::status::{Error, Status, guard};
use super::super::views::{Arguments, ConstView, View, check_finite, choose, refuse_nan};
use super::Data;
use super::fit::FitSettings;
use super::handles::{self, ModelHandle};
use super::hypothesis_tests::StatisticChoice;
use diffhep::inference::{
    Estimate as LibraryEstimate, GoodnessOfFit, GoodnessOfFitOptions, Hypothesis, LARGEST_TOY,
    TestStatistic, ToyCalculator, ToyError, ToyGenerator, ToyOptions, ToyRun, ToySet, ToyTest,
};

/// Which sequence of random numbers a toy is drawn with.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HypothesisChoice {
    /// Those of `diffhep_model_toys` at the tested signal strength.
    Signal = 0,
    /// Those of `diffhep_model_toys` at the other one.
    Background = 1,
    /// A third sequence, for toys at the best fit.
    BestFit = 2,
}

/// A test by toys; `diffhep_default_toy_settings` writes the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToySettings {
    /// A `diffhep_statistic`.
    pub statistic: i32,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Number of the first toy: runs with the same seed and other numbers give other toys.
    pub first: u64,
    /// Toys of each hypothesis, 1 to 100 million.
    pub toys: u64,
    /// Settings of each fit.
    pub fit: FitSettings,
}

impl Default for ToySettings {
    fn default() -> Self {
        let (statistic, fit) = (StatisticChoice::QTilde as i32, FitSettings::default());
        let ToyRun { seed, first, toys } = ToyRun::default();
        Self { statistic, seed, first, toys, fit }
    }
}

impl ToySettings {
    fn options(&self, tested_poi: f64) -> Result<ToyOptions, Error> {
        let table = [
            (StatisticChoice::QTilde as i32, TestStatistic::QTilde),
            (StatisticChoice::Q as i32, TestStatistic::Q),
            (StatisticChoice::Q0 as i32, TestStatistic::Q0),
        ];
        let known = "0 (qtilde), 1 (q), 2 (q0)";
        let test_statistic = choose("statistic", self.statistic, &table, known)?;
        let Self { seed, first, toys, fit, .. } = *self;
        let run = ToyRun { seed, first, toys };
        Ok(ToyOptions { test_statistic, tested_poi, run, fit: fit.options()? })
    }
}

/// A number with its statistical error.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

impl From<LibraryEstimate> for Estimate {
    fn from(LibraryEstimate { value, error }: LibraryEstimate) -> Self {
        Self { value, error }
    }
}

/// p-values of a test by toys.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToyResult {
    /// The test statistic of the data.
    pub q: f64,
    /// Fraction of the toys of the tested signal strength whose statistic is not below `q`; p0 for
    /// q0.
    pub cl_sb: Estimate,
    /// The same for the other hypothesis's toys: without signal, or for q0 with a signal strength
    /// of 1.
    pub cl_b: Estimate,
    /// Their ratio; NaN where `cl_b` is 0.
    pub cl_s: Estimate,
    /// Expected `cl_sb` at -2, -1, 0, 1 and 2 standard deviations, smallest first.
    pub cl_sb_exp: [Estimate; 5],
    /// Expected `cl_b`: apart from ties these are the levels themselves and so have no errors.
    pub cl_b_exp: [f64; 5],
    /// Expected `cl_s`.
    pub cl_s_exp: [Estimate; 5],
    /// Toys of the tested signal strength that are left out because a fit has no minimum.
    pub failed_signal: u64,
    /// The same for the other hypothesis.
    pub failed_background: u64,
}

impl ToyResult {
    fn new(q: f64, test: &ToyTest, toys: &ToySet) -> Self {
        let ToyTest { cl_sb, cl_b, cl_s, expected } = *test;
        let failed = |hypothesis| toys.sample(hypothesis).map_or(0, |sample| sample.n_failed());
        Self {
            q,
            cl_sb: cl_sb.into(),
            cl_b: cl_b.into(),
            cl_s: cl_s.into(),
            cl_sb_exp: expected.cl_sb.map(Estimate::from),
            cl_b_exp: expected.cl_b,
            cl_s_exp: expected.cl_s.map(Estimate::from),
            failed_signal: failed(Hypothesis::Signal),
            failed_background: failed(Hypothesis::Background),
        }
    }
}

/// Writes the settings that NULL stands for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_default_toy_settings(settings: *mut ToySettings) -> Status {
    // SAFETY: the caller owns all memory written, by the module's contract.
    guard("diffhep_default_toy_settings", || unsafe {
        *Arguments::default().result("settings", settings)? = ToySettings::default();
        Ok(())
    })
}

/// CLsb, CLb and CLs of a signal strength from toys, observed and expected; on the library's
/// threads, with the same bits on any number of them.
///
/// `data`: one per datum; left out for the workspace's. `poi`: the tested signal strength, 0 for
/// q0. `settings` may be NULL for 10,000 toys of each hypothesis. Toys are drawn at the nuisance
/// parameters fitted to the data. A toy whose fit has no minimum is counted and left out; the
/// status `DIFFHEP_STATUS_NOT_CONVERGED` means that a fit of the data has none. Source:
/// ATL-PHYS-PUB-2011-11, section 2; pyhf 0.7 for conventions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_toys(
    model: ModelHandle,
    data: ConstView,
    poi: f64,
    settings: *const ToySettings,
    result: *mut ToyResult,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_toys", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let settings = arguments.settings("settings", settings)?;
        let result = arguments.result("result", result)?;
        check_finite("poi", &[poi])?;
        let options = settings.options(poi)?;
        let calculator = ToyCalculator::new(&loaded.model, data.numbers, options)?;
        let toys = calculator.run(None, &mut |_| ())?;
        *result = ToyResult::new(calculator.statistic(), &calculator.p_values(&toys)?, &toys);
        Ok(())
    })
}

/// Draws one toy's data at a point: counts of the bins, then auxiliary data.
///
/// `parameters`: one per parameter; `data`: one per datum. `seed`, `toy` (its number, below 2^53)
/// and `hypothesis` (a `diffhep_hypothesis`) select the random numbers, which differ for each
/// choice; at the points where `diffhep_model_toys` draws, they reproduce its toys.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_draw_toy(
    model: ModelHandle,
    parameters: ConstView,
    seed: u64,
    toy: u64,
    hypothesis: i32,
    data: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_draw_toy", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let parameters = arguments.input("parameters", parameters)?;
        let n_data = loaded.model.n_data();
        let out = arguments.output("data", data, n_data, "one a datum")?;
        refuse_nan("parameters", parameters)?;
        let table = [
            (HypothesisChoice::Signal as i32, Hypothesis::Signal),
            (HypothesisChoice::Background as i32, Hypothesis::Background),
            (HypothesisChoice::BestFit as i32, Hypothesis::BestFit),
        ];
        let known = "0 (signal), 1 (background), 2 (best fit)";
        let hypothesis = choose("hypothesis", hypothesis, &table, known)?;
        if toy > LARGEST_TOY {
            return Err(ToyError::LastToy { first: toy, toys: 1 }.into());
        }
        let generator = ToyGenerator::new(&loaded.model, parameters)?;
        out.copy_from_slice(&generator.draw(seed, toy, hypothesis));
        Ok(())
    })
}

/// How well the best fit describes data.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GoodnessOfFitResult {
    /// 2 (ln L of the saturated model - ln L of the best fit), not negative.
    pub statistic: f64,
    /// Bins less free parameters without a constraint; may be 0 or below.
    pub degrees_of_freedom: i64,
    /// Fraction of a chi squared distribution above the statistic; NaN without a degree of freedom.
    pub p_value: f64,
}

/// Goodness of fit against the saturated model, which expects exactly the observed data.
///
/// `data`: one per datum; left out for the workspace's. `settings` are those of the fit and may be
/// NULL. Source: R. Cousins, Generalization of chisquare goodness-of-fit test for binned data using
/// saturated models (2013).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_goodness_of_fit(
    model: ModelHandle,
    data: ConstView,
    settings: *const FitSettings,
    result: *mut GoodnessOfFitResult,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_goodness_of_fit", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let settings = arguments.settings("settings", settings)?;
        let result = arguments.result("result", result)?;
        let options = GoodnessOfFitOptions { fit: settings.options()?, ..Default::default() };
        let found = GoodnessOfFit::new(&loaded.model, data.numbers, options)?;
        *result = GoodnessOfFitResult {
            statistic: found.statistic,
            degrees_of_freedom: found.degrees_of_freedom,
            p_value: found.p_value.unwrap_or(f64::NAN),
        };
        Ok(())
    })
}
