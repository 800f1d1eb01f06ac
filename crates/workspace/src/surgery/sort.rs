//! Sorts a workspace by name.

use serde_json::Value;

use super::{SurgeryError, checked, list, parameter_lists, samples, text};
use crate::workspace::Workspace;

/// Sorts by name, in the order of Unicode code points; equal names keep their order.
fn sort_by_name(items: &mut [Value]) {
    items.sort_by(|a, b| text(a, "name").cmp(text(b, "name")));
}

/// The workspace with channels, samples, measurements, settings of parameters and observations
/// sorted by name, and modifiers sorted by name and type.
///
/// The model stays the same, except that the first measurement, the one used where none is named,
/// may change.
///
/// # Errors
/// [`SurgeryError::Result`], which cannot occur for a checked workspace.
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
