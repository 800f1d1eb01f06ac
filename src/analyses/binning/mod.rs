//! Choosing bins.
mod categories;
mod data;
mod descent;
mod error;
mod exact;
mod merit;
mod options;
mod problem;
mod processes;
mod sorted;
mod workspace;

pub use categories::{BinnedColumn, CategoryModel};
pub use data::{Background, BinningData, NamedSample, ShapeVariation};
pub use error::BinningError;
pub use merit::{BinningMerit, PenaltyValues};
pub use options::{BinOrder, BinningOptions, Combination, FEWEST_SIMULATED_EVENTS, Penalties};
pub use problem::BinningProblem;
mod path;
mod refine;
mod repair;
mod report;
pub use report::{
    BinningDescent, BinningOptimizer, BinningReport, ExactReport, JudgedBinning, MOST_FINE_BINS,
};
