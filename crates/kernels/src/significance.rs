//! Figures of merit of counting experiments, from yields.
//!
//! Enters: signal `s`, background `b` and its variance `v`, in events. Leaves: a significance in
//! standard deviations, with its derivatives.
//!
//! The Asimov significance with background uncertainty compares `n = s + b` events and an auxiliary
//! count `b^2 / v` with their best fit without signal, `b_hat = b + kappa s`,
//! `kappa = v / (b + v)`. In the Poisson deviance `D(x | y) = y h(x / y - 1)`, with
//! `h(u) = (1 + u) ln(1 + u) - u = g(u) u^2 / 2`, it is a sum of positive terms,
//! `Z^2 = s^2 [(1 - kappa)^2 g(u_n) + kappa (1 - kappa) g(u_b)] / b_hat`,
//! `u_n = (1 - kappa) s / b_hat`, `u_b = -kappa s / b_hat`, so nothing cancels, and `v = 0` needs
//! no special case. `g` is computed by a series for small `u`. Because `s` is outside the root, `Z`
//! has the sign of `s`, and a derivative at `s = 0`.
//!
//! Source: arXiv:1007.1727, equation 97; G. Cowan, Discovery sensitivity for a counting experiment
//! with background uncertainty (2012), equation 20, of which this is a rearrangement.

use std::autodiff::autodiff_reverse;

/// Below this `g` is computed from its series, which is exact to double precision there.
const SERIES_BELOW: f64 = 0.25;
const SERIES_TERMS: usize = 24;
/// A background below this many events counts as none; here its squares and inverse are still
/// finite.
pub const NO_BACKGROUND: f64 = 1e-100;

/// `2 (w ln w - u) / u^2` with `w = 1 + u`; both are arguments, so that neither is rounded.
#[inline(always)]
fn g(u: f64, w: f64) -> f64 {
    if u.abs() < SERIES_BELOW {
        // sum of (-u)^k 2 / ((k + 1) (k + 2)), by Horner's rule
        let mut sum = 0.0;
        for step in 0..SERIES_TERMS {
            let k = (SERIES_TERMS - 1 - step) as f64;
            sum = 2.0 / ((k + 1.0) * (k + 2.0)) - u * sum;
        }
        sum
    } else if u > 1.0 {
        2.0 * ((1.0 + 1.0 / u) * w.ln() - 1.0) / u
    } else {
        2.0 * (w * w.ln() - u) / (u * u)
    }
}

#[autodiff_reverse(d_asimov, Duplicated, Duplicated)]
fn asimov(x: &[f64], out: &mut [f64]) {
    let (s, b, v) = (x[0], x[1], x[2]);
    let (kappa, rest) = (v / (b + v), b / (b + v));
    let b_hat = b + kappa * s;
    let g_n = g(rest * s / b_hat, (s + b) / b_hat);
    let g_b = g(-kappa * s / b_hat, b / b_hat);
    out[0] = s * ((rest * rest * g_n + kappa * rest * g_b) / b_hat).sqrt();
}

#[autodiff_reverse(d_over_root, Duplicated, Duplicated)]
fn over_root(x: &[f64], out: &mut [f64]) {
    out[0] = x[0] / x[1].sqrt();
}

/// A figure of merit and its derivatives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MeritSlopes {
    /// The figure of merit.
    pub value: f64,
    /// Its derivative with respect to the signal's yield.
    pub by_signal: f64,
    /// Its derivative with respect to the background's yield.
    pub by_background: f64,
    /// Its derivative with respect to the variance of the background's yield.
    pub by_variance: f64,
}

/// The significance if there is no background to compare with: 0 without signal, infinite with
/// signal. It has no derivative.
fn without_background(signal: f64) -> MeritSlopes {
    let value = if signal > 0.0 { f64::INFINITY } else { 0.0 };
    MeritSlopes { value, ..MeritSlopes::default() }
}

/// [`asimov_significance`] without its derivatives, which cost several times as much.
pub fn asimov_significance_value(signal: f64, background: f64, variance: f64) -> f64 {
    if background < NO_BACKGROUND || signal + background <= 0.0 {
        return asimov_significance(signal, background, variance).value;
    }
    let mut value = [0.0];
    asimov(&[signal, background, variance], &mut value);
    value[0]
}

