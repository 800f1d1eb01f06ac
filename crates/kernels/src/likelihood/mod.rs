//! The expected rates and -ln L of a compiled HistFactory model, on flat arrays.
//!
//! A cell is one bin of one sample. With nominal yield `N`, the summed `histosys` shifts `D` (both
//! in events), the factor `F` that the sample's bins share and the bin's own `gamma` factors,
//!
//! `F = prod_k nu_k(alpha_k) prod_m mu_m`,  `rate = (N + D) F prod_i gamma_i`,
//!
//! and a bin expects the sum of its cells' rates. [`Sweep`] walks over the cells, forward for rates
//! and back for derivatives with respect to parameters and coefficients. Both directions compute
//! with [`Series`] along a direction `x` of the parameters, so one walk serves three orders:
//!
//! | numbers | forward | reverse |
//! |---|---|---|
//! | `Series<1>` | rates | gradient |
//! | `Series<2>` | rates' slopes along `x` | Hessian times `x` |
//! | `Series<3>` | rates' second derivatives along `x` | gradient of `x^T H x` |
//!
//! [`Jacobian`] and [`Curvature`] keep the rates' first and second derivatives at a point in the
//! pattern of the model's [`Layout`], for solvers that need many products or the matrix itself.
//! [`terms`] has the sums over bins and constraints. Nothing is clipped: outside the domain a rate
//! is negative, and the caller reports it. All loops over cells are in here, compiled together with
//! Enzyme's derivatives of the interpolations and densities that they call.
//!
//! Sources: HistFactory, CERN-OPEN-2012-016, equations 1 and 2; A. Griewank, A. Walther, Evaluating
//! Derivatives, 2nd ed., sections 3, 5 and 13.

mod chunks;
mod curvature;
mod displacement;
mod jacobian;
mod layout;
mod series;
mod structure;
mod sweep;
pub mod terms;
#[cfg(test)]
mod tests;
mod vectors;

pub use curvature::Curvature;
pub use displacement::Interpolated;
pub use jacobian::{CellRate, Jacobian, group_rates};
pub use layout::{Block, Component, Layout, Place};
pub use series::Series;
pub use structure::{Coefficients, ConstraintKind, Group, Likelihood, Structure};
pub use sweep::{Derivatives, Ray, Scratch, Sweep};
