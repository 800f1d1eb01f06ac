//! The series of a panel as lines, areas and points of the page.
//!
//! Enters: a placed panel. Leaves: shapes on a canvas, cut at the border of the plot; first all
//! areas, then the outlines of layers, then everything else. Values that their axis cannot show
//! make gaps, except that histograms on a logarithmic axis fall through its lower end at an empty
//! bin.

use super::canvas::{Align, Canvas, Drawn, Pen};
use super::cells;
use super::clip;
use super::colour::Colour;
use super::geometry::{Point, Rect};
use super::layout::Placed;
use super::panel::Scale;
use super::series::{Mark, Marker, Series, WordsPlace};
use super::text::{TICK_SIZE, width};

/// Draws the areas of all series of a panel.
pub(super) fn draw_areas(canvas: &mut Canvas, placed: &Placed, colours: &[Colour]) -> Drawn {
    for (series, &colour) in placed.panel.series.iter().zip(colours) {
        cells::draw(canvas, placed, series, colour)?;
        let (colour, opacity) = paint(&series.mark, colour);
        for corners in areas(placed, series) {
            canvas.area(&corners, colour, opacity)?;
        }
    }
    Ok(())
}

/// Colour and opacity of an area: layers of histograms and cells hide the grid, bands do not.
pub(super) fn paint(mark: &Mark, colour: Colour) -> (Colour, f64) {
    match mark {
        Mark::Layer { .. } => (colour.tint(0.55), 1.0),
        Mark::Band { opacity, .. } | Mark::Polygons { opacity, .. } => (colour, *opacity),
        _ => (colour, 1.0),
    }
}

/// Draws everything except the areas of the series of a panel.
pub(super) fn draw_lines(canvas: &mut Canvas, placed: &Placed, colours: &[Colour]) -> Drawn {
    // Where the layers of a stack have no height, the outline of the lowest shows.
    let (layers, others): (Vec<_>, Vec<_>) = placed
        .panel
        .series
        .iter()
        .zip(colours)
        .partition(|(series, _)| matches!(series.mark, Mark::Layer { .. }));
    for (series, &colour) in layers.into_iter().rev().chain(others) {
        let pen = Pen { colour, width: series.style.width, dash: series.style.dash };
        for line in lines(placed, series) {
            for part in clip::path(&line, &placed.plot) {
                canvas.path(&part, pen)?;
            }
        }
        draw_points(canvas, placed, series, colour)?;
    }
    Ok(())
}

