//! Derivatives of the second derivative of -ln L along a direction of the parameters.
//!
//! With `f(theta, t) = -ln L`, `H` its Hessian in `theta` and a fixed direction `x`, one sweep
//! gives `Q = x^T H x` and its derivatives with respect to `theta` and everything `t` that the
//! model was built from, data included. The stages run forward on jets (Taylor series along `x`,
//! cut after the second order; [`jets`](crate::kernels::jets)), then once in reverse. A bin with
//! count `n` and the rate `r + c1 eps + c2 eps^2` gives `n c1^2 / r^2 + 2 (1 - n / r) c2`; a Normal
//! constraint `x^2 / width^2`, a Poisson one with auxiliary count `m` gives `m x^2 / theta^2`,
//! whatever its `tau`. Source: A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., section
//! 13.

use std::ops::Range;

use super::evaluator::{Evaluator, to_range};
use super::structure::{ConstraintKind, Group, ModelAdjoint, Structure};
use crate::kernels::coefficients::NORMSYS_COEFFICIENTS;
use crate::kernels::density::normal_information;
use crate::kernels::jets::{
    JET, Jet, histosys_weight_jet, histosys_weight_jet_vjp, normsys_factor_jet,
    normsys_factor_jet_vjp, poisson_jet_bend, product_jet, product_jet_vjp,
};

/// Jets of one model's stages and their adjoints: scratch of the sweeps at one point.
#[derive(Clone, Debug)]
pub(crate) struct ThirdOrder {
    /// Of the weight of each `histosys` slot.
    weights: Vec<Jet>,
    d_weights: Vec<Jet>,
    /// Derivative by each slot's parameter, apart from what comes through its weight.
    d_slots: Vec<f64>,
    /// Of the groups' factors, in the order of [`Group::factors`].
    factors: Vec<f64>,
    d_factors: Vec<f64>,
    /// Of each cell's `[nominal + shift, common factor, gamma...]`.
    cells: Vec<f64>,
    d_cells: Vec<f64>,
    /// Of the rates.
    rates: Vec<Jet>,
    d_rates: Vec<Jet>,
}

/// Where a list of jets stands among numbers.
fn jets(range: Range<usize>) -> Range<usize> {
    JET * range.start..JET * range.end
}

/// Where a cell's jets stand: one fewer than its inputs, as nominal yield and shift are one.
fn cell_jets(s: &Structure, cell: usize) -> Range<usize> {
    let inputs = to_range(&s.input_start, cell);
    jets(inputs.start - cell..inputs.end - cell - 1)
}

/// Jets of a cell before those of its `gamma` factors.
const CELL_JETS: usize = 2;

/// Parameters of a cell's `gamma` factors.
fn gammas(s: &Structure, cell: usize) -> &[u32] {
    let jets = cell_jets(s, cell);
    let first = jets.start / JET - CELL_JETS * cell;
    &s.gamma_parameter[first..first + jets.len() / JET - CELL_JETS]
}

fn norm_coefficients(norm: usize) -> Range<usize> {
    NORMSYS_COEFFICIENTS * norm..NORMSYS_COEFFICIENTS * (norm + 1)
}

fn to_jet(numbers: &[f64]) -> Jet {
    numbers.try_into().expect("a jet's numbers")
}

fn add(sum: &mut Jet, factor: f64, jet: Jet) {
    sum.iter_mut().zip(jet).for_each(|(sum, c)| *sum += factor * c);
}

impl ThirdOrder {
    pub(crate) fn new(e: &Evaluator) -> Self {
        let numbers = |jets: usize| vec![0.0; JET * jets];
        let zeros = |jets: usize| vec![[0.0; JET]; jets];
        let (slots, bins) = (e.slot_alpha.len(), e.rates.len());
        let (factors, cells) = (e.factors.len(), e.inputs.len() - e.model.structure.cell_bin.len());
        Self {
            weights: zeros(slots),
            d_weights: zeros(slots),
            d_slots: vec![0.0; slots],
            factors: numbers(factors),
            d_factors: numbers(factors),
            cells: numbers(cells),
            d_cells: numbers(cells),
            rates: zeros(bins),
            d_rates: zeros(bins),
        }
    }

    /// `x^T H x` of -ln L of `data` at the evaluator's point; adds `factor` times its derivatives
    /// by everything that the model was made of into `out`, parameters included. `x` is fixed.
    pub(crate) fn add_hessian_form(
        &mut self,
        e: &Evaluator,
        data: &[f64],
        x: &[f64],
        factor: f64,
        out: &mut ModelAdjoint,
    ) -> f64 {
        self.forward(e, x);
        let mut form = 0.0;
        for (bin, &rate) in self.rates.iter().enumerate() {
            let bend = poisson_jet_bend(data[bin], rate);
            form += bend.value;
            out.data[bin] += factor * bend.by_count;
            self.d_rates[bin] = bend.by_rate.map(|slope| factor * slope);
        }
        self.reverse(e, x, out);
        form + add_constraints(e, data, x, factor, out)
    }

