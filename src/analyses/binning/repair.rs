//! Moves boundaries as little as needed to give every bin its minimum background.
//!
//! The penalties of a descent keep soft yields near the constraint, but not necessarily on the
//! right side of it. Going from the top bin down, a boundary whose upper bin lacks background moves
//! down to the next event that completes it; a deficit left at the bottom is then fixed from the
//! bottom up.

use super::options::Penalties;
use super::processes::Processes;
use super::sorted::SortedColumn;

/// Even a minimum background of 0 requires some background.
const SOME: f64 = 1e-50;

/// The backgrounds of a column, to look up yields below any value.
pub(super) struct BackgroundBelow<'a> {
    column: &'a SortedColumn,
    processes: &'a Processes,
    /// The distinct values of all events, ascending.
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

    /// A boundary just below the largest event for which the yield from there up to the cumulative
    /// yield `below_upper` is at least `yields`; below all events if the total is smaller.
    pub(super) fn down(&self, below_upper: f64, yields: f64) -> f64 {
        let enough = self.values.partition_point(|x| below_upper - self.below(*x) >= yields);
        self.before(enough.saturating_sub(1))
    }

    /// A boundary just above the smallest event for which the yield from the cumulative yield
    /// `below_lower` up to there is at least `yields`; above all events if the total is smaller.
    pub(super) fn up(&self, below_lower: f64, yields: f64) -> f64 {
        self.before(self.values.partition_point(|x| self.below(*x) - below_lower < yields))
    }

    /// The midpoint between an event and the previous one, or the end of the data if either is
    /// missing.
    fn before(&self, event: usize) -> f64 {
        let last = self.values[self.values.len() - 1];
        match (event.checked_sub(1), self.values.get(event)) {
            (None, _) => self.values[0],
            (Some(before), Some(value)) => self.values[before].midpoint(*value),
            (Some(_), None) => last.next_up(),
        }
    }
}

/// Whether every bin contains its minimum background.
pub(super) fn is_sound(
    column: &SortedColumn,
    processes: &Processes,
    penalties: &Penalties,
    boundaries: &[f64],
) -> bool {
    let bins = processes.total_background(&column.hard(boundaries));
    boundaries.is_sorted() && bins.into_iter().all(|bin| penalties.is_sound(bin))
}

/// Boundaries whose bins all contain their minimum background, unchanged if they already do; `None`
/// if moving them does not help.
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
