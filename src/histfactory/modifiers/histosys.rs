//! `histosys`: an additive shift of each bin, interpolated between -1 and +1 standard deviation.

use super::{Action, CarriersAdjoint, ModifierType, Sites, add_interpolated};
use crate::histfactory::parameters::Requirement;
use crate::histfactory::provenance::Site;
use crate::histfactory::{ModifierData, SampleGradient, WorkspaceError};

pub(super) struct Histosys;

impl ModifierType for Histosys {
    fn requirement(&self, _: Sites) -> Result<Requirement, WorkspaceError> {
        Ok(Requirement::unit_normal())
    }

    fn action<'a>(&self, sites: Sites<'a>, site: Site) -> Result<Action<'a>, WorkspaceError> {
        let (_, data) = sites.numbers(site);
        let ModifierData::Histosys { lo, hi } = data else { unreachable!("of this type") };
        Ok(Action::Shift(lo, hi))
    }

    fn pull_back(&self, sites: Sites, by: &CarriersAdjoint, out: &mut [Vec<SampleGradient>]) {
        add_interpolated(sites, by, out);
    }
}
