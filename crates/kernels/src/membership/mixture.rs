//! Gaussian-mixture categories: the components of a mixture, softened by a temperature.
//!
//! An event at `x` (`D` columns) belongs to category `k` with
//!
//! ```text
//! m_k = softmax_k((ln N(x; mu_k, L_k L_k^T) + ln pi_k) / T)
//! ```
//!
//! which at `T` = 1 is the probability of its component. Raw parameters are unconstrained and are
//! in one slice, `[K logits][K x D means][K x D(D+1)/2 factors]`, where a factor is stored as the
//! rows of its lower triangle:
//!
//! - `ln pi = log_softmax(logits)`;
//! - means: see [`MeanConstraint`];
//! - `L_ii = s_i exp(raw)` and `L_ij = damping s_i raw` below the diagonal, where the width `s_i`
//!   is a scale of column `i`.
//!
//! Slots, with the same layout, are what events need: the score `c_k - |y|^2 / 2` with
//! `L_k y = x - mu_k` uses the offset `c_k = ln pi_k - sum_i ln(L_ii / s_i)` (the logarithm of the
//! density up to a constant, on which no membership depends), the means, and the factors with
//! inverse diagonals. Standard distances `|y_i|` beyond 1e100 are taken as 1e100, so that no score
//! is infinite.
//!
//! Source: the parametrisation of gato-hep, F. Mausolf.
//!
//! | symbol | meaning |
//! |---|---|
//! | `pi`, `mu`, `L` | a component's weight, mean, and Cholesky factor of its covariance |
//! | `y` | standard distances of an event from a component: `L y = x - mu` |

use std::autodiff::autodiff_reverse;
use std::simd::num::SimdFloat;

use super::SoftCategories;
use super::blocks::{Block, ZERO};
use super::parameters::{self, triangle};
use super::softmax::{self, inverse_of, largest, softmax, softmax_vjp};

pub use super::parameters::{MeanConstraint, MixtureShape};

/// The standard distance beyond which all events count as equally far.
const FAR: f64 = 1e100;

#[autodiff_reverse(d_explain, Duplicated, Duplicated, Duplicated)]
fn explain(l: &Block, y: &Block, known: &mut Block) {
    *known += *l * *y;
}

/// One row of the forward substitution, and its share of the score.
#[autodiff_reverse(
    d_standardise,
    Const,
    Duplicated,
    Duplicated,
    Duplicated,
    Duplicated,
    Duplicated
)]
fn standardise(
    x: &Block,
    mean: &Block,
    known: &Block,
    inverse: &Block,
    y: &mut Block,
    score: &mut Block,
) {
    let far = (*x - *mean - *known) * *inverse;
    let near = far.simd_clamp(Block::splat(-FAR), Block::splat(FAR));
    *y = near;
    *score -= Block::splat(0.5) * near * near;
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
    /// The part of each category's residuals that the earlier rows explain, `D` numbers per
    /// category.
    known: &'a mut [Block],
    /// Each category's standard distances, `D` numbers per category.
    y: &'a mut [Block],
    /// The adjoint of one category's `y`.
    by_y: &'a mut [Block],
    softmax: &'a mut [Block],
}

