//! Derivatives of the second derivative of -ln L along a direction of the parameters.
//!
//! With `f(theta, t) = -ln L`, `H` its Hessian in `theta` and a fixed direction `x`, one sweep
//! gives `Q = x^T H x` and its derivatives with respect to `theta` and everything `t` that the
//! model was built from, data included: the walk of
//! [`kernels::likelihood`](crate::kernels::likelihood) with three terms. A bin with count `n` and
//! the rate `r + c1 eps + c2 eps^2` gives `n c1^2 / r^2 + 2 (1 - n / r) c2`; a Normal constraint
//! `x^2 / width^2`, a Poisson one with auxiliary count `m` gives `m x^2 / theta^2`, whatever its
//! `tau`. Source: A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., section 13.

use super::adjoint::ModelAdjoint;
use super::evaluator::Linearised;
use super::model::Model;
use crate::kernels::likelihood::{Derivatives, Ray, Scratch, Sweep, terms};

/// Memory of third-order sweeps of one model.
#[derive(Clone, Debug)]
pub(crate) struct ThirdOrder {
    derivatives: Derivatives,
    sweep: Sweep<3>,
    scratch: Scratch<3>,
    /// Adjoint of each rate's series, the last term's first.
    seeds: Vec<[f64; 3]>,
}

/// `x^T H x` of -ln L at a point, for any `x`.
#[derive(Debug)]
pub(crate) struct HessianForm<'a, 'm> {
    order: &'a mut ThirdOrder,
    at: Linearised<'a, 'm>,
    data: &'a [f64],
}

impl ThirdOrder {
    pub(crate) fn new(model: &Model) -> Self {
        let s = &model.structure;
        Self {
            derivatives: Derivatives::new(s),
            sweep: Sweep::new(s),
            scratch: Scratch::new(s),
            seeds: vec![[0.0; 3]; s.n_bins],
        }
    }

    /// The form for -ln L of `data`.
    pub(crate) fn hessian_form<'a, 'm>(
        &'a mut self,
        at: Linearised<'a, 'm>,
        data: &'a [f64],
    ) -> HessianForm<'a, 'm> {
        self.derivatives.clone_from(&at.derivatives);
        self.derivatives.set_curvatures(at.likelihood(), &at.theta);
        self.derivatives.set_third(at.likelihood(), &at.theta);
        HessianForm { order: self, at, data }
    }
}

impl HessianForm<'_, '_> {
    /// Gives the form, and adds `factor` times its derivatives with respect to everything that the
    /// model was made of into `out`, parameters included. `x` is fixed.
    pub(crate) fn add(&mut self, x: &[f64], factor: f64, out: &mut ModelAdjoint) -> f64 {
        let Self { order: ThirdOrder { derivatives, sweep, scratch, seeds }, at, data } = self;
        let (l, ray) = (at.likelihood(), Ray { theta: &at.theta, x });
        sweep.forward(l, derivatives, ray);
        let mut form = 0.0;
        for (bin, bend) in terms::bin_forms(sweep.rates(), data).into_iter().enumerate() {
            form += bend.value;
            out.data[bin] += factor * bend.by_count;
            let [c0, c1, c2] = bend.by_rate;
            seeds[bin] = [factor * c2, factor * c1, factor * c0];
        }
        let coefficients = Some(&mut out.coefficients);
        sweep.reverse(l, derivatives, ray, seeds, scratch, &mut out.parameters, coefficients);
        let forms = terms::constraint_forms(l, &at.theta, x, data);
        for (i, ((p, _, _, datum), bend)) in at.model.constraints().zip(forms).enumerate() {
            form += bend.value;
            out.data[datum] += factor * bend.by_datum;
            out.parameters[p] += factor * bend.by_parameter;
            out.coefficients.constraint[i] += factor * bend.by_coefficient;
        }
        form
    }
}

#[cfg(test)]
mod tests {
    use super::super::hessian::Curved;
    use super::super::testing::{every_type, linearised, point};
    use super::super::{Model, Workspace};
    use super::*;
    use crate::histfactory::WorkspaceModel;
    use crate::kernels::interpolation::{HistosysCode, Interpolation, NormsysCode};
    use diffhep_testing::{assert_close, difference};

    fn form(model: &Model, data: &[f64], theta: &[f64], x: &[f64]) -> f64 {
        let e = linearised(model, theta);
        let mut order = ThirdOrder::new(model);
        order.hessian_form(e.view(), data).add(x, 1.0, &mut model.zero_adjoint())
    }

