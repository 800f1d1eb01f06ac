//! Tests of binnings optimised through figures of merit: gradients, exact optima, descents, invalid
//! problems.

mod descents;
mod exact;
mod gradients;
mod merits;
mod models;
mod problems;
mod reference;
mod repeatable;
mod soundness;
