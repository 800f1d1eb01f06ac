//! Lines, areas and words on either kind of page, in pixels of a page at its nominal size.
//!
//! Enters: shapes in page coordinates, x to the right and y down. Leaves: calls of a `plotters`
//! backend. SVG and bitmap size words by different rules, which [`Surface`] makes equal.

use plotters::backend::SVGBackend;
use plotters::style::{FontDesc, FontFamily, FontStyle, RGBAColor, ShapeStyle, TextStyle};
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, DrawingBackend, DrawingErrorKind, FontTransform,
};

use super::colour::Colour;
use super::raster::Raster;
use super::series::Dash;
use super::text;

/// A point of the page.
pub(super) type Point = (f64, f64);

/// What drawing returns.
pub(super) type Drawn<S> = Result<(), DrawingErrorKind<<S as DrawingBackend>::ErrorType>>;

/// From the top of words, where they are anchored, to their baseline, for letters of size 1: the
/// figure that `plotters` writes into an SVG.
pub(super) const RISE: f64 = 0.76;

/// A backend, and how it treats words.
pub(super) trait Surface: DrawingBackend {
    /// `plotters`' size of a font whose letters have size 1.
    const FONT_SIZE: f64;
}

impl Surface for SVGBackend<'_> {
    const FONT_SIZE: f64 = 1.24;
}

impl Surface for Raster {
    const FONT_SIZE: f64 = 1.0;
}

/// The look of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub(super) colour: Colour,
    pub(super) width: f64,
    pub(super) dash: Dash,
}

/// Where words lie with respect to a point on their baseline.
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

/// A page to draw on.
pub(super) struct Canvas<'a, S> {
    surface: &'a mut S,
    /// Units of the backend for each pixel of the nominal page.
    scale: f64,
}

impl<'a, S: Surface> Canvas<'a, S> {
    /// A page on a backend, with so many of the backend's units for a pixel.
    pub(super) fn new(surface: &'a mut S, scale: u32) -> Self {
        Self { surface, scale: f64::from(scale) }
    }

    fn unit(&self, (x, y): Point) -> BackendCoord {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    fn ink(&self, colour: Colour, opacity: f64, width: f64) -> ShapeStyle {
        let color = RGBAColor(colour.0, colour.1, colour.2, opacity);
        let stroke_width = (width * self.scale).round() as u32;
        ShapeStyle { color, filled: true, stroke_width }
    }

    /// Draws straight lines from point to point.
    pub(super) fn path(&mut self, points: &[Point], pen: Pen) -> Drawn<S> {
        let ink = self.ink(pen.colour, 1.0, pen.width);
        for stroke in strokes(points, pen) {
            let stroke: Vec<BackendCoord> = stroke.iter().map(|&point| self.unit(point)).collect();
            self.surface.draw_path(stroke, &ink)?;
        }
        Ok(())
    }

    /// Fills a polygon.
    pub(super) fn area(&mut self, corners: &[Point], colour: Colour, opacity: f64) -> Drawn<S> {
        let ink = self.ink(colour, opacity, 0.0);
        let corners: Vec<BackendCoord> = corners.iter().map(|&corner| self.unit(corner)).collect();
        self.surface.fill_polygon(corners, &ink)
    }

    /// Fills a circle.
    pub(super) fn disc(&mut self, centre: Point, radius: f64, colour: Colour) -> Drawn<S> {
        let ink = self.ink(colour, 1.0, 0.0);
        let radius = (radius * self.scale).round() as u32;
        self.surface.draw_circle(self.unit(centre), radius, &ink, true)
    }

    /// Writes one line of words, with letters of a size in pixels, at a point of their baseline.
    pub(super) fn words(
        &mut self,
        words: &str,
        (x, y): Point,
        size: f64,
        align: Align,
        colour: Colour,
    ) -> Drawn<S> {
        let size_there = size * self.scale * S::FONT_SIZE;
        let font = FontDesc::new(FontFamily::Name(text::FAMILY), size_there, FontStyle::Normal);
        let rise = size * RISE;
        let (top, font, anchor) = match align {
            Align::Start => ((x, y - rise), font, HPos::Left),
            Align::Middle => ((x, y - rise), font, HPos::Center),
            Align::End => ((x, y - rise), font, HPos::Right),
            Align::Upwards => {
                ((x - rise, y), font.transform(FontTransform::Rotate270), HPos::Center)
            }
        };
        let color = BackendColor { alpha: 1.0, rgb: (colour.0, colour.1, colour.2) };
        let style = TextStyle { font, color, pos: Pos::new(anchor, VPos::Top) };
        self.surface.draw_text(words, &style, self.unit(top))
    }
}

/// The strokes that a pen makes of a path. Its ends are round, so each stroke is drawn longer than
/// here by the pen's width, and a very short stroke is a dot.
fn strokes(points: &[Point], pen: Pen) -> Vec<Vec<Point>> {
    let width = pen.width;
    // Long enough to be a line after rounding: some readers do not draw one of no length.
    let dot = 0.1 * width;
    // Lengths of strokes and of the gaps between, in turn.
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
