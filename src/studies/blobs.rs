//! The Gaussian blobs of neos: one network per loss, evaluated by all losses.
//!
//! Does training on a p-value give the best p-value, and what does it do to the others? Networks
//! with ReLU units are trained on the blobs by cross-entropy (with and without the variations),
//! CLs, p0, sigma of mu, CLs + p0 and logarithms of these, with several seeds each; every epoch is
//! evaluated on held-out events with hard histograms. Source: N. Simpson, L. Heinrich,
//! arXiv:2203.05570; N. Simpson's thesis, section 7.6.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::error::StudyError;
use super::findings::{Findings, StudyProgress};
use super::options::{BlobsOptions, StudyOptions};
use crate::analyses::observable::{
    Loss, ObservableModel, ObservableOptions, ObservableProblem, ObservableReport, equal_edges,
};
use crate::events::toys::{BinningToy, BlobsToy};
use crate::figures::observable as figures;
use crate::optimize::minibatch::{Epoch, MinibatchOptions, MinibatchStatus, epochs_csv};
use crate::optimize::{CheckpointOptions, Persistence};
use crate::persistence::remove_in;

pub(super) const QUESTION: &str =
    "what training on CLs, p0, sigma of mu and cross-entropy does to each of them (neos)";

/// Metrics that the text reports.
const TOLD: [&str; 4] = ["cls", "p0", "sigma_mu", "bce"];

impl BlobsOptions {
    fn observable(&self, loss: &Loss) -> ObservableOptions {
        ObservableOptions {
            hidden: self.hidden.clone(),
            standardise: false,
            edges: equal_edges(self.bins),
            train_edges: self.train_edges,
            loss: loss.clone(),
            batch_size: self.batch_size,
            ..ObservableOptions::default()
        }
    }
}

/// The name of a loss in file names.
fn stem(loss: &Loss) -> String {
    let text = loss.to_string();
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// The trainings of a loss.
struct Trained<'a> {
    loss: Loss,
    problems: Vec<ObservableProblem<'a>>,
    reports: Vec<ObservableReport>,
}

/// A study being carried out.
struct Work<'w, 'a> {
    folder: &'w Path,
    options: &'w BlobsOptions,
    toy: &'a BinningToy,
    progress: &'w mut dyn FnMut(StudyProgress),
    /// Epochs of the trainings before the current one.
    done: usize,
}

impl<'a> Work<'_, 'a> {
    fn total(&self) -> usize {
        self.options.losses.len() * self.options.seeds * self.options.epochs
    }

    /// Trains one network.
    fn train(&mut self, problem: &ObservableProblem<'a>) -> Result<ObservableReport, StudyError> {
        let loss = problem.options().loss.clone();
        let path = self.folder.join(format!("{}-{}.safetensors", stem(&loss), problem.seed()));
        let exists = path.exists();
        let checkpoints =
            CheckpointOptions { every: 10, ..CheckpointOptions::new(path, problem.fingerprint()) };
        let persistence = match self.options.resume && exists {
            true => Persistence::Resume(&checkpoints),
            false => Persistence::Fresh(&checkpoints),
        };
        let (done, total) = (self.done, self.total());
        let (seed, progress) = (problem.seed(), &mut self.progress);
        let mut observe = |row: &Epoch| {
            let message = format!("{loss}, seed {seed}: loss {:.3e}", row.metrics[0]);
            progress(StudyProgress { done: done + row.epoch, total, message });
        };
        let options = MinibatchOptions::new(self.options.epochs, "loss");
        let report = problem.train(&options, persistence, &mut observe)?;
        self.done += self.options.epochs;
        Ok(report)
    }

    fn trained(&mut self, loss: &Loss) -> Result<Trained<'a>, StudyError> {
        let columns = ["x".to_owned(), "y".to_owned()];
        let (mut problems, mut reports) = (Vec::new(), Vec::new());
        for seed in 0..self.options.seeds as u64 {
            let model = ObservableModel::of_processes(&self.toy.data(true), self.options.bins)?;
            let options = self.options.observable(loss);
            let problem = ObservableProblem::new(model, &columns, options, seed)?;
            reports.push(self.train(&problem)?);
            problems.push(problem);
        }
        Ok(Trained { loss: loss.clone(), problems, reports })
    }
}

/// Mean over seeds of a metric at the best epoch of each training, which is geometric for p-values;
/// `None` if no training has a value.
fn mean(trained: &Trained, name: &str) -> Option<f64> {
    let values = trained.reports.iter().filter_map(|report| report.best_metric(name));
    let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    let n = values.len() as f64;
    let mean = match name {
        "cls" | "p0" => (values.iter().map(|value| value.ln()).sum::<f64>() / n).exp(),
        _ => values.iter().sum::<f64>() / n,
    };
    (!values.is_empty()).then_some(mean)
}

