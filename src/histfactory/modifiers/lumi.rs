//! `lumi`: the luminosity's factor; the measurement gives its value, bounds and uncertainty.

use super::{ModifierData, Node, WorkspaceError};
use crate::histfactory::parameters::{Constraint, Requirement};

pub(in crate::histfactory) const NAME: &str = "lumi";

pub(super) fn read(node: &Node, _bins: usize) -> Result<ModifierData, WorkspaceError> {
    node.null().map(|()| ModifierData::Lumi)
}

/// Empty lists stand for what the measurement must give.
pub(in crate::histfactory) fn requirement() -> Requirement {
    Requirement {
        scalar: true,
        inits: Vec::new(),
        bounds: Vec::new(),
        fixed: vec![false],
        constraint: Constraint::Normal { auxdata: Vec::new(), sigmas: Some(Vec::new()) },
    }
}
