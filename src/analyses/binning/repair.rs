//! Boundaries moved as little as it takes to give every bin its smallest background.
//!
//! Penalties of a descent hold soft yields near the constraint, not on its side. From the top bin
//! down, a boundary whose bin above lacks background goes down to the next event that completes it;
//! what then lacks at the bottom is made up from there.

use super::options::Penalties;
use super::processes::Processes;
use super::sorted::SortedColumn;

/// A smallest background of 0 still asks for some.
const SOME: f64 = 1e-50;

/// The backgrounds of a column, to look up yields below any value.
pub(super) struct BackgroundBelow<'a> {
    column: &'a SortedColumn,
    processes: &'a Processes,
    /// Every event's value, ascending, each once.
    values: Vec<f64>,
}

impl<'a> BackgroundBelow<'a> {
    pub(super) fn new(column: &'a SortedColumn, processes: &'a Processes) -> Self {
        let backgrounds = &column.processes[processes.backgrounds()];
        let mut values: Vec<f64> = backgrounds.iter().flat_map(|p| p.values()).copied().collect();
        values.sort_unstable_by(f64::total_cmp);
        values.dedup();
        Self { column, processes, values }
    }

    /// Yield of the events below a boundary.
    pub(super) fn below(&self, boundary: f64) -> f64 {
        let backgrounds = &self.column.processes[self.processes.backgrounds()];
        backgrounds.iter().map(|process| process.below(boundary).sum).sum()
    }

    /// Just below the largest event from which on there are at least `yields` up to a yield
    /// `below_upper`; below all events where there are fewer.
    pub(super) fn down(&self, below_upper: f64, yields: f64) -> f64 {
        let enough = self.values.partition_point(|x| below_upper - self.below(*x) >= yields);
        self.before(enough.saturating_sub(1))
    }

    /// Just above the smallest event up to which there are at least `yields` from a yield
    /// `below_lower` on; above all events where there are fewer.
    pub(super) fn up(&self, below_lower: f64, yields: f64) -> f64 {
        self.before(self.values.partition_point(|x| self.below(*x) - below_lower < yields))
    }

    /// Half way between an event and the one before, as far as there are such events.
    fn before(&self, event: usize) -> f64 {
        let last = self.values[self.values.len() - 1];
        match (event.checked_sub(1), self.values.get(event)) {
            (None, _) => self.values[0],
            (Some(before), Some(value)) => self.values[before].midpoint(*value),
            (Some(_), None) => last.next_up(),
        }
    }
}

/// Whether every bin holds its smallest background.
pub(super) fn is_sound(
    column: &SortedColumn,
    processes: &Processes,
    penalties: &Penalties,
    boundaries: &[f64],
) -> bool {
    let bins = processes.total_background(&column.hard(boundaries));
    boundaries.is_sorted() && bins.into_iter().all(|bin| penalties.is_sound(bin))
}

/// Boundaries whose bins all hold their smallest background, as they were where they do already;
/// none where moving them does not help.
pub(super) fn repaired(
    column: &SortedColumn,
    processes: &Processes,
    penalties: &Penalties,
    boundaries: &[f64],
) -> Option<Vec<f64>> {
    if is_sound(column, processes, penalties, boundaries) {
        return Some(boundaries.to_vec());
    }
    let background = BackgroundBelow::new(column, processes);
    let minimum = penalties.minimum_background.unwrap_or(0.0).max(SOME);
    let mut moved = boundaries.to_vec();
    let mut above = background.below(f64::INFINITY);
    for boundary in moved.iter_mut().rev() {
        if above - background.below(*boundary) < minimum {
            *boundary = background.down(above, minimum);
        }
        above = background.below(*boundary);
    }
    let mut below = 0.0;
    for boundary in &mut moved {
        if background.below(*boundary) - below < minimum {
            *boundary = background.up(below, minimum);
        }
        below = background.below(*boundary);
    }
    is_sound(column, processes, penalties, &moved).then_some(moved)
}
