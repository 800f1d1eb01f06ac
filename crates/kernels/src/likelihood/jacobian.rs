//! Derivatives of the rates with respect to every parameter.

use std::ops::Range;

use super::chunks::each;
use super::layout::{Block, Layout};
use super::series::{Series, products_of_others};
use super::structure::{Group, Likelihood};
use super::sweep::{Derivatives, Sweep};

/// Derivatives of the stages at a point, from which rows are made.
#[derive(Clone, Debug, Default)]
pub(super) struct Slopes {
    /// For each group's common factor, with respect to the parameter of each of its factors, in the
    /// order of [`Group::factors`].
    pub(super) factors: Vec<f64>,
    /// For each factor of a group, the product of the others.
    others: Vec<Series<1>>,
    /// For the weight of each slot of each group.
    pub(super) weights: Vec<f64>,
}

/// One cell, and where it is.
#[derive(Clone, Copy)]
pub(super) struct Cell<'a> {
    pub(super) g: usize,
    pub(super) group: &'a Group,
    pub(super) cell: usize,
}

/// The product of the `gamma` factors of a cell, except for those left out.
#[inline(always)]
pub(super) fn gammas_except(gammas: &[u32], theta: &[f64], left_out: &[usize]) -> f64 {
    let kept = gammas.iter().enumerate().filter(|(i, _)| !left_out.contains(i));
    kept.map(|(_, &p)| theta[p as usize]).product()
}

/// Some bins of a block, with their rows and entries.
struct Part<'a> {
    block: &'a Block,
    bins: Range<usize>,
    rows: &'a mut [f64],
    entries: &'a mut [f64],
}

impl Part<'_> {
    fn set(self, l: Likelihood, sweep: &Sweep<1>, slopes: &Slopes, theta: &[f64]) {
        self.rows.fill(0.0);
        self.entries.fill(0.0);
        let (n, first_entry) =
            (self.block.columns.len(), l.layout.entries_of(self.bins.clone()).start);
        for g in self.block.groups.clone() {
            let group = &l.structure.groups[g];
            let first = group.cells.start + self.bins.start - self.block.bins.start;
            for (i, cell) in (first..first + self.bins.len()).enumerate() {
                let at = Cell { g, group, cell };
                let row = &mut self.rows[i * n..(i + 1) * n];
                let gammas = l.structure.gammas(cell);
                slopes.add_row(l, sweep, at, gammas_except(gammas, theta, &[]), row);
                let rate = sweep.bases[cell].0[0] * sweep.common[g].0[0];
                let places = &l.layout.gamma_entry[l.structure.gamma_start[cell] as usize..];
                for (k, &entry) in places[..gammas.len()].iter().enumerate() {
                    let others = gammas_except(gammas, theta, &[k]);
                    self.entries[entry as usize - first_entry] += rate * others;
                }
            }
        }
    }
}

/// The rates' derivatives at a point, in the pattern of a [`Layout`].
#[derive(Clone, Debug)]
pub struct Jacobian {
    /// Row-major rows of all blocks: [`Layout::row`].
    rows: Vec<f64>,
    /// With respect to the parameter of each entry.
    entries: Vec<f64>,
    pub(super) slopes: Slopes,
}

impl Slopes {
    fn set(&mut self, l: Likelihood, sweep: &Sweep<1>, derivatives: &Derivatives) {
        self.factors.resize(sweep.factors.len(), 0.0);
        self.others.resize(sweep.factors.len(), Series::ZERO);
        self.weights.clear();
        let slots = l.structure.group_slot.iter();
        self.weights.extend(slots.map(|&slot| derivatives.weights[slot as usize][1]));
        for group in &l.structure.groups {
            let range = group.factors();
            let others = &mut self.others[range.clone()];
            products_of_others(&sweep.factors[range.clone()], others);
            let slopes = derivatives.norms[group.norms.clone()].iter().map(|norm| norm[1]);
            // A scale is itself a parameter.
            let slopes = slopes.chain(std::iter::repeat(1.0));
            for ((out, other), slope) in self.factors[range].iter_mut().zip(others).zip(slopes) {
                *out = other.0[0] * slope;
            }
        }
    }

    /// Adds to a block's row `factor` times the derivatives of a cell's rate but for its `gamma`
    /// factors.
    #[inline(always)]
    pub(super) fn add_row(
        &self,
        l: Likelihood,
        sweep: &Sweep<1>,
        at: Cell,
        factor: f64,
        row: &mut [f64],
    ) {
        let (slots, cell) = (at.group.slots.clone(), at.group.shifts(at.cell));
        let (s, a) = (&l.coefficients.shift_s[cell.clone()], &l.coefficients.shift_a[cell]);
        let columns = &l.layout.slot_column[slots.clone()];
        let scale = factor * sweep.common[at.g].0[0];
        for ((&column, weight), (s, a)) in
            columns.iter().zip(&self.weights[slots]).zip(s.iter().zip(a))
        {
            row[column as usize] += scale * (s + weight * a);
        }
        let (range, scale) = (at.group.factors(), factor * sweep.bases[at.cell].0[0]);
        let columns = &l.layout.factor_column[range.clone()];
        for (&column, slope) in columns.iter().zip(&self.factors[range]) {
            row[column as usize] += scale * slope;
        }
    }
}

impl Jacobian {
    /// All 0, with the shape that a model needs.
    pub fn new(layout: &Layout) -> Self {
        let entries = vec![0.0; layout.entry_parameter.len()];
        Self { rows: vec![0.0; layout.n_rows()], entries, slopes: Slopes::default() }
    }

