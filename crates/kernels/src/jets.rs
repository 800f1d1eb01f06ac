//! Third derivatives of what rates and their likelihood are made of, by way of jets.
//!
//! The jet `(c0, c1, c2)` of `g` along `x` is `g(theta + eps x) = c0 + c1 eps + c2 eps^2 + ...`:
//! the second derivative along `x` is `2 c2`. A reverse sweep over jets gives derivatives of second
//! derivatives, which are third ones, without nesting three sweeps. Here are the adjoints of the
//! interpolations' jets and the second derivative of a Poisson term; products of jets are those of
//! [`Series`](super::likelihood::Series).
//!
//! Derivatives are with respect to `alpha`, coefficients, factors and counts; the direction is
//! fixed. Third derivatives jump where the second ones have a kink: at `abs(alpha)` = 1 that of the
//! inner side is given for `histosys`, that of the outer side for `normsys`; at `alpha` = 0 the
//! upper side for codes 0 and 1.
//!
//! Source: A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., section 13.

use std::autodiff::autodiff_reverse;

use super::coefficients::NORMSYS_COEFFICIENTS;
use super::density::NO_COUNT;
use super::interpolation::{HistosysCode, NormsysCode, normsys_factor_jet_inline};

/// Numbers in a jet.
pub const JET: usize = 3;

/// Coefficients of a Taylor series, order 0 to 2.
pub type Jet = [f64; JET];

#[autodiff_reverse(d_weight, Const, Duplicated, Const, Duplicated)]
fn weight(code: u32, alpha: &[f64], x: f64, out: &mut [f64]) {
    let a = alpha[0];
    let (size, side) = if a < 0.0 { (-a, -1.0) } else { (a, 1.0) };
    let (value, slope, half_bend) = if code == HistosysCode::Code0 as u32 {
        (size, side, 0.0)
    } else if code == HistosysCode::Code2 as u32 {
        if size > 1.0 { (2.0 * size - 1.0, 2.0 * side, 0.0) } else { (a * a, 2.0 * a, 1.0) }
    } else if size > 1.0 {
        (size, side, 0.0)
    } else {
        let square = a * a;
        (
            0.125 * square * (15.0 - square * (10.0 - 3.0 * square)),
            0.25 * a * (15.0 - square * (20.0 - 9.0 * square)),
            0.125 * (15.0 - square * (60.0 - 45.0 * square)),
        )
    };
    out[0] = value;
    out[1] = slope * x;
    out[2] = half_bend * x * x;
}

/// The derivative with respect to `alpha` of the jet of
/// [`histosys_weight`](super::interpolation::histosys_weight) along `x`, for the jet's adjoint
/// `seed`.
pub fn histosys_weight_jet_vjp(code: HistosysCode, alpha: f64, x: f64, seed: Jet) -> f64 {
    let (mut slope, mut out, mut seed) = ([0.0], [0.0; JET], seed);
    d_weight(code as u32, &[alpha], &mut slope, x, &mut out, &mut seed);
    slope[0]
}

#[autodiff_reverse(d_norm, Const, Duplicated, Duplicated, Const, Duplicated)]
fn norm(exponential_from: f64, alpha: &[f64], c: &[f64], x: f64, out: &mut [f64]) {
    let (value, slope, half_bend) = normsys_factor_jet_inline(exponential_from, alpha[0], c);
    out[0] = value;
    out[1] = slope * x;
    out[2] = half_bend * x * x;
}

/// Adjoint of the jet of [`normsys_factor`](super::interpolation::normsys_factor) along `x`: gives
/// the derivative with respect to `alpha`, adds those with respect to the coefficients into
/// `d_coefficients`. Both lists have [`NORMSYS_COEFFICIENTS`] entries.
pub fn normsys_factor_jet_vjp(
    code: NormsysCode,
    alpha: f64,
    (coefficients, d_coefficients): (&[f64], &mut [f64]),
    x: f64,
    seed: Jet,
) -> f64 {
    assert_eq!(coefficients.len(), NORMSYS_COEFFICIENTS);
    assert_eq!(d_coefficients.len(), NORMSYS_COEFFICIENTS);
    let (mut slope, mut out, mut seed) = ([0.0], [0.0; JET], seed);
    let from = code.exponential_from();
    d_norm(from, &[alpha], &mut slope, coefficients, d_coefficients, x, &mut out, &mut seed);
    slope[0]
}

/// The third derivative of [`normsys_factor`](super::interpolation::normsys_factor) at `alpha`.
pub fn normsys_factor_third_derivative(code: NormsysCode, alpha: f64, coefficients: &[f64]) -> f64 {
    let mut ignored = [0.0; NORMSYS_COEFFICIENTS];
    // The last term of the jet is half the second derivative.
    let seed = [0.0, 0.0, 2.0];
    normsys_factor_jet_vjp(code, alpha, (coefficients, &mut ignored), 1.0, seed)
}

