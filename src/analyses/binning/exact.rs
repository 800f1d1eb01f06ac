//! The best contiguous binning of one column, found exactly.
//!
//! Edges are chosen among those of fine bins. Where the figure of merit is a sum over bins,
//! `F = sum_k f(edge_(k-1), edge_k)`, the best `F` with `k` bins up to edge `j` is
//! `F_k(j) = max_i F_(k-1)(i) + f(i, j)` (R. Bellman's dynamic programming), where bins with too
//! little background are excluded. The squared significance of a single signal is such a sum.
//!
//! For several signals, the combined significance is a concave function of their squared
//! significances `q` and not a sum over bins; neither is a significance minus penalties on
//! uncertainties, although the penalties are sums themselves. Linearised at a mixture of binnings
//! it becomes a sum, so Frank-Wolfe steps converge to the best mixture; each step's binning is a
//! candidate, and the linearised optimum bounds what any binning can reach. Source: M. Frank, P.
//! Wolfe, Naval Research Logistics Quarterly 3 (1956) 95.

use rayon::prelude::*;

use super::error::BinningError;
use super::options::{BinningOptions, Penalties};
use super::path::best_edges;
use super::processes::Processes;
use super::significance::{bin_significance_squared, variance};
use super::sorted::SortedColumn;
use crate::kernels::penalty::high_uncertainty_penalty;
use crate::kernels::selection::Yield;

/// Maximum number of Frank-Wolfe steps for several signals.
const MOST_STEPS: usize = 60;
/// Relative distance to the bound at which the search stops.
const TOLERANCE: f64 = 1e-4;

/// The contents and worth of the stretches between any two of a list of edges.
pub(super) struct Stretches<'p> {
    column: &'p SortedColumn,
    processes: &'p Processes,
    options: &'p BinningOptions,
    /// Ascending edges; the first and the last represent the open ends.
    pub(super) edges: Vec<f64>,
    /// The number of events below each edge, one list per process.
    events: Vec<Vec<usize>>,
}

impl<'p> Stretches<'p> {
    pub(super) fn new(
        column: &'p SortedColumn,
        processes: &'p Processes,
        options: &'p BinningOptions,
        inner_edges: &[f64],
    ) -> Self {
        let (low, high) = column.range;
        let edges: Vec<f64> =
            std::iter::once(low).chain(inner_edges.iter().copied()).chain([high]).collect();
        let of_process = |process: usize| {
            let sorted = &column.processes[process];
            let inner = inner_edges.iter().map(|edge| sorted.events_below(*edge));
            std::iter::once(0).chain(inner).chain([sorted.values().len()]).collect()
        };
        let events = processes.nominal().map(of_process).collect();
        Self { column, processes, options, edges, events }
    }

    fn of(&self, process: usize, i: usize, j: usize) -> Yield {
        let events = &self.events[process];
        self.column.processes[process].between(events[i], events[j])
    }

    /// The background between edges `i` and `j`; `None` if there is too little.
    pub(super) fn background(&self, i: usize, j: usize) -> Option<Yield> {
        let mut total = Yield::default();
        self.processes.backgrounds().for_each(|process| total += self.of(process, i, j));
        Some(total).filter(|total| self.options.penalties.is_sound(*total))
    }