    fn forward(&mut self, e: &Evaluator, x: &[f64]) {
        let (s, code) = (&e.model.structure, e.model.interpolation().histosys);
        let slots = e.slot_alpha.iter().zip(&s.slot_parameter);
        for (weight, (&alpha, &p)) in self.weights.iter_mut().zip(slots) {
            *weight = histosys_weight_jet(code, alpha, x[p as usize]);
        }
        self.rates.fill([0.0; JET]);
        for group in &s.groups {
            let common = self.group_factor(e, group, x);
            for cell in group.cells.clone() {
                let base = self.shifted_yield(e, cell, x);
                let numbers = &mut self.cells[cell_jets(s, cell)];
                numbers[..JET].copy_from_slice(&base);
                numbers[JET..CELL_JETS * JET].copy_from_slice(&common);
                let own = numbers[CELL_JETS * JET..].chunks_exact_mut(JET);
                for (jet, &p) in own.zip(gammas(s, cell)) {
                    jet.copy_from_slice(&[e.theta[p as usize], x[p as usize], 0.0]);
                }
                add(&mut self.rates[s.cell_bin[cell] as usize], 1.0, product_jet(numbers));
            }
        }
    }

    /// The jet of the factor that all cells of a group share.
    fn group_factor(&mut self, e: &Evaluator, group: &Group, x: &[f64]) -> Jet {
        let (s, c) = (&e.model.structure, &e.model.coefficients);
        let code = e.model.interpolation().normsys;
        let numbers = &mut self.factors[jets(group.factors())];
        let (norms, scales) = numbers.split_at_mut(JET * group.norms.len());
        for (jet, norm) in norms.chunks_exact_mut(JET).zip(group.norms.clone()) {
            let (alpha, x) = (e.norm_alpha[norm], x[s.norm_parameter[norm] as usize]);
            let coefficients = &c.norm[norm_coefficients(norm)];
            jet.copy_from_slice(&normsys_factor_jet(code, alpha, coefficients, x));
        }
        for (jet, scale) in scales.chunks_exact_mut(JET).zip(group.scales.clone()) {
            let x = x[s.scale_parameter[scale] as usize];
            jet.copy_from_slice(&[e.scale[scale], x, 0.0]);
        }
        product_jet(numbers)
    }

    /// The jet of a cell's nominal yield with its summed `histosys` shifts, in events.
    fn shifted_yield(&self, e: &Evaluator, cell: usize, x: &[f64]) -> Jet {
        let (s, c) = (&e.model.structure, &e.model.coefficients);
        let mut sum = [0.0; JET];
        for entry in to_range(&s.shift_start, cell) {
            let slot = s.shift_slot[entry] as usize;
            let alpha = [e.slot_alpha[slot], x[s.slot_parameter[slot] as usize], 0.0];
            add(&mut sum, c.shift_s[entry], alpha);
            add(&mut sum, c.shift_a[entry], self.weights[slot]);
        }
        sum[0] += c.nominal[cell];
        sum
    }

    /// Carries the rates' adjoints back to parameters and coefficients.
    fn reverse(&mut self, e: &Evaluator, x: &[f64], out: &mut ModelAdjoint) {
        self.d_weights.fill([0.0; JET]);
        self.d_slots.fill(0.0);
        self.d_cells.fill(0.0);
        self.d_factors.fill(0.0);
        for group in &e.model.structure.groups {
            let mut d_common = [0.0; JET];
            for cell in group.cells.clone() {
                add(&mut d_common, 1.0, self.reverse_cell(e, cell, x, out));
            }
            self.reverse_factor(e, group, x, d_common, out);
        }
        let (s, code) = (&e.model.structure, e.model.interpolation().histosys);
        for (slot, &p) in s.slot_parameter.iter().enumerate() {
            let (alpha, seed) = (e.slot_alpha[slot], self.d_weights[slot]);
            let through_weight = histosys_weight_jet_vjp(code, alpha, x[p as usize], seed);
            out.parameters[p as usize] += self.d_slots[slot] + through_weight;
        }
    }

    /// Gives the adjoint of the common factor's jet.
    fn reverse_cell(
        &mut self,
        e: &Evaluator,
        cell: usize,
        x: &[f64],
        out: &mut ModelAdjoint,
    ) -> Jet {
        let (s, c) = (&e.model.structure, &e.model.coefficients);
        let numbers = cell_jets(s, cell);
        let d = &mut self.d_cells[numbers.clone()];
        product_jet_vjp(&self.cells[numbers], d, self.d_rates[s.cell_bin[cell] as usize]);
        let d_base = to_jet(&d[..JET]);
        out.coefficients.nominal[cell] += d_base[0];
        for entry in to_range(&s.shift_start, cell) {
            let slot = s.shift_slot[entry] as usize;
            let (alpha, x) = (e.slot_alpha[slot], x[s.slot_parameter[slot] as usize]);
            let weight = self.weights[slot];
            out.coefficients.shift_s[entry] += d_base[0] * alpha + d_base[1] * x;
            let by_a = d_base.iter().zip(weight).map(|(d, w)| d * w);
            out.coefficients.shift_a[entry] += by_a.sum::<f64>();
            self.d_slots[slot] += d_base[0] * c.shift_s[entry];
            add(&mut self.d_weights[slot], c.shift_a[entry], d_base);
        }
        for (d, &p) in d[CELL_JETS * JET..].chunks_exact(JET).zip(gammas(s, cell)) {
            out.parameters[p as usize] += d[0];
        }
        to_jet(&d[JET..CELL_JETS * JET])
    }

