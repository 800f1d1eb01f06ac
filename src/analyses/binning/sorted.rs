//! Bins of one column, made of sorted events between sigmoid boundaries.

use rayon::prelude::*;

use crate::kernels::binning::{BinningScratch, SoftBins, SortedEvents};
use crate::kernels::boundaries::{ordered_boundaries, ordered_boundaries_vjp};
use crate::kernels::selection::Yield;

/// Minimum number of segments that is worth another thread.
const FEWEST_SEGMENTS: usize = 8;

/// Every process, sorted by the column that is binned, and the range of the bins.
#[derive(Clone, Debug)]
pub(super) struct SortedColumn {
    pub(super) column: String,
    pub(super) range: (f64, f64),
    pub(super) processes: Vec<SortedEvents>,
}

impl SortedColumn {
    /// Ascending boundaries, in units of the column, from the descent's parameters.
    pub(super) fn boundaries(&self, parameters: &[f64]) -> Vec<f64> {
        let mut boundaries = vec![0.0; parameters.len()];
        ordered_boundaries(parameters, self.range, &mut boundaries);
        boundaries
    }

    /// Boundaries of bins of equal width.
    pub(super) fn equidistant(&self, bins: usize) -> Vec<f64> {
        let (low, high) = self.range;
        (1..bins).map(|j| low + (high - low) * j as f64 / bins as f64).collect()
    }

    /// Boundaries at the quantiles of all signal events, moved into the range.
    pub(super) fn quantiles(&self, bins: usize, signals: usize) -> Vec<f64> {
        let signals = self.processes[..signals].iter();
        let mut values: Vec<f64> = signals.flat_map(|signal| signal.values()).copied().collect();
        values.sort_unstable_by(f64::total_cmp);
        let (low, high) = self.range;
        (1..bins).map(|j| values[j * values.len() / bins].clamp(low, high)).collect()
    }

    /// Soft bins of every process; `squares` tells for which of them the sums of squared weights
    /// are needed.
    ///
    /// `hardness` is the steepness in inverse widths of the range.
    pub(super) fn soft(
        &self,
        parameters: &[f64],
        hardness: f64,
        squares: &[bool],
    ) -> Vec<SoftBins> {
        let boundaries = self.boundaries(parameters);
        let steepness = hardness / (self.range.1 - self.range.0);
        let mut bins = vec![SoftBins::new(boundaries.len()); self.processes.len()];
        let mut jobs = Vec::new();
        for (i, (process, bins)) in self.processes.iter().zip(&mut bins).enumerate() {
            let reached = process.split(&boundaries, steepness, bins);
            jobs.extend(reached.into_iter().map(|segment| (i, segment)));
        }
        let parts = jobs.par_iter().with_min_len(FEWEST_SEGMENTS);
        let parts = parts.map_init(BinningScratch::new, |scratch, (i, segment)| {
            self.processes[*i].soft_bins(segment, &boundaries, steepness, squares[*i], scratch)
        });
        // The parts are added in the order of the segments, so that the result is bit-identical for
        // any number of threads.
        for ((i, _), part) in jobs.iter().zip(parts.collect::<Vec<_>>()) {
            bins[*i].add(&part);
        }
        bins
    }

    /// Adds to `gradient` the derivatives with respect to the parameters, given the derivatives
    /// `slopes` with respect to the yields.
    pub(super) fn pull_back(
        &self,
        parameters: &[f64],
        bins: &[SoftBins],
        slopes: &[Vec<Yield>],
        gradient: &mut [f64],
    ) {
        let mut by_boundary = vec![0.0; parameters.len()];
        for (bins, slopes) in bins.iter().zip(slopes) {
            bins.pull_back(slopes, &mut by_boundary);
        }
        ordered_boundaries_vjp(parameters, self.range, &by_boundary, gradient);
    }

    /// Yields of every process between hard boundaries.
    pub(super) fn hard(&self, boundaries: &[f64]) -> Vec<Vec<Yield>> {
        self.processes.iter().map(|process| process.hard_yields(boundaries)).collect()
    }
}
