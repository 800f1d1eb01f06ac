//! Second derivatives of a weighted sum of the rates, stored so that products with them are cheap.
//!
//! With a weight `w` per bin, the sum `sum_b w_b r_b` over the cells `r = Y F G` (yield, common
//! factor, `gamma` factors) has, for each group, the second derivatives
//!
//! `A F'' + Y' F'^T + F' Y'^T + F diag(Y'')`,  `A = sum w G Y`, `Y' = sum w G dY`, ...
//!
//! with sums over the group's cells: one number and two vectors per group, whatever the number of
//! its bins. With factors `f_i` and `u_i = f_i' / f_i`, `F''` is
//! `F (u u^T + diag(f_i'' / f_i - u_i^2))`; where a factor is 0, products of the others stand for
//! the quotients. A `gamma` parameter adds one row per bin, and each pair of them in a bin one
//! number. Where -ln L's terms have the slopes `w` in the rates, this is all of its Hessian beyond
//! `J^T diag(bends) J` and the constraints.

use std::ops::Range;

use super::chunks::each;
use super::jacobian::{Cell, Jacobian, gammas_except};
use super::layout::{Block, Layout};
use super::series::{Series, products_of_others};
use super::structure::{Group, Likelihood};
use super::sweep::{Derivatives, Sweep};
use super::vectors::add_scaled;

/// Sums over the cells of some groups.
#[derive(Debug)]
struct Sums<'a> {
    /// Of yields, per group.
    yields: &'a mut [f64],
    /// Of the yields' derivatives by each slot of each group.
    slopes: &'a mut [f64],
    /// Of the yields' curvatures by each slot of each group, times the common factor.
    bends: &'a mut [f64],
}

impl<'a> Sums<'a> {
    /// The lists, one after the other.
    fn of(numbers: &'a mut [f64], n_groups: usize) -> Self {
        let (yields, rest) = numbers.split_at_mut(n_groups);
        let (slopes, bends) = rest.split_at_mut(rest.len() / 2);
        Self { yields, slopes, bends }
    }

    /// Those of the first groups, which are taken away.
    fn take(&mut self, n_groups: usize, n_slots: usize) -> Self {
        fn front<'a>(list: &mut &'a mut [f64], n: usize) -> &'a mut [f64] {
            list.split_off_mut(..n).expect("no more than there are")
        }
        Self {
            yields: front(&mut self.yields, n_groups),
            slopes: front(&mut self.slopes, n_slots),
            bends: front(&mut self.bends, n_slots),
        }
    }
}

/// Second derivatives of a weighted sum of the rates at a point.
#[derive(Clone, Debug)]
pub struct Curvature {
    /// Per factor of each group, in the order of [`Group::factors`]: its value with its derivative,
    /// and its second derivative.
    factors: Vec<(Series<2>, f64)>,
    /// The derivative of the group's common factor by the parameter of each.
    slopes: Vec<f64>,
    /// `F (f'' / f - u^2)` of each; not a number where a factor of its group is 0.
    own: Vec<f64>,
    /// Each group's common factor, and whether one of its factors is 0.
    common: Vec<(f64, bool)>,
    /// Each group's weighted sum of yields.
    yields: Vec<f64>,
    /// For each slot of each group, weighted sums of the yields' slopes and of their curvatures.
    yield_slopes: Vec<f64>,
    bends: Vec<f64>,
    /// By each entry's parameter and each column of its block: [`Layout::entry_row`].
    entry_rows: Vec<f64>,
    /// By both parameters of each pair of entries of a bin.
    pairs: Vec<f64>,
    /// By each column of each block, twice, beyond products of the groups' vectors.
    diagonal: Vec<f64>,
    scratch: Scratch,
}

/// Memory of products.
#[derive(Clone, Debug, Default)]
struct Scratch {
    part: Vec<f64>,
    sums: Vec<f64>,
    directed: Vec<Series<2>>,
    others: Vec<Series<2>>,
}

/// What all cells are computed from.
#[derive(Clone, Copy)]
struct Inputs<'a> {
    l: Likelihood<'a>,
    sweep: &'a Sweep<1>,
    jacobian: &'a Jacobian,
    theta: &'a [f64],
    weights: &'a [f64],
}

