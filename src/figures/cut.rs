//! Figures of optimised cuts.
//!
//! Enters: samples, a problem and its report. Leaves: [`Figure`]s: shapes, sigmoids, scans,
//! the gradient with its zeros, the descent's path.

use super::overlay::enlarged;
use super::{Colour, Figure, Panel, Series};
use crate::analyses::cut::{Cut, CutProblem, CutReport, Scan, ScanRange};
use crate::events::{EventError, EventSample};
use crate::kernels::selection::SigmoidCut;
use crate::numbers::six_digits;

/// Number of bins of a histogram of shapes.
const BINS: usize = 40;
/// Number of points of a curve.
const CURVE: usize = 400;
/// Number of panels on one page.
const PANELS: usize = 5;
/// Number of points marked on a descent's path.
const MARKED: usize = 20;

/// The displayed range of a column: that of the data, without a thousandth on each side.
fn range_shown(columns: [&[f64]; 2]) -> ScanRange {
    let mut pooled = columns.concat();
    pooled.sort_unstable_by(f64::total_cmp);
    let trimmed = pooled.len() / 1_000;
    let (low, high) = (pooled[trimmed], pooled[pooled.len() - 1 - trimmed]);
    ScanRange { low, high, points: BINS + 1 }
}

fn shape_panel(
    signal: &EventSample,
    background: &EventSample,
    (cut, value): (&Cut, f64),
) -> Result<Panel, EventError> {
    let edges =
        range_shown([signal.column(&cut.column)?, background.column(&cut.column)?]).values();
    let layers = [
        ("background", background.histogram(&cut.column, &edges)?),
        ("signal", signal.histogram(&cut.column, &edges)?),
    ];
    let panel = Panel::new(&cut.column, "events per bin").stack(&edges, &layers);
    let mut panel = panel.colour("signal", Colour::VERMILLION);
    if let Some(outline) = enlarged("signal", &edges, &layers[1].1, &layers[0].1) {
        panel = panel.with(outline.colour(Colour::VERMILLION));
    }
    Ok(panel.vertical(&format!("cut: {}", cut.text_at(value)), value))
}

/// Signal stacked on background in the column of each cut, with the hard cut; five columns per
/// page.
///
/// # Errors
/// [`EventError::MissingColumn`].
pub fn shapes(
    signal: &EventSample,
    background: &EventSample,
    cuts: &[Cut],
    values: &[f64],
) -> Result<Vec<Figure>, EventError> {
    let cuts: Vec<(&Cut, f64)> = cuts.iter().zip(values.iter().copied()).collect();
    let page = |cuts: &[(&Cut, f64)]| {
        let panels = cuts.iter().map(|cut| shape_panel(signal, background, *cut));
        let add = |figure: Figure, panel| Ok(figure.panel(panel?));
        panels.into_iter().try_fold(Figure::new().title("Signal and background"), add)
    };
    cuts.chunks(PANELS).map(page).collect()
}

/// Weights of events around one cut for several slopes, and for the hard cut.
pub fn sigmoid_weights(cut: &Cut, value: f64, scale: f64, slopes: &[f64]) -> Figure {
    let softest = slopes.iter().copied().fold(f64::INFINITY, f64::min);
    let half = 8.0 * scale / softest;
    let x = ScanRange { low: value - half, high: value + half, points: CURVE }.values();
    let mut panel = Panel::new(&cut.column, "weight of an event");
    for slope in slopes {
        let mut weights = vec![0.0; x.len()];
        SigmoidCut { value, slope: slope / scale, keep: cut.keep }.weights(&x, &mut weights);
        panel = panel.line(&format!("sigmoid, slope {}", six_digits(*slope)), &x, &weights);
    }
    let hard: Vec<f64> =
        x.iter().map(|x| if cut.keep.keeps(*x, value) { 1.0 } else { 0.0 }).collect();
    let hard = Series::line("hard cut", &x, &hard).colour(Colour::BLACK).dashed();
    Figure::from(panel.with(hard)).title(&format!("The cut {}", cut.text_at(value)))
}

