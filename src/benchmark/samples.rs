//! Events and toys for the cases, drawn from a seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use diffhep::events::toys::{BinningToy, BlobsToy, GaussianToy, ManyColumns, Toy};

/// The number of events of the cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaseSize {
    /// 100,000 events.
    #[default]
    Full,
    /// 2,000 events: exercises all of the code in seconds, but the times mean little.
    Quick,
}

impl CaseSize {
    /// Number of events in the sample for kernels.
    pub fn events(self) -> usize {
        match self {
            Self::Full => 100_000,
            Self::Quick => 2_000,
        }
    }
}

/// Minimum number of points per blob for a sound training with five bins.
const FEWEST_POINTS: usize = 250;

/// Samples that are drawn once for all cases.
#[derive(Clone, Debug)]
pub struct Samples {
    pub(super) seed: u64,
    pub(super) events: usize,
    /// Five correlated Normal columns.
    pub(super) columns: Toy,
    /// A likelihood ratio between 0 and 1.
    pub(super) discriminant: BinningToy,
    pub(super) blobs: BinningToy,
    /// Lists of numbers between 0 and 1, with one number per event.
    pub(super) uniform: Vec<Vec<f64>>,
}

/// Number of uniform lists: two columns, five scores, weights.
const LISTS: usize = 8;

impl Samples {
    /// Draws the samples.
    pub fn draw(seed: u64, size: CaseSize) -> Self {
        let events = size.events();
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let mut list = || (0..events).map(|_| rng.random::<f64>()).collect();
        let uniform = (0..LISTS).map(|_| list()).collect();
        let (signal_events, background_events) = (events / 4, events);
        let columns = ManyColumns { signal_events, background_events, ..ManyColumns::five() };
        let discriminant = GaussianToy { signal_events, background_events: events - signal_events };
        let points = (events / 40).max(FEWEST_POINTS);
        let blobs = BlobsToy { points, ..BlobsToy::default() };
        Self {
            seed,
            events,
            columns: columns.draw(seed),
            discriminant: discriminant.one_signal(seed),
            blobs: blobs.draw(seed),
            uniform,
        }
    }

    /// Weights between 0.5 and 1.5.
    pub(super) fn weights(&self) -> Vec<f64> {
        self.uniform[LISTS - 1].iter().map(|u| 0.5 + u).collect()
    }

    /// A generator of further random numbers; each stream is independent.
    pub(super) fn generator(&self, stream: u64) -> ChaCha12Rng {
        let mut rng = ChaCha12Rng::seed_from_u64(self.seed);
        rng.set_stream(stream);
        rng
    }
}

/// Weights for sums over bins: numbers between 1 and 2, each different from its neighbours.
pub(super) fn bin_weights(bins: usize) -> Vec<f64> {
    (0..bins).map(|k| 1.5 + 0.5 * (2.3 * k as f64 + 0.4).sin()).collect()
}
