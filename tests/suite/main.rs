//! The integration tests, one module a feature, in one program: each link differentiates anew.

mod bad_input;
mod binning;
mod chromium;
mod command_line;
mod common;
mod cuts;
mod edges;
mod fits;
mod gradients;
mod grid;
mod information;
mod intervals;
mod likelihood_gradients;
mod limits;
mod metrics_page;
mod observable;
mod published;
mod ranking;
mod reference;
mod studies;
mod surgery;
mod toys;
mod uncertainty_gradients;
mod yields;
