//! Binned kernel density estimates: how well they know a bin's height, and its gradient.
//!
//! Five bins in [-5, 5], the central one watched while the mean of N(mu, 1) moves over [-2, 2]: an
//! ordinary histogram jumps, a bKDE bends, and its derivative with respect to `mu` is there at each
//! point. Which bandwidth gives the best gradient? The thesis leaves a rule of thumb open; here errors
//! are averaged over many samples for each size, for bins of four widths, and a power law is fitted to
//! the best bandwidths.
//! Source: N. Simpson, Data Analysis in High-Energy Physics as a Differentiable Program (thesis, Lund
//! University, 2023), section 7.2.3, figures 7.8 to 7.15.

mod central_bin;
mod errors;
mod figures;

use std::path::Path;

use serde_json::{Value, json};

use super::error::StudyError;
use super::list::{Findings, StudyOptions, StudyProgress};
use crate::analyses::cut::ScanRange;
use central_bin::{CentralBin, Estimate, normals};
use errors::{ErrorGrid, PowerLaw, Row};

pub(super) const QUESTION: &str =
    "a bin's height and gradient by kernel density estimate, and which bandwidth is best";

/// The thesis's bin: the central one of five in [-5, 5].
const BIN: CentralBin = CentralBin { width: 2.0 };
/// Widths of bins of which the best bandwidth is looked for.
const WIDTHS: [f64; 4] = [2.0, 4.0, 1.0, 0.5];
/// The means of the curves.
const MEANS: ScanRange = ScanRange { low: -2.0, high: 2.0, points: 161 };
/// The thesis's bandwidths and sample sizes.
const BANDWIDTHS: [f64; 3] = [0.05, 0.5, 0.8];
const SIZES: [usize; 3] = [20, 100, 5_000];
/// Samples that make a band.
const SEEDS: u64 = 9;
/// Half the distance over which a histogram is differentiated: the thesis's points lie 4/59 apart.
const STEP: f64 = 2.0 / 59.0;

/// Mean and standard deviation over samples, at each mean of the data.
struct Curve {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Curve {
    /// Of samples' values, one list each.
    fn of(samples: &[Vec<f64>]) -> Self {
        let n = samples.len() as f64;
        let columns = (0..samples[0].len()).map(|at| samples.iter().map(move |one| one[at]));
        let (mean, deviation) = columns
            .map(|column| {
                let mean = column.clone().sum::<f64>() / n;
                let variance = column.map(|value| (value - mean).powi(2)).sum::<f64>() / n;
                (mean, variance.sqrt())
            })
            .unzip();
        Self { mean, deviation }
    }
}

/// What is seen of a sample size.
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
    fn new(size: usize, seed: u64) -> Self {
        let means = MEANS.values();
        let samples: Vec<Vec<f64>> =
            (0..SEEDS).map(|sample| normals(seed * SEEDS + sample, size)).collect();
        let curve = |value: &dyn Fn(&[f64], f64) -> f64| {
            let along = |z: &Vec<f64>| means.iter().map(|&mu| value(z, mu)).collect();
            Curve::of(&samples.iter().map(along).collect::<Vec<Vec<f64>>>())
        };
        let n = size as f64;
        let truth = |of: fn((f64, f64)) -> f64| {
            means.iter().map(|&mu| n * of(BIN.truth(mu))).collect::<Vec<f64>>()
        };
        let estimate = |h: f64| {
            let height = |z: &[f64], mu| Estimate::new(size).height(BIN, z, mu, h);
            let slope = |z: &[f64], mu| Estimate::new(size).slope(BIN, z, mu, h);
            [curve(&height), curve(&slope)]
        };
        Self {
            size,
            truth: [truth(|(height, _)| height), truth(|(_, slope)| slope)],
            histogram: [
                curve(&|z, mu| BIN.count(z, mu)),
                curve(&|z, mu| BIN.count_slope(z, mu, STEP)),
            ],
            estimates: BANDWIDTHS.map(estimate).into(),
        }
    }

