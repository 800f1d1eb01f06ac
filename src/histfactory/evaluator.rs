//! Rates, -ln L and first derivatives at a point.
//!
//! Enters: parameters, data. Leaves: rates, the value and gradient of `f = -ln L`, the Jacobian
//! of all rates, and adjoints of the model's coefficients.
//!
//! The stages are linear maps over index lists (gather, the shifts' sums, the sum of cells into
//! bins), whose adjoints are written here, between the kernels' nonlinear parts, whose
//! derivatives Enzyme makes. As each cell feeds one bin, the Jacobian of all rates is one pass
//! over the cells. All scratch is allocated once; an evaluator serves one thread.
//! Source: HistFactory, CERN-OPEN-2012-016, equations 1 and 2.

use super::error::DomainError;
use super::model::Model;
use super::structure::{ConstraintKind, Group, ModelAdjoint};
use crate::kernels::coefficients::NORMSYS_COEFFICIENTS;
use crate::kernels::density::{
    normal_information, normal_slopes, normal_term, poisson_information, poisson_slopes,
    poisson_term,
};
use crate::kernels::interpolation::{
    histosys_weight, histosys_weight_slope, normsys_factor_curvature,
};
use crate::kernels::product::product_slopes;
use crate::kernels::rates::{
    CELL_INPUTS, GroupAdjoint, GroupInputs, cell_rate, cell_rate_vjp, group_factor,
    group_factor_vjp,
};

/// A model at a point, with the scratch that its derivatives need.
#[derive(Clone, Debug)]
pub struct Evaluator<'m> {
    pub(super) model: &'m Model,
    pub(super) theta: Vec<f64>,
    /// Per `histosys` slot: parameter, weight, slope of the weight.
    pub(super) slot_alpha: Vec<f64>,
    pub(super) slot_weight: Vec<f64>,
    pub(super) slot_slope: Vec<f64>,
    /// Gathered parameters of `normsys` and of factor entries, and the factor's derivatives.
    pub(super) norm_alpha: Vec<f64>,
    pub(super) scale: Vec<f64>,
    pub(super) factor: Vec<f64>,
    /// First and second derivatives of each `normsys` factor in its parameter.
    pub(super) norm_slope: Vec<f64>,
    pub(super) norm_curvature: Vec<f64>,
    /// Factors of each group, `normsys` ones first, and the product's derivative by each.
    pub(super) factors: Vec<f64>,
    pub(super) factor_slopes: Vec<f64>,
    pub(super) d_norm_alpha: Vec<f64>,
    pub(super) d_scale: Vec<f64>,
    /// Inputs `[nominal, shift, factor, gamma...]` of all cells, and the rate's derivatives.
    pub(super) inputs: Vec<f64>,
    pub(super) d_inputs: Vec<f64>,
    pub(super) rates: Vec<f64>,
    /// Derivative of a cell's shift by the parameter of each `histosys` entry, in events.
    pub(super) shift_slope: Vec<f64>,
    /// Row-major, bins x parameters.
    jacobian: Vec<f64>,
    linearised: bool,
}

pub(super) fn to_range(starts: &[u32], i: usize) -> std::ops::Range<usize> {
    starts[i] as usize..starts[i + 1] as usize
}

