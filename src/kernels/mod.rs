//! Scalar mathematics and its derivatives: the only place where Enzyme works.
//!
//! A kernel is a plain function over numbers and slices. Beside it stands a safe wrapper that
//! checks lengths and offers the value, `_vjp` (adds the adjoint into its outputs) or `_slope`
//! (a scalar's derivative), and, where fits and their adjoints need it, `_vjp_tangent`: the
//! derivative of the vector-Jacobian product along a direction (forward over reverse). Nobody
//! outside a kernel's file calls a function that Enzyme made.
//!
//! | symbol | meaning |
//! |---|---|
//! | `alpha` | nuisance parameter of an interpolation, in standard deviations |
//! | `gamma` | bin-wise multiplicative parameter |
//! | `s`, `a` | half difference and half curvature of a pair of shifted histograms |
//! | `n`, `r` | observed count and expected rate of a bin, in events |
//! | `u` | square root of a test statistic, `a` that of its Asimov value |

pub mod asymptotics;
pub mod coefficients;
pub mod density;
pub mod interpolation;
pub mod rates;

#[cfg(test)]
pub(crate) mod testing;
