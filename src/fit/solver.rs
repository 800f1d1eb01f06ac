//! Solutions with the Hessian of -ln L at a point, or with what stands for it.
//!
//! Where bins outnumber the shared parameters, the exact Hessian is factorised ([`Arrow`]). Where
//! they do not, or where it is not positive, the expected information stands for it, and
//! conjugate gradients on exact products correct the difference.

use super::arrow::Arrow;
use super::arrow_factor::ArrowFactor;
use super::conjugate_gradient::{self, Limits, Solution};
use super::information::{Information, Ingredients};
use crate::histfactory::Hessian;

/// A positive matrix that is, or stands for, the Hessian over some free parameters.
#[derive(Debug)]
pub(super) enum Solver {
    /// The Hessian itself.
    Exact(ArrowFactor),
    /// The expected information.
    Expected(Information),
}

/// The Hessian as a matrix.
pub(super) fn matrix(hessian: &Hessian) -> Arrow {
    matrix_reusing(hessian, None)
}

/// As [`matrix`], in the memory of a factor that is not needed any more.
pub(super) fn matrix_reusing(hessian: &Hessian, spare: Option<ArrowFactor>) -> Arrow {
    let mut matrix = Arrow::reusing(hessian.layout(), spare);
    let (l, curvature) = hessian.curvature();
    matrix.add_outer(hessian.at().jacobian(), hessian.bends());
    matrix.add_curvature(l, curvature);
    matrix.add_diagonal(hessian.constraint());
    matrix
}

impl Solver {
    /// The cheapest one that is positive over `free`; `None` where there is none because numbers
    /// overflowed. `hessian`, which makes the Hessian's matrix, is called only where it is used.
    pub(super) fn new(
        ingredients: Ingredients,
        free: &[usize],
        hessian: impl FnOnce() -> Arrow,
    ) -> Option<Self> {
        if !ingredients.has_few_bins(free)
            && let Some(factor) = hessian().into_factor(free)
        {
            return Some(Self::Exact(factor));
        }
        ingredients.factor(free).map(Self::Expected)
    }

    /// The factor of the Hessian, if this is one.
    pub(super) fn into_factor(self) -> Option<ArrowFactor> {
        match self {
            Self::Exact(factor) => Some(factor),
            Self::Expected(_) => None,
        }
    }

    /// Whether some direction carries no information.
    pub(super) fn is_singular(&self) -> bool {
        matches!(self, Self::Expected(information) if information.singular)
    }

    /// Solves over the free parameters. Both are over all parameters: what `b` has for others is
    /// ignored, and the solution is 0 there.
    pub(super) fn solve(&self, b: &[f64]) -> Vec<f64> {
        match self {
            Self::Exact(factor) => factor.solve(b),
            Self::Expected(information) => information.solve(b),
        }
    }

    /// Solves over fewer free parameters, `inner`, where `x` gives the others' values; what it has
    /// for `inner` must be 0. `hessian` is as in [`Solver::new`].
    pub(super) fn solve_rest(
        &self,
        ingredients: Ingredients,
        hessian: impl FnOnce() -> Arrow,
        inner: &[usize],
        x: &[f64],
        b: &[f64],
    ) -> Option<Vec<f64>> {
        let less = |moved: Vec<f64>| b.iter().zip(moved).map(|(b, m)| b - m).collect::<Vec<_>>();
        match self {
            Self::Exact(_) => {
                let matrix = hessian();
                let b = less(matrix.times(x));
                Some(matrix.into_factor(inner)?.solve(&b))
            }
            Self::Expected(_) => {
                Some(ingredients.factor(inner)?.solve(&less(ingredients.times(x))))
            }
        }
    }

    /// Solves `H x = b` with the Hessian over the free parameters, by conjugate gradients with this
    /// as the preconditioner. Where it is the Hessian itself, that corrects rounding.
    pub(super) fn solve_exactly(
        &self,
        hessian: &mut Hessian,
        free: &[usize],
        b: &[f64],
        limits: Limits,
    ) -> Solution {
        let mut is_free = vec![false; b.len()];
        free.iter().for_each(|&p| is_free[p] = true);
        let only_free = |mut v: Vec<f64>| {
            v.iter_mut().zip(&is_free).filter(|(_, free)| !**free).for_each(|(v, _)| *v = 0.0);
            v
        };
        let multiply = |x: &[f64]| only_free(hessian.times(x));
        let b = only_free(b.to_vec());
        conjugate_gradient::solve(&b, multiply, |v| self.solve(v), limits)
    }
}
