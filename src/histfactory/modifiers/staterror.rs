//! `staterror`: a factor for each bin with a Normal constraint, shared by a channel's samples.
//!
//! The width of a bin is the root of the samples' summed squared uncertainties over their summed
//! yields. Where that is 0, or the summed yield is not above 0, the parameter stays, fixed, with
//! width 1. One name in several channels gives one parameter for each bin of each.

use super::{Action, CarriersAdjoint, ModifierType, Sites};
use crate::histfactory::parameters::{Constraint, GAMMA_BOUNDS, Requirement};
use crate::histfactory::provenance::Site;
use crate::histfactory::{ModifierData, SampleGradient, WorkspaceError};
use crate::kernels::coefficients::{staterror_width, staterror_width_vjp};

pub(super) struct Staterror;

/// Whether a bin's factor is constrained by a width of its own.
fn is_alive(uncertainty: &[f64], nominal: &[f64]) -> bool {
    // The squares, because those of tiny uncertainties are 0, and so would be the width.
    uncertainty.iter().any(|u| u * u > 0.0) && nominal.iter().sum::<f64>() > 0.0
}

/// The modifiers of each channel.
fn channels(sites: Sites<'_>) -> impl Iterator<Item = &[Site]> {
    sites.sites.chunk_by(|a, b| a.channel == b.channel)
}

/// Uncertainties and nominal yields of one bin of a channel's samples, in events.
fn numbers(sites: Sites, carriers: &[Site], bin: usize) -> (Vec<f64>, Vec<f64>) {
    let of_sample = |site: &Site| {
        let (nominal, data) = sites.numbers(*site);
        let ModifierData::Staterror(uncertainty) = data else { unreachable!("of this type") };
        (uncertainty[bin], nominal[bin])
    };
    carriers.iter().map(of_sample).unzip()
}

/// Refuses a name that the samples carry in different channels, as pyhf cannot tell its bins.
fn check_even(sites: Sites) -> Result<(), WorkspaceError> {
    let carried = |wanted: &str| {
        let carriers = sites.sites.iter().filter(|site| sites.sample_name(**site) == wanted);
        carriers.map(|site| site.channel).collect::<Vec<_>>()
    };
    let other = sites.sample_name(sites.sites[0]);
    let expected = carried(other);
    match sites.sites.iter().map(|site| sites.sample_name(*site)).find(|s| carried(s) != expected) {
        None => Ok(()),
        Some(sample) => {
            let (name, sample, other) = (sites.name(), sample.to_owned(), other.to_owned());
            Err(WorkspaceError::UnevenStaterror { name: name.to_owned(), sample, other })
        }
    }
}

impl ModifierType for Staterror {
    fn requirement(&self, sites: Sites) -> Result<Requirement, WorkspaceError> {
        check_even(sites)?;
        let (mut sigmas, mut fixed) = (Vec::new(), Vec::new());
        for carriers in channels(sites) {
            for bin in 0..sites.bins(carriers[0]) {
                let (u, n) = numbers(sites, carriers, bin);
                sigmas.push(if is_alive(&u, &n) { staterror_width(&u, &n) } else { 1.0 });
                fixed.push(!is_alive(&u, &n));
            }
        }
        let auxdata = vec![1.0; sigmas.len()];
        Ok(Requirement {
            scalar: false,
            inits: auxdata.clone(),
            bounds: vec![GAMMA_BOUNDS; sigmas.len()],
            fixed,
            constraint: Constraint::Normal { auxdata, sigmas: Some(sigmas) },
        })
    }

    fn action<'a>(&self, sites: Sites<'a>, site: Site) -> Result<Action<'a>, WorkspaceError> {
        let before = channels(sites).take_while(|carriers| carriers[0].channel != site.channel);
        Ok(Action::BinFactors(before.map(|carriers| sites.bins(carriers[0])).sum()))
    }

    fn pull_back(&self, sites: Sites, by: &CarriersAdjoint, out: &mut [Vec<SampleGradient>]) {
        let mut by_width = by.width.iter();
        for carriers in channels(sites) {
            for bin in 0..sites.bins(carriers[0]) {
                let seed = *by_width.next().expect("a parameter per bin");
                let (u, n) = numbers(sites, carriers, bin);
                if seed == 0.0 || !is_alive(&u, &n) {
                    continue;
                }
                let (mut by_u, mut by_n) = (vec![0.0; u.len()], vec![0.0; n.len()]);
                staterror_width_vjp((&u, &n), (&mut by_u, &mut by_n), seed);
                for (k, site) in carriers.iter().enumerate() {
                    let out = &mut out[site.channel][site.sample];
                    out.data[bin] += by_n[k];
                    out.modifiers[site.modifier].lists_mut()[0][bin] += by_u[k];
                }
            }
        }
    }

    fn is_sorted_by_name(&self) -> bool {
        true
    }
}
