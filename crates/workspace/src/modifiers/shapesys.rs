//! `shapesys`: an uncorrelated factor for each bin with a Poisson constraint.
//!
//! The auxiliary count of a bin is `tau = (nominal / uncertainty)^2`. Where nominal or uncertainty
//! is not above 0, or `tau` is out of range, the bin is dead: its parameter remains but is fixed at
//! 1, with `tau` = 1.

use super::{ModifierData, Node, WorkspaceError};

pub(super) const NAME: &str = "shapesys";

pub(super) fn read(node: &Node, bins: usize) -> Result<ModifierData, WorkspaceError> {
    node.numbers_per_bin(bins).map(ModifierData::Shapesys)
}
