//! Second derivatives of -ln L along a direction of the parameters.
//!
//! With `f(theta, t)` and a direction `x` in `theta`, one sweep (forward over reverse) gives
//! `H x` and, where asked for, `(d2f / d theta dt)^T x` for everything `t` that the model was
//! built from, data included. Tangents run forward through the stages, then the adjoint sweep
//! carries each adjoint together with its change along `x`.

use super::evaluator::{Evaluator, to_range};
use super::structure::{ConstraintKind, ModelAdjoint};
use crate::kernels::coefficients::NORMSYS_COEFFICIENTS;
use crate::kernels::density::{normal_bend, poisson_bend, poisson_slopes};
use crate::kernels::interpolation::histosys_weight_curvature;
use crate::kernels::rates::{
    CELL_INPUTS, GroupAdjoint, GroupParameterAdjoint, cell_rate_vjp_tangent,
    group_factor_parameter_vjp_tangent, group_factor_vjp_tangent,
};

/// Scratch of second-order sweeps at one point; shapes as the evaluator's.
#[derive(Clone, Debug)]
pub(crate) struct SecondOrder {
    /// Derivatives of -ln L by the rates.
    seeds: Vec<f64>,
    /// What the interpolation weights' curvature adds to each slot's diagonal.
    slot_curvature: Vec<f64>,
    norm_tangent: Vec<f64>,
    scale_tangent: Vec<f64>,
    input_tangent: Vec<f64>,
    rate_tangent: Vec<f64>,
    /// Adjoint of the `normsys` coefficients, which nobody reads.
    d_norm: Vec<f64>,
    d_norm_alpha: [Vec<f64>; 2],
    d_scale: [Vec<f64>; 2],
    d_inputs: [Vec<f64>; 2],
}

impl SecondOrder {
    pub(crate) fn new(e: &Evaluator) -> Self {
        let pair = |n: usize| [vec![0.0; n], vec![0.0; n]];
        Self {
            seeds: vec![0.0; e.rates.len()],
            slot_curvature: vec![0.0; e.slot_alpha.len()],
            norm_tangent: vec![0.0; e.norm_alpha.len()],
            scale_tangent: vec![0.0; e.scale.len()],
            input_tangent: vec![0.0; e.inputs.len()],
            rate_tangent: vec![0.0; e.rates.len()],
            d_norm: vec![0.0; NORMSYS_COEFFICIENTS * e.norm_alpha.len()],
            d_norm_alpha: pair(e.norm_alpha.len()),
            d_scale: pair(e.scale.len()),
            d_inputs: pair(e.inputs.len()),
        }
    }

    /// Computes what all directions share. The evaluator must be linearised.
    pub(crate) fn prepare(&mut self, e: &Evaluator, data: &[f64]) {
        for (seed, (&rate, &count)) in self.seeds.iter_mut().zip(e.rates.iter().zip(data)) {
            *seed = poisson_slopes(count, rate).1;
        }
        let (s, c) = (&e.model.structure, &e.model.coefficients);
        self.slot_curvature.fill(0.0);
        for (cell, &bin) in s.cell_bin.iter().enumerate() {
            let by_shift = self.seeds[bin as usize] * e.d_inputs[s.input_start[cell] as usize + 1];
            let entries = to_range(&s.shift_start, cell);
            for (&slot, a) in s.shift_slot[entries.clone()].iter().zip(&c.shift_a[entries]) {
                self.slot_curvature[slot as usize] += by_shift * a;
            }
        }
        let code = e.model.interpolation().histosys;
        for (curvature, &alpha) in self.slot_curvature.iter_mut().zip(&e.slot_alpha) {
            *curvature *= histosys_weight_curvature(code, alpha).1;
        }
    }

