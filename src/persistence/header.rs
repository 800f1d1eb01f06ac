//! Headers of files: the kind of file, its version, and the settings that it was made with.

use std::path::Path;

use serde_json::{Map, Value};

use super::error::FileError;

/// Keys of a header and their values.
pub(crate) type Keys = Map<String, Value>;

/// A kind of file, as named in headers and messages.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The header's `format`.
    pub(crate) format: &'static str,
    /// The header's `version`.
    pub(crate) version: u64,
    /// What the file contains, in messages.
    pub(crate) content: &'static str,
    /// What messages say about a file of another kind.
    pub(crate) foreign: &'static str,
}

impl Kind {
    /// The error for a file of another kind.
    pub(crate) fn foreign(&self, path: &Path) -> FileError {
        FileError::Foreign { path: path.to_owned(), foreign: self.foreign }
    }

    /// The error for a file that cannot be written.
    pub(crate) fn cannot_write(&self, path: &Path, source: std::io::Error) -> FileError {
        FileError::Write { content: self.content, path: path.to_owned(), source }
    }

    /// The error for a file that cannot be read.
    pub(crate) fn cannot_read(&self, path: &Path, source: std::io::Error) -> FileError {
        FileError::Read { content: self.content, path: path.to_owned(), source }
    }

    /// The keys of a header, which must have this kind and version.
    pub(crate) fn keys(&self, header: Value, path: &Path) -> Result<Keys, FileError> {
        let Value::Object(keys) = header else { return Err(self.foreign(path)) };
        if keys.get("format") != Some(&Value::from(self.format)) {
            return Err(self.foreign(path));
        }
        match keys.get("version").and_then(Value::as_u64) {
            Some(found) if found == self.version => Ok(keys),
            Some(found) => {
                Err(FileError::Version { path: path.to_owned(), found, known: self.version })
            }
            None => Err(self.foreign(path)),
        }
    }
}

/// A setting with different values in two runs; `None` where a run does not have it.
pub struct Difference<'a> {
    /// The setting's name.
    pub setting: &'a str,
    /// The value now.
    pub expected: Option<&'a Value>,
    /// The value in the file.
    pub found: Option<&'a Value>,
}

/// The first setting that differs; null counts as missing.
pub fn first_difference<'a>(
    expected: &'a Map<String, Value>,
    found: &'a Map<String, Value>,
) -> Option<Difference<'a>> {
    let value =
        |keys: &'a Map<String, Value>, key: &str| keys.get(key).filter(|value| !value.is_null());
    found
        .keys()
        .chain(expected.keys())
        .map(|key| Difference {
            setting: key,
            expected: value(expected, key),
            found: value(found, key),
        })
        .find(|difference| difference.expected != difference.found)
}

/// Refuses a file that was made with other settings, naming the first that differs.
pub(crate) fn check_settings(expected: &Keys, found: &Keys, path: &Path) -> Result<(), FileError> {
    let text = |value: Option<&Value>| value.unwrap_or(&Value::Null).to_string();
    match first_difference(expected, found) {
        None => Ok(()),
        Some(Difference { setting, expected, found }) => Err(FileError::Settings {
            path: path.to_owned(),
            setting: setting.to_owned(),
            expected: text(expected),
            found: text(found),
        }),
    }
}

/// Refuses a file that belongs to other input; `what` names what differs in the message.
pub(crate) fn check_identity(
    what: &'static str,
    expected: &str,
    found: &str,
    path: &Path,
) -> Result<(), FileError> {
    if expected == found {
        return Ok(());
    }
    let (expected, found) = (expected.to_owned(), found.to_owned());
    Err(FileError::Other { path: path.to_owned(), what, expected, found })
}