    fn check_value(model: &Model, data: &[f64]) {
        let (theta, x) = point(model);
        let e = linearised(model, &theta);
        let product = Curved::new(model).hessian(e.view(), data).times(&x);
        let terms = product.iter().zip(&x).map(|(h, x)| h * x);
        let size: f64 = terms.clone().map(f64::abs).sum();
        let (found, expected) = (form(model, data, &theta, &x), terms.sum::<f64>());
        assert!((found - expected).abs() < 1e-12 * size, "found {found}, expected {expected}");
    }

    /// Compares derivatives with respect to all numbers of the model, its data and parameters with
    /// differences.
    fn check_derivatives(model: &Model, data: &[f64], stride: usize) {
        let (theta, x) = point(model);
        let (e, mut out) = (linearised(model, &theta), model.zero_adjoint());
        // The sweep twice, so that scratch left over from the first would show.
        let mut order = ThirdOrder::new(model);
        let mut sweep = order.hessian_form(e.view(), data);
        sweep.add(&theta, 0.0, &mut out);
        let value = sweep.add(&x, 0.7, &mut out);
        // Rounding of the form over the step.
        let close = |found: f64, value_at: &dyn Fn(f64) -> f64, centre: f64| {
            let step = 1e-3 * centre.abs().max(0.1);
            let expected = 0.7 * difference(value_at, centre, step);
            let tolerance = 1e-6 * expected.abs() + 1e-13 * value.abs() / step + 1e-9;
            assert!((found - expected).abs() < tolerance, "{found:e}, difference {expected:e}");
        };
        for p in (0..theta.len()).step_by(stride) {
            let at = |value: f64| {
                let mut theta = theta.clone();
                theta[p] = value;
                form(model, data, &theta, &x)
            };
            close(out.parameters[p], &at, theta[p]);
        }
        for i in (0..data.len()).step_by(stride) {
            let at = |value: f64| {
                let mut data = data.to_vec();
                data[i] = value;
                form(model, &data, &theta, &x)
            };
            close(out.data[i], &at, data[i]);
        }
        for (list, found) in out.coefficients.lists().into_iter().enumerate() {
            for i in (0..found.len()).step_by(stride) {
                let at = |value: f64| {
                    let mut moved = model.clone();
                    moved.coefficients.lists_mut()[list][i] = value;
                    form(&moved, data, &theta, &x)
                };
                close(found[i], &at, model.coefficients.lists()[list][i]);
            }
        }
    }

    #[test]
    fn forms_and_their_derivatives_hold_for_every_modifier_and_code() {
        for (_, histosys) in HistosysCode::TABLE {
            for (_, normsys) in NormsysCode::TABLE {
                let (model, data) = every_type(Interpolation { normsys, histosys });
                check_value(&model, &data);
                check_derivatives(&model, &data, 1);
            }
        }
    }

    #[test]
    fn bins_without_counts_or_rates_have_no_infinite_derivative() {
        let workspace = Workspace::from_json(serde_json::json!({
            "version": "1.0.0",
            "channels": [{ "name": "selection", "samples": [{
                "name": "signal", "data": [12.0, 3.0, 0.0],
                "modifiers": [{ "name": "mu", "type": "normfactor", "data": null },
                              { "name": "s", "type": "normsys", "data": { "lo": 0.8, "hi": 1.3 } }] }],
            }],
            "observations": [{ "name": "selection", "data": [14.0, 0.0, 0.0] }],
            "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
        }));
        let workspace = workspace.expect("a workspace");
        let model = workspace.model().expect("a model");
        let data = workspace.data(&model);
        check_value(&model, &data);
        let (theta, x) = point(&model);
        let (e, mut out) = (linearised(&model, &theta), model.zero_adjoint());
        ThirdOrder::new(&model).hessian_form(e.view(), &data).add(&x, 1.0, &mut out);
        assert!(out.is_finite());
        assert_eq!(out.data[2], 0.0);
        // The term of an empty bin is its rate, whose own second derivative is linear in the yield.
        let at = |nominal: f64| {
            let mut moved = model.clone();
            moved.coefficients.nominal[1] = nominal;
            form(&moved, &data, &theta, &x)
        };
        assert_close(out.coefficients.nominal[1], difference(at, 3.0, 0.1), 1e-10);
    }
}
