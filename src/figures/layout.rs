//! Where everything lies on the page.
//!
//! Enters: a figure. Leaves: for each panel the rectangle of its plot, its axes with ticks, its
//! legend and labels, such that nothing overlaps and plots are aligned. The page grows where
//! legends and labels leave too little room.

use super::axis::{self, Axis, BadRange};
use super::canvas::Point;
use super::clip::Rect;
use super::legend::{self, Legend};
use super::panel::Panel;
use super::text::{LINE_STEP, width, wrap};
use super::ticks::{Ticks, ticks};

/// Size of the letters at ticks.
pub(super) const TICK_SIZE: f64 = 14.0;
/// Size of the letters of an axis' label.
pub(super) const LABEL_SIZE: f64 = 16.0;
/// Size of the letters of the title.
pub(super) const TITLE_SIZE: f64 = 17.0;
/// From an axis to the words at its ticks.
pub(super) const TICK_GAP: f64 = 8.0;

/// From the page's border to anything.
const BORDER: f64 = 12.0;
/// Between one panel and the next.
const PANEL_GAP: f64 = 18.0;
/// Between a legend and its plot.
const LEGEND_GAP: f64 = 6.0;
/// The least height and width of a plot.
const LEAST_PLOT: f64 = 120.0;

/// Lines of words, each with the point of its baseline at which it is anchored.
pub(super) type Lines = Vec<(String, Point)>;

/// One panel on the page.
pub(super) struct Placed<'f> {
    pub(super) panel: &'f Panel,
    pub(super) plot: Rect,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) x_ticks: Ticks,
    pub(super) y_ticks: Ticks,
    pub(super) legend: Legend,
    pub(super) x_label: Lines,
    pub(super) y_label: Lines,
}

/// A whole page.
pub(super) struct Page<'f> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) title: Lines,
    pub(super) panels: Vec<Placed<'f>>,
}

/// What is known of a panel before its place.
struct Draft<'f> {
    panel: &'f Panel,
    x: Axis,
    y: Axis,
    x_ticks: Ticks,
    y_ticks: Ticks,
    x_label: Vec<String>,
    y_label: Vec<String>,
}

/// Lays out a page of at least this size.
pub(super) fn page<'f>(
    title: &str,
    panels: &'f [Panel],
    (page_width, page_height): (u32, u32),
) -> Result<Page<'f>, BadRange> {
    let full = f64::from(page_width);
    let title = wrap(title, TITLE_SIZE, full - 2.0 * BORDER);
    let title_gap = if title.is_empty() { 0.0 } else { 10.0 };
    let title_height = title.len() as f64 * TITLE_SIZE * LINE_STEP + title_gap;
    let count = panels.len().max(1) as f64;
    let gaps = PANEL_GAP * (count - 1.0) + 2.0 * BORDER;
    let share = (f64::from(page_height) - title_height - gaps) / count;
    let drafts =
        panels.iter().map(|panel| draft(panel, full, share)).collect::<Result<Vec<_>, _>>()?;
    let (left, right) = margins(&drafts);
    let full = full.max(left + right + LEAST_PLOT);
    let mut top = BORDER + title_height;
    let mut placed = Vec::with_capacity(panels.len());
    for draft in drafts {
        let (panel, bottom) = put(draft, (left, full - right), top, share);
        placed.push(panel);
        top = bottom + PANEL_GAP;
    }
    let end = if placed.is_empty() { top } else { top - PANEL_GAP };
    let height = page_height.max((end + BORDER).ceil() as u32);
    let title = stacked(title, (full / 2.0, BORDER + 0.8 * TITLE_SIZE), TITLE_SIZE);
    Ok(Page { width: full as u32, height, title, panels: placed })
}

/// Axes, ticks and labels of a panel, for a plot of about the size that it will have.
fn draft(panel: &Panel, full: f64, share: f64) -> Result<Draft<'_>, BadRange> {
    let (x, y) = axis::axes(panel)?;
    let about_width = (full - 110.0).max(LEAST_PLOT);
    let legend = legend::arrange(&panel.series, (0.0, 0.0), about_width);
    let about_height = (share - legend.height - 60.0).max(LEAST_PLOT);
    Ok(Draft {
        panel,
        x,
        y,
        x_ticks: spaced_ticks(&x, about_width),
        y_ticks: ticks(&y, (about_height / 40.0).clamp(3.0, 9.0) as usize),
        x_label: wrap(&panel.x_label, LABEL_SIZE, about_width),
        y_label: wrap(&panel.y_label, LABEL_SIZE, about_height),
    })
}

