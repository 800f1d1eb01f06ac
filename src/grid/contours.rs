//! Where signals cease to be excluded, as lines in the plane of two of their numbers.
//!
//! Enters: the points of a [`Plane`] and their results. Leaves: [`Contours`], the lines at which
//! the upper limit is the tested signal strength `mu`, observed and expected, and the band between
//! the expected ones of one standard deviation.
//!
//! The interpolated quantity is `h = ln(limit / mu)`, linear within the triangles of a Delaunay
//! triangulation. Cross-sections decrease exponentially with mass, so `h` is nearly straight and
//! passes through 0 as steeply as anywhere else, whereas CLs saturates at 0 and 1 and curves all
//! lines in between. Where there is no limit, `h = ln(t(level) / t(CLs))` replaces it, with
//! `t = sqrt(-2 ln CLs)`, which is nearly proportional to the signal strength: it has the same
//! sign, and the same magnitude near 0.

use std::collections::BTreeMap;

use super::axes::Plane;
use super::band::{Region, band};
use super::error::GridError;
use super::polyline::Polyline;
use super::record::{PointNumbers, PointResult};
use super::run::GridOptions;
use super::triangles::{Edge, crossing, edge, triangles};

/// The smallest `t(CLs)`, relative to that of the level, so that signals without any effect have
/// finite heights.
const LEAST: f64 = 1e-4;

/// The lines at which signals cease to be excluded.
#[derive(Clone, Debug, PartialEq)]
pub struct Contours {
    /// The axes' names.
    pub axes: [String; 2],
    /// Contours of the observed limits.
    pub observed: Vec<Polyline>,
    /// Contours of the expected limits at [`N_SIGMA`](crate::inference::N_SIGMA).
    pub expected: [Vec<Polyline>; 5],
    /// Where some of the expected limits within one standard deviation exclude, and others do not.
    pub band: Vec<Region>,
}

/// The lines at which signals cease to be excluded, from results in the grid's order.
///
/// Points without numbers are left out.
///
/// # Errors
/// [`GridError::OnOneLine`].
pub fn contours(
    plane: &Plane,
    results: &[PointResult],
    options: &GridOptions,
) -> Result<Contours, GridError> {
    let with_numbers =
        plane.places.iter().filter_map(|(i, place)| Some((*place, results[*i].numbers()?)));
    let (places, numbers): (Vec<[f64; 2]>, Vec<&PointNumbers>) = with_numbers.unzip();
    let triangles = triangles(&places);
    if triangles.is_empty() {
        return Err(GridError::OnOneLine { points: places.len(), axes: plane.names.clone() });
    }
    let heights = |of: &dyn Fn(&PointNumbers) -> (Option<f64>, f64)| -> Vec<f64> {
        let height = |numbers: &&PointNumbers| {
            let (limit, cls) = of(numbers);
            height(limit, cls, options)
        };
        numbers.iter().map(height).collect()
    };
    let observed = heights(&|n| (n.limit_obs, n.cls_obs));
    let expected = [0, 1, 2, 3, 4].map(|i| heights(&|n| (n.limit_exp[i], n.cls_exp[i])));
    let lines = |heights: &Vec<f64>| zero_lines(&places, heights, &triangles);
    Ok(Contours {
        axes: plane.names.clone(),
        observed: lines(&observed),
        band: band(&places, [&expected[1], &expected[3]], &triangles),
        expected: expected.each_ref().map(lines),
    })
}

/// `ln(limit / mu)`, or its replacement; negative where the signal is excluded.
fn height(limit: Option<f64>, cls: f64, options: &GridOptions) -> f64 {
    match limit {
        Some(limit) => (limit / options.test_poi).ln(),
        None => {
            let t = |cls: f64| (-2.0 * cls.ln()).max(0.0).sqrt();
            let target = t(1.0 - options.level);
            (target / t(cls.max(f64::MIN_POSITIVE)).max(LEAST * target)).ln()
        }
    }
}

