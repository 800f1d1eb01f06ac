//! The score in the plane of two inputs.

use super::super::binning::four_digits;
use super::super::{Colour, Figure, Marker, Panel, Series};
use super::{headline, source_colours};
use crate::analyses::observable::{BestObservable, ObservableProblem};

/// Number of cells of the map in each direction.
const CELLS: usize = 160;
/// Share of events beyond each end of the map, before the margin is added.
const BEYOND: f64 = 0.002;
/// The margin, as a share of the range.
const MARGIN: f64 = 0.05;
/// Largest number of events drawn per source.
const EVENTS: usize = 400;
/// Largest number of bins that all have entries in the legend.
const ENTRIES: usize = 10;

/// The displayed range of one column, over the events of all sources.
fn range_shown(sources: &[Vec<Vec<f64>>], column: usize) -> (f64, f64) {
    let mut pooled: Vec<f64> =
        sources.iter().flat_map(|columns| columns[column].iter().copied()).collect();
    pooled.sort_unstable_by(f64::total_cmp);
    let trimmed = (BEYOND * pooled.len() as f64) as usize;
    let (low, high) = (pooled[trimmed], pooled[pooled.len() - 1 - trimmed]);
    let margin = if high > low { MARGIN * (high - low) } else { 0.5 };
    (low - margin, high + margin)
}

/// Edges and centres of cells over a range.
fn cells((low, high): (f64, f64)) -> (Vec<f64>, Vec<f64>) {
    let at = |place: f64| low + (high - low) * place / CELLS as f64;
    let edges = (0..=CELLS).map(|edge| at(edge as f64)).collect();
    (edges, (0..CELLS).map(|cell| at(cell as f64 + 0.5)).collect())
}

/// The bin of the score in each cell; `None` where the histograms drop it.
fn bins(best: &BestObservable, (x, y): (&[f64], &[f64])) -> Vec<Option<usize>> {
    let xs: Vec<f64> = y.iter().flat_map(|_| x.iter().copied()).collect();
    let ys: Vec<f64> = y.iter().flat_map(|y| x.iter().map(|_| *y)).collect();
    let scores = best.network.scores(&[&xs, &ys]).into_iter();
    scores.map(|score| best.network.bin(score)).collect()
}

/// The colour of a bin, which is darker for higher scores but light enough for points to be
/// visible.
fn bin_colour(bin: usize, bins: usize) -> Colour {
    let fraction = bin as f64 / bins.saturating_sub(1).max(1) as f64;
    Colour::GREY.tint(0.07 + 0.4 * fraction)
}

/// The label of a bin; if there are many, only some have one.
fn bin_label(bin: usize, edges: &[f64]) -> String {
    let bins = edges.len() - 1;
    match bin.is_multiple_of(bins.div_ceil(ENTRIES)) || bin + 1 == bins {
        true => format!("score {} to {}", four_digits(edges[bin]), four_digits(edges[bin + 1])),
        false => String::new(),
    }
}

/// The score over the plane of both inputs, coloured by the histogram's bins, with up to 400
/// held-out events of each source on top; `None` for a network with another number of inputs.
///
/// The plane covers all but 2 per mille of the events at each end. The events are a random subset
/// of their source, regardless of their weights.
pub fn contours(problem: &ObservableProblem, best: &BestObservable) -> Option<Figure> {
    let [x_name, y_name] = best.network.columns() else { return None };
    let events = problem.held_out_columns();
    let (x_edges, x) = cells(range_shown(&events, 0));
    let (y_edges, y) = cells(range_shown(&events, 1));
    let found = bins(best, (&x, &y));
    let edges = best.network.edges();
    let mut panel = Panel::new(x_name, y_name);
    for bin in 0..edges.len() - 1 {
        let filled: Vec<bool> = found.iter().map(|cell| *cell == Some(bin)).collect();
        let cells = Series::cells(&bin_label(bin, edges), &x_edges, &y_edges, &filled);
        panel = panel.with(cells.colour(bin_colour(bin, edges.len() - 1)));
    }
    let model = problem.model();
    let markers = [Marker::Circle, Marker::Triangle, Marker::Square, Marker::Diamond];
    let sources = model.source_names().into_iter().zip(source_colours(model)).zip(&events);
    for (at, ((name, colour), columns)) in sources.enumerate() {
        let [x, y] = [0, 1].map(|column| &columns[column][..columns[column].len().min(EVENTS)]);
        let points = Series::points(name, x, y).colour(colour).width(2.0);
        panel = panel.with(points.marker(markers[at % markers.len()]));
    }
    Some(Figure::from(panel).title(&headline(problem, best)).size(800, 850))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_do_not_widen_the_range() {
        let mut column: Vec<f64> = (0..=1_000).map(f64::from).collect();
        column[0] = -1e6;
        column[1_000] = 1e6;
        let (low, high) = range_shown(&[vec![column]], 0);
        assert!((low + 47.8).abs() < 1e-9 && (high - 1_047.8).abs() < 1e-9, "{low} {high}");
        assert_eq!(range_shown(&[vec![vec![3.0]], vec![vec![3.0; 2]]], 0), (2.5, 3.5));
    }

    #[test]
    fn many_bins_have_few_labels() {
        let edges: Vec<f64> = (0..=30).map(|edge| f64::from(edge) / 30.0).collect();
        let labels = (0..30).filter(|bin| !bin_label(*bin, &edges).is_empty());
        assert_eq!(labels.collect::<Vec<_>>(), [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 29]);
        assert_eq!(bin_label(1, &[0.0, 0.25, 1.0]), "score 0.25 to 1");
    }
}