/// Ticks of a horizontal axis, as many as have room for their labels side by side.
fn spaced_ticks(axis: &Axis, length: f64) -> Ticks {
    let end = |at: f64, label: &str, sign: f64| {
        axis.fraction(at).unwrap_or(0.0) * length + sign * (width(label, TICK_SIZE) / 2.0 + 8.0)
    };
    let apart = |a: &(f64, String), b: &(f64, String)| end(a.0, &a.1, 1.0) <= end(b.0, &b.1, -1.0);
    let all_apart = |ticks: &Ticks| ticks.major.windows(2).all(|pair| apart(&pair[0], &pair[1]));
    let roomy = (3..=10).rev().map(|most| ticks(axis, most)).find(all_apart);
    roomy.unwrap_or_else(|| {
        let mut crowded = ticks(axis, 3);
        let mut kept: Vec<(f64, String)> = Vec::new();
        for tick in crowded.major {
            if kept.last().is_none_or(|last| apart(last, &tick)) {
                kept.push(tick);
            }
        }
        crowded.major = kept;
        crowded
    })
}

/// The widest of the words at ticks.
fn widest(ticks: &Ticks) -> f64 {
    ticks.major.iter().map(|(_, label)| width(label, TICK_SIZE)).fold(0.0, f64::max)
}

/// Room to the left and right of all plots: enough for the widest ticks and labels.
fn margins(drafts: &[Draft]) -> (f64, f64) {
    let left_of = |draft: &Draft| {
        let label = draft.y_label.len() as f64 * LABEL_SIZE * LINE_STEP;
        (BORDER + label + 6.0 + widest(&draft.y_ticks) + TICK_GAP)
            .max(BORDER + widest(&draft.x_ticks) / 2.0)
    };
    let right_of = |draft: &Draft| (BORDER + widest(&draft.x_ticks) / 2.0).max(24.0);
    let left = drafts.iter().map(left_of).fold(0.0, f64::max);
    let right = drafts.iter().map(right_of).fold(0.0, f64::max);
    (left.ceil() + 0.5, right.ceil() - 0.5)
}

/// Gives a panel its place below `top`; returns it and where it ends.
fn put(draft: Draft<'_>, (left, right): (f64, f64), top: f64, share: f64) -> (Placed<'_>, f64) {
    let Draft { panel, x, y, y_ticks, x_label, y_label, .. } = draft;
    let x_ticks = spaced_ticks(&x, right - left);
    let legend = legend::arrange(&panel.series, (left, top), right - left);
    let above = if legend.entries.is_empty() { 0.0 } else { legend.height + LEGEND_GAP };
    let to_ticks = TICK_GAP + 0.76 * TICK_SIZE;
    let to_label = to_ticks + 10.0 + 0.8 * LABEL_SIZE;
    let lines = x_label.len() as f64;
    let below = match x_label.is_empty() {
        true => to_ticks + 0.25 * TICK_SIZE,
        false => to_label + (lines - 1.0) * LABEL_SIZE * LINE_STEP + 0.25 * LABEL_SIZE,
    };
    // Half pixels, so that thin vertical and horizontal lines are sharp.
    let plot_top = (top + above).ceil() + 0.5;
    let plot_bottom = ((top + share - below).floor() - 0.5).max(plot_top + LEAST_PLOT);
    let plot = Rect { left, top: plot_top, right, bottom: plot_bottom };
    let (centre, middle) = plot.centre();
    let placed = Placed {
        panel,
        plot,
        x,
        y,
        x_ticks,
        y_ticks,
        legend,
        x_label: stacked(x_label, (centre, plot.bottom + to_label), LABEL_SIZE),
        y_label: sideways(y_label, (BORDER + 0.8 * LABEL_SIZE, middle)),
    };
    (placed, plot.bottom + below)
}

/// Lines one under the other.
fn stacked(lines: Vec<String>, (x, y): Point, size: f64) -> Lines {
    let place = |(row, line)| (line, (x, y + row as f64 * size * LINE_STEP));
    lines.into_iter().enumerate().map(place).collect()
}

/// Lines that run upwards, each to the right of the one before.
fn sideways(lines: Vec<String>, (x, y): Point) -> Lines {
    let place = |(row, line)| (line, (x + row as f64 * LABEL_SIZE * LINE_STEP, y));
    lines.into_iter().enumerate().map(place).collect()
}
