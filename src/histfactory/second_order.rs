//! Second derivatives of -ln L along a direction of the parameters, mixed ones included.
//!
//! With `f(theta, t)` and a direction `x` in `theta`, one sweep gives `H x` and
//! `(d2f / d theta dt)^T x` for everything `t` that the model was built from, data included: the
//! walk of [`kernels::likelihood`](crate::kernels::likelihood) with two terms, whose reverse
//! carries each adjoint together with its change along `x`. The same sweep with other seeds of the
//! rates gives the derivatives of `x^T I x`, `I` the expected information. Source: A. Griewank, A.
//! Walther, Evaluating Derivatives, 2nd ed., section 5.

use super::adjoint::ModelAdjoint;
use super::evaluator::Linearised;
use super::model::Model;
use crate::kernels::likelihood::{Derivatives, Ray, Scratch, Sweep, terms};

/// Memory of second-order sweeps of one model.
#[derive(Clone, Debug)]
pub(crate) struct SecondOrder {
    derivatives: Derivatives,
    sweep: Sweep<2>,
    scratch: Scratch<2>,
    /// Adjoint of each rate, and its change along the direction.
    seeds: Vec<[f64; 2]>,
    product: Vec<f64>,
}

/// The expected information at a point, `I = J^T diag(1 / rate) J + constraints`.
#[derive(Debug)]
pub(crate) struct InformationForm<'a, 'm> {
    order: &'a mut SecondOrder,
    at: Linearised<'a, 'm>,
}

impl SecondOrder {
    pub(crate) fn new(model: &Model) -> Self {
        let s = &model.structure;
        Self {
            derivatives: Derivatives::new(s),
            sweep: Sweep::new(s),
            scratch: Scratch::new(s),
            seeds: vec![[0.0; 2]; s.n_bins],
            product: vec![0.0; s.n_parameters],
        }
    }

    /// Computes what all directions share.
    fn prepare(&mut self, at: Linearised) {
        self.derivatives.clone_from(&at.derivatives);
        self.derivatives.set_curvatures(at.likelihood(), &at.theta);
    }

    /// The product of `x` and the Hessian of -ln L of `data`, into `product`; the mixed second
    /// derivatives times `x` are added into `mixed`, except those with respect to parameters, which
    /// `product` has.
    pub(crate) fn mixed(
        &mut self,
        at: Linearised,
        data: &[f64],
        x: &[f64],
        product: &mut [f64],
        mixed: &mut ModelAdjoint,
    ) {
        self.prepare(at);
        self.forward(at, x);
        let slopes = terms::bin_rate_slopes(at.rates(), data).into_iter();
        let bends = terms::bin_bends(at.rates(), data);
        let rates = self.sweep.rates().iter().enumerate();
        for ((bin, &[rate, tangent]), (slope, (bend_n, bend_r))) in rates.zip(slopes.zip(bends)) {
            self.seeds[bin] = [slope, bend_r * tangent];
            // A rate of 0 does not move: free parameters that could move it end a fit elsewhere.
            if rate > 0.0 {
                mixed.data[bin] += bend_n * tangent;
            }
        }
        self.reverse(at, x, mixed);
        product.copy_from_slice(&self.product);
        let bends = terms::constraint_bends(at.likelihood(), &at.theta, data);
        let constraints = at.model.constraints().zip(bends).enumerate();
        for (i, ((p, _, _, datum), [by_aux, by_value, by_width])) in constraints {
            product[p] += by_value * x[p];
            mixed.data[datum] += by_aux * x[p];
            mixed.coefficients.constraint[i] += by_width * x[p];
        }
    }

    /// The expected information.
    pub(crate) fn information<'a, 'm>(
        &'a mut self,
        at: Linearised<'a, 'm>,
    ) -> InformationForm<'a, 'm> {
        self.prepare(at);
        InformationForm { order: self, at }
    }

    fn forward(&mut self, at: Linearised, x: &[f64]) {
        let ray = Ray { theta: &at.theta, x };
        self.sweep.forward(at.likelihood(), &self.derivatives, ray);
    }

    /// The adjoint sweep, after [`SecondOrder::forward`]: the parameters' changes into
    /// `self.product`, those of the coefficients added into `mixed`.
    fn reverse(&mut self, at: Linearised, x: &[f64], mixed: &mut ModelAdjoint) {
        let Self { derivatives, sweep, scratch, seeds, product } = self;
        product.fill(0.0);
        let (l, ray) = (at.likelihood(), Ray { theta: &at.theta, x });
        let mixed = Some(&mut mixed.coefficients);
        sweep.reverse(l, derivatives, ray, seeds, scratch, product, mixed);
    }
}

