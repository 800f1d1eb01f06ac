//! The logits of a network, with respect to all weights.

use rand::RngExt;

use crate::benchmark::samples::bin_weights;
use crate::benchmark::{Case, Samples, sizes};
use diffhep::kernels::activation::Activation;
use diffhep::kernels::network::Network;

/// Units of the hidden layers.
const HIDDEN: [usize; 2] = [64, 64];
const INPUTS: usize = 2;
/// Number of events per batch, the default for trainings.
const BATCH: usize = 2_000;

/// The logits of a batch.
pub(super) fn batch_logits(samples: &Samples) -> Case<'_> {
    logits(samples, "network logits, a batch", samples.events.min(BATCH))
}

/// The logits of a fifth of the events, which is more than the trace of one part of the reverse
/// sweep can store.
pub(super) fn all_logits(samples: &Samples) -> Case<'_> {
    logits(samples, "network logits, all", samples.events / 5)
}

/// A weighted sum of the first events' logits.
fn logits<'a>(samples: &'a Samples, name: &str, events: usize) -> Case<'a> {
    let network = Network::new(INPUTS, HIDDEN.to_vec(), Activation::Tanh);
    let mut rng = samples.generator(1);
    let weights = (0..network.n_parameters()).map(|_| 0.6 * (rng.random::<f64>() - 0.5));
    let weights: Vec<f64> = weights.collect();
    let columns = &samples.uniform[..INPUTS];
    let rows: Vec<f64> = (0..events).flat_map(|i| columns.iter().map(move |x| x[i])).collect();
    let seeds = bin_weights(events);
    let sum = |seeds: &[f64], logits: &[f64]| -> f64 {
        seeds.iter().zip(logits).map(|(seed, logit)| seed * logit).sum()
    };
    let (of_value, of_rows, of_seeds) = (network.clone(), rows.clone(), seeds.clone());
    let mut logits = vec![0.0; events];
    let value = move |weights: &[f64]| {
        of_value.logits_alone(weights, &of_rows, &mut logits);
        Ok(sum(&of_seeds, &logits))
    };
    let mut logits = vec![0.0; events];
    let gradient = move |weights: &[f64], out: &mut [f64]| {
        network.logits_with_vjp(weights, &rows, &seeds, &mut logits, out);
        Ok(sum(&seeds, &logits))
    };
    let scales = sizes(&weights, 0.1);
    Case::kernel(name, weights, scales, value, gradient)
}
