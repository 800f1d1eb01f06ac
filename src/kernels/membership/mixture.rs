//! Gaussian-mixture categories: the components of a mixture, softened by a temperature.
//!
//! An event at `x` (`D` columns) belongs to category `k` with
//!
//! ```text
//! m_k = softmax_k((ln N(x; mu_k, L_k L_k^T) + ln pi_k) / T)
//! ```
//!
//! which at `T` = 1 is the probability of its component. Raw parameters have no constraint and lie
//! in one slice, `[K logits][K x D means][K x D(D+1)/2 factors]`, a factor by its lower triangle's
//! rows:
//!
//! - `ln pi = log_softmax(logits)`;
//! - means: see [`MeanConstraint`];
//! - `L_ii = s_i exp(raw)` and `L_ij = damping s_i raw` below the diagonal, with a width `s_i` that
//!   is a scale of column `i`.
//!
//! Slots, laid out the same way, are what events need: the score
//! `c_k - |y|^2 / 2` with `L_k y = x - mu_k` takes the offset `c_k = ln pi_k - sum_i ln(L_ii / s_i)`
//! (less than the logarithm of the density by a constant, which no membership depends on), the means,
//! and the factors with inverse diagonals. Standard distances `|y_i|` beyond 1e100 are taken as
//! 1e100, so that no score is infinite.
//!
//! Source: the parametrisation of gato-hep, F. Mausolf.
//!
//! | symbol | meaning |
//! |---|---|
//! | `pi`, `mu`, `L` | a component's weight, mean, and Cholesky factor of its covariance |
//! | `r`, `y` | residuals of an event in the columns' units, and in standard deviations |

use std::autodiff::autodiff_reverse;
use std::simd::num::SimdFloat;

use super::SoftCategories;
use super::blocks::{Block, ZERO, difference, difference_vjp};
use super::parameters::{self, triangle};
use super::softmax::{self, inverse_of, largest, softmax, softmax_vjp};

pub use super::parameters::{MeanConstraint, MixtureShape};

/// Standard distances beyond which an event is as far as can be.
const FAR: f64 = 1e100;

#[autodiff_reverse(d_subtract, Duplicated, Duplicated, Duplicated)]
fn subtract(l: &Block, y: &Block, r: &mut Block) {
    *r -= *l * *y;
}

#[autodiff_reverse(d_standardise, Duplicated, Duplicated, Duplicated)]
fn standardise(r: &Block, inverse: &Block, y: &mut Block) {
    *y = (*r * *inverse).simd_clamp(Block::splat(-FAR), Block::splat(FAR));
}

#[autodiff_reverse(d_recede, Duplicated, Duplicated)]
fn recede(y: &Block, score: &mut Block) {
    *score -= Block::splat(0.5) * *y * *y;
}

/// Gaussian-mixture categories at fixed parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct MixtureCategories {
    shape: MixtureShape,
    raw: Vec<f64>,
    log_weights: Vec<f64>,
    slots: Vec<f64>,
    inverse_temperature: f64,
}

/// A block's workspace.
struct Parts<'a> {
    scores: &'a mut [Block],
    /// Each category's residuals, `D` a category.
    r: &'a mut [Block],
    y: &'a mut [Block],
    /// The adjoint of one category's `y`.
    by_y: &'a mut [Block],
    softmax: &'a mut [Block],
}

impl MixtureCategories {
    /// Categories at `raw` parameters (as many as the shape has) and a `temperature` above 0.
    pub fn new(shape: &MixtureShape, raw: &[f64], temperature: f64) -> Self {
        let (slots, log_weights) = parameters::slots(shape, raw);
        let inverse_temperature = inverse_of(temperature);
        Self { shape: shape.clone(), raw: raw.to_vec(), log_weights, slots, inverse_temperature }
    }

    /// Pulls the adjoint of the slots back: adds into the `gradient` with respect to the raw
    /// parameters.
    pub fn pull_back(&self, adjoint: &[f64], gradient: &mut [f64]) {
        parameters::slots_vjp(&self.shape, &self.raw, adjoint, gradient);
    }

    /// Each component's weight; their sum is 1.
    pub fn weights(&self) -> Vec<f64> {
        self.log_weights.iter().map(|log| log.exp()).collect()
    }

    /// A component's mean (`D` numbers).
    pub fn mean(&self, k: usize) -> &[f64] {
        &self.slots[self.shape.mean(k)]
    }

    /// A component's covariance (`D x D`, row by row).
    pub fn covariance(&self, k: usize) -> Vec<f64> {
        let (d, factor) = (self.columns(), &self.slots[self.shape.factor(k)]);
        let l = |i: usize, j: usize| match i.cmp(&j) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => factor[triangle(i) + i].recip(),
            std::cmp::Ordering::Greater => factor[triangle(i) + j],
        };
        let element = |i, j| (0..d).map(|c| l(i, c) * l(j, c)).sum();
        (0..d * d).map(|ij| element(ij / d, ij % d)).collect()
    }
}

