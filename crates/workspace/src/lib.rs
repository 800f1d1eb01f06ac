//! Reads, checks, patches, changes and writes pyhf's HistFactory workspaces.
//!
//! Data flow: text -> [`parse`] -> patches ([`apply_patch`], [`PatchSet`]) -> [`Workspace`], with
//! every array and name checked -> [`surgery`], or a model, which is compiled elsewhere. This
//! package contains neither models nor mathematics, so any Rust compiler builds it.
//!
//! Source: K. Cranmer et al., CERN-OPEN-2012-016; L. Heinrich et al., pyhf 0.7, schema 1.0.0.

mod error;
mod json;
mod modifiers;
mod numbers;
mod parameters;
mod patch;
pub mod surgery;
mod templates;
mod workspace;

pub use error::WorkspaceError;
pub use modifiers::{Modifier, ModifierData, NumbersKey};
pub use numbers::{NumbersPlace, json_pointer};
pub use parameters::ParameterOverride;
pub use patch::{Patch, PatchSet, PatchValue, apply_patch, parse};
pub use templates::{YieldPart, YieldSlot};
pub use workspace::{Channel, Measurement, Observation, Sample, Workspace};
