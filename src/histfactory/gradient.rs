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
use super::modifiers::{Action, CarriersAdjoint, Sites, modifier_type};
use super::parameters::{Constraint, ParameterSet};
use super::provenance::{Entry, Site};
use super::shape::{
    AUXDATA, ParameterGradient, Place, SampleGradient, WorkspaceGradient, setting_json,
    setting_mut, visit,
};
use super::{Modifier, Workspace};
use crate::kernels::coefficients::{histosys_coefficients_vjp, normsys_coefficients_vjp};

fn zero_channels(workspace: &Workspace) -> Vec<Vec<SampleGradient>> {
    let channels = workspace.channels().iter().map(|channel| {
        let samples = channel.samples.iter().map(|sample| SampleGradient {
            data: vec![0.0; sample.data.len()],
            modifiers: sample.modifiers.iter().map(|m| m.data.zeros()).collect(),
        });
        samples.collect()
    });
    channels.collect()
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
            measurement: model.provenance.measurement,
        };
        let widths = constraint_widths(model, adjoint);
        let data = constraint_data(model, adjoint);
        gradient.add_nominal(model, adjoint);
        gradient.add_modifiers(workspace, model, adjoint, (&widths, &data));
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
        gradient.parameters =
            sets.map(|set| set_gradient(adjoint, (&widths, &data), set)).collect();
        gradient
    }

    fn add_nominal(&mut self, model: &Model, adjoint: &ModelAdjoint) {
        let groups = model.structure.groups.iter().zip(&model.provenance.groups);
        for (group, &(channel, sample)) in groups {
            let by_nominal = &adjoint.coefficients.nominal[group.cells.clone()];
            add(&mut self.channels[channel][sample].data, by_nominal);
        }
    }

    fn add_modifiers(
        &mut self,
        workspace: &Workspace,
        model: &Model,
        adjoint: &ModelAdjoint,
        (widths, data): (&[f64], &[f64]),
    ) {
        let channels = workspace.channels();
        let settings = &workspace.measurements()[self.measurement].parameters;
        for carriers in &model.provenance.carriers {
            let sites = Sites { channels, sites: &carriers.sites };
            let Site { channel, sample, modifier } = carriers.sites[0];
            let Modifier { name, data: first } =
                &channels[channel].samples[sample].modifiers[modifier];
            let own = settings.iter().find(|setting| setting.name == *name);
            // What the measurement replaces does not depend on the modifiers' numbers.
            let unless = |is_replaced: bool, list: &[f64]| match is_replaced {
                true => vec![0.0; list.len()],
                false => list.to_vec(),
            };
            let set = model.set_at(carriers.first);
            let is_own_width = own.is_some_and(|own| own.sigmas.is_some() || own.factors.is_some());
            let by = CarriersAdjoint {
                actions: self.add_actions(sites, model, adjoint, &carriers.entries),
                width: unless(is_own_width, &widths[set.clone()]),
                auxdata: unless(own.is_some_and(|own| own.auxdata.is_some()), &data[set]),
            };
            modifier_type(first).pull_back(sites, &by, &mut self.channels);
        }
    }

    /// The derivatives with respect to what modifiers interpolate; adds those that a shift has with
    /// respect to nominal yields.
    fn add_actions(
        &mut self,
        sites: Sites,
        model: &Model,
        adjoint: &ModelAdjoint,
        entries: &[Entry],
    ) -> Vec<(Vec<f64>, Vec<f64>)> {
        let (s, c) = (&model.structure, &adjoint.coefficients);
        let mut action =
            |(&site, &Entry { group, index }): (&Site, &Entry)| match sites.action(site) {
                Action::Shift(..) => {
                    let by_nominal = &mut self.channels[site.channel][site.sample].data;
                    let shift = |(cell, by_nominal): (usize, &mut f64)| {
                        let entry = s.groups[group].shifts(cell).start + index;
                        let (by_lo, by_centre, by_hi) =
                            histosys_coefficients_vjp(c.shift_s[entry], c.shift_a[entry]);
                        *by_nominal += by_centre;
                        (by_lo, by_hi)
                    };
                    s.groups[group].cells.clone().zip(by_nominal).map(shift).unzip()
                }
                Action::Interpolated(lo, hi) => {
                    let (by_lo, by_hi) = normsys_coefficients_vjp(lo, hi, c.normsys(index));
                    (vec![by_lo], vec![by_hi])
                }
                Action::Factor | Action::BinFactors(_) => (Vec::new(), Vec::new()),
            };
        sites.sites.iter().zip(entries).map(&mut action).collect()
    }

    /// The gradient in the shape of the workspace's JSON, every number replaced.
    ///
    /// Names, types and flags stay. The measurement that the model was made of lists every
    /// constrained parameter with its `auxdata`; numbers of other measurements become 0.
    pub fn to_json(&self, workspace: &Workspace) -> Value {
        let mut out = workspace.json().clone();
        for measurement in out["measurements"].as_array_mut().into_iter().flatten() {
            zero_numbers(&mut measurement["config"]["parameters"]);
        }
        visit(self, |place, list| match place {
            Place::List(place) => {
                workspace.write_numbers(&mut out, place, list);
            }
            Place::Setting { set, key } => {
                let name = &self.parameters[set].name;
                let adds = key == AUXDATA;
                if let Some(setting) = setting_mut(&mut out, self.measurement, name, key, adds) {
                    *setting = setting_json(key, list);
                }
            }
        });
        out
    }
}

fn add(sum: &mut [f64], terms: &[f64]) {
    sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
}

fn zero_numbers(value: &mut Value) {
    match value {
        Value::Number(_) => *value = json!(0.0),
        Value::Array(items) => items.iter_mut().for_each(zero_numbers),
        Value::Object(fields) => fields.values_mut().for_each(zero_numbers),
        _ => (),
    }
}

/// Derivative with respect to each parameter's auxiliary datum, 0 for free ones.
fn constraint_data(model: &Model, adjoint: &ModelAdjoint) -> Vec<f64> {
    let mut data = vec![0.0; model.n_parameters()];
    for (p, _, _, datum) in model.constraints() {
        data[p] += adjoint.data[datum];
    }
    data
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
    adjoint: &ModelAdjoint,
    (widths, data): (&[f64], &[f64]),
    set: &ParameterSet,
) -> ParameterGradient {
    let range = set.offset..set.offset + set.len();
    let at = |values: &[f64]| values[range.clone()].to_vec();
    let (auxdata, sigmas, factors) = match &set.constraint {
        Constraint::None => (None, None, None),
        Constraint::Normal { sigmas, .. } => {
            (Some(at(data)), sigmas.as_ref().map(|_| at(widths)), None)
        }
        Constraint::Poisson { .. } => (Some(at(data)), None, Some(at(widths))),
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