/// The third derivative of [`histosys_weight`](super::interpolation::histosys_weight) at `alpha`.
pub fn histosys_weight_third_derivative(code: HistosysCode, alpha: f64) -> f64 {
    histosys_weight_jet_vjp(code, alpha, 1.0, [0.0, 0.0, 2.0])
}

#[autodiff_reverse(d_poisson, Duplicated, Duplicated)]
fn poisson(x: &[f64], out: &mut [f64]) {
    let (n, r) = (x[0], x[1]);
    let ratio = x[2] / r;
    out[0] = n * ratio * ratio + 2.0 * x[3] * ((r - n) / r);
}

/// The second derivative of a Poisson term of -ln L along a direction, with its own derivatives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoissonBend {
    /// `n c1^2 / r^2 + 2 (1 - n / r) c2`.
    pub value: f64,
    /// With respect to the count: that of the upper side at 0, and 0 where the rate is 0 too.
    pub by_count: f64,
    /// With respect to the rate's jet.
    pub by_rate: Jet,
}

/// The second derivative of [`poisson_term`](super::density::poisson_term) of count `n` along a
/// direction that gives the rate the jet `rate = (r, c1, c2)`.
pub fn poisson_jet_bend(n: f64, rate: Jet) -> PoissonBend {
    let [r, c1, c2] = rate;
    if n < NO_COUNT {
        // The term is the rate; one of 0 does not move.
        let by_count = if r > 0.0 { (c1 / r) * (c1 / r) - 2.0 * c2 / r } else { 0.0 };
        return PoissonBend { value: 2.0 * c2, by_count, by_rate: [0.0, 0.0, 2.0] };
    }
    let (mut d, mut value) = ([0.0; 4], [0.0]);
    d_poisson(&[n, r, c1, c2], &mut d, &mut value, &mut [1.0]);
    PoissonBend { value: value[0], by_count: d[0], by_rate: [d[1], d[2], d[3]] }
}

#[cfg(test)]
mod tests {
    use super::super::coefficients::normsys_coefficients;
    use super::super::density::poisson_slopes;
    use super::super::interpolation::{
        histosys_weight, histosys_weight_curvature, normsys_factor, normsys_factor_curvature,
    };
    use super::*;
    use diffhep_testing::{assert_close, difference};

    const POINTS: [f64; 9] = [-2.3, -1.2, -0.83, -0.31, 0.12, 0.27, 0.74, 1.4, 3.1];
    const X: f64 = -0.7;
    const SEED: Jet = [0.4, -1.3, 0.9];

    fn seeded(jet: Jet) -> f64 {
        jet.iter().zip(SEED).map(|(c, seed)| c * seed).sum()
    }

    fn histosys_weight_jet(code: HistosysCode, alpha: f64, x: f64) -> Jet {
        let mut out = [0.0; JET];
        weight(code as u32, &[alpha], x, &mut out);
        out
    }

    fn normsys_factor_jet(code: NormsysCode, alpha: f64, coefficients: &[f64], x: f64) -> Jet {
        let mut out = [0.0; JET];
        norm(code.exponential_from(), &[alpha], coefficients, x, &mut out);
        out
    }

    #[test]
    fn weights_are_the_series_of_the_weight() {
        for (_, code) in HistosysCode::TABLE {
            for alpha in POINTS.into_iter().chain([-1.0, 0.0, 1.0]) {
                let [value, first, second] = histosys_weight_jet(code, alpha, X);
                let (slope, curvature) = histosys_weight_curvature(code, alpha);
                assert_close(value, histosys_weight(code, alpha), 1e-14);
                assert_close(first, slope * X, 1e-14);
                assert_close(second, 0.5 * curvature * X * X, 1e-13);
            }
        }
    }

    #[test]
    fn weight_adjoints_match_differences_and_name_their_side_of_a_jump() {
        for (_, code) in HistosysCode::TABLE {
            for alpha in POINTS {
                let found = histosys_weight_jet_vjp(code, alpha, X, SEED);
                let value = |alpha: f64| seeded(histosys_weight_jet(code, alpha, X));
                assert_close(found, difference(value, alpha, 1e-3), 1e-8);
            }
        }
        let third = histosys_weight_third_derivative;
        // The polynomial's third derivative is 15 at 1 and -15 at -1; beyond, the weight is linear.
        for side in [-1.0, 1.0] {
            assert_close(third(HistosysCode::Code4p, side), 15.0 * side, 1e-13);
            assert_eq!(third(HistosysCode::Code4p, 1.0001 * side), 0.0);
            assert_eq!(third(HistosysCode::Code2, side), 0.0);
        }
        assert_eq!(third(HistosysCode::Code4p, 0.0), 0.0);
        let first = |code, alpha| histosys_weight_jet_vjp(code, alpha, X, [1.0, 0.0, 0.0]);
        assert_eq!(first(HistosysCode::Code0, 0.0), 1.0);
        assert_eq!(first(HistosysCode::Code0, -0.0001), -1.0);
    }

