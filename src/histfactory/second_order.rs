//! Second derivatives of -ln L along a direction of the parameters.
//!
//! With `f(theta, t)` and a direction `x` in `theta`, one sweep (forward over reverse) gives
//! `H x` and, where asked for, `(d2f / d theta dt)^T x` for everything `t` that the model was
//! built from, data included. Tangents run forward through the stages, then the adjoint sweep
//! carries each adjoint together with its change along `x`. The same sweep with other seeds of the
//! rates gives the derivatives of `x^T I x`, `I` the expected information.
//! Source: A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., section 5.

use super::evaluator::{Evaluator, to_range};
use super::structure::{ConstraintKind, Group, ModelAdjoint};
use crate::kernels::coefficients::NORMSYS_COEFFICIENTS;
use crate::kernels::density::{normal_bend, poisson_bend, poisson_slopes};
use crate::kernels::interpolation::histosys_weight_curvature;
use crate::kernels::product::product_slopes_tangent;
use crate::kernels::rates::{
    CELL_INPUTS, GroupAdjoint, cell_rate_vjp_tangent, group_factor_vjp_tangent,
};

/// Scratch of second-order sweeps at one point; shapes as the evaluator's.
#[derive(Clone, Debug)]
pub(crate) struct SecondOrder {
    /// Derivatives by the rates of what is swept, -ln L or `x^T I x`.
    seeds: Vec<f64>,
    /// What the interpolation weights' curvature adds to each slot's diagonal.
    slot_curvature: Vec<f64>,
    /// Tangents of the groups' factors; derivatives of the products and their changes.
    factor_tangent: Vec<f64>,
    factor_slopes: [Vec<f64>; 2],
    input_tangent: Vec<f64>,
    rate_tangent: Vec<f64>,
    d_inputs: [Vec<f64>; 2],
}

impl SecondOrder {
    pub(crate) fn new(e: &Evaluator) -> Self {
        let pair = |n: usize| [vec![0.0; n], vec![0.0; n]];
        Self {
            seeds: vec![0.0; e.rates.len()],
            slot_curvature: vec![0.0; e.slot_alpha.len()],
            factor_tangent: vec![0.0; e.factors.len()],
            factor_slopes: pair(e.factors.len()),
            input_tangent: vec![0.0; e.inputs.len()],
            rate_tangent: vec![0.0; e.rates.len()],
            d_inputs: pair(e.inputs.len()),
        }
    }

    /// Computes what all directions share. The evaluator must be linearised.
    pub(crate) fn prepare(&mut self, e: &Evaluator, data: &[f64]) {
        for (seed, (&rate, &count)) in self.seeds.iter_mut().zip(e.rates.iter().zip(data)) {
            *seed = poisson_slopes(count, rate).1;
        }
        self.curve_slots(e);
    }

    /// What the seeds make of the curvature of the interpolation weights.
    fn curve_slots(&mut self, e: &Evaluator) {
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
        let mut seeds = Vec::with_capacity(e.rates.len());
        for (bin, (&rate, &count)) in e.rates.iter().zip(data).enumerate() {
            let (by_n, by_r) = poisson_bend(count, rate, self.rate_tangent[bin]);
            seeds.push((self.seeds[bin], by_r));
            // A rate of 0 does not move: free parameters that could move it end a fit elsewhere.
            if let Some(mixed) = mixed.as_deref_mut().filter(|_| rate > 0.0) {
                mixed.data[bin] += by_n;
            }
        }
        self.reverse(e, x, &seeds, product, mixed.as_deref_mut());
        constraints(e, data, x, product, mixed);
    }

    /// Adds `factor` times the derivatives of `x^T I x` into `out`, parameters included: `x` is
    /// fixed, `I = J^T diag(1 / rate) J + constraints` the expected information.
    ///
    /// With `t = J x` and rates `r` it is a sum of `t^2 / r` over bins, whose differential is
    /// `2 t / r dt - t^2 / r^2 dr`: a sweep with the seeds `2 t / r` and their changes
    /// `-t^2 / r^2`. Bins without a rate carry no information and no derivative. The evaluator must
    /// be linearised; the sweep needs to be prepared again before [`SecondOrder::apply`].
    pub(crate) fn add_information_form(
        &mut self,
        e: &Evaluator,
        x: &[f64],
        factor: f64,
        out: &mut ModelAdjoint,
    ) {
        self.forward(e, x);
        let ratio = |(&tangent, &rate): (&f64, &f64)| if rate > 0.0 { tangent / rate } else { 0.0 };
        let ratios: Vec<f64> = self.rate_tangent.iter().zip(&e.rates).map(ratio).collect();
        let seeds: Vec<(f64, f64)> =
            ratios.iter().map(|t| (2.0 * factor * t, -factor * t * t)).collect();
        self.seeds.iter_mut().zip(&seeds).for_each(|(seed, (value, _))| *seed = *value);
        self.curve_slots(e);
        let mut product = vec![0.0; x.len()];
        self.reverse(e, x, &seeds, &mut product, Some(out));
        out.parameters.iter_mut().zip(&product).for_each(|(out, product)| *out += product);
        let squares: Vec<f64> = x.iter().map(|x| factor * x * x).collect();
        e.add_constraint_information_vjp(&squares, out);
    }

