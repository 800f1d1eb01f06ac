//! Soft selections: events weighted by sigmoid cuts, their yields, and derivatives with respect to
//! the cuts.
//!
//! A cut at `c` with slope `k` selects an event at `x` with weight `sigma(k (x - c))`; a negative
//! `k` selects events below `c`. A selection by several cuts multiplies the weights:
//! `m_i = w_i sigma_1i sigma_2i ...`; its yield is `Y = sum m_i`, its sum of squared weights
//! `V = sum m_i^2`.
//!
//! Exponentials dominate the cost, so each is computed once: a forward sweep gives `sigma` with its
//! derivative with respect to `c`, and reverse sweeps over products and sums, without exponentials,
//! pull back `Y` and `V`. The sigmoid is written with `exp(-|t|)`, so that nothing overflows: it is
//! 0 or 1, with derivative 0, where `k (x - c)` is large.
//!
//! Products and sums take a vector of events at once, because the compiler does not vectorise loops
//! that Enzyme has reversed, and leaves their adjoints in memory.
//!
//! | symbol | meaning |
//! |---|---|
//! | `c`, `k` | value and signed slope of a cut, in units of the column and their inverse |
//! | `m` | an event's weight times its memberships so far |

use std::autodiff::{autodiff_forward, autodiff_reverse};
use std::simd::cmp::SimdPartialOrd;
use std::simd::num::SimdFloat;
use std::simd::{Select, f64x8};

/// The largest number of events per call: the scratch space then stays in the processor's cache.
pub const CHUNK: usize = 2048;

/// The number of events that a product or a sum takes at once.
type Block = f64x8;
const BLOCK: usize = Block::LEN;
const ZERO: Block = Block::splat(0.0);

/// The block from event `i` on; 0 after the last event.
fn block(x: &[f64], i: usize) -> Block {
    match x[i..].first_chunk() {
        Some(numbers) => Block::from_array(*numbers),
        None => Block::load_or_default(&x[i..]),
    }
}

#[autodiff_forward(d_memberships, Const, Dual, Dual)]
fn memberships(x: &[f64], cut: &[f64], out: &mut [f64]) {
    let (c, k) = (cut[0], cut[1]);
    for i in 0..out.len() {
        let t = k * (x[i] - c);
        let e = (-t.abs()).exp();
        // This is a number and not a branch: near the cut, the processor would mispredict every
        // other branch.
        let above = f64::from(t >= 0.0);
        out[i] = (above + (1.0 - above) * e) / (1.0 + e);
    }
}

#[autodiff_reverse(d_product, Duplicated, Duplicated, Duplicated)]
fn product(m: &Block, sigma: &Block, out: &mut Block) {
    *out = *m * *sigma;
}

#[autodiff_reverse(d_sums, Duplicated, Duplicated, Duplicated)]
fn sums(m: &Block, y: &mut Block, v: &mut Block) {
    *y += *m;
    *v += *m * *m;
}

/// The side of a cut that is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Events with `x > c`.
    Above,
    /// Events with `x < c`.
    Below,
}

impl Keep {
    /// "above" or "below".
    pub fn name(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }

    /// The slope with the side's sign.
    pub fn signed(self, slope: f64) -> f64 {
        match self {
            Self::Above => slope,
            Self::Below => -slope,
        }
    }

    /// Whether the hard cut at `c` selects `x`; an event on the cut is not selected.
    pub fn keeps(self, x: f64, c: f64) -> bool {
        match self {
            Self::Above => x > c,
            Self::Below => x < c,
        }
    }
}

/// A sigmoid cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SigmoidCut {
    /// Its value, in units of its column.
    pub value: f64,
    /// Its steepness, in inverse units of its column; above 0.
    pub slope: f64,
    /// The side that it selects.
    pub keep: Keep,
}

impl SigmoidCut {
    fn numbers(&self) -> [f64; 2] {
        [self.value, self.keep.signed(self.slope)]
    }

