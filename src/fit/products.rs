//! `X^T X` of tall matrices, on as many threads as pay.

use rayon::prelude::*;

/// Columns of the product that are computed together.
const PANEL: usize = 64;
/// Multiplications for which a second thread pays.
const PARALLEL: usize = 4_000_000;
/// Rows that are scaled at a time.
const ROWS: usize = 1024;
/// Multiplications up to which plain loops are faster than blocks.
const FEW: usize = 20_000;

/// Lets `add` add a symmetric matrix over some columns, ascending, to one over `n` columns.
pub(super) fn within(columns: &[usize], n: usize, out: &mut [f64], add: impl FnOnce(&mut [f64])) {
    let k = columns.len();
    if k == 0 {
        return;
    }
    if k == n {
        return add(out);
    }
    let mut part = vec![0.0; k * k];
    add(&mut part);
    for (row, &i) in part.chunks_exact(k).zip(columns) {
        row.iter().zip(columns).for_each(|(value, &j)| out[i * n + j] += value);
    }
}

/// Adds `sum_r weight_r row_r row_r^T` to `out`, row-major, `columns` x `columns`, both triangles;
/// the rows follow one another, and no weight is below 0.
pub(super) fn add_weighted(rows: &[f64], columns: usize, weights: &[f64], out: &mut [f64]) {
    if rows.len() * columns <= FEW {
        for (row, weight) in rows.chunks_exact(columns).zip(weights) {
            add_row(row, *weight, out);
        }
        return mirror(columns, out);
    }
    let mut scaled = Vec::new();
    for (rows, weights) in rows.chunks(ROWS * columns).zip(weights.chunks(ROWS)) {
        scaled.clear();
        for (row, weight) in rows.chunks_exact(columns).zip(weights) {
            let root = weight.sqrt();
            scaled.extend(row.iter().map(|d| root * d));
        }
        add_lower(&scaled, columns, 1.0, out);
    }
    mirror(columns, out);
}

/// Adds `factor` times `X^T X` to `out`, row-major, `columns` x `columns`, both triangles; the rows
/// of `X` follow one another.
///
/// Each number is one sum over all rows, whatever the number of threads.
pub(super) fn add_symmetric(x: &[f64], columns: usize, factor: f64, out: &mut [f64]) {
    if x.len() * columns <= FEW {
        x.chunks_exact(columns).for_each(|row| add_row(row, factor, out));
        return mirror(columns, out);
    }
    add_lower(x, columns, factor, out);
    mirror(columns, out);
}

/// As [`add_symmetric`], but above the diagonal nothing useful.
fn add_lower(x: &[f64], columns: usize, factor: f64, out: &mut [f64]) {
    let rows = x.len() / columns;
    let add = |(index, panel): (usize, &mut [f64])| {
        let first = index * PANEL;
        multiply((x, rows, columns), first, panel.len() / columns, factor, panel);
    };
    let panels = PANEL * columns;
    if x.len() * columns < PARALLEL {
        out.chunks_mut(panels).enumerate().for_each(add);
    } else {
        out.par_chunks_mut(panels).enumerate().for_each(add);
    }
}

/// Adds `factor` times a row's outer product, below the diagonal and on it.
fn add_row(row: &[f64], factor: f64, out: &mut [f64]) {
    for (i, (out, x)) in out.chunks_exact_mut(row.len()).zip(row).enumerate() {
        let scaled = factor * x;
        out[..=i].iter_mut().zip(row).for_each(|(out, x)| *out += scaled * x);
    }
}

/// Copies what is below the diagonal above it.
fn mirror(columns: usize, out: &mut [f64]) {
    for i in 0..columns {
        for j in i + 1..columns {
            out[i * columns + j] = out[j * columns + i];
        }
    }
}

/// Adds rows `first..first + height` of the product, up to the end of the panel's triangle.
fn multiply(
    (x, rows, columns): (&[f64], usize, usize),
    first: usize,
    height: usize,
    factor: f64,
    out: &mut [f64],
) {
    if rows == 0 {
        return;
    }
    let width = first + height;
    assert!(width <= columns && rows * columns <= x.len() && out.len() >= height * columns);
    // SAFETY: the first factor is the transpose of columns `first..width` of X, the second one its
    // columns `..width`, both inside `x`; `out` has `height` rows of `columns` numbers, of which
    // the first `width` are written (all asserted above).
    unsafe {
        matrixmultiply::dgemm(
            height,
            rows,
            width,
            factor,
            x.as_ptr().add(first),
            1,
            columns as isize,
            x.as_ptr(),
            columns as isize,
            1,
            1.0,
            out.as_mut_ptr(),
            columns as isize,
            1,
        );
    }
}
