//! The layout of a page.
//!
//! Enters: a figure. Leaves: for each panel the rectangle of its plot, its axes with ticks, its
//! legend, colour bar and labels, placed so that nothing overlaps and plots are aligned. The page
//! grows where legends and labels leave too little room.

use super::axis::{self, Axis, BadRange};
use super::bar::Bar;
use super::geometry::{Point, Rect};
use super::legend::{self, Legend};
use super::panel::Panel;
use super::text::{LABEL_SIZE, LINE_STEP, TICK_SIZE, TITLE_SIZE, shorten, wrap};
use super::ticks::{TICK_GAP, Ticks, spaced_ticks, ticks, widest};
use super::upper::Upper;

/// Distance from an axis to the baseline of the tick labels below it.
const TO_TICKS: f64 = TICK_GAP + 0.76 * TICK_SIZE;
/// Distance from an axis to the first baseline of its label.
const TO_LABEL: f64 = TO_TICKS + 10.0 + 0.8 * LABEL_SIZE;

/// Distance from the page's border to anything on the page.
const BORDER: f64 = 12.0;
/// Distance between one panel and the next.
const PANEL_GAP: f64 = 18.0;
/// Distance between a legend and its plot.
const LEGEND_GAP: f64 = 6.0;
/// The largest share of a page's width for the names of rows, and of a plot's height for the names
/// of columns.
const NAME_SHARE: f64 = 0.33;
/// The smallest height and width of a plot.
const LEAST_PLOT: f64 = 120.0;

/// Lines of words, each with the point on its baseline where it is anchored.
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
    pub(super) title: Lines,
    pub(super) x_label: Lines,
    pub(super) y_label: Lines,
    pub(super) bar: Option<Bar>,
    pub(super) upper: Option<Upper>,
}

/// A whole page.
pub(super) struct Page<'f> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) title: Lines,
    pub(super) panels: Vec<Placed<'f>>,
}

/// What is known about a panel before it is placed.
struct Draft<'f> {
    panel: &'f Panel,
    x: Axis,
    y: Axis,
    y_ticks: Ticks,
    x_ticks: Ticks,
    title: Vec<String>,
    x_label: Vec<String>,
    y_label: Vec<String>,
    bar: Option<Bar>,
    upper: Option<Upper>,
}

/// The start of a column of panels, and the left and right side of its plots.
#[derive(Clone, Copy)]
struct Column {
    start: f64,
    left: f64,
    right: f64,
}

/// Lays out a page of at least this size, with its panels in rows of `columns`.
pub(super) fn page<'f>(
    title: &str,
    panels: &'f [Panel],
    columns: usize,
    (page_width, page_height): (u32, u32),
) -> Result<Page<'f>, BadRange> {
    let full = f64::from(page_width);
    let title = wrap(title, TITLE_SIZE, full - 2.0 * BORDER);
    let title_gap = if title.is_empty() { 0.0 } else { 10.0 };
    let title_height = title.len() as f64 * TITLE_SIZE * LINE_STEP + title_gap;
    let rows = panels.len().div_ceil(columns).max(1) as f64;
    let gaps = PANEL_GAP * (rows - 1.0) + 2.0 * BORDER;
    let shares = shares(panels, columns, f64::from(page_height) - title_height - gaps);
    let room = full / columns as f64;
    let mut drafts = Vec::with_capacity(panels.len());
    for (row, &share) in panels.chunks(columns).zip(&shares) {
        let about_height = about_height(row, room, share);
        for panel in row {
            drafts.push(draft(panel, room, about_height)?);
        }
    }
    let (columns, full) = arrange_columns(&drafts, columns, full);
    let mut top = BORDER + title_height;
    let mut placed = Vec::with_capacity(panels.len());
    for share in shares {
        let row = drafts.drain(..columns.len().min(drafts.len())).collect();
        let (panels, bottom) = put_row(row, &columns, top, share);
        placed.extend(panels);
        top = bottom + PANEL_GAP;
    }
    let end = if placed.is_empty() { top } else { top - PANEL_GAP };
    let height = page_height.max((end + BORDER).ceil() as u32);
    let title = stacked(title, (full / 2.0, BORDER + 0.8 * TITLE_SIZE), TITLE_SIZE);
    Ok(Page { width: full as u32, height, title, panels: placed })
}

/// The heights of rows of panels, in proportion to what they ask for.
fn shares(panels: &[Panel], columns: usize, height: f64) -> Vec<f64> {
    let row = |row: &[Panel]| row.iter().map(|panel| panel.height).fold(0.0, f64::max);
    let asked: Vec<f64> = panels.chunks(columns).map(row).collect();
    let sum: f64 = asked.iter().sum();
    asked.into_iter().map(|share| height * share / sum).collect()
}

