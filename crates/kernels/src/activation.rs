//! Activation functions of neural networks, over blocks of numbers.
//!
//! A unit whose inputs add up to `z` passes on `phi(z)`: ReLU `max(z, 0)`, `tanh(z)`, or the
//! logistic sigmoid `1 / (1 + exp(-z))`. Exponentials are taken of `-|z|`, so that nothing
//! overflows. ReLU's derivative at 0 is 0.
//!
//! They work on blocks, because the compiler does not vectorise the reverse of a loop.

use std::autodiff::autodiff_reverse;
use std::simd::cmp::SimdPartialOrd;
use std::simd::{Select, StdFloat, f64x8};

use diffhep_names::named;

type Block = f64x8;
const BLOCK: usize = Block::LEN;
const ZERO: Block = Block::splat(0.0);
const ONE: Block = Block::splat(1.0);

/// The function that a network's hidden units apply to the sum of their inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// The larger of the sum and 0.
    #[default]
    Relu,
    /// Hyperbolic tangent.
    Tanh,
    /// Logistic sigmoid.
    Sigmoid,
}

impl Activation {
    /// Every activation with its name.
    pub const TABLE: [(&'static str, Self); 3] =
        [("relu", Self::Relu), ("tanh", Self::Tanh), ("sigmoid", Self::Sigmoid)];
}

named!(Activation, "activation");

#[autodiff_reverse(d_relu, Duplicated, Duplicated)]
fn relu(z: &Block, out: &mut Block) {
    // NaN passes through, so that it is noticed.
    *out = z.simd_le(ZERO).select(ZERO, *z);
}

#[autodiff_reverse(d_tanh, Duplicated, Duplicated)]
fn tanh(z: &Block, out: &mut Block) {
    // One condition decides both signs: an absolute value has a different derivative at 0.
    let sign = z.simd_lt(ZERO).select(-ONE, ONE);
    let e = (Block::splat(-2.0) * sign * *z).exp();
    *out = sign * ((ONE - e) / (ONE + e));
}

#[autodiff_reverse(d_sigmoid, Duplicated, Duplicated)]
fn sigmoid(z: &Block, out: &mut Block) {
    let is_below = z.simd_lt(ZERO);
    let e = (is_below.select(ONE, -ONE) * *z).exp();
    *out = is_below.select(e, ONE) / (ONE + e);
}

/// `ln(1 + exp(z))`: minus the logarithm of the sigmoid of `-z`.
#[autodiff_reverse(d_softplus, Duplicated, Duplicated)]
fn softplus(z: &[f64], out: &mut [f64]) {
    // Enzyme cannot differentiate the maximum of two numbers.
    let above = f64::from(z[0] >= 0.0);
    out[0] = above * z[0] + ((1.0 - 2.0 * above) * z[0]).exp().ln_1p();
}

/// `ln(1 + exp(z))` and its derivative.
pub fn softplus_slope(z: f64) -> (f64, f64) {
    let (mut slope, mut value) = ([0.0], [0.0]);
    d_softplus(&[z], &mut slope, &mut value, &mut [1.0]);
    (softplus_value(z), slope[0])
}

fn softplus_value(z: f64) -> f64 {
    let mut value = [0.0];
    softplus(&[z], &mut value);
    value[0]
}

/// Applies a function to blocks; the last one is padded with 0.
fn map(f: impl Fn(&Block, &mut Block), z: &[f64], out: &mut [f64]) {
    let (blocks, rest) = z.as_chunks::<BLOCK>();
    let (targets, target) = out.as_chunks_mut::<BLOCK>();
    for (block, target) in blocks.iter().zip(targets) {
        let mut value = ZERO;
        f(&Block::from_array(*block), &mut value);
        *target = value.to_array();
    }
    let mut value = ZERO;
    f(&Block::load_or_default(rest), &mut value);
    target.copy_from_slice(&value.to_array()[..rest.len()]);
}

/// Replaces seeds by the derivatives of the sums.
fn pull_back(
    reverse: impl Fn(&Block, &mut Block, &mut Block, &mut Block),
    z: &[f64],
    seeds: &mut [f64],
) {
    let by_z = |z: Block, mut seed: Block| {
        let (mut by_z, mut value) = (ZERO, ZERO);
        reverse(&z, &mut by_z, &mut value, &mut seed);
        by_z.to_array()
    };
    let (blocks, rest) = z.as_chunks::<BLOCK>();
    let (targets, target) = seeds.as_chunks_mut::<BLOCK>();
    for (block, target) in blocks.iter().zip(targets) {
        *target = by_z(Block::from_array(*block), Block::from_array(*target));
    }
    let last = by_z(Block::load_or_default(rest), Block::load_or_default(target));
    target.copy_from_slice(&last[..rest.len()]);
}

impl Activation {
    /// Computes `phi(z)` into `out`, which has the same length.
    pub fn apply(self, z: &[f64], out: &mut [f64]) {
        assert_eq!(z.len(), out.len());
        match self {
            Self::Relu => map(relu, z, out),
            Self::Tanh => map(tanh, z, out),
            Self::Sigmoid => map(sigmoid, z, out),
        }
    }

    /// Multiplies `seeds`, derivatives with respect to `phi(z)`, by `phi'(z)`.
    pub fn apply_vjp(self, z: &[f64], seeds: &mut [f64]) {
        assert_eq!(z.len(), seeds.len());
        match self {
            Self::Relu => pull_back(d_relu, z, seeds),
            Self::Tanh => pull_back(d_tanh, z, seeds),
            Self::Sigmoid => pull_back(d_sigmoid, z, seeds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep_testing::{assert_close, difference};

    const POINTS: [f64; 11] = [-40.0, -3.1, -0.7, -1e-4, 0.02, 0.4, 1.3, 2.2, 5.0, 19.0, 60.0];

    #[test]
    fn at_0_derivatives_are_the_closed_forms() {
        for z in [0.0, -0.0] {
            for (activation, expected) in
                [(Activation::Relu, 0.0), (Activation::Tanh, 1.0), (Activation::Sigmoid, 0.25)]
            {
                let mut seeds = [1.0];
                activation.apply_vjp(&[z], &mut seeds);
                assert_eq!(seeds[0], expected, "{activation:?}");
            }
            assert_eq!(softplus_slope(z), (std::f64::consts::LN_2, 0.5));
        }
    }

    #[test]
    fn what_is_no_number_stays_none() {
        for (_, activation) in Activation::TABLE {
            assert!(value(activation, f64::NAN).is_nan(), "{activation:?}");
        }
    }

    fn value(activation: Activation, z: f64) -> f64 {
        let mut out = [0.0];
        activation.apply(&[z], &mut out);
        out[0]
    }

    #[test]
    fn values_are_those_of_the_textbook() {
        let mut out = [0.0; POINTS.len()];
        for (activation, expected) in [
            (Activation::Relu, (|z| z.max(0.0)) as fn(f64) -> f64),
            (Activation::Tanh, f64::tanh),
            (Activation::Sigmoid, |z| 1.0 / (1.0 + (-z).exp())),
        ] {
            activation.apply(&POINTS, &mut out);
            for (z, found) in POINTS.into_iter().zip(out) {
                assert!((found - expected(z)).abs() <= 2e-16, "{activation:?} at {z}: {found}");
                assert_eq!(found, value(activation, z), "blocks and single numbers");
            }
        }
    }

    #[test]
    fn derivatives_match_differences() {
        for (_, activation) in Activation::TABLE {
            let mut seeds: Vec<f64> = (0..POINTS.len()).map(|i| 0.3 + i as f64).collect();
            let before = seeds.clone();
            activation.apply_vjp(&POINTS, &mut seeds);
            for (i, z) in POINTS.into_iter().enumerate() {
                let expected = before[i] * difference(|z| value(activation, z), z, 1e-5);
                assert!((seeds[i] - expected).abs() < 1e-8 * before[i], "{activation:?} at {z}");
            }
        }
    }

    #[test]
    fn softplus_is_the_logarithm_of_the_sigmoid() {
        for z in POINTS {
            let (found, slope) = softplus_slope(z);
            if z.abs() < 20.0 {
                assert_close(found, -value(Activation::Sigmoid, -z).ln(), 1e-13);
            }
            assert_close(slope, value(Activation::Sigmoid, z), 1e-13);
        }
        assert_eq!(softplus_slope(800.0), (800.0, 1.0));
        assert_eq!(softplus_slope(-800.0), (0.0, 0.0));
    }
}
