//! Second derivatives of a weighted sum of the rates, stored so that products with them are cheap.
//!
//! With a weight `w` per bin, the sum `sum_b w_b r_b` over the cells `r = Y F G` (yield, common
//! factor, `gamma` factors) has, for each group, the second derivatives
//!
//! `A F'' + Y' F'^T + F' Y'^T + F diag(Y'')`,  `A = sum w G Y`, `Y' = sum w G dY`, ...
//!
//! with sums over the group's cells: one number and one vector per group, whatever the number of
//! its bins. A `gamma` parameter adds one row per bin, and each pair of them in a bin one number.
//! Where -ln L's terms have the slopes `w` in the rates, this is all of its Hessian beyond
//! `J^T diag(bends) J` and the constraints.

use super::jacobian::{Cell, Jacobian, gammas_except};
use super::layout::{Block, Layout, Place};
use super::series::{Series, products_of_others};
use super::structure::Likelihood;
use super::sweep::{Derivatives, Sweep};

/// Second derivatives of a weighted sum of the rates at a point.
#[derive(Clone, Debug)]
pub struct Curvature {
    /// Each group's factors as series along each factor's own parameter, and its second derivative.
    factors: Vec<(Series<2>, f64)>,
    /// Derivative of each group's common factor by the parameter of each of its factors.
    slopes: Vec<f64>,
    /// Each group's weighted sum of yields.
    yields: Vec<f64>,
    /// Each group's weighted sum of the yields' derivatives, one per column of its block.
    yield_slopes: Vec<f64>,
    /// Where each group's begin in `yield_slopes`.
    starts: Vec<usize>,
    /// By the parameter of each `histosys` slot, twice.
    slots: Vec<f64>,
    /// By each entry's parameter and each column of its block: [`Layout::entry_row`].
    entry_rows: Vec<f64>,
    /// By both parameters of each pair of entries of a bin.
    pairs: Vec<f64>,
    /// Memory of products.
    directed: Vec<Series<2>>,
    others: Vec<Series<2>>,
}