    /// `H x` into `product`; the mixed second derivatives times `x` are added into `mixed`.
    ///
    /// The sweep must be prepared at this point. `mixed.parameters` is left alone: its part is
    /// `product`.
    pub(crate) fn apply(
        &mut self,
        e: &Evaluator,
        data: &[f64],
        x: &[f64],
        product: &mut [f64],
        mut mixed: Option<&mut ModelAdjoint>,
    ) {
        self.forward(e, x);
        product.fill(0.0);
        let s = &e.model.structure;
        let mut seeds = Vec::with_capacity(s.n_bins);
        for (bin, (&rate, &count)) in e.rates.iter().zip(data).enumerate() {
            let (by_n, by_r) = poisson_bend(count, rate, self.rate_tangent[bin]);
            seeds.push((self.seeds[bin], by_r));
            if let Some(mixed) = mixed.as_deref_mut() {
                mixed.data[bin] += by_n;
            }
        }
        for g in 0..s.groups.len() {
            self.reverse_cells(e, g, x, &seeds, product, mixed.as_deref_mut());
        }
        for (curvature, &p) in self.slot_curvature.iter().zip(&s.slot_parameter) {
            product[p as usize] += curvature * x[p as usize];
        }
        constraints(e, data, x, product, mixed);
    }

    fn forward(&mut self, e: &Evaluator, x: &[f64]) {
        let s = &e.model.structure;
        for (tangent, &p) in self.norm_tangent.iter_mut().zip(&s.norm_parameter) {
            *tangent = x[p as usize];
        }
        for (tangent, &p) in self.scale_tangent.iter_mut().zip(&s.scale_parameter) {
            *tangent = x[p as usize];
        }
        self.rate_tangent.fill(0.0);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        for group in &s.groups {
            let (norms, scales) = (group.norms.clone(), group.scales.clone());
            let factor_tangent = dot(&e.d_norm_alpha[norms.clone()], &self.norm_tangent[norms])
                + dot(&e.d_scale[scales.clone()], &self.scale_tangent[scales]);
            for cell in group.cells.clone() {
                let inputs = to_range(&s.input_start, cell);
                let first_gamma = inputs.start - CELL_INPUTS * cell;
                let entries = to_range(&s.shift_start, cell);
                let shifts = s.shift_parameter[entries.clone()].iter().zip(&e.shift_slope[entries]);
                let tangent = &mut self.input_tangent[inputs.clone()];
                tangent[1] = shifts.map(|(&p, slope)| x[p as usize] * slope).sum();
                tangent[2] = factor_tangent;
                let gammas = &s.gamma_parameter[first_gamma..];
                for (tangent, &p) in tangent[CELL_INPUTS..].iter_mut().zip(gammas) {
                    *tangent = x[p as usize];
                }
                self.rate_tangent[s.cell_bin[cell] as usize] += dot(tangent, &e.d_inputs[inputs]);
            }
        }
    }

    fn reverse_cells(
        &mut self,
        e: &Evaluator,
        g: usize,
        x: &[f64],
        seeds: &[(f64, f64)],
        product: &mut [f64],
        mut mixed: Option<&mut ModelAdjoint>,
    ) {
        let s = &e.model.structure;
        let group = &s.groups[g];
        let (mut factor_adjoint, mut factor_change) = (0.0, 0.0);
        for cell in group.cells.clone() {
            let inputs = to_range(&s.input_start, cell);
            let first_gamma = inputs.start - CELL_INPUTS * cell;
            let [adjoint, change] = &mut self.d_inputs;
            let (d, d_change) = (&mut adjoint[inputs.clone()], &mut change[inputs.clone()]);
            d.fill(0.0);
            d_change.fill(0.0);
            let point = (&e.inputs[inputs.clone()], &self.input_tangent[inputs]);
            let seed = seeds[s.cell_bin[cell] as usize];
            cell_rate_vjp_tangent(point, (&mut *d, &mut *d_change), seed);
            factor_adjoint += d[2];
            factor_change += d_change[2];
            for (&p, change) in
                s.gamma_parameter[first_gamma..].iter().zip(&d_change[CELL_INPUTS..])
            {
                product[p as usize] += change;
            }
            let (d1, c1) = (d[1], d_change[1]);
            let entries = to_range(&s.shift_start, cell);
            let shifts = s.shift_parameter[entries.clone()].iter();
            for (&p, slope) in shifts.zip(&e.shift_slope[entries.clone()]) {
                product[p as usize] += c1 * slope;
            }
            if let Some(mixed) = mixed.as_deref_mut() {
                mixed.coefficients.nominal[cell] += d_change[0];
                for (k, &slot) in entries.clone().zip(&s.shift_slot[entries]) {
                    let slot = slot as usize;
                    let tangent = x[s.slot_parameter[slot] as usize];
                    mixed.coefficients.shift_s[k] += c1 * e.slot_alpha[slot] + d1 * tangent;
                    mixed.coefficients.shift_a[k] +=
                        c1 * e.slot_weight[slot] + d1 * tangent * e.slot_slope[slot];
                }
            }
        }
        self.reverse_factor(e, g, (factor_adjoint, factor_change), product, mixed);
    }

