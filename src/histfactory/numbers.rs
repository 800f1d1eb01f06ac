//! A workspace's numbers as one flat list: what a gradient is a gradient with respect to.
//!
//! Enters: a workspace and a model made of it. Leaves: every number that the model depends on, with
//! the name of its place; a workspace with other numbers; and a [`WorkspaceGradient`] in the same
//! order. The order is the file's: channels, samples, nominal yields, modifiers' data;
//! observations; then for each parameter set of the model its initial values, its bounds (lower and
//! upper in turns), auxiliary data, widths and factors, whether the measurement lists them or not.
//! [`visit`] walks over them.
//!
//! It lists no numbers of other measurements, and no flags.

use super::model::Model;
use super::parameters::{Constraint, ParameterSet};
use super::shape::{
    BOUNDS, ParameterGradient, Place, SampleGradient, WorkspaceGradient, setting_json, setting_mut,
    visit,
};
use super::{Channel, Workspace, WorkspaceError, compile, json_pointer};

/// Every number of a workspace that a model depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkspaceInputs {
    /// Places as JSON pointers (RFC 6901) with names instead of positions, such as
    /// `/channels/SR/background/data/0`, `/channels/SR/background/scale/normsys/hi`,
    /// `/observations/SR/0` and `/parameters/lumi/auxdata/0`.
    pub names: Vec<String>,
    /// In the unit of each place.
    pub values: Vec<f64>,
}

fn set_numbers(set: &ParameterSet) -> ParameterGradient {
    let (auxdata, sigmas, factors) = match &set.constraint {
        Constraint::None => (None, None, None),
        Constraint::Normal { auxdata, sigmas } => (Some(auxdata.clone()), sigmas.clone(), None),
        Constraint::Poisson { auxdata, factors } => {
            (Some(auxdata.clone()), None, Some(factors.clone()))
        }
    };
    let (inits, bounds) = (set.inits.clone(), set.bounds.clone());
    ParameterGradient { name: set.name.clone(), inits, bounds, auxdata, sigmas, factors }
}

/// The numbers in the shape of their derivatives.
fn numbers(workspace: &Workspace, model: &Model) -> WorkspaceGradient {
    let samples = |channel: &Channel| {
        let samples = channel.samples.iter().map(|sample| SampleGradient {
            data: sample.data.clone(),
            modifiers: sample.modifiers.iter().map(|m| m.data.clone()).collect(),
        });
        samples.collect()
    };
    WorkspaceGradient {
        channels: workspace.channels().iter().map(samples).collect(),
        observations: workspace.observations().iter().map(|o| o.data.clone()).collect(),
        parameters: model.parameter_sets().iter().map(set_numbers).collect(),
        measurement: model.provenance.measurement,
    }
}

/// Names of the numbers of a parameter set's setting.
fn setting_names(model: &Model, set: usize, key: &str, numbers: usize) -> Vec<String> {
    let path = json_pointer(["parameters", &model.parameter_sets()[set].name, key]);
    let name = |i: usize| match key {
        BOUNDS => format!("{path}/{}/{}", i / 2, ["lower", "upper"][i % 2]),
        _ => format!("{path}/{i}"),
    };
    (0..numbers).map(name).collect()
}

/// [`WorkspaceModel::inputs`](super::WorkspaceModel::inputs).
pub(super) fn inputs(workspace: &Workspace, model: &Model) -> WorkspaceInputs {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    visit(&numbers(workspace, model), |place, list| {
        names.extend(match place {
            Place::List(place) => workspace.number_names(place),
            Place::Setting { set, key } => setting_names(model, set, key, list.len()),
        });
        values.extend_from_slice(list);
    });
    WorkspaceInputs { names, values }
}

/// The numbers alone.
fn values(workspace: &Workspace, model: &Model) -> Vec<f64> {
    numbers(workspace, model).flatten()
}