impl<'m> Evaluator<'m> {
    /// Scratch for a model; no point is set.
    pub fn new(model: &'m Model) -> Self {
        let s = &model.structure;
        let slots = s.slot_parameter.len();
        let (norms, scales) = (s.norm_parameter.len(), s.scale_parameter.len());
        let inputs = CELL_INPUTS * s.cell_bin.len() + s.gamma_parameter.len();
        Self {
            model,
            theta: vec![f64::NAN; s.n_parameters],
            slot_alpha: vec![0.0; slots],
            slot_weight: vec![0.0; slots],
            slot_slope: vec![0.0; slots],
            norm_alpha: vec![0.0; norms],
            scale: vec![0.0; scales],
            factor: vec![0.0; s.groups.len()],
            norm_slope: vec![0.0; norms],
            norm_curvature: vec![0.0; norms],
            factors: vec![0.0; norms + scales],
            factor_slopes: vec![0.0; norms + scales],
            d_norm_alpha: vec![0.0; norms],
            d_scale: vec![0.0; scales],
            inputs: vec![0.0; inputs],
            d_inputs: vec![0.0; inputs],
            rates: vec![0.0; s.n_bins],
            shift_slope: vec![0.0; s.shift_slot.len()],
            jacobian: vec![0.0; s.n_bins * s.n_parameters],
            linearised: false,
        }
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// The point.
    pub fn parameters(&self) -> &[f64] {
        &self.theta
    }

    /// Expected counts of all bins, in events.
    pub fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// How much of the `histosys` shapes looks the same at +1 and at -1, as a chi squared of the
    /// bins at this point: where it is large, a likelihood can have a minimum on either side.
    pub(crate) fn even_shapes(&self) -> f64 {
        let s = &self.model.structure;
        let mut sum = 0.0;
        for (cell, &bin) in s.cell_bin.iter().enumerate() {
            let rate = self.rates[bin as usize];
            let shapes = &self.model.coefficients.shift_a[to_range(&s.shift_start, cell)];
            // The weight of `a` is 8 at +1 and at -1.
            let squares = shapes.iter().map(|a| (8.0 * a) * (8.0 * a));
            sum += squares.sum::<f64>() / rate.max(f64::MIN_POSITIVE);
        }
        sum
    }

    /// Moves to a point and computes the rates.
    ///
    /// # Errors
    /// [`DomainError`] where the point has the wrong length, or a rate is negative or no number.
    pub fn set_point(&mut self, theta: &[f64]) -> Result<(), DomainError> {
        self.model.check_parameters(theta)?;
        self.theta.copy_from_slice(theta);
        self.linearised = false;
        self.gather();
        self.rates.fill(0.0);
        let s = &self.model.structure;
        for (g, group) in s.groups.iter().enumerate() {
            self.factor[g] =
                group_factor(self.model.interpolation().normsys, self.group_inputs(group));
            for cell in group.cells.clone() {
                let inputs = to_range(&s.input_start, cell);
                self.inputs[inputs.start + 1] = self.shift(cell);
                self.inputs[inputs.start + 2] = self.factor[g];
                self.rates[s.cell_bin[cell] as usize] += cell_rate(&self.inputs[inputs]);
            }
        }
        self.check_rates()
    }

    fn gather(&mut self) {
        let s = &self.model.structure;
        let code = self.model.interpolation().histosys;
        for (h, &p) in s.slot_parameter.iter().enumerate() {
            self.slot_alpha[h] = self.theta[p as usize];
            self.slot_weight[h] = histosys_weight(code, self.slot_alpha[h]);
        }
        for (alpha, &p) in self.norm_alpha.iter_mut().zip(&s.norm_parameter) {
            *alpha = self.theta[p as usize];
        }
        for (scale, &p) in self.scale.iter_mut().zip(&s.scale_parameter) {
            *scale = self.theta[p as usize];
        }
        let mut gammas = s.gamma_parameter.iter();
        for (cell, &nominal) in self.model.coefficients.nominal.iter().enumerate() {
            let inputs = &mut self.inputs[to_range(&s.input_start, cell)];
            inputs[0] = nominal;
            for (gamma, &p) in inputs[CELL_INPUTS..].iter_mut().zip(gammas.by_ref()) {
                *gamma = self.theta[p as usize];
            }
        }
    }

    pub(super) fn group_inputs(&self, group: &Group) -> GroupInputs<'_> {
        let norms = &group.norms;
        let coefficients = NORMSYS_COEFFICIENTS * norms.start..NORMSYS_COEFFICIENTS * norms.end;
        GroupInputs {
            alpha: &self.norm_alpha[norms.clone()],
            coefficients: &self.model.coefficients.norm[coefficients],
            scale: &self.scale[group.scales.clone()],
        }
    }

    /// Summed `histosys` shifts of a cell, in events.
    fn shift(&self, cell: usize) -> f64 {
        let entries = to_range(&self.model.structure.shift_start, cell);
        let slots = &self.model.structure.shift_slot[entries.clone()];
        let s = &self.model.coefficients.shift_s[entries.clone()];
        let a = &self.model.coefficients.shift_a[entries];
        let mut sum = 0.0;
        for ((&slot, s), a) in slots.iter().zip(s).zip(a) {
            let slot = slot as usize;
            sum += self.slot_alpha[slot] * s + self.slot_weight[slot] * a;
        }
        sum
    }

