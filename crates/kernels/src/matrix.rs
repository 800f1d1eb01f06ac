//! Products of dense matrices, by `matrixmultiply`'s kernels.
//!
//! Matrices are views with strides, so a transpose costs nothing. Derivatives of a product
//! `C = A B` are products too, written where they are needed: `A' = C' B^T`, `B' = A^T C'`. A call
//! uses one thread, so the bits do not depend on the number of threads.

/// A matrix in a slice: element `(i, j)` is at `i * row + j * column`.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    data: &'a [f64],
    rows: usize,
    columns: usize,
    strides: (usize, usize),
}

impl<'a> View<'a> {
    /// A matrix whose rows follow one another.
    pub(super) fn new(data: &'a [f64], rows: usize, columns: usize) -> Self {
        assert_eq!(data.len(), rows * columns);
        Self { data, rows, columns, strides: (columns, 1) }
    }

    pub(super) fn transposed(self) -> Self {
        let (row, column) = self.strides;
        Self { rows: self.columns, columns: self.rows, strides: (column, row), ..self }
    }

    /// Some of the columns.
    pub(super) fn columns(self, range: std::ops::Range<usize>) -> Self {
        assert!(range.start < range.end && range.end <= self.columns);
        let data = &self.data[range.start * self.strides.1..];
        Self { data, columns: range.len(), ..self }
    }

    /// Whether every element lies inside the slice.
    fn is_inside(&self) -> bool {
        let last = (self.rows - 1) * self.strides.0 + (self.columns - 1) * self.strides.1;
        last < self.data.len()
    }
}

/// Computes `out = a b + keep out`, where the rows of `out` follow one another.
pub(super) fn multiply(a: View, b: View, keep: f64, out: &mut [f64]) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert!(k == b.rows && out.len() == m * n && m * k * n > 0);
    assert!(a.is_inside() && b.is_inside());
    let strides = |view: &View| (view.strides.0 as isize, view.strides.1 as isize);
    let ((a_row, a_column), (b_row, b_column)) = (strides(&a), strides(&b));
    // SAFETY: every element of `a` and `b` lies inside its slice and `out` holds m x n numbers
    // (asserted above); `out` is borrowed mutably, so it overlaps with neither.
    unsafe {
        matrixmultiply::dgemm(
            m,
            k,
            n,
            1.0,
            a.data.as_ptr(),
            a_row,
            a_column,
            b.data.as_ptr(),
            b_row,
            b_column,
            keep,
            out.as_mut_ptr(),
            n as isize,
            1,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_views_match_sums() {
        let a: Vec<f64> = (0..15).map(|i| (i as f64 * 0.7).sin()).collect();
        let b: Vec<f64> = (0..20).map(|i| (i as f64 * 1.3).cos()).collect();
        // 3 x 5 times (4 x 5)^T, its columns 1 to 3.
        let right = View::new(&b, 4, 5).transposed().columns(1..4);
        let mut out = vec![0.5; 9];
        multiply(View::new(&a, 3, 5), right, 2.0, &mut out);
        for i in 0..3 {
            for j in 0..3 {
                let sum: f64 = (0..5).map(|k| a[i * 5 + k] * b[(j + 1) * 5 + k]).sum();
                assert!((out[i * 3 + j] - (sum + 1.0)).abs() < 1e-14);
            }
        }
    }
}
