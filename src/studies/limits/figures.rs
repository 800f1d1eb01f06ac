//! The figures of windows: a map of limits with the descents, slices through the best window, and
//! the spectrum.

use super::window::{Bump, Goal, Process};
use super::{Found, HIGH, Judged, LOW, START};
use crate::analyses::cut::ScanRange;
use crate::figures::{Colour, Figure, Marker, Panel, Series, cell_edges};
use crate::kernels::kernel_histogram::{Overflow, plain_histogram};
use crate::kernels::selection::Yield;
use crate::studies::StudyError;

/// The lower cuts of the slices.
const SLICE: ScanRange = ScanRange { low: 1.0, high: 2.0, points: 101 };
/// The colours of the goals, in their order.
const COLOURS: [Colour; 3] = [Colour::VERMILLION, Colour::BLUE, Colour::BLACK];

/// The limit of each window, and where the descents ended.
pub(super) fn map(map: &[Judged], all: &[Found]) -> Figure {
    let limits: Vec<f64> = map.iter().map(|judged| judged.values[0]).collect();
    let lowest = limits.iter().copied().fold(f64::INFINITY, f64::min);
    let darkest = 2.5 * lowest;
    let label = format!("median expected upper limit on mu (capped at {darkest:.2})");
    let (low, high) = (cell_edges(&LOW.values()), cell_edges(&HIGH.values()));
    let limits = Series::map(&label, &low, &high, &limits).reversed().colour_range(lowest, darkest);
    let mut panel = Panel::new("lower cut on x", "upper cut on x").with(limits);
    for (found, colour) in all.iter().zip(COLOURS) {
        let path = found.report.history.iter().map(|row| (row.parameters[0], row.parameters[1]));
        let (low, high): (Vec<f64>, Vec<f64>) = path.unzip();
        let [end_low, end_high] = found.judged.window;
        let label = format!("for the {}", found.goal.label());
        panel = panel.with(Series::line(&label, &low, &high).colour(colour).width(2.5)).with(
            Series::points(&label, &[end_low], &[end_high])
                .colour(colour)
                .marker(Marker::Diamond)
                .width(6.0),
        );
    }
    let panel = panel.text(START[0], START[1], "start");
    Figure::from(panel).title("Windows around a bump: their limits, and descents of three goals")
}

/// All goals along the lower cut, with the upper cut fixed at that of the best limit.
pub(super) fn slices(bump: &Bump, all: &[Found]) -> Result<Figure, StudyError> {
    let high = all[0].judged.window[1];
    let lows = SLICE.values();
    let judged = lows.iter().map(|&low| Judged::new(bump, [low, high]));
    let judged = judged.collect::<Result<Vec<_>, _>>()?;
    let title = format!("Three goals along the lower cut, with the upper cut at {high:.2}");
    let mut figure = Figure::new().size(800, 900).title(&title);
    for (place, (_, goal)) in Goal::TABLE.into_iter().enumerate() {
        let values: Vec<f64> = judged.iter().map(|judged| judged.values[place]).collect();
        let unit = match goal {
            Goal::Significance => "Z [standard deviations]",
            _ => goal.label(),
        };
        let mut panel = Panel::new("lower cut on x", unit).x_range(SLICE.low, SLICE.high);
        panel = panel.with(Series::line("", &lows, &values).colour(Colour::BLACK));
        if goal == Goal::Cls {
            panel = panel.log_y();
        }
        for (found, colour) in all.iter().zip(COLOURS) {
            let label = format!("best {}", found.goal.label());
            let label = if place == 0 { label.as_str() } else { "" };
            panel = panel.with(Series::vertical(label, found.judged.window[0]).colour(colour));
        }
        figure = figure.panel(panel);
    }
    Ok(figure)
}

/// The signal on top of the background, and the windows.
pub(super) fn spectrum(bump: &Bump, all: &[Found]) -> Figure {
    let edges: Vec<f64> = (0..=50).map(|at| 0.1 * f64::from(at)).collect();
    let count = |process: &Process| {
        let mut bins = vec![Yield::default(); edges.len() - 1];
        plain_histogram(&process.x, &process.weights, &edges, Overflow::Dropped, &mut bins);
        bins.iter().map(|bin| bin.sum).collect::<Vec<f64>>()
    };
    let (signal, background) = (count(&bump.signal), count(&bump.background));
    let mut panel = Panel::new("x", "expected events / 0.1")
        .stack(&edges, &[("background", background), ("signal", signal)]);
    for (found, colour) in all.iter().zip(COLOURS) {
        let label = format!("best {}", found.goal.label());
        for cut in found.judged.window {
            panel = panel.with(Series::vertical(&label, cut).colour(colour).width(2.0));
        }
    }
    Figure::from(panel).title("The bump, and the windows that three goals choose")
}
