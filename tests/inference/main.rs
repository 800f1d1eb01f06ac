//! CLs, limits, intervals, rankings, toys and grids, with their gradients.

#[path = "../common.rs"]
mod common;

mod gradients;
mod grid;
mod information;
mod intervals;
mod limits;
mod many_bins;
mod minima;
mod random_workspaces;
mod ranking;
mod toys;
mod uncertainty_gradients;
