//! What `tests/c/same_bits.c` prints of kernels, by the Rust API.

use std::hint::black_box;

use diffhep::kernels::activation::Activation;
use diffhep::kernels::density::{normal_slopes, normal_term, poisson_slopes, poisson_term};
use diffhep::kernels::kernel_histogram::{
    Bandwidth, KernelHistogramAdjoint, Overflow, kernel_histogram, kernel_histogram_vjp,
};
use diffhep::kernels::membership::{
    MeanConstraint, MembershipScratch, MixtureCategories, MixtureShape, ProductCategories,
    SoftCategories, soft_yields, soft_yields_vjp, softmax_histogram, softmax_histogram_vjp,
};
use diffhep::kernels::network::{Network, NetworkTrace};
use diffhep::kernels::selection::{
    CHUNK, Keep, SelectionScratch, SigmoidCut, Yield, soft_yield, soft_yield_vjp,
};
use diffhep::kernels::significance::{MeritSlopes, combined_asimov_significance};

use super::Lines;

const EVENTS: usize = 5000;

/// The generator of `tests/c/numbers.h`.
struct Generator(u64);

impl Generator {
    fn fill(&mut self, count: usize, low: f64, high: f64) -> Vec<f64> {
        let next = |_| {
            self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            low + (high - low) * ((self.0 >> 11) as f64 * (1.0 / 9007199254740992.0))
        };
        (0..count).map(next).collect()
    }
}

/// Events of two columns with weights.
struct Events {
    numbers: Vec<f64>,
    weights: Vec<f64>,
}

impl Events {
    fn columns(&self) -> [&[f64]; 2] {
        let (first, second) = self.numbers.split_at(EVENTS);
        [first, second]
    }
}

pub fn add_all(lines: &mut Lines) {
    let mut generator = Generator(2026);
    let numbers = generator.fill(2 * EVENTS, -3.0, 3.0);
    let events = Events { numbers, weights: generator.fill(EVENTS, 0.1, 2.0) };
    add_selection(lines, &events);
    add_significance(lines);
    add_kernel_histogram(lines, &events);
    add_soft_bins(lines, &events);
    add_mixture(lines, &events, &mut generator);
    add_softmax(lines, &events);
    add_densities(lines);
    add_network(lines, &events, &mut generator);
}

fn add_selection(lines: &mut Lines, events: &Events) {
    let cuts = [
        SigmoidCut { value: 0.3, slope: 2.5, keep: Keep::Above },
        SigmoidCut { value: -0.8, slope: 4.0, keep: Keep::Below },
    ];
    let mut scratch = SelectionScratch::new(2);
    let (mut value, mut again, mut by) =
        (Yield::default(), Yield::default(), [Yield::default(); 2]);
    for from in (0..EVENTS).step_by(CHUNK) {
        let to = (from + CHUNK).min(EVENTS);
        let (columns, weights) =
            (events.columns().map(|x| &x[from..to]), &events.weights[from..to]);
        value += soft_yield(&columns, weights, &cuts, &mut scratch);
        again += soft_yield_vjp(&columns, weights, &cuts, true, &mut scratch, &mut by);
    }
    lines.add("yields", &[value.sum, value.squares]);
    lines.add("yields", &[again.sum, again.squares]);
    lines.add("by_values", &by.map(|by| 1.3 * by.sum + 0.7 * by.squares));
}

fn add_significance(lines: &mut Lines) {
    let mut slopes = [MeritSlopes::default(); 3];
    let (signal, background, variance) = ([3.0, 5.0, 0.2], [40.0, 7.0, 1.5], [9.0, 0.0, 0.4]);
    let value = combined_asimov_significance(&signal, &background, &variance, &mut slopes);
    lines.add("significance", &[value]);
    lines.add("by_signal", &slopes.map(|slope| 1.7 * slope.by_signal));
    lines.add("by_background", &slopes.map(|slope| 1.7 * slope.by_background));
    lines.add("by_variance", &slopes.map(|slope| 1.7 * slope.by_variance));
}

fn add_kernel_histogram(lines: &mut Lines, events: &Events) {
    let (x, weights) = (events.columns()[0], &events.weights);
    let (edges, seeds) = ([-2.0, -1.1, 0.0, 0.7, 2.1], [0.3, -1.0, 2.0, 0.5]);
    let (bandwidth, overflow, mut bins) = (Bandwidth::Relative(0.4), Overflow::Reflected, [0.0; 4]);
    kernel_histogram(x, weights, &edges, bandwidth, overflow, &mut bins);
    lines.add("bins", &bins);
    let (mut by_x, mut by_weights) = (vec![0.0; EVENTS], vec![0.0; EVENTS]);
    let (mut by_edges, mut by_bandwidth) = ([0.0; 5], 0.0);
    let adjoint = KernelHistogramAdjoint {
        x: &mut by_x,
        weights: &mut by_weights,
        edges: &mut by_edges,
        bandwidth: &mut by_bandwidth,
    };
    kernel_histogram_vjp(x, weights, &edges, bandwidth, overflow, &seeds, adjoint);
    lines.add("by_x", &by_x);
    lines.add("by_weights", &by_weights);
    lines.add("by_edges", &by_edges);
    lines.add("by_bandwidth", &[by_bandwidth]);
}

