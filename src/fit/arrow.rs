//! Symmetric matrices over a model's parameters, and their factors, in the pattern of its
//! [`Layout`].
//!
//! With `s` the shared and `l` the bin-wise parameters,
//!
//! `H = [A B^T; B D]`,  `S = A - B^T D^-1 B`,
//!
//! `D` has one small square per component of bin-wise parameters, and the rows of `B` have the
//! columns of the channels that their component touches. Elimination of the bin-wise parameters
//! leaves the Schur complement `S` of the shared ones: a cost of bins x shared^2, and no memory but
//! that of `A`, `B` and `D`. Source: G. Golub, C. Van Loan, Matrix Computations, 4th ed., sections
//! 3.2 and 4.2.

use std::sync::Arc;

use nalgebra::DMatrix;

use super::arrow_factor::ArrowFactor;
use super::products::{add_weighted, within};
use crate::kernels::likelihood::{Block, Curvature, Jacobian, Layout, Likelihood, Place};

/// A symmetric matrix over all parameters.
#[derive(Clone, Debug)]
pub(crate) struct Arrow {
    pub(super) layout: Arc<Layout>,
    /// Row-major; both triangles.
    pub(super) shared: Vec<f64>,
    /// The components' rows.
    pub(super) rows: Vec<f64>,
    /// The components' squares, row-major.
    pub(super) squares: Vec<f64>,
}

impl Arrow {
    /// All 0.
    pub(crate) fn new(layout: &Arc<Layout>) -> Self {
        let n = layout.shared.len();
        let (rows, squares) = layout.component_lengths();
        let layout = layout.clone();
        Self {
            layout,
            shared: vec![0.0; n * n],
            rows: vec![0.0; rows],
            squares: vec![0.0; squares],
        }
    }

    /// All 0, in the memory of a factor that is not needed any more.
    pub(super) fn reusing(layout: &Arc<Layout>, spare: Option<ArrowFactor>) -> Self {
        let Some(spare) = spare else { return Self::new(layout) };
        let (mut shared, mut rows, mut squares) = spare.into_memory();
        let (n_rows, n_squares) = layout.component_lengths();
        let lengths = [layout.shared.len().pow(2), n_rows, n_squares];
        for (list, length) in [&mut shared, &mut rows, &mut squares].into_iter().zip(lengths) {
            list.clear();
            list.resize(length, 0.0);
        }
        Self { layout: layout.clone(), shared, rows, squares }
    }

    /// Adds `J^T diag(weights) J`, one weight per bin, none below 0.
    pub(crate) fn add_outer(&mut self, jacobian: &Jacobian, weights: &[f64]) {
        let layout = &*self.layout.clone();
        for block in &layout.blocks {
            let rows = jacobian.rows(layout, block);
            self.add_rows(&block.columns, rows, &weights[block.bins.clone()]);
            for bin in block.bins.clone() {
                let row = jacobian.row(layout, block, bin);
                for entry in layout.entries(bin) {
                    let weight = weights[bin] * jacobian.entries()[entry];
                    self.add_entry_row(block, entry, row, weight);
                    for other in layout.entries(bin).start..=entry {
                        self.add_pair(entry, other, weight * jacobian.entries()[other]);
                    }
                }
            }
        }
    }

    /// Adds second derivatives of a weighted sum of the rates.
    pub(crate) fn add_curvature(&mut self, l: Likelihood, curvature: &Curvature) {
        let layout = &*self.layout.clone();
        curvature.add_shared(l, &mut self.shared);
        for block in &layout.blocks {
            for bin in block.bins.clone() {
                for entry in layout.entries(bin) {
                    let row = curvature.entry_row(layout, block, entry);
                    self.add_entry_row(block, entry, row, 1.0);
                    for other in layout.entries(bin).start..=entry {
                        self.add_pair(entry, other, curvature.pair(layout, bin, entry, other));
                    }
                }
            }
        }
    }

    /// Adds to the diagonal, one number per parameter.
    pub(crate) fn add_diagonal(&mut self, diagonal: &[f64]) {
        for (p, value) in diagonal.iter().enumerate() {
            *self.entry_mut(p, p) += value;
        }
    }

    /// Adds `sum_b weight_b row_b row_b^T` over some columns of the shared part.
    fn add_rows(&mut self, columns: &[usize], rows: &[f64], weights: &[f64]) {
        let n = self.layout.shared.len();
        let add = |out: &mut [f64]| add_weighted(rows, columns.len(), weights, out);
        within(columns, n, &mut self.shared, add);
    }

    /// Adds `weight` times a row of a block's columns to the row of an entry's parameter.
    fn add_entry_row(&mut self, block: &Block, entry: usize, row: &[f64], weight: f64) {
        let (layout, n) = (&*self.layout, self.layout.shared.len());
        match layout.places[layout.entry_parameter[entry]] {
            Place::Shared(i) => {
                for (&j, value) in block.columns.iter().zip(row) {
                    self.shared[i * n + j] += weight * value;
                    self.shared[j * n + i] += weight * value;
                }
            }
            Place::Local(local) => {
                let (range, list) = row_of(layout, local);
                let out = &mut self.rows[range];
                if list.len() == row.len() {
                    return out.iter_mut().zip(row).for_each(|(out, d)| *out += weight * d);
                }
                for (column, value) in block.columns.iter().zip(row) {
                    let place = list.binary_search(column).expect("a list has its blocks' columns");
                    out[place] += weight * value;
                }
            }
        }
    }

