//! Upper limits on the parameter of interest, and their gradients.
//!
//! Enters: an [`AsymptoticCalculator`]. Leaves: the signal strengths `mu` at which the observed CLs and
//! the five expected ones are `1 - level`. The curve that is crossed is `sqrt(-2 ln CLs)`, which is
//! nearly straight and starts at `mu = 0`, where CLs is 1; its slope comes of the fits for nothing
//! (envelope theorem). Data's free fit, the Asimov data and all points are shared by the six curves,
//! and a point's fits start from those of the nearest.
//!
//! A limit is the root of `CLs(mu, t) = 1 - level`, so that
//! `d mu / d t = -(d ln CLs / d t) / (d ln CLs / d mu)`, with `t` every number of the workspace.
//! Source: arXiv:1007.1727, sections 3 and 4; A. Read, J. Phys. G 28 (2002) 2693, for CLs.

use super::calculator::{
    AsymptoticCalculator, Hypotest, InferenceError, N_SIGMA, Quantity, ln_p_value,
};
use super::crossing::{CrossingError, CrossingLimits, Curve};
use super::gradient::by_square;
use super::held::by_held;
use super::profile::ProfileRatio;
use crate::fit::AdjointError;
use crate::histfactory::ModelAdjoint;

/// How limits are looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LimitOptions {
    /// Confidence level, between 0 and 1; default 0.95.
    pub level: f64,
    /// Largest last step, relative to the limit; it is taken, so that the error is about its square.
    /// Default 1e-5.
    pub tolerance: f64,
    /// Most signal strengths that are tested for one limit; default 60.
    pub max_tests: usize,
}

impl Default for LimitOptions {
    fn default() -> Self {
        Self { level: 0.95, tolerance: 1e-5, max_tests: 60 }
    }
}

/// A limit that is not there.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// CLs stays above `1 - level` as far as it can be tested.
    #[error(
        "the {curve} limit is not bracketed: at {poi} = {reached:.4} its CLs is {cls:.4}, above {size}{}; \
         check the signal's yields, or the level", because(.cause)
    )]
    NotBracketed {
        /// Which limit, in words.
        curve: String,
        /// The parameter of interest.
        poi: String,
        /// The largest value that was tested.
        reached: f64,
        /// CLs there.
        cls: f64,
        /// `1 - level`.
        size: f64,
        /// What stopped the search from going on.
        cause: Option<Box<LimitError>>,
    },
    /// A fit did not converge.
    #[error("the {fit} fit at {poi} = {tested:.4} ended as '{status}'")]
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

/// A tested signal strength: the ratio, and how `sqrt(q)` and `sqrt(q_A)` change with it.
#[derive(Clone, Debug)]
struct Tested {
    ratio: ProfileRatio,
    by_u: f64,
    by_a: f64,
}

impl Tested {
    /// `sqrt(-2 ln CLs)` and its slope in the signal strength.
    fn height(&self, quantity: Quantity) -> (f64, f64) {
        let ln_cls = ln_p_value(&self.ratio, quantity);
        let t = (-2.0 * ln_cls.value).max(0.0).sqrt();
        (t, -(ln_cls.by_u * self.by_u + ln_cls.by_a * self.by_a) / t)
    }
}

fn curve_name(quantity: Quantity) -> String {
    match quantity {
        Quantity::Observed => "observed".to_owned(),
        Quantity::Expected(0.0) => "median expected".to_owned(),
        // The more events, the weaker the limit: pyhf's order starts with the strongest.
        Quantity::Expected(n_sigma) => format!("expected ({:+} sigma)", -n_sigma),
    }
}

