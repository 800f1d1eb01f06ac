//! The quality of bins: their uncertainties, and the significance against their number.

use super::super::{Colour, Dash, Figure, Marker, Panel, Series};
use super::{EQUIDISTANT, OPTIMISED, background, significance_axis};
use crate::analyses::binning::{BinningProblem, BinningReport, FoundCategories, JudgedBinning};

/// Background of each bin and its relative statistical uncertainty; NaN if it has none.
fn background_points(problem: &BinningProblem, judged: &JudgedBinning) -> (Vec<f64>, Vec<f64>) {
    let bins = background(problem, &judged.yields);
    bins.iter().map(|bin| (bin.sum, bin.squares.sqrt() / bin.sum)).unzip()
}

/// The range from the smallest to the largest positive value, with room at both ends of a
/// logarithmic axis.
fn roomy_range(values: &[f64]) -> Option<(f64, f64)> {
    let positive = values.iter().copied().filter(|value| *value > 0.0 && value.is_finite());
    let low = positive.clone().fold(f64::INFINITY, f64::min);
    let high = positive.fold(0.0, f64::max);
    let room = (high / low).powf(0.04).max(1.2);
    (high > 0.0).then_some((low / room, high * room))
}

/// Background of each bin against its relative statistical uncertainty, `sqrt(sum w^2) / sum w`,
/// with the bounds from the penalties.
pub fn uncertainties(problem: &BinningProblem, report: &BinningReport) -> Figure {
    let mut panel =
        Panel::new("background in the bin [events]", "relative statistical uncertainty");
    let (minimum, penalties) = (problem.minimum_background(), &problem.options().penalties);
    let mut reached = vec![minimum];
    let equidistant = report.equidistant.as_ref();
    let binnings = equidistant.map(|judged| (judged, EQUIDISTANT, Marker::Square));
    let binnings = binnings.into_iter().chain([(&report.hard, OPTIMISED, Marker::Circle)]);
    for (judged, (label, colour), marker) in binnings {
        let (x, y) = background_points(problem, judged);
        panel = panel.with(Series::points(label, &x, &y).marker(marker).colour(colour));
        reached.extend(x);
    }
    if minimum > 0.0 {
        panel = panel.vertical("minimum background", minimum);
    }
    if penalties.uncertainty_weight > 0.0 {
        let maximum = Series::horizontal("maximum uncertainty", penalties.maximum_uncertainty);
        panel = panel.with(maximum.width(1.5).dash(Dash::Dotted));
    }
    if let Some((low, high)) = roomy_range(&reached) {
        panel = panel.x_range(low, high);
    }
    Figure::from(panel.log_x().log_y()).title("Statistical uncertainty of each bin's background")
}

/// A curve through the points (number of bins, significance) in ascending order.
fn curve(label: &str, mut points: Vec<(f64, f64)>, colour: Colour, marker: Marker) -> [Series; 2] {
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
    let line = Series::line(label, &x, &y).colour(colour);
    [line, Series::points(label, &x, &y).colour(colour).marker(marker)]
}

/// A range around whole numbers, with a tick beside a single one.
fn whole_range(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return (0.0, 10.0);
    }
    let half = (0.53 * (high - low)).max(1.0);
    (low.midpoint(high) - half, low.midpoint(high) + half)
}

/// The label of exact bins of a column. Bins from a descent may be better than those of the same
/// column: their edges need not lie among the fine ones.
fn exact_label(report: &BinningReport, column: &str) -> String {
    match report.categories {
        FoundCategories::Boundaries(_) => "exact, among fine edges".to_owned(),
        FoundCategories::Product(_) | FoundCategories::Mixture(_) => {
            format!("best bins of {column} alone")
        }
    }
}

/// Significance against the number of bins: optimised, of equal width, and exact if available.
///
/// For categories in several columns, the exact bins are the best ones of each column by itself.
pub fn comparison(problem: &BinningProblem, reports: &[BinningReport]) -> Figure {
    let point = |judged: &JudgedBinning| (judged.by_bin.len() as f64, judged.significance);
    let equidistant: Vec<_> =
        reports.iter().filter_map(|report| report.equidistant.as_ref().map(point)).collect();
    let mut series = Vec::new();
    if !equidistant.is_empty() {
        series.extend(curve(EQUIDISTANT.0, equidistant, EQUIDISTANT.1, Marker::Square));
    }
    let colours = [Colour::GREEN, Colour::VERMILLION, Colour::PURPLE, Colour::SKY];
    let columns = reports.first().map_or(0, |report| report.exact.len());
    for (at, colour) in (0..columns).zip(colours.into_iter().cycle()) {
        let exact = |report: &BinningReport| report.exact.get(at).map(|one| point(&one.binning));
        let label = exact_label(&reports[0], &reports[0].exact[at].column);
        let [line, points] =
            curve(&label, reports.iter().filter_map(exact).collect(), colour, Marker::Triangle);
        // These are wider than the points of the optimised bins, which may lie on top of them.
        series.extend([line.width(3.5), points.width(6.5)]);
    }
    let optimised = reports.iter().map(|report| point(&report.hard)).collect();
    series.extend(curve(OPTIMISED.0, optimised, OPTIMISED.1, Marker::Circle));
    let panel = Panel::new("number of bins", &significance_axis(problem));
    let bins: Vec<f64> = reports.iter().map(|report| point(&report.hard).0).collect();
    let (low, high) = whole_range(&bins);
    let panel = panel.x_range(low, high).whole_x();
    Figure::from(series.into_iter().fold(panel, Panel::with))
        .title("Significance against the number of bins")
}