impl InformationForm<'_, '_> {
    /// Adds `factor` times the derivatives of `x^T I x` into `out`, parameters included: `x` is
    /// fixed.
    ///
    /// With `t = J x` and rates `r` it is a sum of `t^2 / r` over bins, whose differential is
    /// `2 t / r dt - t^2 / r^2 dr`: a sweep with the seeds `2 t / r` and their changes
    /// `-t^2 / r^2`. Bins without a rate carry no information and no derivative.
    pub(crate) fn add(&mut self, x: &[f64], factor: f64, out: &mut ModelAdjoint) {
        let Self { order, at } = self;
        order.forward(*at, x);
        for (seed, &[rate, tangent]) in order.seeds.iter_mut().zip(order.sweep.rates()) {
            let t = if rate > 0.0 { tangent / rate } else { 0.0 };
            *seed = [2.0 * factor * t, -factor * t * t];
        }
        order.reverse(*at, x, out);
        out.parameters.iter_mut().zip(&order.product).for_each(|(out, product)| *out += product);
        let squares: Vec<f64> = x.iter().map(|x| factor * x * x).collect();
        at.add_constraint_information_vjp(&squares, out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::hessian::Curved;
    use super::super::testing::{every_type, linearised, point};
    use super::*;
    use crate::histfactory::Model;
    use diffhep_testing::{assert_close, difference};

    /// A model with every modifier type and a point where nothing vanishes.
    fn fixture() -> (Model, Vec<f64>, Vec<f64>, Vec<f64>) {
        let (model, data) = every_type(Default::default());
        let (theta, direction) = point(&model);
        (model, data, theta, direction)
    }

    fn moved(theta: &[f64], direction: &[f64], t: f64) -> Vec<f64> {
        theta.iter().zip(direction).map(|(x, d)| x + t * d).collect()
    }

    #[test]
    fn gradient_and_jacobian_match_differences() {
        let (model, data, theta, _) = fixture();
        let evaluator = linearised(&model, &theta);
        let n = model.n_parameters();
        let mut gradient = vec![0.0; n];
        evaluator.view().gradient(&data, &mut gradient);
        for p in 0..n {
            let shifted = |x: f64| {
                let mut theta = theta.clone();
                theta[p] = x;
                linearised(&model, &theta)
            };
            let value = |x: f64| shifted(x).view().negative_log_likelihood(&data).expect("a value");
            assert_close(gradient[p], difference(value, theta[p], 1e-3), 1e-7);
            for bin in [0, model.n_bins() / 2, model.n_bins() - 1] {
                let rate = |x: f64| shifted(x).view().rates()[bin];
                let row = evaluator.view().of_bin(bin).filter(|(q, _)| *q == p);
                let found = row.map(|(_, d)| d).sum();
                assert_close(found, difference(rate, theta[p], 1e-3), 1e-7);
            }
        }
    }

    #[test]
    fn hessian_products_match_differences_of_the_gradient() {
        let (model, data, theta, direction) = fixture();
        let evaluator = linearised(&model, &theta);
        let (mut product, mut mixed) = (vec![0.0; theta.len()], model.zero_adjoint());
        let mut order = SecondOrder::new(&model);
        order.mixed(evaluator.view(), &data, &direction, &mut product, &mut mixed);
        let mut curved = Curved::new(&model);
        let times = curved.hessian(evaluator.view(), &data).times(&direction);
        for p in 0..theta.len() {
            let slope = |t: f64| {
                let mut gradient = vec![0.0; theta.len()];
                linearised(&model, &moved(&theta, &direction, t))
                    .view()
                    .gradient(&data, &mut gradient);
                gradient[p]
            };
            assert_close(product[p], difference(slope, 0.0, 1e-3), 1e-7);
            assert_close(times[p], product[p], 1e-12);
        }
    }

    #[test]
    fn mixed_second_derivatives_match_differences_of_the_partial_ones() {
        let (model, data, theta, direction) = fixture();
        let evaluator = linearised(&model, &theta);
        let (mut product, mut mixed) = (vec![0.0; theta.len()], model.zero_adjoint());
        let mut order = SecondOrder::new(&model);
        order.mixed(evaluator.view(), &data, &direction, &mut product, &mut mixed);
        let partials = |t: f64| {
            let mut out = model.zero_adjoint();
            linearised(&model, &moved(&theta, &direction, t))
                .view()
                .add_partials(&data, 1.0, &mut out);
            out
        };
        let flat = |adjoint: &ModelAdjoint| {
            let lists = adjoint.coefficients.lists().map(|list| list.as_slice());
            [lists.concat(), adjoint.data.clone()].concat()
        };
        let [far, near, back, behind] = [1e-3, 5e-4, -5e-4, -1e-3].map(|t| flat(&partials(t)));
        for (i, found) in flat(&mixed).into_iter().enumerate() {
            let (coarse, fine) = ((far[i] - behind[i]) / 2e-3, (near[i] - back[i]) / 1e-3);
            assert_close(found, (4.0 * fine - coarse) / 3.0, 1e-6);
        }
    }

    #[test]
    fn derivatives_of_an_information_form_match_differences() {
        let (model, _, theta, direction) = fixture();
        let form = |model: &Model, theta: &[f64]| {
            let linearised = linearised(model, theta);
            let e = linearised.view();
            let mut constraint = vec![0.0; theta.len()];
            e.constraint_information(&mut constraint);
            let along = e.jacobian().times(e.layout(), &direction);
            let bins: f64 = along.iter().zip(e.rates()).map(|(t, rate)| t * t / rate).sum();
            bins + constraint.iter().zip(&direction).map(|(d, x)| d * x * x).sum::<f64>()
        };
        let evaluator = linearised(&model, &theta);
        let mut out = model.zero_adjoint();
        SecondOrder::new(&model).information(evaluator.view()).add(&direction, 0.7, &mut out);
        for p in 0..theta.len() {
            let shifted = |value: f64| {
                let mut theta = theta.clone();
                theta[p] = value;
                0.7 * form(&model, &theta)
            };
            assert_close(out.parameters[p], difference(shifted, theta[p], 1e-3), 1e-7);
        }
        for (list, found) in out.coefficients.lists().into_iter().enumerate() {
            for (i, found) in found.iter().enumerate() {
                let centre = model.coefficients.lists()[list][i];
                let shifted = |value: f64| {
                    let mut moved = model.clone();
                    moved.coefficients.lists_mut()[list][i] = value;
                    0.7 * form(&moved, &theta)
                };
                let step = 1e-3 * centre.abs().max(0.1);
                assert_close(*found, difference(shifted, centre, step), 1e-6);
            }
        }
    }
}
