//! The expected information of a Poisson likelihood, factorised.
//!
//! Enters: Jacobian `J` (bins x parameters), rates `r`, the constraints' diagonal `D`, the free
//! parameters. Leaves: solutions of `H x = b` with `H = D + J^T diag(1/r) J`.
//!
//! With `c` the constrained and `u` the unconstrained free parameters and
//! `M = diag(r) + J_c D_c^-1 J_c^T` (bins x bins), Woodbury's identity gives
//!
//! `x_u = (J_u^T M^-1 J_u)^-1 (b_u - J_u^T M^-1 J_c D_c^-1 b_c)`,
//! `x_c = D_c^-1 (b_c - J_c^T M^-1 (J_c D_c^-1 b_c + J_u x_u))`.
//!
//! Published models have far fewer bins than parameters, so this beats the dense factorisation,
//! which is used where bins outnumber constrained parameters. Source: W. Hager, SIAM Review 31
//! (1989) 221.

use super::conjugate_gradient::dot;
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

/// Rates as the information weights them. A bin without observed events has no curvature, however
/// small its rate, so it must not constrain the parameters.
pub(super) fn curvature_rates(rates: &[f64], data: &[f64]) -> Vec<f64> {
    let pairs = rates.iter().zip(data);
    pairs.map(|(&rate, &count)| if count == 0.0 { rate.max(1.0) } else { rate }).collect()
}

/// Smaller rates are raised to this one; a bin without events has a row of zeros in any case.
const SMALLEST_RATE: f64 = 1e-100;

/// Relative size of the term added to the diagonal where the information is singular.
const RIDGE: f64 = 1e-10;

/// Cholesky's factor of an information.
pub(crate) type Factor = Cholesky<f64, Dyn>;

/// The ingredients of the information.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ingredients<'a> {
    pub(crate) jacobian: &'a [f64],
    pub(crate) rates: &'a [f64],
    pub(crate) constraint: &'a [f64],
    /// Free parameters, ascending.
    pub(crate) free: &'a [usize],
}

#[derive(Clone, Debug)]
enum Kind {
    Dense(Factor),
    Woodbury(Woodbury),
}

#[derive(Clone, Debug)]
struct Woodbury {
    /// Indices within the free list.
    constrained: Vec<usize>,
    unconstrained: Vec<usize>,
    inverse_diagonal: DVector<f64>,
    jacobian_c: DMatrix<f64>,
    jacobian_u: DMatrix<f64>,
    bins: Factor,
    schur: Option<Factor>,
}

/// A factorised expected information over the free parameters.
#[derive(Clone, Debug)]
pub(super) struct Information {
    kind: Kind,
    /// Whether the diagonal was raised because some direction carries no information.
    pub(super) singular: bool,
}

impl Ingredients<'_> {
    fn rows(&self) -> impl Iterator<Item = (&[f64], f64)> {
        let rates = self.rates.iter().map(|rate| rate.max(SMALLEST_RATE));
        self.jacobian.chunks_exact(self.n_parameters()).zip(rates)
    }

    /// The information, over all parameters, times `x`.
    pub(super) fn times(&self, x: &[f64]) -> Vec<f64> {
        let mut product: Vec<f64> = x.iter().zip(self.constraint).map(|(x, d)| x * d).collect();
        for (row, rate) in self.rows() {
            let along = dot(row, x) / rate;
            product.iter_mut().zip(row).for_each(|(p, entry)| *p += along * entry);
        }
        product
    }

    /// The information's diagonal, over all parameters.
    pub(super) fn diagonal(&self) -> Vec<f64> {
        let mut diagonal = self.constraint.to_vec();
        for (row, rate) in self.rows() {
            diagonal.iter_mut().zip(row).for_each(|(d, entry)| *d += entry * entry / rate);
        }
        diagonal
    }

    fn n_parameters(&self) -> usize {
        self.constraint.len()
    }

    fn entry(&self, bin: usize, parameter: usize) -> f64 {
        self.jacobian[bin * self.n_parameters() + parameter]
    }

    fn columns(&self, parameters: impl ExactSizeIterator<Item = usize> + Clone) -> DMatrix<f64> {
        let count = parameters.len();
        let columns = parameters.flat_map(|p| (0..self.rates.len()).map(move |b| (b, p)));
        let entries = columns.map(|(b, p)| self.entry(b, p));
        DMatrix::from_iterator(self.rates.len(), count, entries)
    }

    /// The information over the free parameters as an explicit matrix.
    pub(crate) fn matrix(&self) -> DMatrix<f64> {
        let j = self.columns(self.free.iter().copied());
        let mut weighted = j.clone();
        for (mut row, rate) in weighted.row_iter_mut().zip(self.rates) {
            row /= rate.max(SMALLEST_RATE);
        }
        let mut h = j.transpose() * weighted;
        for (i, &p) in self.free.iter().enumerate() {
            h[(i, i)] += self.constraint[p];
        }
        h
    }

    fn dense(&self, ridge: f64) -> Option<Factor> {
        let mut h = self.matrix();
        for i in 0..self.free.len() {
            h[(i, i)] += ridge * h[(i, i)].max(1.0);
        }
        checked(h)
    }

    fn woodbury(&self) -> Option<Woodbury> {
        let is_constrained = |i: &usize| self.constraint[self.free[*i]] > 0.0;
        let (constrained, unconstrained): (Vec<usize>, Vec<usize>) =
            (0..self.free.len()).partition(is_constrained);
        let jacobian_c = self.columns(constrained.iter().map(|&i| self.free[i]));
        let jacobian_u = self.columns(unconstrained.iter().map(|&i| self.free[i]));
        let inverse = constrained.iter().map(|&i| 1.0 / self.constraint[self.free[i]]);
        let inverse_diagonal = DVector::from_iterator(constrained.len(), inverse);
        let mut scaled = jacobian_c.clone();
        for (mut column, inverse) in scaled.column_iter_mut().zip(&inverse_diagonal) {
            column *= *inverse;
        }
        let mut m = &scaled * jacobian_c.transpose();
        for (bin, rate) in self.rates.iter().enumerate() {
            m[(bin, bin)] += rate.max(SMALLEST_RATE);
        }
        // It is positive by construction, unless numbers overflowed.
        let bins =
            Cholesky::new(m).filter(|f| f.l_dirty().diagonal().iter().all(|l| l.is_finite()))?;
        let schur = if unconstrained.is_empty() {
            None
        } else {
            Some(checked(jacobian_u.transpose() * bins.solve(&jacobian_u))?)
        };
        Some(Woodbury {
            constrained,
            unconstrained,
            inverse_diagonal,
            jacobian_c,
            jacobian_u,
            bins,
            schur,
        })
    }
}

