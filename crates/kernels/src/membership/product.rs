//! Products of one-dimensional binnings by sigmoids.
//!
//! Column `d` has ascending boundaries `b_1, b_2, ...` and a steepness `k`. An event at `x` belongs
//! to its bin between `b_(j-1)` and `b_j` with
//!
//! ```text
//! m_j = sigma(k (x - b_(j-1))) - sigma(k (x - b_j))
//! ```
//!
//! where the sigmoid of the edge below the first bin is 1 and that of the edge above the last is 0.
//! A category is one bin of each column, and its membership is the product of theirs; categories
//! are numbered with the last column's bin running fastest. Slots are the boundaries, starting with
//! those of the first column.
//!
//! The sigmoid is written with `exp(-|t|)`, so that nothing overflows: it is 0 or 1, with
//! derivative 0, where `k (x - b)` is beyond 345 in size. Each exponential is computed once: a
//! forward sweep gives the sigmoid with its derivative with respect to the boundary, and reverse
//! sweeps over differences and products pull the adjoints back.
//!
//! | symbol | meaning |
//! |---|---|
//! | `b`, `k` | boundary and steepness, in units of the column and their inverse |
//! | `sigma` | logistic function: share of an event that lies above a boundary |

use std::autodiff::{autodiff_forward, autodiff_reverse};
use std::simd::Select;
use std::simd::cmp::SimdPartialOrd;
use std::simd::num::SimdFloat;

use super::SoftCategories;
use super::blocks::{Block, ONE, ZERO, decay, difference, difference_vjp};

#[autodiff_forward(d_sigmoid, Const, Dual, Const, Dual)]
fn sigmoid(x: &Block, boundary: &Block, steepness: &Block, out: &mut Block) {
    let t = *steepness * (*x - *boundary);
    let e = decay(-t.abs());
    let one = Block::splat(1.0);
    let below = t.simd_lt(Block::splat(0.0));
    *out = below.select(e, one) / (one + e);
}

/// Products of every number of `a` with every one of `b`, the latter running fastest. They are
/// computed all at once, because calling a derivative costs several products.
#[autodiff_reverse(d_outer, Duplicated, Duplicated, Duplicated)]
fn outer(a: &[Block], b: &[Block], out: &mut [Block]) {
    for i in 0..a.len() {
        for j in 0..b.len() {
            out[i * b.len() + j] = a[i] * b[j];
        }
    }
}

/// A column's binning, and where its numbers are among those of all columns.
#[derive(Clone, Debug, PartialEq)]
struct Column {
    boundaries: Vec<f64>,
    steepness: f64,
    /// The slot of its first boundary.
    slot: usize,
    /// Its first edge; an edge is a boundary or an end.
    edge: usize,
    /// Its first bin.
    bin: usize,
    /// Where the memberships by the columns before this one begin.
    before: usize,
    /// Where the memberships by this column and those before it begin.
    after: usize,
}

impl Column {
    fn bins(&self) -> usize {
        self.boundaries.len() + 1
    }
}

/// Products of one-dimensional binnings by sigmoids, at fixed boundaries.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductCategories {
    columns: Vec<Column>,
    categories: usize,
    slots: usize,
}

/// A block's workspace, column after column.
struct Parts<'a> {
    /// The share of an event above each edge.
    sigmas: &'a mut [Block],
    /// Derivatives of `sigmas` with respect to the boundaries.
    slopes: &'a mut [Block],
    by_sigmas: &'a mut [Block],
    bins: &'a mut [Block],
    by_bins: &'a mut [Block],
    /// 1, then the memberships by the first column, by the first two, ...
    products: &'a mut [Block],
    by_products: &'a mut [Block],
}

