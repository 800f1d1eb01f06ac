//! Upper limits on the parameter of interest, and their gradients.
//!
//! Enters: an [`AsymptoticCalculator`]. Leaves: the signal strengths `mu` at which the observed CLs
//! and the five expected ones are `1 - level`. Curves that are nearly straight and start at
//! `mu = 0` are crossed; their slopes come from the fits at no extra cost (envelope theorem).
//! Expected CLs depend on `sqrt(q_A)` alone, so all five limits are where this one curve of the
//! Asimov data crosses five heights. The observed curve is `sqrt(-2 ln CLs)`; its search starts
//! from the median limit. The fits of each point start from those of the nearest one.
//!
//! A limit is the root of `CLs(mu, t) = 1 - level`, so that
//! `d mu / d t = -(d ln CLs / d t) / (d ln CLs / d mu)`, for every number `t` of the workspace.
//! Source: arXiv:1007.1727, sections 3 and 4; A. Read, J. Phys. G 28 (2002) 2693, for CLs.

use statrs::distribution::{ContinuousCDF, Normal};

use super::calculator::{
    AsimovRatio, AsymptoticCalculator, Hypotest, N_SIGMA, Quantity, ln_p_value,
};
use super::crossing::{CrossingError, CrossingLimits, Curve};
use super::error::InferenceError;
use super::gradient::by_square;
use super::held::by_held;
use super::profile::ProfileRatio;
use super::test_statistic::TestStatistic;
use crate::fit::{AdjointError, FitStatus};
use crate::histfactory::{Model, ModelAdjoint};

/// How far limits are searched for, in units of the first tested signal strength.
const FARTHEST: f64 = 1e8;

/// How limits are searched for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LimitOptions {
    /// Confidence level, between 0 and 1; default 0.95.
    pub level: f64,
    /// Largest last step, relative to the limit; the step is taken, so the error is about its
    /// square. Default 1e-5.
    pub tolerance: f64,
    /// Most signal strengths that are tested for one limit; default 60.
    pub max_tests: usize,
}

impl Default for LimitOptions {
    fn default() -> Self {
        Self { level: 0.95, tolerance: 1e-5, max_tests: 60 }
    }
}

/// Why a limit does not exist.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// CLs stays above `1 - level` as far as it can be tested.
    #[error(
        "the {curve} limit is not bracketed: at {poi} = {} its CLs is {cls:.4}, above {size:.4}{}; \
         check the signal's yields, or the level", short(*.reached), because(.cause)
    )]
    NotBracketed {
        /// Which limit, in words.
        curve: String,
        /// The parameter of interest.
        poi: String,
        /// The largest tested value.
        reached: f64,
        /// CLs there.
        cls: f64,
        /// `1 - level`.
        size: f64,
        /// What stopped the search from going on.
        cause: Option<Box<LimitError>>,
    },
    /// The tests ran out.
    #[error("the {curve} limit was not found in {tests} tests; raise `max_tests`")]
    TooManyTests {
        /// Which limit, in words.
        curve: String,
        /// How many tests were made.
        tests: usize,
    },
    /// CLs with q-tilde does not begin at 1 if the data fit a negative signal.
    #[error(
        "there is no observed limit: {poi} was fitted at {fitted:.4}, and below 0 q-tilde's CLs does not \
         begin at 1; use q, or a lower bound of 0"
    )]
    FittedBelowZero {
        /// The parameter of interest.
        poi: String,
        /// Its fitted value.
        fitted: f64,
    },
    /// A fit did not converge.
    #[error("the {fit} fit at {poi} = {} ended as '{status}'", short(*.tested))]
    NotConverged {
        /// The fit's name, as in [`ProfileRatio::fits`].
        fit: &'static str,
        /// The parameter of interest.
        poi: String,
        /// Its tested value.
        tested: f64,
        /// How the fit ended.
        status: &'static str,
    },
    /// A test has no result.
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

/// A number formatted in few characters.
fn short(number: f64) -> String {
    let is_plain = number == 0.0 || (1e-3..1e6).contains(&number.abs());
    if is_plain { format!("{number:.4}") } else { format!("{number:.3e}") }
}

fn because(cause: &Option<Box<LimitError>>) -> String {
    cause.as_ref().map_or_else(String::new, |cause| format!(", and beyond it: {cause}"))
}

