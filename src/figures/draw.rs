//! Draws a laid-out page: paper, title, and for each panel grid, areas, frame with ticks, lines and
//! points, labels, legend.

use super::axis;
use super::bar::Bar;
use super::canvas::{Align, Canvas, Drawn, Pen};
use super::colour::Colour;
use super::geometry::Rect;
use super::layout::{Page, Placed};
use super::legend::{Entry, SAMPLE, SIZE};
use super::marks;
use super::series::{self, Dash, Mark};
use super::text::{LABEL_SIZE, TICK_SIZE, TITLE_SIZE, width};
use super::ticks::{TICK_GAP, Ticks};

const INK: Colour = Colour::BLACK;
const GRID: Pen = Pen { colour: Colour(228, 228, 228), width: 1.0, dash: Dash::Solid };
const FRAME: Pen = Pen { colour: INK, width: 1.0, dash: Dash::Solid };
const MAJOR_TICK: f64 = 8.0;
const MINOR_TICK: f64 = 4.0;

/// Draws a page.
pub(super) fn draw(canvas: &mut Canvas, page: &Page) -> Drawn {
    let (wide, high) = (f64::from(page.width), f64::from(page.height));
    let paper = [(0.0, 0.0), (wide, 0.0), (wide, high), (0.0, high)];
    canvas.area(&paper, Colour(255, 255, 255), 1.0)?;
    for (line, at) in &page.title {
        canvas.words(line, *at, TITLE_SIZE, Align::Middle, INK)?;
    }
    for placed in page.panels.iter().filter(|placed| !placed.panel.is_blank) {
        let colours = series::colours(&placed.panel.series);
        grid(canvas, placed)?;
        marks::draw_areas(canvas, placed, &colours)?;
        frame(canvas, placed)?;
        marks::draw_lines(canvas, placed, &colours)?;
        labels(canvas, placed)?;
        if let Some(bar) = &placed.bar {
            colour_bar(canvas, bar, &placed.plot)?;
        }
        for entry in &placed.legend.entries {
            legend_entry(canvas, placed, entry, &colours)?;
        }
    }
    Ok(())
}

/// The horizontal positions of ticks on the page, or the vertical ones.
fn across(placed: &Placed, value: f64) -> Option<f64> {
    Some(placed.plot.left + placed.x.fraction(value)? * placed.plot.width())
}

fn up(placed: &Placed, value: f64) -> Option<f64> {
    Some(placed.plot.bottom - placed.y.fraction(value)? * placed.plot.height())
}

/// Thin lines at the labelled ticks.
fn grid(canvas: &mut Canvas, placed: &Placed) -> Drawn {
    let plot = &placed.plot;
    for x in placed.x_ticks.major.iter().filter_map(|(value, _)| across(placed, *value)) {
        canvas.path(&[(x, plot.bottom), (x, plot.top)], GRID)?;
    }
    for y in placed.y_ticks.major.iter().filter_map(|(value, _)| up(placed, *value)) {
        canvas.path(&[(plot.left, y), (plot.right, y)], GRID)?;
    }
    Ok(())
}

/// The border of the plot with ticks on all four sides, pointing inwards.
fn frame(canvas: &mut Canvas, placed: &Placed) -> Drawn {
    let plot = &placed.plot;
    let corners = [
        (plot.left, plot.top),
        (plot.right, plot.top),
        (plot.right, plot.bottom),
        (plot.left, plot.bottom),
        (plot.left, plot.top),
    ];
    canvas.path(&corners, FRAME)?;
    let major = |value: &(f64, String)| (value.0, MAJOR_TICK);
    let minor = |value: &f64| (*value, MINOR_TICK);
    // Names are between the edges of rows and columns, and need no ticks.
    let named = Ticks { major: Vec::new(), minor: Vec::new() };
    let ticks = if placed.panel.x_names.is_empty() { &placed.x_ticks } else { &named };
    for (value, length) in ticks.major.iter().map(major).chain(ticks.minor.iter().map(minor)) {
        let Some(x) = across(placed, value) else { continue };
        canvas.path(&[(x, plot.bottom), (x, plot.bottom - length)], FRAME)?;
        if placed.upper.is_none() {
            canvas.path(&[(x, plot.top), (x, plot.top + length)], FRAME)?;
        }
    }
    if let Some(upper) = &placed.upper {
        for (x, length) in upper.marks(plot, [MAJOR_TICK, MINOR_TICK]) {
            canvas.path(&[(x, plot.top), (x, plot.top + length)], FRAME)?;
        }
    }
    let ticks = if placed.panel.y_names.is_empty() { &placed.y_ticks } else { &named };
    for (value, length) in ticks.major.iter().map(major).chain(ticks.minor.iter().map(minor)) {
        let Some(y) = up(placed, value) else { continue };
        canvas.path(&[(plot.left, y), (plot.left + length, y)], FRAME)?;
        canvas.path(&[(plot.right, y), (plot.right - length, y)], FRAME)?;
    }
    Ok(())
}

