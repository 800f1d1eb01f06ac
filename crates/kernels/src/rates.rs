//! Expected rates: the factor of a (channel, sample) pair and the rate of a cell.
//!
//! A cell is one bin of one sample. With nominal yield `N`, the summed `histosys` shifts `D` (both
//! in events), the factor `F` that the sample's bins share and the bin's own `gamma` factors,
//!
//! `F = prod_k nu_k(alpha_k) prod_m mu_m`,  `rate = (N + D) F prod_i gamma_i`.
//!
//! No clipping: outside the domain a rate is negative and the caller says so.
//! Source: HistFactory, CERN-OPEN-2012-016, equation 1.

use std::autodiff::{autodiff_forward, autodiff_reverse};

use super::coefficients::NORMSYS_COEFFICIENTS;
use super::interpolation::{NormsysCode, normsys_factor_inline};

#[autodiff_reverse(d_group, Const, Duplicated, Duplicated, Duplicated, Duplicated)]
fn group(
    exponential_from: f64,
    alpha: &[f64],
    coefficients: &[f64],
    scale: &[f64],
    out: &mut [f64],
) {
    let mut product = 1.0;
    for k in 0..alpha.len() {
        let c = &coefficients[NORMSYS_COEFFICIENTS * k..NORMSYS_COEFFICIENTS * (k + 1)];
        product *= normsys_factor_inline(exponential_from, alpha[k], c);
    }
    for m in 0..scale.len() {
        product *= scale[m];
    }
    out[0] = product;
}

#[autodiff_forward(dd_group, Const, Dual, Dual, Const, Dual, Dual, Dual, Dual, Dual)]
fn group_gradient(
    exponential_from: f64,
    alpha: &[f64],
    d_alpha: &mut [f64],
    coefficients: &[f64],
    d_coefficients: &mut [f64],
    scale: &[f64],
    d_scale: &mut [f64],
    out: &mut [f64],
    d_out: &mut [f64],
) {
    d_group(
        exponential_from,
        alpha,
        d_alpha,
        coefficients,
        d_coefficients,
        scale,
        d_scale,
        out,
        d_out,
    );
}

/// What a (channel, sample) pair's common factor depends on.
#[derive(Clone, Copy, Debug)]
pub struct GroupInputs<'a> {
    /// Parameters of the `normsys` modifiers.
    pub alpha: &'a [f64],
    /// [`NORMSYS_COEFFICIENTS`] numbers for each of them.
    pub coefficients: &'a [f64],
    /// Values of the `normfactor` and `lumi` parameters.
    pub scale: &'a [f64],
}

/// Derivatives with respect to [`GroupInputs`], the same shapes.
#[derive(Debug)]
pub struct GroupAdjoint<'a> {
    /// With respect to the `normsys` parameters.
    pub alpha: &'a mut [f64],
    /// With respect to their coefficients.
    pub coefficients: &'a mut [f64],
    /// With respect to the `normfactor` and `lumi` parameters.
    pub scale: &'a mut [f64],
}

impl GroupInputs<'_> {
    fn check(&self) {
        assert_eq!(self.coefficients.len(), NORMSYS_COEFFICIENTS * self.alpha.len());
    }
}

impl GroupAdjoint<'_> {
    fn check(&self, inputs: &GroupInputs) {
        assert_eq!(self.alpha.len(), inputs.alpha.len());
        assert_eq!(self.coefficients.len(), inputs.coefficients.len());
        assert_eq!(self.scale.len(), inputs.scale.len());
    }
}

/// The factor that all bins of a sample share.
pub fn group_factor(code: NormsysCode, x: GroupInputs) -> f64 {
    x.check();
    let mut value = [0.0];
    group(code.exponential_from(), x.alpha, x.coefficients, x.scale, &mut value);
    value[0]
}

/// Adds `seed` times the derivatives of [`group_factor`] into `out`; returns the factor.
pub fn group_factor_vjp(code: NormsysCode, x: GroupInputs, out: GroupAdjoint, seed: f64) -> f64 {
    x.check();
    out.check(&x);
    let mut value = [0.0];
    d_group(
        code.exponential_from(),
        x.alpha,
        out.alpha,
        x.coefficients,
        out.coefficients,
        x.scale,
        out.scale,
        &mut value,
        &mut [seed],
    );
    value[0]
}

