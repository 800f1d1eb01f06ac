//! Errors of the gradient over bandwidths and sample sizes, the best bandwidth of each size, and a
//! rule for it.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::central_bin::{CentralBin, Estimate, normals};
use crate::analyses::cut::ScanRange;

/// Half-width of a box over the bandwidth of a Normal with the same standard deviation: the root
/// of 3.
const BOX: f64 = 1.732_050_807_568_877_2;

/// The grid on which errors are computed.
#[derive(Clone, Debug)]
pub(super) struct ErrorGrid {
    /// Sample sizes, in points.
    pub(super) sizes: Vec<usize>,
    /// Bandwidths, in units of the standard deviation of the data, which is 1.
    pub(super) bandwidths: Vec<f64>,
    /// Means of the data; none is 0, because the gradient is 0 there.
    pub(super) means: ScanRange,
    /// Smallest number of samples of a size.
    fewest_seeds: usize,
    /// Smallest number of points in all samples of a size, since small samples differ more from one
    /// another.
    fewest_points: usize,
}

/// Numbers in geometric progression.
fn geometric(low: f64, high: f64, count: usize) -> impl Iterator<Item = f64> {
    let exponent = move |at: usize| at as f64 / (count - 1) as f64;
    (0..count).map(move |at| low * (high / low).powf(exponent(at)))
}

impl ErrorGrid {
    /// A grid with this many sizes from 20 to 20,480 and 31 bandwidths, or a coarse grid up to 640.
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

    /// Half the distances of a histogram's differences: boxes as wide as the bandwidths.
    pub(super) fn steps(&self) -> impl Iterator<Item = f64> + '_ {
        self.bandwidths.iter().map(|bandwidth| BOX * bandwidth)
    }

    /// The number of samples of a size.
    pub(super) fn samples(&self, size: usize) -> u64 {
        self.fewest_seeds.max(self.fewest_points.div_ceil(size)) as u64
    }
}

/// The smallest error along a list of widths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Least {
    pub(super) error: f64,
    /// Where it is, between the widths of the list; `None` at the ends of the list.
    pub(super) at: Option<f64>,
}

impl Least {
    /// Finds it from the parabola in ln x through the smallest value and its neighbours.
    fn of(x: &[f64], values: &[f64]) -> Self {
        let least = (0..values.len()).min_by(|&a, &b| values[a].total_cmp(&values[b]));
        let least = least.expect("there are values");
        let parabola = || {
            let (below, above) =
                (least.checked_sub(1)?, Some(least + 1).filter(|at| *at < x.len())?);
            let [low, middle, high] = [below, least, above].map(|at| (x[at].ln(), values[at]));
            let (left, right) = (middle.0 - low.0, high.0 - middle.0);
            let (fall, rise) = ((middle.1 - low.1) / left, (high.1 - middle.1) / right);
            let curvature = (rise - fall) / (left + right);
            let slope = (fall * right + rise * left) / (left + right);
            Some((middle.0 - 0.5 * slope / curvature).exp())
        };
        Self { error: values[least], at: parabola() }
    }
}

/// The errors of a size.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) size: usize,
    pub(super) samples: u64,
    /// One per bandwidth: mean absolute error over the mean absolute gradient, both over `mu`.
    pub(super) errors: Vec<f64>,
    /// One per bandwidth: mean over `mu` of the absolute error over the absolute gradient there.
    pub(super) pointwise: Vec<f64>,
    /// The same for a histogram's differences, one for each of [`ErrorGrid::steps`].
    pub(super) differences: Vec<f64>,
    pub(super) best: Least,
    pub(super) best_difference: Least,
}

/// Sums of a sample's errors over `mu`, in the order of bandwidths and steps.
struct Sums {
    absolute: Vec<f64>,
    relative: Vec<f64>,
    differences: Vec<f64>,
}

fn of_sample(grid: &ErrorGrid, bin: CentralBin, normals: &[f64]) -> Sums {
    let mut estimate = Estimate::new(normals.len());
    let n = normals.len() as f64;
    let truth: Vec<(f64, f64)> =
        grid.means.values().into_iter().map(|mu| (mu, bin.truth(mu).1)).collect();
    let mut sums = Sums { absolute: Vec::new(), relative: Vec::new(), differences: Vec::new() };
    for &bandwidth in &grid.bandwidths {
        let (mut absolute, mut relative) = (0.0, 0.0);
        for &(mu, truth) in &truth {
            let error = (estimate.slope(bin, normals, mu, bandwidth) / n - truth).abs();
            absolute += error;
            relative += error / truth.abs();
        }
        sums.absolute.push(absolute);
        sums.relative.push(relative);
    }
    for step in grid.steps() {
        let error =
            |(mu, truth): &(f64, f64)| (bin.count_slope(normals, *mu, step) / n - truth).abs();
        sums.differences.push(truth.iter().map(error).sum());
    }
    sums
}

