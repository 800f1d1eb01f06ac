//! Solutions of `(D + J^T diag(1/r) J) x = b` for fewer bins than parameters.
//!
//! With `c` the parameters that `D` constrains, `u` the others and
//! `M = diag(r) + J_c D_c^-1 J_c^T` (bins x bins), Woodbury's identity gives
//!
//! `x_u = (J_u^T M^-1 J_u)^-1 (b_u - J_u^T M^-1 J_c D_c^-1 b_c)`,
//! `x_c = D_c^-1 (b_c - J_c^T M^-1 (J_c D_c^-1 b_c + J_u x_u))`.
//!
//! Source: W. Hager, SIAM Review 31 (1989) 221.

use nalgebra::{Cholesky, DMatrix, DVector};

use super::information::{Factor, checked};

#[derive(Clone, Debug)]
pub(super) struct Woodbury {
    constrained: Vec<usize>,
    unconstrained: Vec<usize>,
    inverse_diagonal: DVector<f64>,
    jacobian_c: DMatrix<f64>,
    jacobian_u: DMatrix<f64>,
    bins: Factor,
    schur: Option<Factor>,
}

impl Woodbury {
    /// From `J` (bins x parameters), rates above 0 and the diagonal `D`, 0 where a parameter is not
    /// constrained; `None` where a parameter is not determined, or numbers overflowed.
    pub(super) fn new(jacobian: &DMatrix<f64>, rates: &[f64], constraint: &[f64]) -> Option<Self> {
        let is_constrained = |i: &usize| constraint[*i] > 0.0;
        let (constrained, unconstrained): (Vec<usize>, Vec<usize>) =
            (0..constraint.len()).partition(is_constrained);
        let jacobian_c = jacobian.select_columns(&constrained);
        let jacobian_u = jacobian.select_columns(&unconstrained);
        let inverse = constrained.iter().map(|&i| 1.0 / constraint[i]);
        let inverse_diagonal = DVector::from_iterator(constrained.len(), inverse);
        let mut scaled = jacobian_c.clone();
        for (mut column, inverse) in scaled.column_iter_mut().zip(&inverse_diagonal) {
            column *= *inverse;
        }
        let mut m = &scaled * jacobian_c.transpose();
        rates.iter().enumerate().for_each(|(bin, rate)| m[(bin, bin)] += rate);
        // It is positive by construction, unless numbers overflowed.
        let bins =
            Cholesky::new(m).filter(|f| f.l_dirty().diagonal().iter().all(|l| l.is_finite()))?;
        let schur = if unconstrained.is_empty() {
            None
        } else {
            Some(checked(jacobian_u.transpose() * bins.solve(&jacobian_u))?)
        };
        Some(Self {
            constrained,
            unconstrained,
            inverse_diagonal,
            jacobian_c,
            jacobian_u,
            bins,
            schur,
        })
    }

    /// The curvature in the rates that is left once all parameters have answered:
    /// `M^-1 - M^-1 J_u (J_u^T M^-1 J_u)^-1 J_u^T M^-1`, bins x bins.
    pub(super) fn curvature_left(&self) -> DMatrix<f64> {
        let mut left = self.bins.inverse();
        if let Some(schur) = &self.schur {
            let answered = &left * &self.jacobian_u;
            left -= &answered * schur.solve(&answered.transpose());
        }
        left
    }

    pub(super) fn solve(&self, b: &[f64]) -> Vec<f64> {
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

    /// The largest residual of `H x = b` with an explicit H.
    fn residual(bins: usize, constraint: &[f64]) -> f64 {
        let n = constraint.len();
        let jacobian = DMatrix::from_fn(bins, n, |bin, p| 3.0 * number(bin * n + p));
        let rates: Vec<f64> = (0..bins).map(|b| 2.0 + number(b)).collect();
        let woodbury = Woodbury::new(&jacobian, &rates, constraint).expect("a positive matrix");
        let b = DVector::from_fn(n, |i, _| number(i + 5));
        let x = DVector::from_vec(woodbury.solve(b.as_slice()));
        let weights = DMatrix::from_diagonal(&DVector::from_vec(rates).map(|rate| 1.0 / rate));
        let diagonal = DMatrix::from_diagonal(&DVector::from_column_slice(constraint));
        let matrix = diagonal + jacobian.transpose() * weights * &jacobian;
        (matrix * x - b).amax()
    }

    #[test]
    fn solutions_are_those_of_the_matrix() {
        assert!(residual(3, &[1.0, 0.0, 2.0, 0.5, 4.0, 1.0]) < 1e-12);
        assert!(residual(3, &[1.0, 2.0, 0.5, 4.0, 1.0]) < 1e-12);
        assert!(residual(9, &[1.0, 0.0, 2.0, 4.0, 0.0, 1.0]) < 1e-12);
    }

    #[test]
    fn twins_without_a_constraint_are_refused() {
        let jacobian = DMatrix::from_row_slice(3, 2, &[1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
        assert!(Woodbury::new(&jacobian, &[5.0, 6.0, 7.0], &[0.0, 0.0]).is_none());
    }
}