    /// The weighted penalty on the uncertainty of this background.
    pub(super) fn penalty(&self, background: Yield) -> f64 {
        let Penalties { maximum_uncertainty, uncertainty_weight, .. } = self.options.penalties;
        if uncertainty_weight == 0.0 {
            return 0.0;
        }
        let Yield { sum, squares } = background;
        uncertainty_weight * high_uncertainty_penalty(sum, squares, maximum_uncertainty).value
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

/// The worth of every stretch of fine bins, indexed by [`place`].
pub(super) struct ExactTable {
    edges: Vec<f64>,
    /// Squared significances, one list per signal; minus infinity where there is too little
    /// background.
    squared: Vec<Vec<f64>>,
    /// Penalties on the uncertainty; empty if their weight is zero.
    penalties: Vec<f64>,
}

/// A binning, the squared significance of each signal, and its penalty.
#[derive(Clone, Debug, PartialEq)]
struct Candidate {
    edges: Vec<usize>,
    squared: Vec<f64>,
    penalty: f64,
}

/// The index of the stretch of fine bins from edge `i` to edge `j > i`.
fn place(i: usize, j: usize) -> usize {
    j * (j - 1) / 2 + i
}

impl ExactTable {
    /// Evaluates every stretch between fine edges, which must ascend strictly inside the range.
    pub(super) fn new(
        column: &SortedColumn,
        processes: &Processes,
        options: &BinningOptions,
        fine_edges: &[f64],
    ) -> Self {
        let fine_bins = fine_edges.len() + 1;
        let stretches = Stretches::new(column, processes, options, fine_edges);
        let table = |worth: &(dyn Fn(usize, usize, Yield) -> f64 + Sync), without: f64| {
            let worth = |(i, j)| {
                stretches.background(i, j).map_or(without, |background| worth(i, j, background))
            };
            let uppers = (1..=fine_bins).into_par_iter();
            uppers.flat_map_iter(|j| (0..j).map(move |i| (i, j))).map(worth).collect::<Vec<_>>()
        };
        let squared = |signal: usize| {
            table(
                &|i, j, background| stretches.squared(signal, i, j, background),
                f64::NEG_INFINITY,
            )
        };
        let squared = processes.signals().map(squared).collect();
        let penalties = match options.penalties.uncertainty_weight > 0.0 {
            true => table(&|_, _, background| stretches.penalty(background), 0.0),
            false => Vec::new(),
        };
        Self { edges: stretches.edges, squared, penalties }
    }

    /// The penalty of the stretch at an index.
    fn penalty(&self, place: usize) -> f64 {
        self.penalties.get(place).copied().unwrap_or(0.0)
    }

    /// The binning with the largest sum over signals of `weights` times squared significances,
    /// minus penalties; `None` if no binning has enough background in every bin.
    fn best(&self, bins: usize, weights: &[f64]) -> Option<Candidate> {
        let fine = self.edges.len() - 1;
        if bins > fine {
            return None;
        }
        let value = |i: usize, j: usize| {
            let signals = self.squared.iter().zip(weights);
            let signals = signals.filter(|(_, weight)| **weight != 0.0);
            let worth = signals.map(|(squared, weight)| weight * squared[place(i, j)]).sum::<f64>();
            worth - self.penalty(place(i, j))
        };
        let windows = vec![1..=fine - 1; bins - 1];
        let edges = best_edges(&windows, fine, value)?;
        let sum = |of: &dyn Fn(usize) -> f64| {
            edges.windows(2).map(|pair| of(place(pair[0], pair[1]))).sum::<f64>()
        };
        let squared = self.squared.iter().map(|squared| sum(&|place| squared[place])).collect();
        let penalty = sum(&|place| self.penalty(place));
        Some(Candidate { edges, squared, penalty })
    }

    /// The boundaries of the best binning into `bins` bins by the combined significance minus
    /// penalties, and an upper bound for every binning with edges among the fine ones.
    ///
    /// # Errors
    /// [`BinningError::NoExactBinning`].
    pub(super) fn solve(
        &self,
        options: &BinningOptions,
        bins: usize,
    ) -> Result<(Vec<f64>, f64), BinningError> {
        let refuse = || BinningError::NoExactBinning {
            bins,
            fine_bins: self.edges.len() - 1,
            minimum: options.penalties.minimum_background.unwrap_or(0.0),
        };
        let value =
            |candidate: &Candidate| combined(options, &candidate.squared).0 - candidate.penalty;
        let mut best = self.best(bins, &vec![1.0; self.squared.len()]).ok_or_else(refuse)?;
        let mut mixture = best.clone();
        let mut bound = f64::INFINITY;
        // The objective already is a sum over bins, so the first choice is the best.
        let is_sum = self.squared.len() == 1 && self.penalties.is_empty();
        let steps = if is_sum { 0 } else { MOST_STEPS };
        if is_sum {
            bound = value(&best);
        }
        for step in 0..steps {
            let (at_mixture, weights) = (value(&mixture), combined(options, &mixture.squared).1);
            let next = self.best(bins, &weights).ok_or_else(refuse)?;
            let differences = next.squared.iter().zip(&mixture.squared).zip(&weights);
            let gain: f64 = differences.map(|((new, old), weight)| weight * (new - old)).sum();
            let gain = gain - (next.penalty - mixture.penalty);
            bound = bound.min(at_mixture + gain);
            let share = 2.0 / (step as f64 + 2.0);
            for (old, new) in mixture.squared.iter_mut().zip(&next.squared) {
                *old += share * (new - *old);
            }
            mixture.penalty += share * (next.penalty - mixture.penalty);
            if value(&next) > value(&best) {
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

/// The combined significance, from squared significances, and its derivative with respect to each.
pub(super) fn combined(options: &BinningOptions, squared: &[f64]) -> (f64, Vec<f64>) {
    // A signal without significance would have an infinite slope; the slope at this floor is large
    // enough.
    let smallest = 1e-12 * squared.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let significances: Vec<f64> = squared.iter().map(|q| q.max(smallest).sqrt()).collect();
    let (value, slopes) = options.combine(&significances);
    let by_squared = slopes.iter().zip(&significances).map(|(slope, z)| slope / (2.0 * z));
    (value, by_squared.collect())
}

/// Whether exact binnings can be found: the objective is a significance.
pub(super) fn is_exact(options: &BinningOptions) -> bool {
    !options.objective.fits()
}
