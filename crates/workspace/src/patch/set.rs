//! pyhf's patch sets: named patches for one background-only workspace, each a point of a grid.
//!
//! Enters: JSON. Leaves: [`PatchSet`], whose patches are found by name and, where there are labels,
//! by values. [`PatchSet::from_json`] also accepts a set without metadata;
//! [`PatchSet::from_whole_json`] requires everything that pyhf's schema requires.
//!
//! Source: pyhf 0.7.6, `pyhf.PatchSet` and its schema `patchset.json`.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{PatchValue, apply_patch, schema};
use crate::error::WorkspaceError;
use crate::json::Node;
use crate::surgery::{DigestAlgorithm, digest};
use crate::workspace::Workspace;

/// How many patches a message lists.
const LISTED: usize = 5;

/// A patch of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    name: String,
    values: Vec<PatchValue>,
    metadata: Map<String, Value>,
    patch: Value,
}

impl Patch {
    fn read(node: &Node) -> Result<Self, WorkspaceError> {
        let metadata = node.field("metadata")?;
        let values = match metadata.optional("values")? {
            Some(values) => values.items()?.iter().map(PatchValue::read).collect(),
            None => Ok(Vec::new()),
        };
        Ok(Self {
            name: metadata.field("name")?.text()?.to_owned(),
            values: values?,
            metadata: metadata.fields()?.clone(),
            patch: node.field("patch")?.value.clone(),
        })
    }

    /// Its name, unique in the set.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One value per label of the set; empty where the file gives none.
    pub fn values(&self) -> &[PatchValue] {
        &self.values
    }

    /// Everything that the file says about the patch, including name and values.
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.metadata
    }

    /// The JSON patch (RFC 6902).
    pub fn patch(&self) -> &Value {
        &self.patch
    }

    /// The values separated by commas, for messages.
    fn point(&self) -> String {
        point(&self.values)
    }
}

fn point(values: &[PatchValue]) -> String {
    values.iter().map(PatchValue::to_string).collect::<Vec<_>>().join(", ")
}

/// A set of named patches, as in pyhf's `patchset` schema. Its digests are verified only by
/// [`PatchSet::verify`] and [`PatchSet::apply`].
#[derive(Clone, Debug, PartialEq)]
pub struct PatchSet {
    metadata: Map<String, Value>,
    description: Option<String>,
    references: Vec<(String, String)>,
    digests: Vec<(String, String)>,
    labels: Vec<String>,
    patches: Vec<Patch>,
}

/// The texts of an object, by key; empty where the object is missing.
fn texts(node: &Node, key: &str) -> Result<Vec<(String, String)>, WorkspaceError> {
    let entries = node.optional(key)?.map_or(Ok(Vec::new()), |node| node.entries())?;
    let text = |(key, node): &(&str, Node)| Ok(((*key).to_owned(), node.text()?.to_owned()));
    entries.iter().map(text).collect()
}

/// Reads the patches of a set with these labels; values without labels are ignored.
fn read_patches(nodes: &[Node], labels: &[String]) -> Result<Vec<Patch>, WorkspaceError> {
    let (mut patches, mut names) = (Vec::<Patch>::with_capacity(nodes.len()), HashSet::new());
    for node in nodes {
        let patch = Patch::read(node)?;
        let (path, name) = (|key| format!("{}/metadata/{key}", node.path), patch.name.clone());
        if !names.insert(name.clone()) {
            return Err(WorkspaceError::DuplicateName { path: path("name"), kind: "patch", name });
        }
        if !labels.is_empty() && !patch.values.is_empty() {
            let (expected, found) = (labels.len(), patch.values.len());
            if found != expected {
                return Err(WorkspaceError::WrongValues { path: path("values"), expected, found });
            }
            if let Some(other) = patches.iter().find(|other| other.values == patch.values) {
                let (path, other) = (path("values"), other.name.clone());
                return Err(WorkspaceError::DuplicateValues { path, name, other });
            }
        }
        patches.push(patch);
    }
    Ok(patches)
}

impl PatchSet {
    /// Whether JSON looks like a patch set: an object with `patches`, where a patch is an array.
    pub fn recognises(json: &Value) -> bool {
        json.get("patches").is_some()
    }