/// Asimov significance of discovery, in standard deviations, with its derivatives.
///
/// `Z = sqrt(2 ((s + b) ln(1 + s / b) - s))` for `variance` 0. It needs `s + b >= 0`, `b >= 0` and
/// `variance >= 0`, and is NaN elsewhere; it is negative for negative `s`. A background of 0 (or
/// below 1e-100) gives 0 without signal and infinity with signal, both with derivatives of 0.
///
/// # Source
/// arXiv:1007.1727, equation 97, and Cowan's note of 2012, equation 20 (see the module).
pub fn asimov_significance(signal: f64, background: f64, variance: f64) -> MeritSlopes {
    if background < 0.0 || signal + background < 0.0 {
        return MeritSlopes { value: f64::NAN, ..MeritSlopes::default() };
    }
    if background < NO_BACKGROUND {
        return without_background(signal);
    }
    if signal + background == 0.0 {
        // On the edge of the domain the logarithm's slope is infinite, so only the value is given.
        return MeritSlopes { value: -(2.0 * background).sqrt(), ..MeritSlopes::default() };
    }
    let (mut d, mut value) = ([0.0; 3], [0.0]);
    d_asimov(&[signal, background, variance], &mut d, &mut value, &mut [1.0]);
    MeritSlopes { value: value[0], by_signal: d[0], by_background: d[1], by_variance: d[2] }
}

/// `s / sqrt(b)` with its derivatives; for `b = 0` see [`asimov_significance`].
pub fn signal_over_root_background(signal: f64, background: f64) -> MeritSlopes {
    if (0.0..NO_BACKGROUND).contains(&background) {
        return without_background(signal);
    }
    let (mut d, mut value) = ([0.0; 2], [0.0]);
    d_over_root(&[signal, background], &mut d, &mut value, &mut [1.0]);
    MeritSlopes { value: value[0], by_signal: d[0], by_background: d[1], by_variance: 0.0 }
}

/// Asimov significance of several bins together, `sqrt(sum Z_i^2)`; all slices have the same
/// length.
///
/// Derivatives of each bin's numbers go into `slopes` (its `value` is the bin's own significance).
/// For one bin this is [`asimov_significance`] without its sign. If the significance of every bin
/// is 0, the root has no derivative for several bins, and if one is infinite there is none either:
/// zeros are returned in both cases.
pub fn combined_asimov_significance(
    signal: &[f64],
    background: &[f64],
    variance: &[f64],
    slopes: &mut [MeritSlopes],
) -> f64 {
    let bins = signal.len();
    assert!(background.len() == bins && variance.len() == bins && slopes.len() == bins);
    for (i, slope) in slopes.iter_mut().enumerate() {
        *slope = asimov_significance(signal[i], background[i], variance[i]);
    }
    if let [only] = slopes
        && only.value >= 0.0
    {
        return only.value;
    }
    let total = slopes.iter().map(|slope| slope.value * slope.value).sum::<f64>().sqrt();
    for slope in slopes {
        let share = if total > 0.0 && total.is_finite() { slope.value / total } else { 0.0 };
        slope.by_signal *= share;
        slope.by_background *= share;
        slope.by_variance *= share;
    }
    total
}

