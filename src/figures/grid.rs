//! The exclusion figure of a signal grid.

use super::Figure;
use super::exclusion::{ExclusionPlane, Region, TestedSignal, exclusion};
use crate::grid::{self, Contours, GridOptions, Plane, PointResult, Polyline};

/// An axis' label; a number without a label is identified by its index in the signals' names.
fn label(name: &str) -> String {
    match name.parse::<usize>() {
        Ok(place) => format!("number {} of the signal's name", place + 1),
        Err(_) => name.to_owned(),
    }
}

fn corners(line: &Polyline) -> Vec<(f64, f64)> {
    line.x.iter().copied().zip(line.y.iter().copied()).collect()
}

fn region(region: &grid::Region) -> Region {
    Region { border: corners(&region.border), holes: region.holes.iter().map(corners).collect() }
}

/// The contours of a grid, and those of its points that have a result.
///
/// # Arguments
/// `results`: in the grid's order.
pub fn grid_exclusion(
    plane: &Plane,
    contours: &Contours,
    results: &[PointResult],
    options: &GridOptions,
) -> Figure {
    let signal = |(i, [x, y]): &(usize, [f64; 2])| {
        let is_excluded = results[*i].numbers()?.is_excluded(options.level);
        Some(TestedSignal { x: *x, y: *y, is_excluded })
    };
    let signals: Vec<TestedSignal> = plane.places.iter().filter_map(signal).collect();
    let title = format!("{} signals, confidence level {}", signals.len(), options.level);
    let [x_label, y_label] = plane.names.each_ref().map(|name| label(name));
    exclusion(&ExclusionPlane {
        x_label,
        y_label,
        title,
        observed: contours.observed.iter().map(corners).collect(),
        expected: contours.expected[2].iter().map(corners).collect(),
        band: contours.band.iter().map(region).collect(),
        signals,
    })
}