impl MixtureCategories {
    fn parts<'a>(&self, workspace: &'a mut [Block]) -> Parts<'a> {
        let (k, d) = (self.categories(), self.columns());
        let (scores, rest) = workspace.split_at_mut(k);
        let (r, rest) = rest.split_at_mut(k * d);
        let (y, rest) = rest.split_at_mut(k * d);
        let (by_y, softmax) = rest.split_at_mut(d);
        Parts { scores, r, y, by_y, softmax }
    }

    /// A component's offset, mean, and factor with inverse diagonal.
    fn component(&self, k: usize) -> (f64, &[f64], &[f64]) {
        (self.slots[k], self.mean(k), &self.slots[self.shape.factor(k)])
    }

    /// Residuals of a block's events from a component, into `r` and `y`; returns the score.
    fn score(&self, k: usize, x: &[Block], r: &mut [Block], y: &mut [Block]) -> Block {
        let (offset, mean, factor) = self.component(k);
        let mut score = Block::splat(offset);
        for i in 0..x.len() {
            let row = &factor[triangle(i)..][..=i];
            difference(&x[i], &Block::splat(mean[i]), &mut r[i]);
            for j in 0..i {
                subtract(&Block::splat(row[j]), &y[j], &mut r[i]);
            }
            standardise(&r[i], &Block::splat(row[i]), &mut y[i]);
            recede(&y[i], &mut score);
        }
        score
    }

    /// Pulls the adjoint `by_score` of [`MixtureCategories::score`] back: adds into `adjoint`.
    fn score_vjp(&self, k: usize, parts: &mut Parts, by_score: Block, adjoint: &mut [Block]) {
        let d = self.columns();
        let (r, y) = (&parts.r[k * d..][..d], &parts.y[k * d..][..d]);
        let (by_y, factor) = (&mut *parts.by_y, &self.slots[self.shape.factor(k)]);
        adjoint[k] += by_score;
        let (offsets_means, by_factors) = adjoint.split_at_mut(self.shape.factor(0).start);
        let by_mean = &mut offsets_means[self.shape.mean(k)];
        let by_factor = &mut by_factors[k * factor.len()..];
        by_y.fill(ZERO);
        for i in (0..d).rev() {
            let (row, by_row) = (&factor[triangle(i)..], &mut by_factor[triangle(i)..]);
            let mut by_r = ZERO;
            d_recede(&y[i], &mut by_y[i], &mut { ZERO }, &mut { by_score });
            let inverse = Block::splat(row[i]);
            let (by_inverse, seed) = (&mut by_row[i], &mut by_y[i]);
            d_standardise(&r[i], &mut by_r, &inverse, by_inverse, &mut { ZERO }, seed);
            for j in 0..i {
                let (l, by_l) = (Block::splat(row[j]), &mut by_row[j]);
                d_subtract(&l, by_l, &y[j], &mut by_y[j], &mut { ZERO }, &mut by_r);
            }
            difference_vjp(&mut { ZERO }, &mut by_mean[i], by_r);
        }
    }
}

impl SoftCategories for MixtureCategories {
    fn columns(&self) -> usize {
        self.shape.columns()
    }

    fn categories(&self) -> usize {
        self.shape.categories
    }

    fn slots(&self) -> usize {
        self.slots.len()
    }

    fn workspace(&self) -> usize {
        let (k, d) = (self.categories(), self.columns());
        k + 2 * k * d + d + softmax::workspace(k)
    }

    fn memberships(&self, x: &[Block], workspace: &mut [Block], m: &mut [Block]) {
        let (parts, d) = (self.parts(workspace), self.columns());
        for (k, score) in parts.scores.iter_mut().enumerate() {
            let (r, y) = (&mut parts.r[k * d..][..d], &mut parts.y[k * d..][..d]);
            *score = self.score(k, x, r, y);
        }
        softmax(parts.scores, self.inverse_temperature, parts.softmax, m);
    }

    fn memberships_vjp(
        &self,
        _: &[Block],
        workspace: &mut [Block],
        by_m: &mut [Block],
        adjoint: &mut [Block],
    ) {
        let mut parts = self.parts(workspace);
        softmax_vjp(parts.softmax, by_m);
        for (k, by_score) in by_m.iter().enumerate() {
            self.score_vjp(k, &mut parts, *by_score, adjoint);
        }
    }

    /// The category of the largest score, the first of equals.
    fn category(&self, x: &[f64]) -> usize {
        let mut y = vec![0.0; x.len()];
        largest((0..self.categories()).map(|k| {
            let (mut score, mean, factor) = self.component(k);
            for i in 0..x.len() {
                let row = &factor[triangle(i)..][..=i];
                let known: f64 = row[..i].iter().zip(&y).map(|(l, y)| l * y).sum();
                y[i] = ((x[i] - mean[i] - known) * row[i]).clamp(-FAR, FAR);
                score -= 0.5 * y[i] * y[i];
            }
            score
        }))
    }
}
