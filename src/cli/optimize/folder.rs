//! Folders of results: prepares them for a new run, checks them for a resumed one.

use std::path::Path;

use serde_json::Value;

use crate::cli::CliError;
use diffhep::persistence::{Difference, first_difference, make_folder, remove_in, write_in};
use diffhep::studies::StudyError;

/// The file in a folder of results that stores its settings.
pub(super) const SETTINGS: &str = "settings.json";

/// The files that a subcommand's runs write.
pub(super) struct RunFiles {
    /// The subcommand, for messages.
    pub(super) command: &'static str,
    /// The stems of file names, which precede `-N` and an ending.
    pub(super) stems: &'static [&'static str],
    /// The name, without ending, of the figure of the whole run.
    pub(super) figure: &'static str,
}

impl RunFiles {
    /// Creates a folder for a new run, and removes results and checkpoints of an earlier one.
    pub(super) fn clear(&self, folder: &Path, settings: &Value) -> Result<(), CliError> {
        make_folder(folder).map_err(StudyError::from)?;
        remove_in(folder, "result.json").map_err(StudyError::from)?;
        if folder.join(SETTINGS).exists() {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
            for name in names.filter(|name| self.is_of_a_run(name)) {
                remove_in(folder, &name).map_err(StudyError::from)?;
            }
        }
        write_in(folder, SETTINGS, &format!("{settings:#}\n")).map_err(StudyError::from)?;
        Ok(())
    }

    /// Whether a file name is one that a run uses: `STEM-N.ENDING`, or that of the figure.
    fn is_of_a_run(&self, name: &str) -> bool {
        let mut rests =
            self.stems.iter().filter_map(|stem| name.strip_prefix(stem)?.strip_prefix('-'));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        let is_figure = ["svg", "png"].iter().any(|end| name == format!("{}.{end}", self.figure));
        is_figure || rests.any(|rest| rest.split_once('.').is_some_and(|(n, _)| is_number(n)))
    }

    /// Refuses to resume with settings that differ from those of the run in a folder.
    pub(super) fn check_settings(&self, folder: &Path, settings: &Value) -> Result<(), CliError> {
        match differing(&self.read_settings(folder)?, settings) {
            None => Ok(()),
            Some(cause) => Err(CliError::Config { path: folder.join(SETTINGS), cause }),
        }
    }

    /// The settings of the run in a folder.
    pub(super) fn read_settings(&self, folder: &Path) -> Result<Value, CliError> {
        let path = folder.join(SETTINGS);
        let found = std::fs::read_to_string(&path).map_err(|cause| cause.to_string());
        let found = found.and_then(|text| serde_json::from_str(&text).map_err(|e| e.to_string()));
        let found = match found {
            Ok(value @ Value::Object(_)) => Ok(value),
            Ok(_) => Err("the file does not hold settings".to_owned()),
            Err(cause) => Err(cause),
        };
        found.map_err(|cause| CliError::Config {
            path,
            cause: format!("{cause}; give a folder that {} has written", self.command),
        })
    }
}

/// The first setting of a resumed run that differs from the one it resumes.
fn differing(known: &Value, now: &Value) -> Option<String> {
    let (known, now) = (known.as_object()?, now.as_object()?);
    let Difference { setting, expected, found } = first_difference(now, known)?;
    let text = |value: Option<&Value>| value.map_or("not set".to_owned(), Value::to_string);
    Some(format!(
        "the run was made with {setting} {}, now it is {}; set it back, or write to another folder",
        text(found),
        text(expected)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_a_run_are_those_of_a_run() {
        let files =
            RunFiles { command: "optimize", stems: &["history", "model"], figure: "metrics" };
        for name in ["history-0.csv", "model-18446744073709551615.safetensors", "metrics.svg"] {
            assert!(files.is_of_a_run(name), "{name}");
        }
        for name in ["history-.csv", "history-a.csv", "my-history-0.csv", "model-0", "metrics.csv"]
        {
            assert!(!files.is_of_a_run(name), "{name}");
        }
    }
}
