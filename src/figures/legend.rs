//! The legend, in rows above the plot, where it hides nothing; columns are aligned if possible.
//!
//! Enters: series and the room above their plot. Leaves: the position of each entry. There are as
//! few rows as the width allows; an entry that is wider than the page is broken into lines.

use super::geometry::Point;
use super::series::Series;
use super::text;

/// Size of the letters.
pub(super) const SIZE: f64 = 14.5;

/// Length of the sample of a series.
pub(super) const SAMPLE: f64 = 30.0;

/// Distance from one line to the next.
const LINE: f64 = SIZE * text::LINE_STEP;

/// Distances from a sample to its label, and from one column to the next.
const GAPS: (f64, f64) = (8.0, 24.0);

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The index of its series.
    pub(super) series: Vec<usize>,
    /// Its label, broken into lines.
    pub(super) lines: Vec<String>,
    /// Left end of its sample, on the first line's baseline.
    pub(super) at: Point,
}

impl Entry {
    /// The lines of its label, each with the left end of its baseline.
    pub(super) fn placed_lines(&self) -> impl Iterator<Item = (&str, Point)> {
        let (x, y) = (self.at.0 + SAMPLE + GAPS.0, self.at.1);
        let placed = move |(row, line)| (line, (x, y + row as f64 * LINE));
        self.lines.iter().map(String::as_str).enumerate().map(placed)
    }
}

/// All entries, and the height they take.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Legend {
    pub(super) entries: Vec<Entry>,
    pub(super) height: f64,
}

/// The legend of some series, in a space with this upper left corner and width.
pub(super) fn arrange(series: &[Series], (left, top): Point, room: f64) -> Legend {
    let words_room = room - SAMPLE - GAPS.0;
    let mut entries: Vec<Entry> = Vec::new();
    let mut labels: Vec<&str> = Vec::new();
    for (at, one) in series.iter().enumerate().filter(|(_, one)| one.in_legend()) {
        match labels.iter().position(|label| *label == one.label) {
            Some(known) => entries[known].series.push(at),
            None => {
                labels.push(&one.label);
                let lines = text::wrap(&one.label, SIZE, words_room);
                entries.push(Entry { series: vec![at], lines, at: (left, top) });
            }
        }
    }
    let rows = fewest_rows(&entries, room);
    let height = place(&mut entries, &rows, (left, top));
    Legend { entries, height }
}

/// Width of an entry.
fn width(entry: &Entry) -> f64 {
    let lines = entry.lines.iter().map(|line| text::width(line, SIZE));
    SAMPLE + GAPS.0 + lines.fold(0.0, f64::max)
}

/// The widths of the entries, divided into as few rows as fit the space: in aligned columns, or one
/// after the other if a wide entry would make columns need more rows.
fn fewest_rows(entries: &[Entry], room: f64) -> Vec<Vec<f64>> {
    let widths: Vec<f64> = entries.iter().map(width).collect();
    let (aligned, flowing) = (aligned(&widths, room), flowing(&widths, room));
    if flowing.len() < aligned.len() { flowing } else { aligned }
}

/// Rows of aligned columns.
fn aligned(widths: &[f64], room: f64) -> Vec<Vec<f64>> {
    let columns_for = |rows: usize| {
        let count = widths.len().div_ceil(rows);
        let column = |first: usize| widths.iter().skip(first).step_by(count);
        (0..count).map(|first| column(first).copied().fold(0.0, f64::max)).collect::<Vec<f64>>()
    };
    let fits = |columns: &Vec<f64>| {
        let gaps = GAPS.1 * columns.len().saturating_sub(1) as f64;
        columns.iter().sum::<f64>() + gaps <= room
    };
    let columns = (1..widths.len())
        .map(columns_for)
        .find(fits)
        .unwrap_or_else(|| columns_for(widths.len().max(1)));
    let row = |row: &[f64]| columns[..row.len()].to_vec();
    widths.chunks(columns.len().max(1)).map(row).collect()
}

/// Rows that are filled one entry after another.
fn flowing(widths: &[f64], room: f64) -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = Vec::new();
    let mut taken = 0.0;
    for &width in widths {
        match rows.last_mut() {
            Some(row) if taken + GAPS.1 + width <= room => {
                row.push(width);
                taken += GAPS.1 + width;
            }
            _ => {
                rows.push(vec![width]);
                taken = width;
            }
        }
    }
    rows
}

/// Puts the entries into rows of these widths; returns the height that they take.
fn place(entries: &mut [Entry], rows: &[Vec<f64>], (left, top): Point) -> f64 {
    let mut y = top;
    let mut entries = entries.iter_mut();
    for row in rows {
        let (mut x, mut lines) = (left, 0);
        for (entry, width) in entries.by_ref().take(row.len()).zip(row) {
            // The letters' height above the baseline is about 0.76 of their size.
            entry.at = (x, y + 0.76 * SIZE);
            x += width + GAPS.1;
            lines = lines.max(entry.lines.len());
        }
        y += lines as f64 * LINE + 2.0;
    }
    y - top
}

#[cfg(test)]
mod tests {
    use super::*;

    fn legend(labels: &[&str], room: f64) -> Legend {
        let series: Vec<Series> =
            labels.iter().map(|label| Series::line(label, &[], &[])).collect();
        arrange(&series, (50.0, 10.0), room)
    }

    #[test]
    fn entries_take_the_fewest_rows_and_stay_in_the_room() {
        let labels = ["hard cut", "k = 10", "k = 20", "k = 50", "k = 100"];
        for (room, rows) in [(700.0, 1), (340.0, 2), (120.0, 5)] {
            let legend = legend(&labels, room);
            let mut heights: Vec<f64> = legend.entries.iter().map(|entry| entry.at.1).collect();
            heights.dedup();
            assert_eq!(heights.len(), rows, "room {room}");
            for entry in &legend.entries {
                assert!(entry.at.0 >= 50.0 && entry.at.0 + width(entry) <= 50.0 + room);
                assert!(entry.at.1 < 10.0 + legend.height);
            }
        }
    }

    #[test]
    fn one_wide_entry_does_not_part_the_others() {
        let mut labels: Vec<String> = (1..10).map(|bin| format!("bin {bin}")).collect();
        labels.push("component of the mixture, 1 sigma".to_owned());
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let legend = legend(&labels, 340.0);
        let mut heights: Vec<f64> = legend.entries.iter().map(|entry| entry.at.1).collect();
        heights.dedup();
        assert_eq!(heights.len(), 4, "three rows of three bins and the wide entry");
        let right = |entry: &Entry| entry.at.0 + width(entry);
        assert!(legend.entries.iter().all(|entry| right(entry) <= 390.0));
    }

    #[test]
    fn a_label_wider_than_the_room_is_broken() {
        let legend = legend(&["a label that is very much longer than its room"], 200.0);
        assert!(legend.entries[0].lines.len() > 1);
        assert!(width(&legend.entries[0]) <= 200.0);
    }

    #[test]
    fn series_with_one_label_share_an_entry_and_those_without_have_none() {
        let legend = legend(&["path", "", "path", "optimum"], 600.0);
        let series: Vec<&[usize]> = legend.entries.iter().map(|entry| &entry.series[..]).collect();
        assert_eq!(series, [&[0, 2][..], &[3]]);
        assert_eq!(arrange(&[], (0.0, 0.0), 100.0).height, 0.0);
    }
}
