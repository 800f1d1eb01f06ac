//! Lines, areas and words on a page, in its pixels.
//!
//! Enters: shapes in page coordinates, x to the right and y down. Leaves: the text of an SVG, as
//! `plotters` writes it.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor, RGBColor, ShapeStyle, TextStyle,
};

use super::colour::Colour;
use super::error::Cause;
use super::geometry::{Point, Rect};
use super::series::Dash;
use super::text;

/// The result of drawing.
pub(super) type Drawn = Result<(), Cause>;

/// Units of the SVG's coordinates, which are whole numbers, per pixel of the page.
const UNITS: u32 = 20;

/// Distance from the top of words, where they are anchored, to their baseline, for letters of size
/// 1: the number that `plotters` writes into an SVG.
const RISE: f64 = 0.76;

/// `plotters`' size of a font whose letters have size 1 in an SVG.
const FONT_SIZE: f64 = 1.24;

/// The look of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub(super) colour: Colour,
    pub(super) width: f64,
    pub(super) dash: Dash,
}

/// The position of words with respect to a point on their baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    /// They start at it.
    Start,
    /// They are centred on it.
    Middle,
    /// They end at it.
    End,
    /// They are centred on it and run upwards.
    Upwards,
}

/// A length in pixels, in units of the SVG.
fn units(length: f64) -> i32 {
    (length * f64::from(UNITS)).round() as i32
}

fn unit((x, y): Point) -> (i32, i32) {
    (units(x), units(y))
}

fn ink(colour: Colour, opacity: f64, width: f64) -> ShapeStyle {
    let color = RGBAColor(colour.0, colour.1, colour.2, opacity);
    ShapeStyle { color, filled: true, stroke_width: units(width).unsigned_abs() }
}

/// The text of the SVG of a page with this many pixels, drawn by `draw`.
pub(super) fn svg(
    (width, height): (u32, u32),
    draw: impl FnOnce(&mut Canvas) -> Drawn,
) -> Result<String, Cause> {
    let fine = (width * UNITS, height * UNITS);
    let mut text = String::new();
    let mut canvas = Canvas { backend: SVGBackend::with_string(&mut text, fine) };
    draw(&mut canvas)?;
    canvas.backend.present()?;
    drop(canvas);
    // The page's coordinates are in fine units, and its size is in pixels.
    let fine = format!("<svg width=\"{}\" height=\"{}\"", fine.0, fine.1);
    let pens = "stroke-linejoin=\"round\" stroke-linecap=\"round\"";
    let own = format!("<svg width=\"{width}\" height=\"{height}\" {pens}");
    // All rectangles are drawn without smoothing, which would let the paper shine through between
    // neighbours.
    let text = text.replace("<rect ", "<rect shape-rendering=\"crispEdges\" ");
    Ok(text.replacen(&fine, &own, 1))
}

/// A page to draw on.
pub(super) struct Canvas<'a> {
    backend: SVGBackend<'a>,
}

