//! Renames parts of a workspace.

use serde_json::Value;

use super::{Component, SurgeryError, checked, list, parameter_lists, samples};
use crate::workspace::Workspace;

/// Pairs of an old and a new name; nothing by default. All take effect at once, so names can be
/// swapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renaming {
    /// Channels, together with their observations.
    pub channels: Vec<(String, String)>,
    /// Samples, in every channel.
    pub samples: Vec<(String, String)>,
    /// Modifiers, in every sample, together with the measurements' settings of their parameters and
    /// parameters of interest.
    pub modifiers: Vec<(String, String)>,
    /// Measurements.
    pub measurements: Vec<(String, String)>,
}

impl Renaming {
    fn parts(&self) -> [(Component, &[(String, String)]); 4] {
        [
            (Component::Modifier, &self.modifiers),
            (Component::Sample, &self.samples),
            (Component::Channel, &self.channels),
            (Component::Measurement, &self.measurements),
        ]
    }
}

/// Refuses two new names for the same old one.
fn check_once(kind: Component, pairs: &[(String, String)]) -> Result<(), SurgeryError> {
    for (i, (name, second)) in pairs.iter().enumerate() {
        if let Some((_, first)) = pairs[..i].iter().find(|(earlier, _)| earlier == name) {
            let (name, first, second) = (name.clone(), first.clone(), second.clone());
            return Err(SurgeryError::RenamedTwice { kind, name, first, second });
        }
    }
    Ok(())
}

/// Replaces the text under `key` if it is an old name.
fn replace(item: &mut Value, key: &str, pairs: &[(String, String)]) {
    if let Some((_, new)) = pairs.iter().find(|(old, _)| item[key] == old.as_str()) {
        item[key] = Value::from(new.as_str());
    }
}

/// The workspace with the names that `renaming` gives.
///
/// Modifiers that end up with the same name then share their parameter.
///
/// # Errors
/// [`SurgeryError::UnknownName`] for names that the workspace does not have,
/// [`SurgeryError::RenamedTwice`], and [`SurgeryError::Result`] where the result is not a
/// workspace, as for a channel that gets the name of another.
///
/// # Source
/// pyhf 0.7.6, `Workspace.rename`, which accepts two channels of the same name.
pub fn rename(workspace: &Workspace, renaming: &Renaming) -> Result<Workspace, SurgeryError> {
    for (kind, pairs) in renaming.parts() {
        check_once(kind, pairs)?;
        kind.check(workspace, pairs.iter().map(|(old, _)| old.as_str()))?;
    }
    let mut json = workspace.json().clone();
    for key in ["channels", "observations"] {
        list(&mut json, key).iter_mut().for_each(|item| replace(item, "name", &renaming.channels));
    }
    for sample in samples(&mut json) {
        replace(sample, "name", &renaming.samples);
        let modifiers = list(sample, "modifiers").iter_mut();
        modifiers.for_each(|modifier| replace(modifier, "name", &renaming.modifiers));
    }
    for measurement in list(&mut json, "measurements") {
        replace(measurement, "name", &renaming.measurements);
        replace(&mut measurement["config"], "poi", &renaming.modifiers);
    }
    for parameter in parameter_lists(&mut json).flatten() {
        replace(parameter, "name", &renaming.modifiers);
    }
    checked(json)
}
