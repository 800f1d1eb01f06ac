//! Soft categories of events: products of binnings, Gaussian mixtures, softmaxes of scores.

use crate::benchmark::double_double::DoubleDouble;
use crate::benchmark::precision::{difference, exact, sigmoid, softmax as exact_softmax};
use crate::benchmark::samples::bin_weights;
use crate::benchmark::{Case, Samples, sizes};
use diffhep::kernels::membership::{
    MeanConstraint, MembershipScratch, MixtureCategories, MixtureShape, ProductCategories,
    SoftCategories, soft_yields, soft_yields_vjp, softmax_histogram, softmax_histogram_vjp,
};
use diffhep::kernels::selection::Yield;

/// Boundaries of each of the two columns that are binned.
const BOUNDARIES: usize = 4;
const STEEPNESS: f64 = 50.0;
/// Components of the mixture, of two columns.
const COMPONENTS: usize = 10;
/// Bins of the softmax.
const SCORES: usize = 5;
const TEMPERATURE: f64 = 0.2;

fn seeds(categories: usize) -> Vec<Yield> {
    bin_weights(categories).into_iter().map(|sum| Yield { sum, squares: 0.0 }).collect()
}

fn objective(yields: &[Yield]) -> f64 {
    bin_weights(yields.len()).into_iter().zip(yields).map(|(weight, y)| weight * y.sum).sum()
}

fn sum_of(categories: &impl SoftCategories, columns: &[&[f64]], weights: &[f64]) -> f64 {
    let mut yields = vec![Yield::default(); categories.categories()];
    let scratch = &mut MembershipScratch::new(categories);
    soft_yields(categories, columns, weights, scratch, &mut yields);
    objective(&yields)
}

/// Writes the derivatives with respect to the categories' slots into `adjoint`, and returns the
/// sum.
fn adjoint_of(
    categories: &impl SoftCategories,
    columns: &[&[f64]],
    weights: &[f64],
    adjoint: &mut [f64],
) -> f64 {
    let scratch = &mut MembershipScratch::new(categories);
    let seeds = seeds(categories.categories());
    let mut yields = vec![Yield::default(); seeds.len()];
    soft_yields_vjp(categories, columns, weights, scratch, &seeds, adjoint, Some(&mut yields));
    objective(&yields)
}

fn columns(samples: &Samples) -> [&[f64]; 2] {
    [&samples.uniform[0], &samples.uniform[1]]
}

/// A sum over the products of two columns' soft bins, with respect to all boundaries.
pub(super) fn product(samples: &Samples) -> Case<'_> {
    let columns = columns(samples);
    let weights = samples.weights();
    let categories = move |boundaries: &[f64]| {
        let boundaries = boundaries.chunks(BOUNDARIES).map(<[f64]>::to_vec).collect();
        ProductCategories::new(boundaries, vec![STEEPNESS; columns.len()])
    };
    let boundary = |j: usize| (j % BOUNDARIES + 1) as f64 / (BOUNDARIES + 1) as f64;
    let inputs: Vec<f64> = (0..columns.len() * BOUNDARIES).map(boundary).collect();
    let of_value = weights.clone();
    let value = move |at: &[f64]| Ok(sum_of(&categories(at), &columns, &of_value));
    let of_gradient = weights.clone();
    let gradient = move |at: &[f64], out: &mut [f64]| {
        Ok(adjoint_of(&categories(at), &columns, &of_gradient, out))
    };
    let at = inputs.clone();
    let reference = move |place: usize| Some(by_boundary(columns, &weights, &at, place));
    let scales = vec![1.0 / (BOUNDARIES + 1) as f64; inputs.len()];
    Case::kernel("product of soft bins", inputs, scales, value, gradient).with_reference(reference)
}

/// `sum w k sigma' sum_l m_l (c_(below, l) - c_(above, l))`, with `m_l` the other column's bins.
fn by_boundary(columns: [&[f64]; 2], weights: &[f64], at: &[f64], place: usize) -> f64 {
    let (d, j) = (place / BOUNDARIES, place % BOUNDARIES);
    let others = &at[(1 - d) * BOUNDARIES..(2 - d) * BOUNDARIES];
    let (bins, k) = (BOUNDARIES + 1, exact(STEEPNESS));
    let seeds = bin_weights(bins * bins);
    // Bin numbers run fastest over the last column.
    let seed = |own: usize, other: usize| {
        seeds[if d == 0 { own * bins + other } else { other * bins + own }]
    };
    let mut sum = DoubleDouble::ZERO;
    for (i, weight) in weights.iter().enumerate() {
        let by_own = sigmoid(k * difference(columns[d][i], at[place])).1;
        let (mut upper, mut change) = (DoubleDouble::ONE, DoubleDouble::ZERO);
        for l in 0..bins {
            let sigma = |b: &f64| sigmoid(k * difference(columns[1 - d][i], *b)).0;
            let lower = others.get(l).map_or(DoubleDouble::ZERO, sigma);
            change += (upper - lower) * difference(seed(j, l), seed(j + 1, l));
            upper = lower;
        }
        sum += by_own * change * k * exact(*weight);
    }
    sum.rounded()
}