    /// The adjoint sweep with a seed and its change a bin, after [`SecondOrder::forward`]: the
    /// parameters' changes into `product`, those of the coefficients added into `mixed`.
    fn reverse(
        &mut self,
        e: &Evaluator,
        x: &[f64],
        seeds: &[(f64, f64)],
        product: &mut [f64],
        mut mixed: Option<&mut ModelAdjoint>,
    ) {
        product.fill(0.0);
        let s = &e.model.structure;
        for g in 0..s.groups.len() {
            self.reverse_cells(e, g, x, seeds, product, mixed.as_deref_mut());
        }
        for (curvature, &p) in self.slot_curvature.iter().zip(&s.slot_parameter) {
            product[p as usize] += curvature * x[p as usize];
        }
    }

    fn forward(&mut self, e: &Evaluator, x: &[f64]) {
        let s = &e.model.structure;
        self.rate_tangent.fill(0.0);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        for group in &s.groups {
            let tangents = &mut self.factor_tangent[group.factors()];
            let (norms, scales) = tangents.split_at_mut(group.norms.len());
            let entries = s.norm_parameter[group.norms.clone()].iter().zip(norms);
            for ((&p, tangent), slope) in entries.zip(&e.norm_slope[group.norms.clone()]) {
                *tangent = slope * x[p as usize];
            }
            for (&p, tangent) in s.scale_parameter[group.scales.clone()].iter().zip(scales) {
                *tangent = x[p as usize];
            }
            let factor_tangent = dot(&e.factor_slopes[group.factors()], tangents);
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
        self.reverse_factor(e, g, x, (factor_adjoint, factor_change), product, mixed);
    }

    fn reverse_factor(
        &mut self,
        e: &Evaluator,
        g: usize,
        x: &[f64],
        seed: (f64, f64),
        product: &mut [f64],
        mixed: Option<&mut ModelAdjoint>,
    ) {
        let s = &e.model.structure;
        let group = &s.groups[g];
        let (factors, (adjoint, adjoint_change)) = (group.factors(), seed);
        let tangents = &self.factor_tangent[factors.clone()];
        let [slopes, changes] = &mut self.factor_slopes;
        let (slopes, changes) = (&mut slopes[factors.clone()], &mut changes[factors.clone()]);
        product_slopes_tangent((&e.factors[factors], tangents), (&mut *slopes, &mut *changes));
        let norms = group.norms.clone().zip(&s.norm_parameter[group.norms.clone()]);
        for ((norm, &p), (slope, change)) in norms.zip(slopes.iter().zip(&*changes)) {
            let (first, second) = (e.norm_slope[norm], e.norm_curvature[norm]);
            let bend = second * x[p as usize] * slope + first * change;
            product[p as usize] += adjoint_change * first * slope + adjoint * bend;
        }
        let (slopes, changes) = (&slopes[group.norms.len()..], &changes[group.norms.len()..]);
        let scales = s.scale_parameter[group.scales.clone()].iter();
        for (&p, (slope, change)) in scales.zip(slopes.iter().zip(changes)) {
            product[p as usize] += adjoint_change * slope + adjoint * change;
        }
        if let Some(mixed) = mixed {
            mixed_coefficients(e, group, x, seed, mixed);
        }
    }
}

/// Adds a group's mixed second derivatives in its `normsys` coefficients.
fn mixed_coefficients(
    e: &Evaluator,
    group: &Group,
    x: &[f64],
    seed: (f64, f64),
    mixed: &mut ModelAdjoint,
) {
    let s = &e.model.structure;
    let (norms, scales) = (group.norms.clone(), group.scales.clone());
    let gather = |list: &[u32]| list.iter().map(|&p| x[p as usize]).collect::<Vec<f64>>();
    let tangent =
        (gather(&s.norm_parameter[norms.clone()]), gather(&s.scale_parameter[scales.clone()]));
    let range = NORMSYS_COEFFICIENTS * norms.start..NORMSYS_COEFFICIENTS * norms.end;
    // Only the coefficients' part is new; the parameters' is in the Hessian product already.
    let (mut d_alpha, mut d_scale) = (vec![0.0; norms.len()], vec![0.0; scales.len()]);
    let (mut c_alpha, mut c_scale) = (d_alpha.clone(), d_scale.clone());
    let mut d_norm = vec![0.0; range.len()];
    let coefficients = &mut mixed.coefficients.norm[range];
    group_factor_vjp_tangent(
        e.model.interpolation().normsys,
        e.group_inputs(group),
        (&tangent.0, &tangent.1),
        GroupAdjoint { alpha: &mut d_alpha, coefficients: &mut d_norm, scale: &mut d_scale },
        GroupAdjoint { alpha: &mut c_alpha, coefficients, scale: &mut c_scale },
        seed,
    );
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
        evaluator.gradient(&data, &mut gradient);
        for p in 0..n {
            let shifted = |x: f64| {
                let mut theta = theta.clone();
                theta[p] = x;
                linearised(&model, &theta)
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
        let evaluator = linearised(&model, &theta);
        let mut sweep = SecondOrder::new(&evaluator);
        sweep.prepare(&evaluator, &data);
        let mut product = vec![0.0; theta.len()];
        sweep.apply(&evaluator, &data, &direction, &mut product, None);
        for p in 0..theta.len() {
            let slope = |t: f64| {
                let mut gradient = vec![0.0; theta.len()];
                linearised(&model, &moved(&theta, &direction, t)).gradient(&data, &mut gradient);
                gradient[p]
            };
            assert_close(product[p], difference(slope, 0.0, 1e-3), 1e-7);
        }
    }

    #[test]
    fn mixed_second_derivatives_match_differences_of_the_partial_ones() {
        let (model, data, theta, direction) = fixture();
        let evaluator = linearised(&model, &theta);
        let mut sweep = SecondOrder::new(&evaluator);
        sweep.prepare(&evaluator, &data);
        let (mut product, mut mixed) = (vec![0.0; theta.len()], model.zero_adjoint());
        sweep.apply(&evaluator, &data, &direction, &mut product, Some(&mut mixed));
        let partials = |t: f64| {
            let mut out = model.zero_adjoint();
            linearised(&model, &moved(&theta, &direction, t)).add_partials(&data, 1.0, &mut out);
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

    #[test]
    fn derivatives_of_an_information_form_match_differences() {
        let (model, _, theta, direction) = fixture();
        let form = |model: &Model, theta: &[f64]| {
            let e = linearised(model, theta);
            let mut constraint = vec![0.0; theta.len()];
            e.constraint_information(&mut constraint);
            let dot = |row: &[f64]| row.iter().zip(&direction).map(|(a, x)| a * x).sum::<f64>();
            let rows = e.jacobian().chunks_exact(theta.len()).zip(e.rates());
            let bins: f64 = rows.map(|(row, rate)| dot(row) * dot(row) / rate).sum();
            bins + constraint.iter().zip(&direction).map(|(d, x)| d * x * x).sum::<f64>()
        };
        let evaluator = linearised(&model, &theta);
        let mut out = model.zero_adjoint();
        SecondOrder::new(&evaluator).add_information_form(&evaluator, &direction, 0.7, &mut out);
        for p in 0..theta.len() {
            let shifted = |value: f64| {
                let mut theta = theta.clone();
                theta[p] = value;
                0.7 * form(&model, &theta)
            };
            assert_close(out.parameters[p], difference(shifted, theta[p], 1e-3), 1e-7);
        }
        let check = |found: &[f64], list: fn(&mut Model) -> &mut Vec<f64>| {
            for (i, found) in found.iter().enumerate() {
                let centre = list(&mut model.clone())[i];
                let shifted = |value: f64| {
                    let mut moved = model.clone();
                    list(&mut moved)[i] = value;
                    0.7 * form(&moved, &theta)
                };
                let step = 1e-3 * centre.abs().max(0.1);
                assert_close(*found, difference(shifted, centre, step), 1e-6);
            }
        };
        check(&out.coefficients.nominal, |m| &mut m.coefficients.nominal);
        check(&out.coefficients.shift_s, |m| &mut m.coefficients.shift_s);
        check(&out.coefficients.shift_a, |m| &mut m.coefficients.shift_a);
        check(&out.coefficients.norm, |m| &mut m.coefficients.norm);
        check(&out.coefficients.constraint, |m| &mut m.coefficients.constraint);
    }
}
