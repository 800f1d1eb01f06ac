//! `histosys`: an additive shift of each bin, interpolated between -1 and +1 standard deviation.

use super::{ModifierData, Node, WorkspaceError};

pub(super) const NAME: &str = "histosys";

pub(super) fn read(node: &Node, bins: usize) -> Result<ModifierData, WorkspaceError> {
    node.only(&["lo_data", "hi_data"])?;
    let lo = node.field("lo_data")?.numbers_per_bin(bins)?;
    let hi = node.field("hi_data")?.numbers_per_bin(bins)?;
    Ok(ModifierData::Histosys { lo, hi })
}
