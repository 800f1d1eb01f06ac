//! The walk over a model's cells, forward for rates and back for derivatives, to any of three
//! orders.

use super::chunks::each_pair;
use super::series::{Series, products_of_others};
use super::structure::{Coefficients, Group, Likelihood, Structure};
use super::vectors::{add_scaled, dot};
use crate::coefficients::NORMSYS_COEFFICIENTS;
use crate::interpolation::{
    add_normsys_factor_vjp, histosys_weight, histosys_weight_curvature, histosys_weight_slope,
    normsys_factor, normsys_factor_curvature,
};
use crate::jets::{
    JET, histosys_weight_third_derivative, normsys_factor_jet_vjp, normsys_factor_third_derivative,
};

/// Derivatives of the interpolations at a point, each with respect to its own parameter, which all
/// directions share. Index `k` has the derivative of order `k`.
#[derive(Clone, Debug)]
pub struct Derivatives {
    /// For the weight of each `histosys` slot.
    pub weights: Vec<[f64; 4]>,
    /// For each `normsys` factor.
    pub norms: Vec<[f64; 4]>,
}

fn parameters<'a>(indices: &'a [u32], theta: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    indices.iter().map(|&p| theta[p as usize])
}

impl Derivatives {
    /// All 0, with the shapes that a model needs.
    pub fn new(structure: &Structure) -> Self {
        let weights = vec![[0.0; 4]; structure.slot_parameter.len()];
        Self { weights, norms: vec![[0.0; 4]; structure.norm_parameter.len()] }
    }

    /// Computes order 0, the values, at a point.
    pub fn set_values(&mut self, l: Likelihood, theta: &[f64]) {
        let (s, codes) = (l.structure, l.interpolation);
        for (w, alpha) in self.weights.iter_mut().zip(parameters(&s.slot_parameter, theta)) {
            w[0] = histosys_weight(codes.histosys, alpha);
        }
        let norms = self.norms.iter_mut().zip(parameters(&s.norm_parameter, theta)).enumerate();
        for (k, (norm, alpha)) in norms {
            norm[0] = normsys_factor(codes.normsys, alpha, l.coefficients.normsys(k));
        }
    }

    /// Computes order 1 of all, and order 2 of `normsys` factors, which comes with it.
    pub fn set_slopes(&mut self, l: Likelihood, theta: &[f64]) {
        let (s, codes) = (l.structure, l.interpolation);
        for (w, alpha) in self.weights.iter_mut().zip(parameters(&s.slot_parameter, theta)) {
            w[1] = histosys_weight_slope(codes.histosys, alpha).1;
        }
        let norms = self.norms.iter_mut().zip(parameters(&s.norm_parameter, theta)).enumerate();
        for (k, (norm, alpha)) in norms {
            let coefficients = l.coefficients.normsys(k);
            let (_, slope, curvature) =
                normsys_factor_curvature(codes.normsys, alpha, coefficients);
            (norm[1], norm[2]) = (slope, curvature);
        }
    }

    /// Computes order 2 of the weights; order 2 of the factors was computed with the slopes.
    pub fn set_curvatures(&mut self, l: Likelihood, theta: &[f64]) {
        let alphas = parameters(&l.structure.slot_parameter, theta);
        for (w, alpha) in self.weights.iter_mut().zip(alphas) {
            w[2] = histosys_weight_curvature(l.interpolation.histosys, alpha).1;
        }
    }

    /// Computes order 3 of all.
    pub fn set_third(&mut self, l: Likelihood, theta: &[f64]) {
        let (s, codes) = (l.structure, l.interpolation);
        for (w, alpha) in self.weights.iter_mut().zip(parameters(&s.slot_parameter, theta)) {
            w[3] = histosys_weight_third_derivative(codes.histosys, alpha);
        }
        let norms = self.norms.iter_mut().zip(parameters(&s.norm_parameter, theta)).enumerate();
        for (k, (norm, alpha)) in norms {
            let coefficients = l.coefficients.normsys(k);
            norm[3] = normsys_factor_third_derivative(codes.normsys, alpha, coefficients);
        }
    }
}

/// A point, and the direction of the series, which is ignored if `N` is 1.
#[derive(Clone, Copy, Debug)]
pub struct Ray<'a> {
    /// The parameters.
    pub theta: &'a [f64],
    /// The direction, as long as `theta`; empty if there is none.
    pub x: &'a [f64],
}

impl Ray<'_> {
    #[inline(always)]
    fn direction<const N: usize>(&self, p: u32) -> f64 {
        if N > 1 { self.x[p as usize] } else { 0.0 }
    }

    #[inline(always)]
    fn parameter<const N: usize>(&self, p: u32) -> Series<N> {
        Series::parameter(self.theta[p as usize], self.direction::<N>(p))
    }
}

