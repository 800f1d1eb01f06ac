//! Negative log-densities of a HistFactory likelihood's terms.
//!
//! Each function returns one term of -ln L, fully normalised, from scalars:
//!
//! - Poisson: `r - n ln r + ln Gamma(n + 1)`, with `0 ln 0 = 0`, written as the deviance from the
//!   saturated value, `(r - n) - n ln(r / n)`, plus what depends on `n` alone: counts of 1e12,
//!   which the auxiliary data of a small uncertainty are, would leave nothing of the difference of
//!   two fits;
//! - Normal: `((x - mean) / width)^2 / 2 + ln(width) + ln(2 pi) / 2`.
//!
//! The `_slopes` functions give the first derivatives, the `_bend` functions the change of those
//! along a direction (forward over reverse). ln Gamma depends on data alone; it and its derivative
//! come from statrs and are added outside what Enzyme differentiates. The `_information` functions
//! give the expected second derivative in a constraint's parameter: `1 / width^2` of a Normal one,
//! `tau / gamma` of a Poisson one with rate `tau gamma`.
//!
//! Source: HistFactory, CERN-OPEN-2012-016, equation 2; pyhf 0.7 for the conventions.

use std::autodiff::{autodiff_forward, autodiff_reverse};

use statrs::function::gamma::{digamma, ln_gamma};

/// Relative distance from the count below which a rate is near, and ln(1 + u) exact.
const NEAR: f64 = 0.5;

/// Counts below this are taken as 0; the inverse of this is still a number.
pub(super) const NO_COUNT: f64 = 1e-200;

#[autodiff_reverse(d_poisson, Duplicated, Duplicated)]
fn poisson(x: &[f64], out: &mut [f64]) {
    let (n, r) = (x[0], x[1]);
    let u = (r - n) / n;
    out[0] = if u.abs() < NEAR { n * (u - u.ln_1p()) } else { (r - n) - n * (r.ln() - n.ln()) };
}

#[autodiff_forward(dd_poisson, Dual, Dual, Dual, Dual)]
fn poisson_gradient(x: &[f64], d_x: &mut [f64], out: &mut [f64], d_out: &mut [f64]) {
    d_poisson(x, d_x, out, d_out);
}

/// -ln of the Poisson probability of count `n` (not negative, need not be whole) at rate `r`.
pub fn poisson_term(n: f64, r: f64) -> f64 {
    if n < NO_COUNT {
        return r;
    }
    let mut value = [0.0];
    poisson(&[n, r], &mut value);
    value[0] + (ln_gamma(n + 1.0) + n - n * n.ln())
}

/// Derivatives of [`poisson_term`] with respect to `n` and `r`.
///
/// At `n` = 0 the first is that of the side `n` > 0, infinite where `r` = 0 too.
pub fn poisson_slopes(n: f64, r: f64) -> (f64, f64) {
    // Apart: at n = 0 the compiler may evaluate ln r nevertheless, whose slope is infinite at r =
    // 0.
    if n < NO_COUNT {
        return (digamma(1.0) - r.ln(), 1.0);
    }
    let (mut d, mut value) = ([0.0; 2], [0.0]);
    d_poisson(&[n, r], &mut d, &mut value, &mut [1.0]);
    (d[0] + digamma(n + 1.0) - n.ln(), d[1])
}

/// The derivative of [`poisson_term`] with respect to the rate.
pub fn poisson_rate_slope(n: f64, r: f64) -> f64 {
    if n < NO_COUNT {
        return 1.0;
    }
    let (mut d, mut value) = ([0.0; 2], [0.0]);
    d_poisson(&[n, r], &mut d, &mut value, &mut [1.0]);
    d[1]
}