/// The approximate width of a plot without a colour bar.
fn about_width(room: f64) -> f64 {
    (room - 110.0).max(LEAST_PLOT)
}

/// The approximate height of the plots of a row.
fn about_height(row: &[Panel], room: f64, share: f64) -> f64 {
    let wide = about_width(room);
    if row.iter().any(|panel| panel.is_square) {
        return wide;
    }
    let above = row.iter().map(|panel| {
        let title = wrap(&panel.title, LABEL_SIZE, wide).len() as f64 * LABEL_SIZE * LINE_STEP;
        title + legend::arrange(&panel.series, (0.0, 0.0), wide).height
    });
    (share - above.fold(0.0, f64::max) - 60.0).max(LEAST_PLOT)
}

/// Axes, ticks and labels of a panel, for a plot of about its final size.
fn draft(panel: &Panel, room: f64, about_height: f64) -> Result<Draft<'_>, BadRange> {
    let (x, y) = axis::axes(panel)?;
    let bar = Bar::new(panel, about_height)?;
    let bar_width = bar.as_ref().map_or(0.0, Bar::width);
    let about_width = (about_width(room) - bar_width).max(LEAST_PLOT);
    Ok(Draft {
        panel,
        x,
        y,
        x_ticks: match panel.x_names.is_empty() {
            true => spaced_ticks(&x, about_width),
            false => named(&panel.x_names, NAME_SHARE * about_height, about_width),
        },
        y_ticks: match panel.y_names.is_empty() {
            true => ticks(&y, (about_height / 38.0).clamp(3.0, 9.0) as usize),
            false => named(&panel.y_names, NAME_SHARE * room, about_height),
        },
        title: wrap(&panel.title, LABEL_SIZE, about_width),
        x_label: wrap(&panel.x_label, LABEL_SIZE, about_width),
        y_label: wrap(&panel.y_label, LABEL_SIZE, about_height),
        bar,
        upper: Upper::new(panel, about_width)?,
    })
}

/// Ticks with names, shortened to fit, side by side along about this length; if there are too many,
/// only every second or third or so is used.
fn named(names: &[String], room: f64, length: f64) -> Ticks {
    let tick = |(at, name): (usize, &String)| (at as f64 + 0.5, shorten(name, TICK_SIZE, room));
    let stride = (names.len() as f64 * 1.1 * TICK_SIZE / length).ceil().max(1.0) as usize;
    let ticks = names.iter().enumerate().map(tick).step_by(stride);
    Ticks { major: ticks.collect(), minor: Vec::new() }
}

/// Columns whose plots have the same width, on a page of at least this width; and the page's width.
fn arrange_columns(drafts: &[Draft], count: usize, full: f64) -> (Vec<Column>, f64) {
    let sides: Vec<(f64, f64)> =
        (0..count).map(|column| margins(drafts.iter().skip(column).step_by(count))).collect();
    let taken: f64 = sides.iter().map(|(left, right)| left + right).sum();
    let full = full.max(taken + count as f64 * LEAST_PLOT);
    let wide = ((full - taken) / count as f64).floor();
    let mut start = 0.0;
    let place = |(left, right)| {
        let column = Column { start, left: start + left, right: start + left + wide };
        start = column.right + right;
        column
    };
    (sides.into_iter().map(place).collect(), full)
}

/// Room to the left and right of the plots of a column: enough for the widest ticks and labels.
fn margins<'d>(drafts: impl Iterator<Item = &'d Draft<'d>> + Clone) -> (f64, f64) {
    let left_of = |draft: &Draft| {
        let label = draft.y_label.len() as f64 * LABEL_SIZE * LINE_STEP;
        (BORDER + label + 6.0 + widest(&draft.y_ticks) + TICK_GAP)
            .max(BORDER + draft.widest_x() / 2.0)
    };
    let right_of = |draft: &Draft| {
        let bar = draft.bar.as_ref().map_or(0.0, |bar| bar.width() + BORDER);
        (BORDER + draft.widest_x() / 2.0).max(24.0).max(bar)
    };
    let left = drafts.clone().map(left_of).fold(0.0, f64::max);
    let right = drafts.map(right_of).fold(0.0, f64::max);
    (left.ceil() + 0.5, right.ceil() - 0.5)
}

