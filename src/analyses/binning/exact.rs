//! The best contiguous binning of one column, found exactly.
//!
//! Edges are chosen among those of fine bins. Where the figure of merit is a sum over bins,
//! `F = sum_k f(edge_(k-1), edge_k)`, the best `F` with `k` bins up to edge `j` is
//! `F_k(j) = max_i F_(k-1)(i) + f(i, j)` (R. Bellman's dynamic programming), every bin with too little
//! background left out. The significance of one signal squared is such a sum.
//!
//! Of several signals the combined significance is a concave function of their squared
//! significances `q`, which no sum over bins gives. Linearised at a mixture of binnings it is one, so
//! steps of Frank and Wolfe lead to the best mixture; each step's binning is a candidate, and the
//! linearised optimum bounds what any binning can reach.
//! Source: M. Frank, P. Wolfe, Naval Research Logistics Quarterly 3 (1956) 95.

use rayon::prelude::*;

use super::error::BinningError;
use super::merit::{bin_significance_squared, variance};
use super::options::{BinningOptions, Combination};
use super::path::best_edges;
use super::processes::Processes;
use super::sorted::SortedColumn;
use crate::kernels::selection::Yield;

/// Steps of Frank and Wolfe at most, for several signals.
const MOST_STEPS: usize = 60;
/// Relative distance to the bound that is small enough.
const TOLERANCE: f64 = 1e-4;
/// Relative slack of the smallest background: sums in another order differ in the last digits.
pub(super) const SLACK: f64 = 1e-9;

/// Yields below each of some edges, and what stretches between two of them are worth.
pub(super) struct Stretches<'p> {
    processes: &'p Processes,
    options: &'p BinningOptions,
    /// Ascending; the first and the last stand for the open ends.
    pub(super) edges: Vec<f64>,
    /// Cumulative yields at the edges, a list a process.
    below: Vec<Vec<Yield>>,
    minimum: f64,
}

impl<'p> Stretches<'p> {
    pub(super) fn new(
        column: &SortedColumn,
        processes: &'p Processes,
        options: &'p BinningOptions,
        inner_edges: &[f64],
    ) -> Self {
        let (low, high) = column.range;
        let edges: Vec<f64> =
            std::iter::once(low).chain(inner_edges.iter().copied()).chain([high]).collect();
        let of_process = |process: usize| {
            let sorted = &column.processes[process];
            let inner = inner_edges.iter().map(|edge| sorted.below(*edge));
            std::iter::once(Yield::default()).chain(inner).chain([sorted.total()]).collect()
        };
        let below = processes.nominal().map(of_process).collect();
        let minimum = options.penalties.minimum_background.unwrap_or(0.0) * (1.0 - SLACK);
        Self { processes, options, edges, below, minimum }
    }

    fn of(&self, process: usize, i: usize, j: usize) -> Yield {
        let (from, to) = (self.below[process][i], self.below[process][j]);
        Yield { sum: to.sum - from.sum, squares: to.squares - from.squares }
    }

    /// The background between edges `i` and `j`; none where there is too little.
    pub(super) fn background(&self, i: usize, j: usize) -> Option<Yield> {
        let mut total = Yield::default();
        self.processes.backgrounds().for_each(|process| total += self.of(process, i, j));
        Some(total).filter(|total| total.sum >= self.minimum && total.sum > 0.0)
    }

    /// A signal's squared significance between edges `i` and `j`, over this background.
    pub(super) fn squared(&self, signal: usize, i: usize, j: usize, background: Yield) -> f64 {
        let signals = self.processes.signals();
        let others: f64 =
            signals.filter(|process| *process != signal).map(|p| self.of(p, i, j).sum).sum();
        let BinningOptions { objective, uncertainty, .. } = *self.options;
        let variance = variance(objective, uncertainty, background).0;
        let s = self.of(signal, i, j).sum;
        bin_significance_squared(objective, s, background.sum + others, variance)
    }
}

/// Squared significances of every stretch of fine bins, a list a signal, indexed by [`place`]; minus
/// infinity where the stretch has too little background.
pub(super) struct ExactTable {
    edges: Vec<f64>,
    squared: Vec<Vec<f64>>,
}

/// A binning and the squared significance of each signal.
#[derive(Clone, Debug, PartialEq)]
struct Candidate {
    edges: Vec<usize>,
    squared: Vec<f64>,
}

/// Where the stretch of fine bins from edge `i` to edge `j > i` stands.
fn place(i: usize, j: usize) -> usize {
    j * (j - 1) / 2 + i
}