    fn reverse_factor(
        &mut self,
        e: &Evaluator,
        g: usize,
        seed: (f64, f64),
        product: &mut [f64],
        mixed: Option<&mut ModelAdjoint>,
    ) {
        let s = &e.model.structure;
        let group = &s.groups[g];
        let (norms, scales) = (group.norms.clone(), group.scales.clone());
        for array in &mut self.d_norm_alpha {
            array[norms.clone()].fill(0.0);
        }
        for array in &mut self.d_scale {
            array[scales.clone()].fill(0.0);
        }
        let [d_alpha, c_alpha] = &mut self.d_norm_alpha;
        let [d_scale, c_scale] = &mut self.d_scale;
        let (d_alpha, c_alpha) = (&mut d_alpha[norms.clone()], &mut c_alpha[norms.clone()]);
        let (d_scale, c_scale) = (&mut d_scale[scales.clone()], &mut c_scale[scales.clone()]);
        let code = e.model.interpolation().normsys;
        let x = e.group_inputs(group);
        let tangent = (&self.norm_tangent[norms.clone()], &self.scale_tangent[scales.clone()]);
        if let Some(mixed) = mixed {
            let range = NORMSYS_COEFFICIENTS * norms.start..NORMSYS_COEFFICIENTS * norms.end;
            let d_norm = &mut self.d_norm[range.clone()];
            let c_norm = &mut mixed.coefficients.norm[range];
            let out = GroupAdjoint { alpha: d_alpha, coefficients: d_norm, scale: d_scale };
            let out_tangent = GroupAdjoint { alpha: c_alpha, coefficients: c_norm, scale: c_scale };
            group_factor_vjp_tangent(code, x, tangent, out, out_tangent, seed);
        } else {
            let out = GroupParameterAdjoint { alpha: d_alpha, scale: d_scale };
            let out_tangent = GroupParameterAdjoint { alpha: c_alpha, scale: c_scale };
            group_factor_parameter_vjp_tangent(code, x, tangent, out, out_tangent, seed);
        }
        let [_, c_alpha] = &self.d_norm_alpha;
        let [_, c_scale] = &self.d_scale;
        for (&p, change) in s.norm_parameter[norms.clone()].iter().zip(&c_alpha[norms]) {
            product[p as usize] += change;
        }
        for (&p, change) in s.scale_parameter[scales.clone()].iter().zip(&c_scale[scales]) {
            product[p as usize] += change;
        }
    }
}

