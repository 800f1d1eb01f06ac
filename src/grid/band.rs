//! The band between two lines of exclusion, as closed lines.
//!
//! In each triangle the band is a polygon, between the line where the stronger limits cease to
//! exclude and the line where the weaker ones do. Sides that two polygons share cancel, which
//! leaves the outlines.

use std::collections::BTreeSet;

use super::polyline::Polyline;
use super::triangles::{Edge, crossing, edge};

/// A corner of the band within the triangulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Corner {
    /// A point of the grid.
    Point(usize),
    /// Where the stronger limits cease to exclude, on an edge.
    Strong(Edge),
    /// Where the weaker limits do.
    Weak(Edge),
}

/// Where a point lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Excluded by both limits.
    Excluded,
    /// By the stronger one alone.
    Between,
    /// By neither.
    Allowed,
}

/// The corners on the way from one point to the next, including the first point.
fn corners([from, to]: [usize; 2], sides: [Side; 2]) -> Vec<Corner> {
    use Corner::{Point, Strong, Weak};
    use Side::{Allowed, Between, Excluded};
    let on = edge(from, to);
    match sides {
        [Between, Between] => vec![Point(from)],
        [Between, Allowed] => vec![Point(from), Strong(on)],
        [Between, Excluded] => vec![Point(from), Weak(on)],
        [Allowed, Between] => vec![Strong(on)],
        [Excluded, Between] => vec![Weak(on)],
        [Allowed, Excluded] => vec![Strong(on), Weak(on)],
        [Excluded, Allowed] => vec![Weak(on), Strong(on)],
        [Allowed, Allowed] | [Excluded, Excluded] => Vec::new(),
    }
}

/// A connected part of the band, bounded by closed lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Its border.
    pub border: Polyline,
    /// The borders of its holes.
    pub holes: Vec<Polyline>,
}

/// The regions where the stronger heights are negative and the weaker ones are not.
pub(super) fn band(
    places: &[[f64; 2]],
    heights: [&[f64]; 2],
    triangles: &[[usize; 3]],
) -> Vec<Region> {
    let rings = rings(places, heights, triangles);
    // All polygons and borders have the same orientation, and holes the opposite one.
    let turning: f64 = rings.iter().map(area).sum();
    let (borders, holes): (Vec<_>, Vec<_>) =
        rings.into_iter().partition(|ring| area(ring) * turning > 0.0);
    let region = |border| Region { border, holes: Vec::new() };
    let mut regions: Vec<Region> = borders.into_iter().map(region).collect();
    for hole in holes {
        // The smallest border around it, since there may be borders within holes.
        let around = regions.iter_mut().filter(|region| region.border.contains(&hole));
        let size = |region: &&mut Region| area(&region.border).abs();
        if let Some(region) = around.min_by(|a, b| size(a).total_cmp(&size(b))) {
            region.holes.push(hole);
        }
    }
    regions
}

/// The area within a closed line, with the orientation as its sign.
fn area(ring: &Polyline) -> f64 {
    let sides = 0..ring.x.len() - 1;
    sides.map(|i| ring.x[i] * ring.y[i + 1] - ring.x[i + 1] * ring.y[i]).sum::<f64>() / 2.0
}

impl Polyline {
    /// Whether a closed line contains another.
    fn contains(&self, other: &Self) -> bool {
        let (x, y) = (other.x[0], other.y[0]);
        let is_crossed = |i: &usize| {
            let ([x0, x1], [y0, y1]) = ([self.x[*i], self.x[i + 1]], [self.y[*i], self.y[i + 1]]);
            (y0 > y) != (y1 > y) && x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        };
        (0..self.x.len() - 1).filter(is_crossed).count() % 2 == 1
    }
}

/// Outlines of where the stronger heights are negative and the weaker ones are not.
fn rings(
    places: &[[f64; 2]],
    [strong, weak]: [&[f64]; 2],
    triangles: &[[usize; 3]],
) -> Vec<Polyline> {
    let side = |point: usize| match (strong[point] < 0.0, weak[point] < 0.0) {
        (_, true) => Side::Excluded,
        (true, false) => Side::Between,
        (false, false) => Side::Allowed,
    };
    let mut outline: BTreeSet<(Corner, Corner)> = BTreeSet::new();
    for [a, b, c] in triangles {
        let ways = [[*a, *b], [*b, *c], [*c, *a]].into_iter();
        let polygon: Vec<Corner> = ways.flat_map(|way| corners(way, way.map(side))).collect();
        for (i, from) in polygon.iter().enumerate() {
            let to = polygon[(i + 1) % polygon.len()];
            if !outline.remove(&(to, *from)) {
                outline.insert((*from, to));
            }
        }
    }
    let place = |corner: Corner| match corner {
        Corner::Point(point) => places[point],
        Corner::Strong(on) => crossing(places, strong, on),
        Corner::Weak(on) => crossing(places, weak, on),
    };
    let mut rings = Vec::new();
    while let Some(ring) = take_ring(&mut outline) {
        rings.push(ring.into_iter().map(place).collect());
    }
    rings
}

