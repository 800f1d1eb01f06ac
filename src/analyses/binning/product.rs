//! Products of one-dimensional binnings: the same number of bins in each column, between sigmoid
//! boundaries.

use super::events::EventColumns;
use crate::kernels::boundaries::{ordered_boundaries, ordered_boundaries_vjp};
use crate::kernels::membership::ProductCategories;

/// Ascending boundaries of each column, in its units, from the descent's parameters; every column
/// has the same number of parameters, one less than the number of bins.
pub(super) fn boundaries(columns: &EventColumns, parameters: &[f64]) -> Vec<Vec<f64>> {
    let of_column = |(u, range): (&[f64], &(f64, f64))| {
        let mut boundaries = vec![0.0; u.len()];
        ordered_boundaries(u, *range, &mut boundaries);
        boundaries
    };
    let each = parameters.len() / columns.columns.len();
    parameters.chunks(each).zip(&columns.ranges).map(of_column).collect()
}

/// The categories; `hardness` is the steepness in inverse widths of each range.
pub(super) fn categories(
    columns: &EventColumns,
    parameters: &[f64],
    hardness: f64,
) -> ProductCategories {
    let steepness = columns.ranges.iter().map(|(low, high)| hardness / (high - low));
    ProductCategories::new(boundaries(columns, parameters), steepness.collect())
}

/// Adds the derivatives with respect to the parameters, given those with respect to the boundaries.
pub(super) fn pull_back(
    columns: &EventColumns,
    parameters: &[f64],
    adjoint: &[f64],
    gradient: &mut [f64],
) {
    let each = parameters.len() / columns.columns.len();
    let chunks = parameters.chunks(each).zip(adjoint.chunks(each)).zip(gradient.chunks_mut(each));
    for (((u, adjoint), gradient), range) in chunks.zip(&columns.ranges) {
        ordered_boundaries_vjp(u, *range, adjoint, gradient);
    }
}
