//! Runs toys on all threads, in a fixed order.

use std::path::Path;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::error::ToyError;
use super::file::ToyFile;
use super::plan::{Plan, ToyRun};
use super::record::{Hypothesis, ToyFailure, ToyRecord, ToySet, ToyValue};
use crate::histfactory::{Evaluator, Model};

/// Approximate time between two writes.
const SHORT: Duration = Duration::from_millis(250);
const LONG: Duration = Duration::from_secs(2);
/// Most toys between two writes, and toys per thread in the first batch.
const LARGEST_BATCH: usize = 65_536;
const FIRST_BATCH: usize = 8;

impl Plan<'_> {
    /// Runs the toys that `file` does not contain yet and appends them as they finish.
    ///
    /// `one` runs the toy with a given number and hypothesis; `progress` is called with the number
    /// of finished toys of all hypotheses.
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
            // Batch sizes have no visible effect: toys and their order do not depend on them.
            match start.elapsed() {
                time if time < SHORT => batch = (2 * batch).min(LARGEST_BATCH),
                time if time > LONG => batch = (batch / 2).max(1),
                _ => (),
            }
        }
        Ok(set)
    }
}
