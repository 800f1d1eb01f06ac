//! Maps of categories in two columns.

use super::super::{Colour, Figure, Panel, Series};
use super::four_digits;
use crate::analyses::binning::{
    BinningProblem, BinningReport, FoundCategories, MixtureComponent, MixtureMeans,
};

/// Cells of the map in each direction.
const CELLS: usize = 200;

/// Edges and centres of cells over a range.
fn cells((low, high): (f64, f64)) -> (Vec<f64>, Vec<f64>) {
    let at = |place: f64| low + (high - low) * place / CELLS as f64;
    let edges = (0..=CELLS).map(|edge| at(edge as f64)).collect();
    (edges, (0..CELLS).map(|cell| at(cell as f64 + 0.5)).collect())
}

/// A plane through the columns: the first two run, the others are held.
struct Plane {
    columns: Vec<(String, (f64, f64))>,
    is_simplex: bool,
}

impl Plane {
    /// Of two columns or more.
    fn new(problem: &BinningProblem) -> Option<Self> {
        let columns = problem.columns();
        let is_simplex = problem.mixture_means() == Some(MixtureMeans::Simplex);
        (columns.len() > 1).then_some(Self { columns, is_simplex })
    }

    /// What the others are held at: the middle of their ranges, or of the simplex.
    fn held(&self) -> Vec<f64> {
        let equal = 1.0 / (self.columns.len() + 1) as f64;
        let middle =
            |(low, high): (f64, f64)| if self.is_simplex { equal } else { low.midpoint(high) };
        self.columns[2..].iter().map(|(_, range)| middle(*range)).collect()
    }

    /// What is held, in words.
    fn title(&self) -> String {
        let held = self.columns[2..].iter().zip(self.held());
        let held: Vec<String> =
            held.map(|((name, _), value)| format!("{name} = {}", four_digits(value))).collect();
        match held.is_empty() {
            true => "Categories".to_owned(),
            false => format!("Categories at {}", held.join(", ")),
        }
    }

    /// The category of each cell, numbered as in the order of a report; none outside the simplex.
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

/// A component's ellipse in the first two columns.
fn ellipse(component: &MixtureComponent) -> Series {
    let MixtureComponent { mean, covariance, .. } = component;
    let covariance = [covariance[0], covariance[1], covariance[mean.len() + 1]];
    Series::ellipse("components, 1 sigma", (mean[0], mean[1]), covariance, 1.0)
        .colour(Colour::BLACK)
        .width(1.5)
}

/// The hard categories over the first two columns, with the components of a mixture as ellipses of 1
/// sigma around their numbers; none of contiguous bins, or without a descent.
///
/// Further columns are held, as the title says. Scores that would add up to more than 1 are blank where
/// means are on the simplex. Categories have the numbers that [`stacks`](super::stacks) gives them.
pub fn components(problem: &BinningProblem, report: &BinningReport) -> Option<Figure> {
    let plane = Plane::new(problem)?;
    let parameters = &report.descent.as_ref()?.training.parameters;
    let [(x_name, x_range), (y_name, y_range), ..] = &plane.columns[..] else { return None };
    let ((x_edges, x), (y_edges, y)) = (cells(*x_range), cells(*y_range));
    let categories = plane.categories(problem, report, parameters, (&x, &y));
    let labels: Vec<String> = (1..=report.order.len()).map(|bin| format!("bin {bin}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let mut panel = Panel::new(x_name, y_name).categories(&x_edges, &y_edges, &categories, &labels);
    if let FoundCategories::Mixture(components) = &report.categories {
        for (at, bin) in report.order.iter().enumerate() {
            let component = &components[*bin];
            panel = panel.with(ellipse(component));
            panel = panel.text(component.mean[0], component.mean[1], &(at + 1).to_string());
        }
    }
    Some(Figure::from(panel).title(&plane.title()).size(800, 800))
}
