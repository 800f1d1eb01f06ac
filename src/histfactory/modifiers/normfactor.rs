//! `normfactor`: a free factor, the usual type of a parameter of interest.

use super::{Action, ModifierType, Sites};
use crate::histfactory::WorkspaceError;
use crate::histfactory::parameters::Requirement;
use crate::histfactory::provenance::Site;

pub(super) struct Normfactor;

impl ModifierType for Normfactor {
    fn requirement(&self, _: Sites) -> Result<Requirement, WorkspaceError> {
        Ok(Requirement::free(1, true))
    }

    fn action<'a>(&self, _: Sites<'a>, _: Site) -> Result<Action<'a>, WorkspaceError> {
        Ok(Action::Factor)
    }
}
