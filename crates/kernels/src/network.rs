//! Multilayer perceptrons: a score between 0 and 1 per event, and its derivatives with respect to
//! all weights.
//!
//! Layer `l` maps the activations of `n` events, `A_(l-1)` (n x inputs), to
//! `Z_l = A_(l-1) W_l + b_l` and `A_l = phi(Z_l)`; the last layer has one unit, whose `z` is the
//! logit, and the sigmoid of `z` is the score. With `D_l` the derivative of a loss with respect to
//! `Z_l`, the products have hand-written adjoints, `W_l' = A_(l-1)^T D_l`, `b_l'` the sums of
//! `D_l`'s columns, and `A_(l-1)' = D_l W_l^T`; Enzyme computes `D_(l-1)` from `A_(l-1)'`.
//!
//! Events are processed in chunks, each of which goes through all layers while it is in the
//! processor's cache. The derivative with respect to a weight adds up the chunks in their order,
//! and threads divide the matrices among them, so the bits are the same on any number of threads.
//!
//! Parameters are one flat list: weights of the first layer (one row per input), its biases, and so
//! on.

use std::ops::Range;

use rayon::prelude::*;

use super::activation::Activation;
use super::matrix::{View, multiply};

/// Events that go through the layers together.
const CHUNK: usize = 512;
/// Chunks per thread whose trace is kept at a time if seeds are known before the logits: few enough
/// for the processor's cache.
const CHUNKS: usize = 2;
/// Rows of a weight's derivative that one thread computes.
const ROWS: usize = 256;

/// A network's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    inputs: usize,
    hidden: Vec<usize>,
    activation: Activation,
}

/// The location of a layer in the flat list of parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of units.
    pub units: usize,
    /// Its weights, one row per input.
    pub weights: Range<usize>,
    /// Its biases, one per unit.
    pub biases: Range<usize>,
}

/// What a chunk of events was at each layer.
#[derive(Clone, Debug, Default)]
struct Chunk {
    events: usize,
    /// `A_0 .. A_(L-1)`: inputs, then each hidden layer's activations.
    activations: Vec<Vec<f64>>,
    /// `Z_1 .. Z_L`; the reverse sweep turns them into `D_1 .. D_L`.
    sums: Vec<Vec<f64>>,
}

/// What a forward sweep keeps for the reverse one.
#[derive(Clone, Debug, Default)]
pub struct NetworkTrace {
    chunks: Vec<Chunk>,
}

