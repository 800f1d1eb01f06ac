//! `staterror`: a factor for each bin with a Normal constraint, shared by a channel's samples.
//!
//! The width of a bin is the root of the samples' summed squared uncertainties over their summed
//! yields. Where that is 0, or the summed yield is not above 0, the parameter stays, fixed, with
//! width 1. One name in several channels gives one parameter for each bin of each.

use crate::histfactory::parameters::{Constraint, GAMMA_BOUNDS, Requirement};
use crate::kernels::coefficients::staterror_width;

/// Whether a bin's factor is constrained by a width of its own.
pub(in crate::histfactory) fn is_alive(uncertainty: &[f64], nominal: &[f64]) -> bool {
    // The squares, because those of tiny uncertainties are 0, and so would be the width.
    uncertainty.iter().any(|u| u * u > 0.0) && nominal.iter().sum::<f64>() > 0.0
}

/// `bins` holds, for each bin, the samples' uncertainties and nominal yields.
pub(in crate::histfactory) fn requirement(bins: &[(Vec<f64>, Vec<f64>)]) -> Requirement {
    let width = |(u, n): &(Vec<f64>, Vec<f64>)| {
        if is_alive(u, n) { staterror_width(u, n) } else { 1.0 }
    };
    Requirement {
        scalar: false,
        inits: vec![1.0; bins.len()],
        bounds: vec![GAMMA_BOUNDS; bins.len()],
        fixed: bins.iter().map(|(u, n)| !is_alive(u, n)).collect(),
        constraint: Constraint::Normal {
            auxdata: vec![1.0; bins.len()],
            sigmas: Some(bins.iter().map(width).collect()),
        },
    }
}
