//! Blocks of eight events, and the kernels over them that several families of categories share.
//!
//! The compiler does not vectorise a loop that Enzyme has reversed, so each kernel takes one block,
//! and plain loops call it.

use std::autodiff::autodiff_reverse;
use std::simd::cmp::SimdPartialOrd;
use std::simd::{Select, StdFloat, f64x8};

/// One number for each of eight events.
pub type Block = f64x8;

/// Events in a block.
pub const EVENTS: usize = Block::LEN;

pub(super) const ZERO: Block = Block::splat(0.0);
pub(super) const ONE: Block = Block::splat(1.0);

/// The exponent below which an exponential is taken as 0. It is 1e-150 there, and its square is
/// still a normal number: the processor, and the C library's `exp`, are many times slower with
/// smaller ones.
const LEAST: f64 = -345.0;

/// The exponential of numbers that are not above 0.
#[inline(always)]
pub(super) fn decay(t: Block) -> Block {
    let least = Block::splat(LEAST);
    let t = t.simd_lt(least).select(least, t);
    // Two conditions are needed: with one, the compiler takes the exponential of the original `t`.
    t.simd_le(least).select(Block::splat(0.0), t.exp())
}

/// The block of weights from event `i` on; 0 after the last event.
pub(super) fn weights_from(weights: &[f64], i: usize) -> Block {
    match weights[i..].first_chunk() {
        Some(numbers) => Block::from_array(*numbers),
        None => Block::load_or_default(&weights[i..]),
    }
}

/// The block of a column from event `i` on; after the last event its value is repeated, because 0
/// may be far from all events, and an infinite score there would spoil even a weight of 0.
pub(super) fn values_from(column: &[f64], i: usize) -> Block {
    match column[i..].first_chunk() {
        Some(numbers) => Block::from_array(*numbers),
        None => Block::load_or(&column[i..], Block::splat(column[column.len() - 1])),
    }
}

/// Adds the lanes to the numbers from event `i` on, as far as there are events.
pub(super) fn add_from(numbers: &mut [f64], i: usize, lanes: Block) {
    for (number, lane) in numbers[i..].iter_mut().zip(lanes.to_array()) {
        *number += lane;
    }
}

#[autodiff_reverse(d_product, Duplicated, Duplicated, Duplicated)]
pub(super) fn product(a: &Block, b: &Block, out: &mut Block) {
    *out = *a * *b;
}

#[autodiff_reverse(d_difference, Duplicated, Duplicated, Duplicated)]
pub(super) fn difference(a: &Block, b: &Block, out: &mut Block) {
    *out = *a - *b;
}

#[autodiff_reverse(d_sum, Duplicated, Duplicated, Duplicated)]
fn sum(w: &Block, m: &Block, y: &mut Block) {
    *y += *w * *m;
}

#[autodiff_reverse(d_sums, Duplicated, Duplicated, Duplicated, Duplicated)]
fn sums(w: &Block, m: &Block, y: &mut Block, v: &mut Block) {
    let product = *w * *m;
    *y += product;
    *v += product * product;
}

/// Adds the derivatives of `a b`, seeded by `seed`, into `by_a` and `by_b`.
pub(super) fn product_vjp(a: &Block, by_a: &mut Block, b: &Block, by_b: &mut Block, seed: Block) {
    d_product(a, by_a, b, by_b, &mut { ZERO }, &mut { seed });
}

/// Adds the derivatives of `a - b`, seeded by `seed`, into `by_a` and `by_b`.
pub(super) fn difference_vjp(by_a: &mut Block, by_b: &mut Block, seed: Block) {
    d_difference(&ZERO, by_a, &ZERO, by_b, &mut { ZERO }, &mut { seed });
}

/// Adds a block's `w m` and `(w m)^2` into a category's `Y` and `V`.
pub(super) fn add_yield(w: &Block, m: &Block, [y, v]: &mut [Block; 2]) {
    sums(w, m, y, v);
}

/// Adds the derivatives of `Y` and `V`, seeded by `seed`, into `by_w` and `by_m`; those of `V` only
/// where `squares` asks for them.
pub(super) fn add_yield_vjp(
    (w, by_w): (&Block, &mut Block),
    (m, by_m): (&Block, &mut Block),
    [by_y, by_v]: [Block; 2],
    squares: bool,
) {
    let (by_y, by_v) = (&mut { by_y }, &mut { by_v });
    if squares {
        d_sums(w, by_w, m, by_m, &mut { ZERO }, by_y, &mut { ZERO }, by_v);
    } else {
        d_sum(w, by_w, m, by_m, &mut { ZERO }, by_y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decays_are_exponentials_and_0_where_those_have_small_squares() {
        let numbers = [0.0, -1e-20, -0.7, -344.9, -345.1, -1e300, f64::NEG_INFINITY, f64::NAN];
        let found = decay(Block::from_array(numbers)).to_array();
        for i in 0..4 {
            assert_eq!(found[i], numbers[i].exp());
        }
        assert_eq!(found[4..7], [0.0; 3]);
        assert!(found[7].is_nan());
    }

    #[test]
    fn the_last_block_repeats_the_last_value_and_has_no_more_weight() {
        let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];
        assert_eq!(values_from(&numbers, 2).to_array(), numbers[2..]);
        assert_eq!(values_from(&numbers, 8).to_array()[..3], [9.0, 10.0, 10.0]);
        assert_eq!(weights_from(&numbers, 8).to_array()[..3], [9.0, 10.0, 0.0]);
        let mut sums = numbers;
        add_from(&mut sums, 8, Block::splat(0.5));
        assert_eq!((sums[..8].to_vec(), &sums[8..]), (numbers[..8].to_vec(), &[9.5, 10.5][..]));
    }
}
