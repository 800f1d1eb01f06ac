//! The softmax of scores over a temperature, and the soft histograms it makes.
//!
//! ```text
//! m_k = exp((z_k - max_j z_j) / T) / sum_l exp((z_l - max_j z_j) / T)
//! ```
//!
//! Exponentials dominate the cost, so each is computed once: a forward sweep gives it with its
//! derivative with respect to the score, and reverse sweeps over products and sums, without
//! exponentials, pull the memberships back. They treat the largest score as a constant, because the
//! softmax does not depend on what is subtracted. Exponentials below 1e-150 are taken as 0, with
//! derivative 0.
//!
//! The histogram is that of INFERNO: it has one bin for each output of a network, and each event is
//! shared among the bins by the softmax of its outputs. Its hard twin puts each event into the bin
//! of its largest output.
//!
//! Source: P. de Castro and T. Dorigo, arXiv:1806.04743.
//!
//! | symbol | meaning |
//! |---|---|
//! | `z` | score of an event for a category |
//! | `e` | exponential of the score's distance below the largest, over the temperature |

use std::autodiff::{autodiff_forward, autodiff_reverse};
use std::simd::num::SimdFloat;

use super::super::selection::Yield;
use super::blocks::{
    Block, EVENTS, ONE, ZERO, add_from, add_yield, add_yield_vjp, decay, product, product_vjp,
    values_from, weights_from,
};
use super::{add_lanes, any_squares, splat};

#[autodiff_forward(d_exponential, Dual, Const, Const, Dual)]
fn exponential(z: &Block, largest: &Block, inverse_temperature: &Block, out: &mut Block) {
    *out = decay((*z - *largest) * *inverse_temperature);
}

#[autodiff_reverse(d_add, Duplicated, Duplicated)]
fn add(e: &Block, total: &mut Block) {
    *total += *e;
}

#[autodiff_reverse(d_inverse, Duplicated, Duplicated)]
fn inverse(total: &Block, out: &mut Block) {
    *out = Block::splat(1.0) / *total;
}

/// The blocks that a softmax over `categories` keeps: the exponentials, their derivatives, their
/// sum, and its inverse.
pub(super) fn workspace(categories: usize) -> usize {
    2 * categories + 2
}

/// Computes the softmax of a block's scores `z` (`K` blocks) into `m` (`K` blocks).
pub(super) fn softmax(
    z: &[Block],
    inverse_temperature: f64,
    workspace: &mut [Block],
    m: &mut [Block],
) {
    let ([total, inverted], exponentials) = workspace.split_first_chunk_mut().expect("two blocks");
    let (exponentials, slopes) = exponentials.split_at_mut(z.len());
    let largest = z.iter().fold(z[0], |largest, z| largest.simd_max(*z));
    let scale = Block::splat(inverse_temperature);
    *total = ZERO;
    for ((z, e), slope) in z.iter().zip(&mut *exponentials).zip(slopes) {
        d_exponential(z, &ONE, &largest, &scale, e, slope);
        add(e, total);
    }
    inverse(total, inverted);
    for (e, m) in exponentials.iter().zip(m) {
        product(e, inverted, m);
    }
}

/// Turns the adjoint `by` of the memberships that [`softmax`] made last into that of the scores.
pub(super) fn softmax_vjp(workspace: &[Block], by: &mut [Block]) {
    let ([total, inverted], exponentials) = workspace.split_first_chunk().expect("two blocks");
    let (exponentials, slopes) = exponentials.split_at(by.len());
    let (mut by_total, mut by_inverted) = (ZERO, ZERO);
    for (by, e) in by.iter_mut().zip(exponentials) {
        let seed = std::mem::take(by);
        product_vjp(e, by, inverted, &mut by_inverted, seed);
    }
    d_inverse(total, &mut by_total, &mut { ZERO }, &mut by_inverted);
    for ((by, e), slope) in by.iter_mut().zip(exponentials).zip(slopes) {
        d_add(e, by, &mut { ZERO }, &mut by_total);
        *by *= *slope;
    }
}

/// The index of the largest score, the first of equal ones.
pub fn largest(scores: impl IntoIterator<Item = f64>) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (k, score) in scores.into_iter().enumerate() {
        if score > best.1 {
            best = (k, score);
        }
    }
    best.0
}

/// What one block of events needs, and the yields' lanes.
struct Histogram {
    z: Vec<Block>,
    workspace: Vec<Block>,
    m: Vec<Block>,
    inverse_temperature: f64,
}

