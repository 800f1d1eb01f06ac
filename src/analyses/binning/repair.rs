//! Boundaries moved as little as it takes to give every bin its smallest background.
//!
//! Penalties of a descent hold soft yields near the constraint, not on its side. From the top bin
//! down, a boundary whose bin above lacks background goes down to the next event that completes it;
//! what then lacks at the bottom is made up from there.

use super::exact::SLACK;
use super::processes::Processes;
use super::sorted::SortedColumn;

/// The backgrounds of a column, to look up yields below any value.
struct Background<'a> {
    column: &'a SortedColumn,
    processes: &'a Processes,
    /// Every event's value, ascending.
    values: Vec<f64>,
}

impl Background<'_> {
    fn below(&self, boundary: f64) -> f64 {
        let backgrounds = &self.column.processes[self.processes.backgrounds()];
        backgrounds.iter().map(|process| process.below(boundary).sum).sum()
    }

    /// The largest value with at least `yields` events from it on up to a yield `below_upper`.
    fn down(&self, below_upper: f64, yields: f64) -> Option<f64> {
        let enough = self.values.partition_point(|x| below_upper - self.below(*x) >= yields);
        self.between(enough.checked_sub(1)?)
    }

    /// The smallest value with at least `yields` events below it from a yield `below_lower` on.
    fn up(&self, below_lower: f64, yields: f64) -> Option<f64> {
        let enough = self.values.partition_point(|x| self.below(*x) - below_lower < yields);
        self.between(enough)
    }

    /// Half way between an event and the one before.
    fn between(&self, event: usize) -> Option<f64> {
        let before = event.checked_sub(1)?;
        Some(self.values[before].midpoint(*self.values.get(event)?))
    }
}

/// Boundaries whose bins all hold `minimum` background events; as they were where they do already,
/// or where no such boundaries are found.
pub(super) fn repaired(
    column: &SortedColumn,
    processes: &Processes,
    boundaries: &[f64],
    minimum: f64,
) -> Vec<f64> {
    let least = minimum * (1.0 - SLACK);
    let holds = |boundaries: &[f64]| {
        let bins = processes.total_background(&column.hard(boundaries));
        bins.iter().all(|bin| bin.sum >= least) && boundaries.is_sorted()
    };
    if holds(boundaries) {
        return boundaries.to_vec();
    }
    let backgrounds = &column.processes[processes.backgrounds()];
    let mut values: Vec<f64> = backgrounds.iter().flat_map(|p| p.values()).copied().collect();
    values.sort_unstable_by(f64::total_cmp);
    values.dedup();
    let background = Background { column, processes, values };
    match moved(&background, boundaries, minimum) {
        Some(moved) if holds(&moved) => moved,
        _ => boundaries.to_vec(),
    }
}

fn moved(background: &Background, boundaries: &[f64], minimum: f64) -> Option<Vec<f64>> {
    let mut moved = boundaries.to_vec();
    let mut above = background.below(f64::INFINITY);
    for boundary in moved.iter_mut().rev() {
        if above - background.below(*boundary) < minimum {
            *boundary = background.down(above, minimum)?;
        }
        above = background.below(*boundary);
    }
    let mut below = 0.0;
    for boundary in &mut moved {
        if background.below(*boundary) - below < minimum {
            *boundary = background.up(below, minimum)?;
        }
        below = background.below(*boundary);
    }
    Some(moved)
}
