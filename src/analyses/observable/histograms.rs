//! Histograms of all sources' scores: soft ones with derivatives, hard ones, and how they populate
//! a workspace.

use rayon::prelude::*;

use super::error::ObservableError;
use super::events::EventRows;
use super::options::ObservableOptions;
use super::template::{ObservableModel, Role, is_signal};
use crate::histfactory::{Workspace, WorkspaceGradient};
use crate::kernels::kernel_histogram::{
    Bandwidth, KernelHistogramAdjoint, Overflow, kernel_histogram, kernel_histogram_vjp,
    plain_histogram,
};
use crate::kernels::selection::Yield;

/// Number of events per call of a kernel; the resulting bins are summed in order.
const CHUNK: usize = 1_024;

/// How scores become histograms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binning<'a> {
    pub(super) edges: &'a [f64],
    pub(super) bandwidth: Bandwidth,
    pub(super) overflow: Overflow,
}

/// Derivatives with respect to the inputs of the histograms.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HistogramSlopes {
    /// With respect to the scores, one per event.
    pub(super) scores: Vec<f64>,
    pub(super) edges: Vec<f64>,
    pub(super) bandwidth: f64,
}

/// One chunk of the events of a source, and its derivatives.
struct Part<'a> {
    source: usize,
    scores: &'a [f64],
    weights: &'a [f64],
    by_scores: &'a mut [f64],
}

impl Binning<'_> {
    fn bins(&self) -> usize {
        self.edges.len() - 1
    }

    /// The soft histogram of each source.
    pub(super) fn soft(&self, rows: &EventRows, scores: &[f64]) -> Vec<Vec<f64>> {
        let of_source = |events: &std::ops::Range<usize>| {
            let chunks = scores[events.clone()].par_chunks(CHUNK);
            let chunks = chunks.zip(rows.weights[events.clone()].par_chunks(CHUNK));
            let parts: Vec<Vec<f64>> = chunks
                .map(|(scores, weights)| {
                    let mut bins = vec![0.0; self.bins()];
                    let Self { edges, bandwidth, overflow } = *self;
                    kernel_histogram(scores, weights, edges, bandwidth, overflow, &mut bins);
                    bins
                })
                .collect();
            let mut sum = vec![0.0; self.bins()];
            for part in parts {
                sum.iter_mut().zip(part).for_each(|(sum, bin)| *sum += bin);
            }
            sum
        };
        rows.ranges.iter().map(of_source).collect()
    }

    /// Derivatives of `sum seeds Y` over sources and bins.
    pub(super) fn soft_vjp(
        &self,
        rows: &EventRows,
        scores: &[f64],
        seeds: &[Vec<f64>],
    ) -> HistogramSlopes {
        let mut by_scores = vec![0.0; scores.len()];
        let mut parts = Vec::new();
        let mut rest = by_scores.as_mut_slice();
        for (source, events) in rows.ranges.iter().enumerate() {
            let (of_source, after) = rest.split_at_mut(events.len());
            rest = after;
            let chunks = scores[events.clone()].chunks(CHUNK);
            let chunks = chunks.zip(rows.weights[events.clone()].chunks(CHUNK));
            let chunks = chunks.zip(of_source.chunks_mut(CHUNK));
            parts.extend(chunks.map(|((scores, weights), by_scores)| Part {
                source,
                scores,
                weights,
                by_scores,
            }));
        }
        let found: Vec<(Vec<f64>, f64)> = parts
            .into_par_iter()
            .map(|part| {
                let (mut edges, mut bandwidth) = (vec![0.0; self.edges.len()], 0.0);
                let mut by_weights = vec![0.0; part.weights.len()];
                let adjoint = KernelHistogramAdjoint {
                    x: part.by_scores,
                    weights: &mut by_weights,
                    edges: &mut edges,
                    bandwidth: &mut bandwidth,
                };
                let Self { edges: at, bandwidth: width, overflow } = *self;
                let seeds = &seeds[part.source];
                kernel_histogram_vjp(
                    part.scores,
                    part.weights,
                    at,
                    width,
                    overflow,
                    seeds,
                    adjoint,
                );
                (edges, bandwidth)
            })
            .collect();
        let (mut edges, mut bandwidth) = (vec![0.0; self.edges.len()], 0.0);
        for (of_part, by_bandwidth) in found {
            edges.iter_mut().zip(of_part).for_each(|(sum, edge)| *sum += edge);
            bandwidth += by_bandwidth;
        }
        HistogramSlopes { scores: by_scores, edges, bandwidth }
    }

    /// The hard histogram of each source.
    pub(super) fn hard(&self, rows: &EventRows, scores: &[f64]) -> Vec<Vec<Yield>> {
        let of_source = |events: &std::ops::Range<usize>| {
            let mut bins = vec![Yield::default(); self.bins()];
            let (scores, weights) = (&scores[events.clone()], &rows.weights[events.clone()]);
            plain_histogram(scores, weights, self.edges, self.overflow, &mut bins);
            bins
        };
        rows.ranges.iter().map(of_source).collect()
    }
}

impl ObservableModel<'_> {
    /// The number of background events that the floor adds to each bin of a source.
    fn floors(&self, options: &ObservableOptions) -> Vec<f64> {
        let channel = |source: usize| self.workspace.channel_of(self.sources[source].slot);
        let floor = |source: usize| {
            if is_signal(&self.sources, source) {
                return 0.0;
            }
            let is_beside = |other: &usize| {
                self.sources[*other].role == Role::Background && channel(*other) == channel(source)
            };
            let backgrounds = (0..self.sources.len()).filter(is_beside).count();
            options.background_floor / backgrounds as f64
        };
        (0..self.sources.len()).map(floor).collect()
    }

    /// Writes histograms, with the background floor added, into a copy of the template.
    pub(super) fn fill(
        &self,
        workspace: &mut Workspace,
        histograms: &[Vec<f64>],
        options: &ObservableOptions,
    ) -> Result<(), ObservableError> {
        let floors = self.floors(options);
        for ((source, bins), floor) in self.sources.iter().zip(histograms).zip(floors) {
            let bins: Vec<f64> = bins.iter().map(|bin| bin + floor).collect();
            workspace.set_yields(source.slot, &bins)?;
        }
        Ok(())
    }

    /// The derivatives with respect to each source's histogram.
    pub(super) fn seeds(&self, gradient: &WorkspaceGradient) -> Vec<Vec<f64>> {
        let seeds = |slot| gradient.by_yields(slot).to_vec();
        self.sources.iter().map(|source| seeds(source.slot)).collect()
    }
}
