//! `shapefactor`: a free factor for each bin, shared by bin number where channels share its name.

use super::{ModifierData, Node, WorkspaceError};

pub(super) const NAME: &str = "shapefactor";

pub(super) fn read(node: &Node, _bins: usize) -> Result<ModifierData, WorkspaceError> {
    node.null().map(|()| ModifierData::Shapefactor)
}
