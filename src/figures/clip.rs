//! Cuts paths and areas at the border of a plot, because an SVG made by `plotters` cannot clip.
//!
//! Source: Y.-D. Liang and B. Barsky, ACM Trans. Graph. 3 (1984) 1, for lines; I. Sutherland and
//! G. Hodgman, Commun. ACM 17 (1974) 32, for polygons.

use super::geometry::{Point, Rect};

/// The parts of a path that lie in a rectangle.
pub(super) fn path(points: &[Point], rect: &Rect) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let Some((from, to)) = segment(pair[0], pair[1], rect) else { continue };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts
}

/// The part of a segment that lies in a rectangle; ends inside the rectangle are left exactly as
/// they are.
fn segment(from: Point, to: Point, rect: &Rect) -> Option<(Point, Point)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut first, mut last) = (0f64, 1f64);
    let sides = [
        (-dx, from.0 - rect.left),
        (dx, rect.right - from.0),
        (-dy, from.1 - rect.top),
        (dy, rect.bottom - from.1),
    ];
    for (outwards, room) in sides {
        if outwards == 0.0 && room < 0.0 {
            return None;
        }
        if outwards < 0.0 {
            first = first.max(room / outwards);
        } else if outwards > 0.0 {
            last = last.min(room / outwards);
        }
    }
    let along = |part: f64| (from.0 + part * dx, from.1 + part * dy);
    let start = if first == 0.0 { from } else { along(first) };
    let end = if last == 1.0 { to } else { along(last) };
    (first <= last).then_some((start, end))
}

/// The part of a polygon that lies in a rectangle; empty if there is none.
pub(super) fn area(corners: &[Point], rect: &Rect) -> Vec<Point> {
    // How far inside each side of the rectangle a point lies.
    let sides: [&dyn Fn(Point) -> f64; 4] = [
        &|point| point.0 - rect.left,
        &|point| rect.right - point.0,
        &|point| point.1 - rect.top,
        &|point| rect.bottom - point.1,
    ];
    let mut left = corners.to_vec();
    for inside in sides {
        let corners = std::mem::take(&mut left);
        for (at, &to) in corners.iter().enumerate() {
            let from = corners[(at + corners.len() - 1) % corners.len()];
            let (before, after) = (inside(from), inside(to));
            if (before < 0.0) != (after < 0.0) {
                let part = before / (before - after);
                left.push((from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1)));
            }
            if after >= 0.0 {
                left.push(to);
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECT: Rect = Rect { left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };

    #[test]
    fn paths_are_cut_at_the_border_and_joined_within() {
        let points = [(-5.0, 5.0), (5.0, 5.0), (5.0, 15.0), (20.0, 15.0), (5.0, 0.0)];
        let expected = [vec![(0.0, 5.0), (5.0, 5.0), (5.0, 10.0)], vec![(10.0, 5.0), (5.0, 0.0)]];
        assert_eq!(path(&points, &RECT), expected);
        assert!(path(&[(-1.0, -1.0), (-1.0, 20.0)], &RECT).is_empty());
    }

    #[test]
    fn far_ends_do_not_matter() {
        let cut = path(&[(5.0, 5.0), (5.0, -1e250)], &RECT);
        assert_eq!(cut, [vec![(5.0, 5.0), (5.0, 0.0)]]);
    }

    #[test]
    fn polygons_are_cut_at_the_border() {
        let cut = area(&[(-5.0, 5.0), (5.0, -5.0), (15.0, 5.0), (5.0, 15.0)], &RECT);
        assert!(cut.iter().all(|&point| RECT.holds(point)));
        let shoelace: f64 = (0..cut.len())
            .map(|at| (cut[at], cut[(at + 1) % cut.len()]))
            .map(|(a, b)| (a.0 * b.1 - b.0 * a.1) / 2.0)
            .sum();
        assert!((shoelace.abs() - 100.0).abs() < 1e-9, "the square within: {shoelace}");
        assert!(area(&[(20.0, 20.0), (30.0, 20.0), (30.0, 30.0)], &RECT).is_empty());
    }
}
