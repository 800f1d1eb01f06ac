//! CLs and discovery p-values from profile likelihood ratios.
//!
//! Enters: a model, data. Leaves: observed and expected p-values with the fits behind them.
//! Source: arXiv:1007.1727, sections 2 to 4; pyhf 0.7's `AsymptoticCalculator` for conventions.

use std::str::FromStr;

use super::held::by_held;
use super::profile::{
    AsimovData, AsimovPoint, ProfileRatio, TestStatistic, WarmStarts, profile_ratio,
};
use crate::fit::{AdjointError, FitError, FitOptions, FitReport, FitStatus, minimise};
use crate::histfactory::{DomainError, Evaluator, Model};
use crate::kernels::asymptotics::{
    Slopes, ln_cls_expected, ln_cls_observed, ln_p0_expected, ln_p0_observed,
};

/// How far the statistic lies below its median for the five expected values, in pyhf's order.
pub const N_SIGMA: [f64; 5] = [2.0, 1.0, 0.0, -1.0, -2.0];

/// How a hypothesis test is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HypothesisTestOptions {
    /// The statistic of [`AsymptoticCalculator::hypotest`]; default q-tilde.
    pub test_statistic: TestStatistic,
    /// Where Asimov data are made; default at the fitted nuisance parameters.
    pub asimov: AsimovData,
    /// Settings of each fit.
    pub fit: FitOptions,
}

/// A test that has no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InferenceError {
    /// A fit cannot begin.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Asimov data lie outside the likelihood's domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// A derivative does not exist.
    #[error(transparent)]
    Adjoint(#[from] AdjointError),
    /// The data tell the hypotheses apart, the Asimov data do not.
    #[error(
        "testing {poi} = {tested}: the Asimov data do not depend on it, so there is no p-value; \
         check the signal's yields"
    )]
    NoSensitivity {
        /// The parameter of interest.
        poi: String,
        /// Its tested value.
        tested: f64,
    },
    /// The parameter of interest is fixed by the measurement.
    #[error("the parameter of interest '{poi}' is fixed by the measurement: remove its 'fixed'")]
    FixedPoi {
        /// The parameter of interest.
        poi: String,
    },
    /// The signal strength of the Asimov data lies outside the parameter's bounds.
    #[error(
        "the Asimov data have {poi} = {value}, outside its bounds [{lower}, {upper}]: widen them in \
         the measurement"
    )]
    AsimovOutsideBounds {
        /// The parameter of interest.
        poi: String,
        /// Its value in the Asimov data.
        value: f64,
        /// Lower bound.
        lower: f64,
        /// Upper bound.
        upper: f64,
    },
    /// The information of Asimov data is singular.
    #[error(
        "the Asimov data do not determine parameter '{parameter}': it has no effect, or none that \
         another parameter does not have too; fix it in the measurement or remove it"
    )]
    NotDetermined {
        /// The parameter that the undetermined direction contains most of.
        parameter: String,
    },
    /// A bin's information is infinite.
    #[error(
        "channel '{channel}', bin {bin} expects no events, but parameters would change that: its \
         information is infinite; give it a small background"
    )]
    EmptyBin {
        /// The channel.
        channel: String,
        /// The bin, from 0.
        bin: usize,
    },
    /// A vector of normal variates does not fit the free parameters.
    #[error("sample {sample} has {found} normal variates: give one a free parameter, {expected}")]
    Variates {
        /// The sample, from 0.
        sample: usize,
        /// Number of free parameters.
        expected: usize,
        /// Variates found.
        found: usize,
    },
    /// The likelihood is not defined at any sample.
    #[error(
        "no sample is left: the likelihood is not defined at any of {left_out}; give more samples, \
         or bins with few events more background"
    )]
    NoSample {
        /// How many there were.
        left_out: usize,
    },
    /// Something was asked of a fit that only a minimum has.
    #[error(
        "a fit that ended as '{status}' is at no minimum, so it has no pulls, uncertainties or limits; see \
         the README's limits for its remedy"
    )]
    NotAMinimum {
        /// How it ended.
        status: &'static str,
    },
    /// The fitted parameter of interest does not move.
    #[error(
        "the fitted {poi} = {value} is at its bound, so that it has no uncertainty and nothing has an \
         impact on it: widen its bounds in the measurement, or with --poi-bounds"
    )]
    PoiAtBound {
        /// The parameter of interest.
        poi: String,
        /// Its fitted value.
        value: f64,
    },
    /// A parameter that did not move has no uncertainty.
    #[error(
        "'{parameter}' = {value} was not free in the fit (it is fixed or held, at a bound, or in a kink of \
         its interpolation), so that it has no uncertainty and no impact; free it or choose another"
    )]
    NotFree {
        /// The parameter.
        parameter: String,
        /// Its value.
        value: f64,
    },
    /// An impact before the fit of a parameter without a width of its own.
    #[error(
        "'{parameter}' has no measurement of its own, so that it has no impact before the fit; ask for \
         that after the fit"
    )]
    NoMeasurement {
        /// The parameter.
        parameter: String,
    },
    /// A parameter that the model does not have.
    #[error("there is no parameter {index}: the model has {parameters}, counted from 0")]
    UnknownParameter {
        /// The place asked for.
        index: usize,
        /// How many there are.
        parameters: usize,
    },
    /// A confidence level that is none.
    #[error("a confidence level of {level} is none: give one between 0 and 1, such as 0.95")]
    Level {
        /// The level.
        level: f64,
    },
    /// q0 was asked for an upper limit.
    #[error("q0 tests for discovery, not for an upper limit; choose q or qtilde, or `discovery`")]
    DiscoveryStatistic,
}

