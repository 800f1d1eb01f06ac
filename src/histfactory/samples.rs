//! Expected events of single samples, and how parameters change them.
//!
//! Enters: a linearised point. Leaves: what the bins' rates and Jacobian are sums of.

use super::evaluator::Linearised;
use super::model::ModelChannel;
use crate::kernels::likelihood::CellRate;

impl Linearised<'_, '_> {
    /// Name and expected events, with their derivatives, of each sample of a channel, in the
    /// model's order.
    pub(crate) fn samples<'a>(
        &'a self,
        channel: &'a ModelChannel,
    ) -> impl Iterator<Item = (String, Vec<CellRate>)> + 'a {
        let s = &self.model().structure;
        let is_part = |g: &usize| {
            let first = s.groups[*g].cells.start;
            channel.bins.contains(&(s.cell_bin[first] as usize))
        };
        let groups = (0..s.groups.len()).filter(is_part);
        groups.zip(&channel.samples).map(|(group, name)| (name.clone(), self.group(group)))
    }
}
