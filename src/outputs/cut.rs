//! Writes a descent of cuts into a folder: `result.json`, `history.csv`, figures.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::OutputError;
use crate::analyses::cut::{
    CutProblem, CutReport, DescentOptions, OneAtATime, Scan, optimize_cuts, result_json,
};
use crate::events::EventSample;
use crate::figures::cut as figures;
use crate::optimize::{Persistence, Step, history_csv};
use crate::persistence::write_in;

/// Number of points of each scan when several cuts are scanned one at a time.
const ONE_AT_A_TIME_POINTS: usize = 200;

/// Slopes for which scans are drawn, relative to that of the descent.
const RELATIVE_SLOPES: [f64; 4] = [0.5, 1.0, 2.0, 3.0];

/// A finished descent and the scans it is compared with.
#[derive(Debug)]
pub struct CutRun<'p, 'a> {
    /// The problem.
    pub problem: &'p CutProblem<'a>,
    /// The report of the descent.
    pub report: CutReport,
    /// Scans of one cut at a time, if there are several cuts.
    pub one_at_a_time: Option<OneAtATime>,
    /// The seed of the toy, if the data come from one.
    pub seed: Option<u64>,
    /// How the descent was carried out.
    pub options: DescentOptions,
}

impl<'p, 'a> CutRun<'p, 'a> {
    /// Optimises a problem's cuts; several are also scanned one at a time, for comparison.
    ///
    /// # Errors
    /// [`OutputError::Cut`].
    pub fn new(
        problem: &'p CutProblem<'a>,
        options: &DescentOptions,
        persistence: Persistence,
        seed: Option<u64>,
        observe: &mut dyn FnMut(&Step),
    ) -> Result<Self, OutputError> {
        let report = optimize_cuts(problem, options, persistence, observe)?;
        let several = problem.cuts().len() > 1;
        let scans = several.then(|| problem.one_at_a_time(ONE_AT_A_TIME_POINTS));
        let (one_at_a_time, options) = (scans.transpose()?, options.clone());
        Ok(Self { problem, report, one_at_a_time, seed, options })
    }

    /// The result as JSON.
    pub fn to_json(&self) -> Value {
        let scans = self.one_at_a_time.as_ref();
        let mut result = result_json(self.problem, &self.report, scans, self.seed);
        result["settings"] = self.settings();
        result
    }

    /// The settings that produced the result, under the program's names for them.
    fn settings(&self) -> Value {
        let (problem, training) = (self.problem.options(), &self.options.training);
        let mut settings = json!({
            "background-uncertainty": problem.uncertainty.relative,
            "simulation-uncertainty": problem.uncertainty.simulation,
            "signal-offset": problem.signal_offset,
            "background-offset": problem.background_offset,
            "loss": problem.loss.name(),
            "scaling": problem.scaling.name(),
            "method": training.method.name(),
            "steps": training.steps,
            "learning-rate": training.learning_rate,
            "slope": training.hardness,
            "gradient-tolerance": training.stopping.gradient_tolerance,
        });
        if let Some(steps) = training.stopping.patience {
            settings["patience"] = json!(steps);
        }
        settings
    }

    /// The history of every step as CSV, with cuts in units of their columns.
    pub fn history(&self) -> String {
        let mut history = self.report.training.history.clone();
        for step in &mut history {
            step.parameters = self.problem.values_of(&step.parameters);
        }
        let names: Vec<String> =
            self.problem.cuts().iter().map(|cut| format!("cut {cut}")).collect();
        history_csv(&history, &names, &self.report.training.metric_names)
            .expect("a name a cut and a metric")
    }

    /// Writes `history.csv` into an existing folder.
    ///
    /// # Errors
    /// [`OutputError::Write`].
    pub fn write_history(&self, folder: &Path) -> Result<PathBuf, OutputError> {
        Ok(write_in(folder, "history.csv", &self.history())?)
    }

    /// Scans at the slopes that are drawn: 0.5, 1, 2 and 3 times that of the descent.
    fn scans(&self, scan: &Scan) -> Result<Vec<(f64, Scan)>, OutputError> {
        let scan_at = |relative: f64| {
            let slope = relative * self.report.slope;
            let scanned = if relative == 1.0 {
                scan.clone()
            } else {
                self.problem.scan(&scan.cuts, slope)?
            };
            Ok((slope, scanned))
        };
        RELATIVE_SLOPES.into_iter().map(scan_at).collect()
    }

    /// Draws all figures into an existing folder, as SVG and PNG.
    ///
    /// # Errors
    /// [`OutputError::Figure`].
    pub fn draw(
        &self,
        folder: &Path,
        signal: &EventSample,
        background: &EventSample,
    ) -> Result<Vec<PathBuf>, OutputError> {
        let Self { problem, report, .. } = self;
        let mut written = Vec::new();
        let shapes = figures::shapes(signal, background, problem.cuts(), &report.hard.cuts)?;
        let paged = shapes.len() > 1;
        for (k, figure) in shapes.into_iter().enumerate() {
            let stem = if paged { format!("shapes-{}", k + 1) } else { "shapes".to_owned() };
            written.extend(figure.write(folder, &stem)?);
        }
        written.extend(figures::history(problem, report).write(folder, "history")?);
        if let (Some(scan), [cut]) = (&report.scan, problem.cuts()) {
            let slopes = RELATIVE_SLOPES.map(|relative| relative * report.slope);
            let (value, scale) = (report.hard.cuts[0], problem.scales()[0]);
            let drawn = [
                ("weights", figures::sigmoid_weights(cut, value, scale, &slopes)),
                ("scan", figures::scans(cut, &self.scans(scan)?, value)),
                ("gradient", figures::gradient(cut, report.slope, scan)),
                ("path", figures::path(problem, report, scan)),
            ];
            for (stem, figure) in drawn {
                written.extend(figure.write(folder, stem)?);
            }
        }
        Ok(written)
    }
}
