//! Arguments and results that `toys` and `goodness-of-fit` share.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde_json::{Map, Value, json};

use super::CliError;
use super::input::parse_count;
use super::long_work::{progress_bar, set_threads};
use diffhep::figures::Figure;
use diffhep::figures::toys::{self as drawn, ToyDistributions, ToyHypothesis};
use diffhep::inference::{Hypothesis, ToyError, ToyRun, ToySample, ToySet};

/// Which toys are run, and where they are stored.
#[derive(Args, Debug)]
pub(super) struct RunArguments {
    /// Seed of all random numbers [default: 0].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Number of the first toy: runs of one seed with different toys can be merged [default: 0].
    #[arg(long, value_name = "K")]
    first: Option<u64>,
    /// Threads; all cores by default. The result does not depend on it.
    #[arg(long, value_name = "N", value_parser = parse_count)]
    threads: Option<usize>,
    /// File to which toys are written as they come, one per line; if it exists, the run continues
    /// where it ends.
    #[arg(long, value_name = "FILE")]
    toys_file: Option<PathBuf>,
    /// Use the toys in these files of other runs, and run none.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["n", "seed", "first", "threads", "toys_file"])]
    pub(super) merge: Vec<PathBuf>,
}

impl RunArguments {
    /// Whether any option of a run is set.
    pub(super) fn is_set(&self) -> bool {
        let numbers = [self.seed, self.first];
        numbers.iter().any(Option::is_some) || self.threads.is_some() || self.toys_file.is_some()
    }

    /// A run of `toys` toys.
    pub(super) fn run(&self, toys: u64) -> ToyRun {
        ToyRun { seed: self.seed.unwrap_or(0), first: self.first.unwrap_or(0), toys }
    }

    /// Runs toys under a progress bar, `total` of all hypotheses; reports their speed on standard
    /// error.
    pub(super) fn watch(
        &self,
        total: u64,
        run: impl FnOnce(Option<&Path>, &mut dyn FnMut(u64)) -> Result<ToySet, ToyError>,
    ) -> Result<ToySet, CliError> {
        set_threads(self.threads)?;
        let bar = progress_bar(total as usize, "toys");
        bar.set_message(format!("seed {}", self.seed.unwrap_or(0)));
        let (start, mut known) = (Instant::now(), None);
        let mut progress = |done: u64| {
            known.get_or_insert(done);
            bar.set_position(done);
        };
        let toys = run(self.toys_file.as_deref(), &mut progress);
        bar.finish_and_clear();
        let toys = toys?;
        let (new, seconds) = (total - known.unwrap_or(0), start.elapsed().as_secs_f64());
        if new > 0 {
            eprintln!("{new} toys in {seconds:.2} s: {:.0} a second", new as f64 / seconds);
        }
        Ok(toys)
    }
}

/// Adds to a result which toys it is based on, and warns of those that failed or are missing.
pub(super) fn add_toys(result: &mut Value, toys: &ToySet, seed: u64) {
    let by_hypothesis = |value: &dyn Fn(Hypothesis) -> Value| {
        let names = toys.samples.iter().map(|(hypothesis, _)| *hypothesis);
        let entries = names.map(|hypothesis| (hypothesis.name().to_owned(), value(hypothesis)));
        Value::Object(entries.collect::<Map<_, _>>())
    };
    let sample = |hypothesis| toys.sample(hypothesis).expect("a hypothesis of the set");
    let failed = |hypothesis| {
        let reasons = sample(hypothesis).failed.iter();
        reasons.map(|(reason, count)| (reason.to_string(), json!(count))).collect()
    };
    let gaps = toys.gaps.iter().map(|gap| json!([gap.start, gap.end - 1]));
    result["seed"] = json!(seed);
    result["first"] = json!(toys.range.start);
    result["last"] = json!(toys.range.end - 1);
    result["n_toys"] = by_hypothesis(&|hypothesis| json!(sample(hypothesis).statistics.len()));
    result["failed"] = by_hypothesis(&|hypothesis| Value::Object(failed(hypothesis)));
    result["gaps"] = gaps.collect();
    warn(toys);
}

/// The figure of the distributions of a statistic among toys.
pub(super) fn distributions(statistic: &str, toys: &ToySet, observed: f64) -> Figure {
    let hypothesis = |(hypothesis, sample): &(Hypothesis, ToySample)| ToyHypothesis {
        name: hypothesis.name().to_owned(),
        values: sample.statistics.clone(),
        density: Vec::new(),
    };
    drawn::toys(&ToyDistributions {
        statistic: statistic.to_owned(),
        hypotheses: toys.samples.iter().map(hypothesis).collect(),
        observed: Some(observed),
    })
}

fn warn(toys: &ToySet) {
    for (hypothesis, sample) in &toys.samples {
        let (failed, used) = (sample.n_failed(), sample.statistics.len() as u64);
        if failed > 0 {
            eprintln!(
                "warning: {failed} of {} toys of the {} hypothesis failed and are left out of the p-values: \
                 see 'failed' in the result",
                failed + used,
                hypothesis.name()
            );
        }
    }
    if !toys.gaps.is_empty() {
        let missing: u64 = toys.gaps.iter().map(|gap| gap.end - gap.start).sum();
        eprintln!(
            "warning: {missing} toys between the first and the last are missing: see 'gaps' in the result"
        );
    }
}