impl Network {
    /// Names and shapes of the arrays that make up the parameters.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let arrays = |(l, layer): (usize, Layer)| {
            [
                (format!("layers.{l}.weight"), vec![layer.inputs, layer.units]),
                (format!("layers.{l}.bias"), vec![layer.units]),
            ]
        };
        self.layers().into_iter().enumerate().flat_map(arrays).collect()
    }

    /// A network of hidden layers with the given numbers of units; without any it is a logistic
    /// regression.
    ///
    /// # Panics
    /// If there are no inputs or a layer has no units.
    pub fn new(inputs: usize, hidden: Vec<usize>, activation: Activation) -> Self {
        assert!(inputs > 0 && hidden.iter().all(|units| *units > 0));
        Self { inputs, hidden, activation }
    }

    /// Number of inputs per event.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of units of each hidden layer.
    pub fn hidden(&self) -> &[usize] {
        &self.hidden
    }

    /// The function that hidden units apply to the sum of their inputs.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The layers; the last has one unit.
    pub fn layers(&self) -> Vec<Layer> {
        let widths: Vec<usize> =
            [self.inputs].iter().chain(&self.hidden).chain(&[1]).copied().collect();
        let mut from = 0;
        let layer = |pair: &[usize]| {
            let (inputs, units) = (pair[0], pair[1]);
            let weights = from..from + inputs * units;
            let biases = weights.end..weights.end + units;
            from = biases.end;
            Layer { inputs, units, weights, biases }
        };
        widths.windows(2).map(layer).collect()
    }

    /// Number of weights and biases.
    pub fn n_parameters(&self) -> usize {
        self.layers().last().expect("there is an output").biases.end
    }

    /// Computes the logits of events (`inputs` numbers each) into `logits`, one per event; `trace`
    /// keeps what [`Network::logits_vjp`] needs.
    pub fn logits(
        &self,
        parameters: &[f64],
        events: &[f64],
        logits: &mut [f64],
        trace: &mut NetworkTrace,
    ) {
        assert!(parameters.len() == self.n_parameters());
        assert!(events.len() == logits.len() * self.inputs);
        let layers = self.layers();
        trace.chunks.resize_with(logits.len().div_ceil(CHUNK), Chunk::default);
        let inputs = events.par_chunks(CHUNK * self.inputs);
        let chunks = trace.chunks.par_iter_mut().zip(inputs);
        chunks.zip(logits.par_chunks_mut(CHUNK)).for_each(|((chunk, events), logits)| {
            chunk.forward(&layers, self.activation, parameters, events);
            logits.copy_from_slice(&chunk.sums[layers.len() - 1]);
        });
    }

    /// As [`Network::logits`], keeping nothing for a reverse sweep.
    pub fn logits_alone(&self, parameters: &[f64], events: &[f64], logits: &mut [f64]) {
        assert!(parameters.len() == self.n_parameters());
        assert!(events.len() == logits.len() * self.inputs);
        let layers = self.layers();
        let chunks = events.par_chunks(CHUNK * self.inputs).zip(logits.par_chunks_mut(CHUNK));
        chunks.for_each_init(Chunk::default, |chunk, (events, logits)| {
            chunk.forward(&layers, self.activation, parameters, events);
            logits.copy_from_slice(&chunk.sums[layers.len() - 1]);
        });
    }

    /// Adds the derivatives of a loss with respect to all parameters to `by_parameters`; `seeds`
    /// are its derivatives with respect to the logits.
    ///
    /// The trace is that of the last call of [`Network::logits`] with these parameters, and is
    /// consumed.
    pub fn logits_vjp(
        &self,
        parameters: &[f64],
        trace: &mut NetworkTrace,
        seeds: &[f64],
        by_parameters: &mut [f64],
    ) {
        assert!(parameters.len() == self.n_parameters());
        assert!(by_parameters.len() == parameters.len());
        assert_eq!(seeds.len(), trace.chunks.iter().map(|chunk| chunk.events).sum::<usize>());
        let layers = self.layers();
        let chunks = trace.chunks.par_iter_mut().zip(seeds.par_chunks(CHUNK));
        chunks
            .for_each(|(chunk, seeds)| chunk.reverse(&layers, self.activation, parameters, seeds));
        let mut tasks = Vec::new();
        let mut rest = by_parameters;
        for (l, layer) in layers.iter().enumerate() {
            let (weights, after) = rest.split_at_mut(layer.weights.len());
            let (biases, after) = after.split_at_mut(layer.units);
            rest = after;
            let parts = weights.chunks_mut(ROWS * layer.units).enumerate();
            tasks.extend(parts.map(|(part, out)| Task::Weights { l, first: part * ROWS, out }));
            tasks.push(Task::Biases { l, out: biases });
        }
        let chunks = &trace.chunks;
        tasks.into_par_iter().for_each(|task| task.carry_out(&layers, chunks));
    }

    /// Computes the logits of events (`inputs` numbers each) into `logits`, and adds the
    /// derivatives of `sum_i seeds_i logit_i` with respect to all parameters to `by_parameters`,
    /// for seeds that do not depend on the logits.
    ///
    /// The results are bit for bit those of [`Network::logits`] and [`Network::logits_vjp`], but
    /// the trace of many events does not go through memory.
    ///
    /// # Panics
    /// If lengths do not agree: one seed and one logit per event, one derivative per parameter.
    pub fn logits_with_vjp(
        &self,
        parameters: &[f64],
        events: &[f64],
        seeds: &[f64],
        logits: &mut [f64],
        by_parameters: &mut [f64],
    ) {
        assert!(events.len() == logits.len() * self.inputs && seeds.len() == logits.len());
        let count = CHUNKS * CHUNK * rayon::current_num_threads();
        let mut trace = NetworkTrace::default();
        let parts = events.chunks(count * self.inputs).zip(seeds.chunks(count));
        for ((events, seeds), logits) in parts.zip(logits.chunks_mut(count)) {
            self.logits(parameters, events, logits, &mut trace);
            self.logits_vjp(parameters, &mut trace, seeds, by_parameters);
        }
    }
}