/// The derivative of [`group_factor_vjp`] along a direction of the parameters.
///
/// `alpha_tangent` and `scale_tangent` are the direction, `seed_tangent` the seed's change;
/// `out` gains the adjoint and `out_tangent` its change. The coefficients stay as they are.
pub fn group_factor_vjp_tangent(
    code: NormsysCode,
    x: GroupInputs,
    (alpha_tangent, scale_tangent): (&[f64], &[f64]),
    out: GroupAdjoint,
    out_tangent: GroupAdjoint,
    (seed, seed_tangent): (f64, f64),
) {
    x.check();
    out.check(&x);
    out_tangent.check(&x);
    assert_eq!(alpha_tangent.len(), x.alpha.len());
    assert_eq!(scale_tangent.len(), x.scale.len());
    dd_group(
        code.exponential_from(),
        x.alpha,
        alpha_tangent,
        out.alpha,
        out_tangent.alpha,
        x.coefficients,
        out.coefficients,
        out_tangent.coefficients,
        x.scale,
        scale_tangent,
        out.scale,
        out_tangent.scale,
        &mut [0.0],
        &mut [0.0],
        &mut [seed],
        &mut [seed_tangent],
    );
}

/// Inputs of a cell before its `gamma` factors: nominal yield, shift, common factor.
pub const CELL_INPUTS: usize = 3;

#[autodiff_reverse(d_cell, Duplicated, Duplicated)]
fn cell(x: &[f64], out: &mut [f64]) {
    let mut product = 1.0;
    for i in 2..x.len() {
        product *= x[i];
    }
    out[0] = (x[0] + x[1]) * product;
}

#[autodiff_forward(dd_cell, Dual, Dual, Dual, Dual)]
fn cell_gradient(x: &[f64], d_x: &mut [f64], out: &mut [f64], d_out: &mut [f64]) {
    d_cell(x, d_x, out, d_out);
}

/// The rate of a cell, in events, from `[nominal, shift, factor, gamma...]`.
pub fn cell_rate(x: &[f64]) -> f64 {
    assert!(x.len() >= CELL_INPUTS);
    let mut rate = [0.0];
    cell(x, &mut rate);
    rate[0]
}

/// Adds `seed` times the derivatives of [`cell_rate`] into `d_x`; returns the rate.
pub fn cell_rate_vjp(x: &[f64], d_x: &mut [f64], seed: f64) -> f64 {
    assert!(x.len() >= CELL_INPUTS && x.len() == d_x.len());
    let mut rate = [0.0];
    d_cell(x, d_x, &mut rate, &mut [seed]);
    rate[0]
}

/// The derivative of [`cell_rate_vjp`] along `x_tangent` and `seed_tangent`: `d_x` gains the
/// adjoint, `d_x_tangent` its change.
pub fn cell_rate_vjp_tangent(
    (x, x_tangent): (&[f64], &[f64]),
    (d_x, d_x_tangent): (&mut [f64], &mut [f64]),
    (seed, seed_tangent): (f64, f64),
) {
    assert!(x.len() >= CELL_INPUTS && x.len() == x_tangent.len());
    assert!(x.len() == d_x.len() && x.len() == d_x_tangent.len());
    let (rate, rate_tangent) = (&mut [0.0], &mut [0.0]);
    let (seeds, seed_tangents) = (&mut [seed], &mut [seed_tangent]);
    dd_cell(x, x_tangent, d_x, d_x_tangent, rate, rate_tangent, seeds, seed_tangents);
}

#[cfg(test)]
mod tests {
    use super::super::coefficients::normsys_coefficients;
    use super::*;
    use diffhep_testing::{assert_close, difference};

    const ALPHA: [f64; 3] = [0.4, -1.7, 1.3];
    const SCALE: [f64; 2] = [1.2, 0.9];
    const TANGENT: ([f64; 3], [f64; 2]) = ([0.7, -0.2, 0.5], [0.3, -0.6]);

    fn coefficients() -> Vec<f64> {
        [(0.9, 1.2), (0.8, 1.1), (0.95, 1.3)]
            .iter()
            .flat_map(|&(lo, hi)| normsys_coefficients(lo, hi))
            .collect()
    }

