//! Tests of cuts optimised through figures of merit: gradients, scans, descents, studies.

mod descents;
mod gradients;
mod selections;