impl MixtureCategories {
    /// Makes the categories at `raw` parameters (as many as the shape has) and a `temperature`
    /// above 0.
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
        let (known, rest) = rest.split_at_mut(k * d);
        let (y, rest) = rest.split_at_mut(k * d);
        let (by_y, softmax) = rest.split_at_mut(d);
        Parts { scores, known, y, by_y, softmax }
    }

    /// A component's offset, mean, and factor with inverse diagonal.
    fn component(&self, k: usize) -> (f64, &[f64], &[f64]) {
        (self.slots[k], self.mean(k), &self.slots[self.shape.factor(k)])
    }

    /// A block's scores for a component; also sets its part of `known` and `y`.
    fn score(&self, k: usize, x: &[Block], known: &mut [Block], y: &mut [Block]) -> Block {
        let (offset, mean, factor) = self.component(k);
        let mut score = Block::splat(offset);
        for i in 0..x.len() {
            let row = &factor[triangle(i)..][..=i];
            known[i] = ZERO;
            for j in 0..i {
                explain(&Block::splat(row[j]), &y[j], &mut known[i]);
            }
            let (mean, inverse) = (Block::splat(mean[i]), Block::splat(row[i]));
            standardise(&x[i], &mean, &known[i], &inverse, &mut y[i], &mut score);
        }
        score
    }

    /// Pulls the adjoint of [`MixtureCategories::score`] back: adds into `adjoint`.
    fn score_vjp(
        &self,
        k: usize,
        x: &[Block],
        parts: &mut Parts,
        mut by_score: Block,
        adjoint: &mut [Block],
    ) {
        let d = x.len();
        let (known, y) = (&parts.known[k * d..][..d], &parts.y[k * d..][..d]);
        let by_y = &mut *parts.by_y;
        adjoint[k] += by_score;
        let (_, mean, factor) = self.component(k);
        let (front, by_factors) = adjoint.split_at_mut(self.shape.factor(0).start);
        let by_mean = &mut front[self.shape.mean(k)];
        let by_factor = &mut by_factors[k * factor.len()..][..factor.len()];
        by_y.fill(ZERO);
        for i in (0..d).rev() {
            let (row, by_row) = (&factor[triangle(i)..][..=i], &mut by_factor[triangle(i)..][..=i]);
            let (inverse, mean, mut by_known) = (Block::splat(row[i]), Block::splat(mean[i]), ZERO);
            d_standardise(
                &x[i],
                &mean,
                &mut by_mean[i],
                &known[i],
                &mut by_known,
                &inverse,
                &mut by_row[i],
                &mut { ZERO },
                &mut by_y[i],
                &mut { ZERO },
                &mut by_score,
            );
            for j in 0..i {
                let (l, by_l) = (Block::splat(row[j]), &mut by_row[j]);
                d_explain(&l, by_l, &y[j], &mut by_y[j], &mut { ZERO }, &mut by_known);
            }
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
            let (known, y) = (&mut parts.known[k * d..][..d], &mut parts.y[k * d..][..d]);
            *score = self.score(k, x, known, y);
        }
        softmax(parts.scores, self.inverse_temperature, parts.softmax, m);
    }

    fn memberships_vjp(
        &self,
        x: &[Block],
        workspace: &mut [Block],
        by_m: &mut [Block],
        adjoint: &mut [Block],
    ) {
        let mut parts = self.parts(workspace);
        softmax_vjp(parts.softmax, by_m);
        for (k, by_score) in by_m.iter().enumerate() {
            // A category far from all of the block's events: nothing to add.
            if *by_score != ZERO {
                self.score_vjp(k, x, &mut parts, *by_score, adjoint);
            }
        }
    }

    /// The category with the largest score, the first of equal ones.
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

#[cfg(test)]
mod tests {
    use super::super::testing::{
        adjoint, assert_gradient, assert_yields, event, events, hard, memberships, numbers,
        objective, plain_yields, seeds, yields,
    };
    use super::*;
    use diffhep_testing::assert_close;
    use nalgebra::{DMatrix, DVector};

    const K: usize = 4;

    /// Shapes of both constraints with one, two and three columns.
    fn shapes() -> impl Iterator<Item = MixtureShape> {
        (1..=3).flat_map(|d| {
            let widths = vec![0.3, 0.5, 0.4][..d].to_vec();
            let bounds = vec![(-0.2, 0.9), (0.1, 1.0), (-0.5, 1.5)][..d].to_vec();
            [MeanConstraint::Simplex, MeanConstraint::Box(bounds)].map(|means| MixtureShape {
                categories: K,
                means,
                widths: widths.clone(),
                damping: 0.4,
            })
        })
    }

    fn raw(shape: &MixtureShape) -> Vec<f64> {
        numbers(shape.parameters(), 1).iter().map(|u| 2.0 * u - 1.0).collect()
    }

