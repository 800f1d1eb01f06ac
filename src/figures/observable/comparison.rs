//! Comparison of losses.

use super::super::{Figure, Panel, Series};
use super::{LossRuns, loss_style};
use crate::analyses::observable::LossTerm;

/// Median CLs against median p0 of each seed's best observable, with one colour per loss; the lower
/// left is best.
pub fn comparison(runs: &[LossRuns]) -> Figure {
    let mut panel = Panel::new("median CLs", "median p0").log_x().log_y();
    for (at, run) in runs.iter().enumerate() {
        let values = |term: LossTerm| -> Vec<f64> {
            let bests = run.reports.iter().map(|report| report.best_metric(&term.key()));
            bests.map(|value| value.unwrap_or(f64::NAN)).collect()
        };
        let (colour, _, marker) = loss_style(at);
        let points = Series::points(&run.label, &values(LossTerm::Cls), &values(LossTerm::P0));
        panel = panel.with(points.colour(colour).marker(marker).width(5.0));
    }
    Figure::from(panel).title("Best observable of each seed, on held-out events")
}
