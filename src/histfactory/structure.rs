//! A compiled model's arrays: which number of which parameter acts on which cell.
//!
//! A cell is one bin of one sample; the cells of a (channel, sample) pair, a group, stand next to
//! each other, and groups stand in the order of sorted channels, then sorted samples.

use std::ops::Range;

/// A (channel, sample) pair.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Cells, one a bin of the channel.
    pub(crate) cells: Range<usize>,
    /// `normsys` entries.
    pub(crate) norms: Range<usize>,
    /// `normfactor` and `lumi` entries.
    pub(crate) scales: Range<usize>,
}

impl Group {
    /// Where the group's factors stand in a list of all groups', `normsys` ones first.
    pub(crate) fn factors(&self) -> Range<usize> {
        self.norms.start + self.scales.start..self.norms.end + self.scales.end
    }
}

/// The auxiliary measurement of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConstraintKind {
    /// Normal auxiliary datum around the parameter.
    Normal,
    /// Poisson auxiliary count with rate `tau * parameter`.
    Poisson,
}

/// Index maps. `u32` keeps the hot loops' memory small.
#[derive(Clone, Debug, Default)]
pub(crate) struct Structure {
    pub(crate) n_bins: usize,
    pub(crate) n_parameters: usize,
    pub(crate) groups: Vec<Group>,
    /// Global bin of each cell.
    pub(crate) cell_bin: Vec<u32>,
    /// Where a cell's inputs `[nominal, shift, factor, gamma...]` start; one more than cells.
    pub(crate) input_start: Vec<u32>,
    /// Parameter of each `gamma` input, in the order of cells.
    pub(crate) gamma_parameter: Vec<u32>,
    /// Where a cell's `histosys` entries start; one more than cells.
    pub(crate) shift_start: Vec<u32>,
    /// Slot of each `histosys` entry.
    pub(crate) shift_slot: Vec<u32>,
    /// Parameter of each `histosys` entry.
    pub(crate) shift_parameter: Vec<u32>,
    /// Parameter of each slot.
    pub(crate) slot_parameter: Vec<u32>,
    /// Parameter of each `normsys` entry.
    pub(crate) norm_parameter: Vec<u32>,
    /// Parameter of each `normfactor` or `lumi` entry.
    pub(crate) scale_parameter: Vec<u32>,
    /// Parameter and kind of each auxiliary datum.
    pub(crate) constraints: Vec<(u32, ConstraintKind)>,
}

/// The numbers that go with [`Structure`]; adjoints have the same shape.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Coefficients {
    /// Nominal yield of each cell, in events.
    pub(crate) nominal: Vec<f64>,
    /// Half difference of each `histosys` entry, in events.
    pub(crate) shift_s: Vec<f64>,
    /// Half curvature of each `histosys` entry, in events.
    pub(crate) shift_a: Vec<f64>,
    /// Eight numbers for each `normsys` entry.
    pub(crate) norm: Vec<f64>,
    /// Width (Normal) or `tau` (Poisson) of each auxiliary datum.
    pub(crate) constraint: Vec<f64>,
}

impl Coefficients {
    /// The same shape, filled with 0.
    pub(crate) fn zeros_like(&self) -> Self {
        Self {
            nominal: vec![0.0; self.nominal.len()],
            shift_s: vec![0.0; self.shift_s.len()],
            shift_a: vec![0.0; self.shift_a.len()],
            norm: vec![0.0; self.norm.len()],
            constraint: vec![0.0; self.constraint.len()],
        }
    }
}

/// Derivatives of a number with respect to everything that a model was built from.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelAdjoint {
    pub(crate) coefficients: Coefficients,
    /// With respect to observed counts, then auxiliary data.
    pub(crate) data: Vec<f64>,
    /// Weight of infinite slopes in each bin's count.
    pub(crate) infinite: Vec<f64>,
    /// With respect to the parameters of the point at hand; what a fit does with it is the
    /// fit's business, which passes it on to `inits` and `bounds`.
    pub(crate) parameters: Vec<f64>,
    /// With respect to initial values, of parameters that stay at them.
    pub(crate) inits: Vec<f64>,
    /// With respect to bounds, of parameters that a fit left at one.
    pub(crate) bounds: Vec<(f64, f64)>,
}

impl ModelAdjoint {
    /// With respect to observed counts, per event, then auxiliary data.
    pub fn data(&self) -> &[f64] {
        &self.data
    }

    /// With respect to initial values: not 0 for parameters that stay at them.
    pub fn inits(&self) -> &[f64] {
        &self.inits
    }

    /// With respect to lower and upper bounds: not 0 where a fit stopped at one.
    pub fn bounds(&self) -> &[(f64, f64)] {
        &self.bounds
    }

    /// Forgets the derivatives with respect to data, for data that do not follow the workspace.
    pub fn hold_data(&mut self) {
        self.data.fill(0.0);
    }

    /// Adds `factor` times another adjoint of the same model.
    pub fn add(&mut self, factor: f64, other: &Self) {
        let (c, from) = (&mut self.coefficients, &other.coefficients);
        let lists = [
            (&mut c.nominal, &from.nominal),
            (&mut c.shift_s, &from.shift_s),
            (&mut c.shift_a, &from.shift_a),
            (&mut c.norm, &from.norm),
            (&mut c.constraint, &from.constraint),
            (&mut self.data, &other.data),
            (&mut self.infinite, &other.infinite),
            (&mut self.parameters, &other.parameters),
            (&mut self.inits, &other.inits),
        ];
        for (list, from) in lists {
            list.iter_mut().zip(from).for_each(|(sum, value)| *sum += factor * value);
        }
        for ((lower, upper), (by_lower, by_upper)) in self.bounds.iter_mut().zip(&other.bounds) {
            *lower += factor * by_lower;
            *upper += factor * by_upper;
        }
    }

    /// A bin whose infinite slopes did not cancel; forgets the others.
    pub(crate) fn take_infinite_bin(&mut self) -> Option<usize> {
        let found = self.infinite.iter().position(|weight| *weight != 0.0);
        self.infinite.fill(0.0);
        found
    }

    /// Whether every derivative is a finite number.
    pub fn is_finite(&self) -> bool {
        let c = &self.coefficients;
        let lists = [&c.nominal, &c.shift_s, &c.shift_a, &c.norm, &c.constraint, &self.data];
        let bounds = self.bounds.iter().all(|(lower, upper)| (lower + upper).is_finite());
        bounds && lists.into_iter().chain([&self.inits]).flatten().all(|value| value.is_finite())
    }
}
