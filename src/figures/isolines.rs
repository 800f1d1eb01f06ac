//! Lines of one value through the values of a grid, by marching squares.
//!
//! Enters: values at the crossings of a grid, which need not be regular. Leaves: polylines,
//! straight within each cell, open where they leave the grid or meet a value that is not finite. A
//! saddle is split according to the mean of its corners.
//!
//! The `contour` crate closes its lines along the grid's border, where a likelihood has no contour,
//! and supports only regular grids.
//!
//! Source: C. Maple, *Geometric design and space planning using the marching squares and marching
//! cube algorithms*, Proc. GMAG (2003) 90.

use std::collections::BTreeMap;

/// A polyline.
pub(super) type Line = Vec<(f64, f64)>;

/// An edge of the grid: its first crossing's column and row, and whether it runs along y.
type Edge = (usize, usize, bool);

/// The lines where values (row by row, with x running fastest) cross a level.
pub(super) fn isolines(x: &[f64], y: &[f64], values: &[f64], level: f64) -> Vec<Line> {
    let grid = Grid { x, y, values };
    let mut links: BTreeMap<Edge, Vec<Edge>> = BTreeMap::new();
    if values.len() == x.len() * y.len() {
        for row in 1..y.len() {
            for column in 1..x.len() {
                for (from, to) in grid.segments(column - 1, row - 1, level) {
                    links.entry(from).or_default().push(to);
                    links.entry(to).or_default().push(from);
                }
            }
        }
    }
    let chains = chains(links);
    let point = |edge: &Edge| grid.crossing(*edge, level);
    chains.iter().map(|chain| chain.iter().map(point).collect()).collect()
}

/// Values at the crossings of columns `x` and rows `y`.
struct Grid<'g> {
    x: &'g [f64],
    y: &'g [f64],
    values: &'g [f64],
}

impl Grid<'_> {
    fn value(&self, column: usize, row: usize) -> f64 {
        self.values[row * self.x.len() + column]
    }

    /// The segments of a cell, by the edges at which they end.
    fn segments(&self, column: usize, row: usize, level: f64) -> Vec<(Edge, Edge)> {
        // Corners and edges in turn, counterclockwise from the lower left corner and the lower
        // edge.
        let corners =
            [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(a, b)| self.value(column + a, row + b));
        if corners.iter().any(|value| !value.is_finite()) {
            return Vec::new();
        }
        let edges = [
            (column, row, false),
            (column + 1, row, true),
            (column, row + 1, false),
            (column, row, true),
        ];
        let is_above = corners.map(|value| value > level);
        let crossed: Vec<Edge> = (0..4)
            .filter(|&at| is_above[at] != is_above[(at + 1) % 4])
            .map(|at| edges[at])
            .collect();
        match crossed[..] {
            [a, b] => vec![(a, b)],
            [a, b, c, d] => {
                // The first corner is cut off unless the middle is on its side.
                let middle_is_above = corners.iter().sum::<f64>() / 4.0 > level;
                if middle_is_above == is_above[0] {
                    vec![(a, b), (c, d)]
                } else {
                    vec![(a, d), (b, c)]
                }
            }
            _ => Vec::new(),
        }
    }

    /// Where the level is crossed on an edge.
    fn crossing(&self, (column, row, is_upright): Edge, level: f64) -> (f64, f64) {
        let (next_column, next_row) =
            if is_upright { (column, row + 1) } else { (column + 1, row) };
        let (from, to) = (self.value(column, row), self.value(next_column, next_row));
        let part = (level - from) / (to - from);
        let between = |a: f64, b: f64| a + part * (b - a);
        (between(self.x[column], self.x[next_column]), between(self.y[row], self.y[next_row]))
    }
}

/// Joins segments end to end: first into open chains, then into closed ones, which end where they
/// start.
fn chains(mut links: BTreeMap<Edge, Vec<Edge>>) -> Vec<Vec<Edge>> {
    let mut chains = Vec::new();
    for is_open in [true, false] {
        let starts: Vec<Edge> = links.keys().copied().collect();
        for start in starts {
            if links
                .get(&start)
                .is_some_and(|next| next.len() == 1 || (!is_open && !next.is_empty()))
            {
                chains.push(follow(&mut links, start));
            }
        }
    }
    chains
}

/// Removes the chain that starts at an edge from the links.
fn follow(links: &mut BTreeMap<Edge, Vec<Edge>>, start: Edge) -> Vec<Edge> {
    let mut chain = vec![start];
    let mut here = start;
    while let Some(next) = links.get_mut(&here).and_then(Vec::pop) {
        if let Some(back) = links.get_mut(&next) {
            let link = back.iter().position(|edge| *edge == here);
            link.map(|link| back.swap_remove(link));
        }
        chain.push(next);
        here = next;
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(count: usize, value: impl Fn(f64, f64) -> f64) -> (Vec<f64>, Vec<f64>) {
        let x: Vec<f64> =
            (0..count).map(|at| -2.0 + 4.0 * at as f64 / (count - 1) as f64).collect();
        let values = x.iter().flat_map(|&y| x.iter().map(move |&x| (x, y)));
        let values = values.map(|(x, y)| value(x, y)).collect();
        (x, values)
    }

    #[test]
    fn a_circle_is_one_closed_line() {
        let (x, values) = grid(81, |x, y| x * x + y * y);
        let lines = isolines(&x, &x, &values, 1.0);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last());
        assert!(lines[0].iter().all(|(x, y)| (x.hypot(*y) - 1.0).abs() < 2e-3));
        assert!(lines[0].len() > 100);
    }

    #[test]
    fn lines_are_open_at_the_border_and_at_missing_values() {
        let (x, values) = grid(41, |x, y| x + 0.1 * y);
        let lines = isolines(&x, &x, &values, 0.33);
        assert_eq!(lines.len(), 1);
        let ends = [lines[0][0].1, lines[0][lines[0].len() - 1].1];
        assert!(ends.contains(&-2.0) && ends.contains(&2.0), "{ends:?}");
        assert!(lines[0].iter().all(|(x, y)| (x + 0.1 * y - 0.33).abs() < 1e-12));
        let (x, mut holed) = grid(41, |x, y| x + 0.1 * y);
        holed[20 * 41 + 23] = f64::NAN;
        assert_eq!(isolines(&x, &x, &holed, 0.33).len(), 2);
    }

    #[test]
    fn saddles_and_several_islands_are_parted() {
        let (x, values) = grid(42, |x, y| x * y);
        assert_eq!(isolines(&x, &x, &values, 0.5).len(), 2);
        let (x, values) = grid(81, |x, y| (3.0 * x).sin() * (3.0 * y).sin());
        let closed = isolines(&x, &x, &values, 0.5);
        assert!(closed.len() > 3 && closed.iter().all(|line| line.len() > 2));
    }

    #[test]
    fn a_grid_without_a_crossing_has_no_lines() {
        let (x, values) = grid(5, |_, _| 1.0);
        assert!(isolines(&x, &x, &values, 1.0).is_empty());
        assert!(isolines(&x, &x, &values[1..], 0.5).is_empty());
        assert!(isolines(&[], &[], &[], 0.5).is_empty());
    }
}
