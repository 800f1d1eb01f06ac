//! JSON patches (RFC 6902) and pyhf's patch sets.
//!
//! Enters: JSON of a workspace and of patches. Leaves: the patched JSON, not yet checked.

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

/// Applies a JSON patch to a workspace's JSON; on an error the workspace is as it was.
///
/// # Errors
/// [`WorkspaceError::Patch`] with the operation that failed; `source_name` says whose it is.
pub fn apply_patch(
    workspace: &mut Value,
    patch: &Value,
    source_name: &str,
) -> Result<(), WorkspaceError> {
    let refuse =
        |message: String| WorkspaceError::Patch { source_name: source_name.to_owned(), message };
    let patch: json_patch::Patch = serde_json::from_value(patch.clone())
        .map_err(|error| refuse(format!("not a JSON patch (RFC 6902): {error}")))?;
    json_patch::patch(workspace, &patch).map_err(|error| {
        refuse(format!("operation {} at '{}': {}", error.operation, error.path, error.kind))
    })
}

/// A set of named patches, as pyhf's `patchset` schema has it. Its digests are not verified.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchSet {
    patches: Vec<(String, Value)>,
}

impl PatchSet {
    /// Whether JSON looks like a patch set: an object with `patches`, where a patch is an array.
    pub fn recognises(json: &Value) -> bool {
        json.get("patches").is_some()
    }

    /// Reads a patch set.
    ///
    /// # Errors
    /// [`WorkspaceError`] with the place of what is missing, of another type, or named twice.
    pub fn from_json(json: &Value) -> Result<Self, WorkspaceError> {
        let root = super::json::Node::root(json);
        let mut patches: Vec<(String, Value)> = Vec::new();
        for node in root.field("patches")?.some_items()? {
            let name = node.field("metadata")?.field("name")?;
            let text = name.text()?.to_owned();
            if patches.iter().any(|(known, _)| *known == text) {
                let path = name.path;
                return Err(WorkspaceError::DuplicateName { path, kind: "patch", name: text });
            }
            patches.push((text, node.field("patch")?.value.clone()));
        }
        Ok(Self { patches })
    }

    /// Names in the file's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.patches.iter().map(|(name, _)| name.as_str())
    }

    /// The patch of that name.
    ///
    /// # Errors
    /// [`WorkspaceError::UnknownPatch`].
    pub fn patch(&self, name: &str) -> Result<&Value, WorkspaceError> {
        let found = self.patches.iter().find(|(known, _)| known == name);
        found.map(|(_, patch)| patch).ok_or_else(|| {
            let first: Vec<&str> = self.names().take(5).collect();
            let known = format!("{} patches, first {}", self.patches.len(), first.join(", "));
            WorkspaceError::UnknownPatch { name: name.to_owned(), known }
        })
    }
}