    /// Computes all derivatives at the point of a sweep; `derivatives` must have slopes.
    pub fn set(
        &mut self,
        l: Likelihood,
        sweep: &Sweep<1>,
        derivatives: &Derivatives,
        theta: &[f64],
    ) {
        self.slopes.set(l, sweep, derivatives);
        let Self { rows, entries, slopes } = self;
        let (mut rows, mut entries) = (&mut rows[..], &mut entries[..]);
        let mut parts = Vec::new();
        for (block, bins) in l.layout.chunks() {
            let mut part = Part { block, bins, rows: &mut [], entries: &mut [] };
            (part.rows, rows) = rows.split_at_mut(part.bins.len() * block.columns.len());
            let count = l.layout.entries_of(part.bins.clone()).len();
            (part.entries, entries) = entries.split_at_mut(count);
            parts.push(part);
        }
        each(l, parts, |part| part.set(l, sweep, slopes, theta));
    }

    /// A block's rows: row-major, bins x columns.
    pub fn rows(&self, layout: &Layout, block: &Block) -> &[f64] {
        &self.rows[layout.rows(block)]
    }

    /// A bin's derivatives with respect to the columns of its block.
    pub fn row(&self, layout: &Layout, block: &Block, bin: usize) -> &[f64] {
        &self.rows[layout.row(block, bin)]
    }

    /// The derivative of each entry's rate with respect to its parameter.
    pub fn entries(&self) -> &[f64] {
        &self.entries
    }

    /// The parameters and derivatives of one bin's rate that may not be 0; a parameter may occur
    /// twice, and its derivative is then the sum.
    pub fn of_bin<'a>(
        &'a self,
        layout: &'a Layout,
        block: &'a Block,
        bin: usize,
    ) -> impl Iterator<Item = (usize, f64)> + 'a {
        let entries = layout.entries(bin);
        let parameters = block.columns.iter().map(|&column| layout.shared[column]);
        let of_entries = layout.entry_parameter[entries.clone()].iter().copied();
        let row = parameters.zip(self.row(layout, block, bin).iter().copied());
        row.chain(of_entries.zip(self.entries[entries].iter().copied()))
    }

    /// Derivatives of all rates along a direction of the parameters, one per bin.
    pub fn times(&self, layout: &Layout, x: &[f64]) -> Vec<f64> {
        let mut along = Vec::with_capacity(layout.blocks.last().map_or(0, |last| last.bins.end));
        for block in &layout.blocks {
            let part: Vec<f64> = block.columns.iter().map(|&c| x[layout.shared[c]]).collect();
            for bin in block.bins.clone() {
                let row = self.row(layout, block, bin);
                let mut sum: f64 = row.iter().zip(&part).map(|(d, x)| d * x).sum();
                for entry in layout.entries(bin) {
                    sum += self.entries[entry] * x[layout.entry_parameter[entry]];
                }
                along.push(sum);
            }
        }
        along
    }

    /// Adds the sum of all rates' derivatives, each with its bin's weight, to `out`, one number per
    /// parameter.
    pub fn add_transposed(&self, layout: &Layout, weights: &[f64], out: &mut [f64]) {
        for block in &layout.blocks {
            let mut sums = vec![0.0; block.columns.len()];
            for (bin, weight) in block.bins.clone().zip(&weights[block.bins.clone()]) {
                let row = self.row(layout, block, bin);
                sums.iter_mut().zip(row).for_each(|(sum, d)| *sum += weight * d);
                for entry in layout.entries(bin) {
                    out[layout.entry_parameter[entry]] += weight * self.entries[entry];
                }
            }
            block.columns.iter().zip(sums).for_each(|(&c, sum)| out[layout.shared[c]] += sum);
        }
    }
}

/// A cell's rate in events, and its derivatives with respect to the parameters that change it; a
/// parameter that occurs twice has the sum of both as its derivative.
#[derive(Clone, Debug, PartialEq)]
pub struct CellRate {
    /// The rate.
    pub rate: f64,
    /// Parameters with derivatives.
    pub slopes: Vec<(usize, f64)>,
}

/// The rates of one group's cells.
pub fn group_rates(
    l: Likelihood,
    sweep: &Sweep<1>,
    jacobian: &Jacobian,
    theta: &[f64],
    g: usize,
) -> Vec<CellRate> {
    let group = &l.structure.groups[g];
    let is_here = |block: &&Block| block.groups.contains(&g);
    let block = l.layout.blocks.iter().find(is_here).expect("every group has a block");
    let mut row = vec![0.0; block.columns.len()];
    let rate = |cell: usize| {
        let gammas = l.structure.gammas(cell);
        let gamma = gammas_except(gammas, theta, &[]);
        let rate = sweep.bases[cell].0[0] * sweep.common[g].0[0];
        row.fill(0.0);
        jacobian.slopes.add_row(l, sweep, Cell { g, group, cell }, gamma, &mut row);
        let parameters = block.columns.iter().map(|&column| l.layout.shared[column]);
        let mut slopes: Vec<(usize, f64)> = parameters.zip(row.iter().copied()).collect();
        let by_gamma =
            |(i, &p): (usize, &u32)| (p as usize, rate * gammas_except(gammas, theta, &[i]));
        slopes.extend(gammas.iter().enumerate().map(by_gamma));
        CellRate { rate: rate * gamma, slopes }
    };
    group.cells.clone().map(rate).collect()
}