/// An upper limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UpperLimit {
    /// Which one.
    pub quantity: Quantity,
    /// The signal strength, in units of the parameter of interest.
    pub value: f64,
}

/// The observed upper limit and the band of expected ones.
#[derive(Clone, Debug, PartialEq)]
pub struct UpperLimits {
    /// Confidence level.
    pub level: f64,
    /// The observed one.
    pub observed: Result<UpperLimit, LimitError>,
    /// Expected ones at [`N_SIGMA`], smallest first.
    pub expected: [Result<UpperLimit, LimitError>; 5],
    /// How many signal strengths were tested for all of them.
    pub tests: usize,
}

impl UpperLimits {
    /// The observed limit, then the expected ones.
    pub fn all(&self) -> impl Iterator<Item = &Result<UpperLimit, LimitError>> {
        std::iter::once(&self.observed).chain(&self.expected)
    }
}

/// A tested signal strength: the ratio, and how `sqrt(q)` and `sqrt(q_A)` change with the signal
/// strength.
#[derive(Clone, Debug)]
struct Tested {
    ratio: ProfileRatio,
    by_u: f64,
    by_a: f64,
}

impl Tested {
    /// `sqrt(-2 ln CLs)` and its slope in the signal strength.
    fn height(&self) -> (f64, f64) {
        let ln_cls = ln_p_value(&self.ratio, Quantity::Observed);
        let t = (-2.0 * ln_cls.value).max(0.0).sqrt();
        (t, -self.ln_slope(Quantity::Observed) / t)
    }

    /// The derivative of ln CLs with respect to the signal strength.
    fn ln_slope(&self, quantity: Quantity) -> f64 {
        let ln_cls = ln_p_value(&self.ratio, quantity);
        ln_cls.by_u * self.by_u + ln_cls.by_a * self.by_a
    }
}

impl AsimovRatio {
    /// `sqrt(q_A)` and its slope in the signal strength.
    fn height(&self) -> (f64, f64) {
        let root = self.q.sqrt();
        (root, by_square(self.by_poi, root))
    }
}

/// `sqrt(q_A)` at which an expected CLs equals `size`: `Phi(-n - a) = size Phi(-n)`.
fn expected_root(size: f64, n_sigma: f64) -> f64 {
    let normal = Normal::standard();
    -n_sigma - normal.inverse_cdf(size * normal.cdf(-n_sigma))
}

fn curve_name(quantity: Quantity) -> String {
    match quantity {
        Quantity::Observed => "observed".to_owned(),
        Quantity::Expected(0.0) => "median expected".to_owned(),
        // More events weaken the limit, and pyhf's order starts with the strongest one.
        Quantity::Expected(n_sigma) => format!("expected ({:+} sigma)", -n_sigma),
    }
}

