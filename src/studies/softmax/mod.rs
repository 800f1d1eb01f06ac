//! The softmax histogram of INFERNO beside the binned kernel density estimate, on the blobs.
//!
//! Networks are trained on CLs through either soft histogram, at several bandwidths and
//! temperatures, and evaluated with hard ones on other events: the score in equal bins, or each
//! event in the bin of its largest output. The number of events that soft and hard histograms have
//! in different bins shows how much of what the training saw is real, and the map of the bins shows
//! how a softmax divides the plane. Source: N. Simpson, Data Analysis in High-Energy Physics as a
//! Differentiable Program (thesis, Lund University, 2023), section 7.2.3; P. de Castro, T. Dorigo,
//! arXiv:1806.04743.

mod blobs;
mod figures;
mod summary;

use std::path::Path;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::error::StudyError;
use super::findings::{Findings, StudyProgress};
use super::options::StudyOptions;
use crate::optimize::{
    Method, Schedule, StoppingRules, TrainingOptions, TrainingReport, history_csv, train,
};
use blobs::{Blobs, FLOOR, Histograms, Template, Training};
use summary::{Smoothing, Summary};

pub(super) const QUESTION: &str =
    "INFERNO's softmax histogram against bKDE and hard histograms, trained on CLs of the blobs";

/// What the study trains.
const SETTINGS: [Smoothing; 8] = [
    Smoothing::Kernel { bandwidth: 0.1 },
    Smoothing::Kernel { bandwidth: 0.25 },
    Smoothing::Kernel { bandwidth: 0.5 },
    Smoothing::Kernel { bandwidth: 1.0 },
    Smoothing::Softmax { temperature: 0.1 },
    Smoothing::Softmax { temperature: 0.3 },
    Smoothing::Softmax { temperature: 1.0 },
    Smoothing::Softmax { temperature: 3.0 },
];
/// The settings that the figures of single trainings show.
const SHOWN: [usize; 2] = [2, 6];
/// Number of bins of a histogram.
const BINS: usize = 5;
/// Distinguishes the seed of the held-out events from that of the others.
const HELD_OUT: u64 = 1 << 32;
/// First random stream of initial weights; those before it are for the blobs.
const WEIGHTS_STREAM: u64 = 1 << 10;

/// How large the study is.
struct Size {
    points: usize,
    steps: usize,
    seeds: u64,
}

impl Size {
    fn new(is_quick: bool) -> Self {
        match is_quick {
            false => Self { points: 2_000, steps: 300, seeds: 3 },
            true => Self { points: 300, steps: 40, seeds: 2 },
        }
    }
}

/// The trainings of a setting.
struct Trained {
    summary: Summary,
    reports: Vec<TrainingReport>,
}

/// The mean of a number over trainings; for p-values the geometric mean.
fn mean(values: impl Iterator<Item = f64> + Clone, is_geometric: bool) -> f64 {
    let n = values.clone().count() as f64;
    match is_geometric {
        true => (values.map(f64::ln).sum::<f64>() / n).exp(),
        false => values.sum::<f64>() / n,
    }
}

impl Trained {
    /// A metric at the step with the lowest loss of each training.
    fn at_best(&self, metric: usize) -> impl Iterator<Item = f64> + Clone {
        self.reports.iter().map(move |report| report.history[report.best.step].metrics[metric])
    }

    /// The training with the lowest loss.
    fn best(&self) -> &TrainingReport {
        let loss = |report: &&TrainingReport| report.best.objective;
        let best = self.reports.iter().min_by(|a, b| loss(a).total_cmp(&loss(b)));
        best.expect("there are trainings")
    }

    /// The histograms of the best training.
    fn histograms(&self, blobs: &Blobs) -> Histograms {
        let scores = blobs.scores(&self.summary, &self.best().best.parameters);
        blobs.histograms(&self.summary, &scores)
    }

    fn to_json(&self) -> Value {
        let run = |report: &TrainingReport| {
            let [soft, hard, displaced] = report.history[report.best.step].metrics[..] else {
                unreachable!("three metrics")
            };
            json!({
                "step": report.best.step,
                "status": report.status.name(),
                "cls_soft": soft,
                "cls_hard": hard,
                "displaced": displaced,
            })
        };
        let (kind, number) = match self.summary.smoothing {
            Smoothing::Kernel { bandwidth } => ("kernel", bandwidth),
            Smoothing::Softmax { temperature } => ("softmax", temperature),
        };
        json!({
            "smoothing": kind,
            "bandwidth_or_temperature": number,
            "parameters": self.summary.n_parameters(),
            "cls_soft": mean(self.at_best(0), true),
            "cls_hard": mean(self.at_best(1), true),
            "displaced": mean(self.at_best(2), false),
            "runs": self.reports.iter().map(run).collect::<Vec<_>>(),
        })
    }
}