/// One term of the series of the parameters and of the weights of all groups' slots, in the order
/// of [`Structure::group_slot`].
#[derive(Clone, Debug)]
struct SlotTerms {
    alpha: Vec<f64>,
    weight: Vec<f64>,
}

impl SlotTerms {
    fn new(n: usize) -> Self {
        Self { alpha: vec![0.0; n], weight: vec![0.0; n] }
    }
}

/// The series of all stages of the rates.
#[derive(Clone, Debug)]
pub struct Sweep<const N: usize> {
    /// Term by term, the parameter and the weight of each group's slots.
    slots: [SlotTerms; N],
    /// For the groups' factors, in the order of [`Group::factors`].
    pub(super) factors: Vec<Series<N>>,
    /// For the product of each group's factors.
    pub(super) common: Vec<Series<N>>,
    /// For each cell's nominal yield with its shifts, in events.
    pub(super) bases: Vec<Series<N>>,
    /// For each bin's rate, in events.
    rates: Vec<[f64; N]>,
}

/// Buffers for a reverse sweep.
#[derive(Clone, Debug)]
pub struct Scratch<const N: usize> {
    /// Per slot of one group, the derivative with respect to its parameter except through its
    /// weight, and term by term the adjoint of its weight.
    direct: Vec<f64>,
    by_weight: [Vec<f64>; N],
    /// Factors of one cell, and for each factor the product of the others: for a cell, and for a
    /// group.
    cell: Vec<Series<N>>,
    others: Vec<Series<N>>,
}

impl<const N: usize> Scratch<N> {
    /// For a model.
    pub fn new(structure: &Structure) -> Self {
        let most = structure.groups.iter().map(|group| group.slots.len()).max().unwrap_or(0);
        Self {
            direct: vec![0.0; most],
            by_weight: std::array::from_fn(|_| vec![0.0; most]),
            cell: Vec::new(),
            others: Vec::new(),
        }
    }
}

impl<const N: usize> Sweep<N> {
    /// For a model, at no point yet.
    pub fn new(s: &Structure) -> Self {
        let zeros = |n: usize| vec![Series::ZERO; n];
        Self {
            slots: std::array::from_fn(|_| SlotTerms::new(s.group_slot.len())),
            factors: zeros(s.norm_parameter.len() + s.scale_parameter.len()),
            common: zeros(s.groups.len()),
            bases: zeros(s.cell_bin.len()),
            rates: vec![[0.0; N]; s.n_bins],
        }
    }

    /// Series of the bins' rates, in events.
    pub fn rates(&self) -> &[[f64; N]] {
        &self.rates
    }

    #[inline(always)]
    fn walk_forward(&mut self, l: Likelihood, derivatives: &Derivatives, ray: Ray) {
        let s = l.structure;
        for (i, &slot) in s.group_slot.iter().enumerate() {
            let p = s.slot_parameter[slot as usize];
            let x = ray.direction::<N>(p);
            let alpha: Series<N> = ray.parameter(p);
            let weight = Series::<N>::composed(&derivatives.weights[slot as usize], 0, x);
            for (term, (alpha, weight)) in self.slots.iter_mut().zip(alpha.0.iter().zip(weight.0)) {
                (term.alpha[i], term.weight[i]) = (*alpha, weight);
            }
        }
        self.rates.fill([0.0; N]);
        for (g, group) in s.groups.iter().enumerate() {
            let common = self.common_factor(s, group, derivatives, ray);
            self.common[g] = common;
            let first = group.cells.start;
            let Some(&bin) = s.cell_bin.get(first) else { continue };
            let bins = bin as usize..bin as usize + group.cells.len();
            let (bases, rates) = (&mut self.bases[group.cells.clone()], &mut self.rates[bins]);
            let slots = &self.slots;
            each_pair(l, bases, rates, |i, base, rate| {
                let cell = first + i;
                *base = shift(slots, l.coefficients, group, cell);
                base.0[0] += l.coefficients.nominal[cell];
                let mut product = common;
                for &p in s.gammas(cell) {
                    product = product * ray.parameter(p);
                }
                *rate = (Series(*rate) + *base * product).0;
            });
        }
    }

