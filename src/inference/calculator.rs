//! CLs and discovery p-values from profile likelihood ratios.
//!
//! Enters: a model, data. Leaves: observed and expected p-values with the fits behind them.
//! Source: arXiv:1007.1727, sections 2 to 4; pyhf 0.7's `AsymptoticCalculator` for conventions.

use super::error::InferenceError;
use super::held::by_held;
use super::options::HypothesisTestOptions;
use super::profile::{AsimovPoint, ProfileRatio, WarmStarts, profile_ratio};
use super::test_statistic::TestStatistic;
use crate::fit::{FitReport, FitStatus, lowest_minimum};
use crate::histfactory::{Evaluator, Model};
use crate::kernels::asymptotics::{Slopes, ln_cls_observed, ln_p0_observed};

/// How far the statistic lies below its median for the five expected values, in pyhf's order.
pub const N_SIGMA: [f64; 5] = [2.0, 1.0, 0.0, -1.0, -2.0];

/// Which p-value of a test is meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// The observed one.
    Observed,
    /// The expected one, this many standard deviations below the median statistic; 0 for the
    /// median.
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
    /// How the fit that made the Asimov data ended, if there was one.
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

/// Asymptotic tests of one model on one data set; the free fit of the data and the Asimov data of
/// each statistic are computed once.
#[derive(Clone, Debug)]
pub struct AsymptoticCalculator<'m> {
    pub(super) evaluator: Evaluator<'m>,
    pub(super) data: Vec<f64>,
    pub(super) options: HypothesisTestOptions,
    free_fit: FitReport,
    /// The Asimov data made so far, one set per signal strength.
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
        let free_fit = lowest_minimum(&mut evaluator, data, initial, &[], &options.fit)?;
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

    /// The index of a statistic's Asimov data, which are created if missing.
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

    /// The ratio at `poi`; fits start from the free fit and from the Asimov data's point, or from
    /// the fits of a nearby ratio.
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

    /// The Asimov data's part of the ratio at `poi`, which is all that expected values need; its
    /// fit starts from the Asimov data's point, or from a nearby fit.
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
    /// [`InferenceError`] where a fit cannot begin or the model has no sensitivity. If a fit begins
    /// but does not converge, [`ProfileRatio::converged`] says so and the p-values are not numbers.
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

/// ln of a ratio's p-value (CLs or p0) with derivatives with respect to `sqrt(q)` and `sqrt(q_A)`.
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
    /// Natural logarithm of the p-value (CLs, or p0 of a discovery); not a number where a fit did
    /// not converge.
    pub fn ln_p_value(&self, quantity: Quantity) -> f64 {
        if self.converged() { ln_p_value(self, quantity).value } else { f64::NAN }
    }
}

fn p_value(ratio: &ProfileRatio, quantity: Quantity) -> f64 {
    ratio.ln_p_value(quantity).exp()
}
