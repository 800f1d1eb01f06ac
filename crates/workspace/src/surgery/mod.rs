//! Operations that make workspaces from workspaces, as in pyhf 0.7.6: one file per operation.
//!
//! | operation | makes |
//! |---|---|
//! | [`prune`] | a workspace without some channels, samples, modifiers or measurements |
//! | [`rename`] | one with other names |
//! | [`combine`] | one of two |
//! | [`sort`] | one in the order of names |
//! | [`digest`] | the hash by which a patch set knows its workspace |
//!
//! Enters: checked [`Workspace`]s. Leaves: a new one, checked too, whose JSON contains keys and
//! numbers as they were read. An operation whose result is not a workspace (a channel without
//! samples, a duplicate name) is an error, which pyhf may only detect later.
//!
//! Source: pyhf 0.7.6, `pyhf.Workspace` and `pyhf.utils.digest`.

mod combine;
mod component;
mod digest;
mod error;
mod prune;
mod rename;
mod sort;

pub use combine::{CombineOptions, Join, combine};
pub use component::Component;
pub use digest::{DigestAlgorithm, digest};
pub use error::SurgeryError;
pub use prune::{Pruning, prune};
pub use rename::{Renaming, rename};
pub use sort::sort;

use serde_json::Value;

use super::workspace::Workspace;

/// An array in the JSON of a checked workspace.
fn list<'a>(json: &'a mut Value, key: &str) -> &'a mut Vec<Value> {
    json[key].as_array_mut().expect("a checked workspace has this array")
}

/// A text in the JSON of a checked workspace.
fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json[key].as_str().expect("a checked workspace has this text")
}

/// Every sample of every channel.
fn samples(json: &mut Value) -> impl Iterator<Item = &mut Value> {
    list(json, "channels").iter_mut().flat_map(|channel| list(channel, "samples"))
}

/// The list of settings of parameters of every measurement.
fn parameter_lists(json: &mut Value) -> impl Iterator<Item = &mut Vec<Value>> {
    let measurements = list(json, "measurements").iter_mut();
    measurements.map(|measurement| list(&mut measurement["config"], "parameters"))
}

/// The result of an operation, checked.
fn checked(json: Value) -> Result<Workspace, SurgeryError> {
    Workspace::from_json(json).map_err(SurgeryError::Result)
}
