//! Derivatives in the shape of a workspace.
//!
//! Enters: the [`ModelAdjoint`] of some number. Leaves: that number's derivative with respect to
//! every number of the workspace: yields, modifiers' data, observations, and the measurement's
//! settings of parameters. Pulls back through the maps of
//! [`kernels::coefficients`](crate::kernels::coefficients).
//! Source: the chain rule over pyhf 0.7's workspace schema 1.0.0.

use serde_json::{Value, json};

use super::adjoint::ModelAdjoint;
use super::model::Model;
use super::modifiers::{shapesys, staterror};
use super::parameters::{Constraint, ParameterSet};
use super::{ModifierData, Workspace, YieldPart, YieldSlot};
use crate::kernels::coefficients::{
    NORMSYS_COEFFICIENTS, histosys_coefficients_vjp, normsys_coefficients_vjp, shapesys_tau_vjp,
    staterror_width_vjp,
};

/// Derivatives with respect to a modifier's numbers, in their shape.
pub type ModifierGradient = ModifierData;

/// Derivatives with respect to a sample's numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleGradient {
    /// One a bin, per event of nominal yield.
    pub data: Vec<f64>,
    /// In the file's order.
    pub modifiers: Vec<ModifierGradient>,
}

/// Derivatives with respect to the numbers that define a parameter set, one a component.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterGradient {
    /// The set's name.
    pub name: String,
    /// Initial values: not 0 for parameters that are fixed at them, or where nominal Asimov data
    /// are made of them.
    pub inits: Vec<f64>,
    /// Lower and upper bounds: not 0 only where a fit stopped at one.
    pub bounds: Vec<(f64, f64)>,
    /// Auxiliary data, of a constrained parameter.
    pub auxdata: Option<Vec<f64>>,
    /// Widths, of a Normal constraint.
    pub sigmas: Option<Vec<f64>>,
    /// Factors, of a Poisson constraint.
    pub factors: Option<Vec<f64>>,
}

/// Derivatives with respect to every number of a workspace, in the file's order.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkspaceGradient {
    /// Channels, then samples.
    pub channels: Vec<Vec<SampleGradient>>,
    /// Observations, one list a channel.
    pub observations: Vec<Vec<f64>>,
    /// Parameter sets, in the model's order.
    pub parameters: Vec<ParameterGradient>,
    pub(super) measurement: usize,
}

fn zero_modifier(data: &ModifierData) -> ModifierGradient {
    let zeros = |values: &[f64]| vec![0.0; values.len()];
    match data {
        ModifierData::Histosys { lo, hi } => {
            ModifierData::Histosys { lo: zeros(lo), hi: zeros(hi) }
        }
        ModifierData::Normsys { .. } => ModifierData::Normsys { lo: 0.0, hi: 0.0 },
        ModifierData::Shapesys(u) => ModifierData::Shapesys(zeros(u)),
        ModifierData::Staterror(u) => ModifierData::Staterror(zeros(u)),
        ModifierData::Lumi | ModifierData::Normfactor | ModifierData::Shapefactor => data.clone(),
    }
}

fn zero_channels(workspace: &Workspace) -> Vec<Vec<SampleGradient>> {
    let channels = workspace.channels().iter().map(|channel| {
        let samples = channel.samples.iter().map(|sample| SampleGradient {
            data: vec![0.0; sample.data.len()],
            modifiers: sample.modifiers.iter().map(|m| zero_modifier(&m.data)).collect(),
        });
        samples.collect()
    });
    channels.collect()
}

/// Whether the measurement replaces an attribute of a set, so that the default's inputs are idle.
fn overridden(workspace: &Workspace, measurement: usize, name: &str) -> (bool, bool, bool) {
    let settings = &workspace.measurements()[measurement].parameters;
    match settings.iter().find(|setting| setting.name == name) {
        None => (false, false, false),
        Some(s) => (s.auxdata.is_some(), s.sigmas.is_some(), s.factors.is_some()),
    }
}

impl WorkspaceGradient {
    /// Pulls an adjoint of `model` back to `workspace`, of which it was made.
    ///
    /// # Panics
    /// Where the model was made of another workspace.
    pub fn new(workspace: &Workspace, model: &Model, adjoint: &ModelAdjoint) -> Self {
        let mut gradient = Self {
            channels: zero_channels(workspace),
            observations: Vec::new(),
            parameters: Vec::new(),
            measurement: model.sources.measurement,
        };
        gradient.add_groups(workspace, model, adjoint);
        let widths = constraint_widths(model, adjoint);
        gradient.add_shapesys(workspace, model, adjoint, &widths);
        gradient.add_staterror(workspace, model, &widths);
        gradient.observations = workspace
            .observations()
            .iter()
            .map(|observation| {
                let channel = model.channels().iter().find(|c| c.name == observation.name);
                let zeros = || vec![0.0; observation.data.len()];
                channel.map_or_else(zeros, |channel| adjoint.data[channel.bins.clone()].to_vec())
            })
            .collect();
        let sets = model.parameter_sets().iter();
        gradient.parameters = sets.map(|set| set_gradient(model, adjoint, &widths, set)).collect();
        gradient
    }