/// Some bins of a block, with the rows of their entries, their pairs, and sums over their cells.
struct Part<'a> {
    block: &'a Block,
    bins: Range<usize>,
    entry_rows: &'a mut [f64],
    pairs: &'a mut [f64],
    sums: Sums<'a>,
}

impl Part<'_> {
    fn set(self, inputs: Inputs) {
        let Inputs { l, weights, .. } = inputs;
        self.entry_rows.fill(0.0);
        self.pairs.fill(0.0);
        let (layout, n) = (l.layout, self.block.columns.len());
        let first_entry = layout.entries_of(self.bins.clone()).start;
        let first_pair = layout.pairs_of(self.bins.clone()).start;
        let Sums { yields, slopes, bends } = self.sums;
        [&mut *yields, slopes, bends].into_iter().for_each(|list| list.fill(0.0));
        let first_slot = slots_of(l, self.block).start;
        for (i, g) in self.block.groups.clone().enumerate() {
            let group = &l.structure.groups[g];
            let slots = group.slots.start - first_slot..group.slots.end - first_slot;
            let first = group.cells.start + self.bins.start - self.block.bins.start;
            for (bin, cell) in self.bins.clone().zip(first..) {
                let at = Cell { g, group, cell };
                let weight = weights[bin];
                if weight == 0.0 {
                    continue;
                }
                let sums = (&mut yields[i], &mut slopes[slots.clone()], &mut bends[slots.clone()]);
                inputs.add_sums(at, weight, sums);
                let row = |entry: usize| (entry - first_entry) * n;
                inputs.each_gamma(at, weight, |entry, factor| {
                    let row = &mut self.entry_rows[row(entry)..][..n];
                    inputs.jacobian.slopes.add_row(l, inputs.sweep, at, factor, row);
                });
                inputs.each_pair(at, bin, weight, |pair, value| {
                    self.pairs[pair - first_pair] += value;
                });
            }
        }
    }
}

impl Inputs<'_> {
    #[inline(always)]
    fn add_sums(
        &self,
        at: Cell,
        weight: f64,
        (of_yields, of_slopes, of_bends): (&mut f64, &mut [f64], &mut [f64]),
    ) {
        let Self { l, sweep, jacobian, theta, .. } = self;
        let scale = weight * gammas_except(l.structure.gammas(at.cell), theta, &[]);
        let (cell, slots) = (at.group.shifts(at.cell), at.group.slots.clone());
        let (s, a) = (&l.coefficients.shift_s[cell.clone()], &l.coefficients.shift_a[cell]);
        *of_yields += scale * sweep.bases[at.cell].0[0];
        let slopes = of_slopes.iter_mut().zip(&jacobian.slopes.weights[slots]);
        for ((slope, weight), (s, a)) in slopes.zip(s.iter().zip(a)) {
            *slope += scale * (s + weight * a);
        }
        add_scaled(of_bends, scale * sweep.common[at.g].0[0], a);
    }

    /// Shows the entry of each `gamma` factor, and the weight times the others.
    #[inline(always)]
    fn each_gamma(&self, at: Cell, weight: f64, mut show: impl FnMut(usize, f64)) {
        let (s, layout, gammas) =
            (self.l.structure, self.l.layout, self.l.structure.gammas(at.cell));
        let first = s.gamma_start[at.cell] as usize;
        for (i, &entry) in layout.gamma_entry[first..first + gammas.len()].iter().enumerate() {
            show(entry as usize, weight * gammas_except(gammas, self.theta, &[i]));
        }
    }

    /// Shows the place of each pair of `gamma` factors, and the second derivative by both.
    #[inline(always)]
    fn each_pair(&self, at: Cell, bin: usize, weight: f64, mut show: impl FnMut(usize, f64)) {
        let (s, layout, gammas) =
            (self.l.structure, self.l.layout, self.l.structure.gammas(at.cell));
        let rate = self.sweep.bases[at.cell].0[0] * self.sweep.common[at.g].0[0];
        let first = s.gamma_start[at.cell] as usize;
        let entries = &layout.gamma_entry[first..first + gammas.len()];
        for (i, &one) in entries.iter().enumerate() {
            for (j, &other) in entries[..i].iter().enumerate() {
                let product = gammas_except(gammas, self.theta, &[i, j]);
                // Both orders of a pair of one and the same parameter are on the diagonal.
                let orders = if one == other { 2.0 } else { 1.0 };
                let pair = layout.pair(bin, one as usize, other as usize);
                show(pair, orders * weight * rate * product);
            }
        }
    }
}

