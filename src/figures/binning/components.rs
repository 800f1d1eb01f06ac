//! Maps of categories in two columns.

use super::super::{Colour, Figure, Panel, Series};
use super::{four_digits, headline};
use crate::analyses::binning::{
    BinningProblem, BinningReport, FoundCategories, MixtureComponent, MixtureMeans,
};

/// Number of cells of the map in each direction.
const CELLS: usize = 200;
/// Half the width, in cells, of a square that has room for a category's number.
const ROOM: usize = 5;
/// Approximate distance of words to the upper right of their point, in cells.
const WORDS_SHIFT: usize = 3;
/// Colours of categories, in three tints.
const COLOURS: [Colour; 7] = [
    Colour::BLUE,
    Colour::VERMILLION,
    Colour::GREEN,
    Colour::PURPLE,
    Colour::ORANGE,
    Colour::SKY,
    Colour::YELLOW,
];

/// The colour of a category, counted from 0, which is light enough for black lines to be visible on
/// it.
fn colour(category: usize) -> Colour {
    let tint = [0.5, 0.25, 0.75][category / COLOURS.len() % 3];
    COLOURS[category % COLOURS.len()].tint(tint)
}

/// Edges and centres of cells over a range.
fn cells((low, high): (f64, f64)) -> (Vec<f64>, Vec<f64>) {
    let at = |place: f64| low + (high - low) * place / CELLS as f64;
    let edges = (0..=CELLS).map(|edge| at(edge as f64)).collect();
    (edges, (0..CELLS).map(|cell| at(cell as f64 + 0.5)).collect())
}

/// A plane through the columns: the first two vary, the others are fixed.
struct Plane {
    columns: Vec<(String, (f64, f64))>,
    is_simplex: bool,
}

impl Plane {
    /// `None` for fewer than two columns.
    fn new(problem: &BinningProblem) -> Option<Self> {
        let columns = problem.columns();
        let is_simplex = problem.mixture_means() == Some(MixtureMeans::Simplex);
        (columns.len() > 1).then_some(Self { columns, is_simplex })
    }

    /// The values at which the other columns are fixed: the middle of their ranges, or of the
    /// simplex.
    fn held(&self) -> Vec<f64> {
        let equal = 1.0 / (self.columns.len() + 1) as f64;
        let middle =
            |(low, high): (f64, f64)| if self.is_simplex { equal } else { low.midpoint(high) };
        self.columns[2..].iter().map(|(_, range)| middle(*range)).collect()
    }

    /// Describes in words which columns are fixed.
    fn held_words(&self) -> String {
        let held = self.columns[2..].iter().zip(self.held());
        let held: Vec<String> =
            held.map(|((name, _), value)| format!("{name} = {}", four_digits(value))).collect();
        if held.is_empty() { String::new() } else { format!(" at {}", held.join(", ")) }
    }

    /// The category of each cell, numbered in the order of a report; `None` outside the simplex.
    fn categories(
        &self,
        problem: &BinningProblem,
        report: &BinningReport,
        parameters: &[f64],
        (x, y): (&[f64], &[f64]),
    ) -> Vec<Option<usize>> {
        let mut place = vec![0; report.order.len()];
        report.order.iter().enumerate().for_each(|(at, bin)| place[*bin] = at);
        let held = self.held();
        let category = |x: f64, y: f64| {
            let point: Vec<f64> = [x, y].into_iter().chain(held.iter().copied()).collect();
            let is_outside = self.is_simplex && point.iter().sum::<f64>() > 1.0;
            (!is_outside).then(|| place[problem.bin_of(report.bins, parameters, &point)])
        };
        y.iter().flat_map(|y| x.iter().map(move |x| category(*x, *y))).collect()
    }
}

/// The number of steps from each cell to the nearest one in another category or beyond the map,
/// where a step leads to any of eight neighbours.
///
/// Source: A. Rosenfeld and J. Pfaltz, J. ACM 13 (1966) 471: one pass from each corner.
fn depths(categories: &[Option<usize>]) -> Vec<usize> {
    let mut depths = vec![usize::MAX; categories.len()];
    let last = CELLS as isize - 1;
    for sign in [1, -1] {
        for step in 0..categories.len() {
            let cell = if sign == 1 { step } else { categories.len() - 1 - step };
            let (column, row) = ((cell % CELLS) as isize, (cell / CELLS) as isize);
            for (right, up) in [(-1, 0), (-1, -1), (0, -1), (1, -1)] {
                let (x, y) = (column + sign * right, row + sign * up);
                let is_inside = (0..=last).contains(&x) && (0..=last).contains(&y);
                let neighbour = (y * (last + 1) + x) as usize;
                let is_like = is_inside && categories[neighbour] == categories[cell];
                let from_there = if is_like { depths[neighbour] } else { 0 };
                depths[cell] = depths[cell].min(from_there + 1);
            }
        }
    }
    depths
}