    fn add_groups(&mut self, workspace: &Workspace, model: &Model, adjoint: &ModelAdjoint) {
        let (s, c) = (&model.structure, &adjoint.coefficients);
        for (group, source) in s.groups.iter().zip(&model.sources.groups) {
            let sample = &mut self.channels[source.channel][source.sample];
            for (bin, cell) in group.cells.clone().enumerate() {
                sample.data[bin] += c.nominal[cell];
                for e in s.shift_start[cell] as usize..s.shift_start[cell + 1] as usize {
                    let (d_lo, d_nominal, d_hi) =
                        histosys_coefficients_vjp(c.shift_s[e], c.shift_a[e]);
                    sample.data[bin] += d_nominal;
                    let modifier = model.sources.shift_modifier[e] as usize;
                    if let ModifierData::Histosys { lo, hi } = &mut sample.modifiers[modifier] {
                        lo[bin] += d_lo;
                        hi[bin] += d_hi;
                    }
                }
            }
            let modifiers = &workspace.channels()[source.channel].samples[source.sample].modifiers;
            for k in group.norms.clone() {
                let m = model.sources.norm_modifier[k];
                let ModifierData::Normsys { lo, hi } = modifiers[m].data else { continue };
                let slots = NORMSYS_COEFFICIENTS * k..NORMSYS_COEFFICIENTS * (k + 1);
                let (lo, hi) = normsys_coefficients_vjp(lo, hi, &c.norm[slots]);
                sample.modifiers[m] = ModifierData::Normsys { lo, hi };
            }
        }
    }

    fn add_shapesys(
        &mut self,
        workspace: &Workspace,
        model: &Model,
        adjoint: &ModelAdjoint,
        widths: &[f64],
    ) {
        for gamma in &model.sources.shapesys {
            let sample = &workspace.channels()[gamma.source.channel].samples[gamma.source.sample];
            let modifier = &sample.modifiers[gamma.modifier];
            let (own_auxdata, _, own_factors) =
                overridden(workspace, self.measurement, &modifier.name);
            let ModifierData::Shapesys(uncertainty) = &modifier.data else { continue };
            let out = &mut self.channels[gamma.source.channel][gamma.source.sample];
            for (bin, (&nominal, &u)) in sample.data.iter().zip(uncertainty).enumerate() {
                if !shapesys::is_alive(nominal, u) {
                    continue;
                }
                // tau is both the constraint's factor and its auxiliary count.
                let parameter = gamma.first + bin;
                let by_factor = if own_factors { 0.0 } else { widths[parameter] };
                let datum = constraint_datum(model, parameter);
                let by_auxdata = if own_auxdata { 0.0 } else { adjoint.data[datum] };
                let (d_nominal, d_u) = shapesys_tau_vjp(nominal, u, by_factor + by_auxdata);
                out.data[bin] += d_nominal;
                if let ModifierData::Shapesys(out) = &mut out.modifiers[gamma.modifier] {
                    out[bin] += d_u;
                }
            }
        }
    }

    fn add_staterror(&mut self, workspace: &Workspace, model: &Model, widths: &[f64]) {
        for (first, bins) in &model.sources.staterror {
            for (i, bin) in bins.iter().enumerate() {
                let (u, n) = bin.numbers(workspace.channels());
                let (sample, modifier) = bin.samples[0];
                let name =
                    &workspace.channels()[bin.channel].samples[sample].modifiers[modifier].name;
                let (_, own_sigmas, _) = overridden(workspace, self.measurement, name);
                if own_sigmas || !staterror::is_alive(&u, &n) {
                    continue;
                }
                let (mut d_u, mut d_n) = (vec![0.0; u.len()], vec![0.0; n.len()]);
                staterror_width_vjp((&u, &n), (&mut d_u, &mut d_n), widths[first + i]);
                for (k, &(sample, modifier)) in bin.samples.iter().enumerate() {
                    let out = &mut self.channels[bin.channel][sample];
                    out.data[bin.bin] += d_n[k];
                    if let ModifierData::Staterror(out) = &mut out.modifiers[modifier] {
                        out[bin.bin] += d_u[k];
                    }
                }
            }
        }
    }