/// A name that is no test statistic's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown test statistic '{0}'; choose q or qtilde")]
pub struct UnknownTestStatistic(pub String);

impl FromStr for TestStatistic {
    type Err = UnknownTestStatistic;
    fn from_str(name: &str) -> Result<Self, UnknownTestStatistic> {
        let found = Self::TABLE.iter().find(|(known, _)| *known == name);
        found.map(|(_, statistic)| *statistic).ok_or_else(|| UnknownTestStatistic(name.to_owned()))
    }
}

/// Which number of a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// The observed one.
    Observed,
    /// The expected one, this many standard deviations below the median statistic; 0 for the median.
    Expected(f64),
}

/// A CLs test of a signal strength.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypotest {
    /// Observed CLs; not a number where a fit did not converge.
    pub cls_obs: f64,
    /// Expected CLs at [`N_SIGMA`], smallest first.
    pub cls_exp: [f64; 5],
    /// The statistic and its fits.
    pub ratio: ProfileRatio,
}

impl Hypotest {
    /// The p-values of a ratio of q or q-tilde.
    pub(super) fn of(ratio: ProfileRatio) -> Self {
        let value = |quantity| p_value(&ratio, quantity);
        let (cls_obs, cls_exp) =
            (value(Quantity::Observed), N_SIGMA.map(|n_sigma| value(Quantity::Expected(n_sigma))));
        Self { cls_obs, cls_exp, ratio }
    }
}

/// q of the Asimov data at a tested signal strength.
#[derive(Clone, Debug)]
pub(super) struct AsimovRatio {
    /// q, not negative.
    pub(super) q: f64,
    /// Its derivative with respect to the tested signal strength.
    pub(super) by_poi: f64,
    /// The fit at the tested signal strength.
    pub(super) fit: FitReport,
    /// How the fit ended that made the Asimov data, if one did.
    pub(super) source_status: Option<FitStatus>,
}

/// A test for discovery.
#[derive(Clone, Debug, PartialEq)]
pub struct Discovery {
    /// Observed p-value; not a number where a fit did not converge.
    pub p0_obs: f64,
    /// Expected p-values at [`N_SIGMA`], smallest first.
    pub p0_exp: [f64; 5],
    /// Observed significance, in standard deviations.
    pub z_obs: f64,
    /// Expected significances at [`N_SIGMA`].
    pub z_exp: [f64; 5],
    /// The statistic and its fits.
    pub ratio: ProfileRatio,
}

