//! A workspace's numbers as one flat list: what a gradient is a gradient by.
//!
//! Enters: a workspace and a model made of it. Leaves: every number that the model depends on, with
//! the name of its place; a workspace with other numbers; and a [`WorkspaceGradient`] in the same
//! order. The order is the file's: channels, samples, nominal yields, modifiers' data;
//! observations; then for each parameter set of the model its initial values, its bounds (lower and
//! upper in turns), auxiliary data, widths and factors, whether the measurement lists them or not.
//!
//! It lists no numbers of other measurements, and no flags.

use serde_json::{Value, json};

use super::gradient::{ParameterGradient, SampleGradient, WorkspaceGradient};
use super::model::Model;
use super::parameters::{Constraint, ParameterSet};
use super::workspace::WorkspaceModel;
use super::{Channel, ModifierData, Workspace, WorkspaceError};

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

/// Where a list of numbers stands.
#[derive(Clone, Copy)]
enum Place {
    Nominal { channel: usize, sample: usize },
    Modifier { channel: usize, sample: usize, modifier: usize, key: Option<&'static str> },
    Observation(usize),
    Parameter { set: usize, key: &'static str },
}

const BOUNDS: &str = "bounds";

/// Shows every list of a gradient, or of the numbers themselves in its shape, in the flat order.
fn visit(shape: &WorkspaceGradient, mut show: impl FnMut(Place, &[f64])) {
    for (channel, samples) in shape.channels.iter().enumerate() {
        for (sample, numbers) in samples.iter().enumerate() {
            show(Place::Nominal { channel, sample }, &numbers.data);
            for (modifier, data) in numbers.modifiers.iter().enumerate() {
                let place = |key| Place::Modifier { channel, sample, modifier, key };
                match data {
                    ModifierData::Histosys { lo, hi } => {
                        show(place(Some("lo_data")), lo);
                        show(place(Some("hi_data")), hi);
                    }
                    ModifierData::Normsys { lo, hi } => {
                        show(place(Some("lo")), &[*lo]);
                        show(place(Some("hi")), &[*hi]);
                    }
                    ModifierData::Shapesys(u) | ModifierData::Staterror(u) => show(place(None), u),
                    ModifierData::Lumi | ModifierData::Normfactor | ModifierData::Shapefactor => (),
                }
            }
        }
    }
    for (i, counts) in shape.observations.iter().enumerate() {
        show(Place::Observation(i), counts);
    }
    for (set, numbers) in shape.parameters.iter().enumerate() {
        let ParameterGradient { inits, bounds, auxdata, sigmas, factors, .. } = numbers;
        show(Place::Parameter { set, key: "inits" }, inits);
        let bounds: Vec<f64> = bounds.iter().flat_map(|(lower, upper)| [*lower, *upper]).collect();
        show(Place::Parameter { set, key: BOUNDS }, &bounds);
        for (key, list) in [("auxdata", auxdata), ("sigmas", sigmas), ("factors", factors)] {
            if let Some(list) = list {
                show(Place::Parameter { set, key }, list);
            }
        }
    }
}

impl WorkspaceGradient {
    /// The derivatives in the order of [`WorkspaceModel::inputs`].
    pub fn flatten(&self) -> Vec<f64> {
        let mut out = Vec::new();
        visit(self, |_, list| out.extend_from_slice(list));
        out
    }
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

/// The path of an entry, whose names may hold the characters that part them.
fn pointer<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let escape = |part: &str| part.replace('~', "~0").replace('/', "~1");
    parts.into_iter().map(|part| format!("/{}", escape(part))).collect()
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
        measurement: model.sources.measurement,
    }
}

fn name_of(workspace: &Workspace, model: &Model, place: Place) -> String {
    match place {
        Place::Nominal { channel, sample } => {
            let channel = &workspace.channels()[channel];
            pointer(["channels", &channel.name, &channel.samples[sample].name, "data"])
        }
        Place::Modifier { channel, sample, modifier, key } => {
            let (channel, key) = (&workspace.channels()[channel], key.into_iter());
            let sample = &channel.samples[sample];
            let modifier = &sample.modifiers[modifier];
            let kind = modifier.data.type_name();
            let parts = ["channels", &channel.name, &sample.name, &modifier.name, kind];
            pointer(parts.into_iter().chain(key))
        }
        Place::Observation(i) => pointer(["observations", &workspace.observations()[i].name]),
        Place::Parameter { set, key } => {
            pointer(["parameters", &model.parameter_sets()[set].name, key])
        }
    }
}

/// [`WorkspaceModel::inputs`].
pub(super) fn inputs(workspace: &Workspace, model: &Model) -> WorkspaceInputs {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    visit(&numbers(workspace, model), |place, list| {
        let path = name_of(workspace, model, place);
        let name = |i: usize| match place {
            Place::Modifier { key: Some("lo" | "hi"), .. } => path.clone(),
            Place::Parameter { key: BOUNDS, .. } => {
                format!("{path}/{}/{}", i / 2, ["lower", "upper"][i % 2])
            }
            _ => format!("{path}/{i}"),
        };
        names.extend((0..list.len()).map(name));
        values.extend_from_slice(list);
    });
    WorkspaceInputs { names, values }
}

/// [`WorkspaceModel::with_inputs`].
pub(super) fn with_inputs(
    workspace: &Workspace,
    model: &Model,
    values: &[f64],
) -> Result<Workspace, WorkspaceError> {
    let WorkspaceInputs { names, values: present } = inputs(workspace, model);
    if values.len() != present.len() {
        let (expected, found) = (present.len(), values.len());
        return Err(WorkspaceError::WrongLength { path: "inputs".to_owned(), expected, found });
    }
    if let Some(i) = values.iter().position(|value| !value.is_finite()) {
        let path = names[i].clone();
        return Err(WorkspaceError::NotFinite { path, found: values[i] });
    }
    let is_setting = |place: &Place| matches!(place, Place::Parameter { .. });
    let follows =
        changed(workspace, model, &present, values, &present, |place| !is_setting(place))?;
    // Settings of parameters stand last.
    let first = names.iter().position(|name| name.starts_with("/parameters/"));
    let first = first.unwrap_or(present.len());
    if values[first..] == present[first..] {
        return Ok(follows);
    }
    let derived = match model_of(&follows, model) {
        Some(model) => inputs(&follows, &model).values,
        // Whoever compiles what it becomes is told why there is no model.
        None => present.clone(),
    };
    changed(&follows, model, &present, values, &derived, is_setting)
}

/// The model of the same measurement.
fn model_of(workspace: &Workspace, model: &Model) -> Option<Model> {
    let name = workspace.measurements().get(model.sources.measurement)?.name.as_str();
    workspace.model_with(Some(name), model.interpolation()).ok()
}

/// The workspace with those lists changed that a condition takes: where `values` differ from
/// `present`, by as much off `base`. All are in the flat order.
fn changed(
    workspace: &Workspace,
    model: &Model,
    present: &[f64],
    values: &[f64],
    base: &[f64],
    takes: impl Fn(&Place) -> bool,
) -> Result<Workspace, WorkspaceError> {
    let (mut json, mut from, mut is_changed) = (workspace.json().clone(), 0, false);
    visit(&numbers(workspace, model), |place, list| {
        let range = from..from + list.len();
        from = range.end;
        if takes(&place) && values[range.clone()] != present[range.clone()] {
            let moved = range.map(|i| match base[i] == present[i] {
                true => values[i],
                false => base[i] + (values[i] - present[i]),
            });
            write(&mut json, place, &moved.collect::<Vec<f64>>(), model);
            is_changed = true;
        }
    });
    if is_changed { Workspace::from_json(json) } else { Ok(workspace.clone()) }
}

/// Replaces a list in a workspace's JSON.
fn write(json: &mut Value, place: Place, given: &[f64], model: &Model) {
    match place {
        Place::Nominal { channel, sample } => {
            json["channels"][channel]["samples"][sample]["data"] = json!(given);
        }
        Place::Modifier { channel, sample, modifier, key } => {
            let modifiers = &mut json["channels"][channel]["samples"][sample]["modifiers"];
            let data = &mut modifiers[modifier]["data"];
            match key {
                None => *data = json!(given),
                Some(key @ ("lo" | "hi")) => data[key] = json!(given[0]),
                Some(key) => data[key] = json!(given),
            }
        }
        Place::Observation(i) => json["observations"][i]["data"] = json!(given),
        Place::Parameter { set, key } => {
            let measurement = &mut json["measurements"][model.sources.measurement];
            let settings = measurement["config"]["parameters"].as_array_mut();
            let settings = settings.expect("a checked measurement has a list");
            let name = &model.parameter_sets()[set].name;
            let found = settings.iter().position(|setting| setting["name"] == **name);
            let found = found.unwrap_or_else(|| {
                settings.push(json!({ "name": name }));
                settings.len() - 1
            });
            settings[found][key] = match key {
                BOUNDS => given.chunks(2).map(|pair| json!(pair)).collect(),
                _ => json!(given),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