/// Draws what a series has at single points of the plot, which is markers or words.
fn draw_points(canvas: &mut Canvas, placed: &Placed, series: &Series, colour: Colour) -> Drawn {
    let within = |x, y| at(placed, x, y).filter(|&point| placed.plot.holds(point));
    match &series.mark {
        Mark::Points { x, y, marker } => {
            for point in x.iter().zip(y).filter_map(|(&x, &y)| within(x, y)) {
                marker_at(canvas, *marker, point, series.style.width, colour)?;
            }
            Ok(())
        }
        Mark::Arrows(ends) => {
            for &[x, y, to_x, to_y] in ends {
                if let (Some(tail), Some(tip)) = (at(placed, x, y), within(to_x, to_y)) {
                    arrow_head(canvas, tail, tip, series.style.width, colour)?;
                }
            }
            Ok(())
        }
        Mark::Text { x, y, words, place } => match within(*x, *y) {
            Some(point) => note(canvas, words, (point, *place), &placed.plot, colour),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Draws the head of an arrow whose shaft has a width. An arrow of zero length has no head, because
/// it has no shaft either.
fn arrow_head(canvas: &mut Canvas, tail: Point, tip: Point, width: f64, colour: Colour) -> Drawn {
    let (along, up) = (tip.0 - tail.0, tip.1 - tail.1);
    let length = along.hypot(up);
    if length == 0.0 {
        return Ok(());
    }
    let (along, up) = (along / length, up / length);
    let (long, half) = ((4.0 * width).min(length), 1.8 * width);
    // The tip lies a stroke's width beyond the shaft, which would otherwise be visible beside it.
    let point = |forward: f64, aside: f64| {
        (tip.0 + forward * along - aside * up, tip.1 + forward * up + aside * along)
    };
    canvas.area(&[point(width, 0.0), point(-long, half), point(-long, -half)], colour, 1.0)
}

/// Draws the shape of a point; all shapes have about the same area.
pub(super) fn marker_at(
    canvas: &mut Canvas,
    marker: Marker,
    (x, y): Point,
    radius: f64,
    colour: Colour,
) -> Drawn {
    let polygon = |corners: &[Point]| {
        corners.iter().map(|(a, b)| (x + radius * a, y + radius * b)).collect::<Vec<_>>()
    };
    let corners = match marker {
        Marker::Circle => return canvas.disc((x, y), radius, colour),
        Marker::Square => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        Marker::Triangle => polygon(&[(0.0, -1.35), (1.17, 0.68), (-1.17, 0.68)]),
        Marker::Diamond => polygon(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]),
    };
    canvas.area(&corners, colour, 1.0)
}

/// Writes words beside a point or centred on it, on white, and within the plot if they fit.
fn note(
    canvas: &mut Canvas,
    words: &str,
    ((x, y), place): (Point, WordsPlace),
    plot: &Rect,
    colour: Colour,
) -> Drawn {
    let wide = width(words, TICK_SIZE);
    let (left, baseline) = match place {
        WordsPlace::Centred | WordsPlace::Bare => (x - wide / 2.0, y + 0.36 * TICK_SIZE),
        WordsPlace::Beside if x + 8.0 + wide > plot.right - 4.0 => (x - 8.0 - wide, y - 8.0),
        WordsPlace::Beside => (x + 8.0, y - 8.0),
    };
    let top = plot.top + TICK_SIZE + 4.0;
    let (left, baseline) = match place {
        WordsPlace::Beside => (left.max(plot.left + 4.0), baseline.max(top)),
        WordsPlace::Centred | WordsPlace::Bare => (left, baseline),
    };
    let (top, right, bottom) =
        (baseline - 0.85 * TICK_SIZE, left + wide + 2.0, baseline + 0.3 * TICK_SIZE);
    let paper = [(left - 2.0, top), (right, top), (right, bottom), (left - 2.0, bottom)];
    if place != WordsPlace::Bare {
        canvas.area(&paper, Colour(255, 255, 255), 0.8)?;
    }
    canvas.words(words, (left, baseline), TICK_SIZE, Align::Start, colour)
}

/// The position of a pair of values on the page, which may be outside the plot.
fn at(placed: &Placed, x: f64, y: f64) -> Option<Point> {
    let (across, up) = (placed.x.fraction(x)?, placed.y.fraction(y)?);
    let plot = &placed.plot;
    Some((plot.left + across * plot.width(), plot.bottom - up * plot.height()))
}

/// As [`at`], but for edges of areas: values that are not positive lie below a logarithmic axis.
fn at_level(placed: &Placed, x: f64, y: f64) -> Option<Point> {
    if placed.y.scale == Scale::Log && y <= 0.0 {
        let (x, bottom) = at(placed, x, placed.y.low)?;
        return Some((x, bottom + 10.0));
    }
    at(placed, x, y)
}

/// The areas of a series, cut at the border.
fn areas(placed: &Placed, series: &Series) -> Vec<Vec<Point>> {
    let columns = match &series.mark {
        Mark::Layer { edges, low, high } => bins(placed, edges, low, high),
        Mark::Band { x, low, high, .. } => {
            let ends = x.iter().zip(low).zip(high).map(|((&x, &low), &high)| {
                Some(vec![(at_level(placed, x, low)?, at_level(placed, x, high)?)])
            });
            ends.collect()
        }
        Mark::Polygons { x, y, opacity } if *opacity > 0.0 => {
            let cut = |corners: Vec<Point>| clip::area(&corners, &placed.plot);
            return polygons(placed, x, y).into_iter().map(cut).filter(|a| !a.is_empty()).collect();
        }
        _ => return Vec::new(),
    };
    let outline = |run: Vec<(Point, Point)>| {
        let (low, mut corners): (Vec<Point>, Vec<Point>) = run.into_iter().unzip();
        corners.extend(low.into_iter().rev());
        clip::area(&corners, &placed.plot)
    };
    runs(columns).into_iter().map(outline).filter(|area| !area.is_empty()).collect()
}

/// The lines of a series, not yet cut at the border.
fn lines(placed: &Placed, series: &Series) -> Vec<Vec<Point>> {
    let plot = &placed.plot;
    match &series.mark {
        Mark::Line { x, y } => curve(placed, x, y),
        Mark::Band { x, low, high, .. } if series.style.width > 0.0 => {
            [low, high].into_iter().flat_map(|y| curve(placed, x, y)).collect()
        }
        Mark::Steps { edges, counts } => {
            let zeros = vec![0.0; counts.len()];
            let stand = |run: Vec<(Point, Point)>| {
                let (floor, mut line): (Vec<Point>, Vec<Point>) = run.into_iter().unzip();
                line.splice(0..0, floor.first().copied());
                line.extend(floor.last());
                line
            };
            runs(bins(placed, edges, &zeros, counts)).into_iter().map(stand).collect()
        }
        Mark::Layer { edges, low, high } => {
            let top = |run: Vec<(Point, Point)>| run.into_iter().map(|(_, high)| high).collect();
            runs(bins(placed, edges, low, high)).into_iter().map(top).collect()
        }
        Mark::Polygons { x, y, .. } if series.style.width > 0.0 => {
            let close = |mut corners: Vec<Point>| {
                corners.extend(corners.first().copied());
                corners
            };
            polygons(placed, x, y).into_iter().map(close).collect()
        }
        Mark::Bars { at, low, high, is_upright } => {
            let end = |at, end| {
                if *is_upright { at_level(placed, at, end) } else { self::at(placed, end, at) }
            };
            let bars = at.iter().zip(low).zip(high);
            bars.filter_map(|((&at, &low), &high)| Some(vec![end(at, low)?, end(at, high)?]))
                .collect()
        }
        Mark::Arrows(ends) => {
            let shaft = |&[x, y, to_x, to_y]: &[f64; 4]| {
                let (tail, tip) = (at(placed, x, y)?, at(placed, to_x, to_y)?);
                (tail != tip).then(|| vec![tail, tip])
            };
            ends.iter().filter_map(shaft).collect()
        }
        Mark::Vertical(x) => match at(placed, *x, placed.y.low) {
            Some((x, _)) => vec![vec![(x, plot.bottom), (x, plot.top)]],
            None => Vec::new(),
        },
        Mark::Horizontal(y) => match at(placed, placed.x.low, *y) {
            Some((_, y)) => vec![vec![(plot.left, y), (plot.right, y)]],
            None => Vec::new(),
        },
        Mark::Points { .. } | Mark::Text { .. } => Vec::new(),
        Mark::Band { .. } | Mark::Polygons { .. } | Mark::Cells { .. } | Mark::Map { .. } => {
            Vec::new()
        }
    }
}

/// The corners of polygons.
fn polygons(placed: &Placed, x: &[f64], y: &[f64]) -> Vec<Vec<Point>> {
    let corners = x.iter().zip(y).map(|(&x, &y)| Some(vec![at_level(placed, x, y)?]));
    runs(corners.collect())
}

/// Straight lines from point to point.
fn curve(placed: &Placed, x: &[f64], y: &[f64]) -> Vec<Vec<Point>> {
    let points = x.iter().zip(y).map(|(&x, &y)| Some(vec![at(placed, x, y)?]));
    runs(points.collect())
}

/// The left and right side and the lower and upper end of each bin; `None` for a bin that the axes
/// cannot show.
fn bins(
    placed: &Placed,
    edges: &[f64],
    low: &[f64],
    high: &[f64],
) -> Vec<Option<Vec<(Point, Point)>>> {
    let side = |x, low, high| Some((at_level(placed, x, low)?, at_level(placed, x, high)?));
    let bin = |((pair, &low), &high): ((&[f64], &f64), &f64)| {
        Some(vec![side(pair[0], low, high)?, side(pair[1], low, high)?])
    };
    edges.windows(2).zip(low).zip(high).map(bin).collect()
}

/// Joins neighbours; a new part starts after each gap.
fn runs<T>(pieces: Vec<Option<Vec<T>>>) -> Vec<Vec<T>> {
    let mut runs: Vec<Vec<T>> = vec![Vec::new()];
    for piece in pieces {
        match (piece, runs.last_mut()) {
            (Some(piece), Some(run)) => run.extend(piece),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}