fn scan_axis(cut: &Cut) -> String {
    format!("cut on {}", cut.column)
}

/// Scans of one cut, hard and with sigmoids of several slopes.
pub fn scans(cut: &Cut, scans: &[(f64, Scan)], best: f64) -> Figure {
    let mut panel = Panel::new(&scan_axis(cut), "significance [standard deviations]");
    for (slope, scan) in scans {
        let label = format!("sigmoid, slope {}", six_digits(*slope));
        panel = panel.line(&label, &scan.cuts, &scan.soft);
    }
    if let Some((_, scan)) = scans.first() {
        panel = panel.with(
            Series::line("hard cut", &scan.cuts, &scan.hard).colour(Colour::BLACK).width(1.2),
        );
    }
    let best_label = format!("optimised: {}", cut.text_at(best));
    Figure::from(panel.vertical(&best_label, best)).title("Significance against the cut")
}

/// The soft significance above its gradient, with the gradient's zeros marked in both.
pub fn gradient(cut: &Cut, slope: f64, scan: &Scan) -> Figure {
    let zeros = scan.gradient_zeros();
    let label = format!("sigmoid, slope {}", six_digits(slope));
    let mark = |mut panel: Panel| {
        for zero in &zeros {
            panel = panel.with(Series::vertical("gradient is 0", *zero).dotted());
        }
        panel
    };
    let axis = scan_axis(cut);
    let above = Panel::new(&axis, "significance").line(&label, &scan.cuts, &scan.soft);
    let unit = format!("d significance / d {}", cut.column);
    let below = Panel::new(&axis, &unit).line("its gradient", &scan.cuts, &scan.gradient);
    let below = below.horizontal("", 0.0);
    Figure::new().title("Zeros of the gradient").panel(mark(above)).panel(mark(below))
}

fn marked_label(every: usize) -> String {
    match every {
        1 => "steps of the descent".to_owned(),
        every => format!("every {every} steps of the descent"),
    }
}

/// The descent's path on the scan of its single cut.
pub fn path(problem: &CutProblem, report: &CutReport, scan: &Scan) -> Figure {
    let history = &report.training.history;
    let every = history.len().div_ceil(MARKED).max(1);
    let marked: Vec<_> = history.iter().step_by(every).chain(history.last()).collect();
    let x: Vec<f64> = marked.iter().map(|step| problem.values_of(&step.parameters)[0]).collect();
    let y: Vec<f64> = marked.iter().map(|step| step.metrics[0]).collect();
    let cut = &problem.cuts()[0];
    let label = format!("sigmoid, slope {}", six_digits(report.slope));
    let panel = Panel::new(&scan_axis(cut), "significance [standard deviations]")
        .line(&label, &scan.cuts, &scan.soft)
        .points(&marked_label(every), &x, &y)
        .vertical(&format!("optimised: {}", cut.text_at(report.soft.cuts[0])), report.soft.cuts[0]);
    Figure::from(panel).title("The descent's path")
}

/// Significance and cuts as functions of the step.
pub fn history(problem: &CutProblem, report: &CutReport) -> Figure {
    let history = &report.training.history;
    let steps: Vec<f64> = history.iter().map(|step| step.step as f64).collect();
    let metric = |k: usize| history.iter().map(|step| step.metrics[k]).collect::<Vec<_>>();
    let above = Panel::new("step", "significance [standard deviations]")
        .line("sigmoid cuts", &steps, &metric(0))
        .line("hard cuts", &steps, &metric(1));
    let mut below = Panel::new("step", "cut values");
    for (j, cut) in problem.cuts().iter().enumerate() {
        let values: Vec<f64> =
            history.iter().map(|step| problem.values_of(&step.parameters)[j]).collect();
        below = below.line(&cut.to_string(), &steps, &values);
    }
    Figure::new().title("The descent").panel(above).panel(below)
}
