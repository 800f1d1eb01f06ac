//! How a subcommand ended that has a result.

/// Whether every fit and descent behind a result ended well, every gradient was right, and nothing
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

    /// What is missing has been said.
    pub(super) fn complete(is_complete: bool) -> Self {
        if is_complete { Self::Complete } else { Self::Incomplete }
    }
}
