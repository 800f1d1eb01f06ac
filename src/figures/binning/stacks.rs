//! Stacked histograms of bins, and of the column that they divide.

use super::super::overlay::enlarged;
use super::super::{Colour, Figure, Panel, Scale, Series};
use super::{EQUIDISTANT, OPTIMISED, background, four_digits, headline};
use crate::analyses::binning::{BinOrder, BinningProblem, BinningReport, JudgedBinning};
use crate::kernels::selection::Yield;

/// Colours of signals, which stand out from the tints of stacked backgrounds; they repeat.
const SIGNALS: [Colour; 3] = [Colour::VERMILLION, Colour::BLACK, Colour::PURPLE];
/// Colours of backgrounds; they repeat.
const BACKGROUNDS: [Colour; 6] =
    [Colour::BLUE, Colour::GREEN, Colour::ORANGE, Colour::SKY, Colour::PURPLE, Colour::YELLOW];
/// Width and height of a page with two rows of stacks, and with one.
const PAGES: [(u32, u32); 2] = [(1_100, 920), (1_100, 540)];
/// Number of bins of the spectrum.
const FINE_BINS: usize = 60;

/// Yields of all processes in bins with edges, as drawn.
struct Histogram<'p> {
    names: &'p [String],
    edges: Vec<f64>,
    /// Events of each signal, one number per bin.
    signals: Vec<Vec<f64>>,
    /// Events of each background.
    backgrounds: Vec<Vec<f64>>,
    /// Events of all backgrounds together.
    total: Vec<f64>,
}

impl<'p> Histogram<'p> {
    /// Makes them from yields, with the bins in the given order.
    fn new(
        problem: &'p BinningProblem,
        edges: Vec<f64>,
        yields: &[Vec<Yield>],
        order: &[usize],
    ) -> Self {
        let events = |bins: &Vec<Yield>| order.iter().map(|k| bins[*k].sum).collect::<Vec<_>>();
        let (signals, backgrounds) = yields.split_at(problem.signals());
        Self {
            names: problem.process_names(),
            edges,
            signals: signals.iter().map(events).collect(),
            backgrounds: backgrounds.iter().map(events).collect(),
            total: events(&background(problem, yields)),
        }
    }

    /// The bins of a binning, all equally wide, with their numbers in the middle.
    fn of_bins(problem: &'p BinningProblem, judged: &JudgedBinning) -> Self {
        let order = problem.order(judged);
        let edges = (0..=order.len()).map(|edge| edge as f64 + 0.5).collect();
        Self::new(problem, edges, &judged.yields, &order)
    }

    /// The backgrounds as a stack, with the smallest at the bottom, where it is visible on a
    /// logarithmic axis.
    fn stack(&self, panel: Panel) -> Panel {
        let names = &self.names[self.signals.len()..];
        let colours = BACKGROUNDS.into_iter().cycle();
        let mut layers: Vec<_> = names.iter().zip(&self.backgrounds).zip(colours).collect();
        let events = |counts: &[f64]| counts.iter().sum::<f64>();
        layers.sort_by(|((_, a), _), ((_, b), _)| events(a).total_cmp(&events(b)));
        let stacked: Vec<(&str, &Vec<f64>)> =
            layers.iter().map(|((name, counts), _)| (name.as_str(), *counts)).collect();
        let panel = panel.stack(&self.edges, &stacked);
        layers.iter().fold(panel, |panel, ((name, _), colour)| panel.colour(name, *colour))
    }

    /// The outline of a signal, enlarged if it could not be seen; on a logarithmic axis it always
    /// can.
    fn outline(&self, signal: usize, scale: Scale) -> Series {
        let (name, counts) = (&self.names[signal], &self.signals[signal]);
        let outline = match scale {
            Scale::Linear | Scale::Whole => enlarged(name, &self.edges, counts, &self.total),
            Scale::Log => None,
        };
        outline
            .unwrap_or_else(|| Series::steps(name, &self.edges, counts))
            .colour(SIGNALS[signal % SIGNALS.len()])
    }

    fn panel(&self, x_label: &str, y_label: &str, scale: Scale) -> Panel {
        let stacked = self.stack(Panel::new(x_label, y_label));
        let outlines = (0..self.signals.len()).map(|signal| self.outline(signal, scale));
        let panel = outlines.fold(stacked, Panel::with);
        let panel = panel.x_range(self.edges[0], self.edges[self.edges.len() - 1]);
        if scale == Scale::Log { panel.log_y() } else { panel }
    }
}

/// Events in each bin, with backgrounds stacked and signals outlined; all bins are drawn equally
/// wide.
///
/// Contiguous bins have one row of panels with a linear axis and one with a logarithmic axis, with
/// bins of equal width to the left of the optimised ones. Other categories have no bins of equal
/// width, and a single row with both axes. Bins are numbered in the order that the options ask for.
pub fn stacks(problem: &BinningProblem, report: &BinningReport) -> Figure {
    let x_label = match problem.options().order {
        BinOrder::Position => "bin",
        BinOrder::Significance => "bin, in the order of significance",
    };
    let mut binnings = Vec::new();
    if let Some(judged) = &report.equidistant {
        binnings.push((headline(problem, EQUIDISTANT.0, judged), judged));
    }
    binnings.push((headline(problem, OPTIMISED.0, &report.hard), &report.hard));
    let (width, height) = PAGES[usize::from(binnings.len() == 1)];
    let mut figure = Figure::new().title("Events in each bin").columns(2).size(width, height);
    for scale in [Scale::Linear, Scale::Log] {
        for (title, judged) in &binnings {
            let panel = Histogram::of_bins(problem, judged).panel(x_label, "events per bin", scale);
            figure = figure.panel(panel.whole_x().title(title));
        }
    }
    figure
}

/// The column that is binned, in 60 bins of equal width, with the optimised boundaries; `None` for
/// categories in several columns.
///
/// Backgrounds are stacked and signals outlined, without enlargement, on a logarithmic axis.
pub fn spectrum(problem: &BinningProblem, report: &BinningReport) -> Option<Figure> {
    let (column, (low, high)) = problem.columns().into_iter().next()?;
    let width = (high - low) / FINE_BINS as f64;
    let edges: Vec<f64> = (0..=FINE_BINS).map(|edge| low + width * edge as f64).collect();
    let yields = problem.yields_between(&edges[1..FINE_BINS]).ok()?;
    let order: Vec<usize> = (0..FINE_BINS).collect();
    let histogram = Histogram::new(problem, edges, &yields, &order);
    let y_label = format!("events per {}", four_digits(width));
    let mut panel = histogram.panel(&column, &y_label, Scale::Log);
    for boundary in &report.hard.boundaries {
        panel = panel.with(Series::vertical("optimised boundaries", *boundary).width(1.0));
    }
    let title = headline(problem, &format!("{} bins", report.bins), &report.hard);
    Some(Figure::from(panel).title(&title))
}
