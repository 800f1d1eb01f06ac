//! Histograms of scores, with their systematic variations.

use super::super::overlay::enlarged;
use super::super::{Colour, Dash, Figure, Panel, Scale, Series};
use super::{headline, source_colours};
use crate::analyses::observable::{BestObservable, ObservableProblem, Role};

/// Opacity of backgrounds, on which lines must be visible.
const FILL: f64 = 0.6;

/// A variation of backgrounds, up or down; variations with the same name share a nuisance
/// parameter.
#[derive(Debug, PartialEq)]
struct Shift {
    /// Its name and direction.
    name: String,
    /// Indices of nominal sources and of their variations.
    moves: Vec<(usize, usize)>,
}

/// The histograms of one channel.
struct Channel<'p> {
    problem: &'p ObservableProblem<'p>,
    best: &'p BestObservable,
    name: &'p str,
    colours: &'p [Colour],
}

impl Channel<'_> {
    /// Indices of its sources that have a role.
    fn sources(&self, has_role: impl Fn(Role) -> bool) -> Vec<usize> {
        let model = self.problem.model();
        let is_mine = |(_, source): &(usize, &_)| model.channel_of(source) == self.name;
        let mine = model.sources.iter().enumerate().filter(is_mine);
        mine.filter(|(_, source)| has_role(source.role)).map(|(place, _)| place).collect()
    }

    fn name_of(&self, source: usize) -> &str {
        &self.problem.model().sources[source].name
    }

    /// Events of a source, one number per bin.
    fn counts(&self, source: usize) -> Vec<f64> {
        self.best.judged.histograms[source].iter().map(|bin| bin.sum).collect()
    }

    /// Events of several sources together.
    fn sum(&self, sources: impl Iterator<Item = usize>) -> Vec<f64> {
        let mut sum = vec![0.0; self.best.judged.edges.len() - 1];
        for source in sources {
            sum.iter_mut().zip(self.counts(source)).for_each(|(sum, count)| *sum += count);
        }
        sum
    }

    /// The variations, with those of the same name and direction together.
    fn shifts(&self) -> Vec<Shift> {
        let mut shifts: Vec<Shift> = Vec::new();
        for source in self.sources(|role| matches!(role, Role::Variation { .. })) {
            let sources = &self.problem.model().sources;
            let Role::Variation { of } = sources[source].role else { continue };
            if sources[of].role != Role::Background {
                continue;
            }
            let name =
                self.name_of(source).strip_prefix(self.name_of(of)).unwrap_or_default().trim();
            match shifts.iter_mut().find(|shift| shift.name == name) {
                Some(shift) => shift.moves.push((of, source)),
                None => shifts.push(Shift { name: name.to_owned(), moves: vec![(of, source)] }),
            }
        }
        shifts
    }

    /// The sum of all backgrounds, with those replaced that a variation moves.
    fn shifted(&self, shift: &Shift) -> Vec<f64> {
        let moved = |source: usize| {
            let found = shift.moves.iter().find(|(of, _)| *of == source);
            found.map_or(source, |(_, moved)| *moved)
        };
        self.sum(self.sources(|role| role == Role::Background).into_iter().map(moved))
    }

    /// The backgrounds as a stack.
    fn stack(&self, panel: Panel) -> Panel {
        let backgrounds = self.sources(|role| role == Role::Background);
        let layers = backgrounds.iter().map(|source| (self.name_of(*source), self.counts(*source)));
        let panel = panel.stack(&self.best.judged.edges, &layers.collect::<Vec<_>>());
        let colour = |panel: Panel, source: usize| {
            panel.colour(self.name_of(source), self.colours[source].tint(FILL))
        };
        backgrounds.into_iter().fold(panel, colour)
    }

    /// The outline of all backgrounds under a variation.
    fn varied(&self, shift: &Shift) -> Series {
        let label = match shift.moves[..] {
            [(_, source)] => self.name_of(source),
            _ => &shift.name,
        };
        let is_down = shift.name.ends_with("down");
        let (dash, width) = if is_down { (Dash::Dotted, 3.5) } else { (Dash::Dashed, 2.5) };
        let colour = self.colours[shift.moves[0].1];
        let outline = Series::steps(label, &self.best.judged.edges, &self.shifted(shift));
        outline.colour(colour).dash(dash).width(width)
    }

    /// The outline of a signal, enlarged if it could not be seen; on a logarithmic axis it always
    /// can.
    fn signal(&self, source: usize, scale: Scale) -> Series {
        let (name, edges, counts) =
            (self.name_of(source), &self.best.judged.edges, self.counts(source));
        let total = self.sum(self.sources(|role| role == Role::Background).into_iter());
        let outline = match scale {
            Scale::Linear | Scale::Whole => enlarged(name, edges, &counts, &total),
            Scale::Log => None,
        };
        let outline = outline.unwrap_or_else(|| Series::steps(name, edges, &counts));
        outline.colour(self.colours[source]).width(2.5)
    }

    fn panel(&self, scale: Scale) -> Panel {
        let mut panel = self.stack(Panel::new("score", "events per bin"));
        panel = self.shifts().iter().map(|shift| self.varied(shift)).fold(panel, Panel::with);
        let signals = self.sources(|role| role == Role::Signal);
        panel = signals.into_iter().map(|at| self.signal(at, scale)).fold(panel, Panel::with);
        panel = panel.x_range(0.0, 1.0);
        if scale == Scale::Log { panel.log_y() } else { panel }
    }
}

/// Hard histograms of the score of held-out events, on a linear and on a logarithmic axis, with one
/// row of panels per channel.
///
/// Backgrounds are stacked and signals outlined. Each variation of the backgrounds is a line: the
/// sum of all backgrounds, with those replaced that it moves. Variations with the same name share a
/// nuisance parameter. Bins have their true edges.
pub fn histograms(problem: &ObservableProblem, best: &BestObservable) -> Figure {
    let model = problem.model();
    let colours = source_colours(model);
    let mut names: Vec<&str> = Vec::new();
    for name in model.sources.iter().map(|source| model.channel_of(source)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let size = (1_100, 500 * names.len() as u32 + 40);
    let mut figure = Figure::new().title(&headline(problem, best)).columns(2).size(size.0, size.1);
    let title = |name| if names.len() > 1 { name } else { "" };
    for name in &names {
        let channel = Channel { problem, best, name, colours: &colours };
        for scale in [Scale::Linear, Scale::Log] {
            figure = figure.panel(channel.panel(scale).title(title(name)));
        }
    }
    figure
}
