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

use nalgebra::{DMatrix, DVector};

use super::error::InferenceError;
use super::pulls::auxiliary_measurement;
use crate::fit::{Covariance, FitReport};
use crate::histfactory::{DomainError, Evaluator, Model};

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

/// Variances and covariances of the parameters that are not known exactly.
struct Uncertain {
    places: Vec<usize>,
    covariance: DMatrix<f64>,
}

impl Uncertain {
    fn sigma(&self, gradient: &[f64]) -> f64 {
        let g = DVector::from_iterator(self.places.len(), self.places.iter().map(|&p| gradient[p]));
        (&self.covariance * &g).dot(&g).max(0.0).sqrt()
    }
}

/// Expected events at the initial values, with the parameters' own measurements as uncertainties.
///
/// # Errors
/// [`DomainError`] where a rate is not defined there or the data do not fit the model.
pub fn prefit_yields(model: &Model, data: &[f64]) -> Result<Vec<ChannelYields>, DomainError> {
    model.check_data(data)?;
    let fixed = model.suggested_fixed();
    let own: Vec<(usize, f64)> = model
        .constraints()
        .filter(|(p, ..)| !fixed[*p])
        .map(|(p, kind, width, datum)| (p, auxiliary_measurement(kind, width, data[datum]).1))
        .collect();
    let variances = DVector::from_iterator(own.len(), own.iter().map(|(_, width)| width * width));
    let places = own.iter().map(|(p, _)| *p).collect();
    let uncertain = Uncertain { places, covariance: DMatrix::from_diagonal(&variances) };
    yields(model, data, model.suggested_init(), &uncertain)
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
    let places = covariance.free().to_vec();
    let uncertain = Uncertain { places, covariance: covariance.matrix().clone() };
    Ok(yields(model, data, &report.parameters, &uncertain)?)
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
    let n = model.n_parameters();
    let channel = |channel: &crate::histfactory::ModelChannel| {
        let samples = e.samples(channel).map(|(name, events, jacobian)| {
            (name, with_uncertainties(events, &jacobian, n, uncertain))
        });
        let bins = channel.bins.clone();
        let jacobian = &e.jacobian()[n * bins.start..n * bins.end];
        let events = e.rates()[bins.clone()].to_vec();
        ChannelYields {
            name: channel.name.clone(),
            data: data[bins].to_vec(),
            samples: samples.collect(),
            sum: with_uncertainties(events, jacobian, n, uncertain),
        }
    };
    Ok(model.channels().iter().map(channel).collect())
}

/// `jacobian` is row-major, bins x parameters.
fn with_uncertainties(
    events: Vec<f64>,
    jacobian: &[f64],
    n: usize,
    uncertain: &Uncertain,
) -> Yields {
    let mut sum = vec![0.0; n];
    for row in jacobian.chunks_exact(n) {
        sum.iter_mut().zip(row).for_each(|(sum, entry)| *sum += entry);
    }
    Yields {
        uncertainties: jacobian.chunks_exact(n).map(|row| uncertain.sigma(row)).collect(),
        total: events.iter().sum(),
        total_uncertainty: uncertain.sigma(&sum),
        events,
    }
}
