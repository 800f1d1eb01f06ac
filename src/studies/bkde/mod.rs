//! Binned kernel density estimates: how well they know a bin's height, and its gradient.
//!
//! There are five bins in [-5, 5], and the study follows the central one while the mean of N(mu, 1)
//! moves over [-2, 2]: an ordinary histogram jumps, while a bKDE is smooth and has a derivative
//! with respect to `mu` at each point. Which bandwidth gives the best gradient? The thesis leaves a
//! rule of thumb open; here errors are averaged over many samples for each size, for bins of four
//! widths, and power laws are fitted to the best bandwidths. For comparison, a histogram is
//! differenced over steps of all sizes, which gives estimates with another kernel, a box. Source:
//! N. Simpson, Data Analysis in High-Energy Physics as a Differentiable Program (thesis, Lund
//! University, 2023), section 7.2.3, figures 7.8 to 7.15.

mod central_bin;
mod errors;
mod figures;

use std::path::Path;

use serde_json::{Value, json};

use super::error::StudyError;
use super::findings::{Findings, StudyProgress};
use super::options::StudyOptions;
use crate::analyses::cut::ScanRange;
use central_bin::{CentralBin, Estimate, normals};
use errors::{ErrorGrid, Least, PowerLaw, Row};

pub(super) const QUESTION: &str =
    "a bin's height and gradient by kernel density estimate, and which bandwidth is best";

/// The thesis's bin: the central one of five in [-5, 5].
const BIN: CentralBin = CentralBin { width: 2.0 };
/// The bin widths for which the best bandwidth is determined.
const WIDTHS: [f64; 4] = [2.0, 4.0, 1.0, 0.5];
/// The means of the curves.
const MEANS: ScanRange = ScanRange { low: -2.0, high: 2.0, points: 161 };
/// The thesis's bandwidths and sample sizes.
const BANDWIDTHS: [f64; 3] = [0.05, 0.5, 0.8];
const SIZES: [usize; 3] = [20, 100, 5_000];
/// Number of samples that make up a band.
const SEEDS: u64 = 9;
/// Half the distance over which a histogram is differentiated: the thesis's points are 4/59 apart.
const STEP: f64 = 2.0 / 59.0;

/// The first random streams for the figures of one sample, for the curves, and for the grids of
/// errors.
const FIGURE_STREAM: u64 = 0;
const CURVE_STREAM: u64 = 1 << 20;
const ERROR_STREAM: u64 = 1 << 40;

/// Mean and standard deviation over samples, at each mean of the data.
struct Curve {
    mean: Vec<f64>,
    deviation: Vec<f64>,
    /// Mean absolute error over the mean size of the truth, over samples and means.
    error: f64,
}

impl Curve {
    /// Computes them from the samples' values, one list per sample.
    fn of(samples: &[Vec<f64>], truth: &[f64]) -> Self {
        let n = samples.len() as f64;
        let columns = (0..truth.len()).map(|at| samples.iter().map(move |one| one[at]));
        let (mean, deviation) = columns
            .map(|column| {
                let mean = column.clone().sum::<f64>() / n;
                let variance = column.map(|value| (value - mean).powi(2)).sum::<f64>() / n;
                (mean, variance.sqrt())
            })
            .unzip();
        let distance =
            |one: &Vec<f64>| one.iter().zip(truth).map(|(x, t)| (x - t).abs()).sum::<f64>();
        let size = n * truth.iter().map(|truth| truth.abs()).sum::<f64>();
        let error = samples.iter().map(distance).sum::<f64>() / size;
        Self { mean, deviation, error }
    }

    fn to_json(&self) -> Value {
        json!({ "mean": self.mean, "deviation": self.deviation, "error": self.error })
    }
}

/// The curves of a sample size.
struct SizeCurves {
    size: usize,
    /// True height and slope.
    truth: [Vec<f64>; 2],
    /// The histogram's height and slope.
    histogram: [Curve; 2],
    /// The estimate's height and slope, for each of [`BANDWIDTHS`].
    estimates: Vec<[Curve; 2]>,
}

impl SizeCurves {
    fn new(size: usize, seed: u64, stream: u64) -> Self {
        let means = MEANS.values();
        let samples: Vec<Vec<f64>> =
            (0..SEEDS).map(|sample| normals(seed, stream + sample, size)).collect();
        let n = size as f64;
        let truth = [
            means.iter().map(|&mu| n * BIN.truth(mu).0).collect::<Vec<f64>>(),
            means.iter().map(|&mu| n * BIN.truth(mu).1).collect(),
        ];
        let curve = |which: usize, value: &mut dyn FnMut(&[f64], f64) -> f64| {
            let mut along = |z: &Vec<f64>| means.iter().map(|&mu| value(z, mu)).collect();
            Curve::of(&samples.iter().map(&mut along).collect::<Vec<Vec<f64>>>(), &truth[which])
        };
        let mut soft = Estimate::new(size);
        let estimates = BANDWIDTHS
            .map(|h| {
                let height = curve(0, &mut |z, mu| soft.height(BIN, z, mu, h));
                [height, curve(1, &mut |z, mu| soft.slope(BIN, z, mu, h))]
            })
            .into();
        let histogram = [
            curve(0, &mut |z, mu| BIN.count(z, mu)),
            curve(1, &mut |z, mu| BIN.count_slope(z, mu, STEP)),
        ];
        Self { size, truth, histogram, estimates }
    }