    fn check_rates(&self) -> Result<(), DomainError> {
        match self.rates.iter().position(|rate| rate.is_nan() || *rate < 0.0 || rate.is_infinite())
        {
            None => Ok(()),
            Some(global) => {
                let (channel, bin) = self.model.bin_name(global);
                Err(DomainError::Rate { channel, bin, rate: self.rates[global] })
            }
        }
    }

    /// Expected bin counts, then expected auxiliary data.
    pub(crate) fn expected_data(&self) -> Vec<f64> {
        let auxiliary = self.constraints().map(|(p, kind, width, _)| match kind {
            ConstraintKind::Normal => self.theta[p],
            ConstraintKind::Poisson => self.theta[p] * width,
        });
        self.rates.iter().copied().chain(auxiliary).collect()
    }

    /// Parameter, kind, width and datum's index of each constraint.
    pub(crate) fn constraints(
        &self,
    ) -> impl Iterator<Item = (usize, ConstraintKind, f64, usize)> + use<'m> {
        let (s, c) = (&self.model.structure, &self.model.coefficients);
        let n_bins = s.n_bins;
        let entries = s.constraints.iter().zip(&c.constraint).enumerate();
        entries.map(move |(i, (&(p, kind), &width))| (p as usize, kind, width, n_bins + i))
    }

    /// Count and rate of each Poisson term of -ln L: bins, then Poisson constraints.
    pub(crate) fn poisson_terms(&self, data: &[f64]) -> impl Iterator<Item = (f64, f64)> {
        let bins = data.iter().copied().zip(self.rates.iter().copied());
        let constraints = self.constraints();
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
        let mut sum = 0.0;
        for (global, (&rate, &count)) in self.rates.iter().zip(data).enumerate() {
            if rate == 0.0 && count > 0.0 {
                let (channel, bin) = self.model.bin_name(global);
                return Err(DomainError::EmptyBin { channel, bin, count });
            }
            sum += poisson_term(count, rate);
        }
        for (p, kind, width, datum) in self.constraints() {
            let value = self.theta[p];
            sum += match kind {
                ConstraintKind::Normal => normal_term(data[datum], value, width),
                ConstraintKind::Poisson if width * value <= 0.0 => {
                    let name = self.model.parameter_names()[p].clone();
                    return Err(DomainError::Constraint { name, value });
                }
                ConstraintKind::Poisson => poisson_term(data[datum], width * value),
            };
        }
        Ok(sum)
    }

    /// Computes the Jacobian and the stages' derivatives at the point; cheap when they are there.
    pub(crate) fn linearise(&mut self) {
        if self.linearised {
            return;
        }
        self.linearised = true;
        let s = &self.model.structure;
        let code = self.model.interpolation();
        for (slope, &alpha) in self.slot_slope.iter_mut().zip(&self.slot_alpha) {
            *slope = histosys_weight_slope(code.histosys, alpha).1;
        }
        self.d_inputs.fill(0.0);
        // Out of the way, as its rows are made of the rest.
        let mut jacobian = std::mem::take(&mut self.jacobian);
        jacobian.fill(0.0);
        for group in &s.groups {
            self.linearise_factor(group);
            self.linearise_cells(group);
            for cell in group.cells.clone() {
                let bin = s.cell_bin[cell] as usize;
                let row = &mut jacobian[bin * s.n_parameters..(bin + 1) * s.n_parameters];
                self.add_cell_row(group, cell, row);
            }
        }
        self.jacobian = jacobian;
    }

    /// Factors of a group with their derivatives, and the product's derivative by each parameter.
    fn linearise_factor(&mut self, group: &Group) {
        let code = self.model.interpolation().normsys;
        let factors = group.factors();
        let n_norms = group.norms.len();
        for (k, norm) in group.norms.clone().enumerate() {
            let slots = NORMSYS_COEFFICIENTS * norm..NORMSYS_COEFFICIENTS * (norm + 1);
            let coefficients = &self.model.coefficients.norm[slots];
            let (value, slope, curvature) =
                normsys_factor_curvature(code, self.norm_alpha[norm], coefficients);
            self.factors[factors.start + k] = value;
            self.norm_slope[norm] = slope;
            self.norm_curvature[norm] = curvature;
        }
        let scales = factors.start + n_norms..factors.end;
        self.factors[scales].copy_from_slice(&self.scale[group.scales.clone()]);
        let slopes = &mut self.factor_slopes[factors.clone()];
        product_slopes(&self.factors[factors], slopes);
        let (norms, scales) = slopes.split_at(n_norms);
        for (norm, slope) in group.norms.clone().zip(norms) {
            self.d_norm_alpha[norm] = slope * self.norm_slope[norm];
        }
        self.d_scale[group.scales.clone()].copy_from_slice(scales);
    }

    /// Derivatives of a group's cells by their inputs, and of their shifts by parameters.
    fn linearise_cells(&mut self, group: &Group) {
        let (s, c) = (&self.model.structure, &self.model.coefficients);
        for cell in group.cells.clone() {
            let inputs = to_range(&s.input_start, cell);
            cell_rate_vjp(&self.inputs[inputs.clone()], &mut self.d_inputs[inputs], 1.0);
            let entries = to_range(&s.shift_start, cell);
            let slots = s.shift_slot[entries.clone()].iter();
            let pairs = c.shift_s[entries.clone()].iter().zip(&c.shift_a[entries.clone()]);
            for ((&slot, (s, a)), slope) in slots.zip(pairs).zip(&mut self.shift_slope[entries]) {
                *slope = s + self.slot_slope[slot as usize] * a;
            }
        }
    }

    /// Adds a linearised cell's derivatives by the parameters into a row of a Jacobian.
    pub(super) fn add_cell_row(&self, group: &Group, cell: usize, row: &mut [f64]) {
        let s = &self.model.structure;
        let inputs = to_range(&s.input_start, cell);
        let first_gamma = inputs.start - CELL_INPUTS * cell;
        let d = &self.d_inputs[inputs];
        let entries = to_range(&s.shift_start, cell);
        let mut scatter = |parameters: &[u32], slopes: &[f64], factor: f64| {
            for (&p, slope) in parameters.iter().zip(slopes) {
                row[p as usize] += factor * slope;
            }
        };
        scatter(&s.shift_parameter[entries.clone()], &self.shift_slope[entries], d[1]);
        let (norms, scales) = (group.norms.clone(), group.scales.clone());
        scatter(&s.norm_parameter[norms.clone()], &self.d_norm_alpha[norms], d[2]);
        scatter(&s.scale_parameter[scales.clone()], &self.d_scale[scales], d[2]);
        scatter(&s.gamma_parameter[first_gamma..], &d[CELL_INPUTS..], 1.0);
    }

    /// Derivatives of all rates with respect to all parameters: row-major, bins x parameters.
    ///
    /// The point must be linearised.
    pub(crate) fn jacobian(&self) -> &[f64] {
        assert!(self.linearised, "the Jacobian is asked for before it is computed");
        &self.jacobian
    }

    /// Adds J^T `bin_seed` into `out`.
    pub(crate) fn add_jacobian_transposed(&self, bin_seed: &[f64], out: &mut [f64]) {
        let rows = self.jacobian().chunks_exact(self.model.n_parameters());
        for (row, seed) in rows.zip(bin_seed) {
            for (out, entry) in out.iter_mut().zip(row) {
                *out += seed * entry;
            }
        }
    }

    /// Derivatives of -ln L with respect to the rates and, into `by_count`, the counts.
    fn poisson_seeds(&self, data: &[f64], mut by_count: impl FnMut(usize, f64)) -> Vec<f64> {
        let pairs = self.rates.iter().zip(data).enumerate();
        let seed = |(bin, (&rate, &count)): (usize, (&f64, &f64))| {
            let (by_n, by_r) = poisson_slopes(count, rate);
            by_count(bin, by_n);
            by_r
        };
        pairs.map(seed).collect()
    }

    /// Gradient of -ln L with respect to all parameters, free or not, into `out`.
    pub(crate) fn gradient(&self, data: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let seeds = self.poisson_seeds(data, |_, _| ());
        self.add_jacobian_transposed(&seeds, out);
        for (p, kind, width, datum) in self.constraints() {
            out[p] += match kind {
                ConstraintKind::Normal => normal_slopes(data[datum], self.theta[p], width)[1],
                ConstraintKind::Poisson => {
                    width * poisson_slopes(data[datum], width * self.theta[p]).1
                }
            };
        }
    }

    /// Diagonal that the constraints add to the expected information, into `out`.
    pub(crate) fn constraint_information(&self, out: &mut [f64]) {
        out.fill(0.0);
        for (p, kind, width, _) in self.constraints() {
            out[p] += match kind {
                ConstraintKind::Normal => normal_information(width).0,
                ConstraintKind::Poisson => poisson_information(width, self.theta[p]).0,
            };
        }
    }

    /// Adds the adjoint of [`Evaluator::constraint_information`] into `out`; parameters included.
    pub(crate) fn add_constraint_information_vjp(&self, seed: &[f64], out: &mut ModelAdjoint) {
        for (i, (p, kind, width, _)) in self.constraints().enumerate() {
            // One that is not asked about may have no finite slope.
            if seed[p] == 0.0 {
                continue;
            }
            let (by_width, by_value) = match kind {
                ConstraintKind::Normal => (normal_information(width).1, 0.0),
                ConstraintKind::Poisson => poisson_information(width, self.theta[p]).1.into(),
            };
            out.coefficients.constraint[i] += seed[p] * by_width;
            out.parameters[p] += seed[p] * by_value;
        }
    }

    /// Adds `factor` times the partial derivatives of -ln L, at fixed parameters, into `out`.
    pub(crate) fn add_partials(&self, data: &[f64], factor: f64, out: &mut ModelAdjoint) {
        // Where nothing is expected and nothing observed the slope in the count is infinite; it
        // matters only if it does not cancel against another fit's.
        let by_count = |bin: usize, slope: f64| {
            if slope.is_finite() {
                out.data[bin] += factor * slope;
            } else {
                out.infinite[bin] += factor;
            }
        };
        let mut seeds = self.poisson_seeds(data, by_count);
        seeds.iter_mut().for_each(|seed| *seed *= factor);
        self.add_rates_vjp(&seeds, out);
        for (i, (p, kind, width, datum)) in self.constraints().enumerate() {
            let (value, aux) = (self.theta[p], data[datum]);
            let [by_aux, by_value, by_width] = match kind {
                ConstraintKind::Normal => normal_slopes(aux, value, width),
                ConstraintKind::Poisson => {
                    let (by_n, by_r) = poisson_slopes(aux, width * value);
                    [by_n, width * by_r, value * by_r]
                }
            };
            out.data[datum] += factor * by_aux;
            out.parameters[p] += factor * by_value;
            out.coefficients.constraint[i] += factor * by_width;
        }
    }

    /// Adds the adjoint of the rates, with one seed a bin, into `out`; parameters included.
    pub(crate) fn add_rates_vjp(&self, bin_seed: &[f64], out: &mut ModelAdjoint) {
        self.add_jacobian_transposed(bin_seed, &mut out.parameters);
        let s = &self.model.structure;
        // The parameters' part is in the Jacobian already; only the coefficients' is new.
        let (mut d_alpha, mut d_scale) =
            (vec![0.0; self.norm_alpha.len()], vec![0.0; self.scale.len()]);
        for group in &s.groups {
            let mut factor_adjoint = 0.0;
            for cell in group.cells.clone() {
                let seed = bin_seed[s.cell_bin[cell] as usize];
                let d = &self.d_inputs[to_range(&s.input_start, cell)];
                out.coefficients.nominal[cell] += seed * d[0];
                factor_adjoint += seed * d[2];
                let entries = to_range(&s.shift_start, cell);
                for (e, &slot) in entries.clone().zip(&s.shift_slot[entries]) {
                    let slot = slot as usize;
                    out.coefficients.shift_s[e] += seed * d[1] * self.slot_alpha[slot];
                    out.coefficients.shift_a[e] += seed * d[1] * self.slot_weight[slot];
                }
            }
            let norms = group.norms.clone();
            let coefficients = NORMSYS_COEFFICIENTS * norms.start..NORMSYS_COEFFICIENTS * norms.end;
            let adjoint = GroupAdjoint {
                alpha: &mut d_alpha[norms],
                coefficients: &mut out.coefficients.norm[coefficients],
                scale: &mut d_scale[group.scales.clone()],
            };
            let code = self.model.interpolation().normsys;
            group_factor_vjp(code, self.group_inputs(group), adjoint, factor_adjoint);
        }
    }

    /// Adds the adjoint of [`Evaluator::expected_data`] into `out`; parameters included.
    pub(crate) fn add_expected_data_vjp(&self, seed: &[f64], out: &mut ModelAdjoint) {
        self.add_rates_vjp(&seed[..self.model.n_bins()], out);
        for (i, (p, kind, width, datum)) in self.constraints().enumerate() {
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
