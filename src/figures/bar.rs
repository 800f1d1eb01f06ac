//! The colour bar of a panel's maps: the scale from values to colours, to the right of the plot.
//!
//! Enters: a panel and the height of its plot. Leaves: colours of values, the width that the bar
//! needs, and, once the plot is placed, the positions of the bar, its ticks and its label.

use super::axis::{self, Axis, BadRange};
use super::colour::{Colour, Palette};
use super::geometry::{Point, Rect};
use super::panel::Panel;
use super::series::Mark;
use super::text::{LABEL_SIZE, LINE_STEP, wrap};
use super::ticks::{TICK_GAP, Ticks, ticks, widest};

/// Distance from the plot to the bar.
const GAP: f64 = 14.0;
/// Width of the bar itself.
const THICK: f64 = 18.0;
/// Distance from the tick labels to the label.
const LABEL_GAP: f64 = 8.0;
/// Number of colours of the scale: too many for steps to be visible, and few enough for neighbours
/// in a smooth map to share one.
const LEVELS: usize = 128;

/// The colour bar of one panel.
pub(super) struct Bar {
    axis: Axis,
    palette: Palette,
    ticks: Ticks,
    label: Vec<String>,
}

impl Bar {
    /// The bar of a panel whose plot has about this height; `None` if the panel has no map.
    pub(super) fn new(panel: &Panel, height: f64) -> Result<Option<Self>, BadRange> {
        let map = panel.series.iter().find_map(|series| match &series.mark {
            Mark::Map { palette, .. } => Some((&series.label, *palette)),
            _ => None,
        });
        let Some((label, palette)) = map else { return Ok(None) };
        Ok(axis::colour_axis(panel)?.map(|axis| Self {
            axis,
            palette,
            ticks: ticks(&axis, (height / 32.0).clamp(3.0, 9.0) as usize),
            label: wrap(label, LABEL_SIZE, height),
        }))
    }

    /// The colour of a value; `None` if it is not finite.
    pub(super) fn colour(&self, value: f64) -> Option<Colour> {
        let fraction = self.axis.fraction(value)?.clamp(0.0, 1.0);
        let level = ((fraction * LEVELS as f64) as usize).min(LEVELS - 1);
        Some(self.colour_of_level(level))
    }

    fn colour_of_level(&self, level: usize) -> Colour {
        self.palette.at(level as f64 / (LEVELS - 1) as f64)
    }

    /// Distance from the plot's right side to the end of the bar's label.
    pub(super) fn width(&self) -> f64 {
        let lines = self.label.len() as f64;
        let label = if lines > 0.0 { LABEL_GAP + lines * LABEL_SIZE * LINE_STEP } else { 0.0 };
        self.to_words() + label
    }

    /// Distance from the plot's right side to the end of the tick labels.
    fn to_words(&self) -> f64 {
        GAP + THICK + TICK_GAP + widest(&self.ticks)
    }

    /// The rectangle of the bar beside a plot.
    pub(super) fn rect(&self, plot: &Rect) -> Rect {
        let left = plot.right + GAP;
        Rect { left, right: left + THICK, ..*plot }
    }

    /// The bar in slices of one colour each, from below.
    pub(super) fn slices(&self, plot: &Rect) -> impl Iterator<Item = (Rect, Colour)> {
        let rect = self.rect(plot);
        let up = move |level: usize| rect.bottom - level as f64 / LEVELS as f64 * rect.height();
        (0..LEVELS).map(move |level| {
            let slice = Rect { bottom: up(level), top: up(level + 1), ..rect };
            (slice, self.colour_of_level(level))
        })
    }

    /// Its tick labels, each with the height of the tick on the page.
    pub(super) fn labels(&self, plot: &Rect) -> impl Iterator<Item = (f64, &str)> {
        let place = |value: f64| Some(plot.bottom - self.axis.fraction(value)? * plot.height());
        self.ticks.major.iter().filter_map(move |(value, label)| Some((place(*value)?, &**label)))
    }

    /// The lines of its label, which run upwards, each with the middle of its baseline.
    pub(super) fn title(&self, plot: &Rect) -> impl Iterator<Item = (&str, Point)> {
        let first = plot.right + self.to_words() + LABEL_GAP + 0.8 * LABEL_SIZE;
        let middle = plot.centre().1;
        let place =
            move |(row, line)| (line, (first + row as f64 * LABEL_SIZE * LINE_STEP, middle));
        self.label.iter().map(String::as_str).enumerate().map(place)
    }
}
