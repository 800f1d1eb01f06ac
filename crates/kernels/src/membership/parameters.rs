//! A Gaussian mixture's parameters: from unconstrained raw numbers to what events need.
//!
//! The layouts and equations are in [`super::mixture`]. This stage runs once for all events, so its
//! kernels are plain loops. They treat what a softmax subtracts as a constant, because no value
//! depends on it.

use std::autodiff::autodiff_reverse;
use std::ops::Range;

/// How a component's mean follows from raw numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum MeanConstraint {
    /// `D` components of a point of the simplex: the softmax over the raw numbers and a 0. It is
    /// meant for the scores of a classifier with `D + 1` classes, without the last.
    Simplex,
    /// A lower and an upper bound per column: `mu = lo + (hi - lo) sigma(raw)`.
    Box(Vec<(f64, f64)>),
}

/// The fixed properties of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct MixtureShape {
    /// Number of components `K`.
    pub categories: usize,
    /// How means follow from raw numbers.
    pub means: MeanConstraint,
    /// A scale of the components' widths, in units of the column; one per column.
    pub widths: Vec<f64>,
    /// The factor of raw numbers off the diagonals, which makes correlations grow more slowly than
    /// widths.
    pub damping: f64,
}

impl MixtureShape {
    /// The damping to use unless there is a reason for another.
    pub const DAMPING: f64 = 0.1;

    /// Number of columns `D`.
    pub fn columns(&self) -> usize {
        self.widths.len()
    }

    /// Number of raw parameters: `K (1 + D + D (D + 1) / 2)`.
    pub fn parameters(&self) -> usize {
        self.categories * (1 + self.columns() + triangle(self.columns()))
    }

    /// The range of a component's mean in the parameters and in the slots.
    pub(super) fn mean(&self, k: usize) -> Range<usize> {
        let (start, d) = (self.categories, self.columns());
        start + k * d..start + (k + 1) * d
    }

    /// The range of a component's factor in the parameters and in the slots.
    pub(super) fn factor(&self, k: usize) -> Range<usize> {
        let (start, size) = (self.mean(self.categories).start, triangle(self.columns()));
        start + k * size..start + (k + 1) * size
    }

    fn check(&self, raw: &[f64]) {
        assert!(self.categories > 0, "a mixture has components");
        assert_eq!(raw.len(), self.parameters());
        assert!(self.widths.iter().all(|s| *s > 0.0 && s.is_finite()), "widths {:?}", self.widths);
        if let MeanConstraint::Box(bounds) = &self.means {
            assert_eq!(bounds.len(), self.columns());
        }
    }
}

/// Number of elements in the first `rows` rows of a lower triangle, where the next row begins.
pub(super) fn triangle(rows: usize) -> usize {
    rows * (rows + 1) / 2
}

#[autodiff_reverse(d_log_softmax, Duplicated, Const, Duplicated)]
fn log_softmax(logits: &[f64], shift: f64, out: &mut [f64]) {
    let mut total = 0.0;
    for k in 0..logits.len() {
        total += (logits[k] - shift).exp();
    }
    let log = total.ln();
    for k in 0..logits.len() {
        out[k] = (logits[k] - shift) - log;
    }
}

#[autodiff_reverse(d_simplex, Duplicated, Const, Duplicated)]
fn simplex(raw: &[f64], shift: f64, out: &mut [f64]) {
    let mut total = 0.0;
    for i in 0..raw.len() {
        total += (raw[i] - shift).exp();
    }
    let total = total + (-shift).exp();
    for i in 0..raw.len() {
        out[i] = (raw[i] - shift).exp() / total;
    }
}

#[autodiff_reverse(d_inside, Duplicated, Const, Duplicated)]
fn inside(raw: &[f64], bounds: &[(f64, f64)], out: &mut [f64]) {
    for i in 0..raw.len() {
        let (lo, hi) = bounds[i];
        let e = (-raw[i].abs()).exp();
        let above = f64::from(raw[i] >= 0.0);
        out[i] = lo + (hi - lo) * ((above + (1.0 - above) * e) / (1.0 + e));
    }
}