    /// Computes the weights of events at `x` into `out`, which has the same length.
    pub fn weights(&self, x: &[f64], out: &mut [f64]) {
        assert_eq!(x.len(), out.len());
        memberships(x, &self.numbers(), out);
    }

    /// As [`SigmoidCut::weights`], with their derivatives with respect to the cut's value.
    pub fn weights_jvp(&self, x: &[f64], out: &mut [f64], by_value: &mut [f64]) {
        assert!(x.len() == out.len() && x.len() == by_value.len());
        d_memberships(x, &self.numbers(), &[1.0, 0.0], out, by_value);
    }
}

/// A selection's yield and sum of squared weights.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Yield {
    /// Sum of weights, in events.
    pub sum: f64,
    /// Sum of squared weights: the square of the simulation's statistical uncertainty.
    pub squares: f64,
}

impl std::ops::AddAssign for Yield {
    fn add_assign(&mut self, other: Self) {
        self.sum += other.sum;
        self.squares += other.squares;
    }
}

/// Buffers for [`CHUNK`] events and some number of cuts.
#[derive(Clone, Debug)]
pub struct SelectionScratch {
    memberships: Vec<Vec<f64>>,
    by_value: Vec<Vec<f64>>,
    /// A block's weights times the first 0, 1, ... memberships.
    products: Vec<Block>,
    /// Derivatives of `Y` and `V` with respect to each cut's value.
    slopes: Vec<[Block; 2]>,
}

impl SelectionScratch {
    /// Buffers for selections by `cuts` cuts.
    pub fn new(cuts: usize) -> Self {
        let buffers = vec![vec![0.0; CHUNK]; cuts];
        Self {
            memberships: buffers.clone(),
            by_value: buffers,
            products: vec![ZERO; cuts + 1],
            slopes: vec![[ZERO; 2]; cuts],
        }
    }

    /// Weights times all memberships, for the block from event `i` on.
    fn multiply(&mut self, weights: &[f64], i: usize) -> Block {
        let mut m = block(weights, i);
        self.products[0] = m;
        for (memberships, out) in self.memberships.iter().zip(&mut self.products[1..]) {
            product(&m, &block(memberships, i), out);
            m = *out;
        }
        m
    }

    /// Adds the derivatives of `Y` (`of` 0) or `V` (`of` 1) to the slopes, for the block that was
    /// last multiplied.
    fn pull_back(&mut self, i: usize, of: usize) {
        let (mut adjoint, mut seed) = (ZERO, [ZERO; 2]);
        seed[of] = Block::splat(1.0);
        let [by_y, by_v] = &mut seed;
        let cuts = self.slopes.len();
        d_sums(&self.products[cuts], &mut adjoint, &mut { ZERO }, by_y, &mut { ZERO }, by_v);
        for j in (0..cuts).rev() {
            let (m, sigma) = (&self.products[j], &block(&self.memberships[j], i));
            let (mut by_m, mut by_sigma) = (ZERO, ZERO);
            d_product(m, &mut by_m, sigma, &mut by_sigma, &mut { ZERO }, &mut adjoint);
            self.slopes[j][of] += by_sigma * block(&self.by_value[j], i);
            adjoint = by_m;
        }
    }
}

fn check(columns: &[&[f64]], weights: &[f64], cuts: &[SigmoidCut], scratch: &SelectionScratch) {
    assert!(weights.len() <= CHUNK, "at most {CHUNK} events a call");
    assert!(columns.iter().all(|column| column.len() == weights.len()));
    assert!(columns.len() == cuts.len() && cuts.len() == scratch.memberships.len());
}

