//! Derivatives of the rates with respect to every parameter, which are the rows of a Jacobian.

use super::series::Series;
use super::structure::{Group, Likelihood};
use super::sweep::{Derivatives, Sweep};

/// Derivatives of the stages at a point, from which rows are made.
#[derive(Clone, Debug, Default)]
pub struct Slopes {
    /// For each group's common factor, with respect to the parameter of each of its factors, in the
    /// order of [`Group::factors`].
    factors: Vec<f64>,
    /// For each factor of a group, the product of the others.
    others: Vec<Series<1>>,
    /// The parameter of each `histosys` slot, and the slope of its weight.
    slots: Vec<(u32, f64)>,
}

/// Adds `factor` times `slopes` in the parameters' columns.
#[inline(always)]
fn scatter(row: &mut [f64], parameters: &[u32], slopes: &[f64], factor: f64) {
    for (&p, slope) in parameters.iter().zip(slopes) {
        row[p as usize] += factor * slope;
    }
}

impl Slopes {
    /// Computes the part of the factors at the point of a sweep.
    pub fn set(&mut self, l: Likelihood, sweep: &Sweep<1>, derivatives: &Derivatives) {
        self.factors.resize(sweep.factors.len(), 0.0);
        self.others.resize(sweep.factors.len(), Series::ZERO);
        let weights = derivatives.weights.iter().map(|weight| weight[1]);
        self.slots.clear();
        self.slots.extend(l.structure.slot_parameter.iter().copied().zip(weights));
        for group in &l.structure.groups {
            let range = group.factors();
            let others = &mut self.others[range.clone()];
            super::series::products_of_others(&sweep.factors[range.clone()], others);
            let slopes = derivatives.norms[group.norms.clone()].iter().map(|norm| norm[1]);
            // A scale is itself a parameter.
            let slopes = slopes.chain(std::iter::repeat(1.0));
            for ((out, other), slope) in self.factors[range].iter_mut().zip(others).zip(slopes) {
                *out = other.0[0] * slope;
            }
        }
    }

    /// Adds the derivatives of all rates into `jacobian`: row-major, bins x parameters.
    pub fn add_jacobian(
        &self,
        l: Likelihood,
        sweep: &Sweep<1>,
        theta: &[f64],
        jacobian: &mut [f64],
    ) {
        let n = l.structure.n_parameters;
        for (g, group) in l.structure.groups.iter().enumerate() {
            for cell in group.cells.clone() {
                let bin = l.structure.cell_bin[cell] as usize;
                let row = &mut jacobian[bin * n..(bin + 1) * n];
                self.add_row(l, sweep, theta, (g, group, cell), row);
            }
        }
    }

    /// As [`Slopes::add_jacobian`], but for the cells of one group: cells x parameters.
    pub fn add_group(
        &self,
        l: Likelihood,
        sweep: &Sweep<1>,
        theta: &[f64],
        g: usize,
        rows: &mut [f64],
    ) {
        let group = &l.structure.groups[g];
        let rows = rows.chunks_exact_mut(l.structure.n_parameters);
        for (cell, row) in group.cells.clone().zip(rows) {
            self.add_row(l, sweep, theta, (g, group, cell), row);
        }
    }

    #[inline(always)]
    fn add_row(
        &self,
        l: Likelihood,
        sweep: &Sweep<1>,
        theta: &[f64],
        (g, group, cell): (usize, &Group, usize),
        row: &mut [f64],
    ) {
        let (s, c) = (l.structure, l.coefficients);
        let (base, common) = (sweep.bases[cell].0[0], sweep.common[g].0[0]);
        let gammas = s.gammas(cell);
        let gamma: f64 = gammas.iter().map(|&p| theta[p as usize]).product();
        let (range, scale) = (s.shifts(cell), common * gamma);
        let coefficients = c.shift_s[range.clone()].iter().zip(&c.shift_a[range.clone()]);
        for (&slot, (s, a)) in s.shift_slot[range].iter().zip(coefficients) {
            let (parameter, slope) = self.slots[slot as usize];
            row[parameter as usize] += scale * (s + slope * a);
        }
        let (norms, scales) = self.factors[group.factors()].split_at(group.norms.len());
        scatter(row, &s.norm_parameter[group.norms.clone()], norms, base * gamma);
        scatter(row, &s.scale_parameter[group.scales.clone()], scales, base * gamma);
        for (i, &p) in gammas.iter().enumerate() {
            let others = gammas.iter().enumerate().filter(|(j, _)| *j != i);
            let others: f64 = others.map(|(_, &p)| theta[p as usize]).product();
            row[p as usize] += base * common * others;
        }
    }
}

/// Rates of one group's cells, in events.
pub fn group_rates(l: Likelihood, sweep: &Sweep<1>, theta: &[f64], g: usize) -> Vec<f64> {
    let rate = |cell: usize| {
        let gammas = l.structure.gammas(cell).iter().map(|&p| theta[p as usize]);
        sweep.bases[cell].0[0] * gammas.fold(sweep.common[g].0[0], |product, gamma| product * gamma)
    };
    l.structure.groups[g].cells.clone().map(rate).collect()
}
