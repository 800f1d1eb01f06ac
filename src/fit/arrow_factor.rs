//! Cholesky's factors of [`Arrow`]s: bin-wise parameters are eliminated, which leaves the Schur
//! complement of the shared ones.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use nalgebra::{Cholesky, DMatrix, DVector};

use super::arrow::Arrow;
use super::information::{Factor, has_sound_pivot};
use super::products::{add_symmetric, within};
use crate::kernels::likelihood::{Layout, Place};

/// Cholesky's factor of an [`Arrow`] over some of the parameters.
#[derive(Clone, Debug)]
pub(crate) struct ArrowFactor {
    layout: Arc<Layout>,
    /// Which of the bin-wise parameters are free.
    is_free: Vec<bool>,
    /// Free shared parameters, as indices in the layout's, with the matrix's diagonal.
    columns: Vec<usize>,
    diagonal: Vec<f64>,
    /// Lower factors `L` of the components' squares, row-major, over their free parameters.
    squares: Vec<f64>,
    /// `L^-1 B`, in the place of the components' rows; 0 for parameters that are not free.
    rows: Vec<f64>,
    /// The Schur complement over all shared parameters, until it is factorised.
    complement: Vec<f64>,
    schur: Option<Factor>,
}

impl ArrowFactor {
    /// With the bin-wise parameters eliminated; the error is one that is not determined.
    pub(super) fn eliminated(arrow: Arrow, free: &[usize]) -> Result<Self, usize> {
        let Arrow { layout, shared, rows, squares } = arrow;
        let (mut is_free, mut columns) = (vec![false; layout.local.len()], Vec::new());
        for &p in free {
            match layout.places[p] {
                Place::Shared(column) => columns.push(column),
                Place::Local(local) => is_free[local] = true,
            }
        }
        let n = layout.shared.len();
        let diagonal = columns.iter().map(|&c| shared[c * n + c]).collect();
        let (complement, schur) = (shared, None);
        let mut factor =
            Self { layout, is_free, columns, diagonal, squares, rows, complement, schur };
        for component in 0..factor.layout.components.len() {
            factor.eliminate(component)?;
        }
        factor.subtract_rows();
        Ok(factor)
    }

    /// Factorises a component's square and solves its rows.
    fn eliminate(&mut self, component: usize) -> Result<(), usize> {
        let component = &self.layout.components[component];
        let (first, size) = (component.local.start, component.local.len());
        let width = self.layout.lists[component.list].len();
        let square = &mut self.squares[component.square..component.square + size * size];
        let rows = &mut self.rows[component.rows..component.rows + size * width];
        for i in 0..size {
            let (above, row) = rows.split_at_mut(i * width);
            let row = &mut row[..width];
            if !self.is_free[first + i] {
                row.fill(0.0);
                continue;
            }
            let diagonal = square[i * size + i];
            let mut pivot = diagonal;
            for j in (0..i).filter(|j| self.is_free[first + j]) {
                let mut entry = square[i * size + j];
                for k in (0..j).filter(|k| self.is_free[first + k]) {
                    entry -= square[i * size + k] * square[j * size + k];
                }
                entry /= square[j * size + j];
                square[i * size + j] = entry;
                pivot -= entry * entry;
                let above = &above[j * width..(j + 1) * width];
                row.iter_mut().zip(above).for_each(|(value, above)| *value -= entry * above);
            }
            if !has_sound_pivot(pivot, diagonal) {
                return Err(self.layout.local[first + i]);
            }
            let root = pivot.sqrt();
            square[i * size + i] = root;
            row.iter_mut().for_each(|value| *value /= root);
        }
        Ok(())
    }

    /// Runs of components with the same columns: the columns, and their rows' place.
    fn runs(&self) -> Vec<(usize, Range<usize>)> {
        let mut runs: Vec<(usize, Range<usize>)> = Vec::new();
        for component in &self.layout.components {
            let length = component.local.len() * self.layout.lists[component.list].len();
            match runs.last_mut() {
                Some((list, range)) if *list == component.list => range.end += length,
                _ => runs.push((component.list, component.rows..component.rows + length)),
            }
        }
        runs
    }

