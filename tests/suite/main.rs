//! The integration tests, one module a feature, in one program: each link differentiates anew.

mod bad_input;
mod binning;
mod chromium;
mod command_line;
mod common;
mod cuts;
mod fits;
mod gradients;
mod information;
mod likelihood_gradients;
mod metrics_page;
mod observable;
mod published;
mod reference;
mod uncertainty_gradients;
