//! How wrong the gradient is: over bandwidths and sample sizes, the best bandwidth of each size, and a
//! rule for it.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::central_bin::{CentralBin, Estimate, normals};
use crate::analyses::cut::ScanRange;

/// What the grid of errors is made of.
#[derive(Clone, Debug)]
pub(super) struct ErrorGrid {
    /// Points of a sample.
    pub(super) sizes: Vec<usize>,
    /// In the units of the data, whose standard deviation is 1.
    pub(super) bandwidths: Vec<f64>,
    /// Means of the data; none is 0, where the gradient is.
    pub(super) means: ScanRange,
    /// Fewest samples of a size.
    pub(super) fewest_seeds: usize,
    /// Fewest points in all samples of a size: small samples differ more from one another.
    pub(super) fewest_points: usize,
}

/// Powers of a ratio.
fn geometric(low: f64, high: f64, count: usize) -> impl Iterator<Item = f64> {
    let exponent = move |at: usize| at as f64 / (count - 1) as f64;
    (0..count).map(move |at| low * (high / low).powf(exponent(at)))
}

impl ErrorGrid {
    /// So many sizes from 20 to 20,480 and 31 bandwidths, or a coarse grid up to 640.
    pub(super) fn new(sizes: usize, is_coarse: bool) -> Self {
        let (bandwidths, points, largest) =
            if is_coarse { (16, 4_000, 640.0) } else { (31, 50_000, 20_480.0) };
        Self {
            sizes: geometric(20.0, largest, sizes).map(|size| size.round() as usize).collect(),
            bandwidths: geometric(0.05, 1.6, bandwidths).collect(),
            means: ScanRange { low: -1.95, high: 1.95, points: 26 },
            fewest_seeds: 9,
            fewest_points: points,
        }
    }

    fn seeds(&self, size: usize) -> u64 {
        self.fewest_seeds.max(self.fewest_points.div_ceil(size)) as u64
    }
}

/// The errors of a size, one a bandwidth.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) size: usize,
    pub(super) samples: u64,
    /// Mean absolute error over the mean absolute gradient, both over `mu`.
    pub(super) errors: Vec<f64>,
    /// Mean over `mu` of the absolute error over the absolute gradient there, which is small near 0.
    pub(super) pointwise: Vec<f64>,
    /// The bandwidth of the least of `errors`, between those of the grid; none at its border.
    pub(super) best: Option<f64>,
    /// The least of `errors`.
    pub(super) least: f64,
    /// The mean absolute error of an ordinary histogram's differences, over the mean absolute gradient.
    pub(super) histogram: f64,
}

/// Sums over `mu` of one sample's errors: of each bandwidth, absolute and relative; of the histogram.
struct Sums {
    absolute: Vec<f64>,
    relative: Vec<f64>,
    histogram: f64,
}

fn of_sample(grid: &ErrorGrid, bin: CentralBin, size: usize, seed: u64) -> Sums {
    let z = normals(seed, size);
    let mut estimate = Estimate::new(size);
    let n = size as f64;
    let (mut absolute, mut relative) = (Vec::new(), Vec::new());
    let means = grid.means.values();
    for &bandwidth in &grid.bandwidths {
        let (mut sum, mut share) = (0.0, 0.0);
        for &mu in &means {
            let truth = bin.truth(mu).1;
            let error = (estimate.slope(bin, &z, mu, bandwidth) / n - truth).abs();
            sum += error;
            share += error / truth.abs();
        }
        absolute.push(sum);
        relative.push(share);
    }
    let of_histogram = |mu: f64| (bin.count_slope(&z, mu, super::STEP) / n - bin.truth(mu).1).abs();
    let histogram = means.iter().map(|&mu| of_histogram(mu)).sum();
    Sums { absolute, relative, histogram }
}

/// The errors of a sample size.
pub(super) fn row(grid: &ErrorGrid, bin: CentralBin, size: usize, seed: u64) -> Row {
    let samples = grid.seeds(size);
    // Sizes have seeds of their own, or the rows would share their luck.
    let seed_of = |sample: u64| seed.wrapping_mul(1_000_003) ^ ((size as u64) << 24) ^ sample;
    let all: Vec<Sums> = (0..samples)
        .into_par_iter()
        .map(|sample| of_sample(grid, bin, size, seed_of(sample)))
        .collect();
    let means = grid.means.values();
    let count = (samples as usize * means.len()) as f64;
    let gradient = means.iter().map(|&mu| bin.truth(mu).1.abs()).sum::<f64>() / means.len() as f64;
    let mean = |of: &dyn Fn(&Sums) -> f64| all.iter().map(of).sum::<f64>() / count;
    let each = |of: &dyn Fn(&Sums, usize) -> f64| -> Vec<f64> {
        (0..grid.bandwidths.len()).map(|h| mean(&|sums| of(sums, h))).collect()
    };
    let errors: Vec<f64> =
        each(&|sums, h| sums.absolute[h]).into_iter().map(|error| error / gradient).collect();
    let pointwise = each(&|sums, h| sums.relative[h]);
    let histogram = mean(&|sums| sums.histogram) / gradient;
    let best = least_between(&grid.bandwidths, &errors);
    let least = errors.iter().copied().fold(f64::INFINITY, f64::min);
    Row { size, samples, errors, pointwise, best, least, histogram }
}

