//! The yield of a selection with sigmoid cuts.

use crate::benchmark::double_double::DoubleDouble;
use crate::benchmark::precision::{difference, exact, sigmoid};
use crate::benchmark::{BenchmarkError, Case, Samples};
use diffhep::kernels::selection::{
    CHUNK, Keep, SelectionScratch, SigmoidCut, Yield, soft_yield, soft_yield_vjp,
};

/// Slope of every sigmoid, in inverse widths of its column, typical of the middle of a descent,
/// which goes from 2 to 10.
const SLOPE: f64 = 4.0;

fn sigmoids(values: &[f64]) -> Vec<SigmoidCut> {
    let keep = |j: usize| if j.is_multiple_of(2) { Keep::Above } else { Keep::Below };
    let cut = |(j, value): (usize, &f64)| SigmoidCut { value: *value, slope: SLOPE, keep: keep(j) };
    values.iter().enumerate().map(cut).collect()
}

/// The columns of one chunk of events.
fn parts<'a>(columns: &[&'a [f64]], from: usize, to: usize) -> Vec<&'a [f64]> {
    columns.iter().map(|column| &column[from..to]).collect()
}

/// Background events under `cuts` cuts, up to 5.
pub(super) fn soft_selection(samples: &Samples, cuts: usize) -> Result<Case<'_>, BenchmarkError> {
    let background = &samples.columns.background;
    let column = |j: usize| background.column(&format!("x{}", j + 1));
    let columns = (0..cuts).map(column).collect::<Result<Vec<_>, _>>()?;
    let weights = background.weights();
    let values: Vec<f64> = (0..cuts).map(|j| if j % 2 == 0 { 0.5 } else { -0.5 }).collect();
    let name = format!("soft selection, {cuts} {}", if cuts == 1 { "cut" } else { "cuts" });
    let chunks = move || {
        (0..weights.len()).step_by(CHUNK).map(move |from| (from, (from + CHUNK).min(weights.len())))
    };
    let (mut scratch, of_value) = (SelectionScratch::new(cuts), columns.clone());
    let value = move |values: &[f64]| {
        let cuts = sigmoids(values);
        let of_chunk = |(from, to)| {
            soft_yield(&parts(&of_value, from, to), &weights[from..to], &cuts, &mut scratch).sum
        };
        Ok(chunks().map(of_chunk).sum())
    };
    let (mut scratch, of_gradient) = (SelectionScratch::new(cuts), columns.clone());
    let gradient = move |values: &[f64], out: &mut [f64]| {
        let (cuts, mut by) = (sigmoids(values), vec![Yield::default(); values.len()]);
        let mut sum = 0.0;
        for (from, to) in chunks() {
            let (columns, weights) = (parts(&of_gradient, from, to), &weights[from..to]);
            sum += soft_yield_vjp(&columns, weights, &cuts, false, &mut scratch, &mut by).sum;
        }
        out.iter_mut().zip(&by).for_each(|(out, by)| *out = by.sum);
        Ok(sum)
    };
    let at = values.clone();
    let reference = move |place: usize| Some(by_cut(&columns, weights, &at, place));
    // Columns have a width of about 1.
    let scales = vec![1.0; values.len()];
    Ok(Case::kernel(name, values, scales, value, gradient).with_reference(reference))
}

/// `sum w (-k) sigma' prod sigma`, where the product runs over the other cuts.
fn by_cut(columns: &[&[f64]], weights: &[f64], values: &[f64], place: usize) -> f64 {
    let cuts = sigmoids(values);
    let mut sum = DoubleDouble::ZERO;
    for (i, weight) in weights.iter().enumerate() {
        let mut product = exact(*weight);
        for (j, cut) in cuts.iter().enumerate() {
            let slope = exact(cut.keep.signed(cut.slope));
            let (sigma, by_t) = sigmoid(slope * difference(columns[j][i], cut.value));
            product *= if j == place { -(slope * by_t) } else { sigma };
        }
        sum += product;
    }
    sum.rounded()
}
