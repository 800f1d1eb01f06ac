//! Trainings on disk: a JSON file from which one goes on, bit for bit as if never interrupted.
//!
//! Enters: the progress of a training, its settings and the caller's fingerprint of the problem.
//! Leaves: a file, replaced whole or not at all; or the progress again, once everything about the
//! file is checked. Keys: `format`, `version`, `fingerprint`, `settings` (the [`TrainingOptions`],
//! infinite bounds as null) and `progress` (point, method's state, best, history). Nothing in it
//! depends on the time or the machine.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::OptimizeError;
use super::options::TrainingOptions;
use super::progress::Progress;
use crate::files::write_whole;

const FORMAT: &str = "diffhep training checkpoint";
const VERSION: u64 = 1;

/// Where and when a training is saved, and where it pauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointOptions {
    /// The file.
    pub path: PathBuf,
    /// What problem the training belongs to, such as a digest of data and analysis; settings of the
    /// training itself are compared without it.
    pub fingerprint: String,
    /// Steps between checkpoints; there is one at the end too; default 100.
    pub every: usize,
    /// Steps of this run after which it pauses, 0 to save the start alone; default none.
    pub pause_after: Option<usize>,
}

impl CheckpointOptions {
    /// Checkpoints in a file for a problem with this fingerprint, the rest as by default.
    pub fn new(path: impl Into<PathBuf>, fingerprint: impl Into<String>) -> Self {
        let (path, fingerprint) = (path.into(), fingerprint.into());
        Self { path, fingerprint, every: 100, pause_after: None }
    }

    pub(super) fn check(&self) -> Result<(), OptimizeError> {
        if self.every == 0 { Err(OptimizeError::NoCheckpoints) } else { Ok(()) }
    }
}

/// A checkpoint that cannot be written, read or resumed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file cannot be written.
    #[error("cannot write the checkpoint {}: {source}; give a path in an existing folder", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The file cannot be read.
    #[error(
        "cannot read the checkpoint {}: {source}; check the path, or start a new training",
        path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The file is not JSON.
    #[error(
        "the checkpoint {} is not JSON ({source}), perhaps cut short; restore it from a copy, or \
         start a new training",
        path.display()
    )]
    NotJson {
        /// The file.
        path: PathBuf,
        /// The parser's words.
        source: serde_json::Error,
    },
    /// The file is JSON of another kind.
    #[error("{} is not a training checkpoint; check the path", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is of a version that this program does not know.
    #[error(
        "the checkpoint {} is of version {found}, this program knows {known}; resume it with the \
         program that wrote it",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The version that is known.
        known: u64,
    },
    /// The training in the file is one of another problem.
    #[error(
        "the checkpoint {} belongs to another problem ('{found}', not '{expected}'); resume that \
         one, or give another path",
        path.display()
    )]
    Fingerprint {
        /// The file.
        path: PathBuf,
        /// Fingerprint of the problem at hand.
        expected: String,
        /// Fingerprint in the file.
        found: String,
    },
    /// The training in the file has other settings.
    #[error(
        "the checkpoint {} was made with {setting} = {found}, now it is {expected}; set it back, or \
         give another path",
        path.display()
    )]
    Settings {
        /// The file.
        path: PathBuf,
        /// The first setting that differs.
        setting: String,
        /// Its present value, as JSON.
        expected: String,
        /// Its value in the file, as JSON.
        found: String,
    },
    /// The file holds no arrays.
    #[error(
        "the checkpoint {} is no safetensors file ({cause}), perhaps cut short; restore it from a \
         copy, or start a new training",
        path.display()
    )]
    NotTensors {
        /// The file.
        path: PathBuf,
        /// The parser's words.
        cause: String,
    },
    /// Something in the file is missing or of another type.
    #[error(
        "the checkpoint {} is damaged: {source}; restore it from a copy, or start a new training",
        path.display()
    )]
    Content {
        /// The file.
        path: PathBuf,
        /// The parser's words.
        source: serde_json::Error,
    },
    /// Numbers in the file contradict each other.
    #[error(
        "the checkpoint {} is damaged: {what} is {found}, expected {expected}; restore it from a \
         copy, or start a new training",
        path.display()
    )]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// Which number or name.
        what: &'static str,
        /// What the rest of the file asks for.
        expected: String,
        /// What stands there.
        found: String,
    },
}

#[derive(Serialize)]
struct Written<'a> {
    format: &'a str,
    version: u64,
    fingerprint: &'a str,
    settings: &'a TrainingOptions,
    progress: &'a Progress,
}

