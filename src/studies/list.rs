//! The studies by name.

use std::path::Path;

use super::blobs::{self, BlobsOptions};
use super::error::StudyError;
use super::{bkde, cut_notebook, exponential_cut, landscape, limits, metrics, softmax, yields};
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

/// The settings of studies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StudyOptions {
    /// Seed of its toys.
    pub seed: u64,
    /// Whether a study that takes minutes is done in seconds, on a coarser grid or with smaller samples;
    /// its findings then mean little, and others take no notice.
    pub quick: bool,
    /// The size of the study of the blobs; others take no notice of it.
    pub blobs: BlobsOptions,
}

/// How far a study has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudyProgress {
    /// Steps done, in the [`Study::unit`].
    pub done: usize,
    /// Steps in all.
    pub total: usize,
    /// What it is at.
    pub message: String,
}

type Run = fn(&Path, &StudyOptions, &mut dyn FnMut(StudyProgress)) -> Result<Findings, StudyError>;

/// A study.
#[derive(Clone, Copy, Debug)]
pub struct Study {
    /// What it asks, in a line.
    pub question: &'static str,
    /// What its progress is counted in.
    pub unit: &'static str,
    run: Run,
}

/// Every study by name.
pub const STUDIES: [(&str, Study); 9] = [
    ("bkde", Study { question: bkde::QUESTION, unit: "sample sizes", run: bkde::run }),
    ("blobs", Study { question: blobs::QUESTION, unit: "epochs", run: blobs::run }),
    (
        "cut-notebook",
        Study {
            question: cut_notebook::QUESTION,
            unit: "descents",
            run: |folder, options, _| cut_notebook::run(folder, options.seed),
        },
    ),
    (
        "exponential-cut",
        Study {
            question: exponential_cut::QUESTION,
            unit: "descents",
            run: |folder, options, _| exponential_cut::run(folder, options.seed),
        },
    ),
    ("landscape", Study { question: landscape::QUESTION, unit: "metrics", run: landscape::run }),
    ("limits", Study { question: limits::QUESTION, unit: "descents", run: limits::run }),
    (
        "metrics",
        Study {
            question: metrics::QUESTION,
            unit: "data sets",
            run: |folder, options, _| metrics::run(folder, options.seed),
        },
    ),
    ("softmax", Study { question: softmax::QUESTION, unit: "trainings", run: softmax::run }),
    (
        "yields",
        Study {
            question: yields::QUESTION,
            unit: "scans",
            run: |folder, _, _| yields::run(folder),
        },
    ),
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
    /// # Arguments
    /// `progress` sees the steps of studies that take long.
    ///
    /// # Errors
    /// [`StudyError`].
    pub fn run(
        &self,
        folder: &Path,
        options: &StudyOptions,
        progress: &mut dyn FnMut(StudyProgress),
    ) -> Result<Findings, StudyError> {
        make_folder(folder)?;
        remove_in(folder, "result.json")?;
        let findings = (self.run)(folder, options, progress)?;
        write_in(folder, "study.txt", &findings.text)?;
        write_in(folder, "result.json", &format!("{:#}\n", findings.result))?;
        Ok(findings)
    }
}