/// The factor with inverse diagonal, and the offset `ln pi - sum_i raw_ii`.
#[autodiff_reverse(d_factor, Duplicated, Const, Const, Duplicated, Duplicated, Duplicated)]
fn factor(
    raw: &[f64],
    widths: &[f64],
    damping: f64,
    log_weight: &f64,
    offset: &mut f64,
    out: &mut [f64],
) {
    let mut log_determinant = 0.0;
    for i in 0..widths.len() {
        let row = i * (i + 1) / 2;
        for j in 0..i {
            out[row + j] = damping * widths[i] * raw[row + j];
        }
        out[row + i] = (-raw[row + i]).exp() / widths[i];
        log_determinant += raw[row + i];
    }
    *offset = *log_weight - log_determinant;
}

/// The largest of `numbers` and `least`.
fn max(numbers: &[f64], least: f64) -> f64 {
    numbers.iter().copied().fold(least, f64::max)
}

/// The slots at `raw` parameters, and the logarithms of the components' weights.
pub(super) fn slots(shape: &MixtureShape, raw: &[f64]) -> (Vec<f64>, Vec<f64>) {
    shape.check(raw);
    let (mut slots, mut log_weights) = (vec![0.0; raw.len()], vec![0.0; shape.categories]);
    let logits = &raw[..shape.categories];
    log_softmax(logits, max(logits, f64::NEG_INFINITY), &mut log_weights);
    for (k, log_weight) in log_weights.iter().enumerate() {
        let (of_mean, of_factor) = (shape.mean(k), shape.factor(k));
        let (offsets, rest) = slots.split_at_mut(of_factor.start);
        let (raw_mean, raw_factor) = (&raw[of_mean.clone()], &raw[of_factor.clone()]);
        match &shape.means {
            MeanConstraint::Simplex => {
                simplex(raw_mean, max(raw_mean, 0.0), &mut offsets[of_mean]);
            }
            MeanConstraint::Box(bounds) => inside(raw_mean, bounds, &mut offsets[of_mean]),
        }
        let out = &mut rest[..of_factor.len()];
        factor(raw_factor, &shape.widths, shape.damping, log_weight, &mut offsets[k], out);
    }
    (slots, log_weights)
}

/// Pulls the adjoint of [`slots`] back: adds into `gradient`.
pub(super) fn slots_vjp(shape: &MixtureShape, raw: &[f64], adjoint: &[f64], gradient: &mut [f64]) {
    shape.check(raw);
    assert!(adjoint.len() == raw.len() && gradient.len() == raw.len());
    let (mut seeds, mut values) = (adjoint.to_vec(), vec![0.0; raw.len()]);
    let mut by_log_weights = vec![0.0; shape.categories];
    for (k, by_log_weight) in by_log_weights.iter_mut().enumerate() {
        let (of_mean, of_factor) = (shape.mean(k), shape.factor(k));
        let (r, by_r) = (&raw[of_mean.clone()], &mut gradient[of_mean.clone()]);
        let (out, seed) = (&mut values[of_mean.clone()], &mut seeds[of_mean]);
        match &shape.means {
            MeanConstraint::Simplex => d_simplex(r, by_r, max(r, 0.0), out, seed),
            MeanConstraint::Box(bounds) => d_inside(r, by_r, bounds, out, seed),
        }
        let (r, by_r) = (&raw[of_factor.clone()], &mut gradient[of_factor.clone()]);
        let (by_offset, out) = (&mut { seeds[k] }, &mut values[of_factor.clone()]);
        let (fixed, seed) = ((&shape.widths[..], shape.damping), &mut seeds[of_factor]);
        let (offset, by_log) = (&mut 0.0, by_log_weight);
        d_factor(r, by_r, fixed.0, fixed.1, &0.0, by_log, offset, by_offset, out, seed);
    }
    let (logits, by_logits) = (&raw[..shape.categories], &mut gradient[..shape.categories]);
    let (shift, out) = (max(logits, f64::NEG_INFINITY), &mut values[..shape.categories]);
    d_log_softmax(logits, by_logits, shift, out, &mut by_log_weights);
}
