//! Categories of events in several columns: sums over chunks of events.

use std::ops::Range;

use rayon::prelude::*;

use super::error::BinningError;
use super::sorted::SortedColumn;
use crate::events::EventSample;
use crate::kernels::binning::SortedEvents;
use crate::kernels::membership::{
    MembershipScratch, SoftCategories, hard_yields, soft_yields, soft_yields_vjp,
};
use crate::kernels::selection::{CHUNK, Yield};

/// The columns and weights of one process.
#[derive(Clone, Debug)]
struct EventProcess<'a> {
    columns: Vec<&'a [f64]>,
    weights: &'a [f64],
}

/// The columns that are binned together, for every process.
#[derive(Clone, Debug)]
pub(super) struct EventColumns<'a> {
    pub(super) columns: Vec<String>,
    pub(super) ranges: Vec<(f64, f64)>,
    /// Standard deviation of each column over all events, unweighted.
    pub(super) deviations: Vec<f64>,
    processes: Vec<EventProcess<'a>>,
}

/// Some events of a process.
struct Chunk {
    process: usize,
    events: Range<usize>,
}

/// The standard deviation of a column, computed in units of the range's width so that no huge or
/// tiny number is squared.
fn standard_deviation(processes: &[EventProcess], column: usize, (low, high): (f64, f64)) -> f64 {
    let values = || processes.iter().flat_map(|process| process.columns[column]);
    let scaled = || values().map(|x| (x - low) / (high - low));
    let n = values().count() as f64;
    let mean = scaled().sum::<f64>() / n;
    (scaled().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt() * (high - low)
}

impl<'a> EventColumns<'a> {
    pub(super) fn new(
        columns: Vec<String>,
        ranges: Vec<(f64, f64)>,
        samples: &[&'a EventSample],
    ) -> Result<Self, BinningError> {
        let process = |sample: &&'a EventSample| {
            let columns = columns.iter().map(|name| sample.column(name));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            Ok(EventProcess { columns, weights: sample.weights() })
        };
        let processes: Vec<_> = samples.iter().map(process).collect::<Result<_, BinningError>>()?;
        let deviation =
            |(column, range): (usize, &(f64, f64))| standard_deviation(&processes, column, *range);
        let deviations: Vec<f64> = ranges.iter().enumerate().map(deviation).collect();
        if let Some(column) = deviations.iter().position(|d| !(1e-100..1e100).contains(d)) {
            let (name, deviation) = (columns[column].clone(), deviations[column]);
            return Err(BinningError::Unscaled { column: name, deviation });
        }
        Ok(Self { columns, ranges, deviations, processes })
    }

    /// The number of events of a process.
    pub(super) fn events(&self, process: usize) -> usize {
        self.processes[process].weights.len()
    }

    /// An event's columns.
    pub(super) fn event(&self, process: usize, event: usize) -> Vec<f64> {
        self.processes[process].columns.iter().map(|column| column[event]).collect()
    }

    /// A single column, with the events of each process sorted.
    pub(super) fn sorted(&self, column: usize) -> SortedColumn {
        let sort =
            |process: &EventProcess| SortedEvents::new(process.columns[column], process.weights);
        let processes = self.processes.iter().map(sort).collect();
        let (name, range) = (self.columns[column].clone(), self.ranges[column]);
        SortedColumn { column: name, range, processes }
    }

    /// The yield of every process.
    pub(super) fn totals(&self) -> Vec<Vec<Yield>> {
        let total = |process: &EventProcess| {
            let mut total = Yield::default();
            for weight in process.weights {
                total += Yield { sum: *weight, squares: weight * weight };
            }
            vec![total]
        };
        self.processes.iter().map(total).collect()
    }

    fn chunks(&self) -> Vec<Chunk> {
        let of_process = |(process, events): (usize, usize)| {
            let starts = (0..events).step_by(CHUNK);
            starts.map(move |start| Chunk { process, events: start..(start + CHUNK).min(events) })
        };
        let processes = self.processes.iter().map(|process| process.weights.len());
        processes.enumerate().flat_map(of_process).collect()
    }

    fn part(&self, chunk: &Chunk) -> (Vec<&[f64]>, &[f64]) {
        let EventProcess { columns, weights } = &self.processes[chunk.process];
        let columns = columns.iter().map(|column| &column[chunk.events.clone()]).collect();
        (columns, &weights[chunk.events.clone()])
    }

    /// Sums what `yields` adds to the categories, chunk by chunk in a fixed order.
    fn sum<C: SoftCategories>(
        &self,
        categories: &C,
        yields: impl Fn(&mut MembershipScratch, &[&[f64]], &[f64], &mut [Yield]) + Sync,
    ) -> Vec<Vec<Yield>> {
        let chunks = self.chunks();
        let of_chunk = |scratch: &mut MembershipScratch, chunk: &Chunk| {
            let (columns, weights) = self.part(chunk);
            let mut out = vec![Yield::default(); categories.categories()];
            yields(scratch, &columns, weights, &mut out);
            out
        };
        let parts: Vec<_> =
            chunks.par_iter().map_init(|| MembershipScratch::new(categories), of_chunk).collect();
        let mut all = vec![vec![Yield::default(); categories.categories()]; self.processes.len()];
        for (chunk, part) in chunks.iter().zip(parts) {
            all[chunk.process].iter_mut().zip(part).for_each(|(total, part)| *total += part);
        }
        all
    }

    /// Soft yields of every process.
    pub(super) fn soft<C: SoftCategories>(&self, categories: &C) -> Vec<Vec<Yield>> {
        self.sum(categories, |scratch, columns, weights, out| {
            soft_yields(categories, columns, weights, scratch, out);
        })
    }

    /// Yields of every process with each event in its hard category.
    pub(super) fn hard<C: SoftCategories>(&self, categories: &C) -> Vec<Vec<Yield>> {
        self.sum(categories, |_, columns, weights, out| {
            hard_yields(categories, columns, weights, out);
        })
    }

    /// The adjoint of the categories' slots, given the slopes with respect to the yields.
    pub(super) fn adjoint<C: SoftCategories>(
        &self,
        categories: &C,
        slopes: &[Vec<Yield>],
    ) -> Vec<f64> {
        let chunks = self.chunks();
        let of_chunk = |scratch: &mut MembershipScratch, chunk: &Chunk| {
            let (columns, weights) = self.part(chunk);
            let mut adjoint = vec![0.0; categories.slots()];
            let seeds = &slopes[chunk.process];
            soft_yields_vjp(categories, &columns, weights, scratch, seeds, &mut adjoint, None);
            adjoint
        };
        let parts: Vec<_> =
            chunks.par_iter().map_init(|| MembershipScratch::new(categories), of_chunk).collect();
        let mut all = vec![0.0; categories.slots()];
        for part in parts {
            all.iter_mut().zip(part).for_each(|(total, part)| *total += part);
        }
        all
    }
}
