//! Writes trained observables into a folder: `result.json`, tables, networks, workspaces, figures.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::OutputError;
use crate::analyses::observable::{BestObservable, ObservableProblem, ObservableReport};
use crate::figures::observable::{self as figures, LossRuns};
use crate::optimize::minibatch::epochs_csv;
use crate::persistence::write_in;

/// Finished trainings of one loss, one per seed.
#[derive(Debug)]
pub struct ObservableRun<'p, 'a> {
    /// The problems that were trained, one per report and in the same order.
    pub problems: Vec<&'p ObservableProblem<'a>>,
    /// The reports of the trainings.
    pub reports: Vec<ObservableReport>,
    /// The settings that produced the results, under the program's names for them.
    pub settings: Value,
}

impl<'a> ObservableRun<'_, 'a> {
    /// The stems of the names of a run's files, which precede the seed.
    pub const STEMS: [&'static str; 6] =
        ["history", "checkpoint", "model", "workspace", "histograms", "contours"];

    /// Each training with its problem.
    fn trainings(&self) -> impl Iterator<Item = (&ObservableProblem<'a>, &ObservableReport)> {
        self.problems.iter().copied().zip(&self.reports)
    }

    /// The report whose best observable has the lowest value of the selecting metric.
    pub fn best(&self) -> Option<&ObservableReport> {
        ObservableReport::best_of(&self.reports)
    }

    /// A training as JSON: its report with the names of its problem's sources.
    fn entry(problem: &ObservableProblem, report: &ObservableReport) -> Value {
        report.to_json(&problem.model().source_names())
    }

    /// The results as JSON: the keys of the best training (of the first if none has a best
    /// observable), then `runs` with the same keys for every training, and `settings`.
    pub fn to_json(&self) -> Value {
        let best = self.best().or(self.reports.first()).map(|report| report.seed);
        let of_best = self.trainings().find(|(_, report)| Some(report.seed) == best);
        let mut result =
            of_best.map_or(json!({}), |(problem, report)| Self::entry(problem, report));
        let runs = self.trainings().map(|(problem, report)| Self::entry(problem, report));
        result["runs"] = runs.collect();
        result["settings"] = self.settings.clone();
        result
    }

    /// Writes into an existing folder, for each seed: `history-SEED.csv`, with one line per epoch;
    /// and, if there is a best observable, `model-SEED.safetensors` and `workspace-SEED.json`, the
    /// latter with the model of its hard histograms of held-out events if they define one.
    ///
    /// # Errors
    /// [`OutputError`] if a file cannot be written or no model can be built from histograms.
    pub fn write_tables(&self, folder: &Path) -> Result<Vec<PathBuf>, OutputError> {
        let mut written = Vec::new();
        for (problem, report) in self.trainings() {
            let training = &report.training;
            let history = epochs_csv(&training.history, &training.metric_names);
            let history = history.expect("a name a metric");
            written.push(write_in(folder, &format!("history-{}.csv", report.seed), &history)?);
            if let Some(best) = &report.best {
                let about = Self::about(&Self::entry(problem, report));
                written.extend(write_best(folder, problem, best, &about)?);
            }
        }
        Ok(written)
    }

    /// The description of a network's origin for its file.
    fn about(entry: &Value) -> Value {
        json!({
            "loss": entry["loss"],
            "seed": entry["seed"],
            "epoch": entry["best"]["epoch"],
            "metrics": entry["best"]["metrics"],
        })
    }

    /// Draws all figures into an existing folder, as SVG and PNG.
    ///
    /// # Errors
    /// [`OutputError::Figure`].
    pub fn draw(&self, folder: &Path) -> Result<Vec<PathBuf>, OutputError> {
        let reports: Vec<&ObservableReport> = self.reports.iter().collect();
        let label = self.reports.first().map_or(String::new(), |report| report.loss.clone());
        let mut written =
            figures::metrics(&[LossRuns { label, reports }]).write(folder, "metrics")?.to_vec();
        for (problem, report) in self.trainings() {
            let Some(best) = &report.best else { continue };
            let drawn = [
                ("histograms", Some(figures::histograms(problem, best))),
                ("contours", figures::contours(problem, best)),
            ];
            for (stem, figure) in drawn {
                if let Some(figure) = figure {
                    written.extend(figure.write(folder, &format!("{stem}-{}", report.seed))?);
                }
            }
        }
        Ok(written)
    }
}

/// Writes the network and the workspace of a best observable.
fn write_best(
    folder: &Path,
    problem: &ObservableProblem,
    best: &BestObservable,
    about: &Value,
) -> Result<Vec<PathBuf>, OutputError> {
    let seed = problem.seed();
    let model = folder.join(format!("model-{seed}.safetensors"));
    best.network.save(&model, about)?;
    // Negative weights can leave bins from which no model can be built.
    let Ok(workspace) = problem.filled(&best.judged.histograms) else { return Ok(vec![model]) };
    let text = format!("{:#}\n", workspace.json());
    Ok(vec![model, write_in(folder, &format!("workspace-{seed}.json"), &text)?])
}
