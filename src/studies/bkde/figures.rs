//! The figures of the binned kernel density estimates.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Normal};

use super::central_bin::{Estimate, normals};
use super::errors::PowerLaw;
use super::{BANDWIDTHS, BIN, Curve, FIGURE_STREAM, MEANS, SizeCurves, WidthErrors};
use crate::figures::{Colour, Figure, Panel, Series, cell_edges};
use crate::kernels::kernel_histogram::{Bandwidth, Overflow, kernel_histogram, plain_histogram};
use crate::kernels::selection::Yield;

/// The five bins.
const EDGES: [f64; 6] = [-5.0, -3.0, -1.0, 1.0, 3.0, 5.0];
/// Number of points in the figures of one sample.
const POINTS: usize = 100;
/// Number of points of the mixture whose shape is estimated.
const MIXTURE_POINTS: usize = 200;
const TRUTH: Colour = Colour::VERMILLION;
const HISTOGRAM: Colour = Colour::ORANGE;
const ESTIMATE: Colour = Colour::BLUE;

fn histogram(x: &[f64], edges: &[f64]) -> Vec<f64> {
    let mut out = vec![Yield::default(); edges.len() - 1];
    plain_histogram(x, &vec![1.0; x.len()], edges, Overflow::Dropped, &mut out);
    out.iter().map(|bin| bin.sum).collect()
}

fn estimate(x: &[f64], edges: &[f64], bandwidth: f64) -> Vec<f64> {
    let mut out = vec![0.0; edges.len() - 1];
    let (weights, bandwidth) = (vec![1.0; x.len()], Bandwidth::Absolute(bandwidth));
    kernel_histogram(x, &weights, edges, bandwidth, Overflow::Dropped, &mut out);
    out
}

/// A histogram that moves with its data, and the height of its central bin.
pub(super) fn translation(seed: u64) -> Figure {
    let z = normals(seed, FIGURE_STREAM, POINTS);
    let mut histograms = Panel::new("x", "points a bin").title("A sample at three means");
    for mu in [-1.5, 0.0, 1.5] {
        let x: Vec<f64> = z.iter().map(|z| z + mu).collect();
        histograms = histograms.steps(&format!("mu = {mu}"), &EDGES, &histogram(&x, &EDGES));
    }
    let means = MEANS.values();
    let along =
        |height: &mut dyn FnMut(f64) -> f64| means.iter().map(|&mu| height(mu)).collect::<Vec<_>>();
    let (mut soft, bandwidth) = (Estimate::new(POINTS), BANDWIDTHS[1]);
    let counts = along(&mut |mu| BIN.count(&z, mu));
    let heights = along(&mut |mu| soft.height(BIN, &z, mu, bandwidth));
    let truth = along(&mut |mu| POINTS as f64 * BIN.truth(mu).0);
    let central = Panel::new("mu", "points in the central bin")
        .title("The central bin as the mean moves")
        .with(Series::line("histogram", &means, &counts).colour(HISTOGRAM))
        .with(Series::line(&format!("bKDE, h = {bandwidth}"), &means, &heights).colour(ESTIMATE))
        .with(Series::line("truth", &means, &truth).colour(TRUTH).dashed());
    Figure::new().panel(histograms).panel(central).columns(2).size(800, 460)
}

/// Two Gaussians in bins: the histogram, and estimates with three bandwidths.
pub(super) fn shapes(seed: u64) -> Figure {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    rng.set_stream(FIGURE_STREAM + 1);
    let peaks = [Normal::new(-1.5, 0.6), Normal::new(1.5, 0.8)].map(|peak| peak.expect("a width"));
    let x: Vec<f64> =
        (0..MIXTURE_POINTS).map(|at| peaks[usize::from(at % 5 < 2)].sample(&mut rng)).collect();
    let edges: Vec<f64> = (0..=16).map(|at| -4.0 + 0.5 * f64::from(at)).collect();
    let fine: Vec<f64> = (0..=320).map(|at| -4.0 + 0.025 * f64::from(at)).collect();
    let middles: Vec<f64> = fine.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect();
    let density = |counts: Vec<f64>, width: f64| {
        counts.iter().map(|count| count / (width * x.len() as f64)).collect::<Vec<_>>()
    };
    let hard = density(histogram(&x, &edges), 0.5);
    let panel = |share: f64| {
        let bandwidth = share * 0.5;
        Panel::new("x", "density")
            .title(&format!("bandwidth {share} of a bin"))
            .with(Series::steps("histogram", &edges, &hard).colour(HISTOGRAM))
            .with(
                Series::steps("bKDE", &edges, &density(estimate(&x, &edges, bandwidth), 0.5))
                    .colour(ESTIMATE),
            )
            .with(
                Series::line("KDE", &middles, &density(estimate(&x, &fine, bandwidth), 0.025))
                    .colour(Colour::GREY)
                    .width(1.0),
            )
            .y_range(0.0, 0.55)
    };
    [0.1, 0.5, 1.0, 2.0]
        .map(panel)
        .into_iter()
        .fold(Figure::new().columns(2).size(800, 760), Figure::panel)
        .title(&format!("{MIXTURE_POINTS} points of two Gaussians in bins of width 0.5"))
}

fn with_band(panel: Panel, label: &str, curve: &Curve, colour: Colour) -> Panel {
    let means = MEANS.values();
    let side = |sign: f64| {
        let sides = curve.mean.iter().zip(&curve.deviation);
        sides.map(|(mean, sd)| mean + sign * sd).collect::<Vec<f64>>()
    };
    panel
        .with(Series::band(label, &means, &side(-1.0), &side(1.0)).colour(colour).opacity(0.25))
        .with(Series::line(label, &means, &curve.mean).colour(colour).width(1.5))
}

