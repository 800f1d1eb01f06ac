//! The integration tests: one program, because each links Enzyme's work anew.

#![allow(missing_docs)]

mod common;
mod gradients;
mod published;
mod reference;