    #[test]
    fn normsys_jets_are_the_series_of_the_factor() {
        let c = normsys_coefficients(0.83, 1.31);
        for (_, code) in NormsysCode::TABLE {
            for alpha in POINTS.into_iter().chain([-1.0, 0.0, 1.0]) {
                let [value, first, second] = normsys_factor_jet(code, alpha, &c, X);
                let (_, slope, curvature) = normsys_factor_curvature(code, alpha, &c);
                assert_close(value, normsys_factor(code, alpha, &c), 1e-14);
                assert_close(first, slope * X, 1e-13);
                assert_close(second, 0.5 * curvature * X * X, 1e-13);
            }
        }
    }

    #[test]
    fn normsys_adjoints_match_differences_and_name_their_side_of_a_jump() {
        let c = normsys_coefficients(0.83, 1.31);
        for (_, code) in NormsysCode::TABLE {
            for alpha in POINTS {
                let mut by_c = [0.0; NORMSYS_COEFFICIENTS];
                let by_alpha = normsys_factor_jet_vjp(code, alpha, (&c, &mut by_c), X, SEED);
                let value = |alpha: f64| seeded(normsys_factor_jet(code, alpha, &c, X));
                assert_close(by_alpha, difference(value, alpha, 1e-3), 1e-8);
                for (i, found) in by_c.into_iter().enumerate() {
                    let value = |x: f64| {
                        let mut moved = c;
                        moved[i] = x;
                        seeded(normsys_factor_jet(code, alpha, &moved, X))
                    };
                    assert_close(found, difference(value, c[i], 1e-3), 1e-8);
                }
            }
        }
        let third = |code, alpha| normsys_factor_third_derivative(code, alpha, &c);
        let (hi, lo) = (1.31_f64.ln(), -0.83_f64.ln());
        assert_close(third(NormsysCode::Code4, 1.0), 1.31 * hi.powi(3), 1e-13);
        assert_close(third(NormsysCode::Code4, -1.0), 0.83 * lo.powi(3), 1e-13);
        assert_close(third(NormsysCode::Code4, 0.0), 6.0 * c[2], 1e-13);
        assert_close(third(NormsysCode::Code1, 0.0), hi.powi(3), 1e-13);
        assert_close(third(NormsysCode::Code1, -1e-9), lo.powi(3), 1e-8);
    }

    #[test]
    fn poisson_bends_match_their_closed_form_and_differences() {
        let (n, r, c1, c2) = (12.5, 9.8, 1.3, -0.4);
        let found = poisson_jet_bend(n, [r, c1, c2]);
        // Of the slope in the rate along the series.
        let slope = |t: f64| {
            let rate = r + t * (c1 + t * c2);
            poisson_slopes(n, rate).1 * (c1 + 2.0 * t * c2)
        };
        assert_close(found.value, difference(slope, 0.0, 1e-2), 1e-9);
        assert_close(found.by_count, c1 * c1 / (r * r) - 2.0 * c2 / r, 1e-13);
        let by_r = -2.0 * n / r.powi(3) * c1 * c1 + 2.0 * n / (r * r) * c2;
        let closed = [by_r, 2.0 * n / (r * r) * c1, 2.0 * (1.0 - n / r)];
        for (found, closed) in found.by_rate.into_iter().zip(closed) {
            assert_close(found, closed, 1e-13);
        }
    }

    #[test]
    fn a_count_of_zero_bends_as_the_rate_itself() {
        let found = poisson_jet_bend(0.0, [2.5, 0.5, 0.3]);
        let above = poisson_jet_bend(1e-9, [2.5, 0.5, 0.3]);
        assert_eq!((found.value, found.by_rate), (0.6, [0.0, 0.0, 2.0]));
        assert_close(found.value, above.value, 1e-8);
        assert_close(found.by_count, above.by_count, 1e-12);
        let still = poisson_jet_bend(0.0, [0.0, 0.0, 0.0]);
        assert_eq!((still.value, still.by_count, still.by_rate), (0.0, 0.0, [0.0, 0.0, 2.0]));
    }
}
