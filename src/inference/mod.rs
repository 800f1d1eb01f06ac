//! Hypothesis tests: test statistics, asymptotic p-values, CLs, discovery, and their gradients.
//!
//! Enters: a model and data. Leaves: [`Hypotest`] and [`Discovery`] with every fit they are based
//! on, and, from the same [`AsymptoticCalculator`], the derivative of any of their numbers with
//! respect to all inputs of the model. Names follow pyhf's `infer` module. [`UpperLimits`] are
//! where CLs falls to a given value; [`profile_interval`], [`scan_line`], [`Ranking`] and
//! [`postfit_yields`] describe the uncertainty of a fit, and [`CovarianceGradients`] differentiates
//! it. [`ToyCalculator`] uses pseudo-experiments instead of asymptotic formulae; [`GoodnessOfFit`]
//! says how well the model describes the data. [`expected_ratio`] is the median experiment alone,
//! which needs no data. [`AsimovInformation`] is what an experiment can know before there are data:
//! uncertainties from the Fisher information, with their gradients; [`pulls`] compares a fit with
//! it.

mod calculator;
mod crossing;
mod error;
pub mod expected;
mod gaussianity;
mod goodness_of_fit;
mod gradient;
mod held;
mod information;
mod intervals;
mod likelihood;
mod limits;
mod options;
mod profile;
mod pulls;
mod ranking;
mod scans;
mod test_statistic;
mod toys;
mod uncertainty_gradient;
mod yields;

pub use calculator::{AsymptoticCalculator, Discovery, Hypotest, N_SIGMA, Quantity};
pub use error::InferenceError;
pub use expected::{ExpectedRatio, expected_ratio};
pub use gaussianity::Gaussianity;
pub use goodness_of_fit::{GoodnessOfFit, GoodnessOfFitOptions};
pub use held::HeldFitError;
pub use information::AsimovInformation;
pub use intervals::{IntervalError, IntervalOptions, ONE_SIGMA, ProfileInterval, profile_interval};
pub use likelihood::{LogDensityGradient, fit_gradient, log_density_gradient};
pub use limits::{LimitError, LimitOptions, UpperLimit, UpperLimits};
pub use options::{AsimovData, HypothesisTestOptions};
pub use profile::ProfileRatio;
pub use pulls::{Pull, pulls};
pub use ranking::{Group, GroupImpact, Impact, RankedParameter, Ranking, RefittedImpacts, ranking};
pub use scans::{ScanPoint, scan_line, scan_plane};
pub use test_statistic::{TestStatistic, UnknownTestStatistic};
pub use toys::{
    EmpiricalDistribution, Estimate, ExpectedPValues, FailureCause, FitStage, Hypothesis,
    LARGEST_TOY, MOST_TOYS, TIE, TestSettings, ToyCalculator, ToyError, ToyFailure, ToyFileError,
    ToyGenerator, ToyHeader, ToyOptions, ToyRecord, ToyRun, ToySample, ToySet, ToyTest, ToyValue,
};
pub use uncertainty_gradient::{CovarianceGradients, ImpactKind};
pub use yields::{ChannelYields, Yields, postfit_yields, prefit_yields};

use crate::fit::{FitError, FitOptions, FitReport, lowest_minimum};
use crate::histfactory::{Evaluator, Model};

/// The maximum-likelihood fit of all free parameters, from the model's initial values.
///
/// # Errors
/// [`FitError`] where the fit cannot begin.
pub fn fit(data: &[f64], model: &Model) -> Result<FitReport, FitError> {
    let options = FitOptions::default();
    lowest_minimum(&mut Evaluator::new(model), data, model.suggested_init(), &[], &options)
}

/// The fit with the parameter of interest fixed at `poi`.
///
/// # Errors
/// As [`fit`].
pub fn fixed_poi_fit(poi: f64, data: &[f64], model: &Model) -> Result<FitReport, FitError> {
    let (initial, hold) = (model.suggested_init(), [(model.poi_index(), poi)]);
    lowest_minimum(&mut Evaluator::new(model), data, initial, &hold, &FitOptions::default())
}

/// The CLs test of signal strength `poi`, with its expected band.
///
/// # Errors
/// [`InferenceError`] where a fit cannot begin or the model has no sensitivity.
pub fn hypotest(
    poi: f64,
    data: &[f64],
    model: &Model,
    options: &HypothesisTestOptions,
) -> Result<Hypotest, InferenceError> {
    AsymptoticCalculator::new(model, data, *options)?.hypotest(poi)
}
