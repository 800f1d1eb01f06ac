//! Events of all sources as rows of numbers: training and held-out parts, and mini-batches.
//!
//! Each part of a source represents the whole source: its weights are scaled to add up to the
//! source's yield, so the histograms of a batch expect as many events as those of all events. Only
//! the seed decides which events go where.

use std::ops::Range;

use rand::seq::SliceRandom;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

use super::error::ObservableError;
use super::template::{ObservableModel, Source};

/// The purpose of random numbers; each purpose has its own streams.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Split,
    Batches { epoch: usize },
    Weights,
    Normals,
}

/// The generator for a purpose, and for a source if sources draw independently.
pub(super) fn generator(seed: u64, purpose: Purpose, source: usize) -> ChaCha12Rng {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let kind = match purpose {
        Purpose::Split => 0,
        Purpose::Weights => 1,
        Purpose::Normals => 2,
        Purpose::Batches { epoch } => 3 + epoch as u64,
    };
    // Toys of the same seed draw from the first streams.
    generator.set_stream(((kind + 1) << 16) + source as u64);
    generator
}

/// Events of all sources, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EventRows {
    /// The inputs, event by event.
    pub(super) inputs: Vec<f64>,
    /// Weights, scaled so that those of each source add up to its yield.
    pub(super) weights: Vec<f64>,
    /// The range of events of each source.
    pub(super) ranges: Vec<Range<usize>>,
}

/// The events of a source that are trained on, and those that are held out.
#[derive(Clone, Debug)]
pub(super) struct Split {
    training: Vec<usize>,
    held_out: Vec<usize>,
}

/// The order of all training events in an epoch.
#[derive(Clone, Debug)]
pub(super) struct EpochOrder {
    pub(super) epoch: usize,
    sources: Vec<Vec<usize>>,
}

/// A source's columns.
#[derive(Clone, Debug)]
struct Columns<'a> {
    name: String,
    columns: Vec<&'a [f64]>,
    weights: &'a [f64],
    /// Its yield.
    total: f64,
    nominal: usize,
}

/// The events of all sources, and how they are scaled and batched for the network.
#[derive(Clone, Debug)]
pub(super) struct Events<'a> {
    sources: Vec<Columns<'a>>,
    splits: Vec<Split>,
    /// The mean that is subtracted from each input.
    pub(super) mean: Vec<f64>,
    /// The width that each input is divided by.
    pub(super) width: Vec<f64>,
    /// Number of batches per epoch.
    pub(super) batches: usize,
    seed: u64,
}

/// How events are divided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Division {
    pub(super) held_out: f64,
    pub(super) batch_size: usize,
    pub(super) standardise: bool,
    pub(super) seed: u64,
}

impl<'a> Events<'a> {
    pub(super) fn new(
        model: &ObservableModel<'a>,
        columns: &[String],
        division: Division,
    ) -> Result<Self, ObservableError> {
        let sources = model.sources.iter().map(|source| read(source, columns));
        let sources: Vec<Columns> = sources.collect::<Result<_, _>>()?;
        let splits = sources.iter().map(|source| split(source, division));
        let splits: Vec<Split> = splits.collect::<Result<_, _>>()?;
        let largest = splits.iter().map(|split| split.training.len()).max().unwrap_or(1);
        let batches = largest.div_ceil(division.batch_size);
        for (source, split) in sources.iter().zip(&splits) {
            if split.training.len() < batches {
                return Err(ObservableError::TooFewEvents {
                    sample: source.name.clone(),
                    events: split.training.len(),
                    needed: batches,
                    parts: "batches",
                    remedy: "raise --batch-size",
                });
            }
        }
        let d = columns.len();
        let (mean, width) = (vec![0.0; d], vec![1.0; d]);
        let mut events = Self { sources, splits, mean, width, batches, seed: division.seed };
        if division.standardise {
            events.standardise(columns)?;
        }
        Ok(events)
    }