/// A factor, unless its pivots are lost to rounding.
pub(crate) fn checked(matrix: DMatrix<f64>) -> Option<Factor> {
    let diagonal = matrix.diagonal();
    let factor = Cholesky::new(matrix)?;
    let pivots = factor.l_dirty().diagonal();
    let sound = |(pivot, scale): (&f64, &f64)| pivot * pivot > 1e-13 * scale;
    pivots.iter().zip(&diagonal).all(sound).then_some(factor)
}

impl Information {
    /// Factorises; `None` where even a raised diagonal does not make it positive (numbers
    /// overflowed).
    pub(super) fn new(ingredients: Ingredients) -> Option<Self> {
        let constrained = |p: &&usize| ingredients.constraint[**p] > 0.0;
        let n_constrained = ingredients.free.iter().filter(constrained).count();
        let kind = if ingredients.rates.len() < n_constrained {
            ingredients.woodbury().map(Kind::Woodbury)
        } else {
            ingredients.dense(0.0).map(Kind::Dense)
        };
        let raised =
            || ingredients.dense(RIDGE).map(|f| Self { kind: Kind::Dense(f), singular: true });
        kind.map(|kind| Self { kind, singular: false }).or_else(raised)
    }

    /// Solves `H x = b`; both over the free parameters.
    pub(super) fn solve(&self, b: &[f64]) -> Vec<f64> {
        match &self.kind {
            Kind::Dense(factor) => factor.solve(&DVector::from_column_slice(b)).as_slice().to_vec(),
            Kind::Woodbury(woodbury) => woodbury.solve(b),
        }
    }
}

impl Woodbury {
    fn solve(&self, b: &[f64]) -> Vec<f64> {
        let pick = |list: &[usize]| DVector::from_iterator(list.len(), list.iter().map(|&i| b[i]));
        let mut x_c = pick(&self.constrained).component_mul(&self.inverse_diagonal);
        let mut response = &self.jacobian_c * &x_c;
        let mut x_u = pick(&self.unconstrained);
        if let Some(schur) = &self.schur {
            x_u -= self.jacobian_u.tr_mul(&self.bins.solve(&response));
            schur.solve_mut(&mut x_u);
            response += &self.jacobian_u * &x_u;
        }
        self.bins.solve_mut(&mut response);
        x_c -= self.jacobian_c.tr_mul(&response).component_mul(&self.inverse_diagonal);
        let mut x = vec![0.0; b.len()];
        self.constrained.iter().zip(&x_c).for_each(|(&i, value)| x[i] = *value);
        self.unconstrained.iter().zip(&x_u).for_each(|(&i, value)| x[i] = *value);
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(i: usize) -> f64 {
        ((i * 37 + 11) % 29) as f64 / 29.0 - 0.4
    }

    /// The largest relative residual of `H x = b` with an explicit H.
    fn residual(bins: usize, constraint: &[f64], free: &[usize]) -> f64 {
        let n = constraint.len();
        let jacobian: Vec<f64> = (0..bins * n).map(|i| 3.0 * number(i)).collect();
        let rates: Vec<f64> = (0..bins).map(|b| 2.0 + number(b)).collect();
        let ingredients = Ingredients { jacobian: &jacobian, rates: &rates, constraint, free };
        let information = Information::new(ingredients).expect("a positive matrix");
        assert!(!information.singular);
        let b: Vec<f64> = (0..free.len()).map(|i| number(i + 5)).collect();
        let x = information.solve(&b);
        let product = |i: usize| {
            let mut sum = constraint[free[i]] * x[i];
            for bin in 0..bins {
                let row = |j: usize| jacobian[bin * n + free[j]];
                let along: f64 = (0..free.len()).map(|j| row(j) * x[j]).sum();
                sum += row(i) * along / rates[bin];
            }
            sum
        };
        (0..free.len()).map(|i| (product(i) - b[i]).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn both_forms_solve_the_same_system() {
        let constraint = [1.0, 0.0, 2.0, 0.5, 4.0, 0.0, 1.0];
        assert!(residual(3, &constraint, &[0, 1, 2, 3, 4, 6]) < 1e-12);
        assert!(residual(3, &constraint, &[0, 2, 3, 4, 6]) < 1e-12);
        assert!(residual(9, &constraint, &[0, 1, 2, 4, 5, 6]) < 1e-12);
    }

    #[test]
    fn a_direction_without_information_is_reported() {
        let jacobian = [1.0, 1.0, 2.0, 2.0, 3.0, 3.0];
        let ingredients = Ingredients {
            jacobian: &jacobian,
            rates: &[5.0, 6.0, 7.0],
            constraint: &[0.0, 0.0],
            free: &[0, 1],
        };
        assert!(Information::new(ingredients).expect("a raised diagonal").singular);
    }
}
