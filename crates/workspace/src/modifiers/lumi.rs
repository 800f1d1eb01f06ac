//! `lumi`: the luminosity's factor; the measurement gives its value, bounds and uncertainty.

use super::{ModifierData, Node, WorkspaceError};

pub(super) const NAME: &str = "lumi";

pub(super) fn read(node: &Node, _bins: usize) -> Result<ModifierData, WorkspaceError> {
    node.null().map(|()| ModifierData::Lumi)
}