impl AsymptoticCalculator<'_> {
    /// The observed and the expected upper limits on the parameter of interest.
    ///
    /// Signal strengths beyond the parameter's upper bound are tested where the likelihood is defined
    /// there. Each limit that does not exist has an error of its own.
    ///
    /// # Errors
    /// [`InferenceError::Level`] for a level that is not between 0 and 1;
    /// [`InferenceError::NotAMinimum`] where the data's free fit has not converged.
    pub fn upper_limits(&mut self, options: &LimitOptions) -> Result<UpperLimits, InferenceError> {
        let mut search = LimitSearch::new(self, options)?;
        // The median first: the others lie around it.
        let median = search.limit(Quantity::Expected(0.0));
        let mut expected = N_SIGMA.map(|n_sigma| match n_sigma {
            0.0 => median.clone(),
            _ => search.limit(Quantity::Expected(n_sigma)),
        });
        expected[2] = median;
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

    /// The derivative of an upper limit with respect to everything that the model was made of.
    ///
    /// # Errors
    /// [`InferenceError::Adjoint`] where a fit has not converged or is not determined, or CLs does
    /// not change with the signal strength.
    pub fn limit_gradient(&mut self, limit: &UpperLimit) -> Result<ModelAdjoint, InferenceError> {
        let tested = self.tested(limit.value, None)?;
        let (t, slope) = tested.height(limit.quantity);
        let by_poi = -t * slope;
        if !(by_poi < 0.0 && by_poi.is_finite()) {
            return Err(AdjointError::NotFinite.into());
        }
        let by_inputs = self.ln_gradient(&tested.ratio, limit.quantity)?;
        let mut out = self.model().zero_adjoint();
        out.add(-1.0 / by_poi, &by_inputs);
        Ok(out)
    }

    /// CLs tests at several signal strengths, each one's fits started from the last's.
    ///
    /// # Errors
    /// As [`AsymptoticCalculator::hypotest`], for the first signal strength that has no test.
    pub fn scan(&mut self, signal_strengths: &[f64]) -> Result<Vec<Hypotest>, InferenceError> {
        let mut tests: Vec<Hypotest> = Vec::with_capacity(signal_strengths.len());
        for &poi in signal_strengths {
            let near = tests.last().map(|test| &test.ratio).filter(|ratio| ratio.converged());
            tests.push(Hypotest::of(self.ratio(self.options.test_statistic, poi, near)?));
        }
        Ok(tests)
    }

    fn tested(&mut self, poi: f64, near: Option<&Tested>) -> Result<Tested, InferenceError> {
        let statistic = self.options.test_statistic;
        let ratio = self.ratio(statistic, poi, near.map(|near| &near.ratio))?;
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
    curve: Curve<Tested>,
    options: LimitOptions,
    first: f64,
    tests: usize,
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
        let (_, upper) = model.suggested_bounds()[model.poi_index()];
        let first = if upper > 1.0 || upper <= 0.0 { 1.0 } else { 0.5 * upper };
        Ok(Self { calculator, curve: Curve::new(), options: *options, first, tests: 0 })
    }

    fn limit(&mut self, quantity: Quantity) -> Result<UpperLimit, LimitError> {
        let Self { calculator, curve, options, first, tests } = self;
        let size = 1.0 - options.level;
        let target = (-2.0 * size.ln()).sqrt();
        let limits = CrossingLimits {
            tolerance: options.tolerance,
            evaluations: options.max_tests,
            end: f64::INFINITY,
        };
        let poi = calculator.model().poi_name().to_owned();
        let evaluate = |x: f64, near: Option<&Tested>| {
            *tests += 1;
            let tested = calculator.tested(x, near)?;
            let fits = tested.ratio.fits();
            let stopped = fits.iter().find(|(_, fit)| !fit.status.is_minimum());
            match stopped {
                None => Ok(tested),
                Some((fit, report)) => Err(LimitError::NotConverged {
                    fit,
                    poi: poi.clone(),
                    tested: x,
                    status: report.status.name(),
                }),
            }
        };
        let found = curve.cross(target, *first, |t| t.height(quantity), evaluate, &limits);
        let missing = |reached: f64, t: f64, cause: Option<LimitError>| LimitError::NotBracketed {
            curve: curve_name(quantity),
            poi: poi.clone(),
            reached,
            cls: (-0.5 * t * t).exp(),
            size,
            cause: cause.map(Box::new),
        };
        match found {
            Ok(value) => Ok(UpperLimit { quantity, value }),
            Err(CrossingError::Broken(error)) => Err(error),
            Err(CrossingError::NotReached { x, t, cause }) => Err(missing(x, t, cause)),
            Err(CrossingError::Evaluations { x, t }) => Err(missing(x, t, None)),
        }
    }
}
