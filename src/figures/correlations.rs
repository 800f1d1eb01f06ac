//! The matrix of correlations between parameters.

use super::{Colour, Figure, Panel, Series};

/// The size of a cell, and of the rest of the page, in pixels.
const CELL: u32 = 26;
const AROUND: u32 = 330;
/// The number of cells up to which the page does not grow.
const LEAST: u32 = 470;
/// The number of parameters up to which correlations are written into their cells.
const WRITTEN: usize = 8;
/// The correlation from which words are white, because the ends of the colour scale are dark.
const DARK: f64 = 0.75;

/// What [`correlations`] draws.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CorrelationMatrix {
    /// The parameters' names, from the left and from the top.
    pub names: Vec<String>,
    /// Their correlations, row by row, with as many rows and columns as names. One that is not
    /// finite stays blank.
    pub values: Vec<f64>,
    /// How the parameters were chosen, such as `"|ρ| > 0.2"`; empty if all are displayed.
    pub selection: String,
}

/// Correlations as a square of colours from -1 (blue) to 1 (vermillion), with the first parameter
/// at the left and on top; for up to 8 parameters the numbers are also written.
pub fn correlations(matrix: &CorrelationMatrix) -> Figure {
    let count = matrix.names.len();
    let edges: Vec<f64> = (0..=count).map(|edge| edge as f64).collect();
    // Rows of a map run upwards.
    let rows = matrix.values.chunks(count.max(1)).rev();
    let values: Vec<f64> = rows.flatten().copied().collect();
    let upwards: Vec<&String> = matrix.names.iter().rev().collect();
    let map = Series::map("correlation", &edges, &edges, &values).colour_range(-1.0, 1.0);
    let mut panel =
        Panel::new("", "").with(map.diverging()).x_names(&matrix.names).y_names(&upwards).square();
    if count <= WRITTEN {
        for (at, &value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
            let (x, y) = ((at % count) as f64 + 0.5, (at / count) as f64 + 0.5);
            let ink = if value.abs() > DARK { Colour(255, 255, 255) } else { Colour::BLACK };
            let words = Series::text(x, y, &format!("{value:.2}").replace('-', "−"));
            panel = panel.with(words.bare().colour(ink));
        }
    }
    let cells = (CELL * u32::try_from(count).unwrap_or(u32::MAX / (2 * CELL))).max(LEAST);
    let title = match matrix.selection.is_empty() {
        true => "Correlations".to_owned(),
        false => format!("Correlations, {}", matrix.selection),
    };
    Figure::from(panel).title(&title).size(cells + AROUND, 0)
}
