//! The points of a grid, read from a patch set or a folder of patches.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::error::GridError;
use super::name::numbers_in;
use crate::histfactory::{Patch, PatchSet, parse};
use crate::persistence::Fingerprint;

/// A signal of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct GridPoint {
    /// Name, unique in the grid: that of the patch, or of its file without `.json`.
    pub name: String,
    /// Coordinates: the patch's values, or the numbers in its name; `None` for a text.
    pub values: Vec<Option<f64>>,
    /// The JSON patch (RFC 6902) that puts the signal into the background's workspace.
    pub patch: Value,
}

/// The signals of one background-only workspace.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Names of a patch set's values; empty where the points' coordinates come from their names.
    pub labels: Vec<String>,
    /// In the set's order, or sorted by file name.
    pub points: Vec<GridPoint>,
    /// Hexadecimal SHA-512/256 digest of names and patches.
    pub digest: String,
}

fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

fn values_of(patch: &Patch, labels: &[String]) -> Vec<Option<f64>> {
    if labels.is_empty() || patch.values().is_empty() {
        return numbers_in(patch.name()).into_iter().map(finite).collect();
    }
    patch.values().iter().map(|value| value.as_f64().and_then(finite)).collect()
}

fn read_text(path: &Path) -> Result<String, GridError> {
    let refuse = |cause| GridError::Read { path: path.to_owned(), cause };
    std::fs::read_to_string(path).map_err(refuse)
}

/// Files of a folder that end in `.json`, sorted by name.
fn patch_files(folder: &Path) -> Result<Vec<PathBuf>, GridError> {
    let refuse = |cause| GridError::Read { path: folder.to_owned(), cause };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refuse)? {
        let path = entry.map_err(refuse)?.path();
        if path.extension().is_some_and(|ending| ending == "json") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        Err(GridError::NoPatches { folder: folder.to_owned() })
    } else {
        Ok(files)
    }
}

/// The point of a file, and the file's text.
fn read_point(path: &Path) -> Result<(GridPoint, String), GridError> {
    let name = path.file_stem().and_then(|stem| stem.to_str());
    let name = name.ok_or_else(|| GridError::NotUtf8 { path: path.to_owned() })?.to_owned();
    let text = read_text(path)?;
    let refuse = |cause| GridError::Patches { path: path.to_owned(), cause };
    let patch = parse(&text).map_err(refuse)?;
    if !patch.is_array() {
        return Err(GridError::NotAPatch { path: path.to_owned() });
    }
    let values = numbers_in(&name).into_iter().map(finite).collect();
    Ok((GridPoint { name, values, patch }, text))
}

fn read_folder(folder: &Path) -> Result<Grid, GridError> {
    let files = patch_files(folder)?;
    let read = files.par_iter().map(|path| read_point(path));
    let read = read.collect::<Result<Vec<_>, GridError>>()?;
    // Hashing takes as long as reading, so each file is hashed separately to share the work among
    // threads.
    let digests =
        read.par_iter().map(|(point, text)| Fingerprint::of_text(text).finish(&point.name));
    let digest = Fingerprint::new().finish(&digests.collect::<Vec<_>>());
    let points = read.into_iter().map(|(point, _)| point).collect();
    Ok(Grid { labels: Vec::new(), points, digest })
}

fn read_set(path: &Path) -> Result<Grid, GridError> {
    let refuse = |cause| GridError::Patches { path: path.to_owned(), cause };
    let text = read_text(path)?;
    let json = parse(&text).map_err(refuse)?;
    if !PatchSet::recognises(&json) {
        return Err(GridError::NotAPatchSet { path: path.to_owned() });
    }
    let set = PatchSet::from_json(&json).map_err(refuse)?;
    let labels = set.labels().to_vec();
    let point = |patch: &Patch| GridPoint {
        name: patch.name().to_owned(),
        values: values_of(patch, &labels),
        patch: patch.patch().clone(),
    };
    let points = set.patches().map(point).collect();
    Ok(Grid { labels, points, digest: Fingerprint::of_text(&text).finish(&"patch set") })
}

impl Grid {
    /// Reads a patch set (a file), or every `*.json` of a folder.
    ///
    /// # Errors
    /// [`GridError`] with the file that cannot be read or contains something else.
    pub fn read(path: &Path) -> Result<Self, GridError> {
        if path.is_dir() { read_folder(path) } else { read_set(path) }
    }
}
