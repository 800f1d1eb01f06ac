//! `normfactor`: a free factor, the usual type of a parameter of interest.

use crate::histfactory::parameters::Requirement;

pub(in crate::histfactory) fn requirement() -> Requirement {
    Requirement::free(1, true)
}
