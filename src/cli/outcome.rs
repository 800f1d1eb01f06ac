//! How a subcommand with a result ended.

/// Whether every fit and descent behind a result succeeded, every gradient was correct, and nothing
/// is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Complete,
    NotConverged,
    WrongGradient,
    Incomplete,
}

impl Outcome {
    pub(super) fn of(converged: bool) -> Self {
        if converged { Self::Complete } else { Self::NotConverged }
    }

    /// The outcome of a result that may lack parts, which have been reported already.
    pub(super) fn complete(is_complete: bool) -> Self {
        if is_complete { Self::Complete } else { Self::Incomplete }
    }
}
