//! `shapefactor`: a free factor for each bin, shared by bin number where channels share its name.

use crate::histfactory::parameters::Requirement;

pub(in crate::histfactory) fn requirement(bins: usize) -> Requirement {
    Requirement::free(bins, false)
}
