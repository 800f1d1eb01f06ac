//! Gaussian blobs: the toy of neos, two numbers per event.
//!
//! Every blob is N(mean, 1) with independent coordinates `x` and `y`: signal at (-1, 1), background
//! at (1, -1), and the background's variations at (2.5, 2), up, and (-2.5, -1.5), down. These are
//! the means of the published code; the text of N. Simpson's thesis (section 7.4) has those of the
//! three backgrounds in another order. Source: N. Simpson, L. Heinrich, arXiv:2203.05570.

use super::{BinningToy, draw, generator, normal};
use crate::events::EventSample;

/// Means of signal, background, and its variations.
const SIGNAL: [f64; 2] = [-1.0, 1.0];
const BACKGROUND: [f64; 2] = [1.0, -1.0];
const UP: [f64; 2] = [2.5, 2.0];
const DOWN: [f64; 2] = [-2.5, -1.5];

/// How many events are drawn, and how many are expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlobsToy {
    /// Points of each blob; default 10,000.
    pub points: usize,
    /// Expected events of the signal; default 2 times 10.
    pub signal: f64,
    /// Expected events of the background and of each variation; default 10 times 10.
    pub background: f64,
}

impl Default for BlobsToy {
    fn default() -> Self {
        Self { points: 10_000, signal: 20.0, background: 100.0 }
    }
}

impl BlobsToy {
    fn blob(&self, seed: u64, stream: u64, name: &str, mean: [f64; 2], events: f64) -> EventSample {
        let rng = &mut generator(seed, stream);
        let column = |mean: f64, rng: &mut _| draw(self.points, normal(mean, 1.0), rng);
        let columns =
            vec![("x".to_owned(), column(mean[0], rng)), ("y".to_owned(), column(mean[1], rng))];
        let weights = vec![events / self.points as f64; self.points];
        EventSample::new(name, columns, weights).expect("finite numbers, at least one point")
    }

    /// Draws all four blobs.
    ///
    /// # Panics
    /// Where there are no points, or no events are expected.
    pub fn draw(&self, seed: u64) -> BinningToy {
        let background =
            |stream, mean| self.blob(seed, stream, "background", mean, self.background);
        BinningToy {
            name: "blobs",
            description: "Gaussian blobs of neos: signal, background, and its variations up and down",
            signals: vec![self.blob(seed, 0, "signal", SIGNAL, self.signal)],
            backgrounds: vec![background(1, BACKGROUND)],
            shifted: vec![[background(2, UP), background(3, DOWN)]],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_have_their_means_and_yields() {
        let toy = BlobsToy::default().draw(3);
        let [up, down] = &toy.shifted[0];
        for (sample, mean, events) in [
            (&toy.signals[0], SIGNAL, 20.0),
            (&toy.backgrounds[0], BACKGROUND, 100.0),
            (up, UP, 100.0),
            (down, DOWN, 100.0),
        ] {
            for (column, mean) in ["x", "y"].into_iter().zip(mean) {
                let values = sample.column(column).expect("there");
                let n = values.len() as f64;
                let found = values.iter().sum::<f64>() / n;
                let variance = values.iter().map(|v| (v - found) * (v - found)).sum::<f64>() / n;
                assert!((found - mean).abs() < 4.0 / n.sqrt(), "{column} {found}");
                assert!((variance - 1.0).abs() < 6.0 / n.sqrt(), "{column} {variance}");
            }
            assert!((sample.weights().iter().sum::<f64>() - events).abs() < 1e-9);
        }
        assert_eq!(toy.signals, BlobsToy::default().draw(3).signals);
        assert_ne!(toy.signals, BlobsToy::default().draw(4).signals);
    }
}
