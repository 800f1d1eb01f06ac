//! Tables in HEPData's format: YAML with `independent_variables` and `dependent_variables`.
//!
//! The form means the same to readers of YAML 1.1 and 1.2: texts are quoted as in JSON, and every
//! number with an exponent has a point and a sign. Missing values are `"-"`. Numbers have all the
//! digits needed to read them back exactly. Any units are in the labels.
//!
//! Source: HEPData's documentation of data files; YAML 1.1 and 1.2, section "Floating point".

use std::fmt::Write;

use serde_json::Value;

use super::contours::Contours;
use super::points::Grid;
use super::polyline::Polyline;
use super::record::{PointNumbers, PointResult};

/// A value of a column.
enum Cell<'a> {
    Number(f64),
    Text(&'a str),
    Missing,
}

impl From<Option<f64>> for Cell<'_> {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Cell::Missing, Cell::Number)
    }
}

/// A text as YAML, quoted as in JSON.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A number as YAML, with all its digits.
fn number(value: f64) -> String {
    if value == 0.0 || (1e-4..1e15).contains(&value.abs()) {
        return value.to_string();
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').expect("an exponent");
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// A table with a header that grows by columns.
struct Table {
    text: String,
}

impl Table {
    fn new() -> Self {
        Self { text: String::new() }
    }

    fn section(&mut self, name: &str) {
        writeln!(self.text, "{name}:").expect("memory");
    }

    fn column<'a>(&mut self, name: &str, cells: impl IntoIterator<Item = Cell<'a>>) {
        writeln!(self.text, "- header: {{name: {}}}\n  values:", quoted(name)).expect("memory");
        for cell in cells {
            let value = match cell {
                Cell::Number(value) if value.is_finite() => number(value),
                Cell::Number(_) | Cell::Missing => quoted("-"),
                Cell::Text(text) => quoted(text),
            };
            writeln!(self.text, "  - {{value: {value}}}").expect("memory");
        }
    }
}

/// Labels of the five expected numbers, by their positions in the band.
const EXPECTED: [&str; 5] = [
    "expected -2 sigma",
    "expected -1 sigma",
    "expected",
    "expected +1 sigma",
    "expected +2 sigma",
];

/// A table of all points: names and coordinates; CLs and upper limits, observed and expected.
///
/// # Arguments
/// `results` are in the grid's order.
pub fn point_table(grid: &Grid, results: &[PointResult]) -> String {
    let mut table = Table::new();
    table.section("independent_variables");
    table.column("signal", results.iter().map(|result| Cell::Text(&result.name)));
    let numbers = results.iter().map(|result| result.values.len()).max().unwrap_or(0);
    for i in 0..numbers {
        let value = |result: &PointResult| result.values.get(i).copied().flatten().into();
        table.column(&grid.number_name(i), results.iter().map(value));
    }
    table.section("dependent_variables");
    type Pick = fn(&PointNumbers, usize) -> Option<f64>;
    let kinds: [(&str, Pick, Pick); 2] = [
        ("CLs", |n, _| Some(n.cls_obs), |n, i| Some(n.cls_exp[i])),
        ("upper limit", |n, _| n.limit_obs, |n, i| n.limit_exp[i]),
    ];
    for (what, observed, expected) in kinds {
        let mut column = |name: &str, pick: Pick, i: usize| {
            let cell = |result: &PointResult| result.numbers().and_then(|n| pick(n, i)).into();
            table.column(&format!("{what}, {name}"), results.iter().map(cell));
        };
        column("observed", observed, 0);
        for (i, name) in EXPECTED.iter().enumerate() {
            column(name, expected, i);
        }
    }
    table.text
}

/// A table of the contours' corners in sequence: which contour, which of its lines (from 1), and
/// the coordinates.
pub fn contour_table(contours: &Contours) -> String {
    let observed = [("observed", &contours.observed)];
    let expected = EXPECTED.into_iter().zip(&contours.expected);
    let lines: Vec<(&str, f64, &Polyline)> = observed
        .into_iter()
        .chain(expected)
        .flat_map(|(name, lines)| {
            lines.iter().enumerate().map(move |(i, line)| (name, (i + 1) as f64, line))
        })
        .collect();
    let mut table = Table::new();
    table.section("independent_variables");
    let names = lines.iter().flat_map(|(name, _, line)| line.x.iter().map(|_| Cell::Text(name)));
    table.column("contour", names);
    let parts = lines.iter().flat_map(|(_, part, line)| line.x.iter().map(|_| Cell::Number(*part)));
    table.column("line", parts);
    let x = lines.iter().flat_map(|(.., line)| line.x.iter().copied().map(Cell::Number));
    table.column(&contours.axes[0], x);
    table.section("dependent_variables");
    let y = lines.iter().flat_map(|(.., line)| line.y.iter().copied().map(Cell::Number));
    table.column(&contours.axes[1], y);
    table.text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::testing::{background, counting_grid, results};
    use crate::grid::{Failure, FailureKind, GridOptions, Outcome, contours};

    #[test]
    fn numbers_are_floats_to_every_reader_and_lose_no_bit() {
        for (value, expected) in [
            (0.0, "0"),
            (1300.0, "1300"),
            (0.05, "0.05"),
            (1e-5, "1.0e-5"),
            (-1.5e-7, "-1.5e-7"),
            (1e22, "1.0e+22"),
            (0.1 + 0.2, "0.30000000000000004"),
        ] {
            assert_eq!((number(value).parse(), number(value).as_str()), (Ok(value), expected));
        }
        assert_eq!(number(1e-300 / 3.0).parse(), Ok(1e-300 / 3.0));
        assert_eq!(quoted("a \"b\": {c}\n"), r#""a \"b\": {c}\n""#);
    }

    #[test]
    fn every_column_has_a_value_a_point() {
        let (background, options) = (background(), GridOptions::default());
        let mut grid = counting_grid(&[(0.5, 0.0), (2.0, 0.0), (0.5, 1.0), (2.0, 2.0)]);
        grid.points[3].name = "odd: \"name\"".to_owned();
        let mut found = results(&background, &grid, &options);
        let error = Failure { kind: FailureKind::Fit, message: "stalled".to_owned() };
        found[0].outcome = Outcome::Failed { error };
        let text = point_table(&grid, &found);
        assert_eq!(text.matches("- header: ").count(), 1 + 2 + 2 * 6);
        assert_eq!(text.matches("  - {value: ").count(), 4 * 15);
        assert_eq!(text.matches("{value: \"-\"}").count(), 12);
        assert!(text.contains(r#"{value: "odd: \"name\""}"#));
        let limit = found[1].numbers().and_then(|n| n.limit_obs).expect("a limit");
        assert!(text.contains(&format!("  - {{value: {limit}}}\n")), "{text}");
    }

    #[test]
    fn contours_are_written_corner_by_corner() {
        let (background, options) = (background(), GridOptions::default());
        let grid = counting_grid(&[(0.5, 0.0), (4.0, 0.0), (0.5, 1.0), (4.0, 2.0)]);
        let plane = grid.plane(None, &[]).expect("a plane");
        let found = results(&background, &grid, &options);
        let contours = contours(&plane, &found, &options).expect("an area");
        let corners: usize = contours.observed.iter().map(|line| line.x.len()).sum();
        assert!(corners >= 2);
        let text = contour_table(&contours);
        assert_eq!(text.matches("{value: \"observed\"}").count(), corners);
        assert_eq!(text.matches("- header: ").count(), 4);
        assert!(text.contains(&format!("{{value: {}}}", number(contours.observed[0].x[1]))));
    }
}
