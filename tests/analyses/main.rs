//! Tests of cuts, bins and networks: gradients, descents and trainings.

#[path = "../common.rs"]
mod common;

mod binning;
mod cuts;
mod observable;
