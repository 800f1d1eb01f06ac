//! `histosys`: an additive shift of each bin, interpolated between -1 and +1 standard deviation.

use crate::histfactory::parameters::Requirement;

pub(in crate::histfactory) fn requirement() -> Requirement {
    Requirement::unit_normal()
}
