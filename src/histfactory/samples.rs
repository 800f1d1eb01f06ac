//! Expected events of single samples, and how parameters change them.
//!
//! Enters: an evaluator at a linearised point. Leaves: what the bins' rates and Jacobian are sums
//! of.

use super::evaluator::{Evaluator, to_range};
use super::model::ModelChannel;
use super::structure::Group;
use crate::kernels::rates::cell_rate;

impl Evaluator<'_> {
    /// Name, expected events and their Jacobian (row-major, bins x parameters) of each sample of a
    /// channel, in the model's order. The point must be linearised.
    pub(crate) fn samples<'a>(
        &'a self,
        channel: &'a ModelChannel,
    ) -> impl Iterator<Item = (String, Vec<f64>, Vec<f64>)> + 'a {
        let s = &self.model.structure;
        let is_part =
            |group: &&Group| channel.bins.contains(&(s.cell_bin[group.cells.start] as usize));
        let groups = s.groups.iter().filter(is_part);
        groups.zip(&channel.samples).map(|(group, name)| {
            let rate = |cell| cell_rate(&self.inputs[to_range(&s.input_start, cell)]);
            let mut jacobian = vec![0.0; group.cells.len() * s.n_parameters];
            for (cell, row) in group.cells.clone().zip(jacobian.chunks_exact_mut(s.n_parameters)) {
                self.add_cell_row(group, cell, row);
            }
            (name.clone(), group.cells.clone().map(rate).collect(), jacobian)
        })
    }
}