/// The place of the least of some values, by the parabola in ln x through it and its neighbours; none
/// where it has but one.
fn least_between(x: &[f64], values: &[f64]) -> Option<f64> {
    let least = (0..values.len()).min_by(|&a, &b| values[a].total_cmp(&values[b]))?;
    let (below, above) = (least.checked_sub(1)?, Some(least + 1).filter(|at| *at < x.len())?);
    let [low, middle, high] = [below, least, above].map(|at| (x[at].ln(), values[at]));
    let (left, right) = (middle.0 - low.0, high.0 - middle.0);
    let (fall, rise) = ((middle.1 - low.1) / left, (high.1 - middle.1) / right);
    let curvature = (rise - fall) / (left + right);
    let slope = (fall * right + rise * left) / (left + right);
    Some((middle.0 - 0.5 * slope / curvature).exp())
}

/// `ln y = a + sum_k b_k ln x_k`, by least squares.
#[derive(Clone, Debug)]
pub(super) struct PowerLaw {
    /// The factor `exp(a)`.
    pub(super) factor: f64,
    /// One a variable.
    pub(super) exponents: Vec<f64>,
    /// Root mean square of what is left, in ln y.
    pub(super) scatter: f64,
}

impl PowerLaw {
    /// Fits points of (variables, y); none where they do not determine it.
    pub(super) fn fit(points: &[(Vec<f64>, f64)]) -> Option<Self> {
        let variables = points.first()?.0.len();
        let entry = |row: usize, column: usize| match column {
            0 => 1.0,
            _ => points[row].0[column - 1].ln(),
        };
        let matrix = DMatrix::from_fn(points.len(), variables + 1, entry);
        let values = DVector::from_iterator(points.len(), points.iter().map(|(_, y)| y.ln()));
        let factor = (matrix.transpose() * &matrix).cholesky()?;
        let solution = factor.solve(&(matrix.transpose() * &values));
        let left = &values - &matrix * &solution;
        Some(Self {
            factor: solution[0].exp(),
            exponents: solution.iter().skip(1).copied().collect(),
            scatter: (left.norm_squared() / points.len() as f64).sqrt(),
        })
    }

    /// Its value.
    pub(super) fn at(&self, variables: &[f64]) -> f64 {
        let powers = self.exponents.iter().zip(variables).map(|(b, x)| x.powf(*b));
        self.factor * powers.product::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::assert_close;

    #[test]
    fn a_power_law_is_found_again() {
        let law = |x: f64, y: f64| 0.7 * x.powf(-0.2) * y.powf(0.4);
        let points: Vec<_> = [(20.0, 2.0), (300.0, 1.0), (4_000.0, 0.5), (90.0, 4.0)]
            .map(|(x, y)| (vec![x, y], law(x, y)))
            .into();
        let found = PowerLaw::fit(&points).expect("determined");
        assert_close(found.factor, 0.7, 1e-10);
        assert_close(found.exponents[0], -0.2, 1e-10);
        assert_close(found.exponents[1], 0.4, 1e-10);
        assert_close(found.at(&[55.0, 3.0]), law(55.0, 3.0), 1e-10);
        assert!(PowerLaw::fit(&points[..1]).is_none() && PowerLaw::fit(&[]).is_none());
    }

    #[test]
    fn the_least_lies_between_the_points() {
        let x: Vec<f64> = geometric(0.1, 2.0, 9).collect();
        let values: Vec<f64> = x.iter().map(|x| (x / 0.63).ln().powi(2) + 0.4).collect();
        assert_close(least_between(&x, &values).expect("inside"), 0.63, 1e-10);
        assert!(least_between(&x, &x).is_none());
    }

    #[test]
    fn threads_do_not_matter() {
        let grid = ErrorGrid::new(3, true);
        let bin = CentralBin { width: 2.0 };
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("threads").install(|| row(&grid, bin, 40, 3).errors)
        };
        assert_eq!(with(1), with(3));
    }
}