/// Asymptotic tests of one model on one data set; the data's free fit and each statistic's Asimov
/// data are made once.
#[derive(Clone, Debug)]
pub struct AsymptoticCalculator<'m> {
    pub(super) evaluator: Evaluator<'m>,
    pub(super) data: Vec<f64>,
    pub(super) options: HypothesisTestOptions,
    free_fit: FitReport,
    /// Asimov data made so far, by their signal strength.
    asimov: Vec<(f64, AsimovPoint)>,
}

impl<'m> AsymptoticCalculator<'m> {
    /// Fits the data with all parameters free.
    ///
    /// # Errors
    /// [`InferenceError`] where that fit cannot begin, or where the options ask for q0.
    pub fn new(
        model: &'m Model,
        data: &[f64],
        options: HypothesisTestOptions,
    ) -> Result<Self, InferenceError> {
        if options.test_statistic == TestStatistic::Q0 {
            return Err(InferenceError::DiscoveryStatistic);
        }
        refuse_fixed_poi(model)?;
        let mut evaluator = Evaluator::new(model);
        let initial = model.suggested_init();
        let free_fit = minimise(&mut evaluator, data, initial, &[], &options.fit)?;
        Ok(Self { evaluator, data: data.to_vec(), options, free_fit, asimov: Vec::new() })
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.evaluator.model()
    }

    /// The fit of the data with all parameters free.
    pub fn free_fit(&self) -> &FitReport {
        &self.free_fit
    }

    /// The place of a statistic's Asimov data, which are made if they are not there.
    fn asimov_place(&mut self, statistic: TestStatistic) -> Result<usize, InferenceError> {
        let poi = statistic.asimov_poi();
        if let Some(place) = self.asimov.iter().position(|(made, _)| *made == poi) {
            return Ok(place);
        }
        let Self { evaluator, data, options, free_fit, asimov } = self;
        statistic.check_asimov_poi(evaluator.model())?;
        asimov.push((poi, AsimovPoint::of_data(evaluator, data, free_fit, poi, options)?));
        Ok(asimov.len() - 1)
    }

    /// The ratio at `poi`; fits start from the free one and from the Asimov data's point, or from the
    /// fits of a ratio near by.
    pub(super) fn ratio(
        &mut self,
        statistic: TestStatistic,
        poi: f64,
        near: Option<&ProfileRatio>,
    ) -> Result<ProfileRatio, InferenceError> {
        let data = near.map(|near| &near.tested_fit.parameters[..]);
        let asimov = near.map(|near| &near.asimov_tested_fit.parameters[..]);
        self.ratio_from(statistic, poi, data, asimov)
    }

    /// As [`AsymptoticCalculator::ratio`], with a warm start for each of the two fits.
    pub(super) fn ratio_from(
        &mut self,
        statistic: TestStatistic,
        poi: f64,
        warm_data: Option<&[f64]>,
        warm_asimov: Option<&[f64]>,
    ) -> Result<ProfileRatio, InferenceError> {
        let place = self.asimov_place(statistic)?;
        let Self { evaluator, data, options, free_fit, asimov } = self;
        let asimov = &asimov[place].1;
        let warm = WarmStarts {
            data: warm_data.unwrap_or(&free_fit.parameters),
            asimov: warm_asimov.unwrap_or(&asimov.parameters),
        };
        let tested = (statistic, poi);
        let ratio = profile_ratio(evaluator, data, free_fit, asimov, tested, warm, &options.fit)?;
        if ratio.converged() && ratio.q_asimov == 0.0 && ratio.q > 0.0 {
            let name = evaluator.model().poi_name().to_owned();
            return Err(InferenceError::NoSensitivity { poi: name, tested: poi });
        }
        Ok(ratio)
    }

    /// The Asimov data's part of the ratio at `poi`, which expected numbers need alone; its fit starts
    /// from the Asimov data's point, or from a fit near by.
    pub(super) fn asimov_ratio(
        &mut self,
        statistic: TestStatistic,
        poi: f64,
        warm: Option<&[f64]>,
    ) -> Result<AsimovRatio, InferenceError> {
        let place = self.asimov_place(statistic)?;
        let Self { evaluator, options, asimov, .. } = self;
        let (point, held) = (&asimov[place].1, evaluator.model().poi_index());
        let warm = warm.unwrap_or(&point.parameters);
        let (q, fit) = point.ratio(evaluator, warm, poi, &options.fit)?;
        let by_poi = by_held(evaluator, &point.data, &fit, held)?;
        let source_status = point.source_fit.as_ref().map(|fit| fit.status);
        Ok(AsimovRatio { q, by_poi, fit, source_status })
    }

