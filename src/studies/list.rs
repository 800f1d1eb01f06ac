//! The studies by name.

use std::path::Path;

use super::error::StudyError;
use super::{cut_notebook, exponential_cut, metrics};
use crate::UnknownName;
use crate::files::{make_folder, remove_in, write_in};
use crate::names::find;

/// A study's text and result.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// What was expected and what was found.
    pub text: String,
    /// The content of `result.json`.
    pub result: serde_json::Value,
}

/// A study.
#[derive(Clone, Copy, Debug)]
pub struct Study {
    /// What it asks, in a line.
    pub question: &'static str,
    run: fn(&Path, u64) -> Result<Findings, StudyError>,
}

/// Every study by name.
pub const STUDIES: [(&str, Study); 3] = [
    ("cut-notebook", Study { question: cut_notebook::QUESTION, run: cut_notebook::run }),
    ("exponential-cut", Study { question: exponential_cut::QUESTION, run: exponential_cut::run }),
    ("metrics", Study { question: metrics::QUESTION, run: metrics::run }),
];

/// The study with a name.
///
/// # Errors
/// [`UnknownName`], which lists the names there are.
pub fn study(name: &str) -> Result<Study, UnknownName> {
    find("study", &STUDIES, name)
}

impl Study {
    /// Carries the study out and writes it into a folder: figures, `study.txt`, `result.json` last.
    ///
    /// # Errors
    /// [`StudyError`].
    pub fn run(&self, folder: &Path, seed: u64) -> Result<Findings, StudyError> {
        make_folder(folder)?;
        remove_in(folder, "result.json")?;
        let findings = (self.run)(folder, seed)?;
        write_in(folder, "study.txt", &findings.text)?;
        write_in(folder, "result.json", &format!("{:#}\n", findings.result))?;
        Ok(findings)
    }
}
