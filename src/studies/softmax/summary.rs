//! Two ways from events to a histogram with derivatives: a score that is smeared over bins, and
//! scores among which a softmax shares each event.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use crate::kernels::activation::Activation;
use crate::kernels::kernel_histogram::{
    Bandwidth, KernelHistogramAdjoint, Overflow, kernel_histogram, kernel_histogram_vjp, plain_bin,
};
use crate::kernels::membership::softmax::{largest, softmax_histogram, softmax_histogram_vjp};
use crate::kernels::network::{Network, NetworkTrace};
use crate::kernels::selection::Yield;

/// How events become soft bins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Smoothing {
    /// One score between 0 and 1 in equal bins, smeared by this share of a bin's width.
    Kernel {
        /// Bandwidth over bin width.
        bandwidth: f64,
    },
    /// One score per bin, among which a softmax at this temperature shares each event (INFERNO).
    Softmax {
        /// The temperature.
        temperature: f64,
    },
}

impl Smoothing {
    /// Its name in results and figures.
    pub(super) fn label(self) -> String {
        match self {
            Self::Kernel { bandwidth } => format!("bKDE, h / w = {bandwidth}"),
            Self::Softmax { temperature } => format!("softmax, T = {temperature}"),
        }
    }

    /// Scores of an event.
    fn outputs(self, bins: usize) -> usize {
        match self {
            Self::Kernel { .. } => 1,
            Self::Softmax { .. } => bins,
        }
    }
}

/// Networks that give scores, and the bins made from these; parameters are passed to each call.
///
/// A network with several outputs is several networks with one: no hidden unit is shared.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    pub(super) smoothing: Smoothing,
    pub(super) bins: usize,
    network: Network,
    edges: Vec<f64>,
}

/// The scores of a sample, and what is needed for their derivatives.
pub(super) struct Scores {
    /// One list per output; a kernel's are between 0 and 1.
    values: Vec<Vec<f64>>,
    logits: Vec<Vec<f64>>,
    traces: Vec<NetworkTrace>,
}

impl Summary {
    /// The number of hidden units is chosen to give both kinds about the same number of weights.
    pub(super) fn new(smoothing: Smoothing, bins: usize) -> Self {
        let hidden = match smoothing {
            Smoothing::Kernel { .. } => vec![36, 36],
            Smoothing::Softmax { .. } => vec![16, 16],
        };
        let edges = (0..=bins).map(|edge| edge as f64 / bins as f64).collect();
        Self { smoothing, bins, network: Network::new(2, hidden, Activation::Relu), edges }
    }

    fn outputs(&self) -> usize {
        self.smoothing.outputs(self.bins)
    }

    /// Number of weights and biases.
    pub(super) fn n_parameters(&self) -> usize {
        self.outputs() * self.network.n_parameters()
    }

    /// He's initial weights, from one of a seed's streams, and biases of 0.
    pub(super) fn initial(&self, seed: u64, stream: u64) -> Vec<f64> {
        let rng = &mut ChaCha12Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        let mut parameters = vec![0.0; self.n_parameters()];
        for one in parameters.chunks_mut(self.network.n_parameters()) {
            for layer in self.network.layers() {
                let width = (2.0 / layer.inputs as f64).sqrt();
                for weight in &mut one[layer.weights] {
                    let normal: f64 = StandardNormal.sample(rng);
                    *weight = width * normal;
                }
            }
        }
        parameters
    }

    /// The scores of events, two numbers each.
    pub(super) fn scores(&self, parameters: &[f64], events: &[f64]) -> Scores {
        let mut scores = Scores { values: Vec::new(), logits: Vec::new(), traces: Vec::new() };
        for one in parameters.chunks(self.network.n_parameters()) {
            let mut logits = vec![0.0; events.len() / 2];
            let mut trace = NetworkTrace::default();
            self.network.logits(one, events, &mut logits, &mut trace);
            let mut values = logits.clone();
            if let Smoothing::Kernel { .. } = self.smoothing {
                Activation::Sigmoid.apply(&logits, &mut values);
            }
            scores.values.push(values);
            scores.logits.push(logits);
            scores.traces.push(trace);
        }
        scores
    }

