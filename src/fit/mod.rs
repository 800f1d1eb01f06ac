//! Maximum-likelihood fits by Newton's method, and how outputs of a fit depend on its inputs.
//!
//! [`minimise`] finds the minimum of -ln L within bounds; [`FitReport`] says how it ended;
//! [`pull_back`](adjoint::pull_back) carries derivatives from the fitted parameters to everything
//! that the model was made of, by the implicit function theorem.

pub mod adjoint;
mod conjugate_gradient;
mod information;
mod newton;

pub use adjoint::{AdjointError, pull_back};
pub use newton::{FitError, FitOptions, FitReport, FitStatus, minimise};
