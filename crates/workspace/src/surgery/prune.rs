//! Removes parts of a workspace.

use serde_json::Value;

use super::{Component, SurgeryError, checked, list, parameter_lists, samples};
use crate::workspace::Workspace;

/// The names of the parts to remove; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruning {
    /// Channels, together with their observations.
    pub channels: Vec<String>,
    /// Samples, in every channel.
    pub samples: Vec<String>,
    /// Modifiers, in every sample, together with the measurements' settings of their parameters.
    pub modifiers: Vec<String>,
    /// Types of modifiers, in every sample; settings of parameters remain.
    pub modifier_types: Vec<String>,
    /// Measurements.
    pub measurements: Vec<String>,
}

impl Pruning {
    fn parts(&self) -> [(Component, &[String]); 5] {
        [
            (Component::ModifierType, &self.modifier_types),
            (Component::Modifier, &self.modifiers),
            (Component::Sample, &self.samples),
            (Component::Channel, &self.channels),
            (Component::Measurement, &self.measurements),
        ]
    }
}

/// Keeps the items whose text under `key` is not among `names`.
fn drop_named(items: &mut Vec<Value>, key: &str, names: &[String]) {
    items.retain(|item| !names.iter().any(|name| item[key] == name.as_str()));
}

/// The workspace without the parts that `pruning` names.
///
/// Parameters of interest are unchanged, even where their modifier is removed: the result is then a
/// background-only workspace, which has no model until a patch adds a signal.
///
/// # Errors
/// [`SurgeryError::UnknownName`] for names that the workspace does not have;
/// [`SurgeryError::Result`] where the result is not a workspace, as for a channel that is left
/// without samples.
///
/// # Source
/// pyhf 0.7.6, `Workspace.prune`. This function finds a type of modifiers wherever a modifier has
/// it; pyhf overlooks a type if all of its names also belong to modifiers of other types.
pub fn prune(workspace: &Workspace, pruning: &Pruning) -> Result<Workspace, SurgeryError> {
    for (kind, names) in pruning.parts() {
        kind.check(workspace, names.iter().map(String::as_str))?;
    }
    let mut json = workspace.json().clone();
    for key in ["channels", "observations"] {
        drop_named(list(&mut json, key), "name", &pruning.channels);
    }
    for channel in list(&mut json, "channels") {
        drop_named(list(channel, "samples"), "name", &pruning.samples);
    }
    for sample in samples(&mut json) {
        let modifiers = list(sample, "modifiers");
        drop_named(modifiers, "name", &pruning.modifiers);
        drop_named(modifiers, "type", &pruning.modifier_types);
    }
    drop_named(list(&mut json, "measurements"), "name", &pruning.measurements);
    for parameters in parameter_lists(&mut json) {
        drop_named(parameters, "name", &pruning.modifiers);
    }
    checked(json)
}
