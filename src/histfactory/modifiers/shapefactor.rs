//! `shapefactor`: a free factor for each bin, shared by bin number where channels share its name.

use super::{Action, ModifierType, Sites};
use crate::histfactory::WorkspaceError;
use crate::histfactory::parameters::Requirement;
use crate::histfactory::provenance::Site;

pub(super) struct Shapefactor;

impl ModifierType for Shapefactor {
    /// As many factors as the first channel has bins.
    fn requirement(&self, sites: Sites) -> Result<Requirement, WorkspaceError> {
        Ok(Requirement::free(sites.bins(sites.sites[0]), false))
    }

    fn action<'a>(&self, sites: Sites<'a>, site: Site) -> Result<Action<'a>, WorkspaceError> {
        let (components, bins) = (sites.bins(sites.sites[0]), sites.bins(site));
        if components < bins {
            let (path, name) = (site.path(), sites.name().to_owned());
            let channel = sites.channels[site.channel].name.clone();
            return Err(WorkspaceError::ShortShapefactor { path, name, components, bins, channel });
        }
        Ok(Action::BinFactors(0))
    }
}
