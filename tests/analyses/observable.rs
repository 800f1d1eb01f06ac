//! Observables trained on what their histograms are worth: gradients, trainings, failures.

mod failures;
mod gradients;
mod reference;
mod templates;
mod trainings;