    fn gradient(code: NormsysCode, alpha: &[f64], scale: &[f64], seed: f64) -> Vec<f64> {
        let coefficients = coefficients();
        let (mut a, mut c, mut s) = (vec![0.0; 3], vec![0.0; 24], vec![0.0; 2]);
        let inputs = GroupInputs { alpha, coefficients: &coefficients, scale };
        let out = GroupAdjoint { alpha: &mut a, coefficients: &mut c, scale: &mut s };
        let value = group_factor_vjp(code, inputs, out, seed);
        assert_close(value, group_factor(code, inputs), 1e-15);
        [a, c, s].concat()
    }

    #[test]
    fn group_derivatives_match_differences() {
        let base = coefficients();
        for (_, code) in NormsysCode::TABLE {
            let found = gradient(code, &ALPHA, &SCALE, 0.8);
            for (i, &found) in found.iter().enumerate() {
                let value = |step: f64| {
                    let (mut alpha, mut c, mut scale) = (ALPHA, base.clone(), SCALE);
                    match i {
                        0..3 => alpha[i] += step,
                        3..27 => c[i - 3] += step,
                        _ => scale[i - 27] += step,
                    }
                    let x = GroupInputs { alpha: &alpha, coefficients: &c, scale: &scale };
                    0.8 * group_factor(code, x)
                };
                assert_close(found, difference(value, 0.0, 1e-3), 1e-8);
            }
        }
    }

    #[test]
    fn group_second_derivatives_match_differences_of_the_first() {
        let c = coefficients();
        for (_, code) in NormsysCode::TABLE {
            let (mut a, mut dc, mut s) = (vec![0.0; 3], vec![0.0; 24], vec![0.0; 2]);
            let (mut at, mut ct, mut st) = (a.clone(), dc.clone(), s.clone());
            group_factor_vjp_tangent(
                code,
                GroupInputs { alpha: &ALPHA, coefficients: &c, scale: &SCALE },
                (&TANGENT.0, &TANGENT.1),
                GroupAdjoint { alpha: &mut a, coefficients: &mut dc, scale: &mut s },
                GroupAdjoint { alpha: &mut at, coefficients: &mut ct, scale: &mut st },
                (0.8, -0.35),
            );
            let first = [a, dc, s].concat();
            for (i, &found) in [at, ct, st].concat().iter().enumerate() {
                let along = |t: f64| {
                    let alpha: Vec<f64> = (0..3).map(|k| ALPHA[k] + t * TANGENT.0[k]).collect();
                    let scale: Vec<f64> = (0..2).map(|k| SCALE[k] + t * TANGENT.1[k]).collect();
                    gradient(code, &alpha, &scale, 0.8 - 0.35 * t)[i]
                };
                assert_close(first[i], along(0.0), 1e-14);
                assert_close(found, difference(along, 0.0, 1e-3), 1e-8);
            }
        }
    }

    #[test]
    fn cell_derivatives_match_closed_forms_and_differences() {
        let x = [12.0, -1.5, 0.9, 1.1, 0.7];
        let direction = [0.4, 1.2, -0.3, 0.2, 0.6];
        let mut d = [0.0; 5];
        assert_close(cell_rate_vjp(&x, &mut d, 2.0), 10.5 * 0.9 * 1.1 * 0.7, 1e-15);
        assert_close(d[0], 2.0 * 0.9 * 1.1 * 0.7, 1e-15);
        assert_eq!(d[0], d[1]);
        assert_close(d[3], 2.0 * 10.5 * 0.9 * 0.7, 1e-15);
        let (mut again, mut tangent) = ([0.0; 5], [0.0; 5]);
        cell_rate_vjp_tangent((&x, &direction), (&mut again, &mut tangent), (2.0, 0.5));
        assert_eq!(again, d);
        for i in 0..5 {
            let along = |t: f64| {
                let moved: Vec<f64> = x.iter().zip(direction).map(|(x, d)| x + t * d).collect();
                let mut d = [0.0; 5];
                cell_rate_vjp(&moved, &mut d, 2.0 + 0.5 * t);
                d[i]
            };
            assert_close(tangent[i], difference(along, 0.0, 1e-3), 1e-9);
        }
    }

    #[test]
    fn a_factor_of_zero_keeps_exact_derivatives() {
        let mut d = [0.0; 4];
        assert_eq!(cell_rate_vjp(&[5.0, 1.0, 0.0, 2.0], &mut d, 1.0), 0.0);
        assert_eq!(d, [0.0, 0.0, 12.0, 0.0]);
    }
}
