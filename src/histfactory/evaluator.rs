//! Rates, -ln L and first derivatives of a model: each stage is a type.
//!
//! ```text
//! Evaluator --set_point--> At --linearise--> Linearised --SecondOrder, ThirdOrder--> ...
//! ```
//!
//! An [`Evaluator`] is memory for one model and one thread. [`Evaluator::set_point`] gives an
//! [`At`], which has the rates and -ln L; [`At::linearise`] a [`Linearised`], which has the
//! Jacobian of all rates and adjoints of the model's coefficients. Both borrow the evaluator, so
//! that nothing can be asked of a point before it is set, or after it has changed. The loops over
//! cells are [`kernels::likelihood`](crate::kernels::likelihood)'s.
//! Source: HistFactory, CERN-OPEN-2012-016, equations 1 and 2.

use std::ops::Deref;
use std::sync::Arc;

use super::adjoint::ModelAdjoint;
use super::error::DomainError;
use super::hessian::Curved;
use super::model::Model;
use crate::kernels::likelihood::{
    CellRate, ConstraintKind, Curvature, Derivatives, Interpolated, Jacobian, Layout, Likelihood,
    Ray, Scratch, Sweep, group_rates, terms,
};

/// A model at a point: expected events and likelihood.
#[derive(Clone, Debug)]
pub struct Point<'m> {
    pub(super) model: &'m Model,
    pub(super) theta: Vec<f64>,
    pub(super) derivatives: Derivatives,
    sweep: Sweep<1>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Nowhere,
    At,
    Linearised,
}

/// Memory for a model at a point, its derivatives included.
#[derive(Clone, Debug)]
pub struct Evaluator<'m> {
    point: Point<'m>,
    jacobian: Jacobian,
    stage: Stage,
    /// Memory of second derivatives, once some have been computed.
    curved: Option<Box<Curved>>,
}

/// An evaluator at a point.
#[derive(Debug)]
pub struct At<'e, 'm>(&'e mut Evaluator<'m>);

/// A point with its first derivatives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linearised<'e, 'm> {
    point: &'e Point<'m>,
    jacobian: &'e Jacobian,
}

/// A model that stays linearised at one point.
#[derive(Clone, Debug)]
pub(crate) struct LinearisedModel<'m>(Evaluator<'m>);

impl<'m> Evaluator<'m> {
    /// Memory for a model; no point is set.
    pub fn new(model: &'m Model) -> Self {
        let s = &model.structure;
        let derivatives = Derivatives::new(s);
        let (theta, sweep) = (vec![f64::NAN; s.n_parameters], Sweep::new(s));
        Self {
            point: Point { model, theta, derivatives, sweep },
            jacobian: Jacobian::new(&model.layout),
            stage: Stage::Nowhere,
            curved: None,
        }
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.point.model
    }

    /// Memory of second derivatives; give it back by [`Evaluator::keep_curved`].
    pub(crate) fn take_curved(&mut self) -> Box<Curved> {
        let model = self.model();
        self.curved.take().unwrap_or_else(|| Box::new(Curved::new(model)))
    }

    /// Keeps memory for the next who takes it.
    pub(crate) fn keep_curved(&mut self, curved: Box<Curved>) {
        self.curved = Some(curved);
    }

    /// Moves to a point and computes the rates.
    ///
    /// # Errors
    /// [`DomainError`] where the point has the wrong length, or a rate is negative or not a number;
    /// the evaluator is then at no point.
    pub fn set_point(&mut self, theta: &[f64]) -> Result<At<'_, 'm>, DomainError> {
        self.stage = Stage::Nowhere;
        let Point { model, theta: present, derivatives, sweep } = &mut self.point;
        model.check_parameters(theta)?;
        present.copy_from_slice(theta);
        let l = model.likelihood();
        derivatives.set_values(l, theta);
        sweep.forward(l, derivatives, Ray { theta, x: &[] });
        self.point.check_rates()?;
        self.stage = Stage::At;
        Ok(At(self))
    }

    /// The point at which the evaluator is, if there is one.
    pub fn point(&mut self) -> Option<At<'_, 'm>> {
        (self.stage != Stage::Nowhere).then_some(At(self))
    }

    /// Moves to a point for good, and linearises there.
    ///
    /// # Errors
    /// As [`Evaluator::set_point`].
    pub(crate) fn linearised_at(
        mut self,
        theta: &[f64],
    ) -> Result<LinearisedModel<'m>, DomainError> {
        self.set_point(theta)?.linearise();
        Ok(LinearisedModel(self))
    }

    fn view(&self) -> Linearised<'_, 'm> {
        Linearised { point: &self.point, jacobian: &self.jacobian }
    }
}

impl<'m> LinearisedModel<'m> {
    pub(crate) fn view(&self) -> Linearised<'_, 'm> {
        self.0.view()
    }

    pub(crate) fn parameters(&self) -> &[f64] {
        self.0.point.parameters()
    }
}

impl<'m> Deref for At<'_, 'm> {
    type Target = Point<'m>;

    fn deref(&self) -> &Point<'m> {
        &self.0.point
    }
}

