//! The figures of the soft histograms: of single trainings, of all trainings, and of their bins.

use super::blobs::Histograms;
use super::{BINS, Bias, Trained};
use crate::figures::{Colour, Figure, Panel, Series};

const SIGNAL: Colour = Colour::VERMILLION;
const BACKGROUND: Colour = Colour::BLUE;
/// Colours of the settings of each kind.
const COLOURS: [Colour; 4] = [Colour::BLUE, Colour::VERMILLION, Colour::GREEN, Colour::PURPLE];
/// Cells of the maps in each direction, and how far they reach.
const CELLS: usize = 90;
const REACH: f64 = 4.5;

/// Hard histograms as steps, and soft ones as dots in the middle of bins.
pub(super) fn histograms(shown: [&Trained; 2], histograms: &[Histograms; 2]) -> Figure {
    let edges: Vec<f64> = (0..=BINS).map(|at| 0.5 + at as f64).collect();
    let middles: Vec<f64> = (1..=BINS).map(|at| at as f64).collect();
    let mut figure = Figure::new().columns(2).size(800, 520);
    for (trained, Histograms { soft, hard, .. }) in shown.into_iter().zip(histograms) {
        let mut panel = Panel::new("bin", "expected events")
            .title(&trained.summary.smoothing.label())
            .whole_x()
            .log_y()
            .y_range(0.03, 200.0);
        for (k, name, colour) in [(1, "background", BACKGROUND), (0, "signal", SIGNAL)] {
            panel = panel
                .with(Series::steps(&format!("{name}, hard"), &edges, &hard[k]).colour(colour))
                .with(Series::points(&format!("{name}, soft"), &middles, &soft[k]).colour(colour));
        }
        figure = figure.panel(panel);
    }
    figure.title("Soft and hard histograms of events held out, after training on CLs")
}

/// How far soft histograms are from hard ones, and the CLs that they promise.
pub(super) fn bias(both: &[Bias; 2]) -> Figure {
    let kinds = ["bandwidth / bin width", "temperature"];
    let mut figure = Figure::new().columns(2).size(800, 820);
    for (bias, x_label) in both.iter().zip(kinds) {
        let displaced: Vec<f64> = bias.displaced.iter().map(|share| 100.0 * share).collect();
        let panel = Panel::new(x_label, "events displaced [%]").log_x().log_y();
        figure = figure
            .panel(panel.with(Series::line("", &bias.smoothing, &displaced).colour(BACKGROUND)));
    }
    for (bias, x_label) in both.iter().zip(kinds) {
        let panel = Panel::new(x_label, "expected CLs").log_x().log_y();
        let panel = panel.with(Series::line("soft", &bias.smoothing, &bias.cls).colour(BACKGROUND));
        let hard = Series::horizontal("hard", bias.hard).colour(SIGNAL).width(2.0);
        figure = figure.panel(panel.with(hard));
    }
    figure.title("A trained observable, smoothed more and less than in training")
}

/// CLs of hard histograms during training, for the best seed of each setting.
pub(super) fn trainings(all: &[Trained]) -> Figure {
    let mut figure = Figure::new().columns(2).size(800, 560);
    let (kernels, softmaxes) = all.split_at(all.len() / 2);
    for kind in [kernels, softmaxes] {
        let mut panel = Panel::new("step", "expected CLs, hard, held out").log_y();
        for (trained, colour) in kind.iter().zip(COLOURS) {
            let history = &trained.best().history;
            let step: Vec<f64> = history.iter().map(|row| row.step as f64).collect();
            let hard: Vec<f64> = history.iter().map(|row| row.metrics[1]).collect();
            let label = trained.summary.smoothing.label();
            panel = panel.with(Series::line(&label, &step, &hard).colour(colour).width(1.5));
        }
        figure = figure.panel(panel);
    }
    figure.title("Training on the CLs of soft histograms, judged by hard ones")
}

/// The bin that each point of the plane falls into.
pub(super) fn bins(shown: [&Trained; 2]) -> Figure {
    let edge = |at: usize| REACH * (2.0 * at as f64 / CELLS as f64 - 1.0);
    let edges: Vec<f64> = (0..=CELLS).map(edge).collect();
    let centres: Vec<f64> = edges.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect();
    let points = centres.iter().flat_map(|&y| centres.iter().flat_map(move |&x| [x, y]));
    let points: Vec<f64> = points.collect();
    let labels: Vec<String> = (1..=BINS).map(|bin| format!("bin {bin}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let mut figure = Figure::new().columns(2).size(800, 470);
    for trained in shown {
        let scores = trained.summary.scores(&trained.best().best.parameters, &points);
        let bins: Vec<Option<usize>> =
            trained.summary.bins_of(&scores).into_iter().map(Some).collect();
        let mut panel = Panel::new("x", "y")
            .title(&trained.summary.smoothing.label())
            .categories(&edges, &edges, &bins, &labels)
            .square();
        for (name, mean) in [
            ("signal", (-1.0, 1.0)),
            ("background", (1.0, -1.0)),
            ("up", (2.5, 2.0)),
            ("down", (-2.5, -1.5)),
        ] {
            panel = panel
                .with(
                    Series::ellipse("", mean, [1.0, 0.0, 1.0], 1.0)
                        .colour(Colour::BLACK)
                        .width(1.2),
                )
                .with(Series::text(mean.0, mean.1, name).centred().colour(Colour::BLACK));
        }
        figure = figure.panel(panel);
    }
    figure.title("The bins of the plane, and where the blobs are (one standard deviation)")
}