fn train_one(
    summary: &Summary,
    (events, held_out): (&Blobs, &Blobs),
    steps: usize,
    initial: &[f64],
) -> Result<TrainingReport, StudyError> {
    let options = TrainingOptions {
        method: Method::Adam,
        steps,
        learning_rate: Schedule::Cosine { from: 0.01, to: 0.001 },
        stopping: StoppingRules { gradient_tolerance: 0.0, ..StoppingRules::default() },
        ..TrainingOptions::default()
    };
    let template = Template::new(BINS)?;
    let mut training = Training { summary, events, held_out, template };
    Ok(train(&mut training, initial, &options, None, &mut |_| ())?)
}

/// Compares soft with hard histograms of a trained summary, at other bandwidths or temperatures.
struct Bias {
    smoothing: Vec<f64>,
    /// Share of the events in another bin.
    displaced: Vec<f64>,
    /// CLs of the soft histograms.
    cls: Vec<f64>,
    /// CLs of the hard ones.
    hard: f64,
}

impl Bias {
    fn new(trained: &Trained, blobs: &Blobs) -> Result<Self, StudyError> {
        let (summary, parameters) = (&trained.summary, &trained.best().best.parameters);
        let smoothing: Vec<f64> =
            (0..25).map(|at| 10f64.powf(-2.5 + 0.125 * f64::from(at))).collect();
        let with = |number: f64| match summary.smoothing {
            Smoothing::Kernel { .. } => Smoothing::Kernel { bandwidth: number },
            Smoothing::Softmax { .. } => Smoothing::Softmax { temperature: number },
        };
        let mut template = Template::new(BINS)?;
        let mut cls_of =
            |bins: &[Vec<f64>; 4]| Ok::<f64, StudyError>(template.ln_cls(bins, false)?.0.exp());
        let scores = blobs.scores(summary, parameters);
        let hard = cls_of(&blobs.histograms(summary, &scores).hard)?;
        let (mut displaced, mut cls) = (Vec::new(), Vec::new());
        for &number in &smoothing {
            let histograms = blobs.histograms(&summary.with(with(number)), &scores);
            displaced.push(histograms.displaced);
            cls.push(cls_of(&histograms.soft)?);
        }
        Ok(Self { smoothing, displaced, cls, hard })
    }

    fn to_json(&self) -> Value {
        json!({
            "bandwidth_or_temperature": self.smoothing,
            "displaced": self.displaced,
            "cls_soft": self.cls,
            "cls_hard": self.hard,
        })
    }
}

/// The bins in the order of their signal share, and whether they are already in that order.
fn order(histograms: &Histograms) -> (Vec<usize>, bool) {
    let share = |bin: usize| {
        let [signal, background] = [0, 1].map(|k| histograms.hard[k][bin]);
        signal / (signal + background).max(f64::MIN_POSITIVE)
    };
    let mut bins: Vec<usize> = (0..BINS).collect();
    bins.sort_by(|a, b| share(*a).total_cmp(&share(*b)));
    let is_sorted = bins.is_sorted() || bins.iter().rev().is_sorted();
    (bins, is_sorted)
}

const EXPECTED: &str = "\
Expected (N. Simpson's thesis, 7.2.3): a temperature does for the softmax histogram what a bandwidth does for the bKDE: the \
lower, the nearer to a hard histogram (the thesis's formula has the temperature below the line, and its text the hard \
limit at the wrong end). Its bins have no order. Its hard form is another histogram than that of a score in intervals: each \
event in the bin of its largest output. To be expected too: a bandwidth is a length on the score's scale, which ends at 0 \
and 1, but a temperature is a unit of outputs that a network can make as large as it likes, so that training can make the \
softmax hard at any temperature.";

/// One line per setting.
fn table(all: &[Trained]) -> String {
    let line = |trained: &Trained| {
        let hard = trained.at_best(1);
        let [low, high] =
            [f64::min, f64::max].map(|of| hard.clone().reduce(of).expect("trainings"));
        format!(
            "  {:<18} {:>9.2e} {:>9.2e} {low:>9.1e} {high:>9.1e} {:>8.2} %\n",
            trained.summary.smoothing.label(),
            mean(trained.at_best(0), true),
            mean(hard, true),
            100.0 * mean(trained.at_best(2), false),
        )
    };
    all.iter().map(line).collect()
}

