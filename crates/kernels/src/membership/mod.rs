//! Soft categories: events shared among categories, their yields, and derivatives with respect to
//! the parameters of the categories.
//!
//! Event `i` belongs to category `k` with a membership `m_ik` between 0 and 1, `sum_k m_ik = 1`.
//! A category's yield and sum of squared weights are
//!
//! ```text
//! Y_k = sum_i w_i m_ik        V_k = sum_i (w_i m_ik)^2
//! ```
//!
//! The families of categories are [`mixture`] (the components of a Gaussian mixture) and
//! [`product`] (binnings of several columns by sigmoids); [`softmax`] has the softmax that turns
//! scores into memberships, and histograms of a network's outputs. Each comes with a hard rule,
//! which is the limit of its memberships as the temperature falls or the boundaries steepen.
//!
//! Events are processed in blocks of eight, and memberships are computed again for a reverse sweep,
//! so that nothing as large as the sample is stored. The adjoint of a family's parameters has one
//! number for each of its *slots*, which are numbers that are the same for all events and computed
//! once from the parameters.
//!
//! | symbol | meaning |
//! |---|---|
//! | `m` | membership of an event in a category |
//! | `w` | weight of an event, of either sign |
//! | `Y`, `V` | yield and sum of squared weights of a category |
//! | `T` | temperature: the difference of scores over which memberships change |

mod blocks;
pub mod mixture;
mod parameters;
pub mod product;
pub mod softmax;

pub use blocks::{Block, EVENTS};
pub use mixture::{MeanConstraint, MixtureCategories, MixtureShape};
pub use product::ProductCategories;
pub use softmax::{hard_histogram, softmax_histogram, softmax_histogram_vjp};

use super::selection::Yield;
use blocks::{ZERO, add_yield, add_yield_vjp, values_from, weights_from};
use std::simd::num::SimdFloat;

/// Soft categories at fixed parameters.
pub trait SoftCategories: Sync {
    /// Number of columns `D` that determine an event's category.
    fn columns(&self) -> usize;

    /// Number of categories `K`.
    fn categories(&self) -> usize;

    /// Length `S` of the parameters' adjoint.
    fn slots(&self) -> usize;

    /// Number of blocks that [`SoftCategories::memberships`] keeps for the reverse sweep, or that
    /// this sweep needs.
    fn workspace(&self) -> usize;

    /// Computes the memberships of a block of events into `m` (`K` blocks), from their columns `x`
    /// (`D` blocks).
    fn memberships(&self, x: &[Block], workspace: &mut [Block], m: &mut [Block]);

    /// Pulls the adjoint of the memberships back, adding into `adjoint` (`S` blocks, one lane per
    /// event). `x` and `workspace` are as [`SoftCategories::memberships`] took and left them, and
    /// `by_m` (`K` blocks) may be overwritten.
    fn memberships_vjp(
        &self,
        x: &[Block],
        workspace: &mut [Block],
        by_m: &mut [Block],
        adjoint: &mut [Block],
    );

    /// The hard category of one event, from its columns `x` (`D` numbers).
    fn category(&self, x: &[f64]) -> usize;
}

/// Buffers for one block of events, which any categories of the same sizes can use.
#[derive(Clone, Debug)]
pub struct MembershipScratch {
    x: Vec<Block>,
    workspace: Vec<Block>,
    m: Vec<Block>,
    by_m: Vec<Block>,
    /// `Y` and `V` of each category, with one lane for every eighth event.
    yields: Vec<[Block; 2]>,
    adjoint: Vec<Block>,
}

impl MembershipScratch {
    /// Buffers for `categories` and others of the same sizes.
    pub fn new(categories: &impl SoftCategories) -> Self {
        let k = categories.categories();
        Self {
            x: vec![ZERO; categories.columns()],
            workspace: vec![ZERO; categories.workspace()],
            m: vec![ZERO; k],
            by_m: vec![ZERO; k],
            yields: vec![[ZERO; 2]; k],
            adjoint: vec![ZERO; categories.slots()],
        }
    }

