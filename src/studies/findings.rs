//! What a study says: how far it has come, and what it found.

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

/// How far a study has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudyProgress {
    /// Steps done, in the [`Study::unit`](super::Study::unit).
    pub done: usize,
    /// Steps in all.
    pub total: usize,
    /// What it is at.
    pub message: String,
}
