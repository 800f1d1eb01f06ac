//! Cuts optimised through figures of merit: gradients, scans, descents, studies.

mod gradients;
mod selections;
