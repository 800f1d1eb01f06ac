//! `normfactor`: a free factor, the usual type of a parameter of interest.

use super::{ModifierData, Node, WorkspaceError};

pub(super) const NAME: &str = "normfactor";

pub(super) fn read(node: &Node, _bins: usize) -> Result<ModifierData, WorkspaceError> {
    node.null().map(|()| ModifierData::Normfactor)
}
