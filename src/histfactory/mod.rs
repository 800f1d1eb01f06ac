//! HistFactory: a workspace's JSON, checked, compiled to a model, evaluated and differentiated.
//!
//! Data flow: text -> [`Workspace`] (every array and name checked) -> [`Model`] (flat arrays)
//! -> [`Evaluator`] (rates, -ln L, their derivatives at a point) -> [`ModelAdjoint`]
//! -> [`WorkspaceGradient`], shaped like the workspace it came from.
//!
//! Source: K. Cranmer et al., CERN-OPEN-2012-016; L. Heinrich et al., pyhf 0.7.

mod adjoint;
mod compile;
mod error;
mod evaluator;
mod gradient;
mod hessian;
mod model;
mod modifiers;
mod numbers;
mod parameters;
mod provenance;
mod samples;
mod second_order;
mod shape;
#[cfg(test)]
mod testing;
mod third_order;
mod uneven;
mod workspace;

pub use adjoint::ModelAdjoint;
pub use diffhep_workspace::{
    Channel, Measurement, Modifier, ModifierData, NumbersKey, NumbersPlace, Observation,
    ParameterOverride, Patch, PatchSet, PatchValue, Sample, Workspace, WorkspaceError, YieldPart,
    YieldSlot, apply_patch, json_pointer, parse, surgery,
};
pub use error::DomainError;
pub use evaluator::{At, Evaluator, Point};
pub(crate) use evaluator::{Linearised, LinearisedModel};
pub(crate) use hessian::{Curved, Hessian};
pub use model::{Model, ModelChannel};
pub use numbers::WorkspaceInputs;
pub use parameters::{Constraint, ParameterSet};
pub(crate) use second_order::{InformationForm, SecondOrder};
pub use shape::{ModifierGradient, ParameterGradient, SampleGradient, WorkspaceGradient};
pub(crate) use third_order::ThirdOrder;
pub(crate) use uneven::Uneven;
pub use workspace::WorkspaceModel;

pub(crate) use crate::kernels::likelihood::ConstraintKind;
