//! Likelihoods and fits, beside pyhf's and published models'.

#[path = "../common.rs"]
mod common;

mod edges;
mod fits;
mod likelihood_gradients;
mod published;
mod reference;
mod yields;
