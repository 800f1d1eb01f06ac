//! Expected events of samples and channels, with uncertainties.
//!
//! Enters: a model, a point, the covariance of its parameters. Leaves: the events of each sample
//! per bin and in total, their sums over samples, and uncertainties by linear propagation:
//! `variance = g^T C g` with `g` the derivatives of the events with respect to the parameters, so
//! that correlations through parameters shared between bins, samples and channels are included.
//!
//! After a fit `C` is the inverse of the exact Hessian and the Poisson fluctuation of the data is
//! not part of it. Before the fit `C` is diagonal: the squared widths of the parameters' own
//! measurements, 0 for parameters without one. Source: F. James, Statistical Methods in
//! Experimental Physics, 2nd ed., section 2.2.

use std::collections::BTreeMap;

use super::error::InferenceError;
use super::pulls::auxiliary_measurement;
use crate::fit::{Covariance, FitReport};
use crate::histfactory::{DomainError, Evaluator, Model};
use crate::kernels::likelihood::CellRate;

/// Expected events with their uncertainties, per bin and in total.
#[derive(Clone, Debug, PartialEq)]
pub struct Yields {
    /// One per bin.
    pub events: Vec<f64>,
    /// Their uncertainties.
    pub uncertainties: Vec<f64>,
    /// The sum over bins.
    pub total: f64,
    /// Its uncertainty, which allows for parameters shared between bins.
    pub total_uncertainty: f64,
}

/// A channel's data and expected events.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelYields {
    /// The channel's name.
    pub name: String,
    /// Data, one per bin.
    pub data: Vec<f64>,
    /// Each sample by its name, in the model's order.
    pub samples: Vec<(String, Yields)>,
    /// All samples together.
    pub sum: Yields,
}

/// How well the parameters are known.
enum Uncertain {
    /// Variances of uncorrelated parameters; 0 for those that are known exactly.
    Apart(Vec<f64>),
    Fitted(Box<Covariance>),
}

impl Uncertain {
    /// Uncertainty of a number, from its derivatives; a parameter that occurs twice has two parts.
    fn sigma(&self, slopes: &[(usize, f64)]) -> f64 {
        match self {
            Self::Fitted(covariance) => covariance.variance(slopes).max(0.0).sqrt(),
            Self::Apart(variances) => {
                let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
                slopes.iter().for_each(|(p, slope)| *sums.entry(*p).or_default() += slope);
                sums.iter().map(|(&p, slope)| variances[p] * slope * slope).sum::<f64>().sqrt()
            }
        }
    }
}

/// Expected events at the initial values, with the parameters' own measurements as uncertainties.
///
/// # Errors
/// [`DomainError`] where a rate is not defined there or the data do not fit the model.
pub fn prefit_yields(model: &Model, data: &[f64]) -> Result<Vec<ChannelYields>, DomainError> {
    model.check_data(data)?;
    let fixed = model.suggested_fixed();
    let mut variances = vec![0.0; model.n_parameters()];
    for (p, kind, width, datum) in model.constraints().filter(|(p, ..)| !fixed[*p]) {
        variances[p] = auxiliary_measurement(kind, width, data[datum]).1.powi(2);
    }
    yields(model, data, model.suggested_init(), &Uncertain::Apart(variances))
}

/// Expected events at a fit's parameters, with its covariance.
///
/// # Errors
/// [`InferenceError`] where the fit is not at a minimum or not determined, or the data do not fit the
/// model.
pub fn postfit_yields(
    model: &Model,
    data: &[f64],
    report: &FitReport,
) -> Result<Vec<ChannelYields>, InferenceError> {
    if !report.status.is_minimum() {
        return Err(InferenceError::NotAMinimum { status: report.status.name() });
    }
    let covariance = Covariance::new(model, data, report)?;
    Ok(yields(model, data, &report.parameters, &Uncertain::Fitted(Box::new(covariance)))?)
}

fn yields(
    model: &Model,
    data: &[f64],
    parameters: &[f64],
    uncertain: &Uncertain,
) -> Result<Vec<ChannelYields>, DomainError> {
    model.check_data(data)?;
    let mut evaluator = Evaluator::new(model);
    let e = evaluator.set_point(parameters)?.linearise();
    let channel = |channel: &crate::histfactory::ModelChannel| {
        let samples =
            e.samples(channel).map(|(name, cells)| (name, with_uncertainties(cells, uncertain)));
        let bins = channel.bins.clone();
        let sum = |bin: usize| CellRate { rate: e.rates()[bin], slopes: e.of_bin(bin).collect() };
        ChannelYields {
            name: channel.name.clone(),
            data: data[bins.clone()].to_vec(),
            samples: samples.collect(),
            sum: with_uncertainties(bins.map(sum).collect(), uncertain),
        }
    };
    Ok(model.channels().iter().map(channel).collect())
}

fn with_uncertainties(cells: Vec<CellRate>, uncertain: &Uncertain) -> Yields {
    let all: Vec<(usize, f64)> = cells.iter().flat_map(|cell| &cell.slopes).copied().collect();
    let events: Vec<f64> = cells.iter().map(|cell| cell.rate).collect();
    Yields {
        uncertainties: cells.iter().map(|cell| uncertain.sigma(&cell.slopes)).collect(),
        total: events.iter().sum(),
        total_uncertainty: uncertain.sigma(&all),
        events,
    }
}
