//! Asymptotic p-values of profile-likelihood test statistics.
//!
//! Enters: `u = sqrt(q)` of the data and `a = sqrt(q_A)` of the Asimov data, both not negative.
//! Leaves: ln p, so that values far below 1e-300 keep their derivatives.
//!
//! With `T = u - a`, or `(u^2 - a^2) / (2 a)` for q-tilde where `u > a`, and the upper tail
//! `tail(x) = Phi(-x)`:  `CL_sb = tail(T + a)`, `CL_b = tail(T)`, `CLs = CL_sb / CL_b`;
//! the expected value at `N` sigma puts `T = N`. Working in `u` keeps derivatives finite at 0.
//!
//! Source: arXiv:1007.1727, equations 57, 59, 65, 66 (and 89 for the bands); pyhf 0.7's order.

use std::autodiff::autodiff_reverse;

unsafe extern "C" {
    // The C library's function, because Enzyme knows its derivative.
    safe fn erfc(x: f64) -> f64;
}

/// Beyond this the tail is computed from its asymptotic series; both agree there to 1e-15.
const SERIES_FROM: f64 = 20.0;

/// Newton steps for a significance; 5 suffice from the starting point used here.
const MOST_NEWTON_STEPS: usize = 20;

#[inline(always)]
fn ln_tail_inline(x: f64) -> f64 {
    if x < SERIES_FROM {
        (0.5 * erfc(x * std::f64::consts::FRAC_1_SQRT_2)).ln()
    } else {
        let v = 1.0 / (x * x);
        let series =
            1.0 - v * (1.0 - v * (3.0 - v * (15.0 - v * (105.0 - v * (945.0 - v * 10395.0)))));
        -0.5 * x * x - x.ln() - 0.5 * (2.0 * std::f64::consts::PI).ln() + series.ln()
    }
}

#[autodiff_reverse(d_ln_tail, Active, Active)]
fn ln_tail_kernel(x: f64) -> f64 {
    ln_tail_inline(x)
}

#[autodiff_reverse(d_ln_cls, Active, Active, Active)]
fn ln_cls_kernel(t: f64, a: f64) -> f64 {
    ln_tail_inline(t + a) - ln_tail_inline(t)
}

#[autodiff_reverse(d_far_statistic, Active, Active, Active)]
fn far_statistic(u: f64, a: f64) -> f64 {
    (u * u - a * a) / (2.0 * a)
}

/// A function's value and its derivatives with respect to `u` and `a`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slopes {
    /// The function.
    pub value: f64,
    /// Its derivative with respect to `u = sqrt(q)`.
    pub by_u: f64,
    /// Its derivative with respect to `a = sqrt(q_A)`.
    pub by_a: f64,
}

/// ln of the upper tail of the standard Normal, ln Phi(-x), and its derivative.
pub fn ln_tail(x: f64) -> (f64, f64) {
    let (value, slope) = d_ln_tail(x, 1.0);
    (value, slope)
}

/// The upper tail of the standard Normal, Phi(-x).
pub fn tail(x: f64) -> f64 {
    ln_tail_kernel(x).exp()
}

/// Significance of a p-value given by its natural logarithm, `Phi^-1(1 - p)`, in standard
/// deviations; minus infinity for p = 1.
pub fn significance_of_p_value(ln_p: f64) -> f64 {
    if ln_p > -std::f64::consts::LN_2 {
        // Uses the other tail, where its logarithm is steep.
        return -significance_of_p_value((-ln_p.exp_m1()).ln());
    }
    if ln_p == f64::NEG_INFINITY {
        return f64::INFINITY;
    }
    // Newton's method: ln tail is concave, so from above the root each step stays above it.
    let mut z = (-2.0 * ln_p).sqrt();
    for _ in 0..MOST_NEWTON_STEPS {
        let (value, slope) = ln_tail(z);
        let step = (value - ln_p) / slope;
        z -= step;
        if step.abs() <= 1e-15 * z.abs().max(1.0) {
            break;
        }
    }
    z
}

/// Observed ln CLs from `u` and `a`; `tilde` selects q-tilde's statistic. `a` is above 0.
pub fn ln_cls_observed(tilde: bool, u: f64, a: f64) -> Slopes {
    if tilde && u > a {
        let (t, t_by_u, t_by_a) = d_far_statistic(u, a, 1.0);
        let (value, by_t, by_a) = d_ln_cls(t, a, 1.0);
        Slopes { value, by_u: by_t * t_by_u, by_a: by_a + by_t * t_by_a }
    } else {
        let (value, by_t, by_a) = d_ln_cls(u - a, a, 1.0);
        Slopes { value, by_u: by_t, by_a: by_a - by_t }
    }
}

