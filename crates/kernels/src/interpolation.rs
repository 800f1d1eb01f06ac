//! Interpolation between the -1, 0 and +1 sigma variations of a nuisance parameter.
//!
//! Enters: `alpha` and what [`coefficients`](super::coefficients) made of the templates.
//! Leaves: for `histosys` the weight `w` of the additive shift `alpha s + w(alpha) a` with
//! `s = (hi - lo)/2` and `a = (hi + lo)/2 - nominal`; for `normsys` the factor itself.
//!
//! | code | inside | outside |
//! |---|---|---|
//! | histosys 0 | `w = abs(alpha)` | same |
//! | histosys 2 | `w = alpha^2` | `2 abs(alpha) - 1` |
//! | histosys 4p | `w = alpha^2 (15 - 10 alpha^2 + 3 alpha^4) / 8` | `abs(alpha)` |
//! | normsys 1 | | `hi^alpha`, `lo^-alpha` |
//! | normsys 4 | polynomial of degree 6 for `abs(alpha) < 1` | as code 1 |
//!
//! Source: HistFactory, CERN-OPEN-2012-016, section 4.1; pyhf's names of the codes. Codes 0 and 1
//! have a kink at `alpha` = 0, where the derivative of the upper side is given.

use std::autodiff::{autodiff_forward, autodiff_reverse};
use std::str::FromStr;

use super::coefficients::NORMSYS_COEFFICIENTS;

/// How a `histosys` shift depends on its parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistosysCode {
    /// Piecewise linear.
    Code0,
    /// Quadratic inside, linear outside.
    Code2,
    /// Polynomial of degree 6 inside, linear outside: pyhf's default.
    #[default]
    Code4p,
}

/// How a `normsys` factor depends on its parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NormsysCode {
    /// Piecewise exponential.
    Code1,
    /// Polynomial of degree 6 inside, exponential outside: pyhf's default.
    #[default]
    Code4,
}