    fn check<C: SoftCategories>(&self, categories: &C, columns: &[&[f64]], weights: &[f64]) {
        check(categories, columns, weights);
        assert_eq!(self.x.len(), columns.len());
        assert_eq!(self.workspace.len(), categories.workspace());
        assert_eq!(self.m.len(), categories.categories());
        assert_eq!(self.adjoint.len(), categories.slots());
    }

    /// Memberships of the block from event `i` on.
    fn fill<C: SoftCategories>(&mut self, categories: &C, columns: &[&[f64]], i: usize) {
        for (x, column) in self.x.iter_mut().zip(columns) {
            *x = values_from(column, i);
        }
        categories.memberships(&self.x, &mut self.workspace, &mut self.m);
    }

    /// Adds the yields of that block, with its weights.
    fn add_yields(&mut self, w: &Block) {
        for (m, lanes) in self.m.iter().zip(&mut self.yields) {
            add_yield(w, m, lanes);
        }
    }
}

fn check<C: SoftCategories>(categories: &C, columns: &[&[f64]], weights: &[f64]) {
    assert_eq!(columns.len(), categories.columns());
    assert!(columns.iter().all(|column| column.len() == weights.len()));
}

/// Adds a category's lanes to its yield.
fn add_lanes(out: &mut Yield, [y, v]: [Block; 2]) {
    *out += Yield { sum: y.reduce_sum(), squares: v.reduce_sum() };
}

/// A category's seeds, the same for all events.
fn splat(seed: &Yield) -> [Block; 2] {
    [Block::splat(seed.sum), Block::splat(seed.squares)]
}

/// Whether any seed asks for the derivatives of sums of squared weights.
fn any_squares(seeds: &[Yield]) -> bool {
    seeds.iter().any(|seed| seed.squares != 0.0)
}

/// Adds each category's yield into `out` (`K` of them), from `columns` (`D` of them) and `weights`,
/// all with the same number of events.
///
/// Columns must be finite.
pub fn soft_yields<C: SoftCategories>(
    categories: &C,
    columns: &[&[f64]],
    weights: &[f64],
    scratch: &mut MembershipScratch,
    out: &mut [Yield],
) {
    scratch.check(categories, columns, weights);
    assert_eq!(out.len(), categories.categories());
    scratch.yields.fill([ZERO; 2]);
    for i in (0..weights.len()).step_by(EVENTS) {
        scratch.fill(categories, columns, i);
        scratch.add_yields(&weights_from(weights, i));
    }
    for (out, lanes) in out.iter_mut().zip(&scratch.yields) {
        add_lanes(out, *lanes);
    }
}

/// Pulls the adjoint of [`soft_yields`] back to the slots: adds into `adjoint` (`S` numbers).
///
/// `seeds` (`K` of them) are the derivatives of the objective with respect to each `Y_k` (`sum`)
/// and `V_k` (`squares`). If they are known before the yields, the same pass adds the yields to
/// `yields` (`K` of them), as [`soft_yields`] does.
pub fn soft_yields_vjp<C: SoftCategories>(
    categories: &C,
    columns: &[&[f64]],
    weights: &[f64],
    scratch: &mut MembershipScratch,
    seeds: &[Yield],
    adjoint: &mut [f64],
    yields: Option<&mut [Yield]>,
) {
    scratch.check(categories, columns, weights);
    assert_eq!(seeds.len(), categories.categories());
    assert_eq!(adjoint.len(), categories.slots());
    assert!(yields.as_ref().is_none_or(|yields| yields.len() == seeds.len()));
    let squares = any_squares(seeds);
    let seeds: Vec<[Block; 2]> = seeds.iter().map(splat).collect();
    scratch.yields.fill([ZERO; 2]);
    scratch.adjoint.fill(ZERO);
    for i in (0..weights.len()).step_by(EVENTS) {
        scratch.fill(categories, columns, i);
        let w = weights_from(weights, i);
        if yields.is_some() {
            scratch.add_yields(&w);
        }
        let memberships = scratch.m.iter().zip(&mut scratch.by_m);
        for ((m, by_m), seed) in memberships.zip(&seeds) {
            if squares {
                *by_m = ZERO;
                add_yield_vjp((&w, &mut { ZERO }), (m, by_m), *seed, squares);
            } else {
                // `Y` is a sum of `w m`, and calling its derivative would cost more than the
                // product.
                *by_m = w * seed[0];
            }
        }
        let MembershipScratch { x, workspace, by_m, adjoint, .. } = scratch;
        categories.memberships_vjp(x, workspace, by_m, adjoint);
    }
    for (out, lanes) in adjoint.iter_mut().zip(&scratch.adjoint) {
        *out += lanes.reduce_sum();
    }
    if let Some(yields) = yields {
        yields.iter_mut().zip(&scratch.yields).for_each(|(out, lanes)| add_lanes(out, *lanes));
    }
}