    /// Mean over `mu` of a curve's distance from the truth, bias and scatter together, over the mean
    /// size of the truth.
    fn error(&self, curve: &Curve, which: usize) -> f64 {
        let truth = &self.truth[which];
        let distance = curve.mean.iter().zip(&curve.deviation).zip(truth);
        let sum: f64 = distance.map(|((mean, sd), truth)| (mean - truth).hypot(*sd)).sum();
        sum / truth.iter().map(|truth| truth.abs()).sum::<f64>()
    }

    fn to_json(&self) -> Value {
        let curve = |curve: &Curve| json!({ "mean": curve.mean, "deviation": curve.deviation });
        let both = |curves: &[Curve; 2]| {
            json!({
                "height": curve(&curves[0]),
                "slope": curve(&curves[1]),
                "height_error": self.error(&curves[0], 0),
                "slope_error": self.error(&curves[1], 1),
            })
        };
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
    /// Sample sizes with their best bandwidths over the bin's width.
    fn best(&self) -> Vec<(f64, f64)> {
        let best = self.rows.iter().filter_map(|row| Some((row.size as f64, row.best?)));
        best.map(|(size, best)| (size, best / self.bin.width)).collect()
    }

    /// `h / width` as a power of the sample size.
    fn law(&self) -> Option<PowerLaw> {
        let points: Vec<_> = self.best().into_iter().map(|(n, h)| (vec![n], h)).collect();
        PowerLaw::fit(&points)
    }

    fn to_json(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "size": row.size,
                "samples": row.samples,
                "errors": row.errors,
                "pointwise_errors": row.pointwise,
                "best_bandwidth": row.best,
                "least_error": row.least,
                "histogram_error": row.histogram,
            })
        };
        json!({
            "width": self.bin.width,
            "bandwidths": self.grid.bandwidths,
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
            "law": self.law().as_ref().map(law_json),
        })
    }
}

fn law_json(law: &PowerLaw) -> Value {
    json!({ "factor": law.factor, "exponents": law.exponents, "scatter": law.scatter })
}

/// `h / width` as powers of the sample size and of the width over the data's standard deviation.
fn joint_law(all: &[WidthErrors]) -> Option<PowerLaw> {
    let of_width = |errors: &WidthErrors| {
        let width = errors.bin.width;
        errors.best().into_iter().map(move |(n, h)| (vec![n, width], h))
    };
    PowerLaw::fit(&all.iter().flat_map(of_width).collect::<Vec<_>>())
}

/// The errors for the bins of all widths.
fn scan_errors(
    options: &StudyOptions,
    progress: &mut dyn FnMut(StudyProgress),
) -> Vec<WidthErrors> {
    let grid_of = |width: f64| {
        let sizes = if options.quick { 6 } else { 11 };
        // The thesis's bin has the finer grid.
        let sizes = if width == BIN.width && !options.quick { 2 * sizes - 1 } else { sizes };
        ErrorGrid::new(sizes, options.quick)
    };
    let grids: Vec<(f64, ErrorGrid)> = WIDTHS.map(|width| (width, grid_of(width))).into();
    let total = grids.iter().map(|(_, grid)| grid.sizes.len()).sum();
    let mut done = 0;
    let of_width = |(width, grid): (f64, ErrorGrid)| {
        let bin = CentralBin { width };
        let mut rows = Vec::new();
        for &size in &grid.sizes {
            let message = format!("gradients of {size} points, bin width {width}");
            progress(StudyProgress { done, total, message });
            rows.push(errors::row(&grid, bin, size, options.seed));
            done += 1;
        }
        WidthErrors { bin, grid, rows }
    };
    grids.into_iter().map(of_width).collect()
}

/// A line a sample size: errors of the gradient, of the histogram and of each bandwidth.
fn curve_table(curves: &[SizeCurves]) -> String {
    let line = |curves: &SizeCurves| {
        let errors = curves.estimates.iter().map(|of| curves.error(&of[1], 1));
        let errors: Vec<String> = errors.map(|error| format!("{error:>8.3}")).collect();
        let histogram = curves.error(&curves.histogram[1], 1);
        format!("  {:>6} {histogram:>10.3} {}\n", curves.size, errors.join(" "))
    };
    curves.iter().map(line).collect()
}