fn yields(categories: &impl SoftCategories, events: &Events) -> Vec<Yield> {
    let mut out = vec![Yield::default(); categories.categories()];
    let mut scratch = MembershipScratch::new(categories);
    soft_yields(categories, &events.columns(), &events.weights, &mut scratch, &mut out);
    out
}

fn adjoint(categories: &impl SoftCategories, events: &Events, seeds: &[Yield]) -> Vec<f64> {
    let mut out = vec![0.0; categories.slots()];
    let mut scratch = MembershipScratch::new(categories);
    soft_yields_vjp(
        categories,
        &events.columns(),
        &events.weights,
        &mut scratch,
        seeds,
        &mut out,
        None,
    );
    out
}

fn sums(yields: &[Yield]) -> Vec<f64> {
    yields.iter().map(|found| found.sum).collect()
}

fn squares(yields: &[Yield]) -> Vec<f64> {
    yields.iter().map(|found| found.squares).collect()
}

fn add_soft_bins(lines: &mut Lines, events: &Events) {
    let categories = ProductCategories::new(vec![vec![-0.5, 0.4], vec![0.1]], vec![3.0, 5.0]);
    let found = yields(&categories, events);
    lines.add("sums", &sums(&found));
    lines.add("squares", &squares(&found));
    let by_squares = [0.1, 0.0, 0.3, 0.0, 0.0, 1.0].into_iter();
    let seeds = [1.0, -0.5, 0.2, 0.7, 2.0, -1.0].into_iter().zip(by_squares);
    let seeds: Vec<Yield> = seeds.map(|(sum, squares)| Yield { sum, squares }).collect();
    lines.add("by_boundaries", &adjoint(&categories, events, &seeds));
}

fn add_mixture(lines: &mut Lines, events: &Events, generator: &mut Generator) {
    let shape = MixtureShape {
        categories: 3,
        means: MeanConstraint::Box(vec![(-2.0, 2.0); 2]),
        widths: vec![0.5, 0.8],
        damping: 0.1,
    };
    let parameters = generator.fill(18, -1.0, 1.0);
    let categories = MixtureCategories::new(&shape, &parameters, 0.6);
    lines.add("sums", &sums(&yields(&categories, events)));
    let seeds = [1.0, -2.0, 0.5].map(|sum| Yield { sum, squares: 0.0 });
    let mut by_parameters = [0.0; 18];
    categories.pull_back(&adjoint(&categories, events, &seeds), &mut by_parameters);
    lines.add("by_parameters", &by_parameters);
}

fn add_softmax(lines: &mut Lines, events: &Events) {
    let (scores, mut found) = (events.columns(), [Yield::default(); 2]);
    softmax_histogram(&scores, &events.weights, 0.7, &mut found);
    lines.add("sums", &sums(&found));
    lines.add("squares", &squares(&found));
    let seeds = [1.0, -2.0].map(|sum| Yield { sum, squares: 0.0 });
    let (mut by_scores, mut by_weights) = (vec![0.0; 2 * EVENTS], vec![0.0; EVENTS]);
    let (first, second) = by_scores.split_at_mut(EVENTS);
    let by = &mut [first, second];
    softmax_histogram_vjp(&scores, &events.weights, 0.7, &seeds, by, &mut by_weights);
    lines.add("by_scores", &by_scores);
}

fn add_densities(lines: &mut Lines) {
    // The compiler must not know these numbers, or it would constant-fold what the C library
    // computes.
    let terms = black_box([(3.0, 2.5), (0.0, 0.7), (17.5, 20.0)]);
    lines.add("density", &[-terms.iter().map(|(n, r)| poisson_term(*n, *r)).sum::<f64>()]);
    let slopes = terms.map(|(n, r)| poisson_slopes(n, r));
    lines.add("by_counts", &slopes.map(|(by_count, _)| -(0.9 * by_count)));
    lines.add("by_rates", &slopes.map(|(_, by_rate)| -(0.9 * by_rate)));
    let terms = black_box([(0.3, 0.1, 1.0), (-1.2, -1.0, 0.2)]);
    let density = -terms.iter().map(|(x, mean, width)| normal_term(*x, *mean, *width)).sum::<f64>();
    lines.add("density", &[density]);
    let slopes = terms.map(|(x, mean, width)| normal_slopes(x, mean, width));
    for (i, label) in ["by_x", "by_means", "by_widths"].into_iter().enumerate() {
        lines.add(label, &slopes.map(|slope| -(0.9 * slope[i])));
    }
}

fn add_network(lines: &mut Lines, events: &Events, generator: &mut Generator) {
    let network = Network::new(2, vec![8, 5], Activation::Tanh);
    let parameters = generator.fill(network.n_parameters(), -0.7, 0.7);
    let (mut logits, mut trace) = (vec![0.0; EVENTS], NetworkTrace::default());
    network.logits(&parameters, &events.numbers, &mut logits, &mut trace);
    lines.add("logits", &logits);
    let mut by_parameters = vec![0.0; parameters.len()];
    network.logits_vjp(&parameters, &mut trace, &events.weights, &mut by_parameters);
    lines.add("by_parameters", &by_parameters);
}