/// [`WorkspaceModel::with_inputs`](super::WorkspaceModel::with_inputs).
pub(super) fn with_inputs(
    workspace: &Workspace,
    model: &Model,
    given: &[f64],
) -> Result<Workspace, WorkspaceError> {
    let shape = numbers(workspace, model);
    let present = shape.flatten();
    if given.len() != present.len() {
        let (expected, found) = (present.len(), given.len());
        return Err(WorkspaceError::WrongLength { path: "inputs".to_owned(), expected, found });
    }
    if let Some(i) = given.iter().position(|value| !value.is_finite()) {
        let path = inputs(workspace, model).names[i].clone();
        return Err(WorkspaceError::NotFinite { path, found: given[i] });
    }
    let mut changed = Vec::new();
    let mut from = 0;
    visit(&shape, |place, list| {
        let range = from..from + list.len();
        from = range.end;
        if given[range.clone()] != present[range.clone()] {
            changed.push((place, range));
        }
    });
    let mut out = workspace.clone();
    for (place, range) in &changed {
        if let Place::List(place) = place {
            out.set_numbers(*place, &given[range.clone()])?;
        }
    }
    if changed.iter().all(|(place, _)| matches!(place, Place::List(_))) {
        return Ok(out);
    }
    // What the model derives from those numbers follows them; changes of settings come on top.
    let measurement = model.provenance.measurement;
    let follows = compile::compile(&out, measurement, model.interpolation());
    // Whoever compiles the workspace is told why there is no model.
    let follows = follows.map_or_else(|_| present.clone(), |model| values(&out, &model));
    let mut json = out.json().clone();
    for (place, range) in changed {
        let Place::Setting { set, key } = place else { continue };
        let moved = range.map(|i| match follows[i] == present[i] {
            true => given[i],
            false => follows[i] + (given[i] - present[i]),
        });
        let name = &model.parameter_sets()[set].name;
        let setting = setting_mut(&mut json, measurement, name, key, true);
        *setting.expect("it is added") = setting_json(key, &moved.collect::<Vec<f64>>());
    }
    Workspace::from_json(json)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::histfactory::WorkspaceModel;
    use crate::inference::{AsymptoticCalculator, HypothesisTestOptions, Quantity};

    fn workspace() -> Workspace {
        let modifiers = json!([
            { "name": "a/b", "type": "normsys", "data": { "lo": 0.9, "hi": 1.2 } },
            { "name": "shape", "type": "histosys", "data": { "lo_data": [45.0, 61.0], "hi_data": [56.0, 57.0] } },
            { "name": "count", "type": "shapesys", "data": [4.0, 6.0] },
        ]);
        let mu = json!([{ "name": "mu", "type": "normfactor", "data": null }]);
        Workspace::from_json(json!({
            "version": "1.0.0",
            "channels": [{ "name": "SR", "samples": [
                { "name": "s", "data": [5.0, 10.0], "modifiers": mu },
                { "name": "b", "data": [50.0, 60.0], "modifiers": modifiers },
            ] }],
            "observations": [{ "name": "SR", "data": [51.0, 63.0] }],
            "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [
                { "name": "mu", "bounds": [[0.0, 8.0]] },
            ] } }],
        }))
        .expect("a workspace")
    }

    fn cls(workspace: &Workspace) -> (f64, Vec<f64>) {
        let model = workspace.model().expect("a model");
        let data = workspace.data(&model);
        let options = HypothesisTestOptions::default();
        let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
        let test = calculator.hypotest(1.3).expect("a test");
        let adjoint = calculator.gradient(&test.ratio, Quantity::Observed).expect("a gradient");
        (test.cls_obs, WorkspaceGradient::new(workspace, &model, &adjoint).flatten())
    }

    #[test]
    fn inputs_are_named_and_in_the_file_s_order() {
        let workspace = workspace();
        let inputs = workspace.inputs(&workspace.model().expect("a model"));
        assert_eq!(inputs.names.len(), inputs.values.len());
        let at = |name: &str| {
            let found = inputs.names.iter().position(|known| known == name);
            inputs.values[found.unwrap_or_else(|| panic!("no {name} in {:?}", inputs.names))]
        };
        assert_eq!(at("/channels/SR/b/data/1"), 60.0);
        assert_eq!(at("/channels/SR/b/a~1b/normsys/hi"), 1.2);
        assert_eq!(at("/channels/SR/b/shape/histosys/lo_data/0"), 45.0);
        assert_eq!(at("/observations/SR/1"), 63.0);
        assert_eq!(at("/parameters/mu/bounds/0/upper"), 8.0);
        // (60 / 6)^2
        assert_eq!(at("/parameters/count/auxdata/1"), 100.0);
        let unique: std::collections::HashSet<_> = inputs.names.iter().collect();
        assert_eq!(unique.len(), inputs.names.len());
    }

    #[test]
    fn derivatives_are_those_by_the_inputs() {
        let workspace = workspace();
        let model = workspace.model().expect("a model");
        let (inputs, (_, gradient)) = (workspace.inputs(&model), cls(&workspace));
        assert_eq!(gradient.len(), inputs.values.len());
        for (i, name) in inputs.names.iter().enumerate() {
            let at = |sign: f64| {
                let mut values = inputs.values.clone();
                let step = 1e-4 * values[i].abs().max(0.1);
                values[i] += sign * step;
                (cls(&workspace.with_inputs(&model, &values).expect("a workspace")).0, step)
            };
            // Initial values on a bound cannot move beyond it, and fits do not depend on them.
            if name.starts_with("/parameters/mu") || name.contains("bounds") {
                assert_eq!(gradient[i], 0.0, "{name}");
                continue;
            }
            let ((above, step), (below, _)) = (at(1.0), at(-1.0));
            let difference = (above - below) / (2.0 * step);
            let scale = 1e-3 + gradient[i].abs();
            assert!(
                (difference - gradient[i]).abs() < 1e-5 * scale,
                "{name}: {difference} and {}",
                gradient[i]
            );
        }
    }

    #[test]
    fn derivatives_hold_along_a_direction_that_moves_everything() {
        let workspace = workspace();
        let model = workspace.model().expect("a model");
        let (inputs, (_, gradient)) = (workspace.inputs(&model), cls(&workspace));
        let direction = |i: usize| {
            let is_setting = ["inits", "bounds"].iter().any(|key| inputs.names[i].contains(key));
            let sign = if i.is_multiple_of(2) { 1.0 } else { -0.7 };
            if is_setting { 0.0 } else { sign * inputs.values[i].abs().max(0.1) }
        };
        let slope: f64 = gradient.iter().enumerate().map(|(i, slope)| slope * direction(i)).sum();
        let at = |t: f64| {
            let values = inputs.values.iter().enumerate().map(|(i, x)| x + t * direction(i));
            let values: Vec<f64> = values.collect();
            cls(&workspace.with_inputs(&model, &values).expect("a workspace")).0
        };
        let difference = (at(1e-4) - at(-1e-4)) / 2e-4;
        assert!((difference - slope).abs() < 1e-5 * slope.abs(), "{difference} and {slope}");
    }

    #[test]
    fn the_same_numbers_give_the_same_workspace() {
        let workspace = workspace();
        let model = workspace.model().expect("a model");
        let inputs = workspace.inputs(&model);
        assert_eq!(workspace.with_inputs(&model, &inputs.values), Ok(workspace.clone()));
        let wrong = workspace.with_inputs(&model, &inputs.values[1..]);
        assert!(matches!(wrong, Err(WorkspaceError::WrongLength { .. })), "{wrong:?}");
        let mut values = inputs.values;
        values[3] = f64::NAN;
        let wrong = workspace.with_inputs(&model, &values).expect_err("NaN").to_string();
        assert!(wrong.contains("/channels/SR/b/data/1"), "{wrong}");
    }
}
