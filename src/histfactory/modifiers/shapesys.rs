//! `shapesys`: an uncorrelated factor for each bin with a Poisson constraint.
//!
//! The auxiliary count of a bin is `tau = (nominal / uncertainty)^2`. Where nominal or uncertainty
//! is not above 0, or `tau` is out of range, the bin is dead: its parameter stays, fixed at 1, with
//! `tau` = 1.

use crate::histfactory::parameters::{Constraint, GAMMA_BOUNDS, Requirement};
use crate::kernels::coefficients::shapesys_tau;

/// Whether a bin's factor is constrained by data of its own.
pub(in crate::histfactory) fn is_alive(nominal: f64, uncertainty: f64) -> bool {
    let tau = shapesys_tau(nominal, uncertainty);
    nominal > 0.0 && uncertainty > 0.0 && tau > 0.0 && tau.is_finite()
}

pub(in crate::histfactory) fn requirement(nominal: &[f64], uncertainty: &[f64]) -> Requirement {
    let bins = || nominal.iter().copied().zip(uncertainty.iter().copied());
    let tau = |(n, u)| if is_alive(n, u) { shapesys_tau(n, u) } else { 1.0 };
    let factors: Vec<f64> = bins().map(tau).collect();
    Requirement {
        scalar: false,
        inits: vec![1.0; nominal.len()],
        bounds: vec![GAMMA_BOUNDS; nominal.len()],
        fixed: bins().map(|(n, u)| !is_alive(n, u)).collect(),
        constraint: Constraint::Poisson { auxdata: factors.clone(), factors },
    }
}