    fn to_json(&self) -> Value {
        let both = |curves: &[Curve; 2]| json!({ "height": curves[0].to_json(), "slope": curves[1].to_json() });
        let estimates = BANDWIDTHS.iter().zip(&self.estimates).map(|(h, curves)| {
            let mut entry = both(curves);
            entry["bandwidth"] = json!(h);
            entry
        });
        json!({
            "size": self.size,
            "truth": { "height": self.truth[0], "slope": self.truth[1] },
            "histogram": both(&self.histogram),
            "estimates": estimates.collect::<Vec<_>>(),
        })
    }
}

/// The errors of a bin's gradient for all sizes.
struct WidthErrors {
    bin: CentralBin,
    grid: ErrorGrid,
    rows: Vec<Row>,
}

impl WidthErrors {
    /// The sample sizes with their best bandwidths, in standard deviations of the data.
    fn best(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.rows.iter().filter_map(|row| Some((row.size as f64, row.best.at?)))
    }

    /// `h / width` as a power of the sample size.
    fn law(&self) -> Option<PowerLaw> {
        let points: Vec<_> = self.best().map(|(n, h)| (n, h / self.bin.width)).collect();
        PowerLaw::fit(&points)
    }

    /// Geometric mean of the best bandwidths over Silverman's, `1.06 n^(-1/5)` standard deviations.
    /// Source: B. W. Silverman, Density Estimation for Statistics and Data Analysis (1986), eq.
    /// 3.28.
    fn over_silverman(&self) -> f64 {
        let ratios: Vec<f64> = self.best().map(|(n, h)| (h / (1.06 * n.powf(-0.2))).ln()).collect();
        (ratios.iter().sum::<f64>() / ratios.len() as f64).exp()
    }

    fn to_json(&self) -> Value {
        let least = |least: &Least| json!({ "error": least.error, "at": least.at });
        let row = |row: &Row| {
            json!({
                "size": row.size,
                "samples": row.samples,
                "errors": row.errors,
                "pointwise_errors": row.pointwise,
                "difference_errors": row.differences,
                "best_bandwidth": least(&row.best),
                "best_step": least(&row.best_difference),
            })
        };
        json!({
            "width": self.bin.width,
            "bandwidths": self.grid.bandwidths,
            "steps": self.grid.steps().collect::<Vec<_>>(),
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
            "law": self.law().map(law_json),
            "over_silverman": self.over_silverman(),
        })
    }
}

fn law_json(law: PowerLaw) -> Value {
    json!({ "factor": law.factor, "exponent": law.exponent, "scatter": law.scatter })
}

/// `h` in standard deviations of the data as a power of the sample size, for bins of all widths.
fn joint_law(all: &[WidthErrors]) -> Option<PowerLaw> {
    PowerLaw::fit(&all.iter().flat_map(WidthErrors::best).collect::<Vec<_>>())
}

/// Computes the errors for the bins of all widths.
fn scan_errors(
    options: &StudyOptions,
    progress: &mut dyn FnMut(StudyProgress),
) -> Vec<WidthErrors> {
    let grid_of = |width: f64| {
        // The thesis's bin has the finer grid.
        let sizes = match (options.quick, width == BIN.width) {
            (true, _) => 6,
            (false, true) => 21,
            (false, false) => 11,
        };
        ErrorGrid::new(sizes, options.quick)
    };
    let grids = WIDTHS.map(|width| (CentralBin { width }, grid_of(width)));
    let total = grids.iter().map(|(_, grid)| grid.sizes.len()).sum();
    let (mut done, mut stream) = (0, ERROR_STREAM);
    let of_width = |(bin, grid): (CentralBin, ErrorGrid)| {
        let mut rows = Vec::new();
        for &size in &grid.sizes {
            let message = format!("gradients of {size} points, bin width {}", bin.width);
            progress(StudyProgress { done, total, message });
            rows.push(errors::row(&grid, bin, size, options.seed, stream));
            stream += grid.samples(size);
            done += 1;
        }
        WidthErrors { bin, grid, rows }
    };
    grids.map(of_width).into()
}

/// One line per sample size: errors of the gradient, for the histogram and for each bandwidth.
fn curve_table(curves: &[SizeCurves]) -> String {
    let line = |curves: &SizeCurves| {
        let errors = curves.estimates.iter().map(|of| format!("{:>8.3}", of[1].error));
        let errors: Vec<String> = errors.collect();
        let histogram = curves.histogram[1].error;
        format!("  {:>6} {histogram:>10.3} {}\n", curves.size, errors.join(" "))
    };
    curves.iter().map(line).collect()
}

