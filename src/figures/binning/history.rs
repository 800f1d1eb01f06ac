//! A descent, step by step.

use super::super::{Colour, Figure, Panel, Series};
use super::significance_axis;
use crate::analyses::binning::{BinningProblem, BinningReport, FoundCategories};
use crate::optimize::TrainingReport;

/// A training's history, with one list per quantity.
struct Columns<'r> {
    training: &'r TrainingReport,
    steps: Vec<f64>,
}

impl<'r> Columns<'r> {
    fn new(training: &'r TrainingReport) -> Self {
        let steps = training.history.iter().map(|step| step.step as f64).collect();
        Self { training, steps }
    }

    /// A metric at each step; NaN if the history has none with this name.
    fn metric(&self, name: &str) -> Vec<f64> {
        let place = self.training.metric_names.iter().position(|known| known == name);
        let value = |metrics: &[f64]| place.and_then(|k| metrics.get(k)).copied();
        let rows = self.training.history.iter();
        rows.map(|step| value(&step.metrics).unwrap_or(f64::NAN)).collect()
    }

    /// The mean of the absolute biases of the bins that are not empty.
    fn bias(&self) -> Vec<f64> {
        let names = self.training.metric_names.iter().filter(|name| name.starts_with("bias_"));
        let bins: Vec<Vec<f64>> = names.map(|name| self.metric(name)).collect();
        let at = |row: usize| {
            let found: Vec<f64> =
                bins.iter().map(|bin| bin[row].abs()).filter(|bias| bias.is_finite()).collect();
            found.iter().sum::<f64>() / found.len() as f64
        };
        (0..self.steps.len()).map(at).collect()
    }

    fn panel(&self, label: &str) -> Panel {
        Panel::new("step", label)
    }

    fn significances(&self, problem: &BinningProblem) -> Panel {
        self.panel(&significance_axis(problem))
            .line("soft bins", &self.steps, &self.metric("soft_significance"))
            .line("hard bins", &self.steps, &self.metric("hard_significance"))
    }

    /// The amount that penalties add to the loss; `None` if they add nothing at any step.
    fn penalties(&self, problem: &BinningProblem) -> Option<Panel> {
        let penalties = &problem.options().penalties;
        let weighted = |name, weight: f64| -> Vec<f64> {
            self.metric(name).iter().map(|value| weight * value).collect()
        };
        let low = weighted("yield_penalty", penalties.yield_weight);
        let high = weighted("uncertainty_penalty", penalties.uncertainty_weight);
        let plays_a_part = |values: &[f64]| values.iter().any(|value| *value > 0.0);
        let drawn = [("background yield below its minimum", low), ("uncertainty too large", high)];
        let mut panel = None;
        for (label, values) in drawn.iter().filter(|(_, values)| plays_a_part(values)) {
            let before = panel.unwrap_or_else(|| self.panel("penalty added to the loss"));
            panel = Some(before.line(label, &self.steps, values));
        }
        panel
    }

    /// The boundaries in one of the columns, all in the same colour.
    fn boundaries(&self, problem: &BinningProblem, (at, column): (usize, &str)) -> Panel {
        let rows = self.training.history.iter();
        let rows: Vec<Vec<f64>> =
            rows.map(|step| problem.boundaries_of(&step.parameters).swap_remove(at)).collect();
        let mut panel = self.panel(column);
        for j in 0..rows.first().map_or(0, Vec::len) {
            let values: Vec<f64> = rows.iter().map(|row| row[j]).collect();
            let line = Series::line("boundaries", &self.steps, &values).width(1.2);
            panel = panel.with(line.colour(Colour::BLUE));
        }
        panel
    }

    fn hardness(&self, label: &str) -> Panel {
        let values: Vec<f64> = self.training.history.iter().map(|step| step.hardness).collect();
        self.panel(label).line("", &self.steps, &values).log_y()
    }
}

/// Where a descent of contiguous bins ended after its repair and refinement.
fn with_result(panel: Panel, steps: &[f64], report: &BinningReport) -> Panel {
    let (FoundCategories::Boundaries(found), Some(last)) = (&report.categories, steps.last())
    else {
        return panel;
    };
    let last = vec![*last; found.len()];
    let points = Series::points("result", &last, found).colour(Colour::VERMILLION);
    panel.with(points.width(3.0))
}

/// The descent as a function of the step: significances, penalties if they contribute, boundaries
/// of each column (not of mixtures), bias of soft bins, hardness; `None` without a descent.
pub fn history(problem: &BinningProblem, report: &BinningReport) -> Option<Figure> {
    let columns = Columns::new(&report.descent.as_ref()?.training);
    let is_mixture = matches!(report.categories, FoundCategories::Mixture(_));
    let mut panels = vec![columns.significances(problem)];
    panels.extend(columns.penalties(problem));
    let names = problem.columns().into_iter().enumerate().filter(|_| !is_mixture);
    for (at, (column, _)) in names {
        let panel = columns.boundaries(problem, (at, &format!("boundaries in {column}")));
        panels.push(with_result(panel, &columns.steps, report));
    }
    let bias = columns.panel("mean |hard − soft| / hard").line("", &columns.steps, &columns.bias());
    panels.push(bias.log_y());
    panels.push(columns.hardness(if is_mixture {
        "inverse temperature"
    } else {
        "steepness [1 / width of the range]"
    }));
    let rows = panels.len().div_ceil(2) as u32;
    let figure = Figure::new().title("The descent").columns(2).size(1_100, 380 * rows + 40);
    Some(panels.into_iter().fold(figure, Figure::panel))
}