impl AsymptoticCalculator<'_> {
    /// The observed and the expected upper limits on the parameter of interest.
    ///
    /// Signal strengths beyond the parameter's upper bound are tested where the likelihood is
    /// defined there. Each limit that does not exist has an error of its own.
    ///
    /// # Errors
    /// [`InferenceError::Level`] for a level that is not between 0 and 1;
    /// [`InferenceError::NotAMinimum`] where the data's free fit has not converged;
    /// [`InferenceError::AsimovOutsideBounds`] where the parameter of interest may not be 0.
    pub fn upper_limits(&mut self, options: &LimitOptions) -> Result<UpperLimits, InferenceError> {
        let mut search = LimitSearch::new(self, options)?;
        // The median comes first because the others lie around it.
        let median = search.limit(Quantity::Expected(0.0));
        let expected = N_SIGMA.map(|n_sigma| match n_sigma {
            0.0 => median.clone(),
            _ => search.limit(Quantity::Expected(n_sigma)),
        });
        if let Ok(median) = median {
            search.first = median.value;
        }
        let observed = search.limit(Quantity::Observed);
        Ok(UpperLimits { level: options.level, observed, expected, tests: search.tests })
    }

    /// One upper limit on the parameter of interest.
    ///
    /// # Errors
    /// [`LimitError`] where it does not exist; as [`AsymptoticCalculator::upper_limits`].
    pub fn upper_limit(
        &mut self,
        quantity: Quantity,
        options: &LimitOptions,
    ) -> Result<UpperLimit, LimitError> {
        LimitSearch::new(self, options)?.limit(quantity)
    }

    /// The derivative of an upper limit with respect to all inputs of the model.
    ///
    /// # Errors
    /// [`InferenceError::Adjoint`] where a fit has not converged or is not determined, or CLs does
    /// not change with the signal strength.
    pub fn limit_gradient(&mut self, limit: &UpperLimit) -> Result<ModelAdjoint, InferenceError> {
        let tested = self.tested(limit.value, None, None)?;
        let by_poi = tested.ln_slope(limit.quantity);
        if !(by_poi < 0.0 && by_poi.is_finite()) {
            return Err(AdjointError::NotFinite.into());
        }
        let by_inputs = self.ln_gradient(&tested.ratio, limit.quantity)?;
        let mut out = self.model().zero_adjoint();
        out.add(-1.0 / by_poi, &by_inputs);
        Ok(out)
    }

    /// CLs tests at several signal strengths, with fits that start from the last converged ones;
    /// each has errors of its own, as [`AsymptoticCalculator::hypotest`].
    pub fn scan(&mut self, signal_strengths: &[f64]) -> Vec<Result<Hypotest, InferenceError>> {
        let statistic = self.options.test_statistic;
        let mut near: Option<ProfileRatio> = None;
        let test = |&poi: &f64| {
            let ratio = self.ratio(statistic, poi, near.as_ref())?;
            if ratio.converged() {
                near = Some(ratio.clone());
            }
            Ok(Hypotest::of(ratio))
        };
        signal_strengths.iter().map(test).collect()
    }

    fn tested(
        &mut self,
        poi: f64,
        warm_data: Option<&[f64]>,
        warm_asimov: Option<&[f64]>,
    ) -> Result<Tested, InferenceError> {
        let statistic = self.options.test_statistic;
        let ratio = self.ratio_from(statistic, poi, warm_data, warm_asimov)?;
        let place = self.model().poi_index();
        let Self { evaluator: e, data, .. } = self;
        let by_q = if ratio.q > 0.0 { by_held(e, data, &ratio.tested_fit, place)? } else { 0.0 };
        let by_q_asimov = by_held(e, &ratio.asimov_data, &ratio.asimov_tested_fit, place)?;
        let by_u = by_square(by_q, ratio.q.sqrt());
        let by_a = by_square(by_q_asimov, ratio.q_asimov.sqrt());
        Ok(Tested { ratio, by_u, by_a })
    }
}

/// The tested signal strengths of one calculator.
struct LimitSearch<'c, 'm> {
    calculator: &'c mut AsymptoticCalculator<'m>,
    expected: Curve<AsimovRatio>,
    observed: Curve<Tested>,
    options: LimitOptions,
    first: f64,
    tests: usize,
    /// The lowest height of the expected curve that is not reached, and why.
    unreached: Option<(f64, CrossingError<LimitError>)>,
}

impl<'c, 'm> LimitSearch<'c, 'm> {
    fn new(
        calculator: &'c mut AsymptoticCalculator<'m>,
        options: &LimitOptions,
    ) -> Result<Self, InferenceError> {
        if !(options.level > 0.0 && options.level < 1.0) {
            return Err(InferenceError::Level { level: options.level });
        }
        let status = calculator.free_fit().status;
        if !status.is_minimum() {
            return Err(InferenceError::NotAMinimum { status: status.name() });
        }
        let model = calculator.model();
        calculator.options.test_statistic.check_asimov_poi(model)?;
        let (_, upper) = model.suggested_bounds()[model.poi_index()];
        let first = if upper > 1.0 || upper <= 0.0 { 1.0 } else { 0.5 * upper };
        let (expected, observed, options) = (Curve::new(), Curve::new(), *options);
        Ok(Self { calculator, expected, observed, options, first, tests: 0, unreached: None })
    }