    #[inline(always)]
    fn common_factor(
        &mut self,
        s: &Structure,
        group: &Group,
        derivatives: &Derivatives,
        ray: Ray,
    ) -> Series<N> {
        let (norms, scales) = self.factors[group.factors()].split_at_mut(group.norms.len());
        let mut common = Series::constant(1.0);
        for (factor, k) in norms.iter_mut().zip(group.norms.clone()) {
            let x = ray.direction::<N>(s.norm_parameter[k]);
            *factor = Series::composed(&derivatives.norms[k], 0, x);
            common = common * *factor;
        }
        for (factor, &p) in scales.iter_mut().zip(&s.scale_parameter[group.scales.clone()]) {
            *factor = ray.parameter(p);
            common = common * *factor;
        }
        common
    }

    /// Adds the derivatives of the quantity whose adjoints with respect to the rates are `seeds`,
    /// one per bin.
    #[inline(always)]
    fn walk_back(
        &self,
        l: Likelihood,
        derivatives: &Derivatives,
        ray: Ray,
        seeds: &[[f64; N]],
        scratch: &mut Scratch<N>,
        by_parameter: &mut [f64],
        mut by_coefficient: Option<&mut Coefficients>,
    ) {
        let s = l.structure;
        for (g, group) in s.groups.iter().enumerate() {
            let mut d_common = Series::ZERO;
            scratch.direct.fill(0.0);
            scratch.by_weight.iter_mut().for_each(|list| list.fill(0.0));
            for cell in group.cells.clone() {
                let seed = Series(seeds[s.cell_bin[cell] as usize]);
                let d_base =
                    self.cell_back(s, (g, cell), ray, seed, scratch, by_parameter, &mut d_common);
                let by_coefficient = by_coefficient.as_deref_mut();
                self.shifts_back(l.coefficients, (group, cell), d_base, scratch, by_coefficient);
            }
            slots_back(s, group, derivatives, ray, scratch, by_parameter);
            let by_coefficient = by_coefficient.as_deref_mut();
            self.factors_back(
                l,
                group,
                derivatives,
                ray,
                d_common,
                scratch,
                by_parameter,
                by_coefficient,
            );
        }
    }

    /// Passes a cell's adjoint on to its `gamma` factors and to the common factor, and returns the
    /// adjoint of its yield.
    #[inline(always)]
    fn cell_back(
        &self,
        s: &Structure,
        (g, cell): (usize, usize),
        ray: Ray,
        seed: Series<N>,
        scratch: &mut Scratch<N>,
        by_parameter: &mut [f64],
        d_common: &mut Series<N>,
    ) -> Series<N> {
        let (common, gammas) = (self.common[g], s.gammas(cell));
        let by_product = seed * self.bases[cell];
        if gammas.is_empty() {
            *d_common += by_product;
            return seed * common;
        }
        scratch.cell.clear();
        scratch.cell.push(common);
        scratch.cell.extend(gammas.iter().map(|&p| ray.parameter::<N>(p)));
        scratch.others.resize(scratch.cell.len().max(scratch.others.len()), Series::ZERO);
        let others = &mut scratch.others[..scratch.cell.len()];
        products_of_others(&scratch.cell, others);
        *d_common += by_product * others[0];
        for (&p, &other) in gammas.iter().zip(&others[1..]) {
            by_parameter[p as usize] += (by_product * other).last();
        }
        seed * (common * others[0])
    }

    /// Passes the adjoint of a cell's yield on to its slots and coefficients.
    #[inline(always)]
    fn shifts_back(
        &self,
        c: &Coefficients,
        (group, cell): (&Group, usize),
        d_base: Series<N>,
        scratch: &mut Scratch<N>,
        by_coefficient: Option<&mut Coefficients>,
    ) {
        let (range, slots) = (group.shifts(cell), group.slots.clone());
        add_scaled(&mut scratch.direct, d_base.last(), &c.shift_s[range.clone()]);
        for (list, d) in scratch.by_weight.iter_mut().zip(d_base.0) {
            add_scaled(list, d, &c.shift_a[range.clone()]);
        }
        let Some(out) = by_coefficient else { return };
        out.nominal[cell] += d_base.last();
        let (by_s, by_a) = (&mut out.shift_s[range.clone()], &mut out.shift_a[range]);
        // The last term of a product with the reversed adjoint.
        for (term, d) in self.slots.iter().zip(d_base.0.iter().rev()) {
            add_scaled(by_s, *d, &term.alpha[slots.clone()]);
            add_scaled(by_a, *d, &term.weight[slots.clone()]);
        }
    }

