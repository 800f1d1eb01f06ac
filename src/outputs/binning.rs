//! Writes optimised binnings into a folder: `result.json`, tables, figures.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::OutputError;
use crate::analyses::binning::{BinningProblem, BinningReport, DescentReport, binning_json};
use crate::figures::binning as figures;
use crate::optimize::history_csv;
use crate::persistence::write_in;

/// Finished optimisations of one problem, one per number of bins.
#[derive(Debug)]
pub struct BinningRun<'p, 'a> {
    /// The problem.
    pub problem: &'p BinningProblem<'a>,
    /// The reports of the optimisations.
    pub reports: Vec<BinningReport>,
    /// The seed of the toy and of the starting points, if any.
    pub seed: Option<u64>,
    /// The settings that produced the results, under the program's names for them.
    pub settings: Value,
}

impl BinningRun<'_, '_> {
    /// The stems of the names of a run's files, which precede the number of bins.
    pub const STEMS: [&'static str; 7] =
        ["bins", "history", "stacks", "spectrum", "uncertainties", "categories", "checkpoint"];

    /// The results as JSON.
    pub fn to_json(&self) -> Value {
        let mut result = binning_json(self.problem, &self.reports, self.seed);
        result["settings"] = self.settings.clone();
        result
    }

    /// Writes into an existing folder: `bins-N.csv`, with one line per bin in the requested order,
    /// and after a descent `history-N.csv`, with one line per epoch.
    ///
    /// # Errors
    /// [`OutputError::Write`].
    pub fn write_tables(&self, folder: &Path) -> Result<Vec<PathBuf>, OutputError> {
        let mut written = Vec::new();
        for report in &self.reports {
            let bins = self.bin_table(report);
            written.push(write_in(folder, &format!("bins-{}.csv", report.bins), &bins)?);
            if let Some(descent) = &report.descent {
                let history = self.history(descent);
                written.push(write_in(folder, &format!("history-{}.csv", report.bins), &history)?);
            }
        }
        Ok(written)
    }

    /// Draws all figures into an existing folder, as SVG and PNG.
    ///
    /// # Errors
    /// [`OutputError::Figure`].
    pub fn draw(&self, folder: &Path) -> Result<Vec<PathBuf>, OutputError> {
        let mut written = Vec::new();
        for report in &self.reports {
            let drawn = [
                ("stacks", Some(figures::stacks(self.problem, report))),
                ("spectrum", figures::spectrum(self.problem, report)),
                ("uncertainties", Some(figures::uncertainties(self.problem, report))),
                ("history", figures::history(self.problem, report)),
                ("categories", figures::components(self.problem, report)),
            ];
            for (stem, figure) in drawn {
                if let Some(figure) = figure {
                    let stem = format!("{stem}-{}", report.bins);
                    written.extend(figure.write(folder, &stem)?);
                }
            }
        }
        if !self.reports.is_empty() {
            let comparison = figures::comparison(self.problem, &self.reports);
            written.extend(comparison.write(folder, "comparison")?);
        }
        Ok(written)
    }

    /// A table with one line per bin: number, edges (of contiguous bins), yields, total background
    /// and its uncertainty, significance, bias.
    fn bin_table(&self, report: &BinningReport) -> String {
        // A file is often called background.csv, which makes 'background' the name of its process.
        let after = ["total_background", "total_background_uncertainty", "significance", "bias"];
        let names = self.problem.process_names().iter().map(String::as_str);
        let header: Vec<&str> =
            ["bin", "lower", "upper"].into_iter().chain(names).chain(after).collect();
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(&header).expect("memory takes every line");
        for k in &report.order {
            table.write_record(self.bin_line(report, *k)).expect("memory takes every line");
        }
        let bytes = table.into_inner().expect("memory takes every line");
        String::from_utf8(bytes).expect("text is UTF-8")
    }

    /// The line of a bin; the edges are empty if it has none, and so is the bias if the bin is not
    /// one of the descent's.
    fn bin_line(&self, report: &BinningReport, k: usize) -> Vec<String> {
        let judged = &report.hard;
        let number = |value: Option<f64>| value.map_or(String::new(), |x| format!("{x}"));
        let has_edges = !judged.boundaries.is_empty();
        let lower = k.checked_sub(1).and_then(|j| judged.boundaries.get(j)).copied();
        let upper = judged.boundaries.get(k).copied();
        let open = |edge: Option<f64>, end: f64| number(edge.or(has_edges.then_some(end)));
        let edges = [open(lower, f64::NEG_INFINITY), open(upper, f64::INFINITY)];
        let yields = judged.yields.iter().map(|process| format!("{}", process[k].sum));
        let backgrounds = || judged.yields[self.problem.signals()..].iter().map(|y| y[k]);
        let background: f64 = backgrounds().map(|bin| bin.sum).sum();
        let uncertainty = backgrounds().map(|bin| bin.squares).sum::<f64>().sqrt();
        // The bias is defined only for the descent's own bins.
        let descent = report.descent.as_ref();
        let descent = descent.filter(|d| d.hard.boundaries == report.hard.boundaries);
        let bias = descent.map(|descent| descent.bias[k]);
        let bias = bias.filter(|bias| bias.is_finite());
        let after = [background, uncertainty, judged.by_bin[k]].map(|x| format!("{x}"));
        let line = [format!("{}", k + 1)].into_iter().chain(edges).chain(yields).chain(after);
        line.chain([number(bias)]).collect()
    }

    /// The history of a descent as CSV, with boundaries, in units of their columns, in place of the
    /// parameters that encode them.
    fn history(&self, descent: &DescentReport) -> String {
        let training = &descent.training;
        let mut history = training.history.clone();
        let columns = self.problem.columns();
        let boundaries = self.problem.boundaries_of(&training.parameters);
        let mut names: Vec<String> = Vec::new();
        for ((column, _), boundaries) in columns.iter().zip(&boundaries) {
            names.extend((1..=boundaries.len()).map(|j| format!("boundary {j} of {column}")));
        }
        if boundaries.is_empty() {
            names.extend((1..=training.parameters.len()).map(|j| format!("parameter {j}")));
        } else {
            for step in &mut history {
                step.parameters = self.problem.boundaries_of(&step.parameters).concat();
            }
        }
        history_csv(&history, &names, &training.metric_names)
            .expect("a name a parameter and a metric")
    }
}