    /// Makes the Schur complement of what are the shared parameters' entries until then.
    fn subtract_rows(&mut self) {
        let n = self.layout.shared.len();
        for (list, range) in self.runs() {
            let (rows, columns) = (&self.rows[range], &self.layout.lists[list]);
            let add = |out: &mut [f64]| add_symmetric(rows, columns.len(), -1.0, out);
            within(columns, n, &mut self.complement, add);
        }
    }

    /// The Schur complement over the free parameters.
    fn free_complement(&self) -> DMatrix<f64> {
        let (n, free) = (self.layout.shared.len(), &self.columns);
        let entry = |i: usize, j: usize| self.complement[free[i] * n + free[j]];
        DMatrix::from_fn(free.len(), free.len(), entry)
    }

    pub(super) fn with_schur(mut self) -> Result<Self, ()> {
        let n = self.columns.len();
        if n == 0 {
            return Ok(self);
        }
        let matrix = if n == self.layout.shared.len() {
            DMatrix::from_vec(n, n, std::mem::take(&mut self.complement))
        } else {
            let matrix = self.free_complement();
            self.complement = Vec::new();
            matrix
        };
        let factor = Cholesky::new(matrix).ok_or(())?;
        let root = factor.l_dirty();
        let is_sound = |i: usize| has_sound_pivot(root[(i, i)] * root[(i, i)], self.diagonal[i]);
        if !(0..n).all(is_sound) {
            return Err(());
        }
        self.schur = Some(factor);
        Ok(self)
    }

