//! `lumi`: the luminosity's factor; the measurement gives its value, bounds and uncertainty.

use crate::histfactory::parameters::{Constraint, Requirement};

/// Empty lists stand for what the measurement must give.
pub(in crate::histfactory) fn requirement() -> Requirement {
    Requirement {
        scalar: true,
        inits: Vec::new(),
        bounds: Vec::new(),
        fixed: vec![false],
        constraint: Constraint::Normal { auxdata: Vec::new(), sigmas: Some(Vec::new()) },
    }
}
