//! Which nuisance parameters the uncertainty of the parameter of interest comes from.
//!
//! Enters: a fit with all parameters free, its data. Leaves, for every nuisance parameter that the
//! fit moved, its pull and constraint, and its impact: the change of the fitted parameter of
//! interest `mu` when the parameter `theta` is fixed one standard deviation up or down and all
//! others are refitted.
//!
//! With the covariance `C` (inverse of the exact Hessian of -ln L) the linear impact is
//! `d mu = C_(mu theta) / C_(theta theta) * d theta`: `d theta` is `sigma_theta` after the fit, and
//! the width of the parameter's own measurement before it (*pre-fit*; parameters without one have
//! none). One solve `H x = e_mu` gives all `C_(mu theta)`; refits give the impacts without the
//! approximation.
//!
//! A group's impact is `sqrt(sigma^2 - sigma_known^2)`, `sigma_known` the uncertainty of `mu` if
//! the group's parameters were known. The statistical uncertainty is what remains if all
//! constrained parameters are known. Source: ATLAS and CMS, ATL-PHYS-PUB-2011-11, section 5; F.
//! James, Statistical Methods in Experimental Physics, 2nd ed., section 9.1.2.

use rayon::prelude::*;

use super::calculator::refuse_fixed_poi;
use super::error::InferenceError;
use super::held::{HeldFitError, held_minimum};
use super::pulls::auxiliary_measurement;
use crate::fit::{Covariance, FitOptions, FitReport};
use crate::histfactory::{Evaluator, Model};

/// Changes of the fitted parameter of interest.
#[derive(Clone, Debug, PartialEq)]
pub struct Impact<T = f64> {
    /// With the nuisance parameter fixed one standard deviation up.
    pub up: T,
    /// With the nuisance parameter fixed one standard deviation down.
    pub down: T,
}

/// A nuisance parameter's contribution to the uncertainty of the parameter of interest.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedParameter {
    /// The parameter's name.
    pub name: String,
    /// Its index.
    pub parameter: usize,
    /// Its fitted value.
    pub fitted: f64,
    /// Its uncertainty after the fit.
    pub sigma: f64,
    /// Fitted value less the measured one, in widths of its own measurement; `None` without one.
    pub pull: Option<f64>,
    /// Uncertainty after the fit in widths of its own measurement; `None` without one.
    pub constraint: Option<f64>,
    /// The width of its own measurement; `None` without one.
    pub width: Option<f64>,
    /// Linear impact of `sigma`.
    pub post_fit: Impact,
    /// Linear impact of `width`.
    pub pre_fit: Option<Impact>,
}

/// Nuisance parameters by their impact on the parameter of interest.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// Fitted parameter of interest.
    pub poi: f64,
    /// Its uncertainty.
    pub sigma: f64,
    /// Largest post-fit impact first.
    pub parameters: Vec<RankedParameter>,
    /// Names of nuisance parameters that the fit left at a bound or at a kink of their
    /// interpolation: they count as known.
    pub left_out: Vec<String>,
    /// The covariance from which all numbers are computed.
    pub covariance: Covariance,
}

/// A group of nuisance parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Indices of its parameters; those that are not free contribute nothing.
    pub parameters: Vec<usize>,
}

/// A group's contribution to the uncertainty of the parameter of interest.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupImpact {
    /// The group's name.
    pub name: String,
    /// How many free parameters it has.
    pub size: usize,
    /// `sqrt(sigma^2 - sigma_known^2)`, in units of the parameter of interest.
    pub impact: f64,
}

/// Impacts of one parameter by refits.
#[derive(Clone, Debug, PartialEq)]
pub struct RefittedImpacts {
    /// Of its uncertainty after the fit.
    pub post_fit: Impact<Result<f64, HeldFitError>>,
    /// Of the width of its own measurement; `None` without one.
    pub pre_fit: Option<Impact<Result<f64, HeldFitError>>>,
}

