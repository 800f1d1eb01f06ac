//! Figures of trained observables.
//!
//! Enters: reports of trainings, or a problem and its best observable. Leaves:
//! [`Figure`](super::Figure)s: metrics against the epoch, histograms, the score in the plane of two
//! inputs, losses against one another. Every number drawn is computed on held-out events.
//!
//! Source: N. Simpson's thesis (section 7.6), for the choice of figures.

mod comparison;
mod contours;
mod histograms;
mod metrics;

pub use comparison::comparison;
pub use contours::contours;
pub use histograms::histograms;
pub use metrics::metrics;

use super::binning::four_digits;
use super::{Colour, Dash, Marker};
use crate::analyses::observable::{
    BestObservable, LossTerm, ObservableModel, ObservableProblem, ObservableReport, Role,
};

/// Colours of losses; they repeat with a different dash pattern and marker.
const LOSSES: [Colour; 7] = [
    Colour::BLUE,
    Colour::VERMILLION,
    Colour::GREEN,
    Colour::PURPLE,
    Colour::ORANGE,
    Colour::SKY,
    Colour::BLACK,
];
/// Colours of signals; they repeat.
const SIGNALS: [Colour; 2] = [Colour::VERMILLION, Colour::PURPLE];
/// Colours of backgrounds and their variations; they repeat.
const BACKGROUNDS: [Colour; 5] =
    [Colour::BLUE, Colour::GREEN, Colour::BLACK, Colour::ORANGE, Colour::SKY];

/// The trainings on one loss, one per seed.
#[derive(Clone, Debug, Default)]
pub struct LossRuns<'r> {
    /// Their label in the legend.
    pub label: String,
    /// Their reports.
    pub reports: Vec<&'r ObservableReport>,
}

impl LossRuns<'_> {
    fn best(&self) -> Option<&ObservableReport> {
        ObservableReport::best_of(self.reports.iter().copied())
    }
}

/// Colour, dash pattern and marker of a loss, by its index.
fn loss_style(at: usize) -> (Colour, Dash, Marker) {
    let dashes = [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::DashDotted];
    let markers = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];
    let dash = dashes[at / LOSSES.len() % dashes.len()];
    (LOSSES[at % LOSSES.len()], dash, markers[at % markers.len()])
}

/// The colour of each source, the same in every figure.
fn source_colours(model: &ObservableModel) -> Vec<Colour> {
    let mut signals = SIGNALS.into_iter().cycle();
    let mut backgrounds = BACKGROUNDS.into_iter().cycle();
    let colour = |role| if role == Role::Signal { signals.next() } else { backgrounds.next() };
    let colours = model.sources.iter().map(|source| source.role).map(colour);
    colours.map(|colour| colour.unwrap_or(Colour::BLACK)).collect()
}

/// Loss and epoch of an observable, with its p-values if they are finite.
fn headline(problem: &ObservableProblem, best: &BestObservable) -> String {
    let names = problem.metric_names();
    let value = |term: LossTerm| {
        let place = names.iter().position(|name| *name == term.key())?;
        best.judged.metrics.get(place).copied().filter(|value| value.is_finite())
    };
    let p_values = [("CLs", LossTerm::Cls), ("p0", LossTerm::P0)];
    let words = p_values.into_iter().filter_map(|(name, term)| {
        value(term).map(|value| format!("median {name} {}", four_digits(value)))
    });
    let trained = format!("Trained on {}, epoch {}", problem.options().loss, best.epoch);
    match words.collect::<Vec<_>>() {
        words if words.is_empty() => trained,
        words => format!("{trained}: {}", words.join(", ")),
    }
}
