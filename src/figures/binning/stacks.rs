//! Stacked histograms: of bins, and of the column that they divide.

use super::super::overlay::enlarged;
use super::super::{Colour, Figure, Panel, Scale, Series};
use super::{background, merit_words};
use crate::analyses::binning::{BinOrder, BinningProblem, BinningReport, JudgedBinning};
use crate::kernels::selection::Yield;

/// Colours of signals, which stand out from the tints of stacked backgrounds; they repeat.
const SIGNALS: [Colour; 3] = [Colour::VERMILLION, Colour::BLACK, Colour::PURPLE];
/// Bins of the spectrum.
const FINE_BINS: usize = 60;

/// Yields of all processes in bins with edges, as they are drawn.
struct Histogram<'p> {
    names: &'p [String],
    edges: Vec<f64>,
    /// Events of signals, a bin each.
    signals: Vec<Vec<f64>>,
    /// Events of each background.
    backgrounds: Vec<Vec<f64>>,
    /// Events of all backgrounds together.
    total: Vec<f64>,
}

impl<'p> Histogram<'p> {
    /// Of yields, whose bins are listed in an order.
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

    /// The bins of a binning, each as wide as any other, its number in the middle.
    fn of_bins(problem: &'p BinningProblem, judged: &JudgedBinning) -> Self {
        let order = problem.order(judged);
        let edges = (0..=order.len()).map(|edge| edge as f64 + 0.5).collect();
        Self::new(problem, edges, &judged.yields, &order)
    }

    /// The backgrounds stacked, the signals outlined: enlarged where they could not be seen, which on a
    /// logarithmic axis they can.
    fn panel(&self, x_label: &str, y_label: &str, scale: Scale) -> Panel {
        let (signal_names, background_names) = self.names.split_at(self.signals.len());
        let names = background_names.iter().map(String::as_str);
        let layers: Vec<(&str, &Vec<f64>)> = names.zip(&self.backgrounds).collect();
        let mut panel = Panel::new(x_label, y_label).stack(&self.edges, &layers);
        let colours = SIGNALS.iter().cycle();
        for ((name, counts), colour) in signal_names.iter().zip(&self.signals).zip(colours) {
            let outline = match scale {
                Scale::Linear => enlarged(name, &self.edges, counts, &self.total),
                Scale::Log => None,
            };
            let outline = outline.unwrap_or_else(|| Series::steps(name, &self.edges, counts));
            panel = panel.with(outline.colour(*colour));
        }
        panel = panel.x_range(self.edges[0], self.edges[self.edges.len() - 1]);
        if scale == Scale::Log { panel.log_y() } else { panel }
    }
}

/// Words about a binning and its figure of merit.
fn headline(problem: &BinningProblem, words: &str, judged: &JudgedBinning) -> String {
    let merit = merit_words(problem, judged).map(|merit| format!(": {merit}"));
    format!("{words}{}", merit.unwrap_or_default())
}

/// Events in each bin: backgrounds stacked, signals outlined, all bins drawn as wide as one another.
///
/// Contiguous bins have a row of panels on a linear axis and one on a logarithmic axis, bins of equal
/// width to the left of the optimised ones; other categories, without bins of equal width, a row of both
/// axes. Bins are numbered in the order that the options ask for.
pub fn stacks(problem: &BinningProblem, report: &BinningReport) -> Figure {
    let x_label = match problem.options().order {
        BinOrder::Position => "bin",
        BinOrder::Significance => "bin, in the order of significance",
    };
    let mut binnings = Vec::new();
    if let Some(judged) = &report.equidistant {
        binnings.push((headline(problem, super::EQUIDISTANT.0, judged), judged));
    }
    binnings.push((headline(problem, super::OPTIMISED.0, &report.hard), &report.hard));
    let mut figure = Figure::new().title("Events in each bin").columns(2).size(SIZE.0, SIZE.1);
    if binnings.len() == 1 {
        figure = figure.size(SIZE.0, SIZE.1 / 2);
    }
    for scale in [Scale::Linear, Scale::Log] {
        for (title, judged) in &binnings {
            let panel = Histogram::of_bins(problem, judged).panel(x_label, "events per bin", scale);
            figure = figure.panel(panel.title(title));
        }
    }
    figure
}

/// Width and height of a page of two rows of stacks.
const SIZE: (u32, u32) = (1_100, 920);

/// The column that is binned, in 60 bins of equal width, with the optimised boundaries; none of
/// categories in several columns.
///
/// Backgrounds are stacked and signals outlined, as they are, on a logarithmic axis.
pub fn spectrum(problem: &BinningProblem, report: &BinningReport) -> Option<Figure> {
    let (column, (low, high)) = problem.columns().into_iter().next()?;
    let width = (high - low) / FINE_BINS as f64;
    let edges: Vec<f64> = (0..=FINE_BINS).map(|edge| low + width * edge as f64).collect();
    let yields = problem.yields_between(&edges[1..FINE_BINS]).ok()?;
    let order: Vec<usize> = (0..FINE_BINS).collect();
    let histogram = Histogram::new(problem, edges, &yields, &order);
    let y_label = format!("events per {}", super::four_digits(width));
    let mut panel = histogram.panel(&column, &y_label, Scale::Log);
    for boundary in &report.hard.boundaries {
        panel = panel.vertical("optimised boundaries", *boundary);
    }
    let title = headline(problem, &format!("{} bins", report.bins), &report.hard);
    Some(Figure::from(panel).title(&title))
}