    /// Reads a patch set; metadata may be missing.
    ///
    /// # Errors
    /// [`WorkspaceError`] with the position of anything that is missing from a patch, has the wrong
    /// type or occurs twice, or of values that are not one per label.
    pub fn from_json(json: &Value) -> Result<Self, WorkspaceError> {
        let root = Node::root(json);
        let none = Value::Object(Map::new());
        let metadata = root.optional("metadata")?;
        let metadata = metadata.unwrap_or(Node { value: &none, path: "/metadata".to_owned() });
        let labels = match metadata.optional("labels")? {
            Some(labels) => {
                labels.items()?.iter().map(|label| label.text().map(str::to_owned)).collect()
            }
            None => Ok(Vec::new()),
        };
        let labels: Vec<String> = labels?;
        let description = metadata.optional("description")?;
        let description = description.map(|text| text.text().map(str::to_owned)).transpose()?;
        let patches = read_patches(&root.field("patches")?.some_items()?, &labels)?;
        Ok(Self {
            metadata: metadata.fields()?.clone(),
            description,
            references: texts(&metadata, "references")?,
            digests: texts(&metadata, "digests")?,
            labels,
            patches,
        })
    }

    /// Reads a patch set that contains everything pyhf's schema requires: version, references,
    /// digests, labels, description, and one value per label for each patch.
    ///
    /// # Errors
    /// As [`PatchSet::from_json`], and with the position of what the schema refuses;
    /// [`WorkspaceError::NotAPatchSet`] where there are no patches at all.
    pub fn from_whole_json(json: &Value) -> Result<Self, WorkspaceError> {
        schema::check(&Node::root(json))?;
        Self::from_json(json)
    }

    /// Everything that the file says about the set.
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.metadata
    }

    /// What the patches represent, if the file says so.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Where the set was published, by the kind of reference (`hepdata`).
    pub fn references(&self) -> &[(String, String)] {
        &self.references
    }

    /// Hexadecimal digests of the workspace that the patches are for, by hashing algorithm.
    pub fn digests(&self) -> &[(String, String)] {
        &self.digests
    }

    /// Names of the quantities whose values the patches give, such as masses; empty where the file
    /// gives none.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The patches in the file's order.
    pub fn patches(&self) -> impl ExactSizeIterator<Item = &Patch> {
        self.patches.iter()
    }

    /// Names in the file's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.patches().map(Patch::name)
    }

    /// The list of existing items in messages.
    fn known(&self, of: impl Fn(&Patch) -> String) -> String {
        let first: Vec<String> = self.patches().take(LISTED).map(of).collect();
        format!("{} patches, first {}", self.patches.len(), first.join(", "))
    }

    /// The patch of that name, with its metadata.
    ///
    /// # Errors
    /// [`WorkspaceError::UnknownPatch`].
    pub fn find(&self, name: &str) -> Result<&Patch, WorkspaceError> {
        self.patches().find(|patch| patch.name == name).ok_or_else(|| {
            let known = self.known(|patch| patch.name.clone());
            WorkspaceError::UnknownPatch { name: name.to_owned(), known }
        })
    }

    /// The patch with these values, one per label.
    ///
    /// # Errors
    /// [`WorkspaceError::UnknownPatchValues`].
    pub fn find_values(&self, values: &[PatchValue]) -> Result<&Patch, WorkspaceError> {
        self.patches().find(|patch| patch.values == values).ok_or_else(|| {
            let known = self.known(|patch| format!("({})", patch.point()));
            WorkspaceError::UnknownPatchValues { values: point(values), known }
        })
    }

    /// The JSON patch of that name.
    ///
    /// # Errors
    /// [`WorkspaceError::UnknownPatch`].
    pub fn patch(&self, name: &str) -> Result<&Value, WorkspaceError> {
        self.find(name).map(Patch::patch)
    }

    /// Verifies that a workspace is the one that the patches are for: it has every digest of the
    /// set. Digests are compared without regard to case.
    ///
    /// # Errors
    /// [`WorkspaceError::DigestMismatch`], [`WorkspaceError::NoDigest`] and
    /// [`WorkspaceError::UnknownAlgorithm`].
    pub fn verify(&self, workspace: &Workspace) -> Result<(), WorkspaceError> {
        if self.digests.is_empty() {
            return Err(WorkspaceError::NoDigest);
        }
        for (name, expected) in &self.digests {
            let algorithm: DigestAlgorithm = name.parse()?;
            let found = digest(workspace.json(), algorithm);
            if !found.eq_ignore_ascii_case(expected) {
                let (algorithm, expected) = (algorithm.name(), expected.clone());
                return Err(WorkspaceError::DigestMismatch { algorithm, expected, found });
            }
        }
        Ok(())
    }

    /// The workspace with the patch of that name, after [`PatchSet::verify`]. To skip the
    /// verification, use [`apply_patch`] and [`Workspace::from_json`].
    ///
    /// # Errors
    /// As [`PatchSet::find`], [`PatchSet::verify`], [`apply_patch`] and [`Workspace::from_json`].
    pub fn apply(&self, workspace: &Workspace, name: &str) -> Result<Workspace, WorkspaceError> {
        let patch = self.find(name)?;
        self.verify(workspace)?;
        let mut json = workspace.json().clone();
        apply_patch(&mut json, &patch.patch, name)?;
        Workspace::from_json(json)
    }
}
