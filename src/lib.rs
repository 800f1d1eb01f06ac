//! x
#![feature(autodiff)]
pub mod kernels;
