//! `shapesys`: an uncorrelated factor for each bin with a Poisson constraint.
//!
//! The auxiliary count of a bin is `tau = (nominal / uncertainty)^2`. Where nominal or uncertainty
//! is not above 0, or `tau` is out of range, the bin is dead: its parameter stays, fixed at 1, with
//! `tau` = 1.

use super::{Action, CarriersAdjoint, ModifierType, Sites};
use crate::histfactory::parameters::{Constraint, GAMMA_BOUNDS, Requirement};
use crate::histfactory::provenance::Site;
use crate::histfactory::{ModifierData, SampleGradient, WorkspaceError};
use crate::kernels::coefficients::{shapesys_tau, shapesys_tau_vjp};

pub(super) struct Shapesys;

/// Whether a bin's factor is constrained by data of its own.
fn is_alive(nominal: f64, uncertainty: f64) -> bool {
    let tau = shapesys_tau(nominal, uncertainty);
    nominal > 0.0 && uncertainty > 0.0 && tau > 0.0 && tau.is_finite()
}

/// Nominal yield and uncertainty of each bin, in events.
fn bins(sites: Sites, site: Site) -> impl Iterator<Item = (f64, f64)> + Clone {
    let (nominal, data) = sites.numbers(site);
    let ModifierData::Shapesys(uncertainty) = data else { unreachable!("of this type") };
    nominal.iter().copied().zip(uncertainty.iter().copied())
}

impl ModifierType for Shapesys {
    fn requirement(&self, sites: Sites) -> Result<Requirement, WorkspaceError> {
        if let Some(second) = sites.sites.get(1) {
            let (path, name) = (second.path(), sites.name().to_owned());
            return Err(WorkspaceError::SharedShapesys { path, name });
        }
        let bins = bins(sites, sites.sites[0]);
        let tau = |(n, u)| if is_alive(n, u) { shapesys_tau(n, u) } else { 1.0 };
        let factors: Vec<f64> = bins.clone().map(tau).collect();
        Ok(Requirement {
            scalar: false,
            inits: vec![1.0; factors.len()],
            bounds: vec![GAMMA_BOUNDS; factors.len()],
            fixed: bins.map(|(n, u)| !is_alive(n, u)).collect(),
            constraint: Constraint::Poisson { auxdata: factors.clone(), factors },
        })
    }

    fn action<'a>(&self, _: Sites<'a>, _: Site) -> Result<Action<'a>, WorkspaceError> {
        Ok(Action::BinFactors(0))
    }

    fn pull_back(&self, sites: Sites, by: &CarriersAdjoint, out: &mut [Vec<SampleGradient>]) {
        let site = sites.sites[0];
        let out = &mut out[site.channel][site.sample];
        let [by_uncertainty] = &mut out.modifiers[site.modifier].lists_mut()[..] else { return };
        for (bin, (nominal, uncertainty)) in bins(sites, site).enumerate() {
            if is_alive(nominal, uncertainty) {
                // tau is both the constraint's factor and its auxiliary count.
                let by_tau = by.width[bin] + by.auxdata[bin];
                let (by_n, by_u) = shapesys_tau_vjp(nominal, uncertainty, by_tau);
                out.data[bin] += by_n;
                by_uncertainty[bin] += by_u;
            }
        }
    }
}
