//! The index of each process among the yields.
//!
//! Yields have one list per process, with one entry per bin: signals first, then backgrounds, then
//! the variations, up before down, in the order of [`ProcessData`].

use std::ops::Range;

use crate::analyses::ProcessData;
use crate::kernels::selection::Yield;

/// A systematic of a background, and the indices of its variations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) up: usize,
    pub(super) down: usize,
}

/// Indices of processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Processes {
    /// Names of signals and backgrounds.
    pub(super) names: Vec<String>,
    signals: usize,
    /// Systematics of each background.
    pub(super) shapes: Vec<Vec<Shape>>,
    all: usize,
}

impl Processes {
    pub(super) fn new(data: &ProcessData) -> Self {
        let signals = data.signals.len();
        let mut next = signals + data.backgrounds.len();
        let mut shapes = Vec::new();
        for background in &data.backgrounds {
            let places = background.shapes.iter().map(|shape| {
                next += 2;
                Shape { name: shape.name.clone(), up: next - 2, down: next - 1 }
            });
            shapes.push(places.collect());
        }
        Self { names: data.names(), signals, shapes, all: next }
    }

    pub(super) fn signals(&self) -> Range<usize> {
        0..self.signals
    }

    pub(super) fn backgrounds(&self) -> Range<usize> {
        self.signals..self.names.len()
    }

    /// Signals and backgrounds.
    pub(super) fn nominal(&self) -> Range<usize> {
        0..self.names.len()
    }

    /// Every process, including the variations.
    pub(super) fn all(&self) -> Range<usize> {
        0..self.all
    }

    /// The yields of all backgrounds together, one per bin.
    pub(super) fn total_background(&self, yields: &[Vec<Yield>]) -> Vec<Yield> {
        sum_of(&yields[self.backgrounds()])
    }
}

/// The sum of processes, one entry per bin.
pub(super) fn sum_of(processes: &[Vec<Yield>]) -> Vec<Yield> {
    let mut total = vec![Yield::default(); processes[0].len()];
    for process in processes {
        total.iter_mut().zip(process).for_each(|(total, bin)| *total += *bin);
    }
    total
}
