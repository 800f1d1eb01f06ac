//! Which toys a run has, in a fixed order.

use super::error::ToyError;
use super::header::ToyHeader;
use super::record::{Hypothesis, LARGEST_TOY, MOST_TOYS};

/// Which toys of which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToyRun {
    /// Seed of all random numbers; default 0.
    pub seed: u64,
    /// Number of the first toy; default 0.
    pub first: u64,
    /// Toys of each hypothesis, at most [`MOST_TOYS`]; default 10,000.
    pub toys: u64,
}

impl Default for ToyRun {
    fn default() -> Self {
        Self { seed: 0, first: 0, toys: 10_000 }
    }
}

/// The toys of a run, and the header of their file.
pub(in crate::inference) struct Plan<'a> {
    pub(in crate::inference) hypotheses: &'a [Hypothesis],
    pub(in crate::inference) header: ToyHeader,
    pub(in crate::inference) run: ToyRun,
}

impl Plan<'_> {
    /// Number of toys of all hypotheses.
    pub(super) fn n_items(&self) -> u64 {
        self.run.toys * self.hypotheses.len() as u64
    }

    /// Number and hypothesis of a toy by its index in the run.
    pub(super) fn item(&self, index: u64) -> (u64, Hypothesis) {
        let n = self.hypotheses.len() as u64;
        (self.run.first + index / n, self.hypotheses[(index % n) as usize])
    }

    pub(super) fn check(&self) -> Result<(), ToyError> {
        let ToyRun { first, toys, .. } = self.run;
        if toys == 0 {
            return Err(ToyError::None);
        }
        if toys > MOST_TOYS {
            return Err(ToyError::TooMany { found: toys });
        }
        match first.checked_add(toys - 1) {
            Some(last) if last <= LARGEST_TOY => Ok(()),
            _ => Err(ToyError::LastToy { first, toys }),
        }
    }
}
