//! The cumulative distribution of the standard Normal, eight numbers at a time, with its derivative
//! by Enzyme.
//!
//! `Phi(-|z|) = exp(-z^2 / 2) P(|z|) / Q(|z|)` with polynomials `P` and `Q`, accurate to 1e-15; the
//! exponential uses its series around the nearest power of two. The C library's `erfc` takes
//! several times as long.
//!
//! Source of the polynomials: J. F. Hart et al., Computer Approximations (1968), number 5666, with
//! the digits of A. Genz's routines for multivariate Normal probabilities.

use std::autodiff::autodiff_forward;
use std::simd::cmp::SimdPartialOrd;
use std::simd::num::SimdFloat;
use std::simd::{Select, StdFloat, f64x8};

/// One number for each of eight edges.
pub(super) type Block = f64x8;
/// Numbers in a block.
pub(super) const LANES: usize = Block::LEN;
pub(super) const ZERO: Block = Block::splat(0.0);
const ONE: Block = Block::splat(1.0);

/// Beyond this many standard deviations the cumulative is 0 or 1 to double precision.
pub(super) const REACH: f64 = 8.3;
/// Deviations are cut off here, where the density is 1e-18.
const FURTHEST: f64 = 9.0;

/// Coefficients of `P`, starting with the constant.
const P: [f64; 8] = [
    220.2068679123761,
    221.2135961699311,
    112.0792914978709,
    33.912866078383,
    6.37396220353165,
    0.7003830644436881,
    0.03526249659989109,
    0.0,
];
/// Coefficients of `Q`, starting with the constant.
const Q: [f64; 8] = [
    440.4137358247522,
    793.8265125199484,
    637.3336333788311,
    296.5642487796737,
    86.78073220294608,
    16.06417757920695,
    1.755667163182642,
    0.08838834764831844,
];

/// The exponential's series, `1 / n!`, in two parts, for exponents up to ln(2) / 2.
const SERIES: [[f64; 8]; 2] = {
    let (mut terms, mut term, mut n) = ([[0.0; 8]; 2], 1.0, 0);
    while n < 16 {
        terms[n / 8][n % 8] = term;
        n += 1;
        term /= n as f64;
    }
    terms
};
/// ln(2) in two parts, the first short enough for exact products with small integers.
const LN_2: [f64; 2] = [f64::from_bits(0x3FE6_2E42_FEE0_0000), 1.908_214_929_270_587_7e-10];

/// A polynomial of degree 7, in parts that do not depend on each other. It is written out because
/// the compiler does not unroll loops before Enzyme differentiates them.
#[inline(always)]
fn polynomial(c: &[f64; 8], x: Block) -> Block {
    let square = x * x;
    let pair = |n: usize| Block::splat(c[n + 1]).mul_add(x, Block::splat(c[n]));
    let (low, high) = (pair(2).mul_add(square, pair(0)), pair(6).mul_add(square, pair(4)));
    high.mul_add(square * square, low)
}

/// The exponential of numbers up to ln(2) / 2.
#[inline(always)]
fn small_exp(t: Block) -> Block {
    let square = t * t;
    let fourth = square * square;
    polynomial(&SERIES[1], t).mul_add(fourth * fourth, polynomial(&SERIES[0], t))
}

/// The integer `k` next to `z^2 / (2 ln 2)`, and `2^-k`.
#[inline(always)]
fn power_of_two(z: Block) -> (Block, Block) {
    // Near 2^52, neighbouring numbers are 1 apart: the sum is rounded to an integer in its last
    // bits, and shifting these moves the integer into the exponent.
    const BIAS: Block = Block::splat((1_u64 << 52) as f64 + 1023.0);
    let exponent = (z * z).mul_add(Block::splat(-0.5 * std::f64::consts::LOG2_E), BIAS);
    (BIAS - exponent, Block::from_bits(exponent.to_bits() << 52))
}

/// `k` and `power` are those of [`power_of_two`], which change with `z` only in jumps that cancel.
#[autodiff_forward(d_cumulative, Dual, Const, Const, Dual)]
fn cumulative_kernel(z: &Block, k: &Block, power: &Block, out: &mut Block) {
    let t = k.mul_add(Block::splat(LN_2[0]), Block::splat(-0.5) * *z * *z);
    let t = k.mul_add(Block::splat(LN_2[1]), t);
    // One condition decides both: at 0, the derivative of an absolute value might pick the other
    // side.
    let is_above = z.simd_ge(ZERO);
    let size = is_above.select(*z, -*z);
    let tail = *power * small_exp(t) * polynomial(&P, size) / polynomial(&Q, size);
    *out = is_above.select(ONE - tail, tail);
}

/// Cuts deviations off at the limits of what [`cumulative`] accepts.
#[inline(always)]
pub(super) fn clamped(z: Block) -> Block {
    z.simd_clamp(Block::splat(-FURTHEST), Block::splat(FURTHEST))
}

/// `Phi(z)` of [`clamped`] deviations.
#[inline(always)]
pub(super) fn cumulative(z: Block) -> Block {
    let (k, power) = power_of_two(z);
    let mut out = ZERO;
    cumulative_kernel(&z, &k, &power, &mut out);
    out
}

/// `Phi(z)` of [`clamped`] deviations and its derivative.
#[inline(always)]
pub(super) fn cumulative_and_slope(z: Block) -> (Block, Block) {
    let (k, power) = power_of_two(z);
    let (mut out, mut slope) = (ZERO, ZERO);
    d_cumulative(&z, &ONE, &k, &power, &mut out, &mut slope);
    (out, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" {
        safe fn erfc(x: f64) -> f64;
    }

    fn numbers() -> impl Iterator<Item = f64> {
        (-96_000..=96_000).map(|i| f64::from(i) * 1e-4 + 3e-6).chain([0.0, -0.0, 1e-300, 5e-9])
    }

    #[test]
    fn cumulatives_are_the_c_library_s() {
        for z in numbers() {
            let expected = 0.5 * erfc(-z * std::f64::consts::FRAC_1_SQRT_2);
            let z = clamped(Block::splat(z));
            let (found, (again, _)) = (cumulative(z), cumulative_and_slope(z));
            assert!((found[3] - expected).abs() < 4e-16, "{z:?}: {} {expected}", found[3]);
            assert!((again[3] - expected).abs() < 4e-16, "{z:?}: {} {expected}", again[3]);
        }
    }

    #[test]
    fn slopes_are_densities() {
        for z in numbers().filter(|z| z.abs() < FURTHEST) {
            let expected = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let (_, found) = cumulative_and_slope(Block::splat(z));
            assert!((found[5] - expected).abs() < 1e-14, "{z}: {} {expected}", found[5]);
        }
    }

    #[test]
    fn lanes_are_apart_and_far_ones_are_0_and_1() {
        let z = [-f64::INFINITY, -1e9, -0.3, 0.0, 0.3, 1.1, 1e9, f64::INFINITY];
        let (found, slopes) = cumulative_and_slope(clamped(Block::from_array(z)));
        assert!(found[0] < 1e-18 && found[1] < 1e-18 && found[3] == 0.5);
        assert!((found[2] + found[4] - 1.0).abs() < 1e-15 && found[5] > found[4]);
        assert!(found[6] == 1.0 && found[7] == 1.0);
        assert!(slopes[0] < 1e-17 && slopes[7] < 1e-17 && slopes[2] > 0.3);
    }
}
