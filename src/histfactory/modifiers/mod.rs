//! What each of the seven modifier types does in a model: one file each, with the same parts.
//!
//! A type says which parameter it asks for, how it acts on a sample's yields, and what the
//! derivatives of both make of its own numbers. Its numbers in JSON are the business of the package
//! `diffhep-workspace`, where it has a file of the same name.

use super::parameters::Requirement;
use super::provenance::Site;
use super::{Channel, ModifierData, SampleGradient, WorkspaceError};

mod histosys;
mod lumi;
mod normfactor;
mod normsys;
mod shapefactor;
mod shapesys;
mod staterror;

/// How a modifier acts on the yields of its sample.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action<'a> {
    /// Adds a shift to each bin, interpolated between these yields at -1 and +1, in events.
    Shift(&'a [f64], &'a [f64]),
    /// Multiplies by a factor, interpolated between these at -1 and +1.
    Interpolated(f64, f64),
    /// Multiplies by the parameter.
    Factor,
    /// Multiplies each bin by a parameter of its own; the first bin's is this component.
    BinFactors(usize),
}

/// Derivatives with respect to what the modifiers of one type and name gave to a model.
pub(super) struct CarriersAdjoint {
    /// Per modifier, with respect to what its [`Action`] interpolates at -1 and at +1; empty where
    /// it interpolates nothing.
    pub(super) actions: Vec<(Vec<f64>, Vec<f64>)>,
    /// Per parameter, with respect to its constraint's width or `tau`, and to its auxiliary datum;
    /// 0 where the measurement replaces them.
    pub(super) width: Vec<f64>,
    pub(super) auxdata: Vec<f64>,
}

/// Modifiers of one type and name in their workspace.
#[derive(Clone, Copy)]
pub(super) struct Sites<'a> {
    pub(super) channels: &'a [Channel],
    /// In the order of sorted channels, then sorted samples; at least one.
    pub(super) sites: &'a [Site],
}

impl<'a> Sites<'a> {
    /// The nominal yields of a modifier's sample, in events, and its numbers.
    fn numbers(self, site: Site) -> (&'a [f64], &'a ModifierData) {
        let sample = &self.channels[site.channel].samples[site.sample];
        (&sample.data, &sample.modifiers[site.modifier].data)
    }

    /// How one of these modifiers acts, in a model that was compiled.
    pub(super) fn action(self, site: Site) -> Action<'a> {
        let (_, data) = self.numbers(site);
        modifier_type(data).action(self, site).expect("it was checked when the model was made")
    }

    fn name(self) -> &'a str {
        let Site { channel, sample, modifier } = self.sites[0];
        &self.channels[channel].samples[sample].modifiers[modifier].name
    }

    fn sample_name(self, site: Site) -> &'a str {
        &self.channels[site.channel].samples[site.sample].name
    }

    /// Bins of a modifier's channel.
    fn bins(self, site: Site) -> usize {
        self.channels[site.channel].samples[0].data.len()
    }
}

impl Site {
    fn path(self) -> String {
        let Self { channel, sample, modifier } = self;
        format!("/channels/{channel}/samples/{sample}/modifiers/{modifier}")
    }
}

/// A type of modifier.
pub(super) trait ModifierType {
    /// The parameter that all modifiers of this type and one name share.
    ///
    /// # Errors
    /// [`WorkspaceError`] where they cannot share it.
    fn requirement(&self, sites: Sites) -> Result<Requirement, WorkspaceError>;

    /// How one of them acts.
    ///
    /// # Errors
    /// [`WorkspaceError`] where the shared parameter does not fit it.
    fn action<'a>(&self, sites: Sites<'a>, site: Site) -> Result<Action<'a>, WorkspaceError>;

    /// Adds to the gradients of their samples what the derivatives make of the modifiers' numbers
    /// and of nominal yields, except through a shift, which the caller adds.
    fn pull_back(&self, _: Sites, _: &CarriersAdjoint, _: &mut [Vec<SampleGradient>]) {}

    /// Whether parameters of this type are sorted by name, and not in the order in which they are
    /// met.
    fn is_sorted_by_name(&self) -> bool {
        false
    }
}

/// The type of a modifier with such data.
pub(super) fn modifier_type(data: &ModifierData) -> &'static dyn ModifierType {
    match data {
        ModifierData::Histosys { .. } => &histosys::Histosys,
        ModifierData::Lumi => &lumi::Lumi,
        ModifierData::Normfactor => &normfactor::Normfactor,
        ModifierData::Normsys { .. } => &normsys::Normsys,
        ModifierData::Shapefactor => &shapefactor::Shapefactor,
        ModifierData::Shapesys(_) => &shapesys::Shapesys,
        ModifierData::Staterror(_) => &staterror::Staterror,
    }
}

/// Adds derivatives with respect to interpolated numbers to the lists of the same numbers.
fn add_interpolated(sites: Sites, by: &CarriersAdjoint, out: &mut [Vec<SampleGradient>]) {
    for (site, (by_lo, by_hi)) in sites.sites.iter().zip(&by.actions) {
        let lists = out[site.channel][site.sample].modifiers[site.modifier].lists_mut();
        for (list, by_list) in lists.into_iter().zip([by_lo, by_hi]) {
            list.iter_mut().zip(by_list).for_each(|(sum, by)| *sum += by);
        }
    }
}