impl Curvature {
    /// All 0, with the shape that a model needs.
    pub fn new(l: Likelihood) -> Self {
        let (s, layout) = (l.structure, l.layout);
        let mut starts = vec![0];
        for block in &layout.blocks {
            let mut end = *starts.last().expect("it begins with 0");
            starts.extend(block.groups.clone().map(|_| {
                end += block.columns.len();
                end
            }));
        }
        let n_factors = s.norm_parameter.len() + s.scale_parameter.len();
        Self {
            factors: vec![(Series::ZERO, 0.0); n_factors],
            slopes: vec![0.0; n_factors],
            yields: vec![0.0; s.groups.len()],
            yield_slopes: vec![0.0; starts.last().copied().unwrap_or(0)],
            starts,
            slots: vec![0.0; s.slot_parameter.len()],
            entry_rows: vec![0.0; layout.n_entry_rows()],
            pairs: vec![0.0; layout.n_pairs()],
            directed: Vec::new(),
            others: Vec::new(),
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
        self.slopes.clone_from(&jacobian.slopes.factors);
        for list in [&mut self.yields, &mut self.yield_slopes, &mut self.slots] {
            list.fill(0.0);
        }
        self.entry_rows.fill(0.0);
        self.pairs.fill(0.0);
        for block in &l.layout.blocks {
            for g in block.groups.clone() {
                let group = &l.structure.groups[g];
                self.set_factors(l, g, sweep, derivatives);
                for cell in group.cells.clone() {
                    let at = Cell { block, g, group, cell };
                    let weight = weights[l.structure.cell_bin[cell] as usize];
                    if weight != 0.0 {
                        self.add_cell(l, at, sweep, jacobian, theta, weight);
                    }
                }
            }
        }
        for (slot, weight) in self.slots.iter_mut().zip(&derivatives.weights) {
            *slot *= weight[2];
        }
    }

    fn set_factors(
        &mut self,
        l: Likelihood,
        g: usize,
        sweep: &Sweep<1>,
        derivatives: &Derivatives,
    ) {
        let group = &l.structure.groups[g];
        let norms = derivatives.norms[group.norms.clone()].iter().map(|norm| (norm[1], norm[2]));
        let range = group.factors();
        let slopes = norms.chain(std::iter::repeat((1.0, 0.0)));
        let values = &sweep.factors[range.clone()];
        for ((factor, value), (slope, bend)) in
            self.factors[range].iter_mut().zip(values).zip(slopes)
        {
            *factor = (Series([value.0[0], slope]), bend);
        }
    }

    #[inline(always)]
    fn add_cell(
        &mut self,
        l: Likelihood,
        at: Cell,
        sweep: &Sweep<1>,
        jacobian: &Jacobian,
        theta: &[f64],
        weight: f64,
    ) {
        let (s, layout, gammas) = (l.structure, l.layout, l.structure.gammas(at.cell));
        let (base, common) = (sweep.bases[at.cell].0[0], sweep.common[at.g].0[0]);
        let scale = weight * gammas_except(gammas, theta, &[]);
        self.yields[at.g] += scale * base;
        let yield_slopes = &mut self.yield_slopes[self.starts[at.g]..self.starts[at.g + 1]];
        jacobian.slopes.add_shifts(l, at, scale, yield_slopes);
        let range = s.shifts(at.cell);
        let curvatures = &l.coefficients.shift_a[range.clone()];
        for (&slot, a) in s.shift_slot[range].iter().zip(curvatures) {
            self.slots[slot as usize] += scale * common * a;
        }
        let first = s.gamma_start[at.cell] as usize;
        let entries = &layout.gamma_entry[first..first + gammas.len()];
        let bin = s.cell_bin[at.cell] as usize;
        for (i, &entry) in entries.iter().enumerate() {
            let row = &mut self.entry_rows[layout.entry_row(at.block, entry as usize)];
            let factor = weight * gammas_except(gammas, theta, &[i]);
            jacobian.slopes.add_row(l, sweep, at, factor, row);
            for (j, &other) in entries[..i].iter().enumerate() {
                let pair = layout.pair(bin, entry as usize, other as usize);
                let product = gammas_except(gammas, theta, &[i, j]);
                // Both orders of a pair of one and the same parameter are on the diagonal.
                let orders = if entry == other { 2.0 } else { 1.0 };
                self.pairs[pair] += orders * weight * base * common * product;
            }
        }
    }

    /// Adds the product with a direction of the parameters to `out`.
    pub fn add_times(&mut self, l: Likelihood, x: &[f64], out: &mut [f64]) {
        let (s, layout) = (l.structure, l.layout);
        for block in &layout.blocks {
            let part: Vec<f64> = block.columns.iter().map(|&c| x[layout.shared[c]]).collect();
            let mut sums = vec![0.0; part.len()];
            for g in block.groups.clone() {
                self.add_group_times(l, g, &part, &mut sums);
            }
            for bin in block.bins.clone() {
                self.add_bin_times(layout, (block, bin), x, (&part, &mut sums), out);
            }
            block.columns.iter().zip(sums).for_each(|(&c, sum)| out[layout.shared[c]] += sum);
        }
        for (&p, slot) in s.slot_parameter.iter().zip(&self.slots) {
            out[p as usize] += slot * x[p as usize];
        }
    }

    fn add_group_times(&mut self, l: Likelihood, g: usize, x: &[f64], out: &mut [f64]) {
        let range = l.structure.groups[g].factors();
        let columns = &l.layout.factor_column[range.clone()];
        let yield_slopes = &self.yield_slopes[self.starts[g]..self.starts[g + 1]];
        let slopes = &self.slopes[range.clone()];
        let by_factors: f64 = columns.iter().zip(slopes).map(|(&c, d)| d * x[c as usize]).sum();
        let by_yields: f64 = yield_slopes.iter().zip(x).map(|(d, x)| d * x).sum();
        out.iter_mut().zip(yield_slopes).for_each(|(out, d)| *out += by_factors * d);
        let factors = &self.factors[range];
        self.directed.clear();
        let directed = factors.iter().zip(columns);
        let directed = directed.map(|((f, _), &c)| Series([f.0[0], f.0[1] * x[c as usize]]));
        self.directed.extend(directed);
        self.others.resize(factors.len(), Series::ZERO);
        products_of_others(&self.directed, &mut self.others);
        for (i, &column) in columns.iter().enumerate() {
            let (Series([_, slope]), bend) = factors[i];
            let Series([others, along]) = self.others[i];
            let second = slope * along + bend * others * x[column as usize];
            out[column as usize] += slopes[i] * by_yields + self.yields[g] * second;
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
            for g in block.groups.clone() {
                let range = l.structure.groups[g].factors();
                let factors = l.layout.factor_column[range.clone()].iter();
                let factors: Vec<usize> = factors.map(|&c| block.columns[c as usize]).collect();
                let yield_slopes = &self.yield_slopes[self.starts[g]..self.starts[g + 1]];
                for (&i, slope) in factors.iter().zip(&self.slopes[range.clone()]) {
                    for (&j, by_yield) in block.columns.iter().zip(yield_slopes) {
                        add(i, j, slope * by_yield);
                        add(j, i, slope * by_yield);
                    }
                }
                let second = second_derivatives(&self.factors[range]);
                let mut second = second.iter().map(|value| self.yields[g] * value);
                for &i in &factors {
                    factors.iter().zip(&mut second).for_each(|(&j, value)| add(i, j, value));
                }
            }
        }
        for (&p, slot) in l.structure.slot_parameter.iter().zip(&self.slots) {
            if let Place::Shared(column) = l.layout.places[p as usize] {
                add(column, column, *slot);
            }
        }
    }
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
