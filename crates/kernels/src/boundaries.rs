//! Ordered bin boundaries from unconstrained numbers.
//!
//! Enters: `u_1 .. u_m` of any sign and size. Leaves: `m` ascending boundaries inside a range,
//! `b_j = low + (high - low) (p_1 + ... + p_j)`, where `p` is the softmax of `u_1 .. u_m, 0`: the
//! widths of the `m + 1` bins are positive and add up to the range for any numbers, and the fixed 0
//! makes the numbers unique. Source of the form: gato-hep, F. Mausolf.

use std::autodiff::autodiff_reverse;

/// `ends` holds the range's lower end, its upper end, and the shift that keeps exponentials finite.
#[autodiff_reverse(d_ordered, Duplicated, Const, Duplicated)]
fn ordered(u: &[f64], ends: &[f64], out: &mut [f64]) {
    let (low, high, shift) = (ends[0], ends[1], ends[2]);
    let mut total = 0.0;
    for j in 0..u.len() {
        total += (u[j] - shift).exp();
    }
    total += (-shift).exp();
    let mut below = 0.0;
    for j in 0..u.len() {
        below += (u[j] - shift).exp();
        out[j] = low + (high - low) * (below / total);
    }
}

fn ends(u: &[f64], (low, high): (f64, f64)) -> [f64; 3] {
    [low, high, u.iter().copied().fold(0.0, f64::max)]
}

/// Computes the boundaries of `u` in a range (lower and upper end, in units of the column) into
/// `out`, which has the same length.
pub fn ordered_boundaries(u: &[f64], range: (f64, f64), out: &mut [f64]) {
    assert_eq!(u.len(), out.len());
    ordered(u, &ends(u, range), out);
}

/// Adds `sum_j v_j db_j / du` to `by_u`; `adjoint` is `v`, one number per boundary.
pub fn ordered_boundaries_vjp(u: &[f64], range: (f64, f64), adjoint: &[f64], by_u: &mut [f64]) {
    assert!(u.len() == adjoint.len() && u.len() == by_u.len());
    let mut seed = adjoint.to_vec();
    d_ordered(u, by_u, &ends(u, range), &mut vec![0.0; u.len()], &mut seed);
}

/// The numbers that give these boundaries: the inverse of [`ordered_boundaries`].
///
/// Boundaries must ascend strictly inside the range.
pub fn unordered(boundaries: &[f64], (low, high): (f64, f64)) -> Vec<f64> {
    let Some(last) = boundaries.last() else { return Vec::new() };
    let ln_last_width = (high - last).ln();
    let lower = std::iter::once(&low).chain(boundaries);
    boundaries.iter().zip(lower).map(|(b, below)| (b - below).ln() - ln_last_width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep_testing::{assert_close, difference};

    const U: [f64; 4] = [0.3, -1.2, 2.0, 0.7];
    const RANGE: (f64, f64) = (-2.0, 5.0);

    fn boundaries(u: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; u.len()];
        ordered_boundaries(u, RANGE, &mut out);
        out
    }

    #[test]
    fn boundaries_are_cumulative_softmax() {
        let weights: Vec<f64> = U.iter().chain(&[0.0]).map(|u| u.exp()).collect();
        let total: f64 = weights.iter().sum();
        let mut below = 0.0;
        for (b, weight) in boundaries(&U).iter().zip(weights) {
            below += weight / total;
            assert_close(*b, -2.0 + 7.0 * below, 1e-14);
        }
    }

    #[test]
    fn derivatives_match_differences() {
        let v = [0.7, -1.1, 0.4, 2.3];
        let mut by_u = [0.5; 4];
        ordered_boundaries_vjp(&U, RANGE, &v, &mut by_u);
        for j in 0..4 {
            let at = |x: f64| {
                let mut u = U;
                u[j] = x;
                boundaries(&u).iter().zip(v).map(|(b, v)| b * v).sum()
            };
            assert_close(by_u[j] - 0.5, difference(at, U[j], 1e-2), 1e-8);
        }
    }

    #[test]
    fn the_inverse_leads_back() {
        for (found, expected) in unordered(&boundaries(&U), RANGE).iter().zip(U) {
            assert_close(*found, expected, 1e-12);
        }
        assert!(unordered(&[], RANGE).is_empty());
    }

    #[test]
    fn huge_numbers_stay_in_the_range() {
        for u in [[800.0, -800.0, 3.0, 799.0], [-1e4; 4], [1e300, 0.0, 1.0, 1e300]] {
            let found = boundaries(&u);
            assert!(
                found.is_sorted() && found.iter().all(|b| (-2.0..=5.0).contains(b)),
                "{found:?}"
            );
            let mut by_u = [0.0; 4];
            ordered_boundaries_vjp(&u, RANGE, &[1.0; 4], &mut by_u);
            assert!(by_u.iter().all(|g| g.is_finite()), "{by_u:?}");
        }
    }
}