impl Histogram {
    fn new(scores: &[&[f64]], weights: &[f64], temperature: f64) -> Self {
        let bins = scores.len();
        assert!(bins > 0 && scores.iter().all(|bin| bin.len() == weights.len()));
        let inverse_temperature = inverse_of(temperature);
        let (z, m) = (vec![ZERO; bins], vec![ZERO; bins]);
        Self { z, m, workspace: vec![ZERO; workspace(bins)], inverse_temperature }
    }

    /// Memberships of the block from event `i` on.
    fn fill(&mut self, scores: &[&[f64]], i: usize) {
        for (z, bin) in self.z.iter_mut().zip(scores) {
            *z = values_from(bin, i);
        }
        softmax(&self.z, self.inverse_temperature, &mut self.workspace, &mut self.m);
    }
}

/// The inverse of a temperature, which must be above 0.
pub(super) fn inverse_of(temperature: f64) -> f64 {
    assert!(temperature > 0.0 && temperature.is_normal(), "temperature {temperature}");
    temperature.recip()
}

/// Adds the yields of a softmax histogram into `out` (one per bin), from the `scores` (one slice of
/// events per bin) and the events' `weights`.
pub fn softmax_histogram(scores: &[&[f64]], weights: &[f64], temperature: f64, out: &mut [Yield]) {
    let mut block = Histogram::new(scores, weights, temperature);
    assert_eq!(out.len(), scores.len());
    let mut yields = vec![[ZERO; 2]; out.len()];
    for i in (0..weights.len()).step_by(EVENTS) {
        block.fill(scores, i);
        let w = weights_from(weights, i);
        for (m, lanes) in block.m.iter().zip(&mut yields) {
            add_yield(&w, m, lanes);
        }
    }
    for (out, lanes) in out.iter_mut().zip(yields) {
        add_lanes(out, lanes);
    }
}

/// Pulls the adjoint of [`softmax_histogram`] back: adds into `by_scores` (with the shape of
/// `scores`) and `by_weights`.
///
/// `seeds` are the derivatives of the objective with respect to each bin's yield (`sum`) and sum of
/// squared weights (`squares`).
pub fn softmax_histogram_vjp(
    scores: &[&[f64]],
    weights: &[f64],
    temperature: f64,
    seeds: &[Yield],
    by_scores: &mut [&mut [f64]],
    by_weights: &mut [f64],
) {
    let mut block = Histogram::new(scores, weights, temperature);
    assert!(seeds.len() == scores.len() && by_scores.len() == scores.len());
    assert!(by_scores.iter().all(|bin| bin.len() == weights.len()));
    assert_eq!(by_weights.len(), weights.len());
    let squares = any_squares(seeds);
    let mut by = vec![ZERO; scores.len()];
    for i in (0..weights.len()).step_by(EVENTS) {
        block.fill(scores, i);
        let (w, mut by_w) = (weights_from(weights, i), ZERO);
        by.fill(ZERO);
        for (memberships, seed) in block.m.iter().zip(&mut by).zip(seeds) {
            add_yield_vjp((&w, &mut by_w), memberships, splat(seed), squares);
        }
        softmax_vjp(&block.workspace, &mut by);
        add_from(by_weights, i, by_w);
        for (bin, by) in by_scores.iter_mut().zip(&by) {
            add_from(bin, i, *by);
        }
    }
}