fn constraints(
    e: &Evaluator,
    data: &[f64],
    x: &[f64],
    product: &mut [f64],
    mut mixed: Option<&mut ModelAdjoint>,
) {
    for (i, (p, kind, width, datum)) in e.constraints().enumerate() {
        let (value, aux, tangent) = (e.theta[p], data[datum], x[p]);
        let [by_aux, by_value, by_width] = match kind {
            ConstraintKind::Normal => normal_bend(aux, value, width, tangent),
            ConstraintKind::Poisson => {
                let rate = width * value;
                let (bend_n, bend_r) = poisson_bend(aux, rate, width * tangent);
                let slope = poisson_slopes(aux, rate).1;
                [bend_n, width * bend_r, value * bend_r + tangent * slope]
            }
        };
        product[p] += by_value;
        if let Some(mixed) = mixed.as_deref_mut() {
            mixed.data[datum] += by_aux;
            mixed.coefficients.constraint[i] += by_width;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histfactory::{Model, Workspace, parse};
    use crate::kernels::testing::{assert_close, difference};

    /// A model with every modifier type and a point where nothing vanishes.
    fn fixture() -> (Model, Vec<f64>, Vec<f64>, Vec<f64>) {
        let text = include_str!("../../tests/reference/all_types_qtilde.json");
        let json = parse(text).expect("JSON");
        let workspace = Workspace::from_json(json["workspace"].clone()).expect("a workspace");
        let model = workspace.model().expect("a model");
        let data = workspace.data(&model);
        let wave = |i: usize, phase: f64| (i as f64 * 1.7 + phase).sin();
        let inits = model.suggested_init().iter().enumerate();
        let scale = |init: f64| if init == 0.0 { 1.4 } else { 0.2 };
        let theta = inits.map(|(i, &init)| init + scale(init) * wave(i, 0.3)).collect();
        let direction = (0..model.n_parameters()).map(|i| wave(i, 1.1)).collect();
        (model, data, theta, direction)
    }

    fn moved(theta: &[f64], direction: &[f64], t: f64) -> Vec<f64> {
        theta.iter().zip(direction).map(|(x, d)| x + t * d).collect()
    }

    fn at<'m>(model: &'m Model, theta: &[f64]) -> Evaluator<'m> {
        let mut evaluator = Evaluator::new(model);
        evaluator.set_point(theta).expect("a point in the domain");
        evaluator.linearise();
        evaluator
    }

    #[test]
    fn gradient_and_jacobian_match_differences() {
        let (model, data, theta, _) = fixture();
        let evaluator = at(&model, &theta);
        let n = model.n_parameters();
        let mut gradient = vec![0.0; n];
        evaluator.gradient(&data, &mut gradient);
        for p in 0..n {
            let shifted = |x: f64| {
                let mut theta = theta.clone();
                theta[p] = x;
                at(&model, &theta)
            };
            let value = |x: f64| shifted(x).negative_log_likelihood(&data).expect("a value");
            assert_close(gradient[p], difference(value, theta[p], 1e-3), 1e-7);
            for bin in [0, model.n_bins() / 2, model.n_bins() - 1] {
                let rate = |x: f64| shifted(x).rates()[bin];
                let found = evaluator.jacobian()[bin * n + p];
                assert_close(found, difference(rate, theta[p], 1e-3), 1e-7);
            }
        }
    }

    #[test]
    fn hessian_products_match_differences_of_the_gradient() {
        let (model, data, theta, direction) = fixture();
        let evaluator = at(&model, &theta);
        let mut sweep = SecondOrder::new(&evaluator);
        sweep.prepare(&evaluator, &data);
        let mut product = vec![0.0; theta.len()];
        sweep.apply(&evaluator, &data, &direction, &mut product, None);
        for p in 0..theta.len() {
            let slope = |t: f64| {
                let mut gradient = vec![0.0; theta.len()];
                at(&model, &moved(&theta, &direction, t)).gradient(&data, &mut gradient);
                gradient[p]
            };
            assert_close(product[p], difference(slope, 0.0, 1e-3), 1e-7);
        }
    }

    #[test]
    fn mixed_second_derivatives_match_differences_of_the_partial_ones() {
        let (model, data, theta, direction) = fixture();
        let evaluator = at(&model, &theta);
        let mut sweep = SecondOrder::new(&evaluator);
        sweep.prepare(&evaluator, &data);
        let (mut product, mut mixed) = (vec![0.0; theta.len()], model.zero_adjoint());
        sweep.apply(&evaluator, &data, &direction, &mut product, Some(&mut mixed));
        let partials = |t: f64| {
            let mut out = model.zero_adjoint();
            at(&model, &moved(&theta, &direction, t)).add_partials(&data, 1.0, &mut out);
            out
        };
        let flat = |adjoint: &ModelAdjoint| {
            let c = &adjoint.coefficients;
            let parts = [&c.nominal, &c.shift_s, &c.shift_a, &c.norm, &c.constraint, &adjoint.data];
            parts.map(|part| part.as_slice()).concat()
        };
        let [far, near, back, behind] = [1e-3, 5e-4, -5e-4, -1e-3].map(|t| flat(&partials(t)));
        for (i, found) in flat(&mixed).into_iter().enumerate() {
            let (coarse, fine) = ((far[i] - behind[i]) / 2e-3, (near[i] - back[i]) / 1e-3);
            assert_close(found, (4.0 * fine - coarse) / 3.0, 1e-6);
        }
    }
}
