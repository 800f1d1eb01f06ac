//! Observables trained on what their histograms are worth: gradients, trainings, failures.

mod failures;
mod gradients;
mod templates;
mod trainings;
