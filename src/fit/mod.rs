//! Maximum-likelihood fits by Newton's method, and how the outputs of a fit depend on its inputs.
//!
//! [`minimise`] descends to a minimum of -ln L within bounds, [`lowest_minimum`] to the lowest of
//! several; [`FitReport`] says how it ended;
//! [`minimise_to_the_edge`] continues where that minimum lies on the edge of the likelihood's
//! domain; its adjoint carries derivatives from the fitted parameters to all inputs of the model,
//! by the implicit function theorem.

pub(crate) mod adjoint;
mod arrow;
mod arrow_factor;
mod conjugate_gradient;
mod covariance;
mod edge;
mod information;
mod kinks;
mod newton;
mod products;
mod report;
mod solver;
mod valleys;
mod woodbury;

pub use adjoint::AdjointError;
pub(crate) use adjoint::{pull_back, pull_back_at};
pub(crate) use arrow::Arrow;
pub(crate) use arrow_factor::least_determined;
pub use covariance::Covariance;
pub use edge::{EDGE_COUNT, EdgeFit, minimise_to_the_edge};
pub(crate) use information::{Factor, Ingredients, checked};
pub use newton::minimise;
pub use report::{FitError, FitOptions, FitReport, FitStatus};
pub(crate) use valleys::LOWER;
pub use valleys::lowest_minimum;