/// A sum over the components of a Gaussian mixture, with respect to all of its raw parameters.
pub(super) fn mixture(samples: &Samples) -> Case<'_> {
    let columns = columns(samples);
    let weights = samples.weights();
    let shape = MixtureShape {
        categories: COMPONENTS,
        means: MeanConstraint::Box(vec![(0.0, 1.0); columns.len()]),
        widths: vec![0.2; columns.len()],
        damping: MixtureShape::DAMPING,
    };
    let inputs: Vec<f64> =
        (0..shape.parameters()).map(|i| 0.8 * (1.9 * i as f64 + 0.3).sin()).collect();
    let (of_shape, of_weights) = (shape.clone(), weights.clone());
    let value = move |raw: &[f64]| {
        let categories = MixtureCategories::new(&of_shape, raw, TEMPERATURE);
        Ok(sum_of(&categories, &columns, &of_weights))
    };
    let gradient = move |raw: &[f64], out: &mut [f64]| {
        let categories = MixtureCategories::new(&shape, raw, TEMPERATURE);
        let mut adjoint = vec![0.0; categories.slots()];
        let sum = adjoint_of(&categories, &columns, &weights, &mut adjoint);
        categories.pull_back(&adjoint, out);
        Ok(sum)
    };
    let scales = sizes(&inputs, 0.1);
    Case::kernel("Gaussian mixture", inputs, scales, value, gradient)
}

fn score_columns(inputs: &[f64], events: usize) -> (Vec<&[f64]>, &[f64]) {
    let (scores, weights) = inputs.split_at(SCORES * events);
    (scores.chunks(events).collect(), weights)
}

/// A sum over the bins of a softmax of a fifth of the events, with respect to all scores and
/// weights.
///
/// With more events, the contribution of a single event would drown in the rounding of the sum, and
/// differences would measure only that.
pub(super) fn softmax(samples: &Samples) -> Case<'_> {
    let events = samples.events / 5;
    let lists = samples.uniform[2..2 + SCORES].iter();
    let mut inputs: Vec<f64> = lists.flat_map(|scores| &scores[..events]).copied().collect();
    inputs.extend(&samples.weights()[..events]);
    let value = move |inputs: &[f64]| {
        let (scores, weights) = score_columns(inputs, events);
        let mut yields = [Yield::default(); SCORES];
        softmax_histogram(&scores, weights, TEMPERATURE, &mut yields);
        Ok(objective(&yields))
    };
    let gradient = move |inputs: &[f64], out: &mut [f64]| {
        let (scores, weights) = score_columns(inputs, events);
        let (by_scores, by_weights) = out.split_at_mut(SCORES * events);
        let mut by_scores: Vec<&mut [f64]> = by_scores.chunks_mut(events).collect();
        let seeds = seeds(SCORES);
        softmax_histogram_vjp(&scores, weights, TEMPERATURE, &seeds, &mut by_scores, by_weights);
        value(inputs)
    };
    let at = inputs.clone();
    let reference = move |place: usize| Some(by_score(&at, events, place));
    let scales = sizes(&inputs, TEMPERATURE);
    Case::kernel("softmax histogram", inputs, scales, value, gradient)
        .in_parts(&[SCORES * events, events])
        .with_reference(reference)
}

/// `w m_k (c_k - sum_l c_l m_l) / T` with respect to a score, `sum_l c_l m_l` with respect to a
/// weight.
fn by_score(inputs: &[f64], events: usize, place: usize) -> f64 {
    let (scores, weights) = score_columns(inputs, events);
    let i = place % events;
    let m = exact_softmax(&scores.iter().map(|bin| bin[i]).collect::<Vec<_>>(), TEMPERATURE);
    let c = bin_weights(SCORES);
    let mean = m.iter().zip(&c).fold(DoubleDouble::ZERO, |sum, (m, c)| sum + *m * *c);
    match place / events {
        SCORES => mean.rounded(),
        k => (m[k] * (exact(c[k]) - mean) * exact(weights[i]) / exact(TEMPERATURE)).rounded(),
    }
}
