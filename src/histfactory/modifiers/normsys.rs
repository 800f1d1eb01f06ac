//! `normsys`: a factor, interpolated between -1 and +1 standard deviation.
//!
//! Both factors must be above 0, because the interpolation takes their logarithms.

use crate::histfactory::parameters::Requirement;

pub(in crate::histfactory) fn requirement() -> Requirement {
    Requirement::unit_normal()
}