/// A mean for the text; NaN if there is none.
fn told(trained: &Trained, name: &str) -> f64 {
    mean(trained, name).unwrap_or(f64::NAN)
}

impl Trained<'_> {
    /// The training with the lowest loss at its best epoch.
    fn best(&self) -> Option<(&ObservableProblem<'_>, &ObservableReport)> {
        let best = ObservableReport::best_of(&self.reports)?;
        self.problems.iter().zip(&self.reports).find(|(_, report)| report.seed == best.seed)
    }

    fn summary(&self) -> Value {
        let numbers = |name: &str| {
            let best = self.best().and_then(|(_, report)| report.best_metric(name));
            json!({ "mean": mean(self, name), "of_best_seed": best })
        };
        let told = TOLD.map(|name| (name.to_owned(), numbers(name)));
        let without = self.reports.iter().filter(|report| report.best.is_none());
        let stopped = self
            .reports
            .iter()
            .filter(|report| matches!(report.training.status, MinibatchStatus::Stopped(_)));
        json!({
            "loss": self.loss.to_string(),
            "stopped": stopped.count(),
            "without_best": without.count(),
            "metrics": told.into_iter().collect::<serde_json::Map<_, _>>(),
        })
    }

    /// The history of each training as CSV, header and lines, preceded by the loss and the seed.
    fn histories(&self) -> impl Iterator<Item = String> {
        self.reports.iter().flat_map(|report| {
            let training = &report.training;
            let table = epochs_csv(&training.history, &training.metric_names);
            let table = table.expect("a name a metric");
            let lines = table.lines().enumerate().map(|(i, line)| match i {
                0 => format!("loss,seed,{line}\n"),
                _ => format!("{},{},{line}\n", report.loss, report.seed),
            });
            lines.collect::<Vec<_>>()
        })
    }
}

/// The epochs of all trainings, one line each, under a single header.
fn history(all: &[Trained]) -> String {
    let mut lines = all.iter().flat_map(Trained::histories);
    let header = lines.next().unwrap_or_default();
    let rows = lines.filter(|line| *line != header).collect::<String>();
    header + &rows
}

/// Draws the figures of the study.
fn draw(folder: &Path, all: &[Trained]) -> Result<(), StudyError> {
    let runs: Vec<figures::LossRuns> = all
        .iter()
        .map(|trained| figures::LossRuns {
            label: trained.loss.to_string(),
            reports: trained.reports.iter().collect(),
        })
        .collect();
    figures::metrics(&runs).write(folder, "metrics")?;
    figures::comparison(&runs).write(folder, "comparison")?;
    for trained in all {
        let Some((problem, report)) = trained.best() else { continue };
        let Some(best) = &report.best else { continue };
        let stem = stem(&trained.loss);
        figures::histograms(problem, best).write(folder, &format!("histograms-{stem}"))?;
        if let Some(contours) = figures::contours(problem, best) {
            contours.write(folder, &format!("contours-{stem}"))?;
        }
    }
    Ok(())
}

/// How many orders of magnitude a p-value lies below or above that of another loss.
fn beside(trained: &Trained, other: &Trained, name: &str) -> String {
    let orders = (told(trained, name) / told(other, name)).log10();
    let side = if orders < 0.0 { "below" } else { "above" };
    format!("{:.1} orders of magnitude {side} that of {}", orders.abs(), other.loss)
}

/// Compares what the thesis found with what was found here.
fn comparisons(all: &[Trained]) -> String {
    let find = |text: &str| all.iter().find(|trained| trained.loss.to_string() == text);
    let mut out = String::new();
    let valued = all.iter().filter_map(|trained| Some((mean(trained, "cls")?, trained)));
    if let Some((cls, lowest)) = valued.min_by(|a, b| a.0.total_cmp(&b.0)) {
        writeln!(out, "  lowest CLs: {} ({cls:.3e})", lowest.loss).expect("memory");
    }
    for entropy in ["bce", "bce-augmented"].into_iter().filter_map(find) {
        for trained in ["p0", "cls + p0", "ln-p0", "ln-cls + ln-p0"].into_iter().filter_map(find) {
            let (loss, place) = (&trained.loss, beside(trained, entropy, "p0"));
            writeln!(out, "  p0 of {loss}: {place}").expect("memory");
        }
    }
    for trained in ["cls", "ln-cls"].into_iter().filter_map(find) {
        let starts = trained
            .reports
            .iter()
            .filter_map(|report| report.training.metric(&report.training.history[0], "sigma_mu"));
        let start = starts.sum::<f64>() / trained.reports.len() as f64;
        let (loss, end) = (&trained.loss, told(trained, "sigma_mu"));
        writeln!(out, "  sigma of mu of {loss}: {start:.3} before, {end:.3} after")
            .expect("memory");
    }
    for (both, alone) in [("cls + p0", ["cls", "p0"]), ("ln-cls + ln-p0", ["ln-cls", "ln-p0"])] {
        let [Some(both), Some(cls), Some(p0)] = [both, alone[0], alone[1]].map(find) else {
            continue;
        };
        let (of_cls, of_p0) = (beside(both, cls, "cls"), beside(both, p0, "p0"));
        writeln!(out, "  {}: CLs {of_cls}, p0 {of_p0}", both.loss).expect("memory");
    }
    out
}

