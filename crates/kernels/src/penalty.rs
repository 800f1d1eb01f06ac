//! Penalties that keep bins away from where their background is unknown.
//!
//! Enters: a bin's background `b` in events and its sum of squared weights `v`. Leaves: a
//! dimensionless number that is 0 for a sound bin, with its derivatives: `max(0, 1 - b / t)^2`
//! below a smallest yield `t`, `max(0, sqrt(v) / b - r)^2` above a largest relative uncertainty
//! `r`. Both have a continuous derivative. Source of the forms: gato-hep, F. Mausolf, where the
//! first is not divided by `t^2`.

use std::autodiff::autodiff_reverse;

use super::significance::NO_BACKGROUND;

#[autodiff_reverse(d_low_yield, Duplicated, Const, Duplicated)]
fn low_yield(x: &[f64], threshold: &[f64], out: &mut [f64]) {
    let missing = 1.0 - x[0] / threshold[0];
    out[0] = missing * missing;
}

#[autodiff_reverse(d_high_uncertainty, Duplicated, Const, Duplicated)]
fn high_uncertainty(x: &[f64], threshold: &[f64], out: &mut [f64]) {
    let excess = x[1].sqrt() / x[0] - threshold[0];
    out[0] = excess * excess;
}

/// A penalty and its derivatives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PenaltySlopes {
    /// The penalty.
    pub value: f64,
    /// Its derivative with respect to the background's yield.
    pub by_background: f64,
    /// Its derivative with respect to the background's sum of squared weights.
    pub by_squares: f64,
}

/// The penalty on a background below `threshold` events; there is none if the threshold is 0.
pub fn low_yield_penalty(background: f64, threshold: f64) -> PenaltySlopes {
    if threshold <= 0.0 || background >= threshold {
        return PenaltySlopes::default();
    }
    let (mut value, mut slope) = ([0.0], [0.0]);
    d_low_yield(&[background], &mut slope, &[threshold], &mut value, &mut [1.0]);
    PenaltySlopes { value: value[0], by_background: slope[0], by_squares: 0.0 }
}

/// The penalty on a relative statistical uncertainty `sqrt(squares) / background` above
/// `threshold`. There is none without a background, since its uncertainty says nothing, or with
/// less than 1e-100 events, since the derivatives would be infinite.
pub fn high_uncertainty_penalty(background: f64, squares: f64, threshold: f64) -> PenaltySlopes {
    if background < NO_BACKGROUND || squares <= 0.0 || squares.sqrt() <= threshold * background {
        return PenaltySlopes::default();
    }
    let (mut value, mut slope) = ([0.0], [0.0; 2]);
    d_high_uncertainty(&[background, squares], &mut slope, &[threshold], &mut value, &mut [1.0]);
    PenaltySlopes { value: value[0], by_background: slope[0], by_squares: slope[1] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep_testing::{assert_close, difference};

    #[test]
    fn sound_bins_cost_nothing() {
        assert_eq!(low_yield_penalty(5.0, 5.0), PenaltySlopes::default());
        for b in [0.0, -1.0, -1e-12] {
            assert_eq!(low_yield_penalty(b, 0.0), PenaltySlopes::default());
        }
        assert_eq!(high_uncertainty_penalty(10.0, 4.0, 0.2), PenaltySlopes::default());
        assert_eq!(high_uncertainty_penalty(0.0, 0.0, 0.2), PenaltySlopes::default());
    }

    #[test]
    fn others_cost_their_squared_distance() {
        assert_close(low_yield_penalty(2.0, 5.0).value, 0.36, 1e-15);
        assert_close(low_yield_penalty(-1.0, 5.0).value, 1.44, 1e-15);
        assert_close(high_uncertainty_penalty(2.0, 1.0, 0.2).value, 0.09, 1e-15);
    }

    #[test]
    fn vanishing_backgrounds_have_finite_derivatives() {
        for b in [1e-99, 1e-120, 1e-155, 1e-200, 1e-300] {
            let found = high_uncertainty_penalty(b, b * b, 0.2);
            assert!(found.by_background.is_finite() && found.by_squares.is_finite(), "{b:e}");
        }
    }

    #[test]
    fn derivatives_match_differences() {
        for b in [-1.0, 0.3, 4.2] {
            let at = |b| low_yield_penalty(b, 5.0).value;
            assert_close(low_yield_penalty(b, 5.0).by_background, difference(at, b, 1e-2), 1e-9);
        }
        for (b, v) in [(0.3, 0.2), (4.0, 2.0)] {
            let found = high_uncertainty_penalty(b, v, 0.2);
            let by_b = difference(|b| high_uncertainty_penalty(b, v, 0.2).value, b, 1e-2 * b);
            let by_v = difference(|v| high_uncertainty_penalty(b, v, 0.2).value, v, 1e-2 * v);
            assert_close(found.by_background, by_b, 1e-6);
            assert_close(found.by_squares, by_v, 1e-6);
        }
    }
}
