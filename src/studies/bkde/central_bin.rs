//! The height of a bin around 0 as the mean of its data moves, and the height's derivative.
//!
//! Data are `x_i = mu + z_i` with fixed standard normal `z_i`, so a bin's height is a function of
//! `mu`, and its derivative is the sum over events of the derivatives with respect to `x_i`.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use crate::kernels::asymptotics::tail;
use crate::kernels::kernel_histogram::{
    Bandwidth, KernelHistogramAdjoint, Overflow, kernel_histogram, kernel_histogram_vjp, plain_bin,
};

/// Standard normal numbers from one of a seed's streams.
pub(super) fn normals(seed: u64, stream: u64, count: usize) -> Vec<f64> {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    StandardNormal.sample_iter(rng).take(count).collect()
}

/// The bin from `-width / 2` to `width / 2`.
#[derive(Clone, Copy, Debug)]
pub(super) struct CentralBin {
    pub(super) width: f64,
}

impl CentralBin {
    fn edges(self) -> [f64; 2] {
        [-0.5 * self.width, 0.5 * self.width]
    }

    /// The share of N(mu, 1) in the bin, and its derivative with respect to `mu`.
    pub(super) fn truth(self, mu: f64) -> (f64, f64) {
        let [low, high] = self.edges();
        let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        (tail(low - mu) - tail(high - mu), density(low - mu) - density(high - mu))
    }

    /// The number of shifted points that an ordinary histogram has in the bin.
    pub(super) fn count(self, normals: &[f64], mu: f64) -> f64 {
        let edges = self.edges();
        let is_inside = |z: &&f64| plain_bin(*z + mu, &edges, Overflow::Dropped).is_some();
        normals.iter().filter(is_inside).count() as f64
    }

    /// The central difference of that count, with `step` in each direction: the difference of two
    /// densities estimated with a box of that half-width around the edges.
    pub(super) fn count_slope(self, normals: &[f64], mu: f64, step: f64) -> f64 {
        (self.count(normals, mu + step) - self.count(normals, mu - step)) / (2.0 * step)
    }
}

/// The binned kernel density estimate of a bin's height; its buffers serve many values of `mu`.
pub(super) struct Estimate {
    x: Vec<f64>,
    weights: Vec<f64>,
    by_x: Vec<f64>,
    by_weights: Vec<f64>,
}

impl Estimate {
    pub(super) fn new(points: usize) -> Self {
        let zeros = || vec![0.0; points];
        Self { x: zeros(), weights: vec![1.0; points], by_x: zeros(), by_weights: zeros() }
    }

    fn shift(&mut self, normals: &[f64], mu: f64) {
        self.x.iter_mut().zip(normals).for_each(|(x, z)| *x = z + mu);
    }

    /// The bin's height.
    pub(super) fn height(
        &mut self,
        bin: CentralBin,
        normals: &[f64],
        mu: f64,
        bandwidth: f64,
    ) -> f64 {
        self.shift(normals, mu);
        let mut out = [0.0];
        let (bandwidth, overflow) = (Bandwidth::Absolute(bandwidth), Overflow::Dropped);
        kernel_histogram(&self.x, &self.weights, &bin.edges(), bandwidth, overflow, &mut out);
        out[0]
    }

    /// Its derivative with respect to `mu`.
    pub(super) fn slope(
        &mut self,
        bin: CentralBin,
        normals: &[f64],
        mu: f64,
        bandwidth: f64,
    ) -> f64 {
        self.shift(normals, mu);
        self.by_x.fill(0.0);
        let adjoint = KernelHistogramAdjoint {
            x: &mut self.by_x,
            weights: &mut self.by_weights,
            edges: &mut [0.0; 2],
            bandwidth: &mut 0.0,
        };
        let (x, weights, edges) = (&self.x, &self.weights, &bin.edges());
        let (bandwidth, overflow) = (Bandwidth::Absolute(bandwidth), Overflow::Dropped);
        kernel_histogram_vjp(x, weights, edges, bandwidth, overflow, &[1.0], adjoint);
        self.by_x.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep_testing::{assert_close, difference};

    const BIN: CentralBin = CentralBin { width: 2.0 };

    #[test]
    fn the_truth_is_the_normal_distribution_s() {
        assert_close(BIN.truth(0.0).0, 0.6826894921370859, 1e-14);
        for mu in [-1.7, -0.3, 0.8] {
            let (_, slope) = BIN.truth(mu);
            assert_close(slope, difference(|mu| BIN.truth(mu).0, mu, 1e-2), 1e-8);
        }
    }

    #[test]
    fn slopes_match_differences() {
        let z = normals(1, 0, 50);
        for (mu, bandwidth) in [(-1.2, 0.3), (0.4, 0.8), (1.9, 0.15)] {
            let slope = Estimate::new(50).slope(BIN, &z, mu, bandwidth);
            let height = |mu| Estimate::new(50).height(BIN, &z, mu, bandwidth);
            assert_close(slope, difference(height, mu, 1e-2 * bandwidth), 1e-7);
        }
    }

    #[test]
    fn narrow_kernels_count() {
        let z = normals(2, 0, 300);
        for mu in [-1.0, 0.3] {
            let height = Estimate::new(300).height(BIN, &z, mu, 1e-7);
            assert_close(height, BIN.count(&z, mu), 1e-12);
        }
    }
}
