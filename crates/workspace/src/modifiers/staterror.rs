//! `staterror`: a factor for each bin with a Normal constraint, shared by a channel's samples.
//!
//! The width of a bin is the root of the samples' summed squared uncertainties over their summed
//! yields. Where that is 0, or the summed yield is not above 0, the parameter remains but is fixed,
//! with width 1. One name in several channels gives one parameter per bin of each channel.

use super::{ModifierData, Node, WorkspaceError};

pub(super) const NAME: &str = "staterror";

pub(super) fn read(node: &Node, bins: usize) -> Result<ModifierData, WorkspaceError> {
    node.numbers_per_bin(bins).map(ModifierData::Staterror)
}