/// Writes a checkpoint, whole or not at all.
pub(super) fn save(
    progress: &Progress,
    settings: &TrainingOptions,
    options: &CheckpointOptions,
) -> Result<(), CheckpointError> {
    let fingerprint = &options.fingerprint;
    let written = Written { format: FORMAT, version: VERSION, fingerprint, settings, progress };
    let mut text = serde_json::to_vec_pretty(&written).expect("keys are text, numbers are finite");
    text.push(b'\n');
    let path = &options.path;
    write_whole(path, &text).map_err(|source| CheckpointError::Write { path: path.clone(), source })
}

/// Reads a checkpoint of a training with these settings and so many metrics.
pub(super) fn load(
    settings: &TrainingOptions,
    options: &CheckpointOptions,
    metrics: usize,
) -> Result<Progress, CheckpointError> {
    let path = options.path.clone();
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(source) => return Err(CheckpointError::Read { path, source }),
    };
    let value: Value = match serde_json::from_slice(&text) {
        Ok(value) => value,
        Err(source) => return Err(CheckpointError::NotJson { path, source }),
    };
    let progress = read_content(value, (FORMAT, VERSION), settings, options)?;
    let damaged = |source| CheckpointError::Content { path: path.clone(), source };
    let progress: Progress = serde_json::from_value(progress).map_err(damaged)?;
    match check_consistency(&progress, settings, metrics) {
        Ok(()) => Ok(progress),
        Err(Mismatch { what, expected, found }) => {
            Err(CheckpointError::Inconsistent { path, what, expected, found })
        }
    }
}

fn check_version(
    keys: &Map<String, Value>,
    known: u64,
    path: &Path,
) -> Result<(), CheckpointError> {
    let path = path.to_owned();
    match keys.get("version").and_then(Value::as_u64) {
        Some(found) if found == known => Ok(()),
        Some(found) => Err(CheckpointError::Version { path, found, known }),
        None => Err(CheckpointError::Foreign { path }),
    }
}

/// What stands beside format and version.
#[derive(Deserialize)]
struct Content {
    fingerprint: String,
    settings: Map<String, Value>,
    progress: Value,
}

/// The progress in a file's JSON; refuses files of another kind, another problem and other settings
/// before looking at it.
pub(super) fn read_content(
    value: Value,
    (format, version): (&str, u64),
    settings: &impl Serialize,
    options: &CheckpointOptions,
) -> Result<Value, CheckpointError> {
    let path = options.path.clone();
    let keys = match value {
        Value::Object(keys) if keys.get("format") == Some(&Value::from(format)) => keys,
        _ => return Err(CheckpointError::Foreign { path }),
    };
    check_version(&keys, version, &path)?;
    let damaged = |source| CheckpointError::Content { path: options.path.clone(), source };
    let content: Content = serde_json::from_value(Value::Object(keys)).map_err(damaged)?;
    if content.fingerprint != options.fingerprint {
        let (expected, found) = (options.fingerprint.clone(), content.fingerprint);
        return Err(CheckpointError::Fingerprint { path, expected, found });
    }
    let present = serde_json::to_value(settings).expect("settings are JSON");
    for (setting, expected) in present.as_object().expect("settings are a table") {
        let found = content.settings.get(setting).unwrap_or(&Value::Null);
        if found != expected {
            let setting = setting.clone();
            let (expected, found) = (expected.to_string(), found.to_string());
            return Err(CheckpointError::Settings { path, setting, expected, found });
        }
    }
    Ok(content.progress)
}

/// Two things that ought to be the same.
struct Mismatch {
    what: &'static str,
    expected: String,
    found: String,
}

fn agree<T: PartialEq + ToString>(
    what: &'static str,
    expected: T,
    found: T,
) -> Result<(), Mismatch> {
    let differ = || Mismatch { what, expected: expected.to_string(), found: found.to_string() };
    if expected == found { Ok(()) } else { Err(differ()) }
}

/// Checks that lists fit each other and that the steps are counted without gaps.
fn check_consistency(
    progress: &Progress,
    settings: &TrainingOptions,
    metrics: usize,
) -> Result<(), Mismatch> {
    let (point, state) = (&progress.point, &progress.state);
    let n = point.parameters.len();
    agree("the length of the gradient", n, point.gradient.len())?;
    agree("the length of the best point", n, progress.best.parameters.len())?;
    agree("the method", settings.method.name(), state.method().name())?;
    for length in state.lengths() {
        agree("the length of a list in the method's state", n, length)?;
    }
    let rows = progress.history.len();
    agree("the number of rows of the history", rows.clamp(1, settings.steps + 1), rows)?;
    for (place, row) in progress.history.iter().enumerate() {
        agree("a step of the history", place, row.step)?;
        agree("the length of a point of the history", n, row.parameters.len())?;
        agree("the number of metrics in the history", metrics, row.metrics.len())?;
    }
    agree("the objective", progress.last().objective, point.objective)?;
    for step in [progress.best.step, progress.improved.step] {
        agree("the step of the best point", step.min(rows - 1), step)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
