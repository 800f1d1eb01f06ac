//! The expected information of a Poisson likelihood, factorised.
//!
//! Enters: Jacobian `J` of the rates `r`, the constraints' diagonal `D`, the free parameters.
//! Leaves: solutions of `I x = b` with `I = D + J^T diag(1/r) J`. Where bins outnumber the shared
//! parameters they are those of an [`Arrow`], otherwise Woodbury's ([`woodbury`](super::woodbury)).

use std::sync::Arc;

use nalgebra::{Cholesky, DMatrix, Dyn};

use super::arrow::Arrow;
use super::arrow_factor::ArrowFactor;
use super::woodbury::Woodbury;
use crate::histfactory::Linearised;
use crate::kernels::likelihood::{Jacobian, Layout, Place};

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
    layout: &'a Arc<Layout>,
    jacobian: &'a Jacobian,
    rates: &'a [f64],
    constraint: &'a [f64],
}

#[derive(Clone, Debug)]
enum Kind {
    Arrow(ArrowFactor),
    Woodbury(Woodbury),
}

/// A factorised expected information over the free parameters.
#[derive(Clone, Debug)]
pub(super) struct Information {
    kind: Kind,
    free: Vec<usize>,
    /// Whether the diagonal was raised because some direction carries no information.
    pub(super) singular: bool,
}

impl<'a> Ingredients<'a> {
    /// Those of a point, with rates and constraints as they are to count.
    pub(crate) fn at(at: Linearised<'a, 'a>, rates: &'a [f64], constraint: &'a [f64]) -> Self {
        Self { layout: at.layout(), jacobian: at.jacobian(), rates, constraint }
    }

    fn weights(&self) -> Vec<f64> {
        self.rates.iter().map(|rate| 1.0 / rate.max(SMALLEST_RATE)).collect()
    }

    /// The information, over all parameters, times `x`.
    pub(super) fn times(&self, x: &[f64]) -> Vec<f64> {
        let mut product: Vec<f64> = x.iter().zip(self.constraint).map(|(x, d)| x * d).collect();
        let along = self.jacobian.times(self.layout, x);
        let along: Vec<f64> = along.iter().zip(self.weights()).map(|(a, w)| a * w).collect();
        self.jacobian.add_transposed(self.layout, &along, &mut product);
        product
    }

    /// The information's diagonal, over all parameters.
    pub(super) fn diagonal(&self) -> Vec<f64> {
        let mut diagonal = self.constraint.to_vec();
        let weights = self.weights();
        for block in &self.layout.blocks {
            for bin in block.bins.clone() {
                let row = self.jacobian.of_bin(self.layout, block, bin);
                row.for_each(|(p, d)| diagonal[p] += weights[bin] * d * d);
            }
        }
        diagonal
    }

    /// The information over all parameters.
    pub(crate) fn arrow(&self) -> Arrow {
        let mut arrow = Arrow::new(self.layout);
        arrow.add_outer(self.jacobian, &self.weights());
        arrow.add_diagonal(self.constraint);
        arrow
    }

    /// Whether Woodbury's form is the cheaper one: bins are fewer than constrained shared
    /// parameters.
    pub(super) fn has_few_bins(&self, free: &[usize]) -> bool {
        let is_counted = |p: &&usize| {
            self.constraint[**p] > 0.0 && matches!(self.layout.places[**p], Place::Shared(_))
        };
        self.rates.len() < free.iter().filter(is_counted).count()
    }

    pub(super) fn woodbury(&self, free: &[usize]) -> Option<Woodbury> {
        let mut index = vec![usize::MAX; self.constraint.len()];
        free.iter().enumerate().for_each(|(i, &p)| index[p] = i);
        let mut jacobian = DMatrix::zeros(self.rates.len(), free.len());
        for block in &self.layout.blocks {
            for bin in block.bins.clone() {
                for (p, d) in self.jacobian.of_bin(self.layout, block, bin) {
                    if index[p] != usize::MAX {
                        jacobian[(bin, index[p])] += d;
                    }
                }
            }
        }
        let rates = self.rates.iter().map(|rate| rate.max(SMALLEST_RATE));
        let constraint: Vec<f64> = free.iter().map(|&p| self.constraint[p]).collect();
        Woodbury::new(&jacobian, &rates.collect::<Vec<_>>(), &constraint)
    }

    /// The information with a raised diagonal.
    fn raised(&self, free: &[usize]) -> Option<ArrowFactor> {
        let ridge: Vec<f64> = self.diagonal().iter().map(|d| RIDGE * d.max(1.0)).collect();
        let mut arrow = self.arrow();
        arrow.add_diagonal(&ridge);
        arrow.into_factor(free)
    }

    /// Factorises the part over the free parameters; `None` where even a raised diagonal does not
    /// make it positive (numbers overflowed).
    pub(super) fn factor(&self, free: &[usize]) -> Option<Information> {
        let kind = if self.has_few_bins(free) {
            self.woodbury(free).map(Kind::Woodbury)
        } else {
            self.arrow().into_factor(free).map(Kind::Arrow)
        };
        let with = |kind, singular| Information { kind, free: free.to_vec(), singular };
        let raised = || self.raised(free).map(|factor| with(Kind::Arrow(factor), true));
        kind.map(|kind| with(kind, false)).or_else(raised)
    }
}

/// Whether the squared pivot of a factor is not lost to rounding; `diagonal` is the entry of the
/// matrix.
pub(super) fn has_sound_pivot(pivot: f64, diagonal: f64) -> bool {
    pivot > 1e-13 * diagonal
}

/// A factor, unless its pivots are lost to rounding.
pub(crate) fn checked(matrix: DMatrix<f64>) -> Option<Factor> {
    let diagonal = matrix.diagonal();
    let factor = Cholesky::new(matrix)?;
    let pivots = factor.l_dirty().diagonal();
    let is_sound = |(pivot, entry): (&f64, &f64)| has_sound_pivot(pivot * pivot, *entry);
    pivots.iter().zip(&diagonal).all(is_sound).then_some(factor)
}

impl Information {
    /// Solves `I x = b` over the free parameters. Both are over all parameters: what `b` has for
    /// others is ignored, and `x` is 0 there.
    pub(super) fn solve(&self, b: &[f64]) -> Vec<f64> {
        match &self.kind {
            Kind::Arrow(factor) => factor.solve(b),
            Kind::Woodbury(woodbury) => {
                let part: Vec<f64> = self.free.iter().map(|&p| b[p]).collect();
                let mut x = vec![0.0; b.len()];
                self.free.iter().zip(woodbury.solve(&part)).for_each(|(&p, value)| x[p] = value);
                x
            }
        }
    }
}
