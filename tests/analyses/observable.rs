//! Tests of observables trained on the power of their histograms: gradients, trainings, failures.

mod failures;
mod gradients;
mod reference;
mod templates;
mod trainings;