impl ProductCategories {
    /// Makes categories from `boundaries` (ascending, any number per column) and `steepness` (above
    /// 0, in inverse units of the column, one per column).
    pub fn new(boundaries: Vec<Vec<f64>>, steepness: Vec<f64>) -> Self {
        assert_eq!(boundaries.len(), steepness.len());
        assert!(steepness.iter().all(|k| *k > 0.0 && k.is_finite()), "steepness {steepness:?}");
        assert!(boundaries.iter().flatten().all(|b| b.is_finite()), "boundaries {boundaries:?}");
        assert!(boundaries.iter().all(|column| column.is_sorted()), "boundaries {boundaries:?}");
        let (mut categories, mut slots, mut before) = (1, 0, 0);
        let mut columns = Vec::with_capacity(steepness.len());
        for (d, (boundaries, steepness)) in boundaries.into_iter().zip(steepness).enumerate() {
            let (slot, after) = (slots, before + categories);
            slots += boundaries.len();
            categories *= boundaries.len() + 1;
            let (edge, bin) = (slot + 2 * d, slot + d);
            columns.push(Column { boundaries, steepness, slot, edge, bin, before, after });
            before = after;
        }
        Self { columns, categories, slots }
    }

    /// The numbers of edges, of bins, and of memberships by the first 0, 1, ... columns.
    fn sizes(&self) -> [usize; 3] {
        let (columns, products) = (self.columns.len(), self.last() + self.categories);
        [self.slots + 2 * columns, self.slots + columns, products]
    }

    /// Where the memberships by all columns begin.
    fn last(&self) -> usize {
        self.columns.last().map_or(0, |column| column.after)
    }

    fn parts<'a>(&self, workspace: &'a mut [Block]) -> Parts<'a> {
        let [edges, bins, products] = self.sizes();
        let (sigmas, rest) = workspace.split_at_mut(edges);
        let (slopes, rest) = rest.split_at_mut(edges);
        let (by_sigmas, rest) = rest.split_at_mut(edges);
        let (of_bins, rest) = rest.split_at_mut(bins);
        let (by_bins, rest) = rest.split_at_mut(bins);
        let (products, by_products) = rest.split_at_mut(products);
        Parts { sigmas, slopes, by_sigmas, bins: of_bins, by_bins, products, by_products }
    }
}

impl Parts<'_> {
    /// Memberships of events at `x` in a column's bins, and in their products with the columns
    /// before it.
    fn fill(&mut self, column: &Column, x: &Block) {
        let (n, steepness) = (column.bins(), Block::splat(column.steepness));
        let sigmas = &mut self.sigmas[column.edge..][..n + 1];
        (sigmas[0], sigmas[n]) = (ONE, ZERO);
        let slopes = &mut self.slopes[column.edge..][..n + 1];
        for (j, b) in column.boundaries.iter().enumerate() {
            let (sigma, slope) = (&mut sigmas[j + 1], &mut slopes[j + 1]);
            d_sigmoid(x, &Block::splat(*b), &ONE, &steepness, sigma, slope);
        }
        let bins = &mut self.bins[column.bin..][..n];
        for (j, bin) in bins.iter_mut().enumerate() {
            difference(&sigmas[j], &sigmas[j + 1], bin);
        }
        let (before, after) = self.products.split_at_mut(column.after);
        let before = &before[column.before..];
        outer(before, bins, &mut after[..before.len() * n]);
    }

    /// Pulls the adjoint of the memberships by a column and those before it back to the memberships
    /// by the columns before it and to the column's bins.
    fn pull_back_products(&mut self, column: &Column) {
        let n = column.bins();
        let (bins, by_bins) = (&self.bins[column.bin..][..n], &mut self.by_bins[column.bin..][..n]);
        let (before, after) = self.products.split_at_mut(column.after);
        let (by_before, by_after) = self.by_products.split_at_mut(column.after);
        let (before, by_before) = (&before[column.before..], &mut by_before[column.before..]);
        let (after, by_after) = (&mut after[..before.len() * n], &mut by_after[..before.len() * n]);
        d_outer(before, by_before, bins, by_bins, after, by_after);
    }

    /// Pulls the adjoint of a column's bins back to its boundaries: adds into `adjoint`.
    fn pull_back_bins(&mut self, column: &Column, adjoint: &mut [Block]) {
        let n = column.bins();
        let by_sigmas = &mut self.by_sigmas[column.edge..][..n + 1];
        for (j, seed) in self.by_bins[column.bin..][..n].iter().enumerate() {
            let (lower, upper) = by_sigmas.split_at_mut(j + 1);
            difference_vjp(&mut lower[j], &mut upper[0], *seed);
        }
        let slopes = &self.slopes[column.edge..][..n + 1];
        for (j, out) in adjoint[column.slot..][..n - 1].iter_mut().enumerate() {
            *out += by_sigmas[j + 1] * slopes[j + 1];
        }
    }
}