/// One line per sample size of the thesis's bin: the best bandwidth and step, and their errors.
fn best_table(errors: &WidthErrors) -> String {
    let told = |least: &Least| {
        let at = least.at.map_or("border".to_owned(), |at| format!("{at:.3}"));
        format!("{at:>9} {:>8.4}", least.error)
    };
    let line = |row: &Row| {
        format!("  {:>6} {} {}\n", row.size, told(&row.best), told(&row.best_difference))
    };
    errors.rows.iter().map(line).collect()
}

fn law_text(law: Option<PowerLaw>) -> String {
    law.map_or("no rule: too few sizes have a best bandwidth".to_owned(), |law| {
        format!("{:.3} n^{:.3}, scatter {:.1} %", law.factor, law.exponent, 100.0 * law.scatter)
    })
}

/// One line per bin: its rule, and how it compares with Silverman's.
fn rule_table(all: &[WidthErrors]) -> String {
    let line = |errors: &WidthErrors| {
        let (width, rule) = (errors.bin.width, law_text(errors.law()));
        format!("  width {width:<4} h / width = {rule}; {:.2} times\n", errors.over_silverman())
    };
    all.iter().map(line).collect()
}

const EXPECTED: &str = "\
Expected (N. Simpson's thesis, 7.2.3): at small bandwidths the bKDE follows the histogram's jumps, at large ones it is \
smooth and biased; its gradient is far better than a histogram's differences, best where there are many points; the more \
points, the smaller the best bandwidth. A rule for it, relative to the bin's width, is left open there. To be expected too: \
the gradient is a difference of two densities, of which a kernel estimate's best bandwidth is near Silverman's 1.06 n^(-1/5) \
standard deviations of the data, whatever the bin; and a central difference of counts is such an estimate with a box for a \
kernel, so that it can be as good once its step is right: what the bKDE adds is a smooth function, and one reverse sweep \
for the derivatives by everything.";

fn text(seed: u64, curves: &[SizeCurves], all: &[WidthErrors]) -> String {
    format!(
        "Study bkde, seed {seed}: the central of five bins in [-5, 5] as the mean mu of N(mu, 1) moves \
         over [-2, 2]\n\n{EXPECTED}\n\n\
         Found: mean absolute error of the gradient over its mean size, of {SEEDS} samples, by histogram \
         (central differences over {:.3}) and at bandwidths {}:\n\
         \x20 points  histogram    {}\n{}\n\
         Best bandwidth and best half-step of the histogram's differences for the bin of width {}, and their \
         errors (over at least 9 samples and {} values of mu):\n\
         \x20 points bandwidth    error      step    error\n{}\n\
         Rules in units of the bin (the data's standard deviation is 1), and the mean bandwidth over \
         Silverman's:\n{}\n\
         One rule for all, in standard deviations of the data: h = {}.\n\n\
         result.json has all errors, also those divided by the gradient at each mu, as in the thesis: where \
         the gradient vanishes, at mu = 0, those have no bound.\n",
        2.0 * STEP,
        BANDWIDTHS.map(|h| h.to_string()).join(", "),
        BANDWIDTHS.map(|h| format!("h = {h:<4}")).join(" "),
        curve_table(curves),
        BIN.width,
        all[0].grid.means.points,
        best_table(&all[0]),
        rule_table(all),
        law_text(joint_law(all)),
    )
}

pub(super) fn run(
    folder: &Path,
    options: &StudyOptions,
    progress: &mut dyn FnMut(StudyProgress),
) -> Result<Findings, StudyError> {
    let seed = options.seed;
    let streams = (0..).map(|at| CURVE_STREAM + at * SEEDS);
    let curves: Vec<SizeCurves> = SIZES
        .iter()
        .zip(streams)
        .map(|(&size, stream)| SizeCurves::new(size, seed, stream))
        .collect();
    let all = scan_errors(options, progress);
    figures::translation(seed).write(folder, "translation")?;
    figures::shapes(seed).write(folder, "shapes")?;
    figures::heights(&curves).write(folder, "heights")?;
    figures::slopes(&curves).write(folder, "gradients")?;
    figures::errors(&all[0]).write(folder, "errors")?;
    figures::rule(&all, joint_law(&all)).write(folder, "rule")?;
    let result = json!({
        "study": "bkde",
        "seed": seed,
        "rule": joint_law(&all).map(law_json),
        "mu": MEANS.values(),
        "curves": curves.iter().map(SizeCurves::to_json).collect::<Vec<_>>(),
        "errors": all.iter().map(WidthErrors::to_json).collect::<Vec<_>>(),
    });
    Ok(Findings { text: text(seed, &curves, &all), result, tables: Vec::new() })
}
