//! `normsys`: a factor, interpolated between -1 and +1 standard deviation.
//!
//! Both factors must be above 0, because the interpolation takes their logarithms.

use super::{Action, CarriersAdjoint, ModifierType, Sites, add_interpolated};
use crate::histfactory::parameters::Requirement;
use crate::histfactory::provenance::Site;
use crate::histfactory::{ModifierData, SampleGradient, WorkspaceError};

pub(super) struct Normsys;

impl ModifierType for Normsys {
    fn requirement(&self, _: Sites) -> Result<Requirement, WorkspaceError> {
        Ok(Requirement::unit_normal())
    }

    fn action<'a>(&self, sites: Sites<'a>, site: Site) -> Result<Action<'a>, WorkspaceError> {
        let (_, data) = sites.numbers(site);
        let ModifierData::Normsys { lo, hi } = data else { unreachable!("of this type") };
        Ok(Action::Interpolated(*lo, *hi))
    }

    fn pull_back(&self, sites: Sites, by: &CarriersAdjoint, out: &mut [Vec<SampleGradient>]) {
        add_interpolated(sites, by, out);
    }
}