impl SoftCategories for ProductCategories {
    fn columns(&self) -> usize {
        self.columns.len()
    }

    fn categories(&self) -> usize {
        self.categories
    }

    fn slots(&self) -> usize {
        self.slots
    }

    fn workspace(&self) -> usize {
        let [edges, bins, products] = self.sizes();
        3 * edges + 2 * bins + 2 * products
    }

    fn memberships(&self, x: &[Block], workspace: &mut [Block], m: &mut [Block]) {
        let mut parts = self.parts(workspace);
        parts.products[0] = ONE;
        for (column, x) in self.columns.iter().zip(x) {
            parts.fill(column, x);
        }
        m.copy_from_slice(&parts.products[self.last()..]);
    }

    fn memberships_vjp(
        &self,
        _: &[Block],
        workspace: &mut [Block],
        by_m: &mut [Block],
        adjoint: &mut [Block],
    ) {
        let mut parts = self.parts(workspace);
        let (inner, last) = parts.by_products.split_at_mut(self.last());
        inner.fill(ZERO);
        last.copy_from_slice(by_m);
        parts.by_bins.fill(ZERO);
        parts.by_sigmas.fill(ZERO);
        for column in self.columns.iter().rev() {
            parts.pull_back_products(column);
            parts.pull_back_bins(column, adjoint);
        }
    }

