//! Profile likelihood ratios of data and of the corresponding Asimov data.
//!
//! `q = 2 (f(tested) - f(free))` with `f = -ln L` at its minimum with the parameter of interest
//! fixed at the tested value, and with all parameters free. The Asimov data are the expected data
//! at the signal strength of the other hypothesis; their free fit is the point at which they were
//! made. Source: arXiv:1007.1727, equations 7, 11, 12, 14, 16 and section 3.2.

use super::error::InferenceError;
use super::held::held_fit;
use super::options::{AsimovData, HypothesisTestOptions};
use super::test_statistic::TestStatistic;
use crate::fit::{FitError, FitOptions, FitReport};
use crate::histfactory::{Evaluator, Model};

/// A test statistic's value on data and on Asimov data, with the fits behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileRatio {
    /// The statistic.
    pub test_statistic: TestStatistic,
    /// The tested signal strength.
    pub tested_poi: f64,
    /// q of the data, not negative.
    pub q: f64,
    /// q of the Asimov data, not negative.
    pub q_asimov: f64,
    /// Fit of the data, all parameters free.
    pub free_fit: FitReport,
    /// Fit of the data at the tested signal strength.
    pub tested_fit: FitReport,
    /// Fit of the data at the Asimov signal strength, which makes the Asimov data; `None` for
    /// [`AsimovData::Nominal`].
    pub asimov_source_fit: Option<FitReport>,
    /// Parameters at which the Asimov data were made.
    pub asimov_parameters: Vec<f64>,
    /// The Asimov data: bins, then auxiliary data.
    pub asimov_data: Vec<f64>,
    /// Fit of the Asimov data at the tested signal strength.
    pub asimov_tested_fit: FitReport,
}

impl ProfileRatio {
    /// The fits, by name, in the order in which they were made.
    pub fn fits(&self) -> Vec<(&'static str, &FitReport)> {
        let mut fits = vec![("free", &self.free_fit), ("tested", &self.tested_fit)];
        fits.extend(self.asimov_source_fit.as_ref().map(|fit| ("asimov_source", fit)));
        fits.push(("asimov_tested", &self.asimov_tested_fit));
        fits
    }

    /// Whether every fit is at a minimum.
    pub fn converged(&self) -> bool {
        self.fits().iter().all(|(_, fit)| fit.status.is_minimum())
    }

    /// Whether q is 0 because of where the fitted signal strength lies: derivatives through the
    /// data's own fits are 0 there.
    pub fn observed_is_flat(&self) -> bool {
        self.q == 0.0
    }
}

/// A fit at a signal strength, from a warm start.
pub(super) fn conditional(
    e: &mut Evaluator,
    data: &[f64],
    warm: &[f64],
    poi: f64,
    options: &FitOptions,
) -> Result<FitReport, FitError> {
    let hold = [(e.model().poi_index(), poi)];
    held_fit(e, data, warm, &hold, options)
}

/// The initial values, with the parameter of interest at `poi`.
pub(super) fn nominal_parameters(model: &Model, poi: f64) -> Vec<f64> {
    let mut nominal = model.suggested_init().to_vec();
    nominal[model.poi_index()] = poi;
    nominal
}

/// Asimov data of a point, which is also their free fit.
#[derive(Clone, Debug)]
pub(super) struct AsimovPoint {
    /// The fit of the data that found the point; `None` for nominal data.
    pub(super) source_fit: Option<FitReport>,
    /// The point.
    pub(super) parameters: Vec<f64>,
    /// The Asimov data: bins, then auxiliary data.
    pub(super) data: Vec<f64>,
    /// -2 ln L of the data at the point.
    free_twice_nll: f64,
}

impl AsimovPoint {
    /// The data that the model expects at `parameters`.
    pub(super) fn at(e: &mut Evaluator, parameters: Vec<f64>) -> Result<Self, InferenceError> {
        let at = e.set_point(&parameters)?;
        let data = at.expected_data();
        let free_twice_nll = 2.0 * at.negative_log_likelihood(&data)?;
        Ok(Self { source_fit: None, parameters, data, free_twice_nll })
    }

    /// The Asimov data that belong to data with the free fit `free_fit`.
    pub(super) fn of_data(
        e: &mut Evaluator,
        data: &[f64],
        free_fit: &FitReport,
        poi: f64,
        options: &HypothesisTestOptions,
    ) -> Result<Self, InferenceError> {
        match options.asimov {
            AsimovData::Nominal => Self::at(e, nominal_parameters(e.model(), poi)),
            AsimovData::Fitted => {
                let fit = conditional(e, data, &free_fit.parameters, poi, &options.fit)?;
                let point = Self::at(e, fit.parameters.clone())?;
                Ok(Self { source_fit: Some(fit), ..point })
            }
        }
    }

    /// q at a tested signal strength, not negative, and the fit behind it, from a warm start.
    pub(super) fn ratio(
        &self,
        e: &mut Evaluator,
        warm: &[f64],
        tested_poi: f64,
        options: &FitOptions,
    ) -> Result<(f64, FitReport), InferenceError> {
        let fit = conditional(e, &self.data, warm, tested_poi, options)?;
        Ok(((fit.twice_nll - self.free_twice_nll).max(0.0), fit))
    }
}

/// Where the two fits of a tested signal strength start.
#[derive(Clone, Copy, Debug)]
pub(super) struct WarmStarts<'a> {
    pub(super) data: &'a [f64],
    pub(super) asimov: &'a [f64],
}

/// Computes the ratio at a tested signal strength; `free_fit` is the data's free fit.
pub(super) fn profile_ratio(
    e: &mut Evaluator,
    data: &[f64],
    free_fit: &FitReport,
    asimov: &AsimovPoint,
    (test_statistic, tested_poi): (TestStatistic, f64),
    warm: WarmStarts,
    options: &FitOptions,
) -> Result<ProfileRatio, InferenceError> {
    let poi = e.model().poi_index();
    let tested_fit = conditional(e, data, warm.data, tested_poi, options)?;
    let (q_asimov, asimov_tested_fit) = asimov.ratio(e, warm.asimov, tested_poi, options)?;
    let q = if test_statistic.vanishes(free_fit.parameters[poi], tested_poi) {
        0.0
    } else {
        (tested_fit.twice_nll - free_fit.twice_nll).max(0.0)
    };
    Ok(ProfileRatio {
        test_statistic,
        tested_poi,
        q,
        q_asimov,
        free_fit: free_fit.clone(),
        tested_fit,
        asimov_source_fit: asimov.source_fit.clone(),
        asimov_parameters: asimov.parameters.clone(),
        asimov_data: asimov.data.clone(),
        asimov_tested_fit,
    })
}