/// A part of the derivatives that one thread computes.
enum Task<'a> {
    /// Some rows of a layer's weights, from `first` on.
    Weights { l: usize, first: usize, out: &'a mut [f64] },
    /// A layer's biases.
    Biases { l: usize, out: &'a mut [f64] },
}

impl Task<'_> {
    fn carry_out(self, layers: &[Layer], chunks: &[Chunk]) {
        match self {
            Self::Weights { l, first, out } => {
                let Layer { inputs, units, .. } = layers[l];
                let rows = first..first + out.len() / units;
                for chunk in chunks {
                    let activations = View::new(&chunk.activations[l], chunk.events, inputs);
                    let sums = View::new(&chunk.sums[l], chunk.events, units);
                    multiply(activations.columns(rows.clone()).transposed(), sums, 1.0, out);
                }
            }
            Self::Biases { l, out } => {
                let units = out.len();
                for row in chunks.iter().flat_map(|chunk| chunk.sums[l].chunks_exact(units)) {
                    out.iter_mut().zip(row).for_each(|(bias, by_sum)| *bias += by_sum);
                }
            }
        }
    }
}

impl Chunk {
    fn forward(
        &mut self,
        layers: &[Layer],
        activation: Activation,
        parameters: &[f64],
        events: &[f64],
    ) {
        self.events = events.len() / layers[0].inputs;
        self.activations.resize(layers.len(), Vec::new());
        self.sums.resize(layers.len(), Vec::new());
        self.activations[0].clear();
        self.activations[0].extend_from_slice(events);
        for (l, layer) in layers.iter().enumerate() {
            let Layer { inputs, units, .. } = *layer;
            let sums = &mut self.sums[l];
            sums.resize(self.events * units, 0.0);
            let biases = &parameters[layer.biases.clone()];
            sums.chunks_exact_mut(units).for_each(|row| row.copy_from_slice(biases));
            let weights = View::new(&parameters[layer.weights.clone()], inputs, units);
            multiply(View::new(&self.activations[l], self.events, inputs), weights, 1.0, sums);
            if let Some(next) = self.activations.get_mut(l + 1) {
                next.resize(sums.len(), 0.0);
                activation.apply(sums, next);
            }
        }
    }

