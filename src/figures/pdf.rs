//! The PDF of a figure: the shapes and words of its SVG on one page, with the part of the embedded
//! font that they need, so that the words can be searched and copied.

use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point, Transform};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineCap, LineJoin, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use resvg::tiny_skia::{self, PathSegment};
use resvg::usvg::{self, Group, Node, Paint, ShapeRendering};

use super::error::Cause;
use super::{pixels, text};

/// Points of a PDF per pixel of the page: there are 72 points and 96 pixels per inch.
const POINTS: f32 = 0.75;

/// How far, in pixels, rectangles overlap their neighbours: viewers smooth edges, and the paper
/// would otherwise shine through between two.
const OVERLAP: f32 = 0.4;

/// The PDF of an SVG, without a date or other information about its origin.
///
/// # Errors
/// As [`pixels::tree`], or a page without size, or anything that the PDF writer refuses.
pub(super) fn pdf(svg: &str) -> Result<Vec<u8>, Cause> {
    let tree = pixels::tree(svg)?;
    let (width, height) = (tree.size().width() * POINTS, tree.size().height() * POINTS);
    let font = Font::new(text::data().into(), 0).ok_or("the embedded font cannot be read")?;
    let settings =
        SerializeSettings { xmp_metadata: false, enable_tagging: false, ..Default::default() };
    let mut document = Document::new_with(settings);
    let page = PageSettings::from_wh(width, height).ok_or("the page has no size")?;
    let mut page = document.start_page_with(page);
    let mut surface = page.surface();
    surface.push_transform(&Transform::from_scale(POINTS, POINTS));
    Drawer { surface: &mut surface, font }.group(tree.root());
    surface.pop();
    surface.finish();
    page.finish();
    document.finish().map_err(|cause| format!("{cause:?}").into())
}

/// Draws what the SVGs of this crate contain: groups, paths of one colour, words.
struct Drawer<'s, 'd> {
    surface: &'s mut Surface<'d>,
    font: Font,
}

impl Drawer<'_, '_> {
    fn group(&mut self, group: &Group) {
        self.surface.push_transform(&transform(group.transform()));
        self.surface.push_opacity(fraction(group.opacity()));
        for node in group.children() {
            match node {
                Node::Group(group) => self.group(group),
                Node::Path(path) => self.path(path),
                Node::Text(text) => self.words(text),
                // No figure contains one.
                Node::Image(_) => {}
            }
        }
        self.surface.pop();
        self.surface.pop();
    }

    fn path(&mut self, path: &usvg::Path) {
        let Some(shape) = shape(path.data()) else { return };
        let fill = path.fill().and_then(fill);
        let mut stroke = path.stroke().and_then(stroke);
        if path.rendering_mode() == ShapeRendering::CrispEdges && stroke.is_none() {
            let scale = path.abs_transform().get_scale().0;
            let width = 2.0 * OVERLAP / scale;
            stroke = fill.clone().map(|fill| Stroke { paint: fill.paint, width, ..pen() });
        }
        // With neither, the writer would fill it with black.
        if fill.is_some() || stroke.is_some() {
            self.surface.set_fill(fill);
            self.surface.set_stroke(stroke);
            self.surface.draw_path(&shape);
        }
    }

    fn words(&mut self, words: &usvg::Text) {
        self.surface.set_stroke(None);
        for span in words.layouted() {
            self.surface.set_fill(span.fill.as_ref().and_then(fill));
            let size = span.font_size.get();
            // A glyph's position is given for letters as high as the font's units.
            let units = self.font.units_per_em() / size;
            for glyph in &span.positioned_glyphs {
                let place = glyph.transform().pre_scale(units, units);
                let id = GlyphId::new(glyph.id.0);
                let range = 0..glyph.text.len();
                let drawn = [KrillaGlyph::new(id, 0.0, 0.0, 0.0, 0.0, range, None)];
                let (font, origin) = (self.font.clone(), Point::from_xy(0.0, 0.0));
                self.surface.push_transform(&transform(place));
                self.surface.draw_glyphs(origin, &drawn, font, &glyph.text, size, false);
                self.surface.pop();
            }
        }
    }
}

fn transform(from: tiny_skia::Transform) -> Transform {
    Transform::from_row(from.sx, from.ky, from.kx, from.sy, from.tx, from.ty)
}

fn fraction(opacity: usvg::Opacity) -> NormalizedF32 {
    NormalizedF32::new(opacity.get()).unwrap_or(NormalizedF32::ONE)
}

fn colour(paint: &Paint) -> Option<krilla::paint::Paint> {
    match paint {
        Paint::Color(colour) => Some(rgb::Color::new(colour.red, colour.green, colour.blue).into()),
        _ => None,
    }
}

fn fill(fill: &usvg::Fill) -> Option<Fill> {
    let (paint, opacity) = (colour(fill.paint())?, fraction(fill.opacity()));
    Some(Fill { paint, opacity, ..Fill::default() })
}

fn stroke(stroke: &usvg::Stroke) -> Option<Stroke> {
    let (paint, opacity) = (colour(stroke.paint())?, fraction(stroke.opacity()));
    Some(Stroke { paint, opacity, width: stroke.width().get(), ..pen() })
}

/// The round pen of all figures.
fn pen() -> Stroke {
    Stroke { line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() }
}

/// The outline of a shape; nothing if it has none.
fn shape(data: &tiny_skia::Path) -> Option<Path> {
    let mut path = PathBuilder::new();
    for segment in data.segments() {
        match segment {
            PathSegment::MoveTo(a) => path.move_to(a.x, a.y),
            PathSegment::LineTo(a) => path.line_to(a.x, a.y),
            PathSegment::QuadTo(a, b) => path.quad_to(a.x, a.y, b.x, b.y),
            PathSegment::CubicTo(a, b, c) => path.cubic_to(a.x, a.y, b.x, b.y, c.x, c.y),
            PathSegment::Close => path.close(),
        }
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::canvas::{self, Align, Pen};
    use crate::figures::colour::Colour;
    use crate::figures::series::Dash;

    fn page() -> String {
        let drawn = canvas::svg((400, 300), |canvas| {
            let pen = Pen { colour: Colour::BLUE, width: 2.0, dash: Dash::Solid };
            canvas.path(&[(10.0, 10.0), (390.0, 290.0)], pen)?;
            canvas.area(&[(10.0, 10.0), (60.0, 10.0), (60.0, 60.0)], Colour::GREEN, 0.3)?;
            canvas.words("μ = 1.2 × 漢", (200.0, 150.0), 20.0, Align::Upwards, Colour::BLACK)
        });
        drawn.unwrap()
    }

    #[test]
    fn a_pdf_has_the_page_in_points_and_no_date() {
        let pdf = pdf(&page()).unwrap();
        assert!(pdf.starts_with(b"%PDF-") && pdf.ends_with(b"%%EOF"));
        let text = String::from_utf8_lossy(&pdf);
        assert!(text.contains("/MediaBox[0 0 300 225]"), "{text}");
        assert!(text.contains("/FontFile2") && text.contains("/ToUnicode"));
        for word in ["Date", "Producer", "Creator"] {
            assert!(!text.contains(word), "{word}");
        }
    }

    #[test]
    fn the_same_page_gives_the_same_bytes() {
        assert_eq!(pdf(&page()).unwrap(), pdf(&page()).unwrap());
    }

    #[test]
    fn what_is_no_svg_is_refused() {
        assert!(pdf("<svg").is_err());
    }
}