/// Change of [`poisson_slopes`] per unit step along `(0, r_tangent)`.
pub fn poisson_bend(n: f64, r: f64, r_tangent: f64) -> (f64, f64) {
    if n < NO_COUNT {
        return (-r_tangent / r, 0.0);
    }
    let (mut d, mut change) = ([0.0; 2], [0.0; 2]);
    let (x, tangent) = ([n, r], [0.0, r_tangent]);
    let (out, out_tangent) = (&mut [0.0], &mut [0.0]);
    dd_poisson(&x, &tangent, &mut d, &mut change, out, out_tangent, &mut [1.0], &mut [0.0]);
    (change[0], change[1])
}

#[autodiff_reverse(d_normal, Duplicated, Duplicated)]
fn normal(x: &[f64], out: &mut [f64]) {
    let pull = (x[0] - x[1]) / x[2];
    out[0] = 0.5 * pull * pull + x[2].ln() + 0.5 * (2.0 * std::f64::consts::PI).ln();
}

#[autodiff_forward(dd_normal, Dual, Dual, Dual, Dual)]
fn normal_gradient(x: &[f64], d_x: &mut [f64], out: &mut [f64], d_out: &mut [f64]) {
    d_normal(x, d_x, out, d_out);
}

/// -ln of the Normal density of auxiliary datum `x` with `mean` and `width` (above 0).
pub fn normal_term(x: f64, mean: f64, width: f64) -> f64 {
    let mut value = [0.0];
    normal(&[x, mean, width], &mut value);
    value[0]
}

/// Derivatives of [`normal_term`] with respect to `x`, `mean` and `width`.
pub fn normal_slopes(x: f64, mean: f64, width: f64) -> [f64; 3] {
    let (mut d, mut value) = ([0.0; 3], [0.0]);
    d_normal(&[x, mean, width], &mut d, &mut value, &mut [1.0]);
    d
}

/// Change of [`normal_slopes`] per unit step along `(0, mean_tangent, 0)`.
pub fn normal_bend(x: f64, mean: f64, width: f64, mean_tangent: f64) -> [f64; 3] {
    let (mut d, mut change) = ([0.0; 3], [0.0; 3]);
    let (x, tangent) = ([x, mean, width], [0.0, mean_tangent, 0.0]);
    let (out, out_tangent) = (&mut [0.0], &mut [0.0]);
    dd_normal(&x, &tangent, &mut d, &mut change, out, out_tangent, &mut [1.0], &mut [0.0]);
    change
}

#[autodiff_reverse(d_inverse_square, Duplicated, Duplicated)]
fn inverse_square(x: &[f64], out: &mut [f64]) {
    out[0] = 1.0 / (x[0] * x[0]);
}

/// Information of a Normal constraint of this `width` on its mean, and its derivative in `width`.
pub fn normal_information(width: f64) -> (f64, f64) {
    let (mut d, mut value) = ([0.0], [0.0]);
    d_inverse_square(&[width], &mut d, &mut value, &mut [1.0]);
    (value[0], d[0])
}

#[autodiff_reverse(d_quotient, Duplicated, Duplicated)]
fn quotient(x: &[f64], out: &mut [f64]) {
    out[0] = x[0] / x[1];
}

