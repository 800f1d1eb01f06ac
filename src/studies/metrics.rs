//! Log loss, s / sqrt(b) and Asimov significance against the cut, for five data sets.
//!
//! Does the cut with the lowest log loss have the highest significance? The study has scans over
//! the cuts 1 to 99, gradient descents to the best Asimov significance, one figure per data set,
//! and a page with a slider.

use std::path::Path;

use serde_json::{Value, json};

use super::error::StudyError;
use super::findings::Findings;
use super::metrics_page::{PageDataSet, page};
use super::presets::CutPreset;
use crate::analyses::cut::{CutProblem, ScanRange};
use crate::events::EventSample;
use crate::events::toys::Toy;
use crate::figures::{Figure, Panel, Series};
use crate::kernels::significance::{
    asimov_significance, hard_log_loss, signal_over_root_background,
};
use crate::optimize::Persistence;
use crate::outputs::CutRun;
use crate::persistence::{make_folder, write_in};

pub(super) const QUESTION: &str =
    "do log loss, s/sqrt(b) and Asimov significance choose the same cut? with a slider page";

const CUTS: ScanRange = ScanRange { low: 1.0, high: 99.0, points: 99 };
const EDGES: ScanRange = ScanRange { low: 0.0, high: 100.0, points: 51 };
const DATA_SETS: usize = 5;

/// Yields above each cut.
fn yields_above(sample: &EventSample, cuts: &[f64]) -> Result<Vec<f64>, StudyError> {
    let x = sample.column("x")?;
    Ok(cuts.iter().map(|cut| x.iter().filter(|x| **x > *cut).count() as f64).collect())
}

/// A data set's histograms and metrics.
fn data_set(toy: &Toy) -> Result<PageDataSet, StudyError> {
    let (cuts, edges) = (CUTS.values(), EDGES.values());
    let signal_yield = yields_above(&toy.signal, &cuts)?;
    let background_yield = yields_above(&toy.background, &cuts)?;
    let (signal_total, background_total) = (toy.signal.total(), toy.background.total());
    let pairs = || signal_yield.iter().zip(&background_yield).map(|(s, b)| (*s, *b));
    let misclassified =
        |(s, b): (f64, f64)| (signal_total - s + b) / (signal_total + background_total);
    Ok(PageDataSet {
        name: toy.name.replace('-', " "),
        description: toy.description.to_owned(),
        signal: toy.signal.histogram("x", &edges)?,
        background: toy.background.histogram("x", &edges)?,
        log_loss: pairs().map(|pair| hard_log_loss(misclassified(pair))).collect(),
        s_over_sqrt_b: pairs().map(|(s, b)| signal_over_root_background(s, b).value).collect(),
        asimov: pairs().map(|(s, b)| asimov_significance(s, b, 0.0).value).collect(),
        edges,
        cuts,
        signal_yield,
        background_yield,
    })
}

/// Index and value of the best finite number, by `better`.
fn best(values: &[f64], better: impl Fn(f64, f64) -> bool) -> (usize, f64) {
    let finite = values.iter().copied().enumerate().filter(|(_, value)| value.is_finite());
    let best = finite.reduce(|best, next| if better(next.1, best.1) { next } else { best });
    best.expect("at the loosest cut every metric is finite")
}

/// The metrics, divided by their largest finite values, and the shapes.
fn figure(set: &PageDataSet, optimum: f64) -> Figure {
    let shapes = Panel::new("x", "events per bin")
        .steps("background", &set.edges, &set.background)
        .steps("signal", &set.edges, &set.signal)
        .x_range(0.0, 100.0)
        .log_y();
    let mut metrics = Panel::new("cut on x", "metric / its largest value").x_range(0.0, 100.0);
    let lines = [
        ("log loss", &set.log_loss),
        ("s / sqrt(b)", &set.s_over_sqrt_b),
        ("Asimov significance", &set.asimov),
    ];
    for (label, values) in lines {
        let largest = best(values, |next, best| next > best).1;
        let normalised: Vec<f64> = values.iter().map(|value| value / largest).collect();
        metrics = metrics.line(label, &set.cuts, &normalised);
    }
    let label = format!("gradient's optimum, {optimum:.2}");
    let mark = |panel: Panel| panel.with(Series::vertical(&label, optimum));
    Figure::new().title(&set.description).panel(mark(shapes)).panel(mark(metrics))
}

