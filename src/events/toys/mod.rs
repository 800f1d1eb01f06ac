//! Toy samples of the published studies, from a seed.
//!
//! Each generator documents its distributions. Random bits come from the ChaCha12 stream cipher
//! (`rand_chacha`), the same on every machine; the numbers made of them also depend on `rand_distr`
//! and the mathematical library. Each process of a toy draws from a stream of its own, so that
//! changing one leaves the others as they are.

mod blobs;
mod cuts;
mod gaussians;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Exp, Normal};

use super::sample::EventSample;

pub use blobs::BlobsToy;
pub use cuts::{ManyColumns, exponential_bump, metrics, notebook};
pub use gaussians::GaussianToy;

/// A toy's signal and background.
#[derive(Clone, Debug, PartialEq)]
pub struct Toy {
    /// Short name.
    pub name: &'static str,
    /// What is drawn, in a line.
    pub description: &'static str,
    /// Signal events.
    pub signal: EventSample,
    /// Background events.
    pub background: EventSample,
}

/// A toy of several processes.
#[derive(Clone, Debug, PartialEq)]
pub struct BinningToy {
    /// Short name.
    pub name: &'static str,
    /// What is drawn, in a line.
    pub description: &'static str,
    /// Events of each signal.
    pub signals: Vec<EventSample>,
    /// Events of each background.
    pub backgrounds: Vec<EventSample>,
    /// Shape systematic: each background's events with its mean moved up and down, in the
    /// backgrounds' order; names, weights and lengths are the backgrounds' own.
    pub shifted: Vec<[EventSample; 2]>,
}

fn generator(seed: u64, stream: u64) -> ChaCha12Rng {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    generator.set_stream(stream);
    generator
}

fn draw(count: usize, distribution: impl Distribution<f64>, rng: &mut ChaCha12Rng) -> Vec<f64> {
    distribution.sample_iter(rng).take(count).collect()
}

fn normal(mean: f64, width: f64) -> Normal<f64> {
    Normal::new(mean, width).expect("a width that is finite and not negative")
}

fn exponential(scale: f64) -> Exp<f64> {
    Exp::new(1.0 / scale).expect("a scale above 0")
}