impl<'m> Deref for Linearised<'_, 'm> {
    type Target = Point<'m>;

    fn deref(&self) -> &Point<'m> {
        self.point
    }
}

impl<'e, 'm> At<'e, 'm> {
    /// Computes the Jacobian, unless it is there already.
    pub(crate) fn linearise(self) -> Linearised<'e, 'm> {
        let Evaluator { point, jacobian, stage, .. } = &mut *self.0;
        if *stage != Stage::Linearised {
            let l = point.model.likelihood();
            point.derivatives.set_slopes(l, &point.theta);
            jacobian.set(l, &point.sweep, &point.derivatives, &point.theta);
            *stage = Stage::Linearised;
        }
        self.0.view()
    }
}

impl<'m> Point<'m> {
    /// The model.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// The parameters.
    pub fn parameters(&self) -> &[f64] {
        &self.theta
    }

    /// Expected counts of all bins, in events.
    pub fn rates(&self) -> &[f64] {
        self.sweep.rates().as_flattened()
    }

    pub(super) fn likelihood(&self) -> Likelihood<'m> {
        self.model.likelihood()
    }

    fn check_rates(&self) -> Result<(), DomainError> {
        let rates = self.rates();
        match rates.iter().position(|rate| rate.is_nan() || *rate < 0.0 || rate.is_infinite()) {
            None => Ok(()),
            Some(global) => {
                let (channel, bin) = self.model.bin_name(global);
                Err(DomainError::Rate { channel, bin, rate: rates[global] })
            }
        }
    }

    /// Derivatives of the bins' terms of -ln L with respect to their rates.
    pub(crate) fn rate_slopes(&self, data: &[f64]) -> Vec<f64> {
        terms::bin_rate_slopes(self.rates(), data)
    }

    /// Adds to each bin's entry of `out` by how many events its rate changes where one parameter
    /// moves to `to`.
    pub(crate) fn add_change(&self, one: &Interpolated, to: f64, out: &mut [f64]) {
        one.add_change(self.likelihood(), &self.sweep, &self.theta, to, out);
    }

    /// Expected bin counts, then expected auxiliary data.
    pub(crate) fn expected_data(&self) -> Vec<f64> {
        let auxiliary = self.model.constraints().map(|(p, kind, width, _)| match kind {
            ConstraintKind::Normal => self.theta[p],
            ConstraintKind::Poisson => self.theta[p] * width,
        });
        self.rates().iter().copied().chain(auxiliary).collect()
    }

    /// Count and rate of each Poisson term of -ln L: bins, then Poisson constraints.
    pub(crate) fn poisson_terms(&self, data: &[f64]) -> impl Iterator<Item = (f64, f64)> {
        let bins = data.iter().copied().zip(self.rates().iter().copied());
        let constraints = self.model.constraints();
        let poisson = constraints.filter(|(_, kind, ..)| *kind == ConstraintKind::Poisson);
        bins.chain(poisson.map(|(p, _, width, datum)| (data[datum], width * self.theta[p])))
    }

    /// -ln L of `data` (bins, then auxiliary data) at the point.
    ///
    /// # Errors
    /// [`DomainError`] where the data have the wrong length, no events are expected but some
    /// observed, or a Poisson constraint's rate is not above 0.
    pub(crate) fn negative_log_likelihood(&self, data: &[f64]) -> Result<f64, DomainError> {
        self.model.check_length(data)?;
        let rates = self.rates();
        let empty = |(rate, count): (&f64, &f64)| *rate == 0.0 && *count > 0.0;
        if let Some(global) = rates.iter().zip(data).position(empty) {
            let (channel, bin) = self.model.bin_name(global);
            return Err(DomainError::EmptyBin { channel, bin, count: data[global] });
        }
        for (p, kind, width, _) in self.model.constraints() {
            let value = self.theta[p];
            if kind == ConstraintKind::Poisson && width * value <= 0.0 {
                let name = self.model.parameter_names()[p].clone();
                return Err(DomainError::Constraint { name, value });
            }
        }
        Ok(terms::negative_log_likelihood(self.likelihood(), rates, &self.theta, data))
    }

    /// Diagonal that the constraints add to the expected information, into `out`.
    pub(crate) fn constraint_information(&self, out: &mut [f64]) {
        out.fill(0.0);
        let terms = terms::constraint_information(self.likelihood(), &self.theta);
        for ((p, ..), [information, ..]) in self.model.constraints().zip(terms) {
            out[p] += information;
        }
    }

    /// Adds the adjoint of [`Point::constraint_information`] into `out`; parameters included.
    pub(crate) fn add_constraint_information_vjp(&self, seed: &[f64], out: &mut ModelAdjoint) {
        let terms = terms::constraint_information(self.likelihood(), &self.theta);
        for (i, ((p, ..), [_, by_width, by_value])) in
            self.model.constraints().zip(terms).enumerate()
        {
            // One that is not asked about may have no finite slope.
            if seed[p] != 0.0 {
                out.coefficients.constraint[i] += seed[p] * by_width;
                out.parameters[p] += seed[p] * by_value;
            }
        }
    }
}

