//! What each of the seven modifier types asks of its parameter: one file each.

pub(super) mod histosys;
pub(super) mod lumi;
pub(super) mod normfactor;
pub(super) mod normsys;
pub(super) mod shapefactor;
pub(super) mod shapesys;
pub(super) mod staterror;