/// As [`softmax_histogram`], but with each event only in the bin of its largest score.
pub fn hard_histogram(scores: &[&[f64]], weights: &[f64], out: &mut [Yield]) {
    assert_eq!(out.len(), scores.len());
    assert!(!scores.is_empty() && scores.iter().all(|bin| bin.len() == weights.len()));
    for (i, w) in weights.iter().enumerate() {
        out[largest(scores.iter().map(|bin| bin[i]))] += Yield { sum: *w, squares: w * w };
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        assert_gradient, assert_yields, event, events, objective, plain_yields, seeds, slices,
    };
    use super::*;
    use diffhep_testing::assert_close;

    fn soft(scores: &[Vec<f64>], weights: &[f64], temperature: f64) -> Vec<Yield> {
        let mut out = vec![Yield::default(); scores.len()];
        softmax_histogram(&slices(scores), weights, temperature, &mut out);
        out
    }

    /// Derivatives with respect to scores and weights, less the `start` that they were added to.
    fn derivatives(
        scores: &[Vec<f64>],
        weights: &[f64],
        temperature: f64,
        seeds: &[Yield],
        start: f64,
    ) -> (Vec<Vec<f64>>, Vec<f64>) {
        let mut by_scores = vec![vec![start; weights.len()]; scores.len()];
        let mut by_weights = vec![start; weights.len()];
        let by = &mut by_scores.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>();
        let scores = slices(scores);
        softmax_histogram_vjp(&scores, weights, temperature, seeds, by, &mut by_weights);
        by_scores.iter_mut().flatten().chain(&mut by_weights).for_each(|by| *by -= start);
        (by_scores, by_weights)
    }

    fn plain_softmax(z: &[f64], temperature: f64) -> Vec<f64> {
        let e: Vec<f64> = z.iter().map(|z| (z / temperature).exp()).collect();
        e.iter().map(|one| one / e.iter().sum::<f64>()).collect()
    }

    #[test]
    fn yields_are_sums_over_softmaxes() {
        for count in [1, 7, 8, 9, 21] {
            let (scores, weights) = events(4, count, -2.0, 3.0);
            let expected = plain_yields(4, &weights, |i| plain_softmax(&event(&scores, i), 0.7));
            assert_yields(&soft(&scores, &weights, 0.7), &expected, 1e-13);
        }
    }

    #[test]
    fn derivatives_match_differences() {
        let (scores, weights) = events(3, 11, -2.0, 3.0);
        for seeds in seeds(3) {
            let (by_scores, by_weights) = derivatives(&scores, &weights, 0.7, &seeds, 0.25);
            let by_weight = |w: &[f64]| objective(&soft(&scores, w, 0.7), &seeds);
            assert_gradient(&by_weights, by_weight, &weights, 1e-3);
            for bin in 0..3 {
                let by_score = |z: &[f64]| {
                    let mut scores = scores.clone();
                    scores[bin] = z.to_vec();
                    objective(&soft(&scores, &weights, 0.7), &seeds)
                };
                assert_gradient(&by_scores[bin], by_score, &scores[bin], 1e-3);
            }
        }
    }

    #[test]
    fn derivatives_are_the_closed_form() {
        let (scores, weights) = events(5, 10, -2.0, 3.0);
        for k in 0..5 {
            let mut seeds = vec![Yield::default(); 5];
            seeds[k].sum = -1.7;
            let (by_scores, by_weights) = derivatives(&scores, &weights, 0.4, &seeds, 0.0);
            for (i, w) in weights.iter().enumerate() {
                let m = plain_softmax(&event(&scores, i), 0.4);
                assert_close(by_weights[i], -1.7 * m[k], 1e-13);
                for (j, by_score) in by_scores.iter().enumerate() {
                    let same = f64::from(u8::from(j == k));
                    assert_close(by_score[i], -1.7 * w * m[k] * (same - m[j]) / 0.4, 1e-12);
                }
            }
        }
    }

    #[test]
    fn far_scores_and_low_temperatures_give_numbers() {
        let scores = [vec![1e300, -1e300, 5.0, 0.0, -7e299], vec![0.0, -9e299, 5.0, -1e9, -7e299]];
        let weights = [1.0, -0.5, 2.0, 0.7, 1.1];
        for temperature in [1e-300, 1e-6, 1.0, 1e9] {
            let found = soft(&scores, &weights, temperature);
            assert!(found.iter().all(|bin| bin.sum.is_finite() && bin.squares.is_finite()));
            let total: f64 = found.iter().map(|bin| bin.sum).sum();
            assert_close(total, weights.iter().sum(), 1e-14);
            for seeds in seeds(2) {
                let (by_scores, by_weights) =
                    derivatives(&scores, &weights, temperature, &seeds, 0.0);
                assert!(by_scores.iter().flatten().chain(&by_weights).all(|by| by.is_finite()));
            }
        }
    }

    #[test]
    fn hard_bins_are_the_limit_of_low_temperatures() {
        let (scores, weights) = events(4, 37, -2.0, 3.0);
        let mut hard = vec![Yield::default(); 4];
        hard_histogram(&slices(&scores), &weights, &mut hard);
        assert!(hard.iter().all(|bin| bin.squares > 0.0));
        assert_yields(&soft(&scores, &weights, 1e-6), &hard, 1e-13);
    }

    #[test]
    fn the_first_of_equal_scores_is_the_largest() {
        assert_eq!(largest([0.5, 2.0, -1.0, 2.0]), 1);
        assert_eq!(largest([-3.0, -3.0]), 0);
        let mut hard = [Yield { sum: 1.0, squares: 2.0 }, Yield::default()];
        hard_histogram(&[&[4.0, 0.0], &[4.0, 1.0]], &[3.0, -2.0], &mut hard);
        assert_eq!(hard[0], Yield { sum: 4.0, squares: 11.0 });
        assert_eq!(hard[1], Yield { sum: -2.0, squares: 4.0 });
    }
}
