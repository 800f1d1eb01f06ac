//! The figures of the landscapes: maps with gradients and descents, and the line `u = d`.

use super::plane::Metric;
use super::{CENTRES, LINE, REACH, STARTS, Scanned};
use crate::figures::{Colour, Figure, Marker, Panel, Series, cell_edges};

/// Length of an arrow, in the plane's units.
const ARROW: f64 = 1.7;
const WHITE: Colour = Colour(255, 255, 255);

/// A metric over the plane, arrows down its slope, and its descents, with or without entries in the
/// legend.
fn map(scanned: &Scanned, has_legend: bool) -> Panel {
    let edges = cell_edges(&CENTRES.values());
    let arrow = |([u, d], [by_u, by_d]): &([f64; 2], [f64; 2])| {
        let size = by_u.hypot(*by_d);
        let (along, up) = (-0.5 * ARROW * by_u / size, -0.5 * ARROW * by_d / size);
        [u - along, d - up, u + along, d + up]
    };
    let steepest = scanned.gradients.iter().map(|(_, g)| g[0].hypot(g[1])).fold(0.0, f64::max);
    // Where the metric is flat up to rounding, a direction would mean nothing.
    let has_slope = |g: &&([f64; 2], [f64; 2])| g.1[0].hypot(g.1[1]) > 1e-6 * steepest;
    let arrows: Vec<[f64; 4]> = scanned.gradients.iter().filter(has_slope).map(arrow).collect();
    // It grows with the fourth power of the shift, so that everything except the corners would look
    // the same.
    let (title, values) = match scanned.metric {
        Metric::Gaussianity => {
            ("log10 Gaussianity", scanned.map.iter().map(|value| value.log10()).collect())
        }
        metric => (metric.label(), scanned.map.clone()),
    };
    let named = |label| if has_legend { label } else { "" };
    let mut panel = Panel::new("u [events]", "d [events]")
        .title(title)
        .map("", &edges, &edges, &values)
        .x_range(-REACH, REACH)
        .y_range(-REACH, REACH)
        .square()
        // White arrows with a dark edge can be seen on dark and on light areas.
        .with(Series::arrows("", &arrows).colour(Colour::GREY).width(1.9))
        .with(Series::arrows("", &arrows).colour(WHITE).width(1.4));
    for (at, report) in scanned.descents.iter().enumerate() {
        let path = report.history.iter().map(|row| (row.parameters[0], row.parameters[1]));
        let (u, d): (Vec<f64>, Vec<f64>) = path.unzip();
        let label = if at == 0 { named("descents") } else { "" };
        panel = panel.with(Series::line(label, &u, &d).colour(Colour::VERMILLION).width(2.0));
    }
    let (u, d): (Vec<f64>, Vec<f64>) = STARTS.iter().map(|[u, d]| (*u, *d)).unzip();
    let ends = scanned.descents.iter().map(|report| (report.parameters[0], report.parameters[1]));
    let (end_u, end_d): (Vec<f64>, Vec<f64>) = ends.unzip();
    panel.with(Series::points(named("start"), &u, &d).colour(Colour::VERMILLION)).with(
        Series::points(named("end"), &end_u, &end_d)
            .colour(Colour::BLACK)
            .marker(Marker::Diamond)
            .width(4.0),
    )
}

/// All maps on a page.
pub(super) fn maps(all: &[Scanned]) -> Figure {
    let figure = Figure::new().columns(2).size(800, 1060);
    let figure = figure.title(
        "Metrics over the plane of the background's variations; white arrows point down the slope",
    );
    all.iter().enumerate().map(|(at, one)| map(one, at < 2)).fold(figure, Figure::panel)
}

/// Each metric along `u = d`, divided by its value at 0, and CLs and p0 without a fit.
pub(super) fn line(all: &[Scanned], unfitted: &[Vec<f64>; 2], saddles: [f64; 2]) -> Figure {
    let u = LINE.values();
    let over_middle = |values: &[f64]| {
        let middle = values[values.len() / 2];
        values.iter().map(|value| value / middle).collect::<Vec<f64>>()
    };
    let panel = || Panel::new("u = d [events]", "over its value at 0").x_range(-REACH, REACH);
    let (mut flat, mut gaussianity) = (panel(), panel().log_y().height(0.55));
    // They all lie on top of one another at 1, so the widest comes first.
    for (label, values, width, shade) in [
        ("CLs, parameter at 0", &unfitted[0], 12.0, 215),
        ("p0, parameter at 0", &unfitted[1], 9.0, 170),
    ] {
        let line = Series::line(label, &u, &over_middle(values)).width(width);
        flat = flat.with(line.colour(Colour(shade, shade, shade)));
    }
    for (metric, width, colour) in [
        (Metric::Sigma, 6.0, Colour::GREEN),
        (Metric::GeneralisedVariance, 4.0, Colour::PURPLE),
        (Metric::ClsAndP0, 2.5, Colour::ORANGE),
        (Metric::Cls, 1.5, Colour::BLUE),
        (Metric::P0, 1.5, Colour::VERMILLION),
        (Metric::Gaussianity, 2.0, Colour::BLUE),
    ] {
        let scanned = all.iter().find(|scanned| scanned.metric == metric);
        let values = over_middle(&scanned.expect("every metric is scanned").line);
        let line = Series::line(metric.label(), &u, &values).width(width).colour(colour);
        match metric {
            Metric::Gaussianity => gaussianity = gaussianity.with(line),
            _ => flat = flat.with(line),
        }
    }
    let [p0, cls] = saddles;
    let flat = flat
        .with(Series::vertical("p0's saddle", p0).colour(Colour::VERMILLION))
        .with(Series::vertical("CLs' saddle", cls).colour(Colour::BLUE));
    Figure::new()
        .panel(flat.y_range(0.96, 1.14))
        .panel(gaussianity)
        .size(800, 820)
        .title("Along u = d, where up and down are the same")
}
