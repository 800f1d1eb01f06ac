//! A workspace in the order of names.

use serde_json::Value;

use super::{SurgeryError, checked, list, parameter_lists, samples, text};
use crate::workspace::Workspace;

/// Sorts by name, in the order of Unicode code points; equals keep their order.
fn sort_by_name(items: &mut [Value]) {
    items.sort_by(|a, b| text(a, "name").cmp(text(b, "name")));
}

/// The workspace with channels, samples, measurements, settings of parameters and observations in
/// the order of their names, and modifiers in that of names and types.
///
/// The model stays the same, except for the measurement that is used where none is named: the
/// first.
///
/// # Errors
/// [`SurgeryError::Result`]: none for a checked workspace.
///
/// # Source
/// pyhf 0.7.6, `Workspace.sorted`.
pub fn sort(workspace: &Workspace) -> Result<Workspace, SurgeryError> {
    let mut json = workspace.json().clone();
    for key in ["channels", "measurements", "observations"] {
        sort_by_name(list(&mut json, key));
    }
    for channel in list(&mut json, "channels") {
        sort_by_name(list(channel, "samples"));
    }
    for sample in samples(&mut json) {
        let key = |modifier: &Value| {
            [text(modifier, "name").to_owned(), text(modifier, "type").to_owned()]
        };
        list(sample, "modifiers").sort_by_cached_key(key);
    }
    parameter_lists(&mut json).for_each(|parameters| sort_by_name(parameters));
    checked(json)
}
