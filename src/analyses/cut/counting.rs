//! Computes p0 and CLs of a counting model: one bin, one background with a systematic.
//!
//! Enters: signal `s`, background `b` and its uncertainty `sigma`, in events. They define a
//! HistFactory workspace (signal scaled by `mu`, background with a `shapesys`), whose tests and
//! gradients come from [`inference`](crate::inference): expected ln p on nominal Asimov data. p0
//! then equals the tail probability of the Asimov significance with background uncertainty.

use serde_json::{Value, json};

use super::error::CutError;
use crate::histfactory::ModifierData;
use crate::inference::expected::ExpectedTest;

/// ln p and its derivatives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountingSlopes {
    /// Natural logarithm of the p-value.
    pub ln_p: f64,
    /// Derivative with respect to the signal, per event.
    pub by_signal: f64,
    /// Derivative with respect to the background, per event.
    pub by_background: f64,
    /// Derivative with respect to the uncertainty, per event.
    pub by_uncertainty: f64,
}

/// The workspace of the counting model; without `uncertainty` the background is exact.
pub fn counting_workspace(signal: f64, background: f64, uncertainty: Option<f64>) -> Value {
    let modifiers = match uncertainty {
        Some(sigma) => json!([{ "name": "background", "type": "shapesys", "data": [sigma] }]),
        None => json!([]),
    };
    json!({
        "version": "1.0.0",
        "channels": [{ "name": "selection", "samples": [
            { "name": "signal", "data": [signal],
              "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
            { "name": "background", "data": [background], "modifiers": modifiers },
        ] }],
        "observations": [{ "name": "selection", "data": [background] }],
        "measurements": [{ "name": "counting", "config": { "poi": "mu", "parameters": [] } }],
    })
}

/// The expected p-value of a counting experiment, with derivatives.
///
/// Without signal (`signal` not above 0, or too small compared with the background to change the
/// last bit of the likelihood) the test is uninformative: p0 is 1/2 and CLs is 1. The derivatives
/// are then returned as 0, although ln p0 has a one-sided derivative from above.
///
/// # Errors
/// [`CutError`] if the model cannot be built or a fit does not converge.
pub fn counting_test(
    test: ExpectedTest,
    signal: f64,
    background: f64,
    uncertainty: f64,
) -> Result<CountingSlopes, CutError> {
    let without_signal = CountingSlopes {
        ln_p: test.ln_p_without_signal(),
        by_signal: 0.0,
        by_background: 0.0,
        by_uncertainty: 0.0,
    };
    if signal <= 0.0 {
        return Ok(without_signal);
    }
    let sigma = Some(uncertainty).filter(|sigma| *sigma > 0.0);
    let tested = test.ln_p(counting_workspace(signal, background, sigma), true)?;
    let Some(gradient) = tested.gradient else { return Ok(without_signal) };
    let samples = &gradient.channels[0];
    let by_uncertainty = match samples[1].modifiers.first() {
        Some(ModifierData::Shapesys(slope)) => slope[0],
        _ => 0.0,
    };
    Ok(CountingSlopes {
        ln_p: tested.ln_p,
        by_signal: samples[0].data[0],
        by_background: samples[1].data[0] + gradient.observations[0][0],
        by_uncertainty,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::asymptotics::ln_tail;
    use crate::kernels::significance::asimov_significance;
    use diffhep_testing::{assert_close, difference};

    const POINTS: [(f64, f64, f64); 3] = [(12.0, 50.0, 4.0), (3.0, 8.0, 0.0), (250.0, 900.0, 90.0)];

    #[test]
    fn p0_is_the_tail_of_cowan_s_significance() {
        for (s, b, sigma) in POINTS {
            let found = counting_test(ExpectedTest::Discovery, s, b, sigma).expect("a test");
            let z = asimov_significance(s, b, sigma * sigma);
            let (ln_p, by_z) = ln_tail(z.value);
            assert_close(found.ln_p, ln_p, 1e-9);
            assert_close(found.by_signal, by_z * z.by_signal, 1e-6);
            assert_close(found.by_background, by_z * z.by_background, 1e-6);
            assert_close(found.by_uncertainty, by_z * z.by_variance * 2.0 * sigma, 1e-6);
        }
    }

    #[test]
    fn small_uncertainties_converge() {
        for relative in [1e-6, 1e-4, 1e-3, 0.01, 0.02] {
            for b in [1.0, 3.7, 100.0, 8_000.0] {
                for s in [0.03 * b, 0.3 * b, b] {
                    let sigma = relative * b;
                    let found = counting_test(ExpectedTest::Discovery, s, b, sigma);
                    let z = asimov_significance(s, b, sigma * sigma).value;
                    let found = found.unwrap_or_else(|e| panic!("{s} {b} {relative}: {e}"));
                    // -ln L is a difference of terms as large as the auxiliary count, b^2 /
                    // sigma^2.
                    let tolerance = 1e-9 + 1e-14 / (relative * relative * z * z);
                    assert_close(found.ln_p, ln_tail(z).0, tolerance.min(1e-2));
                    counting_test(ExpectedTest::Exclusion, s, b, sigma)
                        .unwrap_or_else(|e| panic!("{s} {b} {relative}: {e}"));
                }
            }
        }
    }

    #[test]
    fn derivatives_match_differences() {
        for test in [ExpectedTest::Discovery, ExpectedTest::Exclusion] {
            for (s, b, sigma) in POINTS {
                let ln_p = |s, b, sigma| counting_test(test, s, b, sigma).expect("a test").ln_p;
                let found = counting_test(test, s, b, sigma).expect("a test");
                let by_s = difference(|s| ln_p(s, b, sigma), s, 1e-2 * s);
                let by_b = difference(|b| ln_p(s, b, sigma), b, 1e-2 * b);
                assert_close(found.by_signal, by_s, 1e-5);
                assert_close(found.by_background, by_b, 1e-5);
                if sigma > 0.0 {
                    let by_sigma = difference(|sigma| ln_p(s, b, sigma), sigma, 1e-2 * sigma);
                    assert_close(found.by_uncertainty, by_sigma, 1e-5);
                }
            }
        }
    }

    #[test]
    fn a_signal_beyond_the_last_bit_says_nothing() {
        for (test, p) in [(ExpectedTest::Discovery, 0.5), (ExpectedTest::Exclusion, 1.0)] {
            for signal in [1e-12, 1e-17, 1e-40, 1e-300] {
                for sigma in [0.0, 40.0] {
                    let found = counting_test(test, signal, 900.0, sigma).expect("a test");
                    assert_close(found.ln_p.exp(), p, 1e-6);
                    assert!(found.by_signal.is_finite(), "{found:?}");
                }
            }
        }
    }

    #[test]
    fn far_tails_keep_their_derivatives() {
        let found = counting_test(ExpectedTest::Discovery, 6e4, 1e3, 0.0).expect("a test");
        assert!(found.ln_p < -1e4, "{found:?}");
        let z = asimov_significance(6e4, 1e3, 0.0);
        assert_close(found.by_signal, ln_tail(z.value).1 * z.by_signal, 1e-6);
    }
}
