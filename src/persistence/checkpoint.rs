//! Checkpoints: files with the state of a run, replaced completely or not at all.
//!
//! Enters: the state (`progress`), the run's settings and a fingerprint of its problem. Leaves: a
//! file of JSON, or of safetensors where most of the state is arrays; or the state again, once
//! everything about the file is checked. Keys: `format`, `version`, `fingerprint`, `settings` and
//! `progress`. Nothing in it depends on the time or the machine.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::FileError;
use super::header::{Keys, Kind, check_identity, check_settings};
use super::tensors::{Tensor, TensorFile};
use super::whole::write_whole;

/// Why a checkpoint cannot be written, read or resumed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file cannot be used at all, or does not belong to this training.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file cannot be read.
    #[error(
        "cannot read the checkpoint {}: {source}; check the path, or start a new training",
        path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's message.
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
        /// The parser's message.
        source: serde_json::Error,
    },
    /// The file contains no arrays.
    #[error(
        "the checkpoint {} is no safetensors file ({cause}), perhaps cut short; restore it from a \
         copy, or start a new training",
        path.display()
    )]
    NotTensors {
        /// The file.
        path: PathBuf,
        /// The parser's message.
        cause: String,
    },
    /// Something in the file is missing or has the wrong type.
    #[error(
        "the checkpoint {} is damaged: {source}; restore it from a copy, or start a new training",
        path.display()
    )]
    Content {
        /// The file.
        path: PathBuf,
        /// The parser's message.
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
        /// The value that the rest of the file requires.
        expected: String,
        /// The value found.
        found: String,
    },
}

/// Everything in a checkpoint except arrays.
#[derive(Serialize)]
struct Written<'a, S, P> {
    format: &'a str,
    version: u64,
    fingerprint: &'a str,
    settings: &'a S,
    progress: &'a P,
}

/// The entries besides format and version.
#[derive(Deserialize)]
struct Content {
    fingerprint: String,
    settings: Keys,
    progress: Value,
}

/// The file of a run's checkpoint, and what it belongs to.
pub(crate) struct Checkpoint<'a, S> {
    pub(crate) kind: &'static Kind,
    pub(crate) path: &'a Path,
    /// The problem that the run belongs to.
    pub(crate) fingerprint: &'a str,
    pub(crate) settings: &'a S,
}

impl<S: Serialize> Checkpoint<'_, S> {
    fn written<'a, P>(&'a self, progress: &'a P) -> Written<'a, S, P> {
        let Kind { format, version, .. } = *self.kind;
        let (fingerprint, settings) = (self.fingerprint, self.settings);
        Written { format, version, fingerprint, settings, progress }
    }

    fn write(&self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let written = write_whole(self.path, bytes);
        Ok(written.map_err(|source| self.kind.cannot_write(self.path, source))?)
    }

    fn read(&self) -> Result<Vec<u8>, CheckpointError> {
        let refuse = |source| CheckpointError::Read { path: self.path.to_owned(), source };
        std::fs::read(self.path).map_err(refuse)
    }

    /// Writes the progress as JSON.
    pub(crate) fn save_json(&self, progress: &impl Serialize) -> Result<(), CheckpointError> {
        let mut text = serde_json::to_vec_pretty(&self.written(progress))
            .expect("keys are text, numbers are finite");
        text.push(b'\n');
        self.write(&text)
    }

    /// Reads progress that was written as JSON.
    pub(crate) fn load_json<P: DeserializeOwned>(&self) -> Result<P, CheckpointError> {
        let value = serde_json::from_slice(&self.read()?);
        let path = || self.path.to_owned();
        self.progress(value.map_err(|source| CheckpointError::NotJson { path: path(), source })?)
    }

    /// Writes arrays, with the rest of the progress in their header.
    pub(crate) fn save_tensors(
        &self,
        progress: &impl Serialize,
        tensors: Vec<Tensor>,
    ) -> Result<(), CheckpointError> {
        let header = serde_json::to_value(self.written(progress)).expect("keys are text");
        self.write(&TensorFile { tensors, header }.to_bytes())
    }

    /// Reads progress that was written as arrays and a header.
    pub(crate) fn load_tensors<P: DeserializeOwned>(
        &self,
    ) -> Result<(P, TensorFile), CheckpointError> {
        let path = || self.path.to_owned();
        let file = TensorFile::from_bytes(&self.read()?)
            .map_err(|cause| CheckpointError::NotTensors { path: path(), cause })?;
        Ok((self.progress(file.header.clone())?, file))
    }

    /// The progress in a file's JSON; files of another kind, another problem or other settings are
    /// refused before it is read.
    fn progress<P: DeserializeOwned>(&self, value: Value) -> Result<P, CheckpointError> {
        let keys = self.kind.keys(value, self.path)?;
        let damaged = |source| CheckpointError::Content { path: self.path.to_owned(), source };
        let content: Content = serde_json::from_value(Value::Object(keys)).map_err(damaged)?;
        let what = "the training of another problem";
        check_identity(what, self.fingerprint, &content.fingerprint, self.path)?;
        let Ok(Value::Object(settings)) = serde_json::to_value(self.settings) else {
            unreachable!("settings are a table")
        };
        check_settings(&settings, &content.settings, self.path)?;
        serde_json::from_value(content.progress).map_err(damaged)
    }

    /// The error for a file whose numbers contradict each other.
    pub(crate) fn inconsistent(
        &self,
        what: &'static str,
        expected: impl ToString,
        found: impl ToString,
    ) -> CheckpointError {
        let (expected, found) = (expected.to_string(), found.to_string());
        CheckpointError::Inconsistent { path: self.path.to_owned(), what, expected, found }
    }
}