/// Optimises and draws one data set; returns its result and a line of the text's table.
fn one(folder: &Path, seed: u64, index: usize) -> Result<(PageDataSet, Value, String), StudyError> {
    let CutPreset { toy, cuts, problem, descent } = CutPreset::metrics(seed, index);
    let problem = CutProblem::new(&toy.signal, &toy.background, cuts, problem)?;
    let run = CutRun::new(&problem, &descent, Persistence::default(), Some(seed), &mut |_| ())?;
    let set = data_set(&toy)?;
    let report = &run.report;
    let own_folder = folder.join(toy.name);
    make_folder(&own_folder)?;
    let mut result = run.to_json();
    run.write_history(&own_folder)?;
    figure(&set, report.hard.cuts[0]).write(&own_folder, "metrics")?;
    let lowest = best(&set.log_loss, |next, best| next < best);
    let highest = |values: &[f64]| best(values, |next, best| next > best);
    let (ratio, asimov) = (highest(&set.s_over_sqrt_b), highest(&set.asimov));
    let entry = |(place, value): (usize, f64)| json!({ "cut": set.cuts[place], "value": value });
    result["name"] = json!(toy.name);
    result["best"] = json!({
        "log_loss": entry(lowest), "s_over_sqrt_b": entry(ratio), "asimov": entry(asimov),
    });
    let at_log_loss = set.asimov[lowest.0];
    let line = format!(
        "{:<14}{:>9}{:>13}{:>9}{:>16.3}{:>14.3}{:>14.3}\n",
        toy.name,
        set.cuts[lowest.0],
        set.cuts[ratio.0],
        set.cuts[asimov.0],
        report.hard.cuts[0],
        asimov.1,
        at_log_loss,
    );
    Ok((set, result, line))
}

pub(super) fn run(folder: &Path, seed: u64) -> Result<Findings, StudyError> {
    let (mut sets, mut results, mut table) = (Vec::new(), Vec::new(), String::new());
    for index in 0..DATA_SETS {
        let (set, result, line) = one(folder, seed, index)?;
        sets.push(set);
        results.push(result);
        table += &line;
    }
    write_in(folder, "metrics.html", &page(&sets))?;
    let text = format!(
        "Study metrics, seed {seed}: five data sets in x, cuts from 1 to 99, events above are kept.\n\n\
         Expected: the three metrics do not agree on a cut, least of all where signal is rare; log \
         loss counts events, so with much background it cuts late or not at all; s / sqrt(b) follows \
         fluctuations where background runs out.\n\n\
         Found, the best cut by each metric, the cut that gradient descent found, and the Asimov \
         significance at its own best cut and at that of the log loss:\n\n\
         {:<14}{:>9}{:>13}{:>9}{:>16}{:>14}{:>14}\n{table}\n\
         Formulas: the notebook behind this study subtracts s outside the factor 2, as \
         sqrt(2 (s + b) ln(1 + s/b) - s); the Asimov significance is \
         sqrt(2 ((s + b) ln(1 + s/b) - s)), and that is used. The notebook puts 1e-5 where a yield is \
         0; here a cut without signal has significance 0, and one without background but with signal \
         has none, because the simulation says nothing there: such cuts are left out (gaps in the \
         figures). The descent adds one event to the background, so that it does not run where the \
         simulation ends.\n\n\
         metrics.html shows all of it with a slider; it needs no network.\n",
        "data set",
        "log loss",
        "s / sqrt(b)",
        "Asimov",
        "gradient's cut",
        "Z at Asimov",
        "Z at log loss",
    );
    let result = json!({ "seed": seed, "data_sets": results });
    Ok(Findings { text, result, tables: Vec::new() })
}
