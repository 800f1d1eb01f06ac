//! `shapefactor`: a free factor for each bin, shared by bin number where channels share its name.

use super::{ModifierData, Node, WorkspaceError};
use crate::histfactory::parameters::Requirement;

pub(in crate::histfactory) const NAME: &str = "shapefactor";

pub(super) fn read(node: &Node, _bins: usize) -> Result<ModifierData, WorkspaceError> {
    node.null().map(|()| ModifierData::Shapefactor)
}

pub(in crate::histfactory) fn requirement(bins: usize) -> Requirement {
    Requirement::free(bins, false)
}