/// The cell of each category that has the most room around it for its number, or the middle one if
/// there are several; `None` if there is too little room.
fn number_places(categories: &[Option<usize>], count: usize) -> Vec<Option<usize>> {
    let depths = depths(categories);
    let mut deepest: Vec<(usize, Vec<usize>)> = vec![(ROOM + 1, Vec::new()); count];
    for (cell, category) in categories.iter().enumerate() {
        let Some((depth, found)) = category.and_then(|category| deepest.get_mut(category)) else {
            continue;
        };
        if depths[cell] > *depth {
            (*depth, *found) = (depths[cell], Vec::new());
        }
        if depths[cell] == *depth {
            found.push(cell);
        }
    }
    deepest.into_iter().map(|(_, cells)| cells.get(cells.len() / 2).copied()).collect()
}

/// A component's ellipse in the first two columns.
fn ellipse(component: &MixtureComponent) -> Series {
    let MixtureComponent { mean, covariance, .. } = component;
    let covariance = [covariance[0], covariance[1], covariance[mean.len() + 1]];
    Series::ellipse("components, 1 sigma", (mean[0], mean[1]), covariance, 1.0)
        .colour(Colour::BLACK)
        .width(1.2)
}

/// The hard categories over the first two columns, with the components of a mixture as ellipses of
/// 1 sigma; `None` for a single column, or without a descent.
///
/// Further columns are fixed, as the title says. If means are on the simplex, scores that would add
/// up to more than 1 are blank. Categories have the same numbers as in [`stacks`](super::stacks),
/// written where there is room.
pub fn components(problem: &BinningProblem, report: &BinningReport) -> Option<Figure> {
    let plane = Plane::new(problem)?;
    let parameters = &report.descent.as_ref()?.training.parameters;
    let [(x_name, x_range), (y_name, y_range), ..] = &plane.columns[..] else { return None };
    let ((x_edges, x), (y_edges, y)) = (cells(*x_range), cells(*y_range));
    let categories = plane.categories(problem, report, parameters, (&x, &y));
    let count = report.order.len();
    let labels: Vec<String> = (1..=count).map(|bin| format!("bin {bin}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let mut panel = Panel::new(x_name, y_name).categories(&x_edges, &y_edges, &categories, &labels);
    for (at, label) in labels.iter().enumerate() {
        panel = panel.colour(label, colour(at));
    }
    if let FoundCategories::Mixture(components) = &report.categories {
        panel = components.iter().map(ellipse).fold(panel, Panel::with);
    }
    for (at, cell) in number_places(&categories, count).into_iter().enumerate() {
        let Some(cell) = cell else { continue };
        let (column, row) = (cell % CELLS - WORDS_SHIFT, cell / CELLS - WORDS_SHIFT);
        panel = panel.text(x[column], y[row], &(at + 1).to_string());
    }
    let words = format!("{count} categories{}", plane.held_words());
    Some(Figure::from(panel).title(&headline(problem, &words, &report.hard)).size(800, 800))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map in which the category of a cell is a function of its column and row.
    fn map(category: impl Fn(usize, usize) -> Option<usize>) -> Vec<Option<usize>> {
        (0..CELLS * CELLS).map(|cell| category(cell % CELLS, cell / CELLS)).collect()
    }

    #[test]
    fn numbers_stand_where_their_category_has_most_room() {
        let square = |column: usize, row: usize| match (column, row) {
            (100..121, 20..41) => Some(1),
            (60..64, _) => Some(2),
            _ => Some(0),
        };
        let places = number_places(&map(square), 4);
        assert_eq!(places[1], Some(30 * CELLS + 110), "the middle of the square");
        assert_eq!(places[2], None, "too narrow");
        assert_eq!(places[3], None, "nowhere");
        let zero = places[0].expect("there is room");
        assert!(zero % CELLS > 64 && zero / CELLS > 41, "the widest part");
    }

    #[test]
    fn blank_cells_have_no_number_and_bound_their_neighbours() {
        let simplex = |column, row| (column + row < CELLS).then_some(0);
        let places = number_places(&map(simplex), 1);
        let (column, row) =
            places.first().copied().flatten().map(|p| (p % CELLS, p / CELLS)).unwrap();
        // A square in the right angle of a triangle with legs L has sides of L / 2.
        assert!((45..55).contains(&column) && (45..55).contains(&row), "{column} {row}");
    }
}
