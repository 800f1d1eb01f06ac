//! The Hessian of -ln L at a point, for products with it and for the matrix itself.
//!
//! With the slopes `s` and the bends `b` of the bins' terms in their rates,
//! `H = J^T diag(b) J + sum_bin s d2r + constraints`; the sum is a [`Curvature`].

use std::sync::Arc;

use super::evaluator::Linearised;
use super::model::Model;
use crate::kernels::likelihood::{Curvature, Derivatives, Layout, Likelihood, terms};

/// Memory of the Hessians of one model.
#[derive(Clone, Debug)]
pub(crate) struct Curved {
    derivatives: Derivatives,
    curvature: Curvature,
}

/// The Hessian of -ln L at a point.
#[derive(Debug)]
pub(crate) struct Hessian<'a, 'm> {
    at: Linearised<'a, 'm>,
    curvature: &'a mut Curvature,
    /// Change of each bin's slope per event of its rate.
    bends: Vec<f64>,
    /// What the constraints add to the diagonal.
    constraint: Vec<f64>,
}

impl Curved {
    pub(crate) fn new(model: &Model) -> Self {
        let derivatives = Derivatives::new(&model.structure);
        Self { derivatives, curvature: Curvature::new(model.likelihood()) }
    }

    /// The Hessian of -ln L of `data`.
    pub(crate) fn hessian<'a, 'm>(
        &'a mut self,
        at: Linearised<'a, 'm>,
        data: &[f64],
    ) -> Hessian<'a, 'm> {
        let Self { derivatives, curvature } = self;
        derivatives.clone_from(&at.derivatives);
        derivatives.set_curvatures(at.likelihood(), &at.theta);
        let weights = at.rate_slopes(data);
        at.set_curvature(derivatives, &weights, curvature);
        let bends = terms::bin_rate_bends(at.rates(), data);
        let mut constraint = vec![0.0; at.theta.len()];
        let of_constraints = terms::constraint_bends(at.likelihood(), &at.theta, data);
        for ((p, ..), [_, by_value, _]) in at.model.constraints().zip(of_constraints) {
            constraint[p] += by_value;
        }
        Hessian { at, curvature, bends, constraint }
    }
}

impl<'a, 'm> Hessian<'a, 'm> {
    /// The point.
    pub(crate) fn at(&self) -> Linearised<'a, 'm> {
        self.at
    }

    /// The weights of the rates' outer products.
    pub(crate) fn bends(&self) -> &[f64] {
        &self.bends
    }

    /// What the constraints add to the diagonal, one number per parameter.
    pub(crate) fn constraint(&self) -> &[f64] {
        &self.constraint
    }

    /// The rates' own second derivatives, each with its bin's slope.
    pub(crate) fn curvature(&self) -> (Likelihood<'m>, &Curvature) {
        (self.at.likelihood(), self.curvature)
    }

    /// The pattern of the matrix.
    pub(crate) fn layout(&self) -> &'m Arc<Layout> {
        self.at.layout()
    }

    /// The product with a direction of the parameters.
    pub(crate) fn times(&mut self, x: &[f64]) -> Vec<f64> {
        let layout = self.layout();
        let mut product: Vec<f64> = x.iter().zip(&self.constraint).map(|(x, d)| d * x).collect();
        let mut along = self.at.jacobian().times(layout, x);
        along.iter_mut().zip(&self.bends).for_each(|(along, bend)| *along *= bend);
        self.at.jacobian().add_transposed(layout, &along, &mut product);
        self.curvature.add_times(self.at.likelihood(), x, &mut product);
        product
    }
}