fn table(all: &[Trained]) -> String {
    let mut out = format!("  {:<16}", "loss");
    for name in ["CLs", "p0", "sigma", "bce"] {
        write!(out, " {name:>10} {:>10}", "best").expect("memory");
    }
    out.push('\n');
    for trained in all {
        write!(out, "  {:<16}", trained.loss.to_string()).expect("memory");
        let best = trained.best().map(|(_, report)| report);
        for name in TOLD {
            let of_best = best.and_then(|report| report.best_metric(name)).unwrap_or(f64::NAN);
            let value = told(trained, name);
            match name {
                "cls" | "p0" => write!(out, " {value:>10.2e} {of_best:>10.2e}"),
                _ => write!(out, " {value:>10.4} {of_best:>10.4}"),
            }
            .expect("memory");
        }
        out.push('\n');
    }
    out
}

/// Removes the files of an earlier study, whose trainings would be taken for those of this one.
fn clear(folder: &Path, options: &BlobsOptions) -> Result<(), StudyError> {
    for loss in &options.losses {
        for seed in 0..options.seeds {
            remove_in(folder, &format!("{}-{seed}.safetensors", stem(loss)))?;
        }
    }
    Ok(())
}

pub(super) fn run(
    folder: &Path,
    options: &StudyOptions,
    progress: &mut dyn FnMut(StudyProgress),
) -> Result<Findings, StudyError> {
    let (seed, blobs) = (options.seed, &options.blobs);
    let toy = BlobsToy { points: blobs.points, ..BlobsToy::default() }.draw(seed);
    if !blobs.resume {
        clear(folder, blobs)?;
    }
    let mut work = Work { folder, options: blobs, toy: &toy, progress, done: 0 };
    let mut all = Vec::new();
    for loss in &blobs.losses {
        all.push(work.trained(loss)?);
    }
    draw(folder, &all)?;
    let entry = |(problem, report): (&ObservableProblem, &ObservableReport)| {
        report.to_json(&problem.model().source_names())
    };
    let runs = all.iter().flat_map(|trained| trained.problems.iter().zip(&trained.reports));
    let result = json!({
        "study": "blobs",
        "seed": seed,
        "bins": blobs.bins,
        "train_edges": blobs.train_edges,
        "hidden": blobs.hidden,
        "epochs": blobs.epochs,
        "summary": all.iter().map(Trained::summary).collect::<Vec<_>>(),
        "runs": runs.map(entry).collect::<Vec<_>>(),
    });
    let tables = vec![("history.csv".to_owned(), history(&all))];
    Ok(Findings { text: text(blobs, seed, &toy, &all), result, tables })
}

fn text(blobs: &BlobsOptions, seed: u64, toy: &BinningToy, all: &[Trained]) -> String {
    let layers: Vec<String> = blobs.hidden.iter().map(usize::to_string).collect();
    let edges = if blobs.train_edges { "trained" } else { "fixed" };
    format!(
        "Study blobs, seed {seed}: {}, {} points each\n\n\
         Expected: training on CLs gives the lowest CLs; p0 or CLs + p0 a p0 that is orders of magnitude \
         below that of cross-entropy (six, in N. Simpson's thesis, 7.6); sigma of mu falls when CLs is \
         trained; CLs + p0 is good at both. The thesis calls its baseline cross-entropy with \
         augmentation, its figures that of signal against nominal background; both are here. Its text \
         permutes the three background means; those of the published code are used.\n\n\
         Found with {} hidden units, {} bins of {edges} edges, {} seeds, {} epochs; of each training \
         its best epoch by its own loss on held-out events; means over seeds (geometric of p-values), \
         and the best seed:\n{}\n{}",
        toy.description,
        blobs.points,
        layers.join(", "),
        blobs.bins,
        blobs.seeds,
        blobs.epochs,
        table(all),
        comparisons(all),
    )
}
