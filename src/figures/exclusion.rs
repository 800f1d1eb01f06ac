//! The exclusion of signals over two of their numbers, such as masses.
//!
//! Enters: contours that were found elsewhere, as polylines, and the tested points. Leaves: a
//! [`Figure`].

use super::limit::TWO_SIGMA;
use super::{Colour, Figure, Marker, Panel, Series};

/// A region with holes, given by the corners of its border and of the holes' borders.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Region {
    /// The corners of its border, in either direction; the last is joined to the first.
    pub border: Vec<(f64, f64)>,
    /// The corners of each hole's border, in the same way.
    pub holes: Vec<Vec<(f64, f64)>>,
}

/// A signal that was tested.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TestedSignal {
    /// Its first number.
    pub x: f64,
    /// Its second number.
    pub y: f64,
    /// Whether it is excluded.
    pub is_excluded: bool,
}

/// What [`exclusion`] draws.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExclusionPlane {
    /// The label of the first number, with its unit.
    pub x_label: String,
    /// The label of the second number, with its unit.
    pub y_label: String,
    /// The title; empty for none.
    pub title: String,
    /// The observed contour, as polylines.
    pub observed: Vec<Vec<(f64, f64)>>,
    /// The expected contour, as polylines.
    pub expected: Vec<Vec<(f64, f64)>>,
    /// The region in which the expected contour lies within 1 standard deviation.
    pub band: Vec<Region>,
    /// The tested signals.
    pub signals: Vec<TestedSignal>,
}

/// The observed contour, the expected contour with its band of 1 standard deviation, and the tested
/// signals: filled discs are excluded, hollow ones are not.
pub fn exclusion(plane: &ExclusionPlane) -> Figure {
    let mut panel = Panel::new(&plane.x_label, &plane.y_label);
    if !plane.band.is_empty() {
        let outlines: Vec<_> = plane.band.iter().map(Region::outline).collect();
        let (x, y) = joined(&outlines);
        let band = Series::polygons("expected ±1 σ", &x, &y).opacity(0.8).colour(TWO_SIGMA);
        panel = panel.with(band);
    }
    let (x, y) = joined(&plane.expected);
    if !plane.expected.is_empty() {
        panel = panel.with(Series::line("expected limit", &x, &y).dashed().colour(Colour::BLACK));
    }
    let (x, y) = joined(&plane.observed);
    if !plane.observed.is_empty() {
        let observed = Series::line("observed limit", &x, &y).width(2.5);
        panel = panel.with(observed.colour(Colour::VERMILLION));
    }
    for (label, is_excluded) in [("excluded", true), ("not excluded", false)] {
        let chosen = plane.signals.iter().filter(|signal| signal.is_excluded == is_excluded);
        let (x, y): (Vec<f64>, Vec<f64>) = chosen.map(|signal| (signal.x, signal.y)).unzip();
        if x.is_empty() {
            continue;
        }
        panel = panel.with(Series::points(label, &x, &y).colour(Colour::BLUE).width(3.5));
        if !is_excluded {
            let within = Series::points(label, &x, &y).marker(Marker::Circle).width(2.2);
            panel = panel.with(within.colour(Colour(255, 255, 255)));
        }
    }
    Figure::from(panel).title(&plane.title)
}

/// Several polylines or polygons as one, with a gap after each.
fn joined(lines: &[Vec<(f64, f64)>]) -> (Vec<f64>, Vec<f64>) {
    let gap = (f64::NAN, f64::NAN);
    lines.iter().flat_map(|line| line.iter().copied().chain([gap])).unzip()
}

impl Region {
    /// One polygon without holes that covers the same region: each hole is joined to the border by
    /// a cut of zero width, and runs in the opposite direction.
    fn outline(&self) -> Vec<(f64, f64)> {
        let mut outline = self.border.clone();
        let is_left = area(&outline) > 0.0;
        for hole in self.holes.iter().filter(|hole| !hole.is_empty()) {
            let Some((from, to)) = nearest(&outline, hole) else { continue };
            let mut around: Vec<_> = hole[to..].iter().chain(&hole[..=to]).copied().collect();
            if (area(hole) > 0.0) == is_left {
                around.reverse();
            }
            around.push(outline[from]);
            outline.splice(from + 1..from + 1, around);
        }
        outline
    }
}

/// The area of a polygon, above 0 if it runs counterclockwise.
fn area(corners: &[(f64, f64)]) -> f64 {
    let next = corners.iter().cycle().skip(1);
    corners.iter().zip(next).map(|(a, b)| (a.0 * b.1 - b.0 * a.1) / 2.0).sum()
}

/// The corners of two polygons that are nearest to each other.
fn nearest(a: &[(f64, f64)], b: &[(f64, f64)]) -> Option<(usize, usize)> {
    let pairs = (0..a.len()).flat_map(|from| (0..b.len()).map(move |to| (from, to)));
    let distance = |&(from, to): &(usize, usize)| {
        let ((x0, y0), (x1, y1)) = (a[from], b[to]);
        (x1 - x0).hypot(y1 - y0)
    };
    pairs.min_by(|one, other| distance(one).total_cmp(&distance(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(half: f64) -> Vec<(f64, f64)> {
        vec![(-half, -half), (half, -half), (half, half), (-half, half)]
    }

    #[test]
    fn a_region_loses_its_holes_whichever_way_they_run() {
        let reversed = |mut corners: Vec<(f64, f64)>| {
            corners.reverse();
            corners
        };
        for border in [square(2.0), reversed(square(2.0))] {
            for hole in [square(1.0), reversed(square(1.0))] {
                let region = Region { border: border.clone(), holes: vec![hole] };
                let outline = region.outline();
                assert_eq!(outline.len(), 4 + 4 + 2);
                assert!((area(&outline).abs() - 12.0).abs() < 1e-12);
            }
        }
        let bare = Region { border: square(1.0), holes: vec![Vec::new()] };
        assert_eq!(bare.outline(), square(1.0));
        let nothing = Region { border: Vec::new(), holes: vec![square(1.0)] };
        assert!(nothing.outline().is_empty());
    }
}
