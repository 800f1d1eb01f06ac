//! Closed forms in double-double arithmetic.
//!
//! | symbol | meaning |
//! |---|---|
//! | `s`, `b`, `v` | signal, background and its variance, in events |
//! | `n`, `r` | count and rate of a Poisson term |

use super::double_double::DoubleDouble;

/// Exponent below which an exponential is treated as 0, because it is less than 1e-43 of any sum it
/// enters.
const LEAST: f64 = -100.0;

pub(super) fn exact(x: f64) -> DoubleDouble {
    x.into()
}

/// `a - b`, without rounding.
pub(super) fn difference(a: f64, b: f64) -> DoubleDouble {
    DoubleDouble::difference(a, b)
}

/// The exponential of numbers that are at most 0.
pub(super) fn decay(t: DoubleDouble) -> DoubleDouble {
    if t.rounded() < LEAST { DoubleDouble::ZERO } else { t.exp() }
}

/// The logistic function and its derivative.
pub(super) fn sigmoid(t: DoubleDouble) -> (DoubleDouble, DoubleDouble) {
    let is_above = t.rounded() >= 0.0;
    let e = decay(if is_above { -t } else { t });
    let sum = DoubleDouble::ONE + e;
    let sigma = if is_above { DoubleDouble::ONE } else { e } / sum;
    (sigma, e / (sum * sum))
}

/// 2 pi, as two doubles.
fn two_pi() -> DoubleDouble {
    DoubleDouble::sum(std::f64::consts::TAU, 2.449_293_598_294_706_4e-16)
}

/// The standard normal density.
pub(super) fn normal_density(t: DoubleDouble) -> DoubleDouble {
    decay(-(t * t) * 0.5) / two_pi().sqrt()
}

/// The softmax of scores divided by a temperature.
pub(super) fn softmax(scores: &[f64], temperature: f64) -> Vec<DoubleDouble> {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let e = |score: &f64| decay(difference(*score, largest) / exact(temperature));
    let exponentials: Vec<DoubleDouble> = scores.iter().map(e).collect();
    let total = exponentials.iter().copied().sum::<DoubleDouble>();
    exponentials.into_iter().map(|e| e / total).collect()
}

/// The Asimov significance and its derivatives with respect to `s`, `b` and `v`.
///
/// With `n = s + b`, `tau = b / v`, `m = tau b` and `b_hat = (n + m) / (1 + tau)`,
/// `Z^2 / 2 = n ln(n / b_hat) + m ln(b / b_hat)`; the derivatives with respect to `n`, `m` and
/// `tau` at fixed `b_hat` equal the total derivatives, because `b_hat` minimises the expression.
pub(super) fn asimov_significance(s: f64, b: f64, v: f64) -> (DoubleDouble, [DoubleDouble; 3]) {
    let (b, v) = (exact(b), exact(v));
    let n = exact(s) + b;
    let (tau, m) = (b / v, b * b / v);
    let b_hat = (n + m) / (DoubleDouble::ONE + tau);
    let (by_n, by_m, by_tau) = ((n / b_hat).ln(), (b / b_hat).ln(), b_hat - b);
    let z = ((n * by_n + m * by_m) * 2.0).sqrt();
    let by_b = by_n + by_m * 2.0 * tau + by_tau / v;
    let by_v = -(by_m * tau * tau) - by_tau * tau / v;
    (z, [by_n / z, by_b / z, by_v / z])
}

/// Derivatives of -ln of the Poisson probability with respect to an integer count `n` and the rate
/// `r`: `psi(n + 1) - ln r` and `1 - n / r`.
pub(super) fn poisson_slopes(n: u32, r: f64) -> [DoubleDouble; 2] {
    let harmonic = (1..=n).map(|k| DoubleDouble::ONE / f64::from(k)).sum::<DoubleDouble>();
    // Euler's constant, as two doubles.
    let gamma = DoubleDouble::sum(0.577_215_664_901_532_9, -4.942_915_152_430_645e-18);
    let r = exact(r);
    [harmonic - gamma - r.ln(), DoubleDouble::ONE - exact(f64::from(n)) / r]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoids_are_the_logistic_function() {
        for t in [-800.0, -30.0, -0.3, 0.0, 2.5, 800.0] {
            let (sigma, slope) = sigmoid(exact(t));
            let expected = 1.0 / (1.0 + (-t).exp());
            assert!((sigma.rounded() - expected).abs() <= 1e-15 * expected.max(1e-300), "{t}");
            let product = (sigma * (DoubleDouble::ONE - sigma)).rounded();
            assert!((slope.rounded() - product).abs() <= 1e-15, "{t}");
        }
    }

    #[test]
    fn densities_and_softmaxes_are_normalised() {
        let at_zero = (normal_density(DoubleDouble::ZERO)).rounded();
        assert!((at_zero - 0.398_942_280_401_432_7).abs() < 1e-16);
        let sum = softmax(&[0.3, -2.0, 5.0], 0.7).into_iter().fold(exact(-1.0), |sum, m| sum + m);
        assert!(sum.rounded().abs() < 1e-30);
    }

    #[test]
    fn significances_are_the_textbook_s() {
        let (s, b, v): (f64, f64, f64) = (30.0, 100.0, 25.0);
        let n = s + b;
        // Cowan 2012, equation 20.
        let first = n * (n * (b + v) / (b * b + n * v)).ln();
        let expected = (2.0 * (first - b * b / v * (1.0 + v * s / (b * (b + v))).ln())).sqrt();
        let (z, [by_s, by_b, by_v]) = asimov_significance(s, b, v);
        assert!((z.rounded() - expected).abs() < 1e-12);
        let at = |s, b, v| asimov_significance(s, b, v).0;
        let h = 2f64.powi(-20);
        let slopes = [
            (by_s, at(s + h, b, v) - at(s - h, b, v)),
            (by_b, at(s, b + h, v) - at(s, b - h, v)),
            (by_v, at(s, b, v + h) - at(s, b, v - h)),
        ];
        for (exact, change) in slopes {
            let off = (exact - change / (2.0 * h)).rounded();
            assert!(off.abs() < 1e-13, "{exact:?}: {off:e}");
        }
    }

    #[test]
    fn poisson_slopes_are_known_ones() {
        let [by_n, by_r] = poisson_slopes(4, 5.0);
        // psi(5) = 25/12 - gamma.
        let expected = 25.0 / 12.0 - 0.577_215_664_901_532_9 - 5f64.ln();
        assert!((by_n.rounded() - expected).abs() < 1e-15);
        assert!((by_r.rounded() - 0.2).abs() < 1e-16);
    }
}
