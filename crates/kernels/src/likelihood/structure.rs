//! A compiled model's arrays: which parameter acts on which cell, and by how much.
//!
//! The cells of a (channel, sample) pair, a group, are contiguous. Groups are in the order of
//! sorted channels, then sorted samples.

use std::ops::Range;

use super::layout::Layout;
use crate::coefficients::NORMSYS_COEFFICIENTS;
use crate::interpolation::Interpolation;

/// A (channel, sample) pair.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its cells, one per bin of the channel.
    pub cells: Range<usize>,
    /// Its `normsys` entries.
    pub norms: Range<usize>,
    /// Its `normfactor` and `lumi` entries.
    pub scales: Range<usize>,
    /// Its `histosys` modifiers, as places in [`Structure::group_slot`].
    pub slots: Range<usize>,
    /// The first shift of its first cell. Each cell has as many as there are `slots`.
    pub first_shift: usize,
}

impl Group {
    /// A cell's shifts, one per slot of the group.
    #[inline(always)]
    pub fn shifts(&self, cell: usize) -> Range<usize> {
        let n = self.slots.len();
        let start = self.first_shift + (cell - self.cells.start) * n;
        start..start + n
    }

    /// The range of the group's factors in a list of all groups' factors, `normsys` ones first.
    pub fn factors(&self) -> Range<usize> {
        self.norms.start + self.scales.start..self.norms.end + self.scales.end
    }
}

/// The auxiliary measurement of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    /// Normal auxiliary datum around the parameter.
    Normal,
    /// Poisson auxiliary count with rate `tau * parameter`.
    Poisson,
}

/// Index maps. They are `u32` to keep the memory of the hot loops small.
#[derive(Clone, Debug, Default)]
pub struct Structure {
    /// Number of bins of all channels.
    pub n_bins: usize,
    /// Number of parameters.
    pub n_parameters: usize,
    /// Every (channel, sample) pair.
    pub groups: Vec<Group>,
    /// Global bin of each cell.
    pub cell_bin: Vec<u32>,
    /// Start of each cell's `gamma` factors, and their number at the end.
    pub gamma_start: Vec<u32>,
    /// Parameter of each `gamma` factor, in the order of cells.
    pub gamma_parameter: Vec<u32>,
    /// Slot of each `histosys` modifier of each group; there is one slot per parameter that shifts
    /// yields.
    pub group_slot: Vec<u32>,
    /// Parameter of each slot.
    pub slot_parameter: Vec<u32>,
    /// Parameter of each `normsys` entry.
    pub norm_parameter: Vec<u32>,
    /// Parameter of each `normfactor` or `lumi` entry.
    pub scale_parameter: Vec<u32>,
    /// Parameter and kind of each auxiliary datum.
    pub constraints: Vec<(u32, ConstraintKind)>,
}

impl Structure {
    /// Parameters of a cell's `gamma` factors.
    #[inline(always)]
    pub fn gammas(&self, cell: usize) -> &[u32] {
        let range = self.gamma_start[cell] as usize..self.gamma_start[cell + 1] as usize;
        &self.gamma_parameter[range]
    }
}

/// The numbers that go with [`Structure`]; adjoints have the same shape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coefficients {
    /// Nominal yield of each cell, in events.
    pub nominal: Vec<f64>,
    /// Half difference of each shift of each cell, in events.
    pub shift_s: Vec<f64>,
    /// Half curvature of each shift of each cell, in events.
    pub shift_a: Vec<f64>,
    /// [`NORMSYS_COEFFICIENTS`] numbers per `normsys` entry.
    pub norm: Vec<f64>,
    /// Width (Normal) or `tau` (Poisson) of each auxiliary datum.
    pub constraint: Vec<f64>,
}

impl Coefficients {
    /// The same shape, filled with 0.
    pub fn zeros_like(&self) -> Self {
        let mut zeros = self.clone();
        zeros.lists_mut().into_iter().for_each(|list| list.fill(0.0));
        zeros
    }

    /// All lists, in a fixed order.
    pub fn lists(&self) -> [&Vec<f64>; 5] {
        [&self.nominal, &self.shift_s, &self.shift_a, &self.norm, &self.constraint]
    }

    /// As [`Coefficients::lists`], but mutable.
    pub fn lists_mut(&mut self) -> [&mut Vec<f64>; 5] {
        let Self { nominal, shift_s, shift_a, norm, constraint } = self;
        [nominal, shift_s, shift_a, norm, constraint]
    }

    /// The numbers of one `normsys` entry.
    pub fn normsys(&self, entry: usize) -> &[f64] {
        &self.norm[NORMSYS_COEFFICIENTS * entry..NORMSYS_COEFFICIENTS * (entry + 1)]
    }
}

/// A compiled model's likelihood, which every function of this module takes.
#[derive(Clone, Copy, Debug)]
pub struct Likelihood<'a> {
    /// Which parameter acts on which cell.
    pub structure: &'a Structure,
    /// Which rates it changes.
    pub layout: &'a Layout,
    /// By how much it acts.
    pub coefficients: &'a Coefficients,
    /// How `histosys` and `normsys` interpolate.
    pub interpolation: Interpolation,
}