/// As [`soft_yields`], but with each event only in its hard category.
pub fn hard_yields<C: SoftCategories>(
    categories: &C,
    columns: &[&[f64]],
    weights: &[f64],
    out: &mut [Yield],
) {
    check(categories, columns, weights);
    assert_eq!(out.len(), categories.categories());
    let mut x = vec![0.0; columns.len()];
    for (i, w) in weights.iter().enumerate() {
        for (x, column) in x.iter_mut().zip(columns) {
            *x = column[i];
        }
        out[categories.category(&x)] += Yield { sum: *w, squares: w * w };
    }
}

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests {
    use super::testing::{adjoint, assert_yields, events, hard, seeds, slices, yields};
    use super::*;

    fn categories() -> ProductCategories {
        ProductCategories::new(vec![vec![0.1, 0.8], vec![0.4]], vec![3.0, 2.0])
    }

    #[test]
    fn yields_and_adjoints_are_added() {
        let (at, (x, weights)) = (categories(), events(2, 11, -1.0, 2.0));
        let (scratch, start) = (&mut MembershipScratch::new(&at), Yield { sum: 7.0, squares: 3.0 });
        let (mut soft, mut of_hard, mut by) = (vec![start; 6], vec![start; 6], vec![5.0; 3]);
        soft_yields(&at, &slices(&x), &weights, scratch, &mut soft);
        hard_yields(&at, &slices(&x), &weights, &mut of_hard);
        let seeds = &seeds(6)[1];
        let mut beside = vec![start; 6];
        soft_yields_vjp(&at, &slices(&x), &weights, scratch, seeds, &mut by, Some(&mut beside));
        assert_eq!(beside, soft, "the same bits");
        for (found, alone) in
            [(soft, yields(&at, &x, &weights)), (of_hard, hard(&at, &x, &weights))]
        {
            for (found, mut expected) in found.into_iter().zip(alone) {
                expected += start;
                assert_yields(&[found], &[expected], 1e-14);
            }
        }
        for (found, alone) in by.iter().zip(adjoint(&at, &x, &weights, seeds)) {
            assert_eq!(*found, 5.0 + alone);
        }
    }

    #[test]
    fn the_last_block_counts_its_events_alone() {
        let (at, (x, weights)) = (categories(), events(2, 24, -1.0, 2.0));
        for count in 0..24 {
            let mut cut = weights.clone();
            cut[count..].fill(0.0);
            let short: Vec<Vec<f64>> = x.iter().map(|x| x[..count].to_vec()).collect();
            assert_eq!(yields(&at, &short, &cut[..count]), yields(&at, &x, &cut));
            let seeds = &seeds(6)[1];
            let found = adjoint(&at, &short, &cut[..count], seeds);
            assert_eq!(found, adjoint(&at, &x, &cut, seeds));
        }
    }

    #[test]
    fn categories_share_all_of_the_weight() {
        let (at, (x, weights)) = (categories(), events(2, 50, -1.0, 2.0));
        let total: f64 = weights.iter().sum();
        for found in [yields(&at, &x, &weights), hard(&at, &x, &weights)] {
            let sum: f64 = found.iter().map(|category| category.sum).sum();
            assert!((sum - total).abs() < 1e-12 * total.abs(), "{sum} of {total}");
        }
    }
}
