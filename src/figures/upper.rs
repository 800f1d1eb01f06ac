//! A second scale of the x axis, with ticks and label above the plot.
//!
//! Enters: the range that a panel asks for. Leaves: the height that it needs and, once the plot is
//! placed, the positions of its ticks and words.

use super::axis::{self, Axis, BadRange};
use super::geometry::{Point, Rect};
use super::panel::{Panel, Scale};
use super::text::{LABEL_SIZE, LINE_STEP, TICK_SIZE, wrap};
use super::ticks::{TICK_GAP, Ticks, spaced_ticks};

/// Distance from the baseline of the tick labels to that of the label's last line.
const TO_LABEL: f64 = TICK_SIZE + 8.0;

/// The second scale of one panel.
pub(super) struct Upper {
    axis: Axis,
    ticks: Ticks,
    label: Vec<String>,
}

impl Upper {
    /// The second scale of a panel whose plot has about this width; `None` if it has none.
    pub(super) fn new(panel: &Panel, wide: f64) -> Result<Option<Self>, BadRange> {
        let Some(range) = &panel.upper else { return Ok(None) };
        let axis = axis::explicit("upper x", Scale::Linear, range.low, range.high)?;
        let label = wrap(&range.label, LABEL_SIZE, wide);
        Ok(Some(Self { axis, ticks: spaced_ticks(&axis, wide), label }))
    }

    /// The height that it takes above the plot.
    pub(super) fn height(&self) -> f64 {
        match self.label.len() {
            0 => TICK_GAP + TICK_SIZE,
            lines => {
                let label = (0.8 + (lines - 1) as f64 * LINE_STEP) * LABEL_SIZE;
                TICK_GAP + TO_LABEL + label
            }
        }
    }

    fn across(&self, plot: &Rect, value: f64) -> Option<f64> {
        Some(plot.left + self.axis.fraction(value)? * plot.width())
    }

    /// The positions of its labelled ticks and of those between, each with its length.
    pub(super) fn marks(&self, plot: &Rect, [major, minor]: [f64; 2]) -> Vec<(f64, f64)> {
        let labelled = self.ticks.major.iter().map(|(value, _)| (*value, major));
        let ticks = labelled.chain(self.ticks.minor.iter().map(|value| (*value, minor)));
        ticks.filter_map(|(value, length)| Some((self.across(plot, value)?, length))).collect()
    }

    /// Its tick labels, each with the middle of its baseline.
    pub(super) fn words(&self, plot: &Rect) -> Vec<(&str, Point)> {
        let baseline = plot.top - TICK_GAP;
        let ticks = self.ticks.major.iter();
        ticks
            .filter_map(|(at, label)| Some((&**label, (self.across(plot, *at)?, baseline))))
            .collect()
    }

    /// The lines of its label, each with the middle of its baseline.
    pub(super) fn title(&self, plot: &Rect) -> Vec<(&str, Point)> {
        let last = plot.top - TICK_GAP - TO_LABEL;
        let lines = self.label.iter().rev().enumerate();
        let place = |row: usize| (plot.centre().0, last - row as f64 * LABEL_SIZE * LINE_STEP);
        lines.map(|(row, line)| (line.as_str(), place(row))).collect()
    }
}