/// Removes a closed path from an outline; `None` where it is empty.
fn take_ring(outline: &mut BTreeSet<(Corner, Corner)>) -> Option<Vec<Corner>> {
    let (start, mut here) = outline.pop_first()?;
    let mut ring = vec![start, here];
    while here != start {
        let from = (here, Corner::Point(0))..;
        let step = *outline.range(from).next().filter(|(corner, _)| *corner == here)?;
        outline.remove(&step);
        here = step.1;
        ring.push(here);
    }
    Some(ring)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::triangles::triangles;

    /// The area of regions.
    fn total(regions: &[Region]) -> f64 {
        let size = |ring: &Polyline| area(ring).abs();
        let of = |r: &Region| size(&r.border) - r.holes.iter().map(size).sum::<f64>();
        regions.iter().map(of).sum()
    }

    fn square(steps: u32) -> Vec<[f64; 2]> {
        let at = |i: u32| f64::from(i) / f64::from(steps);
        (0..=steps).flat_map(|i| (0..=steps).map(move |j| [at(i), at(j)])).collect()
    }

    fn between(places: &[[f64; 2]], strong: impl Fn([f64; 2]) -> f64, weak: f64) -> Vec<Region> {
        let strong: Vec<f64> = places.iter().map(|place| strong(*place)).collect();
        let weak: Vec<f64> = strong.iter().map(|height| height + weak).collect();
        let found = band(places, [&strong, &weak], &triangles(places));
        for ring in found.iter().flat_map(|region| region.holes.iter().chain([&region.border])) {
            let last = ring.x.len() - 1;
            assert_eq!((ring.x[0], ring.y[0]), (ring.x[last], ring.y[last]));
        }
        found
    }

    #[test]
    fn a_strip_has_the_strip_s_area() {
        // The bands are 0 < 0.9 - x - y/2 < 0.3, one narrower than a triangle, one through corners,
        // and the whole plane.
        for (steps, offset, width, expected) in
            [(7, 0.9, 0.3, 0.3), (3, 0.71, 0.01, 0.01), (4, 0.75, 0.25, 0.25), (5, 9.0, 20.0, 1.0)]
        {
            let found = between(&square(steps), |[x, y]| x + 0.5 * y - offset, width);
            assert_eq!(found.len(), 1, "{steps}");
            assert!((total(&found) - expected).abs() < 1e-13, "{steps}: {}", total(&found));
        }
    }

    #[test]
    fn a_ring_has_its_hole() {
        let found = between(&square(60), |[x, y]| (x - 0.5).hypot(y - 0.5) - 0.4, 0.2);
        assert_eq!((found.len(), found[0].holes.len()), (1, 1));
        let expected = std::f64::consts::PI * (0.4_f64.powi(2) - 0.2_f64.powi(2));
        assert!((total(&found) - expected).abs() < 2e-3 * expected, "{}", total(&found));
    }

    #[test]
    fn a_hole_belongs_to_the_ring_around_it() {
        // The band consists of two rings, one within the other.
        let waves = |[x, y]: [f64; 2]| (18.0 * (x - 0.5).hypot(y - 0.5)).cos() - 0.5;
        let found = between(&square(80), waves, 0.9);
        assert!(found.len() >= 3, "{}", found.len());
        for region in &found {
            let size = |ring: &Polyline| area(ring).abs();
            assert!(region.holes.iter().all(|hole| size(hole) < size(&region.border)));
        }
        let holes: usize = found.iter().map(|region| region.holes.len()).sum();
        assert!(holes >= 2, "{holes}");
        let steps = 400;
        let inside = square(steps).into_iter().filter(|place| (-0.9..0.0).contains(&waves(*place)));
        let expected = inside.count() as f64 / f64::from(steps * steps);
        assert!((total(&found) - expected).abs() < 0.02, "{} {expected}", total(&found));
    }

    #[test]
    fn there_is_none_where_both_limits_agree() {
        assert!(between(&square(4), |[x, _]| x - 9.0, 1.0).is_empty());
        assert!(between(&square(4), |[x, _]| x + 9.0, 1.0).is_empty());
    }
}
