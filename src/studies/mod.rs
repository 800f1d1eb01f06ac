//! Studies: questions about metrics and methods, asked of data made up for them.

pub mod metrics_page;