    fn limit(&mut self, quantity: Quantity) -> Result<UpperLimit, LimitError> {
        let found = match quantity {
            Quantity::Observed => self.cross_observed(),
            Quantity::Expected(n_sigma) => self.cross_expected(n_sigma),
        };
        let missing =
            |reached: f64, cls: f64, cause: Option<LimitError>| LimitError::NotBracketed {
                curve: curve_name(quantity),
                poi: self.calculator.model().poi_name().to_owned(),
                reached,
                cls,
                size: 1.0 - self.options.level,
                cause: cause.map(Box::new),
            };
        let statistic = self.calculator.options.test_statistic;
        let cls = |height: f64| match quantity {
            Quantity::Observed => (-0.5 * height * height).exp(),
            Quantity::Expected(n_sigma) => {
                statistic.ln_expected(n_sigma, height * height).value.exp()
            }
        };
        if let (Quantity::Observed, Err(_), Some(error)) = (quantity, &found, self.begins_below()) {
            return Err(error);
        }
        match found {
            Ok(value) => Ok(UpperLimit { quantity, value }),
            Err(CrossingError::Broken(error)) => Err(error),
            Err(CrossingError::NotReached { x, t, cause }) => Err(missing(x, cls(t), cause)),
            Err(CrossingError::Evaluations) => {
                let (curve, tests) = (curve_name(quantity), self.options.max_tests);
                Err(LimitError::TooManyTests { curve, tests })
            }
        }
    }

    /// Whether CLs of the data does not begin at 1.
    fn begins_below(&self) -> Option<LimitError> {
        let (model, fit) = (self.calculator.model(), self.calculator.free_fit());
        let (poi, fitted) = (model.poi_name().to_owned(), fit.parameters[model.poi_index()]);
        let is_below =
            self.calculator.options.test_statistic == TestStatistic::QTilde && fitted < 0.0;
        is_below.then_some(LimitError::FittedBelowZero { poi, fitted })
    }

    /// When the search stops.
    fn limits(&self) -> CrossingLimits {
        let LimitOptions { tolerance, max_tests, .. } = self.options;
        CrossingLimits { tolerance, evaluations: max_tests, end: FARTHEST * self.first }
    }

    fn cross_expected(&mut self, n_sigma: f64) -> Result<f64, CrossingError<LimitError>> {
        let target = expected_root(1.0 - self.options.level, n_sigma);
        // A height that is not reached rules out all greater heights.
        if let Some((_, error)) = self.unreached.as_ref().filter(|(height, _)| target > *height) {
            return Err(error.clone());
        }
        let limits = self.limits();
        let Self { calculator, expected, first, tests, .. } = self;
        let statistic = calculator.options.test_statistic;
        let evaluate = |x: f64, near: Option<&AsimovRatio>| {
            *tests += 1;
            let warm = near.map(|near| &near.fit.parameters[..]);
            let ratio = calculator.asimov_ratio(statistic, x, warm)?;
            let source = ratio.source_status.map(|status| ("asimov_source", status));
            let fits = source.into_iter().chain([("asimov_tested", ratio.fit.status)]);
            check_converged(calculator.model(), x, fits).map(|()| ratio)
        };
        let found = expected.cross(target, *first, AsimovRatio::height, evaluate, &limits);
        if let Err(error) = &found
            && !matches!(error, CrossingError::Broken(_))
        {
            self.unreached = Some((target, error.clone()));
        }
        found
    }

    fn cross_observed(&mut self) -> Result<f64, CrossingError<LimitError>> {
        let target = (-2.0 * (1.0 - self.options.level).ln()).sqrt();
        let limits = self.limits();
        let Self { calculator, expected, observed, first, tests, .. } = self;
        let evaluate = |x: f64, near: Option<&Tested>| {
            *tests += 1;
            let warm_data = near.map(|near| &near.ratio.tested_fit.parameters[..]);
            let asimov = expected.nearest(x).map(|near| &near.fit.parameters[..]);
            let asimov = near.map(|near| &near.ratio.asimov_tested_fit.parameters[..]).or(asimov);
            let tested = calculator.tested(x, warm_data, asimov)?;
            let fits = tested.ratio.fits().into_iter().map(|(name, fit)| (name, fit.status));
            check_converged(calculator.model(), x, fits)?;
            Ok(tested)
        };
        observed.cross(target, *first, Tested::height, evaluate, &limits)
    }
}

/// Refuses a fit at a tested signal strength that is not at a minimum.
fn check_converged(
    model: &Model,
    tested: f64,
    mut fits: impl Iterator<Item = (&'static str, FitStatus)>,
) -> Result<(), LimitError> {
    match fits.find(|(_, status)| !status.is_minimum()) {
        None => Ok(()),
        Some((fit, status)) => {
            let (poi, status) = (model.poi_name().to_owned(), status.name());
            Err(LimitError::NotConverged { fit, poi, tested, status })
        }
    }
}