/// Expected ln CLs where the statistic lies `n_sigma` below its median.
pub fn ln_cls_expected(n_sigma: f64, a: f64) -> Slopes {
    let (value, _, by_a) = d_ln_cls(n_sigma, a, 1.0);
    Slopes { value, by_u: 0.0, by_a }
}

/// Observed ln p of discovery, `ln tail(u)`.
pub fn ln_p0_observed(u: f64) -> Slopes {
    let (value, by_u) = ln_tail(u);
    Slopes { value, by_u, by_a: 0.0 }
}

/// Expected ln p of discovery, `ln tail(n_sigma + a)`.
pub fn ln_p0_expected(n_sigma: f64, a: f64) -> Slopes {
    let (value, by_a) = ln_tail(n_sigma + a);
    Slopes { value, by_u: 0.0, by_a }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep_testing::{assert_close, difference};

    #[test]
    fn ln_tail_matches_scipy_from_bulk_to_far_tail() {
        // scipy.stats.norm.logsf(x), scipy 1.17.
        for (x, expected) in [
            (-3.0, -0.0013508099647481925),
            (0.0, -std::f64::consts::LN_2),
            (1.3, -2.335103278662442),
            (5.0, -15.064998393988727),
            (19.9, -201.91716770733265),
            (20.1, -205.92711840194826),
            (37.5, -707.6689893175072),
            (60.0, -1805.0135606805675),
        ] {
            assert_close(ln_tail(x).0, expected, 1e-13);
        }
    }

    #[test]
    fn significances_match_scipy_and_turn_tails_round() {
        // scipy.stats.norm.isf(p), scipy 1.17.
        for (p, expected) in [
            (0.05f64, 1.6448536269514729),
            (0.5, 0.0),
            (0.9, -1.2815515655446004),
            (1e-300, 37.0470962993612),
        ] {
            assert_close(significance_of_p_value(p.ln()), expected, 1e-13);
        }
        for z in [-6.0, -0.3, 0.4, 3.0, 25.0, 200.0] {
            assert_close(significance_of_p_value(ln_tail(z).0), z, 1e-7);
        }
        assert_eq!(significance_of_p_value(0.0), f64::NEG_INFINITY);
        assert_eq!(significance_of_p_value(f64::NEG_INFINITY), f64::INFINITY);
    }

    #[test]
    fn ln_tail_derivative_is_minus_the_hazard() {
        for x in [-4.0, -0.3, 0.7, 3.2, 12.0, 19.5, 25.0] {
            assert_close(ln_tail(x).1, difference(|x| ln_tail(x).0, x, 1e-3), 1e-8);
            let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
            assert_close(ln_tail(x).1, -density / tail(x), 1e-11);
        }
    }

    #[test]
    fn cls_derivatives_match_differences_on_both_branches() {
        for tilde in [false, true] {
            for (u, a) in [(0.4, 1.3), (2.2, 1.3), (5.1, 0.7), (0.0, 1.1)] {
                let found = ln_cls_observed(tilde, u, a);
                let by_u = difference(|u| ln_cls_observed(tilde, u, a).value, u, 1e-3);
                let by_a = difference(|a| ln_cls_observed(tilde, u, a).value, a, 1e-3);
                assert_close(found.by_u, by_u, 1e-8);
                assert_close(found.by_a, by_a, 1e-8);
            }
        }
        for n in [-2.0, 0.0, 1.0] {
            let by_a = difference(|a| ln_cls_expected(n, a).value, 1.4, 1e-3);
            assert_close(ln_cls_expected(n, 1.4).by_a, by_a, 1e-8);
            let by_a = difference(|a| ln_p0_expected(n, a).value, 1.4, 1e-3);
            assert_close(ln_p0_expected(n, 1.4).by_a, by_a, 1e-8);
        }
        assert_close(ln_p0_observed(1.3).value, ln_tail(1.3).0, 1e-15);
    }

    #[test]
    fn the_two_branches_of_q_tilde_meet_with_one_slope() {
        let (below, above) =
            (ln_cls_observed(true, 1.3, 1.3), ln_cls_observed(true, 1.3 + 1e-9, 1.3));
        assert_close(below.value, above.value, 1e-8);
        assert_close(below.by_u, above.by_u, 1e-8);
        assert_close(below.by_a, above.by_a, 1e-8);
    }
}
