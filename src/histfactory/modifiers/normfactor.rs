//! `normfactor`: a free factor, the usual type of a parameter of interest.

use super::{ModifierData, Node, WorkspaceError};
use crate::histfactory::parameters::Requirement;

pub(in crate::histfactory) const NAME: &str = "normfactor";

pub(super) fn read(node: &Node, _bins: usize) -> Result<ModifierData, WorkspaceError> {
    node.null().map(|()| ModifierData::Normfactor)
}

pub(in crate::histfactory) fn requirement() -> Requirement {
    Requirement::free(1, true)
}