impl<'e, 'm> Linearised<'e, 'm> {
    /// Derivatives of all rates with respect to all parameters.
    pub(crate) fn jacobian(&self) -> &'e Jacobian {
        self.jacobian
    }

    /// The pattern of the derivatives.
    pub(crate) fn layout(&self) -> &'m Arc<Layout> {
        &self.model().layout
    }

    /// The parameters that may change a bin's rate, each with its derivative; a parameter may occur
    /// twice, with two parts of it.
    pub(crate) fn of_bin(&self, bin: usize) -> impl Iterator<Item = (usize, f64)> + use<'e> {
        let layout = self.layout();
        let block = layout.blocks.partition_point(|block| block.bins.end <= bin);
        self.jacobian.of_bin(layout, &layout.blocks[block], bin)
    }

    /// Expected events of the cells of one (channel, sample) pair, with their derivatives.
    pub(crate) fn group(&self, group: usize) -> Vec<CellRate> {
        let Point { theta, sweep, .. } = self.point;
        group_rates(self.likelihood(), sweep, self.jacobian, theta, group)
    }

    /// Second derivatives of the weighted sum of the rates, one weight per bin.
    pub(super) fn set_curvature(
        &self,
        derivatives: &Derivatives,
        weights: &[f64],
        curvature: &mut Curvature,
    ) {
        let Point { theta, sweep, .. } = self.point;
        curvature.set(self.likelihood(), sweep, self.jacobian, derivatives, theta, weights);
    }

    /// Gradient of -ln L with respect to all parameters, free or not, into `out`.
    pub(crate) fn gradient(&self, data: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let weights = self.rate_slopes(data);
        self.jacobian.add_transposed(self.layout(), &weights, out);
        let slopes = terms::constraint_slopes(self.likelihood(), &self.theta, data);
        for ((p, ..), [_, by_value, _]) in self.model.constraints().zip(slopes) {
            out[p] += by_value;
        }
    }

    /// Adds `factor` times the partial derivatives of -ln L into `out`; parameters included.
    pub(crate) fn add_partials(&self, data: &[f64], factor: f64, out: &mut ModelAdjoint) {
        let mut seeds = Vec::with_capacity(self.rates().len());
        for (bin, (by_count, by_rate)) in
            terms::bin_slopes(self.rates(), data).into_iter().enumerate()
        {
            // Where nothing is expected and nothing observed the slope in the count is infinite; it
            // matters only if it does not cancel against another fit's.
            if by_count.is_finite() {
                out.data[bin] += factor * by_count;
            } else {
                out.infinite[bin] += factor;
            }
            seeds.push(factor * by_rate);
        }
        self.add_rates_vjp(&seeds, out);
        let slopes = terms::constraint_slopes(self.likelihood(), &self.theta, data);
        for (i, ((p, _, _, datum), [by_aux, by_value, by_width])) in
            self.model.constraints().zip(slopes).enumerate()
        {
            out.data[datum] += factor * by_aux;
            out.parameters[p] += factor * by_value;
            out.coefficients.constraint[i] += factor * by_width;
        }
    }

    /// Adds the adjoint of the rates, with one seed per bin, into `out`; parameters included.
    pub(crate) fn add_rates_vjp(&self, bin_seed: &[f64], out: &mut ModelAdjoint) {
        let l = self.likelihood();
        let Point { theta, derivatives, sweep, .. } = self.point;
        let (ray, seeds) = (Ray { theta, x: &[] }, bin_seed.as_chunks().0);
        let (scratch, coefficients) = (&mut Scratch::new(l.structure), Some(&mut out.coefficients));
        sweep.reverse(l, derivatives, ray, seeds, scratch, &mut out.parameters, coefficients);
    }

    /// Adds the adjoint of [`Point::expected_data`] into `out`; parameters included.
    pub(crate) fn add_expected_data_vjp(&self, seed: &[f64], out: &mut ModelAdjoint) {
        self.add_rates_vjp(&seed[..self.model.n_bins()], out);
        for (i, (p, kind, width, datum)) in self.model.constraints().enumerate() {
            match kind {
                ConstraintKind::Normal => out.parameters[p] += seed[datum],
                ConstraintKind::Poisson => {
                    out.parameters[p] += seed[datum] * width;
                    out.coefficients.constraint[i] += seed[datum] * self.theta[p];
                }
            }
        }
    }
}

impl Model {
    /// Expected bin counts, then expected auxiliary data, in events (or the parameter's unit).
    ///
    /// # Errors
    /// [`DomainError`] where the length is wrong or a rate is not defined.
    pub fn expected_data(&self, parameters: &[f64]) -> Result<Vec<f64>, DomainError> {
        Ok(Evaluator::new(self).set_point(parameters)?.expected_data())
    }

    /// ln of the likelihood's density, fully normalised.
    ///
    /// # Errors
    /// [`DomainError`] where a length is wrong or a rate is not defined.
    pub fn logpdf(&self, parameters: &[f64], data: &[f64]) -> Result<f64, DomainError> {
        self.check_data(data)?;
        Ok(-Evaluator::new(self).set_point(parameters)?.negative_log_likelihood(data)?)
    }
}
