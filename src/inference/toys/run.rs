//! Runs toys on all threads, in a fixed order.

use std::path::Path;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::error::ToyError;
use super::file::ToyFile;
use super::header::ToyHeader;
use super::record::{Hypothesis, LARGEST_TOY, MOST_TOYS};
use super::record::{ToyFailure, ToyRecord, ToySet, ToyValue};
use crate::histfactory::{Evaluator, Model};

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

/// Time that toys between two writes should take, about.
const SHORT: Duration = Duration::from_millis(250);
const LONG: Duration = Duration::from_secs(2);
/// Most toys between two writes, and those of each thread in the first batch.
const LARGEST_BATCH: usize = 65_536;
const FIRST_BATCH: usize = 8;

/// The toys of a run, and what their file begins with.
pub(in crate::inference) struct Plan<'a> {
    pub(in crate::inference) hypotheses: &'a [Hypothesis],
    pub(in crate::inference) header: ToyHeader,
    pub(in crate::inference) run: ToyRun,
}

impl Plan<'_> {
    /// Toys of all hypotheses.
    pub(super) fn n_items(&self) -> u64 {
        self.run.toys * self.hypotheses.len() as u64
    }

    /// Number and hypothesis of a toy by its place in the run.
    pub(super) fn item(&self, index: u64) -> (u64, Hypothesis) {
        let n = self.hypotheses.len() as u64;
        (self.run.first + index / n, self.hypotheses[(index % n) as usize])
    }

    fn check(&self) -> Result<(), ToyError> {
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

    /// Runs the toys that `file` does not hold yet, and adds them to it as they come.
    ///
    /// `one` makes a toy of a number and hypothesis; `progress` hears how many toys of all hypotheses
    /// are done.
    pub(in crate::inference) fn run(
        &self,
        model: &Model,
        file: Option<&Path>,
        one: impl Fn(&mut Evaluator, u64, Hypothesis) -> Result<ToyValue, ToyFailure> + Sync,
        progress: &mut dyn FnMut(u64),
    ) -> Result<ToySet, ToyError> {
        self.check()?;
        let ToyRun { first, toys, .. } = self.run;
        let (mut set, mut done) = (ToySet::new(self.hypotheses, first..first + toys), 0);
        let mut known = |record: ToyRecord| {
            set.add(&record);
            done += 1;
        };
        let opened = file.map(|path| ToyFile::open(path, self, &mut known));
        let mut opened = opened.transpose()?;
        let make = |evaluator: &mut Evaluator, index: u64| {
            let (toy, hypothesis) = self.item(index);
            ToyRecord { toy, hypothesis, outcome: one(evaluator, toy, hypothesis) }
        };
        let mut batch = FIRST_BATCH * rayon::current_num_threads();
        progress(done);
        while done < self.n_items() {
            let start = Instant::now();
            let count = (self.n_items() - done).min(batch as u64) as usize;
            let indices = (0..count).into_par_iter().map(|i| done + i as u64);
            let records: Vec<ToyRecord> =
                indices.map_init(|| Evaluator::new(model), make).collect();
            records.iter().for_each(|record| set.add(record));
            if let Some(file) = &mut opened {
                file.append(&records)?;
            }
            done += count as u64;
            progress(done);
            // Sizes of batches show nowhere: toys and their order do not depend on them.
            match start.elapsed() {
                time if time < SHORT => batch = (2 * batch).min(LARGEST_BATCH),
                time if time > LONG => batch = (batch / 2).max(1),
                _ => (),
            }
        }
        Ok(set)
    }
}