impl Canvas<'_> {
    /// Draws straight lines from point to point.
    pub(super) fn path(&mut self, points: &[Point], pen: Pen) -> Drawn {
        let ink = ink(pen.colour, 1.0, pen.width);
        for stroke in strokes(points, pen) {
            self.backend.draw_path(stroke.into_iter().map(unit), &ink)?;
        }
        Ok(())
    }

    /// Fills a polygon.
    pub(super) fn area(&mut self, corners: &[Point], colour: Colour, opacity: f64) -> Drawn {
        let corners = corners.iter().copied().map(unit);
        Ok(self.backend.fill_polygon(corners, &ink(colour, opacity, 0.0))?)
    }

    /// Fills a rectangle, so that adjacent rectangles have no gap between them.
    pub(super) fn block(&mut self, rect: &Rect, colour: Colour) -> Drawn {
        let (from, to) = (unit((rect.left, rect.top)), unit((rect.right, rect.bottom)));
        Ok(self.backend.draw_rect(from, to, &ink(colour, 1.0, 0.0), true)?)
    }

    /// Fills a circle.
    pub(super) fn disc(&mut self, centre: Point, radius: f64, colour: Colour) -> Drawn {
        let (ink, radius) = (ink(colour, 1.0, 0.0), units(radius).unsigned_abs());
        Ok(self.backend.draw_circle(unit(centre), radius, &ink, true)?)
    }

    /// Writes one line of words, with letters of the given size in pixels, at a point of their
    /// baseline.
    pub(super) fn words(
        &mut self,
        words: &str,
        (x, y): Point,
        size: f64,
        align: Align,
        colour: Colour,
    ) -> Drawn {
        let fine = size * f64::from(UNITS) * FONT_SIZE;
        let font = FontDesc::new(FontFamily::Name(text::FAMILY), fine, FontStyle::Normal);
        let rise = size * RISE;
        let (top, font, anchor) = match align {
            Align::Start => ((x, y - rise), font, HPos::Left),
            Align::Middle => ((x, y - rise), font, HPos::Center),
            Align::End => ((x, y - rise), font, HPos::Right),
            Align::Upwards => {
                ((x - rise, y), font.transform(FontTransform::Rotate270), HPos::Center)
            }
        };
        let ink = RGBColor(colour.0, colour.1, colour.2);
        let style = TextStyle::from(font).color(&ink).pos(Pos::new(anchor, VPos::Top));
        let words: String = words.chars().map(writable).collect();
        Ok(self.backend.draw_text(&words, &style, unit(top))?)
    }
}

/// A letter, or a replacement if an SVG cannot contain it.
///
/// Source: W3C, *Extensible Markup Language (XML) 1.0* (2008), production 2.
fn writable(letter: char) -> char {
    match letter {
        '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'.. => letter,
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// The dashes of a path. The pen is round, so each dash is drawn longer than here by the pen's
/// width, and a very short dash is a dot.
fn strokes(points: &[Point], pen: Pen) -> Vec<Vec<Point>> {
    let width = pen.width;
    // This is long enough to be a line after rounding: some viewers do not draw lines of zero
    // length.
    let dot = 0.1 * width;
    // Lengths of dashes and gaps, in turn.
    let pattern: &[f64] = match pen.dash {
        Dash::Solid => return vec![points.to_vec()],
        Dash::Dashed => &[4.0 * width, 3.0 * width],
        Dash::Dotted => &[dot, 2.6 * width],
        Dash::DashDotted => &[4.0 * width, 2.8 * width, dot, 2.8 * width],
    };
    let mut finished: Vec<Vec<Point>> = Vec::new();
    let mut current: Vec<Point> = points.first().map(|&first| vec![first]).unwrap_or_default();
    let (mut part, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let along = |done: f64| (x0 + done / length * (x1 - x0), y0 + done / length * (y1 - y0));
        let mut done = 0.0;
        while length - done > left {
            done += left;
            if part % 2 == 0 {
                current.push(along(done));
                finished.push(std::mem::take(&mut current));
            } else {
                current = vec![along(done)];
            }
            part = (part + 1) % pattern.len();
            left = pattern[part];
        }
        left -= length - done;
        if part % 2 == 0 {
            current.push((x1, y1));
        }
    }
    finished.extend((current.len() > 1).then_some(current));
    finished
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pen(dash: Dash) -> Pen {
        Pen { colour: Colour::BLACK, width: 2.0, dash }
    }

    #[test]
    fn strokes_and_gaps_alternate_around_corners() {
        let path = [(0.0, 0.0), (10.0, 0.0), (10.0, 12.0)];
        let strokes = strokes(&path, pen(Dash::Dashed));
        let expected = [vec![(0.0, 0.0), (8.0, 0.0)], vec![(10.0, 4.0), (10.0, 12.0)]];
        assert_eq!(strokes, expected);
    }

    #[test]
    fn a_solid_line_is_one_stroke_and_dots_are_short() {
        let path = [(0.0, 0.0), (100.0, 0.0)];
        assert_eq!(strokes(&path, pen(Dash::Solid)), [path.to_vec()]);
        let dots = strokes(&path, pen(Dash::Dotted));
        assert_eq!(dots.len(), 19);
        assert!(dots.iter().all(|dot| dot.len() == 2 && (dot[1].0 - dot[0].0 - 0.2).abs() < 1e-9));
    }
}
