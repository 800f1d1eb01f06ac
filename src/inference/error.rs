//! Why a test, or a quantity derived from a fit, has no result.

use crate::fit::{AdjointError, FitError};
use crate::histfactory::DomainError;

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
    /// The data distinguish the hypotheses but the Asimov data do not.
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
        /// The parameter with the largest component in the undetermined direction.
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
    /// A quantity that only a minimum has was requested of another fit.
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
    /// A pre-fit impact was requested for a parameter without a width of its own.
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
        /// The requested index.
        index: usize,
        /// How many there are.
        parameters: usize,
    },
    /// An invalid confidence level.
    #[error("a confidence level of {level} is none: give one between 0 and 1, such as 0.95")]
    Level {
        /// The level.
        level: f64,
    },
    /// An upper limit was requested with q0.
    #[error("q0 tests for discovery, not for an upper limit; choose q or qtilde, or `discovery`")]
    DiscoveryStatistic,
}
