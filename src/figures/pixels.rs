//! The PNG of a figure: its SVG, drawn by `resvg` with the embedded font and no other.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

use super::error::Cause;
use super::text;

/// Pixels of the PNG per pixel of the page, in each direction, so that it is sharp at the page's
/// size.
const SHARP: u32 = 2;

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_source(Source::Binary(Arc::new(text::data())));
    Arc::new(fonts)
});

/// An SVG's shapes and words, with the positions of its letters.
///
/// # Errors
/// More than a million shapes.
pub(super) fn tree(svg: &str) -> Result<Tree, Cause> {
    let options = Options { fontdb: FONTS.clone(), ..Options::default() };
    Ok(Tree::from_str(svg, &options)?)
}

/// The PNG of an SVG.
///
/// # Errors
/// As [`tree`], or a page too large for the computer.
pub(super) fn png(svg: &str) -> Result<Vec<u8>, Cause> {
    let tree = tree(svg)?;
    let size = tree.size().to_int_size();
    let mut pixels = Pixmap::new(size.width() * SHARP, size.height() * SHARP)
        .ok_or("the page is too large for a PNG")?;
    let scale = Transform::from_scale(SHARP as f32, SHARP as f32);
    resvg::render(&tree, scale, &mut pixels.as_mut());
    Ok(pixels.encode_png()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::canvas::{self, Align};
    use crate::figures::colour::Colour;

    /// Left, top, right and bottom end of the ink of words at the middle of a page, in its pixels
    /// from there.
    fn ink(words: &str, size: f64, align: Align) -> [f64; 4] {
        let svg = canvas::svg((1000, 1000), |canvas| {
            canvas.words(words, (500.0, 500.0), size, align, Colour::BLACK)
        });
        let pixels = Pixmap::decode_png(&png(&svg.unwrap()).unwrap()).unwrap();
        let wide = pixels.width() as usize;
        let dark = pixels.pixels().iter().enumerate().filter(|(_, pixel)| pixel.alpha() > 127);
        let (columns, rows): (Vec<usize>, Vec<usize>) =
            dark.map(|(at, _)| (at % wide, at / wide)).unzip();
        let low = |all: &[usize]| *all.iter().min().unwrap() as f64;
        let high = |all: &[usize]| *all.iter().max().unwrap() as f64 + 1.0;
        [low(&columns), low(&rows), high(&columns), high(&rows)]
            .map(|end| end / f64::from(SHARP) - 500.0)
    }

    #[test]
    fn words_lie_where_they_were_measured() {
        let (words, size) = ("H significance, 2 × AVATAR: offices H", 20.0);
        let width = text::width(words, size);
        // An H of this font begins 0.1 of its size after its origin, and is 0.73 high.
        let (gap, rise) = (0.098 * size, 0.729 * size);
        // A g descends this far below the baseline.
        let fall = 0.208 * size;
        let lying = |start: f64| [start + gap, -rise, start + width - gap, fall];
        let cases = [
            (Align::Start, lying(0.0)),
            (Align::Middle, lying(-width / 2.0)),
            (Align::End, lying(-width)),
            (Align::Upwards, [-rise, gap - width / 2.0, fall, width / 2.0 - gap]),
        ];
        for (align, expected) in cases {
            let found = ink(words, size, align);
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1.0, "{align:?}: {found} {expected}");
            }
        }
    }

    #[test]
    fn what_is_no_svg_or_has_no_size_is_refused() {
        assert!(png("<svg").is_err());
        assert!(
            png("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"0\" height=\"9\"/>").is_err()
        );
    }
}