/// Binary log loss of a hard selection, which calls selected events signal with certainty: a
/// fraction `misclassified` of all weight (0 to 1) lies on the wrong side.
///
/// Certainty is clipped at the machine epsilon, as in `log_loss` of scikit-learn 1.9, so each wrong
/// event costs 36.04 instead of infinity.
pub fn hard_log_loss(misclassified: f64) -> f64 {
    let clipped = f64::EPSILON;
    -misclassified * clipped.ln() - (1.0 - misclassified) * (-clipped).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep_testing::{assert_close, difference};

    fn z(s: f64, b: f64, v: f64) -> f64 {
        asimov_significance(s, b, v).value
    }

    /// Yields from deep in the series to far in the logarithm.
    const YIELDS: [(f64, f64); 9] = [
        (1e-9, 50.0),
        (0.3, 200.0),
        (12.4, 50.0),
        (12.6, 50.0),
        (49.9, 50.0),
        (50.1, 50.0),
        (300.0, 8.0),
        (2e4, 1e-3),
        (-3.0, 40.0),
    ];

    #[test]
    fn without_variance_it_is_the_textbook_s() {
        for (s, b) in [(12.4, 50.0), (30.0, 50.0), (300.0, 8.0), (2e4, 1e-3)] {
            let closed = (2.0 * ((s + b) * f64::ln_1p(s / b) - s)).sqrt();
            assert_close(z(s, b, 0.0), closed, 1e-13);
            let found = asimov_significance(s, b, 0.0);
            assert_close(found.by_signal, f64::ln_1p(s / b) / closed, 1e-12);
            assert_close(found.by_background, (f64::ln_1p(s / b) - s / b) / closed, 1e-12);
        }
    }

    #[test]
    fn the_value_alone_is_the_same() {
        let edges = [(0.0, 0.0), (1.0, 0.0), (-4.0, 4.0), (-1.0, 0.5), (0.0, 3.0)];
        for (s, b) in YIELDS.into_iter().chain(edges) {
            for v in [0.0, 4.0] {
                let (found, expected) = (asimov_significance_value(s, b, v), z(s, b, v));
                assert!(found == expected || found.is_nan() && expected.is_nan(), "{s} {b} {v}");
            }
        }
    }

    #[test]
    fn without_variance_small_signals_follow_s_over_root_b() {
        for s in [1e-3, 1e-7, 1e-12] {
            let (b, x) = (70.0f64, s / 70.0);
            let expected = s / b.sqrt() * (1.0 - x / 6.0);
            assert!((z(s, b, 0.0) / expected - 1.0).abs() < 1e-9);
        }
        assert_eq!(asimov_significance(0.0, 64.0, 0.0).by_signal, 0.125);
    }

    #[test]
    fn with_variance_it_is_cowan_s_equation_20() {
        for (s, b, sigma) in [(12.4f64, 50.0f64, 5.0f64), (30.0, 50.0, 0.3), (90.0, 8.0, 6.0)] {
            let v = sigma * sigma;
            let first = (s + b) * ((s + b) * (b + v) / (b * b + (s + b) * v)).ln();
            let second = b * b / v * (v * s / (b * (b + v))).ln_1p();
            assert_close(z(s, b, v), (2.0 * (first - second)).sqrt(), 1e-10);
        }
    }

    #[test]
    fn derivatives_match_differences() {
        for (s, b) in YIELDS {
            for v in [0.0, 1e-3, 4.0, 900.0] {
                let found = asimov_significance(s, b, v);
                let h = 1e-3 * b.max(s.abs());
                assert_close(found.by_signal, difference(|s| z(s, b, v), s, h), 1e-7);
                let h = 1e-3 * b;
                assert_close(found.by_background, difference(|b| z(s, b, v), b, h), 1e-7);
                if v > 0.0 {
                    let h = 1e-2 * v;
                    assert_close(found.by_variance, difference(|v| z(s, b, v), v, h), 1e-6);
                }
            }
            let found = signal_over_root_background(s, b);
            assert_close(found.by_signal, 1.0 / b.sqrt(), 1e-14);
            assert_close(found.by_background, -0.5 * s / b.powf(1.5), 1e-13);
        }
    }

    #[test]
    fn nothing_jumps_where_the_series_ends() {
        for (u, step) in [(SERIES_BELOW, 1e-13), (1.0, 1e-13), (-SERIES_BELOW, 1e-13)] {
            let (below, above) = (u - step, u + step);
            assert_close(g(below, 1.0 + below), g(above, 1.0 + above), 1e-12);
        }
    }

    #[test]
    fn yields_down_to_zero_give_no_nan() {
        let smallest = [0.0, 1e-320, 1e-300, 1e-99, 1e-30, 1e-3, 1.0, 1e6];
        for s in smallest {
            for b in smallest {
                for v in smallest {
                    for merit in [asimov_significance(s, b, v), signal_over_root_background(s, b)] {
                        let numbers = [merit.by_signal, merit.by_background, merit.by_variance];
                        assert!(merit.value >= 0.0, "{s:e} {b:e} {v:e}: {merit:?}");
                        assert!(
                            numbers.iter().all(|d| !d.is_nan()),
                            "{s:e} {b:e} {v:e}: {merit:?}"
                        );
                    }
                }
            }
        }
        assert_eq!(z(0.0, 0.0, 0.0), 0.0);
        assert_eq!(z(1.0, 0.0, 0.0), f64::INFINITY);
        assert!(z(1.0, -1.0, 0.0).is_nan());
        assert_close(z(-4.0, 4.0, 0.0), -8.0f64.sqrt(), 1e-15);
    }

    #[test]
    fn bins_add_in_quadrature() {
        let (s, b, v) = ([3.0, 8.0, 0.0], [40.0, 5.0, 2.0], [4.0, 0.0, 1.0]);
        let mut slopes = [MeritSlopes::default(); 3];
        let total = combined_asimov_significance(&s, &b, &v, &mut slopes);
        let squares: f64 = (0..3).map(|i| z(s[i], b[i], v[i]).powi(2)).sum();
        assert_close(total, squares.sqrt(), 1e-14);
        for i in 0..2 {
            let at = |x: f64| {
                let mut s = s;
                s[i] = x;
                combined_asimov_significance(&s, &b, &v, &mut [MeritSlopes::default(); 3])
            };
            assert_close(slopes[i].by_signal, difference(at, s[i], 1e-3), 1e-8);
        }
        let mut one = [MeritSlopes::default()];
        assert_eq!(combined_asimov_significance(&[0.0], &[4.0], &[0.0], &mut one), 0.0);
        assert_eq!(one[0].by_signal, 0.5);
    }

    #[test]
    fn log_loss_is_scikit_learn_s() {
        // sklearn.metrics.log_loss([0, 0, 1, 1, 0], [0, 1, 1, 0, 0]), scikit-learn 1.9.1.
        assert_close(hard_log_loss(0.4), 14.41746135564686, 1e-13);
        assert_close(hard_log_loss(0.0), f64::EPSILON, 1e-6);
    }
}
