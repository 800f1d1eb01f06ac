//! The font of all figures, the width of words in it, and how they are broken into lines.
//!
//! The font is embedded, so that a figure does not depend on the fonts of the computer that draws
//! it. An SVG names it and a fallback, and the viewer's computer draws the words.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont};

/// The names of the font that an SVG asks for, in order of preference.
pub(super) const FAMILY: &str = "DejaVu Sans, sans-serif";

/// Distance from one baseline to the next, in units of the font's size.
pub(super) const LINE_STEP: f64 = 1.3;

/// Size of the letters at ticks.
pub(super) const TICK_SIZE: f64 = 14.0;
/// Size of the letters of an axis' label.
pub(super) const LABEL_SIZE: f64 = 16.0;
/// Size of the letters of the title.
pub(super) const TITLE_SIZE: f64 = 17.0;

/// The font's file.
pub(super) fn data() -> &'static [u8] {
    dejavu::sans::regular()
}

static FONT: LazyLock<FontRef> =
    LazyLock::new(|| FontRef::try_from_slice(data()).expect("the embedded font is one"));

/// The scale that gives letters a size: `ab_glyph` counts from the top to the bottom of a line.
fn scale(size: f64) -> PxScale {
    let units_per_size = FONT.units_per_em().unwrap_or(2048.0);
    PxScale::from(size as f32 * FONT.height_unscaled() / units_per_size)
}

/// The width of words in pixels, at a size in pixels.
pub(super) fn width(words: &str, size: f64) -> f64 {
    let font = FONT.as_scaled(scale(size));
    let (mut width, mut last) = (0.0, None);
    for letter in words.chars() {
        let id = font.glyph_id(letter);
        width += last.map_or(0.0, |last| font.kern(last, id)) + font.h_advance(id);
        last = Some(id);
    }
    f64::from(width)
}

/// Shortens words to the width `room`: the middle of longer ones is replaced by an ellipsis.
pub(super) fn shorten(words: &str, size: f64, room: f64) -> String {
    let letters: Vec<char> = words.chars().collect();
    let cut = |kept: usize| {
        let (head, tail) = (kept.div_ceil(2), letters.len() - kept / 2);
        letters[..head].iter().chain(&['…']).chain(&letters[tail..]).collect::<String>()
    };
    if width(words, size) <= room {
        return words.to_owned();
    }
    (0..letters.len()).rev().map(cut).find(|short| width(short, size) <= room).unwrap_or_default()
}

/// Breaks words into lines no wider than `room`; a single word that is wider is broken too.
pub(super) fn wrap(words: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in words.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, size) <= room {
            line = longer;
            continue;
        }
        lines.extend((!line.is_empty()).then(|| std::mem::take(&mut line)));
        line.clear();
        for letter in word.chars() {
            line.push(letter);
            if width(&line, size) > room && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::replace(&mut line, letter.to_string()));
            }
        }
    }
    lines.extend((!line.is_empty()).then_some(line));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_grows_with_size_and_words() {
        assert!((width("events", 30.0) / width("events", 15.0) - 2.0).abs() < 1e-2);
        let sum = width("ev", 15.0) + width("ents", 15.0);
        assert!((width("events", 15.0) - sum).abs() < 0.5);
        assert_eq!(width("", 15.0), 0.0);
    }

    #[test]
    fn long_words_lose_their_middle() {
        let name = "jet_energy_scale_flavour_composition_2016";
        assert_eq!(shorten(name, 14.0, 1000.0), name);
        for room in [40.0, 100.0, 200.0] {
            let short = shorten(name, 14.0, room);
            let (head, tail) = short.split_once('…').unwrap();
            assert!(name.starts_with(head) && name.ends_with(tail), "{short}");
            assert!((0..=1).contains(&(head.chars().count() - tail.chars().count())), "{short}");
            assert!(width(&short, 14.0) <= room && width(&short, 14.0) > room - 25.0, "{short}");
        }
        assert_eq!(shorten(name, 14.0, 1.0), "");
    }

    #[test]
    fn lines_fit_and_lose_nothing() {
        let words = "significance of the soft cut, with an incomprehensibilities-of-detectors term";
        for room in [60.0, 200.0, 2000.0] {
            let lines = wrap(words, 15.0, room);
            assert!(lines.iter().all(|line| width(line, 15.0) <= room), "{lines:?}");
            assert_eq!(lines.concat().replace(' ', ""), words.replace(' ', ""));
        }
        assert_eq!(wrap(words, 15.0, 2000.0), [words]);
        assert!(wrap("  ", 15.0, 100.0).is_empty());
    }
}
