//! Scalar mathematics and its derivatives: the only place where Enzyme works.
//!
//! A kernel is a plain function over numbers and slices. It has a safe wrapper that checks lengths
//! and provides the value, `_vjp` (adds the adjoint into its outputs) or `_slope` (a scalar's
//! derivative), and, where fits and their adjoints need it, the second order by forward over
//! reverse: `_vjp_tangent` (the change of the vector-Jacobian product along a direction), `_bend`
//! and `_curvature` (the same for scalars). No code outside a kernel's file calls a function that
//! Enzyme generated. Loops over events, bins and cells are also in this package: [`likelihood`] has
//! a hand-written walk over a model, which applies the product rule between the interpolations and
//! densities that Enzyme differentiates.
//!
//! Two rules keep this compiler exact, and tests check them: a kernel with a seed other than 1
//! writes its result to a slice (the seed of a returned number is taken as 1), and so does a kernel
//! that is differentiated twice (a reverse pass that returns a number cannot be differentiated
//! again unless it happens to be inlined).
//!
//! | symbol | meaning |
//! |---|---|
//! | `alpha` | nuisance parameter of an interpolation, in standard deviations |
//! | `gamma` | bin-wise multiplicative parameter |
//! | `s`, `a` | half difference and half curvature of a pair of shifted histograms |
//! | `n`, `r` | observed count and expected rate of a bin, in events |
//! | `u` | square root of a test statistic, `a` that of its Asimov value |

#![feature(autodiff, portable_simd)]
#![allow(
    clippy::too_many_arguments,
    clippy::needless_range_loop,
    reason = "Enzyme's functions take each slice with its shadow; kernels are written as loops over indices"
)]

pub mod activation;
pub mod asymptotics;
pub mod binning;
pub mod boundaries;
pub mod coefficients;
pub mod density;
pub mod interpolation;
pub mod jets;
pub mod kernel_histogram;
pub mod likelihood;
mod matrix;
pub mod membership;
pub mod network;
pub mod penalty;
pub mod selection;
pub mod significance;