    /// Adds a second derivative by the parameters of two entries of one bin.
    fn add_pair(&mut self, one: usize, other: usize, value: f64) {
        let [p, q] = [one, other].map(|entry| self.layout.entry_parameter[entry]);
        *self.entry_mut(p, q) += value;
        let both = [p, q].map(|p| self.layout.places[p]);
        let is_mixed = matches!(
            both,
            [Place::Shared(_), Place::Local(_)] | [Place::Local(_), Place::Shared(_)]
        );
        // A mixed one is stored once.
        if p != q && !is_mixed {
            *self.entry_mut(q, p) += value;
        }
    }

    fn entry_mut(&mut self, p: usize, q: usize) -> &mut f64 {
        let (layout, n) = (&*self.layout, self.layout.shared.len());
        match [p, q].map(|p| layout.places[p]) {
            [Place::Shared(i), Place::Shared(j)] => &mut self.shared[i * n + j],
            [Place::Local(i), Place::Local(j)] => {
                let component = &layout.components[layout.component_of[i]];
                let (first, size) = (component.local.start, component.local.len());
                &mut self.squares[component.square + (i - first) * size + (j - first)]
            }
            [Place::Local(local), Place::Shared(column)]
            | [Place::Shared(column), Place::Local(local)] => {
                let (range, list) = row_of(layout, local);
                let place = list.binary_search(&column).expect("a list has its shared gammas");
                &mut self.rows[range.start + place]
            }
        }
    }

    /// The product with a vector over all parameters.
    pub(crate) fn times(&self, x: &[f64]) -> Vec<f64> {
        let (layout, n) = (&*self.layout, self.layout.shared.len());
        let mut out = vec![0.0; x.len()];
        let of_shared: Vec<f64> = layout.shared.iter().map(|&p| x[p]).collect();
        if n > 0 {
            for (row, &p) in self.shared.chunks_exact(n).zip(&layout.shared) {
                out[p] += row.iter().zip(&of_shared).map(|(h, x)| h * x).sum::<f64>();
            }
        }
        for component in &layout.components {
            let (list, size) = (&layout.lists[component.list], component.local.len());
            for (i, local) in component.local.clone().enumerate() {
                let p = layout.local[local];
                let row = &self.rows[row_of(layout, local).0];
                for (value, &column) in row.iter().zip(list) {
                    out[p] += value * of_shared[column];
                    out[layout.shared[column]] += value * x[p];
                }
                let square = &self.squares[component.square + i * size..][..size];
                let members = &layout.local[component.local.clone()];
                out[p] += square.iter().zip(members).map(|(h, &q)| h * x[q]).sum::<f64>();
            }
        }
        out
    }

    /// The entries by some of the parameters, ascending.
    pub(crate) fn dense(&self, free: &[usize]) -> DMatrix<f64> {
        let mut index = vec![usize::MAX; self.layout.places.len()];
        free.iter().enumerate().for_each(|(i, &p)| index[p] = i);
        let mut out = DMatrix::zeros(free.len(), free.len());
        let (layout, n) = (&*self.layout, self.layout.shared.len());
        let mut set = |p: usize, q: usize, value: f64| {
            if index[p] != usize::MAX && index[q] != usize::MAX {
                out[(index[p], index[q])] = value;
                out[(index[q], index[p])] = value;
            }
        };
        for (i, &p) in layout.shared.iter().enumerate() {
            let row = &self.shared[i * n..(i + 1) * n];
            layout.shared.iter().zip(row).for_each(|(&q, value)| set(p, q, *value));
        }
        for component in &layout.components {
            let members = &layout.local[component.local.clone()];
            let squares = self.squares[component.square..].chunks_exact(members.len());
            for ((local, &p), square) in component.local.clone().zip(members).zip(squares) {
                members.iter().zip(square).for_each(|(&q, value)| set(p, q, *value));
                let (range, list) = row_of(layout, local);
                let row = list.iter().zip(&self.rows[range]);
                row.for_each(|(&column, value)| set(p, layout.shared[column], *value));
            }
        }
        out
    }

    /// Whether all numbers are the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let Self { shared, rows, squares, .. } = self;
        (shared, rows, squares) == (&other.shared, &other.rows, &other.squares)
    }

    /// Factorises the part over some of the parameters, ascending; `None` where it is not positive.
    pub(crate) fn into_factor(self, free: &[usize]) -> Option<ArrowFactor> {
        ArrowFactor::eliminated(self, free).ok()?.with_schur().ok()
    }

    /// As [`Arrow::into_factor`]; the error is the parameter that is least determined.
    pub(crate) fn factor(&self, free: &[usize]) -> Result<ArrowFactor, usize> {
        let factor = ArrowFactor::eliminated(self.clone(), free)?;
        factor.clone().with_schur().map_err(|()| factor.least_determined())
    }
}

/// The place of a bin-wise parameter's row, and the row's columns.
fn row_of(layout: &Layout, local: usize) -> (std::ops::Range<usize>, &[usize]) {
    let component = &layout.components[layout.component_of[local]];
    let list = &layout.lists[component.list];
    let start = component.rows + (local - component.local.start) * list.len();
    (start..start + list.len(), list)
}