/// The errors of a sample size; `stream` is the first of its random streams, one per sample.
pub(super) fn row(grid: &ErrorGrid, bin: CentralBin, size: usize, seed: u64, stream: u64) -> Row {
    let samples = grid.samples(size);
    let all: Vec<Sums> = (0..samples)
        .into_par_iter()
        .map(|sample| of_sample(grid, bin, &normals(seed, stream + sample, size)))
        .collect();
    let means = grid.means.values();
    let count = (samples as usize * means.len()) as f64;
    let gradient = means.iter().map(|&mu| bin.truth(mu).1.abs()).sum::<f64>() / means.len() as f64;
    let mean = |of: fn(&Sums) -> &Vec<f64>, unit: f64| -> Vec<f64> {
        let at = |h: usize| all.iter().map(|sums| of(sums)[h]).sum::<f64>() / (count * unit);
        (0..grid.bandwidths.len()).map(at).collect()
    };
    let errors = mean(|sums| &sums.absolute, gradient);
    let differences = mean(|sums| &sums.differences, gradient);
    let steps: Vec<f64> = grid.steps().collect();
    Row {
        size,
        samples,
        best: Least::of(&grid.bandwidths, &errors),
        best_difference: Least::of(&steps, &differences),
        pointwise: mean(|sums| &sums.relative, 1.0),
        errors,
        differences,
    }
}

/// `ln y = a + b ln x`, by least squares.
#[derive(Clone, Copy, Debug)]
pub(super) struct PowerLaw {
    /// The factor `exp(a)`.
    pub(super) factor: f64,
    /// The exponent `b`.
    pub(super) exponent: f64,
    /// Root mean square of the residuals, in ln y.
    pub(super) scatter: f64,
}

impl PowerLaw {
    /// Fits points (x, y); `None` if they do not determine it.
    pub(super) fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let entry = |row: usize, column: usize| if column == 0 { 1.0 } else { points[row].0.ln() };
        let matrix = DMatrix::from_fn(points.len(), 2, entry);
        let values = DVector::from_iterator(points.len(), points.iter().map(|(_, y)| y.ln()));
        let normal_equations = (matrix.transpose() * &matrix).cholesky()?;
        let solution = normal_equations.solve(&(matrix.transpose() * &values));
        let left = &values - &matrix * &solution;
        Some(Self {
            factor: solution[0].exp(),
            exponent: solution[1],
            scatter: (left.norm_squared() / points.len() as f64).sqrt(),
        })
    }

    /// Its value.
    pub(super) fn at(self, x: f64) -> f64 {
        self.factor * x.powf(self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep_testing::assert_close;

    #[test]
    fn a_power_law_is_found_again() {
        let law = |x: f64| 0.7 * x.powf(-0.2);
        let points = [20.0, 300.0, 4_000.0].map(|x| (x, law(x)));
        let found = PowerLaw::fit(&points).expect("determined");
        assert_close(found.factor, 0.7, 1e-10);
        assert_close(found.exponent, -0.2, 1e-10);
        assert_close(found.at(55.0), law(55.0), 1e-10);
        assert!(PowerLaw::fit(&points[..1]).is_none() && PowerLaw::fit(&[]).is_none());
    }

    #[test]
    fn the_least_lies_between_the_points() {
        let x: Vec<f64> = geometric(0.1, 2.0, 9).collect();
        let values: Vec<f64> = x.iter().map(|x| (x / 0.63).ln().powi(2) + 0.4).collect();
        assert_close(Least::of(&x, &values).at.expect("inside"), 0.63, 1e-10);
        assert!(Least::of(&x, &x).at.is_none());
    }

    #[test]
    fn threads_do_not_matter() {
        let (grid, bin) = (ErrorGrid::new(3, true), CentralBin { width: 2.0 });
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("threads").install(|| row(&grid, bin, 40, 3, 7).errors)
        };
        assert_eq!(with(1), with(3));
    }
}