/// Panels of sizes times bandwidths: truth, histogram and estimate, for heights (0) or slopes (1).
fn curves(all: &[SizeCurves], which: usize, label: &str, title: &str) -> Figure {
    let mut figure = Figure::new().columns(3).size(800, 860).title(title);
    for (row, of_size) in all.iter().enumerate() {
        let named = |label| if row == 0 { label } else { "" };
        let truth = &of_size.truth[which];
        let low = truth.iter().copied().fold(0.0, f64::min);
        let high = truth.iter().copied().fold(0.0, f64::max);
        let room = 0.6 * (high - low);
        for (bandwidth, estimates) in BANDWIDTHS.iter().zip(&of_size.estimates) {
            let mut panel = Panel::new("mu", label)
                .title(&format!("n = {}, h = {bandwidth}", of_size.size))
                .y_range(if low < 0.0 { low - room } else { 0.0 }, high + room);
            panel = with_band(panel, named("histogram"), &of_size.histogram[which], HISTOGRAM);
            panel = with_band(panel, named("bKDE"), &estimates[which], ESTIMATE);
            let line = Series::line(named("truth"), &MEANS.values(), truth).colour(TRUTH).dashed();
            figure = figure.panel(panel.with(line));
        }
    }
    figure
}

/// The central bin's height.
pub(super) fn heights(all: &[SizeCurves]) -> Figure {
    let title =
        "Height of the central bin: mean and standard deviation of nine samples of n points";
    curves(all, 0, "points in bin", title)
}

/// Its derivative.
pub(super) fn slopes(all: &[SizeCurves]) -> Figure {
    let title =
        "Derivative of the central bin's height: mean and deviation of nine samples of n points";
    curves(all, 1, "points / mu", title)
}

/// Edges of cells around points on a logarithmic axis.
fn log_edges(centres: &[f64]) -> Vec<f64> {
    let logarithms: Vec<f64> = centres.iter().map(|centre| centre.ln()).collect();
    cell_edges(&logarithms).into_iter().map(f64::exp).collect()
}

/// The error over sizes and bandwidths, with the best bandwidth of each size and the fitted rule.
pub(super) fn errors(errors: &WidthErrors) -> Figure {
    let width = errors.bin.width;
    let relative: Vec<f64> = errors.grid.bandwidths.iter().map(|h| h / width).collect();
    let sizes: Vec<f64> = errors.rows.iter().map(|row| row.size as f64).collect();
    let values: Vec<f64> = errors.rows.iter().flat_map(|row| row.errors.clone()).collect();
    let (n, best): (Vec<f64>, Vec<f64>) = errors.best().map(|(n, h)| (n, h / width)).unzip();
    let label = "mean relative error (capped at 1)";
    let map = Series::map(label, &log_edges(&relative), &log_edges(&sizes), &values)
        .reversed()
        .colour_range(0.0, 1.0);
    let mut panel = Panel::new("bandwidth / bin width", "points of the sample")
        .with(map)
        .with(Series::points("best of each size", &best, &n).colour(Colour::BLACK))
        .log_x()
        .log_y();
    if let Some(law) = errors.law() {
        let rule: Vec<f64> = sizes.iter().map(|&size| law.at(size)).collect();
        let label = format!("{:.2} n^{:.3}", law.factor, law.exponent);
        panel = panel.with(Series::line(&label, &rule, &sizes).colour(Colour::VERMILLION));
    }
    Figure::from(panel).title("Error of the gradient of a bin's height, over the mean gradient")
}

/// The best bandwidths of bins of several widths, in units of the bins and of the data, and the
/// rules.
pub(super) fn rule(all: &[WidthErrors], joint: Option<PowerLaw>) -> Figure {
    let panel = |unit: &str| Panel::new("points of the sample", unit).log_x().log_y();
    let mut of_bin = panel("best bandwidth / bin width");
    let mut of_data = panel("best bandwidth / std. deviation");
    for (of_width, colour) in all.iter().zip(Colour::CYCLE) {
        let width = of_width.bin.width;
        let (n, best): (Vec<f64>, Vec<f64>) = of_width.best().unzip();
        let relative: Vec<f64> = best.iter().map(|h| h / width).collect();
        let label = format!("bin {width} wide");
        of_bin = of_bin.with(Series::points(&label, &n, &relative).colour(colour));
        of_data = of_data.with(Series::points(&label, &n, &best).colour(colour));
        if let Some(law) = of_width.law() {
            let rule: Vec<f64> = n.iter().map(|&n| law.at(n)).collect();
            of_bin = of_bin.with(Series::line(&label, &n, &rule).colour(colour).width(1.0));
        }
    }
    let sizes: Vec<f64> = all[0].rows.iter().map(|row| row.size as f64).collect();
    if let Some(law) = joint {
        let rule: Vec<f64> = sizes.iter().map(|&n| law.at(n)).collect();
        let label = format!("{:.2} n^{:.3}", law.factor, law.exponent);
        of_data = of_data.with(Series::line(&label, &sizes, &rule).colour(Colour::BLACK));
    }
    let silverman: Vec<f64> = sizes.iter().map(|n| 1.06 * n.powf(-0.2)).collect();
    let line = Series::line("Silverman, 1.06 n^-0.2", &sizes, &silverman).colour(Colour::GREY);
    Figure::new()
        .panel(of_bin)
        .panel(of_data.with(line.dashed()))
        .columns(2)
        .size(800, 620)
        .title("Best bandwidth for the gradient: rules in units of the bin, and one of the data")
}
