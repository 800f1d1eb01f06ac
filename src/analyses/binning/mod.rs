//! Choosing bins, or categories of events, by gradient descent through a figure of merit.
//!
//! Enters: [`ProcessData`] (signals, backgrounds and their shape systematics), a [`CategoryModel`],
//! and [`BinningOptions`]. The descent sees soft bins
//! ([`kernels::binning`](crate::kernels::binning),
//! [`kernels::membership`](crate::kernels::membership)); the reported results are evaluated with
//! hard ones. Leaves: a [`BinningReport`], which for comparison includes bins of equal width and,
//! for the significances, the exact optimum of contiguous bins.
//!
//! Source of the method: gato-hep, F. Mausolf. Significances are those of arXiv:1007.1727, equation
//! 97, added in quadrature over bins; p0 and CLs are those of [`inference`](crate::inference).

mod categories;
mod descent;
mod error;
mod events;
mod exact;
mod fine;
mod fingerprint;
mod merit;
mod mixture;
mod optimizer;
mod options;
mod path;
mod problem;
mod processes;
mod product;
mod refine;
mod repair;
mod report;
mod result;
mod significance;
mod sorted;
mod workspace;

pub use super::data::{Background, NamedSample, ProcessData, ShapeVariation};
pub use categories::{
    BinnedColumn, CategoryModel, FoundCategories, InvalidColumn, MixtureComponent,
};
pub use descent::BinningObjective;
pub use error::BinningError;
pub use merit::{BinningMerit, PenaltyValues};
pub use mixture::MixtureMeans;
pub use optimizer::{BinningDescent, BinningOptimizer, MOST_FINE_BINS};
pub use options::{
    BinOrder, BinningOptions, Combination, FEWEST_SIMULATED_EVENTS, FineEdges, Penalties,
};
pub use problem::BinningProblem;
pub use report::{BinningReport, DescentReport, ExactBinning, JudgedBinning};
pub use result::binning_json;