impl Draft<'_> {
    /// The height of the title above the legend.
    fn title_height(&self) -> f64 {
        let gap = if self.title.is_empty() { 0.0 } else { LEGEND_GAP };
        self.title.len() as f64 * LABEL_SIZE * LINE_STEP + gap
    }

    /// The height of the legend above a plot of the given width.
    fn legend_height(&self, wide: f64) -> f64 {
        let legend = legend::arrange(&self.panel.series, (0.0, 0.0), wide);
        let gap = if legend.entries.is_empty() { 0.0 } else { LEGEND_GAP };
        legend.height + gap
    }

    /// The width across the page of the widest tick label of the x axis; names run upwards.
    fn widest_x(&self) -> f64 {
        if self.panel.x_names.is_empty() { widest(&self.x_ticks) } else { TICK_SIZE }
    }

    /// The height of the second scale above the plot.
    fn upper_height(&self) -> f64 {
        self.upper.as_ref().map_or(0.0, Upper::height)
    }

    /// The extra room below the plot that names of columns need compared with numbers.
    fn names_height(&self) -> f64 {
        if self.panel.x_names.is_empty() { 0.0 } else { widest(&self.x_ticks) - 0.76 * TICK_SIZE }
    }

    /// The room that ticks and label take below the plot.
    fn below(&self) -> f64 {
        let lines = self.x_label.len() as f64;
        let label = match self.x_label.is_empty() {
            true => TO_TICKS + 0.25 * TICK_SIZE,
            false => TO_LABEL + (lines - 1.0) * LABEL_SIZE * LINE_STEP + 0.25 * LABEL_SIZE,
        };
        label + self.names_height()
    }
}

/// Places the panels of a row below `top`, with plots of equal height; returns them and where the
/// row ends.
fn put_row<'f>(
    row: Vec<Draft<'f>>,
    columns: &[Column],
    top: f64,
    share: f64,
) -> (Vec<Placed<'f>>, f64) {
    let wide = columns[0].right - columns[0].left;
    let most = |heights: &dyn Fn(&Draft<'f>) -> f64| row.iter().map(heights).fold(0.0, f64::max);
    let legend_height = |draft: &Draft| draft.legend_height(wide) + draft.upper_height();
    let above = most(&Draft::title_height) + most(&legend_height);
    let below = most(&Draft::below);
    // Plots are aligned to half pixels, so that thin vertical and horizontal lines are sharp.
    let plot_top = (top + above).ceil() + 0.5;
    let plot_bottom = match row.iter().any(|draft| draft.panel.is_square) {
        true => plot_top + wide,
        false => ((top + share - below).floor() - 0.5).max(plot_top + LEAST_PLOT),
    };
    let place = |(draft, column): (Draft<'f>, &Column)| {
        let plot =
            Rect { left: column.left, top: plot_top, right: column.right, bottom: plot_bottom };
        let legend_top = top + above - legend_height(&draft);
        put(draft, plot, column.start, (top, legend_top))
    };
    (row.into_iter().zip(columns).map(place).collect(), plot_bottom + below)
}

/// Places a panel around its plot, in a column that starts at `start`, with its title and its
/// legend below `title_top` and `legend_top`.
fn put(
    draft: Draft<'_>,
    plot: Rect,
    start: f64,
    (title_top, legend_top): (f64, f64),
) -> Placed<'_> {
    let (centre, middle) = plot.centre();
    let label_at = plot.bottom + TO_LABEL + draft.names_height();
    let Draft { panel, x, y, x_ticks, y_ticks, title, x_label, y_label, bar, upper } = draft;
    Placed {
        panel,
        plot,
        x,
        y,
        x_ticks: match panel.x_names.is_empty() {
            true => spaced_ticks(&x, plot.width()),
            false => x_ticks,
        },
        y_ticks,
        legend: legend::arrange(&panel.series, (plot.left, legend_top), plot.width()),
        title: stacked(title, (centre, title_top + 0.8 * LABEL_SIZE), LABEL_SIZE),
        x_label: stacked(x_label, (centre, label_at), LABEL_SIZE),
        y_label: sideways(y_label, (start + BORDER + 0.8 * LABEL_SIZE, middle)),
        bar,
        upper,
    }
}

/// Lines of words, one below the other.
fn stacked(lines: Vec<String>, (x, y): Point, size: f64) -> Lines {
    let place = |(row, line)| (line, (x, y + row as f64 * size * LINE_STEP));
    lines.into_iter().enumerate().map(place).collect()
}

/// Lines of words that run upwards, each to the right of the one before.
fn sideways(lines: Vec<String>, (x, y): Point) -> Lines {
    let place = |(row, line)| (line, (x + row as f64 * LABEL_SIZE * LINE_STEP, y));
    lines.into_iter().enumerate().map(place).collect()
}