    /// The memory of the Schur complement, the rows and the squares.
    pub(super) fn into_memory(self) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let schur = self.schur.map(|schur| schur.unpack_dirty().data.into());
        (schur.unwrap_or(self.complement), self.rows, self.squares)
    }

    pub(super) fn least_determined(&self) -> usize {
        let row = least_determined(&self.free_complement(), &self.diagonal);
        self.layout.shared[self.columns[row]]
    }

    /// Solves `L u = b` for a component.
    fn solve_lower(&self, component: usize, b: &mut [f64]) {
        let component = &self.layout.components[component];
        let (first, size) = (component.local.start, component.local.len());
        let square = &self.squares[component.square..component.square + size * size];
        for i in 0..size {
            if !self.is_free[first + i] {
                b[i] = 0.0;
                continue;
            }
            let known: f64 = (0..i).map(|j| square[i * size + j] * b[j]).sum();
            b[i] = (b[i] - known) / square[i * size + i];
        }
    }

    /// Solves `L^T x = u` for a component.
    fn solve_upper(&self, component: usize, u: &mut [f64]) {
        let component = &self.layout.components[component];
        let (first, size) = (component.local.start, component.local.len());
        let square = &self.squares[component.square..component.square + size * size];
        for i in (0..size).rev().filter(|i| self.is_free[first + i]) {
            let known: f64 = (i + 1..size).map(|j| square[j * size + i] * u[j]).sum();
            u[i] = (u[i] - known) / square[i * size + i];
        }
    }

    /// Adds `factor` times the sum of a component's rows, each with its weight, to the shared
    /// parameters' numbers.
    fn add_rows(&self, component: usize, weights: &[f64], factor: f64, out: &mut [f64]) {
        let component = &self.layout.components[component];
        let list = &self.layout.lists[component.list];
        for (i, weight) in weights.iter().enumerate() {
            let row = &self.rows[component.rows + i * list.len()..][..list.len()];
            list.iter().zip(row).for_each(|(&column, z)| out[column] += factor * z * weight);
        }
    }

    /// Solves `H x = b` over the free parameters. Both are over all parameters: what `b` has for
    /// others is ignored, and `x` is 0 there.
    pub(crate) fn solve(&self, b: &[f64]) -> Vec<f64> {
        let layout = &*self.layout;
        let mut of_shared: Vec<f64> = layout.shared.iter().map(|&p| b[p]).collect();
        let mut of_local: Vec<f64> = layout.local.iter().map(|&p| b[p]).collect();
        for (c, component) in layout.components.iter().enumerate() {
            let u = &mut of_local[component.local.clone()];
            self.solve_lower(c, u);
            self.add_rows(c, u, -1.0, &mut of_shared);
        }
        let x = self.solve_schur(of_shared);
        let mut out = vec![0.0; b.len()];
        layout.shared.iter().zip(&x).for_each(|(&p, x)| out[p] = *x);
        for (c, component) in layout.components.iter().enumerate() {
            let u = &mut of_local[component.local.clone()];
            let list = &layout.lists[component.list];
            for (i, u) in u.iter_mut().enumerate() {
                let row = &self.rows[component.rows + i * list.len()..][..list.len()];
                *u -= list.iter().zip(row).map(|(&column, z)| z * x[column]).sum::<f64>();
            }
            self.solve_upper(c, u);
            layout.local[component.local.clone()].iter().zip(u).for_each(|(&p, x)| out[p] = *x);
        }
        out
    }

    /// Solves with the Schur complement, over all shared parameters.
    fn solve_schur(&self, mut b: Vec<f64>) -> Vec<f64> {
        let Some(schur) = &self.schur else {
            b.fill(0.0);
            return b;
        };
        if self.columns.len() == b.len() {
            let mut x = DVector::from_vec(b);
            schur.solve_mut(&mut x);
            return x.data.into();
        }
        let part = self.columns.iter().map(|&column| b[column]);
        let mut part = DVector::from_iterator(self.columns.len(), part);
        schur.solve_mut(&mut part);
        b.fill(0.0);
        self.columns.iter().zip(&part).for_each(|(&column, value)| b[column] = *value);
        b
    }

    /// `g^T H^-1 g` over the free parameters, from some parameters with their components of `g`; a
    /// parameter that occurs twice counts with the sum of both. The cost, shared^2, does not depend
    /// on the number of bin-wise parameters that `g` leaves out.
    pub(crate) fn inverse_form(&self, g: &[(usize, f64)]) -> f64 {
        let layout = &*self.layout;
        let mut of_shared = vec![0.0; layout.shared.len()];
        let mut of_components: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for &(p, value) in g {
            match layout.places[p] {
                Place::Shared(column) => of_shared[column] += value,
                Place::Local(local) => {
                    let component = layout.component_of[local];
                    let members = &layout.components[component].local;
                    let zeros = || vec![0.0; members.len()];
                    let part = of_components.entry(component).or_insert_with(zeros);
                    part[local - members.start] += value;
                }
            }
        }
        let mut form = 0.0;
        for (c, mut u) in of_components {
            self.solve_lower(c, &mut u);
            form += u.iter().map(|u| u * u).sum::<f64>();
            self.add_rows(c, &u, -1.0, &mut of_shared);
        }
        let Some(schur) = &self.schur else { return form };
        let part = self.columns.iter().map(|&column| of_shared[column]);
        let mut part = DVector::from_iterator(self.columns.len(), part);
        schur.l_dirty().solve_lower_triangular_mut(&mut part);
        form + part.norm_squared()
    }
}

/// The row with the largest component in the least determined direction, in units of each
/// parameter's own curvature.
pub(crate) fn least_determined(matrix: &DMatrix<f64>, diagonal: &[f64]) -> usize {
    if let Some(row) = diagonal.iter().position(|entry| !(*entry > 0.0 && entry.is_finite())) {
        return row;
    }
    let unit = |i: usize| diagonal[i].sqrt();
    let (n, m) = matrix.shape();
    let scaled = DMatrix::from_fn(n, m, |i, j| matrix[(i, j)] / (unit(i) * unit(j)));
    if scaled.iter().any(|entry| !entry.is_finite()) {
        return 0;
    }
    let eigen = scaled.symmetric_eigen();
    eigen.eigenvectors.column(eigen.eigenvalues.imin()).iamax()
}
