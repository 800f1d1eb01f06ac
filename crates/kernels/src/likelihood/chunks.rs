//! Bins in chunks, on as many threads as there are.
//!
//! A model whose cells and shifts are few is one chunk per channel, and one thread's work. Larger
//! ones are divided in the same way on any number of threads, so that sums do not depend on it.

use std::ops::Range;

use rayon::prelude::*;

use super::layout::{Block, Layout};
use super::structure::Likelihood;

/// Bins of a chunk.
pub(super) const CHUNK: usize = 512;

impl Layout {
    /// The channels, in chunks of their bins where there are many; at least one chunk each.
    pub(super) fn chunks(&self) -> impl Iterator<Item = (&Block, Range<usize>)> {
        self.blocks.iter().flat_map(|block| {
            let Range { start, end } = block.bins;
            let chunks = 0..block.bins.len().div_ceil(CHUNK).max(1);
            chunks.map(move |i| (block, start + i * CHUNK..end.min(start + (i + 1) * CHUNK)))
        })
    }
}

/// Numbers of a model, above which several threads pay.
const MANY: usize = 200_000;

fn has_many(l: Likelihood) -> bool {
    l.coefficients.nominal.len() + l.coefficients.shift_s.len() >= MANY
}

/// Runs `f` on each index with both lists' entries there, on several threads where the model has
/// many numbers.
#[inline(always)]
pub(super) fn each_pair<A: Send, B: Send>(
    l: Likelihood,
    a: &mut [A],
    b: &mut [B],
    f: impl Fn(usize, &mut A, &mut B) + Sync,
) {
    let run = |start: usize, a: &mut [A], b: &mut [B]| {
        a.iter_mut().zip(b).enumerate().for_each(|(i, (a, b))| f(start + i, a, b));
    };
    if !has_many(l) {
        return run(0, a, b);
    }
    let chunks = a.par_chunks_mut(CHUNK).zip(b.par_chunks_mut(CHUNK)).enumerate();
    chunks.for_each(|(i, (a, b))| run(i * CHUNK, a, b));
}

/// Runs `f` on each part, on several threads where the model has many numbers.
pub(super) fn each<T: Send>(l: Likelihood, parts: Vec<T>, f: impl Fn(T) + Send + Sync) {
    if !has_many(l) {
        parts.into_iter().for_each(f);
    } else {
        parts.into_par_iter().for_each(f);
    }
}