impl HistosysCode {
    /// Every code, with pyhf's name for it.
    pub const TABLE: [(&'static str, Self); 3] =
        [("code0", Self::Code0), ("code2", Self::Code2), ("code4p", Self::Code4p)];
}

impl NormsysCode {
    /// Every code, with pyhf's name for it.
    pub const TABLE: [(&'static str, Self); 2] = [("code1", Self::Code1), ("code4", Self::Code4)];

    /// The `abs(alpha)` beyond which the factor is exponential.
    pub fn exponential_from(self) -> f64 {
        match self {
            Self::Code1 => 0.0,
            Self::Code4 => 1.0,
        }
    }
}

/// A name that a family does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown interpolation code '{found}'; choose one of {choices}")]
pub struct UnknownCode {
    /// The requested name.
    pub found: String,
    /// The family's names, separated by commas.
    pub choices: String,
}

fn look_up<T: Copy>(table: &[(&str, T)], name: &str) -> Result<T, UnknownCode> {
    let choices = || table.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    table
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, code)| *code)
        .ok_or_else(|| UnknownCode { found: name.to_owned(), choices: choices() })
}

impl FromStr for HistosysCode {
    type Err = UnknownCode;
    fn from_str(name: &str) -> Result<Self, UnknownCode> {
        look_up(&Self::TABLE, name)
    }
}

impl FromStr for NormsysCode {
    type Err = UnknownCode;
    fn from_str(name: &str) -> Result<Self, UnknownCode> {
        look_up(&Self::TABLE, name)
    }
}

/// The interpolation codes of a model; the default is pyhf's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interpolation {
    /// For every `normsys` modifier.
    pub normsys: NormsysCode,
    /// For every `histosys` modifier.
    pub histosys: HistosysCode,
}

#[autodiff_reverse(d_weight, Const, Duplicated, Duplicated)]
fn weight(code: u32, x: &[f64], out: &mut [f64]) {
    let alpha = x[0];
    let size = if alpha < 0.0 { -alpha } else { alpha };
    out[0] = if code == HistosysCode::Code0 as u32 {
        size
    } else if code == HistosysCode::Code2 as u32 {
        if size > 1.0 { 2.0 * size - 1.0 } else { alpha * alpha }
    } else if size > 1.0 {
        size
    } else {
        let square = alpha * alpha;
        0.125 * square * (15.0 - square * (10.0 - 3.0 * square))
    };
}

#[autodiff_forward(dd_weight, Const, Dual, Dual, Dual, Dual)]
fn weight_gradient(code: u32, x: &[f64], d_x: &mut [f64], out: &mut [f64], d_out: &mut [f64]) {
    d_weight(code, x, d_x, out, d_out);
}

/// The weight `w(alpha)` of a shift's curvature, dimensionless.
pub fn histosys_weight(code: HistosysCode, alpha: f64) -> f64 {
    let mut value = [0.0];
    weight(code as u32, &[alpha], &mut value);
    value[0]
}

/// `w` and `dw/dalpha`.
pub fn histosys_weight_slope(code: HistosysCode, alpha: f64) -> (f64, f64) {
    let (mut slope, mut value) = ([0.0], [0.0]);
    d_weight(code as u32, &[alpha], &mut slope, &mut value, &mut [1.0]);
    (value[0], slope[0])
}

/// `dw/dalpha` and `d2w/dalpha2`.
pub fn histosys_weight_curvature(code: HistosysCode, alpha: f64) -> (f64, f64) {
    let (mut slope, mut curvature, mut value, mut value_tangent) = ([0.0], [0.0], [0.0], [0.0]);
    dd_weight(
        code as u32,
        &[alpha],
        &[1.0],
        &mut slope,
        &mut curvature,
        &mut value,
        &mut value_tangent,
        &mut [1.0],
        &mut [0.0],
    );
    (slope[0], curvature[0])
}

/// One `normsys` factor: `c` holds the six polynomial coefficients, ln hi and ln lo.
#[inline(always)]
pub(super) fn normsys_factor_inline(exponential_from: f64, alpha: f64, c: &[f64]) -> f64 {
    if alpha >= exponential_from {
        (alpha * c[6]).exp()
    } else if alpha <= -exponential_from {
        (-alpha * c[7]).exp()
    } else {
        let polynomial =
            c[0] + alpha * (c[1] + alpha * (c[2] + alpha * (c[3] + alpha * (c[4] + alpha * c[5]))));
        1.0 + alpha * polynomial
    }
}

/// The factor of one `normsys` modifier at `alpha`.
///
/// `coefficients` has [`NORMSYS_COEFFICIENTS`] entries.
pub fn normsys_factor(code: NormsysCode, alpha: f64, coefficients: &[f64]) -> f64 {
    assert_eq!(coefficients.len(), NORMSYS_COEFFICIENTS);
    normsys_factor_inline(code.exponential_from(), alpha, coefficients)
}

#[autodiff_reverse(d_norm_coefficients, Const, Const, Duplicated, Duplicated)]
fn norm_coefficients(exponential_from: f64, alpha: f64, coefficients: &[f64], out: &mut [f64]) {
    out[0] = normsys_factor_inline(exponential_from, alpha, coefficients);
}

/// Adds the derivatives of [`normsys_factor`] with respect to its coefficients, times `seed`, to
/// `out`; both lists have [`NORMSYS_COEFFICIENTS`] entries.
pub fn add_normsys_factor_vjp(
    code: NormsysCode,
    alpha: f64,
    coefficients: &[f64],
    seed: f64,
    out: &mut [f64],
) {
    assert_eq!(coefficients.len(), NORMSYS_COEFFICIENTS);
    assert_eq!(out.len(), NORMSYS_COEFFICIENTS);
    let from = code.exponential_from();
    d_norm_coefficients(from, alpha, coefficients, out, &mut [0.0], &mut [seed]);
}

/// The factor of one `normsys` modifier with its first and half its second derivative in `alpha`:
/// Horner's scheme on the jet of the polynomial. Written out, because every linearisation needs it
/// for every factor.
#[inline(always)]
pub(super) fn normsys_factor_jet_inline(
    exponential_from: f64,
    alpha: f64,
    c: &[f64],
) -> (f64, f64, f64) {
    if alpha >= exponential_from {
        let factor = (alpha * c[6]).exp();
        (factor, c[6] * factor, 0.5 * c[6] * c[6] * factor)
    } else if alpha <= -exponential_from {
        let factor = (-alpha * c[7]).exp();
        (factor, -c[7] * factor, 0.5 * c[7] * c[7] * factor)
    } else {
        let (mut p0, mut p1, mut p2) = (c[5], 0.0, 0.0);
        for k in (0..5).rev() {
            p2 = p2 * alpha + p1;
            p1 = p1 * alpha + p0;
            p0 = p0 * alpha + c[k];
        }
        (1.0 + alpha * p0, alpha * p1 + p0, alpha * p2 + p1)
    }
}

/// The factor of one `normsys` modifier with its first and second derivative in `alpha`.
pub fn normsys_factor_curvature(
    code: NormsysCode,
    alpha: f64,
    coefficients: &[f64],
) -> (f64, f64, f64) {
    assert_eq!(coefficients.len(), NORMSYS_COEFFICIENTS);
    let from = code.exponential_from();
    let (value, slope, half_bend) = normsys_factor_jet_inline(from, alpha, coefficients);
    (value, slope, 2.0 * half_bend)
}

#[cfg(test)]
mod tests {
    use super::super::coefficients::normsys_coefficients;
    use super::*;
    use diffhep_testing::{assert_close, difference};

