//! Differentiable histograms of one quantity, from a kernel density or with sigmoid boundaries.

use crate::benchmark::double_double::DoubleDouble;

use crate::benchmark::precision::{difference, exact, normal_density, sigmoid};
use crate::benchmark::samples::bin_weights;
use crate::benchmark::{BenchmarkError, Case, Samples};
use diffhep::kernels::binning::{BinningScratch, SoftBins, SortedEvents};
use diffhep::kernels::kernel_histogram::{
    Bandwidth, KernelHistogramAdjoint, Overflow, kernel_histogram as histogram,
    kernel_histogram_vjp,
};
use diffhep::kernels::selection::Yield;

const BINS: usize = 20;
/// A quarter of a bin.
const BANDWIDTH: f64 = 0.25 / BINS as f64;
/// Steepness of the soft boundaries at the start of a descent, in inverse widths of the range.
const STEEPNESS: f64 = 50.0;

fn dot(weights: &[f64], yields: &[f64]) -> f64 {
    weights.iter().zip(yields).map(|(weight, y)| weight * y).sum()
}

/// The parts of the inputs: events, their weights, edges and bandwidth.
fn split(inputs: &[f64], events: usize) -> (&[f64], &[f64], &[f64], Bandwidth) {
    let (x, rest) = inputs.split_at(events);
    let (weights, rest) = rest.split_at(events);
    let (edges, bandwidth) = rest.split_at(BINS + 1);
    (x, weights, edges, Bandwidth::Absolute(bandwidth[0]))
}

/// A sum over bins of a kernel histogram, with respect to events, weights, edges and bandwidth.
pub(super) fn kernel_histogram(samples: &Samples) -> Case<'_> {
    let events = samples.events;
    let edges = (0..=BINS).map(|k| k as f64 / BINS as f64);
    let mut inputs = samples.uniform[0].clone();
    inputs.extend(samples.weights());
    inputs.extend(edges.chain([BANDWIDTH]));
    let value = move |inputs: &[f64]| {
        let (x, weights, edges, bandwidth) = split(inputs, events);
        let mut bins = [0.0; BINS];
        histogram(x, weights, edges, bandwidth, Overflow::Kept, &mut bins);
        Ok(dot(&bin_weights(BINS), &bins))
    };
    let gradient = move |inputs: &[f64], out: &mut [f64]| {
        let (x, weights, edges, bandwidth) = split(inputs, events);
        let (by_x, rest) = out.split_at_mut(events);
        let (by_weights, rest) = rest.split_at_mut(events);
        let (by_edges, by_bandwidth) = rest.split_at_mut(BINS + 1);
        let adjoint = KernelHistogramAdjoint {
            x: by_x,
            weights: by_weights,
            edges: by_edges,
            bandwidth: &mut by_bandwidth[0],
        };
        let seeds = bin_weights(BINS);
        kernel_histogram_vjp(x, weights, edges, bandwidth, Overflow::Kept, &seeds, adjoint);
        value(inputs)
    };
    let at = inputs.clone();
    let reference =
        move |place: usize| by_histogram_input(&at, events, place).map(DoubleDouble::rounded);
    let lengths = [events, events, BINS + 1, 1];
    // Positions vary on the scale of a bin.
    let of_parts = [1.0 / BINS as f64, 1.0, 1.0 / BINS as f64, BANDWIDTH];
    let parts = lengths.into_iter().zip(of_parts);
    let scales = parts.flat_map(|(length, scale)| std::iter::repeat_n(scale, length)).collect();
    Case::kernel("kernel histogram", inputs, scales, value, gradient)
        .in_parts(&lengths)
        .with_reference(reference)
}

/// The closed form, which needs only the density; with respect to a weight it would need the error
/// function.
///
/// Outer edges of open bins have no effect.
fn by_histogram_input(inputs: &[f64], events: usize, place: usize) -> Option<DoubleDouble> {
    let (x, weights, edges, _) = split(inputs, events);
    let h = exact(inputs[inputs.len() - 1]);
    let seeds = bin_weights(BINS);
    let inner = || 1..BINS;
    // The change of the sum over bins when an edge moves up past an event of weight 1.
    let gain = |j: usize| difference(seeds[j - 1], seeds[j]);
    let at = |i: usize, j: usize| {
        let t = difference(edges[j], x[i]) / h;
        (t, normal_density(t) * gain(j) * exact(weights[i]) / h)
    };
    let zero = DoubleDouble::ZERO;
    let all = || 0..events;
    Some(match place.checked_sub(2 * events) {
        None if place < events => inner().fold(zero, |sum, j| sum - at(place, j).1),
        None => return None,
        Some(0 | BINS) => zero,
        Some(j) if j < BINS => all().fold(zero, |sum, i| sum + at(i, j).1),
        Some(_) => all().flat_map(|i| inner().map(move |j| (i, j))).fold(zero, |sum, (i, j)| {
            let (t, by_edge) = at(i, j);
            sum - t * by_edge
        }),
    })
}

/// A sum over soft bins of one discriminant, with respect to their boundaries. The kernel computes
/// yields and slopes together, so the value costs as much as the gradient.
pub(super) fn soft_bins(samples: &Samples) -> Result<Case<'_>, BenchmarkError> {
    let backgrounds = samples.discriminant.backgrounds.iter();
    let columns = backgrounds.clone().map(|b| b.column("discriminant"));
    let x = columns.collect::<Result<Vec<_>, _>>()?.concat();
    let weights: Vec<f64> = backgrounds.flat_map(|b| b.weights()).copied().collect();
    let events = SortedEvents::new(&x, &weights);
    let boundaries: Vec<f64> = (1..BINS).map(|j| j as f64 / BINS as f64).collect();
    let sum = |bins: &SoftBins| {
        let yields = bin_weights(BINS).into_iter().zip(&bins.yields);
        yields.map(|(weight, bin)| weight * bin.sum).sum()
    };
    let (of_value, mut scratch) = (events.clone(), BinningScratch::new());
    let value =
        move |boundaries: &[f64]| Ok(sum(&soft_yields(&of_value, boundaries, &mut scratch)));
    let mut scratch = BinningScratch::new();
    let gradient = move |boundaries: &[f64], out: &mut [f64]| {
        let bins = soft_yields(&events, boundaries, &mut scratch);
        let seed = |sum| Yield { sum, squares: 0.0 };
        bins.pull_back(&bin_weights(BINS).into_iter().map(seed).collect::<Vec<_>>(), out);
        Ok(sum(&bins))
    };
    let at = boundaries.clone();
    let reference = move |j: usize| {
        let seeds = bin_weights(BINS);
        let k = exact(STEEPNESS);
        let slope = |(x, w): (&f64, &f64)| sigmoid(k * difference(*x, at[j])).1 * exact(*w);
        let sum = x.iter().zip(&weights).fold(DoubleDouble::ZERO, |sum, event| sum + slope(event));
        Some((sum * k * difference(seeds[j], seeds[j + 1])).rounded())
    };
    let scales = vec![1.0 / BINS as f64; boundaries.len()];
    let case = Case::kernel("soft bins", boundaries, scales, value, gradient);
    Ok(case.with_reference(reference))
}

fn soft_yields(
    events: &SortedEvents,
    boundaries: &[f64],
    scratch: &mut BinningScratch,
) -> SoftBins {
    let mut bins = SoftBins::new(boundaries.len());
    for segment in events.split(boundaries, STEEPNESS, &mut bins) {
        bins.add(&events.soft_bins(&segment, boundaries, STEEPNESS, false, scratch));
    }
    bins
}