/// The yield of up to [`CHUNK`] events under sigmoid cuts, one per column.
pub fn soft_yield(
    columns: &[&[f64]],
    weights: &[f64],
    cuts: &[SigmoidCut],
    scratch: &mut SelectionScratch,
) -> Yield {
    check(columns, weights, cuts, scratch);
    for (j, (column, cut)) in columns.iter().zip(cuts).enumerate() {
        cut.weights(column, &mut scratch.memberships[j][..weights.len()]);
    }
    let (mut y, mut v) = (ZERO, ZERO);
    for i in (0..weights.len()).step_by(BLOCK) {
        sums(&scratch.multiply(weights, i), &mut y, &mut v);
    }
    Yield { sum: y.reduce_sum(), squares: v.reduce_sum() }
}

/// As [`soft_yield`], but also adds the derivatives with respect to each cut's value into
/// `by_value`.
///
/// `squares` says whether those of the sum of squared weights are wanted too, which cost another
/// reverse sweep; otherwise they are left as they are.
pub fn soft_yield_vjp(
    columns: &[&[f64]],
    weights: &[f64],
    cuts: &[SigmoidCut],
    squares: bool,
    scratch: &mut SelectionScratch,
    by_value: &mut [Yield],
) -> Yield {
    check(columns, weights, cuts, scratch);
    assert_eq!(by_value.len(), cuts.len());
    let n = weights.len();
    for (j, (column, cut)) in columns.iter().zip(cuts).enumerate() {
        let (out, slopes) = (&mut scratch.memberships[j][..n], &mut scratch.by_value[j][..n]);
        cut.weights_jvp(column, out, slopes);
    }
    let (mut y, mut v) = (ZERO, ZERO);
    scratch.slopes.fill([ZERO; 2]);
    for i in (0..n).step_by(BLOCK) {
        sums(&scratch.multiply(weights, i), &mut y, &mut v);
        scratch.pull_back(i, 0);
        if squares {
            scratch.pull_back(i, 1);
        }
    }
    for (out, slopes) in by_value.iter_mut().zip(&scratch.slopes) {
        let [sum, squares] = slopes.map(|slope| slope.reduce_sum());
        *out += Yield { sum, squares };
    }
    Yield { sum: y.reduce_sum(), squares: v.reduce_sum() }
}

