//! Blocks of eight events, and the kernels over them that several families of categories share.
//!
//! The compiler makes no vector instructions of a loop that Enzyme has reversed, so each kernel
//! takes one block, and plain loops call it.

use std::autodiff::autodiff_reverse;
use std::simd::f64x8;

/// A number for each of eight events.
pub type Block = f64x8;

/// Events in a block.
pub const EVENTS: usize = Block::LEN;

pub(super) const ZERO: Block = Block::splat(0.0);
pub(super) const ONE: Block = Block::splat(1.0);

/// The block of weights from event `i` on; 0 after the last event.
pub(super) fn weights_from(weights: &[f64], i: usize) -> Block {
    match weights[i..].first_chunk() {
        Some(numbers) => Block::from_array(*numbers),
        None => Block::load_or_default(&weights[i..]),
    }
}

/// The block of a column from event `i` on; after the last event its value again, because 0 may lie
/// where no event does, and an infinite score there would spoil even a weight of 0.
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
