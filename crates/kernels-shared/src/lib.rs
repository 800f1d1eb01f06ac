//! The kernels as a shared library: Enzyme works when it is linked, so that programs that link it
//! need neither Enzyme nor link-time optimisation.

pub use diffhep_kernels::*;