/// A line a size of the thesis's bin: the best bandwidth and its error.
fn best_table(errors: &WidthErrors) -> String {
    let line = |row: &Row| {
        let best = row.best.map_or("at the border".to_owned(), |best| format!("{best:.3}"));
        format!("  {:>6} {best:>14} {:>8.3} {:>10.3}\n", row.size, row.least, row.histogram)
    };
    errors.rows.iter().map(line).collect()
}

fn law_text(law: Option<&PowerLaw>) -> String {
    let Some(law) = law else { return "no rule: too few sizes have a best bandwidth".to_owned() };
    let names = ["n", "(width / standard deviation)"];
    let powers = law.exponents.iter().zip(names).map(|(b, name)| format!(" {name}^{b:.3}"));
    let powers: String = powers.collect();
    format!("h / width = {:.3}{powers}, scatter {:.1} %", law.factor, 100.0 * law.scatter)
}

fn text(seed: u64, curves: &[SizeCurves], all: &[WidthErrors], joint: Option<&PowerLaw>) -> String {
    let widths: String = all
        .iter()
        .map(|errors| {
            format!("  width {:<4} {}\n", errors.bin.width, law_text(errors.law().as_ref()))
        })
        .collect();
    format!(
        "Study bkde, seed {seed}: the central of five bins in [-5, 5] as the mean mu of N(mu, 1) moves \
         over [-2, 2]\n\n\
         Expected (N. Simpson's thesis, 7.2.3): at small bandwidths the bKDE follows the histogram's \
         jumps, at large ones it is smooth and biased; its gradient is far better than a histogram's \
         differences, best where there are many points; the more points, the smaller the best bandwidth. \
         A rule for it, relative to the bin's width, is left open there. A gradient is a difference of \
         two densities, of which a kernel estimate's best bandwidth falls as n^(-1/5).\n\n\
         Found: mean error of the gradient over its mean size ({SEEDS} samples), by histogram (central \
         differences over {:.3}) and at bandwidths {}:\n\
         \x20 points  histogram    {}\n{}\n\
         Best bandwidth of each size for the bin of width {} (errors averaged over 9 to thousands of \
         samples and {} values of mu), its error, and a histogram's:\n\
         \x20 points           best    error  histogram\n{}\n\
         Rules, fitted to the best bandwidths of bins of several widths (the data's standard deviation \
         is 1):\n{widths}\n\
         Together: {}\n\n\
         So no rule holds in units of the bin alone: in those of the data, the best bandwidth falls with \
         the number of points much as Silverman's 1.06 n^(-1/5) for densities does, and hardly depends on \
         the bin. Errors are divided by the \
         mean size of the gradient over mu; where each is divided by the gradient at its own mu, as in \
         the thesis, points near mu = 0, where the gradient vanishes, make up most of the mean and \
         the map is noisy. result.json has both.\n",
        2.0 * STEP,
        BANDWIDTHS.map(|h| h.to_string()).join(", "),
        BANDWIDTHS.map(|h| format!("h = {h:<4}")).join(" "),
        curve_table(curves),
        BIN.width,
        all[0].grid.means.points,
        best_table(&all[0]),
        law_text(joint),
    )
}

pub(super) fn run(
    folder: &Path,
    options: &StudyOptions,
    progress: &mut dyn FnMut(StudyProgress),
) -> Result<Findings, StudyError> {
    let seed = options.seed;
    let curves: Vec<SizeCurves> = SIZES.map(|size| SizeCurves::new(size, seed)).into();
    let all = scan_errors(options, progress);
    let joint = joint_law(&all);
    figures::translation(seed).write(folder, "translation")?;
    figures::shapes(seed).write(folder, "shapes")?;
    figures::heights(&curves).write(folder, "heights")?;
    figures::slopes(&curves).write(folder, "gradients")?;
    figures::errors(&all[0]).write(folder, "errors")?;
    figures::rule(&all, joint.as_ref()).write(folder, "rule")?;
    let result = json!({
        "study": "bkde",
        "seed": seed,
        "rule": joint.as_ref().map(law_json),
        "mu": MEANS.values(),
        "curves": curves.iter().map(SizeCurves::to_json).collect::<Vec<_>>(),
        "errors": all.iter().map(WidthErrors::to_json).collect::<Vec<_>>(),
    });
    Ok(Findings { text: text(seed, &curves, &all, joint.as_ref()), result })
}