    fn standardise(&mut self, columns: &[String]) -> Result<(), ObservableError> {
        for (j, column) in columns.iter().enumerate() {
            let parts = || self.sources.iter().zip(&self.splits);
            let values =
                || parts().flat_map(|(s, split)| split.training.iter().map(|i| s.columns[j][*i]));
            let n = values().count() as f64;
            let mean = values().sum::<f64>() / n;
            let width = (values().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
            if !(1e-150..1e150).contains(&width) {
                return Err(ObservableError::Setting {
                    name: "the standard deviation of an input",
                    found: format!("{width:e} ({column})"),
                    expected: "a column that is not constant, in units between 1e-150 and 1e150",
                });
            }
            (self.mean[j], self.width[j]) = (mean, width);
        }
        Ok(())
    }

    /// The events that metrics are computed on.
    pub(super) fn held_out(&self) -> Result<EventRows, ObservableError> {
        let parts = self.splits.iter().map(|split| split.held_out.clone()).collect();
        self.rows(parts, "the held-out events")
    }

    /// The columns of each source's held-out events, as they were read.
    pub(super) fn held_out_columns(&self) -> Vec<Vec<Vec<f64>>> {
        let of_source = |(source, split): (&Columns, &Split)| {
            let events = |column: &&[f64]| split.held_out.iter().map(|i| column[*i]).collect();
            source.columns.iter().map(events).collect()
        };
        self.sources.iter().zip(&self.splits).map(of_source).collect()
    }

    /// The order in which an epoch goes through each source's events.
    pub(super) fn order(&self, epoch: usize) -> EpochOrder {
        let of_source = |(source, split): (&Columns, &Split)| {
            let mut order = split.training.clone();
            order.shuffle(&mut generator(self.seed, Purpose::Batches { epoch }, source.nominal));
            order
        };
        let sources = self.sources.iter().zip(&self.splits).map(of_source).collect();
        EpochOrder { epoch, sources }
    }

    /// The events of a batch.
    pub(super) fn batch(
        &self,
        order: &EpochOrder,
        batch: usize,
    ) -> Result<EventRows, ObservableError> {
        let part = |order: &Vec<usize>| {
            let at = |batch: usize| batch * order.len() / self.batches;
            order[at(batch)..at(batch + 1)].to_vec()
        };
        self.rows(order.sources.iter().map(part).collect(), "a batch")
    }

    fn rows(
        &self,
        parts: Vec<Vec<usize>>,
        part: &'static str,
    ) -> Result<EventRows, ObservableError> {
        let mut rows = EventRows::default();
        for (source, events) in self.sources.iter().zip(parts) {
            let sum: f64 = events.iter().map(|i| source.weights[*i]).sum();
            let can_be_scaled = sum * source.total > 0.0;
            if !can_be_scaled {
                let sample = source.name.clone();
                return Err(ObservableError::NoYield { sample, part, found: sum });
            }
            let start = rows.weights.len();
            for i in events {
                let inputs = source.columns.iter().zip(self.mean.iter().zip(&self.width));
                rows.inputs.extend(inputs.map(|(x, (mean, width))| (x[i] - mean) / width));
                rows.weights.push(source.weights[i] * (source.total / sum));
            }
            rows.ranges.push(start..rows.weights.len());
        }
        Ok(rows)
    }
}

fn read<'a>(source: &Source<'a>, columns: &[String]) -> Result<Columns<'a>, ObservableError> {
    let values = columns.iter().map(|name| source.events.column(name));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    let weights = source.events.weights();
    let total: f64 = weights.iter().sum();
    if !(total > 0.0 && total.is_finite()) {
        let (sample, part) = (source.name.clone(), "the sample");
        return Err(ObservableError::NoYield { sample, part, found: total });
    }
    let (name, nominal) = (source.name.clone(), source.nominal);
    Ok(Columns { name, columns: values, weights, total, nominal })
}

fn split(source: &Columns, division: Division) -> Result<Split, ObservableError> {
    let events = source.weights.len();
    if events < 2 {
        return Err(ObservableError::TooFewEvents {
            sample: source.name.clone(),
            events,
            needed: 2,
            parts: "parts, training and held-out events",
            remedy: "give more events",
        });
    }
    let mut order: Vec<usize> = (0..events).collect();
    order.shuffle(&mut generator(division.seed, Purpose::Split, source.nominal));
    let held_out = ((events as f64 * division.held_out).round() as usize).clamp(1, events - 1);
    let training = order.split_off(held_out);
    Ok(Split { training, held_out: order })
}