impl Curvature {
    /// All 0, with the shape that a model needs.
    pub fn new(l: Likelihood) -> Self {
        let (s, layout) = (l.structure, l.layout);
        let n_factors = s.norm_parameter.len() + s.scale_parameter.len();
        Self {
            factors: vec![(Series::ZERO, 0.0); n_factors],
            slopes: vec![0.0; n_factors],
            own: vec![0.0; n_factors],
            common: vec![(0.0, false); s.groups.len()],
            yields: vec![0.0; s.groups.len()],
            yield_slopes: vec![0.0; s.group_slot.len()],
            bends: vec![0.0; s.group_slot.len()],
            entry_rows: vec![0.0; layout.n_entry_rows()],
            pairs: vec![0.0; layout.n_pairs()],
            diagonal: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Computes the second derivatives at the point of a Jacobian; `derivatives` must have
    /// curvatures.
    pub fn set(
        &mut self,
        l: Likelihood,
        sweep: &Sweep<1>,
        jacobian: &Jacobian,
        derivatives: &Derivatives,
        theta: &[f64],
        weights: &[f64],
    ) {
        for (g, group) in l.structure.groups.iter().enumerate() {
            self.set_factors((g, group), sweep, jacobian, derivatives);
        }
        self.set_parts(Inputs { l, sweep, jacobian, theta, weights });
        for (bend, &slot) in self.bends.iter_mut().zip(&l.structure.group_slot) {
            *bend *= derivatives.weights[slot as usize][2];
        }
        self.set_diagonal(l);
    }

    fn set_factors(
        &mut self,
        (g, group): (usize, &Group),
        sweep: &Sweep<1>,
        jacobian: &Jacobian,
        derivatives: &Derivatives,
    ) {
        let norms = derivatives.norms[group.norms.clone()].iter().map(|norm| (norm[1], norm[2]));
        let slopes = norms.chain(std::iter::repeat((1.0, 0.0)));
        let common = sweep.common[g].0[0];
        let mut has_zero = false;
        for (i, (slope, bend)) in group.factors().zip(slopes) {
            let value = sweep.factors[i].0[0];
            let relative = slope / value;
            has_zero |= value == 0.0;
            self.factors[i] = (Series([value, slope]), bend);
            self.slopes[i] = jacobian.slopes.factors[i];
            self.own[i] = common * (bend / value - relative * relative);
        }
        self.common[g] = (common, has_zero);
    }

    fn set_parts(&mut self, inputs: Inputs) {
        let (l, layout) = (inputs.l, inputs.l.layout);
        let Self { yields, yield_slopes, bends, entry_rows, pairs, .. } = self;
        let (mut entry_rows, mut pairs) = (&mut entry_rows[..], &mut pairs[..]);
        // The first part of a channel has the channel's sums; those of the others are added to them
        // afterwards, in the order of the bins.
        let later: Vec<&Block> =
            layout.chunks().filter(|(b, bins)| bins.start > b.bins.start).map(|(b, _)| b).collect();
        let length = |block: &Block| block.groups.len() + 2 * slots_of(l, block).len();
        let mut of_later: Vec<Vec<f64>> = later.iter().map(|b| vec![0.0; length(b)]).collect();
        let mut next_later = of_later.iter_mut();
        let mut sums = Sums { yields, slopes: yield_slopes, bends };
        let mut parts = Vec::new();
        for (block, bins) in layout.chunks() {
            let n_entries = layout.entries_of(bins.clone()).len();
            let (part_rows, part_pairs);
            (part_rows, entry_rows) = entry_rows.split_at_mut(n_entries * block.columns.len());
            (part_pairs, pairs) = pairs.split_at_mut(layout.pairs_of(bins.clone()).len());
            let sums = if bins.start == block.bins.start {
                sums.take(block.groups.len(), slots_of(l, block).len())
            } else {
                Sums::of(next_later.next().expect("one for each"), block.groups.len())
            };
            parts.push(Part { block, bins, entry_rows: part_rows, pairs: part_pairs, sums });
        }
        each(l, parts, |part: Part| part.set(inputs));
        for (block, mut later) in later.into_iter().zip(of_later) {
            let (groups, slots) = (block.groups.clone(), slots_of(l, block));
            let Sums { yields, slopes, bends } = Sums::of(&mut later, groups.len());
            add_scaled(&mut self.yields[groups], 1.0, yields);
            add_scaled(&mut self.yield_slopes[slots.clone()], 1.0, slopes);
            add_scaled(&mut self.bends[slots], 1.0, bends);
        }
    }

    fn set_diagonal(&mut self, l: Likelihood) {
        self.diagonal.clear();
        for block in &l.layout.blocks {
            let first = self.diagonal.len();
            self.diagonal.resize(first + block.columns.len(), 0.0);
            let diagonal = &mut self.diagonal[first..];
            for g in block.groups.clone() {
                let (group, (_, has_zero)) = (&l.structure.groups[g], self.common[g]);
                for i in group.factors().filter(|_| !has_zero) {
                    diagonal[l.layout.factor_column[i] as usize] += self.yields[g] * self.own[i];
                }
                for i in group.slots.clone() {
                    diagonal[l.layout.slot_column[i] as usize] += self.bends[i];
                }
            }
        }
    }

    /// Adds the product with a direction of the parameters to `out`.
    pub fn add_times(&mut self, l: Likelihood, x: &[f64], out: &mut [f64]) {
        let (layout, mut scratch) = (l.layout, std::mem::take(&mut self.scratch));
        let mut diagonal = &self.diagonal[..];
        for block in &layout.blocks {
            let own;
            (own, diagonal) = diagonal.split_at(block.columns.len());
            scratch.part.clear();
            scratch.part.extend(block.columns.iter().map(|&c| x[layout.shared[c]]));
            scratch.sums.clear();
            scratch.sums.extend(own.iter().zip(&scratch.part).map(|(d, x)| d * x));
            for g in block.groups.clone() {
                self.add_group_times(l, g, &mut scratch);
            }
            for bin in block.bins.clone() {
                let (part, sums) = (&scratch.part, &mut scratch.sums);
                self.add_bin_times(layout, (block, bin), x, (part, sums), out);
            }
            let sums = block.columns.iter().zip(&scratch.sums);
            sums.for_each(|(&c, sum)| out[layout.shared[c]] += sum);
        }
        self.scratch = scratch;
    }

    fn add_group_times(&self, l: Likelihood, g: usize, scratch: &mut Scratch) {
        let group = &l.structure.groups[g];
        let (factors, slots) = (group.factors(), group.slots.clone());
        let (of_factors, of_yields) =
            (&self.slopes[factors.clone()], &self.yield_slopes[slots.clone()]);
        let factors = &l.layout.factor_column[factors];
        let slots = &l.layout.slot_column[slots];
        let Scratch { part, sums, .. } = &mut *scratch;
        let along = |columns: &[u32], slopes: &[f64]| -> f64 {
            columns.iter().zip(slopes).map(|(&column, d)| d * part[column as usize]).sum()
        };
        let (by_factors, by_yields) = (along(factors, of_factors), along(slots, of_yields));
        let (common, has_zero) = self.common[g];
        let ratio = if has_zero { 0.0 } else { self.yields[g] / common };
        let by_yields = by_yields + ratio * by_factors;
        let mut add = |columns: &[u32], slopes: &[f64], scale: f64| {
            columns.iter().zip(slopes).for_each(|(&c, d)| sums[c as usize] += scale * d);
        };
        add(slots, of_yields, by_factors);
        add(factors, of_factors, by_yields);
        if has_zero {
            self.add_factors_times(l, g, scratch);
        }
    }

    /// The product with the second derivatives of a common factor of which a factor is 0.
    fn add_factors_times(&self, l: Likelihood, g: usize, scratch: &mut Scratch) {
        let range = l.structure.groups[g].factors();
        let columns = &l.layout.factor_column[range.clone()];
        let factors = &self.factors[range];
        let Scratch { part, sums, directed, others, .. } = scratch;
        directed.clear();
        let terms = factors.iter().zip(columns);
        directed.extend(terms.map(|((f, _), &c)| Series([f.0[0], f.0[1] * part[c as usize]])));
        others.resize(factors.len(), Series::ZERO);
        products_of_others(directed, others);
        for (i, &column) in columns.iter().enumerate() {
            let (Series([_, slope]), bend) = factors[i];
            let Series([of_others, along]) = others[i];
            let second = slope * along + bend * of_others * part[column as usize];
            sums[column as usize] += self.yields[g] * second;
        }
    }

    fn add_bin_times(
        &self,
        layout: &Layout,
        (block, bin): (&Block, usize),
        x: &[f64],
        (part, sums): (&[f64], &mut [f64]),
        out: &mut [f64],
    ) {
        for entry in layout.entries(bin) {
            let p = layout.entry_parameter[entry];
            let row = &self.entry_rows[layout.entry_row(block, entry)];
            out[p] += row.iter().zip(part).map(|(d, x)| d * x).sum::<f64>();
            sums.iter_mut().zip(row).for_each(|(sum, d)| *sum += d * x[p]);
            for other in layout.entries(bin).start..=entry {
                let (value, q) =
                    (self.pair(layout, bin, entry, other), layout.entry_parameter[other]);
                out[p] += value * x[q];
                if other != entry {
                    out[q] += value * x[p];
                }
            }
        }
    }

    /// The derivative by the parameters of two entries of a bin.
    pub fn pair(&self, layout: &Layout, bin: usize, one: usize, other: usize) -> f64 {
        self.pairs[layout.pair(bin, one, other)]
    }

    /// The derivatives by an entry's parameter and each column of its block.
    pub fn entry_row(&self, layout: &Layout, block: &Block, entry: usize) -> &[f64] {
        &self.entry_rows[layout.entry_row(block, entry)]
    }

    /// Adds the derivatives by pairs of shared parameters, except those by `gamma` factors, to
    /// `out`: row-major, in the order of [`Layout::shared`].
    pub fn add_shared(&self, l: Likelihood, out: &mut [f64]) {
        let n = l.layout.shared.len();
        let mut add = |i: usize, j: usize, value: f64| out[i * n + j] += value;
        for block in &l.layout.blocks {
            let shared = |c: &u32| block.columns[*c as usize];
            for g in block.groups.clone() {
                let group = &l.structure.groups[g];
                let (range, slots) = (group.factors(), group.slots.clone());
                let factors = l.layout.factor_column[range.clone()].iter();
                let factors: Vec<usize> = factors.map(shared).collect();
                let columns = l.layout.slot_column[slots.clone()].iter().map(shared);
                let terms = self.yield_slopes[slots.clone()].iter().zip(&self.bends[slots]);
                for (j, (by_yield, bend)) in columns.zip(terms) {
                    for (&i, slope) in factors.iter().zip(&self.slopes[range.clone()]) {
                        add(i, j, slope * by_yield);
                        add(j, i, slope * by_yield);
                    }
                    add(j, j, *bend);
                }
                let second = second_derivatives(&self.factors[range]);
                let mut second = second.iter().map(|value| self.yields[g] * value);
                for &i in &factors {
                    factors.iter().zip(&mut second).for_each(|(&j, value)| add(i, j, value));
                }
            }
        }
    }
}

/// The slots of a block's groups.
fn slots_of(l: Likelihood, block: &Block) -> Range<usize> {
    let groups = &l.structure.groups[block.groups.clone()];
    let start = groups.first().map_or(0, |group| group.slots.start);
    start..groups.last().map_or(start, |group| group.slots.end)
}

/// Second derivatives of a product of factors by the parameters of each two: row-major.
fn second_derivatives(factors: &[(Series<2>, f64)]) -> Vec<f64> {
    let n = factors.len();
    let mut second = vec![0.0; n * n];
    let (mut directed, mut others) = (Vec::new(), vec![Series::ZERO; n]);
    for i in 0..n {
        directed.clear();
        directed.extend(factors.iter().map(|(f, _)| Series([f.0[0], 0.0])));
        let (Series([value, slope]), bend) = factors[i];
        directed[i] = Series([value, slope]);
        products_of_others(&directed, &mut others);
        for j in 0..n {
            let Series([of_others, along]) = others[j];
            second[i * n + j] = if i == j { bend * of_others } else { factors[j].0.0[1] * along };
        }
    }
    second
}
