//! Metrics of held-out events as functions of the epoch.

use super::super::{Figure, Panel, Scale, Series};
use super::{LossRuns, loss_style};
use crate::analyses::observable::{LossTerm, ObservableReport};

/// How a term is drawn.
struct Metric {
    term: LossTerm,
    label: &'static str,
    scale: Scale,
}

/// The terms, one per panel.
const METRICS: [Metric; 8] = [
    Metric { term: LossTerm::Cls, label: "median CLs", scale: Scale::Log },
    Metric { term: LossTerm::P0, label: "median p0", scale: Scale::Log },
    Metric { term: LossTerm::Limit, label: "median upper limit on μ", scale: Scale::Log },
    Metric { term: LossTerm::SigmaMu, label: "σ of μ", scale: Scale::Linear },
    Metric {
        term: LossTerm::GeneralisedVariance,
        label: "generalised variance",
        scale: Scale::Log,
    },
    Metric { term: LossTerm::Constraints, label: "Σ(1 − s)²", scale: Scale::Linear },
    Metric { term: LossTerm::Gaussianity, label: "Gaussianity", scale: Scale::Log },
    Metric { term: LossTerm::Bce, label: "binary cross-entropy", scale: Scale::Linear },
];

/// Mean and standard deviation over seeds, one of each per epoch.
#[derive(Debug, Default, PartialEq)]
struct Curve {
    epochs: Vec<f64>,
    mean: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Metric {
    /// The metric at an epoch; `None` if the training has no such row.
    fn at(&self, report: &ObservableReport, epoch: usize) -> Option<f64> {
        let training = &report.training;
        training.metric(training.history.get(epoch)?, &self.term.key())
    }

    /// The curve of several trainings, at each epoch over those that have a value there.
    fn curve(&self, reports: &[&ObservableReport]) -> Curve {
        let epochs = reports.iter().map(|report| report.training.history.len()).max().unwrap_or(0);
        let mut curve = Curve::default();
        for epoch in 0..epochs {
            let values = reports.iter().filter_map(|report| self.at(report, epoch));
            let (mean, [low, high]) = spread(values, self.scale);
            curve.epochs.push(epoch as f64);
            curve.mean.push(mean);
            curve.low.push(low);
            curve.high.push(high);
        }
        curve
    }

    fn panel(&self, runs: &[LossRuns]) -> Panel {
        let mut panel = Panel::new("epoch", self.label).whole_x();
        let opacity = if runs.len() > 2 { 0.12 } else { 0.25 };
        let curves: Vec<Curve> = runs.iter().map(|run| self.curve(&run.reports)).collect();
        for (at, (run, curve)) in runs.iter().zip(&curves).enumerate() {
            if curve.high.iter().any(|value| value.is_finite()) {
                let band = Series::band(&run.label, &curve.epochs, &curve.low, &curve.high);
                let band = band.colour(loss_style(at).0).opacity(opacity).width(0.6);
                panel = panel.with(band);
            }
        }
        for (at, (run, curve)) in runs.iter().zip(&curves).enumerate() {
            let (colour, dash, _) = loss_style(at);
            let line = Series::line(&run.label, &curve.epochs, &curve.mean);
            panel = panel.with(line.colour(colour).dash(dash));
        }
        for (at, run) in runs.iter().enumerate() {
            let Some(best) = run.best() else { continue };
            let epoch = best.training.best_row().map_or(0, |row| row.epoch);
            let value = self.at(best, epoch).unwrap_or(f64::NAN);
            let (colour, _, marker) = loss_style(at);
            let point = Series::points(&run.label, &[epoch as f64], &[value]).width(5.0);
            panel = panel.with(point.colour(colour).marker(marker));
        }
        if self.scale == Scale::Log { panel.log_y() } else { panel }
    }
}

/// Mean of the values that an axis of this scale can show, and one standard deviation on both sides
/// of it, computed from logarithms for a logarithmic axis. The mean is NaN without values, and the
/// deviation is NaN without a second one.
fn spread(values: impl Iterator<Item = f64>, scale: Scale) -> (f64, [f64; 2]) {
    let is_log = scale == Scale::Log;
    let places = values.map(|value| if is_log { value.ln() } else { value });
    let places: Vec<f64> = places.filter(|place| place.is_finite()).collect();
    let n = places.len() as f64;
    let mean = places.iter().sum::<f64>() / n;
    let squares: f64 = places.iter().map(|place| (place - mean) * (place - mean)).sum();
    let width = (squares / (n - 1.0)).sqrt();
    let value = |place: f64| if is_log { place.exp() } else { place };
    (value(mean), [value(mean - width), value(mean + width)])
}

/// Metrics of held-out events against the epoch, one per panel: p-values, σ of μ, generalised
/// variance, constraints, Gaussianity, cross-entropy.
///
/// Each loss has a line, the mean over its seeds, or the geometric mean on a logarithmic axis; a
/// band of one standard deviation (of logarithms there, with n - 1 in its denominator) where two
/// seeds or more have values; and a point at the best epoch of its best seed. Values that are not
/// finite are left out, and an epoch at which no seed has a finite value is a gap.
pub fn metrics(runs: &[LossRuns]) -> Figure {
    let seeds = runs.iter().map(|run| run.reports.len()).max().unwrap_or(0);
    let title = match seeds {
        0 | 1 => "Held-out events (point: best epoch)",
        _ => {
            "Held-out events: mean and standard deviation over seeds (point: best epoch of the best \
             seed)"
        }
    };
    let rows = METRICS.len().div_ceil(2) as u32;
    let figure = Figure::new().title(title).columns(2).size(1_100, 380 * rows + 40);
    METRICS.iter().map(|metric| metric.panel(runs)).fold(figure, Figure::panel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_widths_are_those_of_finite_values() {
        let values = || [1.0, f64::NAN, 3.0, f64::INFINITY].into_iter();
        assert_eq!(spread(values(), Scale::Linear), (2.0, [2.0 - 2f64.sqrt(), 2.0 + 2f64.sqrt()]));
        let (mean, [low, high]) = spread([0.01, 1.0, -1.0, 0.0].into_iter(), Scale::Log);
        let factor = (2f64.sqrt() * 10f64.ln()).exp();
        for (found, expected) in [(mean, 0.1), (low, 0.1 / factor), (high, 0.1 * factor)] {
            assert!((found / expected - 1.0).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn one_value_has_no_width_and_none_no_mean() {
        let (mean, ends) = spread([0.5].into_iter(), Scale::Linear);
        assert!(mean == 0.5 && ends.iter().all(|end| end.is_nan()));
        assert!(spread([f64::NAN].into_iter(), Scale::Log).0.is_nan());
    }
}
