//! The studies by name.

use std::path::Path;

use super::error::StudyError;
use super::findings::{Findings, StudyProgress};
use super::options::StudyOptions;
use super::{
    bkde, blobs, cut_notebook, exponential_cut, landscape, limits, metrics, softmax, yields,
};
use crate::UnknownName;
use crate::persistence::{make_folder, remove_in, write_in};
use diffhep_names::find;

type Run = fn(&Path, &StudyOptions, &mut dyn FnMut(StudyProgress)) -> Result<Findings, StudyError>;

/// A study.
#[derive(Clone, Copy, Debug)]
pub struct Study {
    /// The question it asks, in one line.
    pub question: &'static str,
    /// What its progress is counted in.
    pub unit: &'static str,
    /// Whether it has a quick form ([`StudyOptions::quick`]).
    pub has_quick: bool,
    run: Run,
}

impl Study {
    const fn new(question: &'static str, unit: &'static str, run: Run) -> Self {
        Self { question, unit, has_quick: false, run }
    }

    const fn with_quick(self) -> Self {
        Self { has_quick: true, ..self }
    }
}

/// Every study by name.
pub const STUDIES: [(&str, Study); 9] = [
    ("bkde", Study::new(bkde::QUESTION, "sample sizes", bkde::run).with_quick()),
    ("blobs", Study::new(blobs::QUESTION, "epochs", blobs::run).with_quick()),
    (
        "cut-notebook",
        Study::new(cut_notebook::QUESTION, "descents", |folder, options, _| {
            cut_notebook::run(folder, options.seed)
        }),
    ),
    (
        "exponential-cut",
        Study::new(exponential_cut::QUESTION, "descents", |folder, options, _| {
            exponential_cut::run(folder, options.seed)
        }),
    ),
    ("landscape", Study::new(landscape::QUESTION, "metrics", landscape::run)),
    ("limits", Study::new(limits::QUESTION, "descents", limits::run)),
    (
        "metrics",
        Study::new(metrics::QUESTION, "data sets", |folder, options, _| {
            metrics::run(folder, options.seed)
        }),
    ),
    ("softmax", Study::new(softmax::QUESTION, "trainings", softmax::run).with_quick()),
    ("yields", Study::new(yields::QUESTION, "scans", |folder, _, _| yields::run(folder))),
];

/// The study with a name.
///
/// # Errors
/// [`UnknownName`], which lists the available names.
pub fn study(name: &str) -> Result<Study, UnknownName> {
    find("study", &STUDIES, name)
}

impl Study {
    /// Carries out the study and writes it into a folder: figures, `study.txt`, and finally
    /// `result.json`.
    ///
    /// # Arguments
    /// `progress` is called with the steps of studies that take long.
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
        for (name, content) in &findings.tables {
            write_in(folder, name, content)?;
        }
        write_in(folder, "study.txt", &findings.text)?;
        write_in(folder, "result.json", &format!("{:#}\n", findings.result))?;
        Ok(findings)
    }
}