    fn plain_mean(shape: &MixtureShape, raw: &[f64]) -> Vec<f64> {
        match &shape.means {
            MeanConstraint::Simplex => {
                let total = 1.0 + raw.iter().map(|r| r.exp()).sum::<f64>();
                raw.iter().map(|r| r.exp() / total).collect()
            }
            MeanConstraint::Box(bounds) => {
                let inside =
                    |(r, (lo, hi)): (&f64, &(f64, f64))| lo + (hi - lo) / (1.0 + (-r).exp());
                raw.iter().zip(bounds).map(inside).collect()
            }
        }
    }

    fn plain_covariance(shape: &MixtureShape, raw: &[f64]) -> DMatrix<f64> {
        let l = DMatrix::from_fn(shape.columns(), shape.columns(), |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => shape.widths[i] * raw[i * (i + 1) / 2 + j].exp(),
            std::cmp::Ordering::Greater => {
                shape.damping * shape.widths[i] * raw[i * (i + 1) / 2 + j]
            }
        });
        &l * l.transpose()
    }

    /// `ln N + ln pi` of an event, computed with the covariance's inverse.
    fn plain_scores(shape: &MixtureShape, raw: &[f64], x: &[f64]) -> Vec<f64> {
        let d = shape.columns();
        let (logits, rest) = raw.split_at(K);
        let (means, factors) = rest.split_at(K * d);
        let total: f64 = logits.iter().map(|logit| logit.exp()).sum();
        let components = means.chunks(d).zip(factors.chunks(d * (d + 1) / 2));
        let score = |(logit, (mean, factor)): (&f64, (&[f64], &[f64]))| {
            let covariance = plain_covariance(shape, factor);
            let r = DVector::from_column_slice(x) - DVector::from(plain_mean(shape, mean));
            let square = r.dot(&(covariance.clone().try_inverse().unwrap() * &r));
            let normal = (std::f64::consts::TAU.powi(d as i32) * covariance.determinant()).ln();
            (logit.exp() / total).ln() - 0.5 * (square + normal)
        };
        logits.iter().zip(components).map(score).collect()
    }

    fn plain(shape: &MixtureShape, raw: &[f64], temperature: f64, x: &[f64]) -> Vec<f64> {
        let scores = plain_scores(shape, raw, x);
        let e: Vec<f64> = scores.iter().map(|score| (score / temperature).exp()).collect();
        e.iter().map(|one| one / e.iter().sum::<f64>()).collect()
    }

    #[test]
    fn yields_are_sums_over_probabilities_of_components() {
        for shape in shapes() {
            let (raw, (x, weights)) = (raw(&shape), events(shape.columns(), 19, -0.5, 1.5));
            for temperature in [0.3, 1.0, 2.5] {
                let at = MixtureCategories::new(&shape, &raw, temperature);
                let m = |i| plain(&shape, &raw, temperature, &event(&x, i));
                assert_yields(&yields(&at, &x, &weights), &plain_yields(K, &weights, m), 1e-13);
            }
        }
    }

    #[test]
    fn weights_means_and_covariances_are_those_of_the_raw_parameters() {
        for shape in shapes() {
            let (raw, d) = (raw(&shape), shape.columns());
            let at = MixtureCategories::new(&shape, &raw, 1.0);
            assert_close(at.weights().iter().sum(), 1.0, 1e-14);
            for k in 0..K {
                assert_close((at.weights()[k] / at.weights()[0]).ln(), raw[k] - raw[0], 1e-13);
                let mean = plain_mean(&shape, &raw[K + k * d..][..d]);
                let covariance = plain_covariance(&shape, &raw[shape.factor(k)]);
                for i in 0..d {
                    assert_close(at.mean(k)[i], mean[i], 1e-14);
                    for j in 0..d {
                        assert_close(at.covariance(k)[i * d + j], covariance[(i, j)], 1e-14);
                    }
                }
            }
        }
    }

    #[test]
    fn derivatives_by_slots_match_differences() {
        for shape in shapes() {
            let (raw, (x, weights)) = (raw(&shape), events(shape.columns(), 13, -0.5, 1.5));
            let at = MixtureCategories::new(&shape, &raw, 0.8);
            for seeds in seeds(K) {
                let value = |slots: &[f64]| {
                    let there = MixtureCategories { slots: slots.to_vec(), ..at.clone() };
                    objective(&yields(&there, &x, &weights), &seeds)
                };
                let found = adjoint(&at, &x, &weights, &seeds);
                assert_gradient(&found, value, &at.slots, 1e-3);
            }
        }
    }

    #[test]
    fn derivatives_by_raw_parameters_match_differences() {
        for shape in shapes() {
            let (raw, (x, weights)) = (raw(&shape), events(shape.columns(), 13, -0.5, 1.5));
            let at = MixtureCategories::new(&shape, &raw, 0.8);
            for seeds in seeds(K) {
                let value = |raw: &[f64]| {
                    let there = MixtureCategories::new(&shape, raw, 0.8);
                    objective(&yields(&there, &x, &weights), &seeds)
                };
                let mut found = vec![0.25; raw.len()];
                at.pull_back(&adjoint(&at, &x, &weights, &seeds), &mut found);
                found.iter_mut().for_each(|by| *by -= 0.25);
                assert_gradient(&found, value, &raw, 1e-3);
            }
        }
    }

    #[test]
    fn far_events_and_low_temperatures_give_numbers() {
        for shape in shapes() {
            let raw = raw(&shape);
            for temperature in [1e-6, 1.0, 1e3] {
                let at = MixtureCategories::new(&shape, &raw, temperature);
                for far in [1e2, -1e9, 1e99, -1e150, 1e300] {
                    let columns: Vec<_> =
                        (0..shape.columns()).map(|d| vec![0.3, far / (d + 1) as f64]).collect();
                    let m = memberships(&at, &event(&columns, 1));
                    assert_close(m.iter().sum(), 1.0, 1e-14);
                    for seeds in seeds(K) {
                        let mut gradient = vec![0.0; raw.len()];
                        let slots = adjoint(&at, &columns, &[0.7, -1.2], &seeds);
                        at.pull_back(&slots, &mut gradient);
                        assert!(gradient.iter().all(|by| by.is_finite()), "{far}: {gradient:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn far_raw_parameters_give_numbers_inside_their_bounds() {
        for shape in shapes() {
            for far in [-800.0, 800.0] {
                let mut raw = raw(&shape);
                raw[..K + K * shape.columns()].iter_mut().step_by(2).for_each(|raw| *raw = far);
                let at = MixtureCategories::new(&shape, &raw, 1.0);
                let mut gradient = vec![0.0; raw.len()];
                at.pull_back(&vec![1.0; raw.len()], &mut gradient);
                assert!(gradient.iter().all(|by| by.is_finite()), "{gradient:?}");
                for k in 0..K {
                    let inside = match &shape.means {
                        MeanConstraint::Simplex => {
                            let total: f64 = at.mean(k).iter().sum();
                            at.mean(k).iter().all(|x| *x >= 0.0) && total <= 1.0 + 1e-15
                        }
                        MeanConstraint::Box(bounds) => {
                            let mut means = at.mean(k).iter().zip(bounds);
                            means.all(|(x, (lo, hi))| *x >= *lo && *x <= hi + 1e-15)
                        }
                    };
                    assert!(inside, "{:?}", at.mean(k));
                }
            }
        }
    }

    #[test]
    fn hard_categories_are_the_likeliest_and_the_limit_of_low_temperatures() {
        for shape in shapes() {
            let (raw, (x, weights)) = (raw(&shape), events(shape.columns(), 203, -0.5, 1.5));
            let at = MixtureCategories::new(&shape, &raw, 1e-6);
            for i in 0..weights.len() {
                let x = event(&x, i);
                assert_eq!(at.category(&x), largest(plain_scores(&shape, &raw, &x)));
            }
            let found = hard(&at, &x, &weights);
            assert!(found.iter().filter(|bin| bin.squares > 0.0).count() > 1);
            assert_yields(&yields(&at, &x, &weights), &found, 1e-12);
        }
    }
}