/// The lines along which heights are 0, joined from triangle to triangle.
fn zero_lines(places: &[[f64; 2]], heights: &[f64], triangles: &[[usize; 3]]) -> Vec<Polyline> {
    let is_excluded = |point: usize| heights[point] < 0.0;
    // For each edge, the one or two other edges that the line reaches through a triangle.
    let mut next: BTreeMap<Edge, Vec<Edge>> = BTreeMap::new();
    for [a, b, c] in triangles {
        let sides = [(*a, *b), (*b, *c), (*c, *a)];
        let crossed = sides.iter().filter(|(a, b)| is_excluded(*a) != is_excluded(*b));
        if let [one, other] = crossed.map(|(a, b)| edge(*a, *b)).collect::<Vec<_>>()[..] {
            next.entry(one).or_default().push(other);
            next.entry(other).or_default().push(one);
        }
    }
    let ends = next.iter().filter(|(_, others)| others.len() == 1).map(|(edge, _)| *edge);
    // Lines that end at the border first, then closed ones.
    let starts: Vec<Edge> = ends.chain(next.keys().copied()).collect();
    let lines = starts.into_iter().filter_map(|start| walk(start, &mut next));
    lines.map(|edges| edges.into_iter().map(|e| crossing(places, heights, e)).collect()).collect()
}

/// The edges along the line from a given one, which are removed; empty where it is already removed.
fn walk(start: Edge, next: &mut BTreeMap<Edge, Vec<Edge>>) -> Option<Vec<Edge>> {
    let mut line = vec![start];
    let mut here = start;
    while let Some(to) = next.get_mut(&here).and_then(Vec::pop) {
        let back = next.get_mut(&to).expect("edges lead both ways");
        back.remove(back.iter().position(|edge| *edge == here).expect("edges lead both ways"));
        line.push(to);
        here = to;
    }
    (line.len() > 1).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square of points from -2 to 2.
    fn square(steps: usize) -> Vec<[f64; 2]> {
        let at = |i: usize| -2.0 + 4.0 * i as f64 / steps as f64;
        (0..=steps).flat_map(|i| (0..=steps).map(move |j| [at(i), at(j)])).collect()
    }

    fn lines(places: &[[f64; 2]], height: impl Fn([f64; 2]) -> f64) -> Vec<Polyline> {
        let heights: Vec<f64> = places.iter().map(|place| height(*place)).collect();
        zero_lines(places, &heights, &triangles(places))
    }

    #[test]
    fn a_straight_line_is_exact_and_whole() {
        // The lines also pass through points of the grid, where the height is 0.
        for offset in [0.3, 0.0] {
            let found = lines(&square(8), |[x, y]| x + 2.0 * y - offset);
            assert_eq!(found.len(), 1, "{offset}");
            for (x, y) in found[0].x.iter().zip(&found[0].y) {
                assert!((x + 2.0 * y - offset).abs() < 1e-14, "{x} {y}");
            }
            let ends: Vec<f64> = [found[0].x[0], *found[0].x.last().expect("an end")].into();
            assert!(ends.contains(&-2.0) && ends.contains(&2.0), "{ends:?}");
        }
    }

    #[test]
    fn closed_lines_end_where_they_began() {
        let ring = |[x, y]: [f64; 2]| (x.hypot(y) - 1.0).abs() - 0.5;
        let found = lines(&square(40), ring);
        assert_eq!(found.len(), 2);
        let mut radii = Vec::new();
        for line in &found {
            assert_eq!(
                (line.x[0], line.y[0]),
                (line.x[line.x.len() - 1], line.y[line.y.len() - 1])
            );
            let distances: Vec<f64> =
                line.x.iter().zip(&line.y).map(|(x, y)| x.hypot(*y)).collect();
            let mean = distances.iter().sum::<f64>() / distances.len() as f64;
            assert!(distances.iter().all(|d| (d - mean).abs() < 0.02), "{mean}");
            radii.push(mean);
        }
        radii.sort_by(f64::total_cmp);
        assert!((radii[0] - 0.5).abs() < 0.01 && (radii[1] - 1.5).abs() < 0.01, "{radii:?}");
    }

    #[test]
    fn nothing_is_crossed_where_all_have_one_sign() {
        assert!(lines(&square(4), |_| 1.0).is_empty());
        assert!(lines(&square(4), |_| -1.0).is_empty());
    }

    #[test]
    fn what_stands_for_a_limit_has_its_sign_and_its_size() {
        let options = GridOptions { test_poi: 2.0, ..Default::default() };
        assert_eq!(height(Some(2.0), 0.9, &options), 0.0);
        assert!(height(None, 0.05, &options).abs() < 1e-15);
        assert!(height(None, 0.049, &options) < 0.0 && height(None, 0.051, &options) > 0.0);
        // With sqrt(-2 ln CLs) twice as large, the limit is half as large.
        let quarter = (4.0 * 0.05_f64.ln()).exp();
        assert!((height(None, quarter, &options) - 0.5_f64.ln()).abs() < 1e-15);
        assert!((height(None, 1.0, &options) - 1e4_f64.ln()).abs() < 1e-12);
        assert!(height(None, 0.0, &options).is_finite());
    }
}
