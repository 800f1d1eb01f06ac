//! What a study reports: its progress, and what it found.

/// A study's text and result.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// What was expected and what was found.
    pub text: String,
    /// The content of `result.json`.
    pub result: serde_json::Value,
    /// Names and contents of further files; figures are written by the study itself.
    pub tables: Vec<(String, String)>,
}

/// The progress of a study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudyProgress {
    /// Steps done, counted in [`Study::unit`](super::Study::unit).
    pub done: usize,
    /// Steps in all.
    pub total: usize,
    /// What it is doing now.
    pub message: String,
}