    /// The gradient in the shape of the workspace's JSON, every number replaced.
    ///
    /// Names, types and flags stay. The measurement that the model was made of lists every
    /// constrained parameter with its `auxdata`; numbers of other measurements become 0.
    pub fn to_json(&self, workspace: &Workspace) -> Value {
        let mut out = workspace.json().clone();
        for (c, samples) in self.channels.iter().enumerate() {
            for (s, sample) in samples.iter().enumerate() {
                let target = &mut out["channels"][c]["samples"][s];
                target["data"] = json!(sample.data);
                for (m, modifier) in sample.modifiers.iter().enumerate() {
                    target["modifiers"][m]["data"] = modifier_json(modifier);
                }
            }
        }
        for (o, data) in self.observations.iter().enumerate() {
            out["observations"][o]["data"] = json!(data);
        }
        for m in 0..workspace.measurements().len() {
            let parameters = &mut out["measurements"][m]["config"]["parameters"];
            let listed = parameters.as_array_mut().expect("a checked measurement has a list");
            if m == self.measurement {
                self.fill_parameters(listed);
            } else {
                listed.iter_mut().for_each(zero_numbers);
            }
        }
        out
    }

    /// Derivatives with respect to the yields of a slot.
    ///
    /// # Panics
    /// Where the slot is another workspace's.
    pub fn by_yields(&self, slot: YieldSlot) -> &[f64] {
        let sample = &self.channels[slot.channel][slot.sample];
        match slot.part {
            YieldPart::Nominal => &sample.data,
            YieldPart::Up(m) => sample.modifiers[m].histosys().1,
            YieldPart::Down(m) => sample.modifiers[m].histosys().0,
        }
    }

    fn fill_parameters(&self, listed: &mut Vec<Value>) {
        // Settings of parameters that the model does not have influence nothing.
        let known = |entry: &Value| self.parameters.iter().any(|p| entry["name"] == p.name);
        listed.iter_mut().filter(|entry| !known(entry)).for_each(zero_numbers);
        for parameter in &self.parameters {
            let position = listed.iter().position(|entry| entry["name"] == parameter.name);
            if position.is_none() && parameter.auxdata.is_none() {
                continue;
            }
            let position = position.unwrap_or_else(|| {
                listed.push(json!({ "name": parameter.name }));
                listed.len() - 1
            });
            let entry = listed[position].as_object_mut().expect("an entry is an object");
            if let Some(auxdata) = &parameter.auxdata {
                entry.insert("auxdata".to_owned(), json!(auxdata));
            }
            for (key, value) in [
                ("inits", json!(parameter.inits)),
                ("bounds", json!(parameter.bounds)),
                ("sigmas", json!(parameter.sigmas)),
                ("factors", json!(parameter.factors)),
            ] {
                if let Some(slot) = entry.get_mut(key) {
                    *slot = value;
                }
            }
        }
    }
}

fn modifier_json(modifier: &ModifierGradient) -> Value {
    match modifier {
        ModifierData::Histosys { lo, hi } => json!({ "lo_data": lo, "hi_data": hi }),
        ModifierData::Normsys { lo, hi } => json!({ "lo": lo, "hi": hi }),
        ModifierData::Shapesys(u) | ModifierData::Staterror(u) => json!(u),
        ModifierData::Lumi | ModifierData::Normfactor | ModifierData::Shapefactor => Value::Null,
    }
}

fn zero_numbers(value: &mut Value) {
    match value {
        Value::Number(_) => *value = json!(0.0),
        Value::Array(items) => items.iter_mut().for_each(zero_numbers),
        Value::Object(fields) => fields.values_mut().for_each(zero_numbers),
        _ => (),
    }
}

/// Place in the data of a constrained parameter's auxiliary datum.
fn constraint_datum(model: &Model, parameter: usize) -> usize {
    let holds = |&(p, _): &(u32, _)| p as usize == parameter;
    let found = model.structure.constraints.iter().position(holds);
    model.n_bins() + found.expect("the parameter is constrained")
}

/// Adjoint of each parameter's width or factor, 0 for free ones.
fn constraint_widths(model: &Model, adjoint: &ModelAdjoint) -> Vec<f64> {
    let mut widths = vec![0.0; model.n_parameters()];
    for (&(p, _), width) in model.structure.constraints.iter().zip(&adjoint.coefficients.constraint)
    {
        widths[p as usize] += width;
    }
    widths
}

fn set_gradient(
    model: &Model,
    adjoint: &ModelAdjoint,
    widths: &[f64],
    set: &ParameterSet,
) -> ParameterGradient {
    let range = set.offset..set.offset + set.len();
    let at = |values: &[f64]| values[range.clone()].to_vec();
    let auxdata = || range.clone().map(|p| adjoint.data[constraint_datum(model, p)]).collect();
    let (auxdata, sigmas, factors) = match &set.constraint {
        Constraint::None => (None, None, None),
        Constraint::Normal { sigmas, .. } => {
            (Some(auxdata()), sigmas.as_ref().map(|_| at(widths)), None)
        }
        Constraint::Poisson { .. } => (Some(auxdata()), None, Some(at(widths))),
    };
    ParameterGradient {
        name: set.name.clone(),
        inits: at(&adjoint.inits),
        bounds: range.clone().map(|p| adjoint.bounds[p]).collect(),
        auxdata,
        sigmas,
        factors,
    }
}