/// The yield of events under hard cuts, one per column, each given by the side that it selects and
/// its value. Without cuts every event is selected.
pub fn hard_yield(columns: &[&[f64]], weights: &[f64], cuts: &[(Keep, f64)]) -> Yield {
    let (mut y, mut v) = (ZERO, ZERO);
    for i in (0..weights.len()).step_by(BLOCK) {
        let mut m = block(weights, i);
        for (column, (keep, value)) in columns.iter().zip(cuts) {
            if m == ZERO {
                break;
            }
            let (x, c) = (block(column, i), Block::splat(*value));
            let kept = match keep {
                Keep::Above => x.simd_gt(c),
                Keep::Below => x.simd_lt(c),
            };
            m = kept.select(m, ZERO);
        }
        sums(&m, &mut y, &mut v);
    }
    Yield { sum: y.reduce_sum(), squares: v.reduce_sum() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep_testing::{assert_close, difference};

    const X: [f64; 5] = [-1.3, 0.2, 0.9, 1.7, 4.0];
    const Y: [f64; 5] = [3.1, -0.4, 1.2, 0.3, 2.2];
    const WEIGHTS: [f64; 5] = [1.0, 0.7, -0.2, 1.4, 2.0];

    fn cuts(values: [f64; 2]) -> [SigmoidCut; 2] {
        [
            SigmoidCut { value: values[0], slope: 1.7, keep: Keep::Above },
            SigmoidCut { value: values[1], slope: 0.8, keep: Keep::Below },
        ]
    }

    fn yield_at(values: [f64; 2]) -> Yield {
        soft_yield(&[&X, &Y], &WEIGHTS, &cuts(values), &mut SelectionScratch::new(2))
    }

    #[test]
    fn yields_are_sums_of_products_of_sigmoids() {
        let sigmoid = |t: f64| 1.0 / (1.0 + (-t).exp());
        let weights: Vec<f64> = (0..5)
            .map(|i| WEIGHTS[i] * sigmoid(1.7 * (X[i] - 0.5)) * sigmoid(-0.8 * (Y[i] - 1.1)))
            .collect();
        let found = yield_at([0.5, 1.1]);
        assert_close(found.sum, weights.iter().sum(), 1e-14);
        assert_close(found.squares, weights.iter().map(|w| w * w).sum(), 1e-14);
    }

    #[test]
    fn derivatives_match_differences() {
        let mut by_value = [Yield::default(); 2];
        let mut scratch = SelectionScratch::new(2);
        let values = [0.5, 1.1];
        let (columns, cuts) = ([&X[..], &Y[..]], cuts(values));
        let total = soft_yield_vjp(&columns, &WEIGHTS, &cuts, true, &mut scratch, &mut by_value);
        assert_eq!(total, yield_at(values));
        for j in 0..2 {
            let at = |value: f64| {
                let mut values = values;
                values[j] = value;
                yield_at(values)
            };
            assert_close(by_value[j].sum, difference(|x| at(x).sum, values[j], 1e-3), 1e-9);
            assert_close(by_value[j].squares, difference(|x| at(x).squares, values[j], 1e-3), 1e-9);
        }
    }

    #[test]
    fn hard_yields_are_sums_of_what_every_cut_keeps() {
        let n = 2 * BLOCK + 3;
        let column = |step: usize| (0..n).map(|i| (i * step % n) as f64).collect::<Vec<_>>();
        let (x, y, weights) = (column(5), column(7), column(3));
        for values in [[3.0, 11.0], [0.0, 18.0], [9.0, 2.0], [30.0, 1.0]] {
            let cuts = [(Keep::Above, values[0]), (Keep::Below, values[1])];
            let kept = (0..n).filter(|i| cuts[0].0.keeps(x[*i], values[0]));
            let kept = kept.filter(|i| cuts[1].0.keeps(y[*i], values[1])).map(|i| weights[i]);
            let found = hard_yield(&[&x, &y], &weights, &cuts);
            assert_eq!(found.sum, kept.clone().sum::<f64>());
            assert_eq!(found.squares, kept.map(|w| w * w).sum::<f64>());
        }
        assert_eq!(hard_yield(&[&x, &y], &weights, &[]).sum, weights.iter().sum::<f64>());
    }

    #[test]
    fn a_sigmoid_s_derivative_is_the_closed_form() {
        let cut = SigmoidCut { value: 0.3, slope: 2.5, keep: Keep::Below };
        let (mut out, mut by_value) = ([0.0; 5], [0.0; 5]);
        cut.weights_jvp(&X, &mut out, &mut by_value);
        for i in 0..5 {
            assert_close(by_value[i], 2.5 * out[i] * (1.0 - out[i]), 1e-14);
        }
    }

    #[test]
    fn steep_and_far_cuts_give_numbers() {
        for slope in [1e-3, 1.0, 50.0, 1e6, 1e300] {
            for value in [-1e9, -1.3, 0.2, 0.2 + 1e-12, 3.0, 1e9, 1e300] {
                let cuts = [SigmoidCut { value, slope, keep: Keep::Above }];
                let (mut scratch, mut by_value) = (SelectionScratch::new(1), [Yield::default()]);
                let total =
                    soft_yield_vjp(&[&X], &WEIGHTS, &cuts, true, &mut scratch, &mut by_value);
                for number in [total.sum, total.squares, by_value[0].sum, by_value[0].squares] {
                    assert!(!number.is_nan(), "slope {slope}, cut {value}: {total:?} {by_value:?}");
                }
            }
        }
        let steep = [SigmoidCut { value: 1.0, slope: 1e6, keep: Keep::Above }];
        let found = soft_yield(&[&X], &WEIGHTS, &steep, &mut SelectionScratch::new(1));
        assert_eq!(found.sum, 3.4);
    }
}