/// Information of a Poisson constraint with rate `tau gamma` on `gamma`, averaged over counts, and
/// its derivatives in `tau` and `gamma`.
pub fn poisson_information(tau: f64, gamma: f64) -> (f64, [f64; 2]) {
    let (mut d, mut value) = ([0.0; 2], [0.0]);
    d_quotient(&[tau, gamma], &mut d, &mut value, &mut [1.0]);
    (value[0], d)
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep_testing::{assert_close, difference};

    const COUNTS: [(f64, f64); 6] =
        [(4.0, 5.3), (12.5, 9.8), (0.3, 0.02), (1e4, 9.8e3), (4.0, 6.1), (1e-3, 90.0)];

    #[test]
    fn poisson_matches_scipy() {
        // -scipy.stats.poisson.logpmf(n, r), scipy 1.17.
        for (n, r, expected) in
            [(4.0, 5.3, 1.8072265481156413), (0.0, 2.5, 2.5), (120.0, 100.0, 5.191965662707162)]
        {
            assert_close(poisson_term(n, r), expected, 1e-13);
        }
        assert_close(poisson_term(0.0, 0.0), 0.0, 1e-12);
    }

    #[test]
    fn poisson_derivatives_match_differences_and_closed_forms() {
        for (n, r) in COUNTS {
            let (by_n, by_r) = poisson_slopes(n, r);
            assert_close(by_n, difference(|x| poisson_term(x, r), n, n * 1e-3), 1e-6);
            assert_close(by_r, difference(|x| poisson_term(n, x), r, r * 1e-3), 1e-6);
            assert_close(by_r, 1.0 - n / r, 1e-13);
            assert_eq!(poisson_rate_slope(n, r), by_r);
            let (bend_n, bend_r) = poisson_bend(n, r, 0.7);
            assert_close(bend_n, -0.7 / r, 1e-13);
            assert_close(bend_r, 0.7 * n / (r * r), 1e-13);
        }
    }

    #[test]
    fn differences_of_large_counts_keep_their_digits() {
        let (n, saturated) = (1e12, poisson_term(1e12, 1e12));
        for step in [1.0, 1e5, -3e6] {
            // (r - n)^2 / 2n and the next term, (r - n)^3 / 3n^2.
            let expected = step * step / (2.0 * n) * (1.0 - 2.0 * step / (3.0 * n));
            let found = poisson_term(n, n + step) - saturated;
            let rounding = 1e-15 * (10.0 * saturated + f64::abs(step));
            assert!((found - expected).abs() < rounding, "{found}, expected {expected}");
        }
    }

    #[test]
    fn a_count_of_zero_has_the_derivative_of_its_upper_side() {
        let (by_n, by_r) = poisson_slopes(0.0, 2.5);
        let above = (poisson_term(1e-6, 2.5) - poisson_term(0.0, 2.5)) / 1e-6;
        assert_close(by_n, above, 1e-5);
        assert_eq!((by_r, poisson_rate_slope(0.0, 2.5)), (1.0, 1.0));
        assert_eq!(poisson_bend(0.0, 2.5, 0.5), (-0.2, 0.0));
        assert_eq!(poisson_slopes(0.0, 0.0), (f64::INFINITY, 1.0));
        assert_eq!(poisson_bend(0.0, 0.0, 0.5).1, 0.0);
    }

    #[test]
    fn normal_derivatives_match_differences() {
        let point = [0.4, -0.3, 1.7];
        // -scipy.stats.norm.logpdf(0.4, -0.3, 1.7), scipy 1.17.
        assert_close(normal_term(0.4, -0.3, 1.7), 1.5343418707720335, 1e-14);
        let slopes = normal_slopes(0.4, -0.3, 1.7);
        let bend = normal_bend(0.4, -0.3, 1.7, 0.6);
        for i in 0..3 {
            let at = |value: f64| {
                let mut p = point;
                p[i] = value;
                normal_term(p[0], p[1], p[2])
            };
            assert_close(slopes[i], difference(at, point[i], 1e-3), 1e-9);
            let along = |t: f64| normal_slopes(0.4, -0.3 + 0.6 * t, 1.7)[i];
            assert_close(bend[i], difference(along, 0.0, 1e-3), 1e-9);
        }
    }

    #[test]
    fn information_and_its_derivatives_match_closed_forms_and_bends() {
        let (value, slope) = normal_information(1.7);
        // The change of the slope in the mean is the information, wherever the datum lies.
        assert_close(value, normal_bend(0.4, -0.3, 1.7, 1.0)[1], 1e-14);
        assert_close(slope, -2.0 / 1.7f64.powi(3), 1e-14);
        let (value, [by_tau, by_gamma]) = poisson_information(23.0, 1.3);
        // At the expected count, with the rate's own slope `tau` on both sides.
        assert_close(value, 23.0 * poisson_bend(23.0 * 1.3, 23.0 * 1.3, 23.0).1, 1e-13);
        assert_close(by_tau, 1.0 / 1.3, 1e-14);
        assert_close(by_gamma, -23.0 / (1.3 * 1.3), 1e-14);
    }
}