    fn reverse(
        &mut self,
        layers: &[Layer],
        activation: Activation,
        parameters: &[f64],
        seeds: &[f64],
    ) {
        self.sums[layers.len() - 1].copy_from_slice(seeds);
        let mut by_activations = Vec::new();
        for (l, layer) in layers.iter().enumerate().skip(1).rev() {
            let Layer { inputs, units, .. } = *layer;
            by_activations.resize(self.events * inputs, 0.0);
            let by_sums = View::new(&self.sums[l], self.events, units);
            let weights = View::new(&parameters[layer.weights.clone()], inputs, units);
            multiply(by_sums, weights.transposed(), 0.0, &mut by_activations);
            activation.apply_vjp(&self.sums[l - 1], &mut by_activations);
            std::mem::swap(&mut self.sums[l - 1], &mut by_activations);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep_testing::{assert_close, difference};

    fn wave(n: usize, phase: f64) -> Vec<f64> {
        (0..n).map(|i| (i as f64 * 1.37 + phase).sin()).collect()
    }

    /// The logit of an event, with the sums written out.
    fn slow_logit(network: &Network, parameters: &[f64], event: &[f64]) -> f64 {
        let layers = network.layers();
        let mut values = event.to_vec();
        for (l, layer) in layers.iter().enumerate() {
            let (weights, biases) =
                (&parameters[layer.weights.clone()], &parameters[layer.biases.clone()]);
            let sum = |j: usize| {
                let products = values.iter().enumerate();
                biases[j] + products.map(|(i, a)| a * weights[i * layer.units + j]).sum::<f64>()
            };
            let mut next: Vec<f64> = (0..layer.units).map(sum).collect();
            if l + 1 < layers.len() {
                let sums = next.clone();
                network.activation().apply(&sums, &mut next);
            }
            values = next;
        }
        values[0]
    }

    fn networks() -> Vec<Network> {
        let shapes = [vec![], vec![5], vec![7, 3], vec![4, 130, 4]];
        let kinds = [Activation::Relu, Activation::Tanh, Activation::Sigmoid];
        shapes.iter().flat_map(|s| kinds.map(|kind| Network::new(3, s.clone(), kind))).collect()
    }

    #[test]
    fn logits_match_sums_written_out() {
        for network in networks() {
            let parameters = wave(network.n_parameters(), 0.2);
            let events = wave(3 * 300, 0.9);
            let mut logits = vec![0.0; 300];
            network.logits(&parameters, &events, &mut logits, &mut NetworkTrace::default());
            let mut alone = vec![0.0; 300];
            network.logits_alone(&parameters, &events, &mut alone);
            assert_eq!(alone, logits);
            for (event, logit) in events.chunks(3).zip(&logits) {
                assert_close(*logit, slow_logit(&network, &parameters, event), 1e-12);
            }
        }
    }

    #[test]
    fn derivatives_by_every_parameter_match_differences() {
        for network in networks() {
            let (events, seeds) = (wave(3 * 270, 0.4), wave(270, 2.0));
            let mut parameters = wave(network.n_parameters(), 0.2);
            let loss = |parameters: &[f64]| {
                let mut logits = vec![0.0; seeds.len()];
                network.logits(parameters, &events, &mut logits, &mut NetworkTrace::default());
                logits.iter().zip(&seeds).map(|(z, seed)| z * seed).sum::<f64>()
            };
            let (mut trace, mut logits) = (NetworkTrace::default(), vec![0.0; seeds.len()]);
            network.logits(&parameters, &events, &mut logits, &mut trace);
            let mut found = vec![0.0; parameters.len()];
            network.logits_vjp(&parameters, &mut trace, &seeds, &mut found);
            let size = found.iter().fold(0.0, |a: f64, g| a.max(g.abs()));
            for p in (0..found.len()).step_by(1 + found.len() / 40) {
                let at = parameters[p];
                let moved = std::cell::RefCell::new(&mut parameters);
                let expected = difference(
                    |x| {
                        let mut parameters = moved.borrow_mut();
                        parameters[p] = x;
                        loss(&parameters)
                    },
                    at,
                    1e-7,
                );
                parameters[p] = at;
                assert!((found[p] - expected).abs() < 1e-6 * size, "{network:?}, {p}");
            }
        }
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let network = Network::new(2, vec![150, 90], Activation::Relu);
        let parameters = wave(network.n_parameters(), 0.2);
        let (events, seeds) = (wave(2 * 1_000, 0.4), wave(1_000, 2.0));
        let gradient = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let (mut trace, mut logits) = (NetworkTrace::default(), vec![0.0; 1_000]);
                network.logits(&parameters, &events, &mut logits, &mut trace);
                let mut found = vec![0.0; parameters.len()];
                network.logits_vjp(&parameters, &mut trace, &seeds, &mut found);
                found
            })
        };
        let one = gradient(1);
        for threads in [2, 3, 8] {
            assert!(one == gradient(threads));
        }
    }

    #[test]
    fn seeds_that_are_known_give_the_same_bits_part_by_part() {
        let network = Network::new(2, vec![7, 5], Activation::Tanh);
        let parameters = wave(network.n_parameters(), 0.2);
        let n = CHUNKS * CHUNK * rayon::current_num_threads() + 700;
        let (events, seeds) = (wave(2 * n, 0.4), wave(n, 2.0));
        let (mut trace, mut logits) = (NetworkTrace::default(), vec![0.0; n]);
        let mut by_parameters = wave(parameters.len(), 1.0);
        let (mut logits_too, mut by_too) = (logits.clone(), by_parameters.clone());
        network.logits(&parameters, &events, &mut logits, &mut trace);
        network.logits_vjp(&parameters, &mut trace, &seeds, &mut by_parameters);
        network.logits_with_vjp(&parameters, &events, &seeds, &mut logits_too, &mut by_too);
        assert!(logits == logits_too && by_parameters == by_too);
    }
}
