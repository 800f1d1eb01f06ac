//! HistFactory: a workspace's JSON, checked, compiled to a model, evaluated and differentiated.
//!
//! Data flow: text -> [`Workspace`] (every array and name checked) -> [`Model`] (flat arrays)
//! -> [`Evaluator`] (rates, -ln L, their derivatives at a point) -> [`ModelAdjoint`]
//! -> [`WorkspaceGradient`], shaped like the workspace it came from.
//!
//! Source: K. Cranmer et al., CERN-OPEN-2012-016; L. Heinrich et al., pyhf 0.7.

mod compile;
mod error;
mod evaluator;
mod fill;
mod gradient;
mod inputs;
mod json;
mod model;
mod modifiers;
mod parameters;
mod patch;
mod samples;
mod second_order;
mod sources;
mod structure;
pub mod surgery;
#[cfg(test)]
mod testing;
mod third_order;
mod workspace;

pub use error::{DomainError, WorkspaceError};
pub use evaluator::Evaluator;
pub use fill::YieldSlot;
pub use gradient::{ModifierGradient, ParameterGradient, SampleGradient, WorkspaceGradient};
pub use inputs::WorkspaceInputs;
pub use model::{Model, ModelChannel};
pub use modifiers::{Modifier, ModifierData};
pub use parameters::{Constraint, ParameterOverride, ParameterSet};
pub use patch::{Patch, PatchSet, PatchValue, apply_patch, parse};
pub(crate) use second_order::SecondOrder;
pub(crate) use structure::ConstraintKind;
pub use structure::ModelAdjoint;
pub(crate) use third_order::ThirdOrder;
pub use workspace::{Channel, Measurement, Observation, Sample, Workspace};