/// Ranks the nuisance parameters of a fit with all parameters free.
///
/// # Errors
/// [`InferenceError`] where the fit is not at a minimum or not determined, the parameter of
/// interest is fixed or ended at a bound, or the data do not fit the model.
pub fn ranking(
    model: &Model,
    data: &[f64],
    free_fit: &FitReport,
) -> Result<Ranking, InferenceError> {
    refuse_fixed_poi(model)?;
    if !free_fit.status.is_minimum() {
        return Err(InferenceError::NotAMinimum { status: free_fit.status.name() });
    }
    let poi = model.poi_index();
    let covariance = Covariance::new(model, data, free_fit)?;
    let Some(sigma) = covariance.sigma(poi) else {
        let value = free_fit.parameters[poi];
        return Err(InferenceError::PoiAtBound { poi: model.poi_name().to_owned(), value });
    };
    let mut measured = vec![None; model.n_parameters()];
    for (p, kind, width, datum) in model.constraints() {
        measured[p] = Some(auxiliary_measurement(kind, width, data[datum]));
    }
    let (nuisance, of_poi) = (|p: &&usize| **p != poi, covariance.column(poi));
    let entry = |&p: &usize| {
        let (fitted, variance) = (free_fit.parameters[p], covariance.between(p, p));
        let sigma = variance.sqrt();
        let slope = of_poi[p] / variance;
        let linear = |step: f64| Impact { up: slope * step, down: -slope * step };
        let own: Option<(f64, f64)> = measured[p];
        RankedParameter {
            name: model.parameter_names()[p].clone(),
            parameter: p,
            fitted,
            sigma,
            pull: own.map(|(centre, width)| (fitted - centre) / width),
            constraint: own.map(|(_, width)| sigma / width),
            width: own.map(|(_, width)| width),
            post_fit: linear(sigma),
            pre_fit: own.map(|(_, width)| linear(width)),
        }
    };
    let mut parameters: Vec<RankedParameter> =
        covariance.free().iter().filter(nuisance).map(entry).collect();
    parameters.sort_by(|a, b| b.post_fit.up.abs().total_cmp(&a.post_fit.up.abs()));
    let stopped = [free_fit.at_bounds.as_slice(), &free_fit.at_kinks].concat();
    let left_out = (0..model.n_parameters()).filter(|p| stopped.contains(p));
    let left_out = left_out.filter(|p| !covariance.is_free(*p));
    let left_out = left_out.map(|p| model.parameter_names()[p].clone()).collect();
    Ok(Ranking { poi: free_fit.parameters[poi], sigma, parameters, left_out, covariance })
}

impl Ranking {
    /// Impacts of groups, in the given order.
    pub fn groups(&self, model: &Model, groups: &[Group]) -> Vec<GroupImpact> {
        let impact = |group: &Group| {
            let is_part = |p: &&usize| self.covariance.is_free(**p) && **p != model.poi_index();
            let known: Vec<usize> = group.parameters.iter().filter(is_part).copied().collect();
            let left = self.covariance.sigma_with_known(model.poi_index(), &known);
            let left = left.expect("the parameter of interest is free");
            let impact = (self.sigma * self.sigma - left * left).max(0.0).sqrt();
            GroupImpact { name: group.name.clone(), size: known.len(), impact }
        };
        groups.iter().map(impact).collect()
    }

    /// The uncertainty of the parameter of interest if all constrained parameters were known.
    pub fn statistical(&self, model: &Model) -> f64 {
        let constrained: Vec<usize> = model.constraints().map(|c| c.0).collect();
        let left = self.covariance.sigma_with_known(model.poi_index(), &constrained);
        left.expect("the parameter of interest is free")
    }

    /// The impacts by refits, in the order of [`Ranking::parameters`]; in parallel, each fit
    /// starting from the free one, so results do not depend on the threads.
    pub fn refit(
        &self,
        model: &Model,
        data: &[f64],
        free_fit: &FitReport,
        options: &FitOptions,
    ) -> Vec<RefittedImpacts> {
        let refit = |evaluator: &mut Evaluator, ranked: &RankedParameter| {
            let mut impact = |step: f64| {
                let held = (ranked.parameter, ranked.fitted + step);
                let fit = held_minimum(evaluator, data, &free_fit.parameters, held, options)?;
                Ok(fit.parameters[model.poi_index()] - self.poi)
            };
            let mut pair = |step: f64| Impact { up: impact(step), down: impact(-step) };
            RefittedImpacts { post_fit: pair(ranked.sigma), pre_fit: ranked.width.map(pair) }
        };
        self.parameters.par_iter().map_init(|| Evaluator::new(model), refit).collect()
    }
}
