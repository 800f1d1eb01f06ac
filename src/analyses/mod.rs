//! Analyses: events, selections and statistics composed into objectives with gradients.
//!
//! Enters: samples of events and what is to be chosen. Leaves: the choice with the best figure of
//! merit, always evaluated with hard selections.

pub mod binning;
pub mod cut;
mod data;
mod figure_of_merit;
pub mod observable;

pub use crate::grid;
pub use crate::inference::expected;
pub use data::{Background, NamedSample, ProcessData, ShapeVariation};
pub use figure_of_merit::{BackgroundUncertainty, FigureOfMerit};