/// Writes the labels of ticks and axes, and a note if there are no data.
fn labels(canvas: &mut Canvas, placed: &Placed) -> Drawn {
    let plot = &placed.plot;
    for (value, label) in &placed.x_ticks.major {
        let Some(x) = across(placed, *value) else { continue };
        if placed.panel.x_names.is_empty() {
            let at = (x, plot.bottom + TICK_GAP + 0.76 * TICK_SIZE);
            canvas.words(label, at, TICK_SIZE, Align::Middle, INK)?;
        } else {
            let middle = plot.bottom + TICK_GAP + width(label, TICK_SIZE) / 2.0;
            canvas.words(label, (x + 0.36 * TICK_SIZE, middle), TICK_SIZE, Align::Upwards, INK)?;
        }
    }
    for (value, label) in &placed.y_ticks.major {
        let Some(y) = up(placed, *value) else { continue };
        // The baseline is half the height of a digit below the tick.
        let at = (plot.left - TICK_GAP, y + 0.36 * TICK_SIZE);
        canvas.words(label, at, TICK_SIZE, Align::End, INK)?;
    }
    if let Some(upper) = &placed.upper {
        for (label, at) in upper.words(plot) {
            canvas.words(label, at, TICK_SIZE, Align::Middle, INK)?;
        }
        for (line, at) in upper.title(plot) {
            canvas.words(line, at, LABEL_SIZE, Align::Middle, INK)?;
        }
    }
    for (line, at) in placed.title.iter().chain(&placed.x_label) {
        canvas.words(line, *at, LABEL_SIZE, Align::Middle, INK)?;
    }
    for (line, at) in &placed.y_label {
        canvas.words(line, *at, LABEL_SIZE, Align::Upwards, INK)?;
    }
    if !axis::shows_data(placed.panel, &placed.x, &placed.y) {
        canvas.words("no data", plot.centre(), LABEL_SIZE, Align::Middle, Colour::GREY)?;
    }
    Ok(())
}

/// The scale of a map's colours, with ticks pointing outwards.
fn colour_bar(canvas: &mut Canvas, bar: &Bar, plot: &Rect) -> Drawn {
    for (slice, colour) in bar.slices(plot) {
        canvas.block(&slice, colour)?;
    }
    let Rect { left, top, right, bottom } = bar.rect(plot);
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    canvas.path(&corners, FRAME)?;
    for (y, label) in bar.labels(plot) {
        canvas.path(&[(right, y), (right + MINOR_TICK, y)], FRAME)?;
        let at = (right + TICK_GAP, y + 0.36 * TICK_SIZE);
        canvas.words(label, at, TICK_SIZE, Align::Start, INK)?;
    }
    for (line, at) in bar.title(plot) {
        canvas.words(line, at, LABEL_SIZE, Align::Upwards, INK)?;
    }
    Ok(())
}

/// A sample of an entry's series, and its label.
fn legend_entry(canvas: &mut Canvas, placed: &Placed, entry: &Entry, colours: &[Colour]) -> Drawn {
    let (x, baseline) = entry.at;
    let y = baseline - 0.36 * SIZE;
    let half = 0.42 * SIZE;
    let (right, middle) = (x + SAMPLE, x + SAMPLE / 2.0);
    let swatch = [(x, y - half), (right, y - half), (right, y + half), (x, y + half)];
    for &at in &entry.series {
        let (series, colour) = (&placed.panel.series[at], colours[at]);
        let pen = Pen { colour, width: series.style.width, dash: series.style.dash };
        let (area_colour, opacity) = marks::paint(&series.mark, colour);
        match &series.mark {
            Mark::Layer { .. } => {
                canvas.area(&swatch, area_colour, opacity)?;
                let [a, b, c, d] = swatch;
                canvas.path(&[a, b, c, d, a], pen)?;
            }
            Mark::Band { .. } | Mark::Cells { .. } => canvas.area(&swatch, area_colour, opacity)?,
            Mark::Polygons { .. } => {
                if opacity > 0.0 {
                    canvas.area(&swatch, area_colour, opacity)?;
                }
                if pen.width > 0.0 {
                    let [a, b, c, d] = swatch;
                    canvas.path(&[a, b, c, d, a], pen)?;
                }
            }
            Mark::Bars { is_upright: true, .. } => {
                canvas.path(&[(middle, y - 1.3 * half), (middle, y + 1.3 * half)], pen)?;
            }
            Mark::Points { marker, .. } => {
                marks::marker_at(canvas, *marker, (middle, y), pen.width, colour)?;
            }
            _ => canvas.path(&[(x, y), (right, y)], pen)?,
        }
    }
    for (line, at) in entry.placed_lines() {
        canvas.words(line, at, SIZE, Align::Start, INK)?;
    }
    Ok(())
}