    /// The soft histogram of weighted events.
    pub(super) fn soft(&self, scores: &Scores, weights: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.bins];
        match self.smoothing {
            Smoothing::Kernel { bandwidth } => {
                let bandwidth = Bandwidth::Relative(bandwidth);
                let (x, overflow) = (&scores.values[0], Overflow::Kept);
                kernel_histogram(x, weights, &self.edges, bandwidth, overflow, &mut out);
            }
            Smoothing::Softmax { temperature } => {
                let mut yields = vec![Yield::default(); self.bins];
                softmax_histogram(&slices(&scores.values), weights, temperature, &mut yields);
                out.iter_mut().zip(yields).for_each(|(out, bin)| *out = bin.sum);
            }
        }
        out
    }

    /// Adds the derivatives of `sum seeds_k Y_k` with respect to all parameters, where `Y` is
    /// [`Summary::soft`] of these scores, which are consumed.
    pub(super) fn soft_vjp(
        &self,
        parameters: &[f64],
        mut scores: Scores,
        weights: &[f64],
        seeds: &[f64],
        by_parameters: &mut [f64],
    ) {
        let mut by_scores = vec![vec![0.0; weights.len()]; self.outputs()];
        let mut by_weights = vec![0.0; weights.len()];
        match self.smoothing {
            Smoothing::Kernel { bandwidth } => {
                let adjoint = KernelHistogramAdjoint {
                    x: &mut by_scores[0],
                    weights: &mut by_weights,
                    edges: &mut vec![0.0; self.edges.len()],
                    bandwidth: &mut 0.0,
                };
                let (x, bandwidth) = (&scores.values[0], Bandwidth::Relative(bandwidth));
                let (edges, overflow) = (&self.edges, Overflow::Kept);
                kernel_histogram_vjp(x, weights, edges, bandwidth, overflow, seeds, adjoint);
                Activation::Sigmoid.apply_vjp(&scores.logits[0], &mut by_scores[0]);
            }
            Smoothing::Softmax { temperature } => {
                let seeds: Vec<Yield> =
                    seeds.iter().map(|&sum| Yield { sum, squares: 0.0 }).collect();
                let by = &mut by_scores.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>();
                let values = slices(&scores.values);
                softmax_histogram_vjp(&values, weights, temperature, &seeds, by, &mut by_weights);
            }
        }
        let size = self.network.n_parameters();
        let outputs = parameters.chunks(size).zip(by_parameters.chunks_mut(size));
        for ((one, by), (trace, seeds)) in outputs.zip(scores.traces.iter_mut().zip(&by_scores)) {
            self.network.logits_vjp(one, trace, seeds, by);
        }
    }

    /// The hard bin of each event: the bin of its score, or of its largest score.
    pub(super) fn bins_of(&self, scores: &Scores) -> Vec<usize> {
        let events = 0..scores.values[0].len();
        match self.smoothing {
            Smoothing::Kernel { .. } => events
                .map(|i| plain_bin(scores.values[0][i], &self.edges, Overflow::Kept))
                .map(|bin| bin.expect("what lies outside counts in the end bins"))
                .collect(),
            Smoothing::Softmax { .. } => {
                events.map(|i| largest(scores.values.iter().map(|output| output[i]))).collect()
            }
        }
    }

    /// The hard histogram.
    pub(super) fn hard(&self, scores: &Scores, weights: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.bins];
        for (bin, weight) in self.bins_of(scores).into_iter().zip(weights) {
            out[bin] += weight;
        }
        out
    }

    /// How many of the events in each hard bin the soft histogram also has there.
    pub(super) fn kept(&self, scores: &Scores, weights: &[f64]) -> f64 {
        let bins = self.bins_of(scores);
        let kept_in = |bin: usize| {
            let there = bins.iter().zip(weights).map(|(own, w)| if *own == bin { *w } else { 0.0 });
            self.soft(scores, &there.collect::<Vec<f64>>())[bin]
        };
        (0..self.bins).map(kept_in).sum()
    }

    /// The same networks with a different amount of the same kind of smoothing.
    pub(super) fn with(&self, smoothing: Smoothing) -> Self {
        Self { smoothing, ..self.clone() }
    }
}

fn slices(lists: &[Vec<f64>]) -> Vec<&[f64]> {
    lists.iter().map(Vec::as_slice).collect()
}