    fn reverse_factor(
        &mut self,
        e: &Evaluator,
        group: &Group,
        x: &[f64],
        d_common: Jet,
        out: &mut ModelAdjoint,
    ) {
        let (s, c) = (&e.model.structure, &e.model.coefficients);
        let code = e.model.interpolation().normsys;
        let numbers = jets(group.factors());
        let d = &mut self.d_factors[numbers.clone()];
        product_jet_vjp(&self.factors[numbers], d, d_common);
        let (d_norms, d_scales) = d.split_at(JET * group.norms.len());
        for (d, norm) in d_norms.chunks_exact(JET).zip(group.norms.clone()) {
            let (alpha, p) = (e.norm_alpha[norm], s.norm_parameter[norm] as usize);
            let range = norm_coefficients(norm);
            let coefficients = (&c.norm[range.clone()], &mut out.coefficients.norm[range]);
            out.parameters[p] += normsys_factor_jet_vjp(code, alpha, coefficients, x[p], to_jet(d));
        }
        for (d, scale) in d_scales.chunks_exact(JET).zip(group.scales.clone()) {
            out.parameters[s.scale_parameter[scale] as usize] += d[0];
        }
    }
}

/// The constraints' part of the form.
fn add_constraints(
    e: &Evaluator,
    data: &[f64],
    x: &[f64],
    factor: f64,
    out: &mut ModelAdjoint,
) -> f64 {
    let mut form = 0.0;
    for (i, (p, kind, width, datum)) in e.constraints().enumerate() {
        match kind {
            ConstraintKind::Normal => {
                let (information, by_width) = normal_information(width);
                form += x[p] * x[p] * information;
                out.coefficients.constraint[i] += factor * x[p] * x[p] * by_width;
            }
            ConstraintKind::Poisson => {
                let bend = poisson_jet_bend(data[datum], [e.theta[p], x[p], 0.0]);
                form += bend.value;
                out.data[datum] += factor * bend.by_count;
                out.parameters[p] += factor * bend.by_rate[0];
            }
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::super::second_order::SecondOrder;
    use super::super::testing::{every_type, linearised, point};
    use super::super::{Model, Workspace};
    use super::*;
    use crate::histfactory::WorkspaceModel;
    use crate::kernels::interpolation::{HistosysCode, Interpolation, NormsysCode};
    use diffhep_testing::{assert_close, difference};

    fn form(model: &Model, data: &[f64], theta: &[f64], x: &[f64]) -> f64 {
        let mut e = Evaluator::new(model);
        e.set_point(theta).expect("a point in the domain");
        ThirdOrder::new(&e).add_hessian_form(&e, data, x, 1.0, &mut model.zero_adjoint())
    }

    fn check_value(model: &Model, data: &[f64]) {
        let (theta, x) = point(model);
        let e = linearised(model, &theta);
        let (mut sweep, mut product) = (SecondOrder::new(&e), vec![0.0; x.len()]);
        sweep.prepare(&e, data);
        sweep.apply(&e, data, &x, &mut product, None);
        let terms = product.iter().zip(&x).map(|(h, x)| h * x);
        let size: f64 = terms.clone().map(f64::abs).sum();
        let (found, expected) = (form(model, data, &theta, &x), terms.sum::<f64>());
        assert!((found - expected).abs() < 1e-12 * size, "found {found}, expected {expected}");
    }

    /// Compares derivatives by all numbers of the model, its data and parameters with differences.
    fn check_derivatives(model: &Model, data: &[f64], stride: usize) {
        let (theta, x) = point(model);
        let (e, mut out) = (linearised(model, &theta), model.zero_adjoint());
        // The sweep twice, so that scratch left over from the first would show.
        let mut sweep = ThirdOrder::new(&e);
        sweep.add_hessian_form(&e, data, &theta, 0.0, &mut out);
        let value = sweep.add_hessian_form(&e, data, &x, 0.7, &mut out);
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
        let check = |found: &[f64], list: fn(&mut Model) -> &mut Vec<f64>| {
            for i in (0..found.len()).step_by(stride) {
                let at = |value: f64| {
                    let mut moved = model.clone();
                    list(&mut moved)[i] = value;
                    form(&moved, data, &theta, &x)
                };
                close(found[i], &at, list(&mut model.clone())[i]);
            }
        };
        check(&out.coefficients.nominal, |m| &mut m.coefficients.nominal);
        check(&out.coefficients.shift_s, |m| &mut m.coefficients.shift_s);
        check(&out.coefficients.shift_a, |m| &mut m.coefficients.shift_a);
        check(&out.coefficients.norm, |m| &mut m.coefficients.norm);
        check(&out.coefficients.constraint, |m| &mut m.coefficients.constraint);
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
        ThirdOrder::new(&e).add_hessian_form(&e, &data, &x, 1.0, &mut out);
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