/// A setting's bins from background to signal.
fn order_text(trained: &Trained, histograms: &Histograms) -> String {
    let (order, is_sorted) = order(histograms);
    let places: Vec<String> = order.iter().map(|bin| (bin + 1).to_string()).collect();
    let word = if is_sorted { "in order" } else { "not in order" };
    format!("of {} {} ({word})", trained.summary.smoothing.label(), places.join(" "))
}

fn text(seed: u64, size: &Size, all: &[Trained], shown: &[Histograms]) -> String {
    let parameters =
        SHOWN.map(|at| all[at].summary.n_parameters().to_string()).join(" weights, a softmax's ");
    format!(
        "Study softmax, seed {seed}: the blobs of neos, {} points each for training and as many held \
         out, {BINS} bins\n\n{EXPECTED}\n\n\
         Found: {} trainings each of {} steps on ln CLs of all events; CLs of soft and hard histograms of the \
         events held out (geometric means; lowest and highest hard one), and the share of signal and \
         background events in different bins:\n\
         \x20 {:<18} {:>9} {:>9} {:>9} {:>9} {:>10}\n{}\n\
         Bins from background to signal: {}; {}.\n\n\
         A kernel's network has {parameters}, which are those of {BINS} networks, one an output. Each bin's \
         background has {FLOOR} events more than its histogram.\n",
        size.points,
        size.seeds,
        size.steps,
        "smoothing",
        "soft CLs",
        "hard CLs",
        "lowest",
        "highest",
        "displaced",
        table(all),
        order_text(&all[SHOWN[0]], &shown[0]),
        order_text(&all[SHOWN[1]], &shown[1]),
    )
}

/// The histories of all trainings as CSV, without their parameters.
fn history(all: &[Trained]) -> String {
    let mut out = String::new();
    for trained in all {
        for (seed, report) in trained.reports.iter().enumerate() {
            let mut rows = report.history.clone();
            rows.iter_mut().for_each(|row| row.parameters.clear());
            let table = history_csv(&rows, &[], &report.metric_names).expect("three metrics");
            let mut lines = table.lines();
            let header = lines.next().unwrap_or_default();
            if out.is_empty() {
                out = format!("smoothing,seed,{header}\n");
            }
            let label = trained.summary.smoothing.label().replace(',', "");
            lines.for_each(|line| out += &format!("{label},{seed},{line}\n"));
        }
    }
    out
}

pub(super) fn run(
    folder: &Path,
    options: &StudyOptions,
    progress: &mut dyn FnMut(StudyProgress),
) -> Result<Findings, StudyError> {
    let size = Size::new(options.quick);
    let events = Blobs::draw(size.points, options.seed)?;
    let held_out = Blobs::draw(size.points, options.seed ^ HELD_OUT)?;
    let mut all = Vec::new();
    for (done, smoothing) in SETTINGS.into_iter().enumerate() {
        progress(StudyProgress { done, total: SETTINGS.len(), message: smoothing.label() });
        let summary = Summary::new(smoothing, BINS);
        let trained = |at| {
            let initial = summary.initial(options.seed, WEIGHTS_STREAM + at);
            train_one(&summary, (&events, &held_out), size.steps, &initial)
        };
        let reports = (0..size.seeds).into_par_iter().map(trained).collect::<Result<_, _>>()?;
        all.push(Trained { summary, reports });
    }
    let shown = SHOWN.map(|at| &all[at]);
    let histograms = shown.map(|trained| trained.histograms(&held_out));
    let [kernel, softmax] = shown.map(|trained| Bias::new(trained, &held_out));
    let bias = [kernel?, softmax?];
    figures::histograms(shown, &histograms).write(folder, "histograms")?;
    figures::bias(&bias).write(folder, "bias")?;
    figures::trainings(&all).write(folder, "trainings")?;
    figures::bins(shown).write(folder, "bins")?;
    let result = json!({
        "study": "softmax",
        "seed": options.seed,
        "points": size.points,
        "steps": size.steps,
        "settings": all.iter().map(Trained::to_json).collect::<Vec<_>>(),
        "bias": { "kernel": bias[0].to_json(), "softmax": bias[1].to_json() },
    });
    let tables = vec![("history.csv".to_owned(), history(&all))];
    Ok(Findings { text: text(options.seed, &size, &all, &histograms), result, tables })
}