    const POINTS: [f64; 8] = [-2.3, -1.2, -0.83, -0.31, 0.27, 0.74, 1.4, 3.1];

    #[test]
    fn weights_reproduce_the_variations_at_one_sigma() {
        for (name, code) in HistosysCode::TABLE {
            for alpha in [-1.0, 1.0] {
                assert_close(histosys_weight(code, alpha), 1.0, 1e-15);
            }
            assert_eq!(histosys_weight(code, 0.0), 0.0, "{name}");
        }
    }

    #[test]
    fn weight_derivatives_match_differences() {
        for (_, code) in HistosysCode::TABLE {
            for alpha in POINTS {
                let (value, slope) = histosys_weight_slope(code, alpha);
                let (slope_again, curvature) = histosys_weight_curvature(code, alpha);
                assert_eq!(value, histosys_weight(code, alpha));
                assert_eq!(slope, slope_again);
                assert_close(slope, difference(|x| histosys_weight(code, x), alpha, 1e-3), 1e-9);
                let numeric = difference(|x| histosys_weight_slope(code, x).1, alpha, 1e-3);
                assert_close(curvature, numeric, 1e-8);
            }
        }
    }

    #[test]
    fn normsys_derivatives_match_differences() {
        let coefficients = normsys_coefficients(0.83, 1.31);
        for (_, code) in NormsysCode::TABLE {
            for alpha in POINTS {
                let (value, slope, curvature) =
                    normsys_factor_curvature(code, alpha, &coefficients);
                let factor = |x| normsys_factor(code, x, &coefficients);
                let slope_at = |x| normsys_factor_curvature(code, x, &coefficients).1;
                assert_close(value, factor(alpha), 1e-15);
                assert_close(slope, difference(factor, alpha, 1e-3), 1e-9);
                assert_close(curvature, difference(slope_at, alpha, 1e-3), 1e-8);
            }
        }
    }

    #[test]
    fn an_unknown_code_lists_the_known_ones() {
        let error = "code3".parse::<HistosysCode>().unwrap_err();
        assert!(error.to_string().contains("code0, code2, code4p"), "{error}");
        assert!("code0".parse::<NormsysCode>().is_err());
    }
}
