//! The cells of two-dimensional maps, drawn as few rectangles.
//!
//! Enters: a placed panel and one of its series. Leaves: rectangles on a canvas, cut at the border
//! of the plot; neighbours of one colour are one rectangle. A cell with an edge that its axis
//! cannot show stays blank.

use std::ops::Range;

use super::canvas::{Canvas, Drawn};
use super::colour::Colour;
use super::geometry::Rect;
use super::layout::Placed;
use super::series::{Mark, Series};

/// A rectangle of cells with one filling, as ranges of columns and rows.
#[derive(Clone, Debug, PartialEq)]
struct Tile<T> {
    columns: Range<usize>,
    rows: Range<usize>,
    fill: T,
}

/// Draws the cells of a series, if it has any.
pub(super) fn draw(canvas: &mut Canvas, placed: &Placed, series: &Series, colour: Colour) -> Drawn {
    let (x_edges, y_edges, fills) = match &series.mark {
        Mark::Cells { x_edges, y_edges, filled } => {
            let fills = filled.iter().map(|filled| filled.then_some(colour));
            (x_edges, y_edges, fills.collect::<Vec<_>>())
        }
        Mark::Map { x_edges, y_edges, values, .. } => {
            let fills = values.iter().map(|value| placed.bar.as_ref()?.colour(*value));
            (x_edges, y_edges, fills.collect())
        }
        _ => return Ok(()),
    };
    let plot = &placed.plot;
    let across = |x| Some(plot.left + placed.x.fraction(x)?.clamp(0.0, 1.0) * plot.width());
    let up = |y| Some(plot.bottom - placed.y.fraction(y)?.clamp(0.0, 1.0) * plot.height());
    let x: Vec<Option<f64>> = x_edges.iter().map(|x| across(*x)).collect();
    let y: Vec<Option<f64>> = y_edges.iter().map(|y| up(*y)).collect();
    for tile in tiles(&with_place(&x, &y, fills), x.len().saturating_sub(1)) {
        let sides = (x[tile.columns.start], x[tile.columns.end]);
        let (Some(left), Some(right)) = sides else { continue };
        let (Some(bottom), Some(top)) = (y[tile.rows.start], y[tile.rows.end]) else { continue };
        if left < right && top < bottom {
            canvas.block(&Rect { left, top, right, bottom }, tile.fill)?;
        }
    }
    Ok(())
}

/// The fillings of a grid's cells, except those with an edge that its axis cannot show.
fn with_place<T>(x: &[Option<f64>], y: &[Option<f64>], fills: Vec<Option<T>>) -> Vec<Option<T>> {
    let columns = x.len().saturating_sub(1);
    let bounded = |edges: &[Option<f64>], at: usize| edges[at].is_some() && edges[at + 1].is_some();
    let keep = |(at, fill): (usize, Option<T>)| {
        fill.filter(|_| bounded(x, at % columns) && bounded(y, at / columns))
    };
    fills.into_iter().enumerate().map(keep).collect()
}

/// Joins neighbours with one filling, first along rows, then rows with exactly the same part
/// filled.
fn tiles<T: Copy + PartialEq>(fills: &[Option<T>], columns: usize) -> Vec<Tile<T>> {
    let mut finished: Vec<Tile<T>> = Vec::new();
    let mut open: Vec<Tile<T>> = Vec::new();
    for (row, fills) in fills.chunks(columns.max(1)).enumerate() {
        let mut next = Vec::new();
        for (columns, fill) in runs(fills) {
            let same = |tile: &Tile<T>| tile.columns == columns && tile.fill == fill;
            let start = match open.iter().position(same) {
                Some(below) => open.remove(below).rows.start,
                None => row,
            };
            next.push(Tile { columns, rows: start..row + 1, fill });
        }
        finished.append(&mut open);
        open = next;
    }
    finished.append(&mut open);
    finished
}

/// Runs of neighbours with one filling in a row.
fn runs<T: Copy + PartialEq>(fills: &[Option<T>]) -> impl Iterator<Item = (Range<usize>, T)> {
    let mut start = 0;
    let ranges = fills.chunk_by(|a, b| a == b).map(move |run| {
        start += run.len();
        (start - run.len()..start, run[0])
    });
    ranges.filter_map(|(range, fill)| Some((range, fill?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_one_filling_are_one_tile() {
        let (a, b) = (Some('a'), Some('b'));
        #[rustfmt::skip]
        let fills = [
            a, a, b, None,
            a, a, b, None,
            a, b, b, b,
        ];
        let tile = |columns, rows, fill| Tile { columns, rows, fill };
        let expected = [
            tile(0..2, 0..2, 'a'),
            tile(2..3, 0..2, 'b'),
            tile(0..1, 2..3, 'a'),
            tile(1..4, 2..3, 'b'),
        ];
        assert_eq!(tiles(&fills, 4), expected);
        assert!(tiles::<char>(&[], 0).is_empty());
    }

    #[test]
    fn tiles_cover_each_cell_once() {
        let fills: Vec<Option<usize>> =
            (0..600).map(|at| (at % 11 != 0).then_some(at * at % 7 / 3)).collect();
        let mut covered = vec![None; fills.len()];
        for tile in tiles(&fills, 20) {
            for cell in tile.rows.flat_map(|row| tile.columns.clone().map(move |x| 20 * row + x)) {
                assert_eq!(covered[cell].replace(tile.fill), None);
            }
        }
        assert_eq!(covered, fills);
    }
}
