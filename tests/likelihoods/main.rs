//! Likelihoods and fits, compared with pyhf and on published models.

#[path = "../common.rs"]
mod common;

mod edges;
mod fits;
mod likelihood_gradients;
mod published;
mod reference;
mod yields;
