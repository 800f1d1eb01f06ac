//! The cases, in the order of the table.

mod densities;
mod histograms;
mod memberships;
mod network;
mod pipelines;
mod selections;

use super::{BenchmarkError, Case, Samples};

/// How many events the cases have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaseSize {
    /// 100,000 events.
    #[default]
    Full,
    /// 2,000 events: all of the code in seconds, and times that mean little.
    Quick,
}

impl CaseSize {
    /// Events of a kernel's sample.
    pub fn events(self) -> usize {
        match self {
            Self::Full => 100_000,
            Self::Quick => 2_000,
        }
    }
}

/// Every case, those of single functions first.
///
/// # Errors
/// [`BenchmarkError`] where a problem cannot be made of the samples.
pub fn cases(samples: &Samples) -> Result<Vec<Case<'_>>, BenchmarkError> {
    let mut cases = vec![
        selections::soft_selection(samples, 1)?,
        selections::soft_selection(samples, 5)?,
        densities::significance(),
        densities::combined_significance(),
        histograms::kernel_histogram(samples),
        histograms::soft_bins(samples)?,
        memberships::product(samples),
        memberships::mixture(samples),
        memberships::softmax(samples),
        network::batch_logits(samples),
        network::all_logits(samples),
        densities::poisson_terms(samples),
        densities::log_density(samples)?,
    ];
    cases.extend(pipelines::pipelines(samples)?);
    Ok(cases)
}

/// Numbers between 1 and 2, none like its neighbours: what a sum over bins weighs them with.
fn bin_weights(bins: usize) -> Vec<f64> {
    (0..bins).map(|k| 1.5 + 0.5 * (2.3 * k as f64 + 0.4).sin()).collect()
}
