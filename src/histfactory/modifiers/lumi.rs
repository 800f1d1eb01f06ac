//! `lumi`: the luminosity's factor; the measurement gives its value, bounds and uncertainty.

use super::{Action, ModifierType, Sites};
use crate::histfactory::WorkspaceError;
use crate::histfactory::parameters::{Constraint, Requirement};
use crate::histfactory::provenance::Site;

pub(super) struct Lumi;

impl ModifierType for Lumi {
    /// Empty lists stand for what the measurement must give.
    fn requirement(&self, _: Sites) -> Result<Requirement, WorkspaceError> {
        Ok(Requirement {
            scalar: true,
            inits: Vec::new(),
            bounds: Vec::new(),
            fixed: vec![false],
            constraint: Constraint::Normal { auxdata: Vec::new(), sigmas: Some(Vec::new()) },
        })
    }

    fn action<'a>(&self, _: Sites<'a>, _: Site) -> Result<Action<'a>, WorkspaceError> {
        Ok(Action::Factor)
    }
}
