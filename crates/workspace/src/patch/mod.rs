//! JSON patches (RFC 6902) and pyhf's patch sets.
//!
//! Enters: JSON of a workspace and of patches. Leaves: the patched JSON, not yet checked.

mod schema;
mod set;
mod value;

pub use set::{Patch, PatchSet};
pub use value::PatchValue;

use serde_json::Value;

use super::error::WorkspaceError;

/// Parses JSON text.
///
/// # Errors
/// [`WorkspaceError::Syntax`] with line and column.
pub fn parse(text: &str) -> Result<Value, WorkspaceError> {
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        WorkspaceError::Syntax { line: error.line(), column: error.column(), message }
    })
}

fn refuse(source_name: &str, message: String) -> WorkspaceError {
    WorkspaceError::Patch { source_name: source_name.to_owned(), message }
}

/// Reads a JSON patch.
fn read_patch(patch: &Value, source_name: &str) -> Result<json_patch::Patch, WorkspaceError> {
    serde_json::from_value(patch.clone())
        .map_err(|error| refuse(source_name, format!("not a JSON patch (RFC 6902): {error}")))
}

/// Applies a JSON patch to a workspace's JSON; after an error the workspace is unchanged.
///
/// # Errors
/// [`WorkspaceError::Patch`] with the operation that failed; `source_name` says where the patch
/// came from.
pub fn apply_patch(
    workspace: &mut Value,
    patch: &Value,
    source_name: &str,
) -> Result<(), WorkspaceError> {
    json_patch::patch(workspace, &read_patch(patch, source_name)?).map_err(|error| {
        let message = format!("operation {} at '{}': {}", error.operation, error.path, error.kind);
        refuse(source_name, message)
    })
}
