//! Everything that a training needs to continue from an evaluated point: the content of
//! checkpoints.

use serde::{Deserialize, Serialize};

use super::history::{Best, Step};
use super::methods::{Point, State};

/// The last row that improved sufficiently on those before, for the patience.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Improved {
    pub(super) step: usize,
    pub(super) objective: f64,
}

/// A training at its last recorded point, before the next step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// The last recorded point.
    pub(super) point: Point,
    /// The method's memory there.
    pub(super) state: State,
    /// Lowest objective since the hardness last changed.
    pub(super) best: Best,
    pub(super) improved: Improved,
    /// Evaluations of the objective in all runs so far.
    pub(super) evaluations: usize,
    /// Never empty.
    pub(super) history: Vec<Step>,
}

impl Progress {
    /// At the starting point.
    pub(super) fn new(point: Point, state: State, row: Step) -> Self {
        Self {
            point,
            state,
            best: best(&row),
            improved: improved(&row),
            evaluations: 1,
            history: vec![row],
        }
    }

    /// The last row.
    pub(super) fn last(&self) -> &Step {
        self.history.last().expect("the start is recorded and readers of checkpoints check")
    }

    /// Adds a row; objectives compare only where the hardness is the same.
    pub(super) fn record(&mut self, row: Step, minimum_improvement: f64) {
        let is_new = self.last().hardness != row.hardness;
        if is_new || row.objective < self.best.objective {
            self.best = best(&row);
        }
        if is_new || row.objective < self.improved.objective - minimum_improvement {
            self.improved = improved(&row);
        }
        self.history.push(row);
    }
}

fn best(row: &Step) -> Best {
    Best { step: row.step, objective: row.objective, parameters: row.parameters.clone() }
}

fn improved(row: &Step) -> Improved {
    Improved { step: row.step, objective: row.objective }
}