    /// An event on a boundary belongs to the bin above, as in `numpy.histogram`.
    fn category(&self, x: &[f64]) -> usize {
        self.columns.iter().zip(x).fold(0, |category, (column, x)| {
            category * column.bins() + column.boundaries.partition_point(|b| b <= x)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::selection::Yield;
    use super::super::testing::{
        adjoint, assert_gradient, assert_yields, event, events, hard, memberships, objective,
        plain_yields, seeds, yields,
    };
    use super::*;
    use diffhep_testing::assert_close;

    const STEEPNESS: [f64; 3] = [2.1, 0.9, 3.3];

    fn boundaries(columns: usize) -> Vec<Vec<f64>> {
        vec![vec![-0.4, 0.5, 1.3], vec![], vec![0.2, 0.7]].split_off(3 - columns)
    }

    /// Binnings of the last column, the last two, or all three.
    fn categories(boundaries: &[Vec<f64>]) -> ProductCategories {
        let steepness = STEEPNESS[3 - boundaries.len()..].to_vec();
        ProductCategories::new(boundaries.to_vec(), steepness)
    }

    /// The same boundaries with other numbers.
    fn with_numbers(boundaries: &[Vec<f64>], numbers: &[f64]) -> Vec<Vec<f64>> {
        let mut numbers = numbers.iter().copied();
        let column = |old: &Vec<f64>| numbers.by_ref().take(old.len()).collect();
        boundaries.iter().map(column).collect()
    }

    fn plain(boundaries: &[Vec<f64>], x: &[f64]) -> Vec<f64> {
        let steepness = &STEEPNESS[3 - boundaries.len()..];
        boundaries.iter().zip(steepness).zip(x).fold(vec![1.0], |before, ((column, k), x)| {
            let sigmoid = |b: &f64| 1.0 / (1.0 + (-k * (x - b)).exp());
            let mut edges = vec![1.0];
            edges.extend(column.iter().map(sigmoid));
            edges.push(0.0);
            let bins = edges.windows(2).map(|edge| edge[0] - edge[1]);
            before.iter().flat_map(|m| bins.clone().map(move |bin| m * bin)).collect()
        })
    }

    #[test]
    fn yields_are_sums_over_products_of_binnings() {
        for (columns, count) in [(1, 3), (2, 3), (3, 12)] {
            let (boundaries, (x, weights)) = (boundaries(columns), events(columns, 19, -1.0, 2.0));
            let expected = plain_yields(count, &weights, |i| plain(&boundaries, &event(&x, i)));
            assert_yields(&yields(&categories(&boundaries), &x, &weights), &expected, 1e-13);
        }
    }

    #[test]
    fn derivatives_match_differences() {
        for columns in 1..=3 {
            let (boundaries, (x, weights)) = (boundaries(columns), events(columns, 21, -1.0, 2.0));
            let at = categories(&boundaries);
            for seeds in seeds(at.categories()) {
                let value = |numbers: &[f64]| {
                    let there = categories(&with_numbers(&boundaries, numbers));
                    objective(&yields(&there, &x, &weights), &seeds)
                };
                let found = adjoint(&at, &x, &weights, &seeds);
                assert_gradient(&found, value, &boundaries.concat(), 1e-3);
            }
        }
    }

    #[test]
    fn one_boundary_s_derivative_is_the_closed_form() {
        let (x, weights) = events(1, 13, -1.0, 2.0);
        let at = ProductCategories::new(vec![vec![0.3]], vec![2.5]);
        let seeds = [Yield { sum: 0.8, squares: 0.0 }, Yield { sum: -1.4, squares: 0.0 }];
        let slope = |(x, w): (&f64, &f64)| {
            let sigma = 1.0 / (1.0 + (-2.5 * (x - 0.3)).exp());
            w * 2.5 * sigma * (1.0 - sigma)
        };
        let expected: f64 = x[0].iter().zip(&weights).map(slope).sum();
        assert_close(adjoint(&at, &x, &weights, &seeds)[0], (0.8 + 1.4) * expected, 1e-13);
    }

    #[test]
    fn memberships_sum_to_1_and_none_is_negative() {
        let at = categories(&boundaries(3));
        for x in [-1e300, -30.0, -0.4, 0.1, 1.3, 50.0, 1e300] {
            let found = memberships(&at, &[x, -x, 0.5 * x]);
            assert_close(found.iter().sum(), 1.0, 1e-14);
            assert!(found.iter().all(|m| *m >= 0.0), "at {x}: {found:?}");
        }
    }

    #[test]
    fn steep_boundaries_and_far_events_give_numbers() {
        let x = vec![vec![0.5, 0.5 + 1e-12, -0.4, 0.0, 1e9, -1e300, 1e300, 1.3, 0.9]];
        let weights = [1.0, -0.3, 0.5, 2.0, 1.5, 0.2, -0.1, 0.6, 1.0];
        for steepness in [1e-3, 50.0, 1e6, 1e300] {
            let at = ProductCategories::new(vec![vec![-0.4, 0.5, 1.3]], vec![steepness]);
            let found = yields(&at, &x, &weights);
            assert!(found.iter().all(|bin| bin.sum.is_finite() && bin.squares.is_finite()));
            for seeds in seeds(4) {
                let found = adjoint(&at, &x, &weights, &seeds);
                assert!(found.iter().all(|by| by.is_finite()), "{steepness}: {found:?}");
            }
        }
    }

    #[test]
    fn hard_categories_are_the_limit_of_steep_boundaries() {
        let (boundaries, (x, weights)) = (boundaries(3), events(3, 61, -1.0, 2.0));
        let steep = ProductCategories::new(boundaries, vec![1e12; 3]);
        let found = hard(&steep, &x, &weights);
        assert!(found.iter().all(|bin| bin.squares > 0.0));
        assert_yields(&yields(&steep, &x, &weights), &found, 1e-13);
    }

    #[test]
    fn an_event_on_a_boundary_belongs_to_the_bin_above() {
        let at = ProductCategories::new(vec![vec![0.0, 1.0], vec![], vec![5.0]], vec![1.0; 3]);
        let x = [(-0.1, 0), (0.0, 1), (0.9, 1), (1.0, 2), (7.0, 2)];
        for (x, bin) in x {
            assert_eq!(at.category(&[x, 3.0, 4.9]), 2 * bin);
            assert_eq!(at.category(&[x, 3.0, 5.0]), 2 * bin + 1);
        }
    }

    #[test]
    fn without_boundaries_there_is_one_category() {
        let (x, weights) = events(2, 5, -1.0, 2.0);
        for at in [
            ProductCategories::new(vec![vec![], vec![]], vec![1.0, 2.0]),
            ProductCategories::new(vec![], vec![]),
        ] {
            let x = &x[..at.columns()];
            assert_close(yields(&at, x, &weights)[0].sum, weights.iter().sum(), 1e-14);
            assert_eq!(hard(&at, x, &weights)[0].sum, weights.iter().sum::<f64>());
            assert!(adjoint(&at, x, &weights, &[Yield { sum: 2.0, squares: 1.0 }]).is_empty());
        }
    }
}