    /// Tests signal strength `poi` by CLs.
    ///
    /// # Errors
    /// [`InferenceError`] where a fit cannot begin or the model has no sensitivity. A fit that
    /// begins and does not converge shows in [`ProfileRatio::converged`], and the p-values are then
    /// not numbers.
    pub fn hypotest(&mut self, poi: f64) -> Result<Hypotest, InferenceError> {
        Ok(Hypotest::of(self.ratio(self.options.test_statistic, poi, None)?))
    }

    /// Tests the hypothesis of no signal.
    ///
    /// # Errors
    /// As [`AsymptoticCalculator::hypotest`].
    pub fn discovery(&mut self) -> Result<Discovery, InferenceError> {
        let ratio = self.ratio(TestStatistic::Q0, 0.0, None)?;
        let value = |quantity| p_value(&ratio, quantity);
        let significance = |z: f64| if ratio.converged() { z } else { f64::NAN };
        Ok(Discovery {
            p0_obs: value(Quantity::Observed),
            p0_exp: N_SIGMA.map(|n_sigma| value(Quantity::Expected(n_sigma))),
            z_obs: significance(ratio.q.sqrt()),
            z_exp: N_SIGMA.map(|n_sigma| significance(n_sigma + ratio.q_asimov.sqrt())),
            ratio,
        })
    }
}

/// Refuses a measurement that fixes its parameter of interest.
pub(super) fn refuse_fixed_poi(model: &Model) -> Result<(), InferenceError> {
    if model.suggested_fixed()[model.poi_index()] {
        return Err(InferenceError::FixedPoi { poi: model.poi_name().to_owned() });
    }
    Ok(())
}

impl TestStatistic {
    /// Refuses a model whose bounds exclude the Asimov data's signal strength.
    pub(super) fn check_asimov_poi(self, model: &Model) -> Result<(), InferenceError> {
        let (value, (lower, upper)) =
            (self.asimov_poi(), model.suggested_bounds()[model.poi_index()]);
        if value < lower || value > upper {
            let poi = model.poi_name().to_owned();
            return Err(InferenceError::AsimovOutsideBounds { poi, value, lower, upper });
        }
        Ok(())
    }

    /// ln of the expected p-value (CLs or p0), with its derivative in `sqrt(q_A)`.
    pub(super) fn ln_expected(self, n_sigma: f64, q_asimov: f64) -> Slopes {
        match self {
            Self::Q | Self::QTilde => ln_cls_expected(n_sigma, q_asimov.sqrt()),
            Self::Q0 => ln_p0_expected(n_sigma, q_asimov.sqrt()),
        }
    }
}

/// ln of a ratio's p-value (CLs or p0) with derivatives in `sqrt(q)` and `sqrt(q_A)`.
pub(super) fn ln_p_value(ratio: &ProfileRatio, quantity: Quantity) -> Slopes {
    let (u, a) = (ratio.q.sqrt(), ratio.q_asimov.sqrt());
    match (quantity, ratio.test_statistic) {
        (Quantity::Expected(n_sigma), statistic) => statistic.ln_expected(n_sigma, ratio.q_asimov),
        (Quantity::Observed, TestStatistic::Q0) => ln_p0_observed(u),
        (Quantity::Observed, TestStatistic::Q) => ln_cls_observed(false, u, a),
        (Quantity::Observed, TestStatistic::QTilde) => ln_cls_observed(true, u, a),
    }
}

impl ProfileRatio {
    /// Natural logarithm of the p-value (CLs, or p0 of a discovery); not a number where a fit did not
    /// converge.
    pub fn ln_p_value(&self, quantity: Quantity) -> f64 {
        if self.converged() { ln_p_value(self, quantity).value } else { f64::NAN }
    }
}

fn p_value(ratio: &ProfileRatio, quantity: Quantity) -> f64 {
    ratio.ln_p_value(quantity).exp()
}