    /// Passes the adjoint of a group's common factor on to its factors.
    #[inline(always)]
    fn factors_back(
        &self,
        l: Likelihood,
        group: &Group,
        derivatives: &Derivatives,
        ray: Ray,
        d_common: Series<N>,
        scratch: &mut Scratch<N>,
        by_parameter: &mut [f64],
        mut by_coefficient: Option<&mut Coefficients>,
    ) {
        let s = l.structure;
        let factors = &self.factors[group.factors()];
        scratch.others.resize(factors.len().max(scratch.others.len()), Series::ZERO);
        let others = &mut scratch.others[..factors.len()];
        products_of_others(factors, others);
        let (norms, scales) = others.split_at(group.norms.len());
        for (&other, k) in norms.iter().zip(group.norms.clone()) {
            let (d, p) = (d_common * other, s.norm_parameter[k]);
            let x = ray.direction::<N>(p);
            let slope = Series::composed(&derivatives.norms[k], 1, x);
            by_parameter[p as usize] += (d * slope).last();
            if let Some(out) = by_coefficient.as_deref_mut() {
                let alpha = ray.theta[p as usize];
                add_normsys_coefficients(l, k, (alpha, x), d, &mut out.norm);
            }
        }
        for (&other, &p) in scales.iter().zip(&s.scale_parameter[group.scales.clone()]) {
            by_parameter[p as usize] += (d_common * other).last();
        }
    }
}

/// A cell's summed `histosys` shifts, in events.
#[inline(always)]
fn shift<const N: usize>(
    terms: &[SlotTerms; N],
    c: &Coefficients,
    group: &Group,
    cell: usize,
) -> Series<N> {
    let (range, slots, mut sum) = (group.shifts(cell), group.slots.clone(), Series::ZERO);
    let (s, a) = (&c.shift_s[range.clone()], &c.shift_a[range]);
    for (sum, term) in sum.0.iter_mut().zip(terms) {
        *sum = dot(s, &term.alpha[slots.clone()]) + dot(a, &term.weight[slots.clone()]);
    }
    sum
}

/// Passes what a group's cells left for its slots on to their parameters.
#[inline(always)]
fn slots_back<const N: usize>(
    s: &Structure,
    group: &Group,
    derivatives: &Derivatives,
    ray: Ray,
    scratch: &Scratch<N>,
    by_parameter: &mut [f64],
) {
    for (i, &slot) in s.group_slot[group.slots.clone()].iter().enumerate() {
        let p = s.slot_parameter[slot as usize];
        let x = ray.direction::<N>(p);
        let slope = Series::composed(&derivatives.weights[slot as usize], 1, x);
        let by_weight = Series(std::array::from_fn::<f64, N, _>(|k| scratch.by_weight[k][i]));
        by_parameter[p as usize] += scratch.direct[i] + (by_weight * slope).last();
    }
}

/// Adds the derivatives with respect to a `normsys` factor's coefficients, given its adjoint.
#[inline(always)]
fn add_normsys_coefficients<const N: usize>(
    l: Likelihood,
    entry: usize,
    (alpha, x): (f64, f64),
    adjoint: Series<N>,
    out: &mut [f64],
) {
    let out = &mut out[NORMSYS_COEFFICIENTS * entry..NORMSYS_COEFFICIENTS * (entry + 1)];
    let (code, coefficients) = (l.interpolation.normsys, l.coefficients.normsys(entry));
    if N == 1 {
        return add_normsys_factor_vjp(code, alpha, coefficients, adjoint.0[0], out);
    }
    let mut seed = [0.0; JET];
    seed.iter_mut().zip(adjoint.0.iter().rev()).for_each(|(seed, adjoint)| *seed = *adjoint);
    normsys_factor_jet_vjp(code, alpha, (coefficients, out), x, seed);
}

/// The walks of one order, compiled here and not in the package that calls them.
macro_rules! order {
    ($n:literal) => {
        impl Sweep<$n> {
            /// Computes all series at a point, along the direction. `derivatives` must be set to
            /// one order less than there are terms.
            pub fn forward(&mut self, l: Likelihood, derivatives: &Derivatives, ray: Ray) {
                self.walk_forward(l, derivatives, ray);
            }

            /// Adds to `by_parameter` and `by_coefficient` the derivatives of a function of the
            /// rates' series; its derivatives with respect to each bin's series are `seeds`, last
            /// term first. Call it after [`Sweep::forward`] with the same arguments. The direction
            /// is fixed. `derivatives` must be set to as many orders as there are terms.
            pub fn reverse(
                &self,
                l: Likelihood,
                derivatives: &Derivatives,
                ray: Ray,
                seeds: &[[f64; $n]],
                scratch: &mut Scratch<$n>,
                by_parameter: &mut [f64],
                by_coefficient: Option<&mut Coefficients>,
            ) {
                self.walk_back(l, derivatives, ray, seeds, scratch, by_parameter, by_coefficient);
            }
        }
    };
}

order!(1);
order!(2);
order!(3);
