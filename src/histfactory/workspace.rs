//! What a workspace is to a model: what it is compiled from, where its data and numbers come from.

use super::model::Model;
use super::{Workspace, WorkspaceError, WorkspaceInputs, compile, numbers};
use crate::kernels::interpolation::Interpolation;

/// A workspace's way to models, and theirs back to its numbers.
///
/// Bring it into scope to compile a model: a [`Workspace`] itself is JSON that was checked, and
/// knows no model.
pub trait WorkspaceModel: Sized {
    /// The model of the first measurement with pyhf's default interpolation (codes 4 and 4p).
    ///
    /// # Errors
    /// [`WorkspaceError`] where parameters, overrides or the parameter of interest do not fit.
    fn model(&self) -> Result<Model, WorkspaceError> {
        self.model_with(None, Interpolation::default())
    }

    /// The model of the named (or first) measurement with the given interpolation codes.
    ///
    /// # Errors
    /// As [`WorkspaceModel::model`], and where no measurement has that name.
    fn model_with(
        &self,
        measurement: Option<&str>,
        interpolation: Interpolation,
    ) -> Result<Model, WorkspaceError>;

    /// Observed counts in the model's channel order, then its auxiliary data.
    fn data(&self, model: &Model) -> Vec<f64>;

    /// Every number that the model depends on, with the name of its place.
    ///
    /// # Panics
    /// Where the model was made of another workspace.
    fn inputs(&self, model: &Model) -> WorkspaceInputs;

    /// The workspace with other numbers, in the order of [`WorkspaceModel::inputs`]; read and
    /// checked anew.
    ///
    /// What the model derives from other numbers (a `shapesys` parameter's auxiliary data and
    /// factors, a `staterror` parameter's widths) follows them; where it is changed itself, the
    /// change is added to what follows. So a gradient's product with the changes is the slope along
    /// them, whatever changes.
    ///
    /// # Errors
    /// [`WorkspaceError::WrongLength`], and whatever reading such a workspace gives.
    ///
    /// # Panics
    /// Where the model was made of another workspace.
    fn with_inputs(&self, model: &Model, values: &[f64]) -> Result<Self, WorkspaceError>;
}

impl WorkspaceModel for Workspace {
    fn model_with(
        &self,
        measurement: Option<&str>,
        interpolation: Interpolation,
    ) -> Result<Model, WorkspaceError> {
        compile::compile(self, self.measurement_index(measurement)?, interpolation)
    }

    fn data(&self, model: &Model) -> Vec<f64> {
        let observation = |name: &str| self.observations().iter().find(|o| o.name == name);
        let main = model.channels().iter().filter_map(|c| observation(&c.name));
        let main = main.flat_map(|o| o.data.iter().copied());
        main.chain(model.auxiliary_data().iter().copied()).collect()
    }

    fn inputs(&self, model: &Model) -> WorkspaceInputs {
        numbers::inputs(self, model)
    }

    fn with_inputs(&self, model: &Model, values: &[f64]) -> Result<Self, WorkspaceError> {
        numbers::with_inputs(self, model, values)
    }
}
