//! x
#![feature(autodiff)]
pub mod kernels;
pub mod histfactory;
pub mod fit;
pub mod inference;
