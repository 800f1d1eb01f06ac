//! The cases, in the order of the table.

mod densities;
mod histograms;
mod memberships;
mod network;
mod pipelines;
mod selections;

use super::{BenchmarkError, Case, Samples};

/// All cases, starting with those of single functions.
///
/// # Errors
/// [`BenchmarkError`] if a problem cannot be built from the samples.
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