impl ExactTable {
    /// Judges every stretch between fine edges, which ascend strictly inside the range.
    pub(super) fn new(
        column: &SortedColumn,
        processes: &Processes,
        options: &BinningOptions,
        fine_edges: &[f64],
    ) -> Self {
        let fine_bins = fine_edges.len() + 1;
        let stretches = Stretches::new(column, processes, options, fine_edges);
        let table = |signal: usize| {
            let worth = |(i, j)| {
                let background = stretches.background(i, j);
                background.map_or(f64::NEG_INFINITY, |b| stretches.squared(signal, i, j, b))
            };
            let uppers = (1..=fine_bins).into_par_iter();
            uppers.flat_map_iter(|j| (0..j).map(move |i| (i, j))).map(worth).collect()
        };
        let squared = processes.signals().map(table).collect();
        Self { edges: stretches.edges, squared }
    }

    /// The binning with the largest sum over signals of `weights` times squared significances; none
    /// where no binning has enough background in every bin.
    fn best(&self, bins: usize, weights: &[f64]) -> Option<Candidate> {
        let fine = self.edges.len() - 1;
        let value = |i: usize, j: usize| {
            let signals = self.squared.iter().zip(weights);
            let signals = signals.filter(|(_, weight)| **weight != 0.0);
            signals.map(|(squared, weight)| weight * squared[place(i, j)]).sum::<f64>()
        };
        let windows = vec![1..=fine - 1; bins - 1];
        let edges = best_edges(&windows, fine, value)?;
        let of_signal = |squared: &Vec<f64>| {
            edges.windows(2).map(|pair| squared[place(pair[0], pair[1])]).sum::<f64>()
        };
        let squared = self.squared.iter().map(of_signal).collect();
        Some(Candidate { edges, squared })
    }

    /// Boundaries of the best binning into `bins` bins by the combined significance, and a bound that
    /// no binning with edges among the fine ones exceeds.
    ///
    /// # Errors
    /// [`BinningError::NoExactBinning`].
    pub(super) fn solve(
        &self,
        options: &BinningOptions,
        bins: usize,
    ) -> Result<(Vec<f64>, f64), BinningError> {
        let signals = self.squared.len();
        let refuse = || BinningError::NoExactBinning {
            bins,
            fine_bins: self.edges.len() - 1,
            minimum: options.penalties.minimum_background.unwrap_or(0.0),
        };
        let mut best = self.best(bins, &vec![1.0; signals]).ok_or_else(refuse)?;
        let mut mixture = best.squared.clone();
        let mut bound = f64::INFINITY;
        for step in 0..MOST_STEPS {
            let (at_mixture, weights) = combined(options, &mixture);
            if signals == 1 {
                bound = at_mixture;
                break;
            }
            let next = self.best(bins, &weights).ok_or_else(refuse)?;
            let differences = next.squared.iter().zip(&mixture).zip(&weights);
            let gain: f64 = differences.map(|((new, old), weight)| weight * (new - old)).sum();
            bound = bound.min(at_mixture + gain);
            let share = 2.0 / (step as f64 + 2.0);
            for (old, new) in mixture.iter_mut().zip(&next.squared) {
                *old += share * (new - *old);
            }
            if combined(options, &next.squared).0 > combined(options, &best.squared).0 {
                best = next;
            }
            if gain <= TOLERANCE * at_mixture.abs() {
                break;
            }
        }
        let inner = &best.edges[1..best.edges.len() - 1];
        Ok((inner.iter().map(|edge| self.edges[*edge]).collect(), bound))
    }
}

/// The combined significance of squared significances, and its derivative by each.
pub(super) fn combined(options: &BinningOptions, squared: &[f64]) -> (f64, Vec<f64>) {
    // A signal without significance would have an infinite slope; this one is large enough.
    let smallest = 1e-12 * squared.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let significances: Vec<f64> = squared.iter().map(|q| q.max(smallest).sqrt()).collect();
    let (value, slopes) = options.combine(&significances);
    let by_squared = slopes.iter().zip(&significances).map(|(slope, z)| slope / (2.0 * z));
    (value, by_squared.collect())
}

/// Whether an exact binning can be found: the objective is a significance, and concave.
pub(super) fn is_exact(options: &BinningOptions) -> bool {
    let positive = options.signal_weights.iter().all(|weight| *weight >= 0.0);
    !options.objective.fits() && (options.combination == Combination::GeometricMean || positive)
}
