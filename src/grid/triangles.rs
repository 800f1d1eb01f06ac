//! Triangles between the points of a plane, and their edges.

use delaunator::{Point, triangulate};

/// Area, relative to that of the points' rectangle, below which a triangle counts as degenerate.
const NO_AREA: f64 = 1e-12;

/// The Delaunay triangulation of points; each triangle is given by its corners, all with the same
/// orientation.
///
/// Both axes are first scaled to the points' range, because axes in different units would otherwise
/// make triangles elongated along one of them. Returns `None` where all points lie on one line.
pub(super) fn triangles(places: &[[f64; 2]]) -> Vec<[usize; 3]> {
    let [x, y] = [0, 1].map(|axis| scaled(places, axis));
    let points: Vec<Point> = x.iter().zip(&y).map(|(&x, &y)| Point { x, y }).collect();
    let found = triangulate(&points).triangles;
    let corners = found.chunks_exact(3).map(|c| [c[0], c[1], c[2]]);
    let area = |[a, b, c]: [usize; 3]| {
        0.5 * ((x[b] - x[a]) * (y[c] - y[a]) - (x[c] - x[a]) * (y[b] - y[a])).abs()
    };
    corners.filter(|corners| area(*corners) > NO_AREA).collect()
}

/// A coordinate of all points, between 0 and 1.
fn scaled(places: &[[f64; 2]], axis: usize) -> Vec<f64> {
    let of = places.iter().map(|place| place[axis]);
    let (low, high) = of.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    // Uses halves, as the range itself may overflow.
    let range = 0.5 * high - 0.5 * low;
    let scale = |value: f64| if range > 0.0 { (0.5 * value - 0.5 * low) / range } else { 0.0 };
    of.map(scale).collect()
}

/// An edge between two points, the lower number first.
pub(super) type Edge = (usize, usize);

pub(super) fn edge(a: usize, b: usize) -> Edge {
    (a.min(b), a.max(b))
}

/// The point on an edge where the height is 0, given that its ends have different signs.
pub(super) fn crossing(places: &[[f64; 2]], heights: &[f64], (a, b): Edge) -> [f64; 2] {
    let part = heights[a] / (heights[a] - heights[b]);
    [0, 1].map(|axis| places[a][axis] + part * (places[b][axis] - places[a][axis]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_s_size_changes_nothing() {
        let places: Vec<[f64; 2]> = (0..40)
            .map(|i| {
                let i = f64::from(i);
                [(3.7 * i).sin(), (5.3 * i).cos()]
            })
            .collect();
        let stretched: Vec<[f64; 2]> =
            places.iter().map(|[x, y]| [1024.0 * x, y / 4096.0]).collect();
        let found = triangles(&places);
        assert_eq!(found, triangles(&stretched));
        // By Euler's formula the number of triangles is 2 n - 2 - corners of the hull.
        assert!(found.len() > 60 && found.len() < 2 * 40 - 4, "{}", found.len());
    }

    #[test]
    fn points_on_a_line_have_none() {
        for places in [
            vec![],
            vec![[1.0, 2.0]],
            vec![[1.0, 2.0], [3.0, 4.0]],
            vec![[0.1, 5.0], [0.2, 5.0], [0.3, 5.0]],
            vec![[0.1, 0.3], [0.2, 0.6], [0.3, 0.9], [0.7, 2.1]],
        ] {
            assert!(triangles(&places).is_empty(), "{places:?}");
        }
    }
}
