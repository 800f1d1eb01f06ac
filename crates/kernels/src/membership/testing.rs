//! Events, plain twins and derivative checks for the tests of soft categories.

use super::super::selection::Yield;
use super::{MembershipScratch, SoftCategories, hard_yields, soft_yields, soft_yields_vjp};
use diffhep_testing::{assert_close, difference};

/// Numbers without a pattern, between 0 and 1.
pub(super) fn numbers(count: usize, seed: u32) -> Vec<f64> {
    let mut state = u64::from(seed) + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    next();
    (0..count).map(|_| next()).collect()
}

/// Columns between `lo` and `hi`, and weights of both signs.
pub(super) fn events(columns: usize, count: usize, lo: f64, hi: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
    let column = |d| numbers(count, 10 + d as u32).iter().map(|u| lo + (hi - lo) * u).collect();
    let weights = numbers(count, 5).iter().map(|u| 3.0 * u - 1.0).collect();
    ((0..columns).map(column).collect(), weights)
}

pub(super) fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

pub(super) fn event(columns: &[Vec<f64>], i: usize) -> Vec<f64> {
    columns.iter().map(|column| column[i]).collect()
}

pub(super) fn yields(
    categories: &impl SoftCategories,
    columns: &[Vec<f64>],
    weights: &[f64],
) -> Vec<Yield> {
    let mut out = vec![Yield::default(); categories.categories()];
    let scratch = &mut MembershipScratch::new(categories);
    soft_yields(categories, &slices(columns), weights, scratch, &mut out);
    out
}

pub(super) fn hard(
    categories: &impl SoftCategories,
    columns: &[Vec<f64>],
    weights: &[f64],
) -> Vec<Yield> {
    let mut out = vec![Yield::default(); categories.categories()];
    hard_yields(categories, &slices(columns), weights, &mut out);
    out
}

pub(super) fn adjoint(
    categories: &impl SoftCategories,
    columns: &[Vec<f64>],
    weights: &[f64],
    seeds: &[Yield],
) -> Vec<f64> {
    let mut out = vec![0.0; categories.slots()];
    let scratch = &mut MembershipScratch::new(categories);
    soft_yields_vjp(categories, &slices(columns), weights, scratch, seeds, &mut out, None);
    out
}

/// Memberships of one event.
pub(super) fn memberships(categories: &impl SoftCategories, x: &[f64]) -> Vec<f64> {
    let columns: Vec<Vec<f64>> = x.iter().map(|x| vec![*x]).collect();
    yields(categories, &columns, &[1.0]).iter().map(|found| found.sum).collect()
}

/// Seeds without a pattern, for yields alone and for both yields and squares.
pub(super) fn seeds(categories: usize) -> [Vec<Yield>; 2] {
    let (sums, squares) = (numbers(categories, 3), numbers(categories, 4));
    let seed =
        |k: usize, f: f64| Yield { sum: 3.0 * sums[k] - 1.2, squares: f * (squares[k] - 0.7) };
    [0.0, 1.0].map(|f| (0..categories).map(|k| seed(k, f)).collect())
}

/// The objective with these seeds.
pub(super) fn objective(yields: &[Yield], seeds: &[Yield]) -> f64 {
    let terms = yields.iter().zip(seeds);
    terms.map(|(found, seed)| found.sum * seed.sum + found.squares * seed.squares).sum()
}

/// Yields as a plain sum over each event's memberships.
pub(super) fn plain_yields(
    count: usize,
    weights: &[f64],
    memberships: impl Fn(usize) -> Vec<f64>,
) -> Vec<Yield> {
    let mut out = vec![Yield::default(); count];
    for (i, w) in weights.iter().enumerate() {
        for (out, m) in out.iter_mut().zip(memberships(i)) {
            *out += Yield { sum: w * m, squares: (w * m) * (w * m) };
        }
    }
    out
}

#[track_caller]
pub(super) fn assert_yields(found: &[Yield], expected: &[Yield], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_close(found.sum, expected.sum, tolerance);
        assert_close(found.squares, expected.squares, tolerance);
    }
}

/// Asserts that `found` is the gradient of `f` at `x`.
#[track_caller]
pub(super) fn assert_gradient(found: &[f64], f: impl Fn(&[f64]) -> f64, x: &[f64], h: f64) {
    assert_eq!(found.len(), x.len());
    for (p, found) in found.iter().enumerate() {
        let at = |number: f64| {
            let mut x = x.to_vec();
            x[p] = number;
            f(&x)
        };
        assert_close(*found, difference(at, x[p], h), 1e-8);
    }
}
