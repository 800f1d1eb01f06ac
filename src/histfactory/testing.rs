//! A model with every modifier type, and points of it, for the tests of derivatives.

use super::{Evaluator, LinearisedModel, Model, Workspace, WorkspaceModel, parse};
use crate::kernels::interpolation::Interpolation;

/// Numbers of all sizes between -1 and 1, none of them special.
pub(super) fn wave(i: usize, phase: f64) -> f64 {
    (i as f64 * 1.7 + phase).sin()
}

/// A model with every modifier type, and its data.
pub(super) fn every_type(interpolation: Interpolation) -> (Model, Vec<f64>) {
    let text = include_str!("../../tests/reference/all_types_qtilde.json");
    let json = parse(text).expect("JSON");
    let workspace = Workspace::from_json(json["workspace"].clone()).expect("a workspace");
    let model = workspace.model_with(None, interpolation).expect("a model");
    let data = workspace.data(&model);
    (model, data)
}

/// A point where nothing vanishes, and a direction.
pub(super) fn point(model: &Model) -> (Vec<f64>, Vec<f64>) {
    let inits = model.suggested_init().iter().enumerate();
    let scale = |init: f64| if init == 0.0 { 1.4 } else { 0.2 };
    let theta = inits.map(|(i, &init)| init + scale(init) * wave(i, 0.3)).collect();
    (theta, (0..model.n_parameters()).map(|i| wave(i, 1.1)).collect())
}

/// A model linearised at a point.
pub(super) fn linearised<'m>(model: &'m Model, theta: &[f64]) -> LinearisedModel<'m> {
    Evaluator::new(model).linearised_at(theta).expect("a point in the domain")
}
