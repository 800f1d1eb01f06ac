//! How a fit is carried out, how it ended, and why it could not begin.

use crate::histfactory::DomainError;

/// How a fit is carried out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitOptions {
    /// Largest decrement `g^T H^-1 g` of a converged fit; default 1e-17.
    pub tolerance: f64,
    /// Largest number of steps; default 200.
    pub max_steps: usize,
    /// Largest number of halvings of a step; default 40.
    pub max_halvings: usize,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self { tolerance: 1e-17, max_steps: 200, max_halvings: 40 }
    }
}

/// How a fit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitStatus {
    /// At a minimum, within the tolerance.
    Converged,
    /// At a minimum as far as the parameters are determined: some direction carries no information.
    Degenerate,
    /// The steps ran out.
    StepLimit,
    /// No smaller step lowered -ln L any more.
    Stalled,
    /// A bin without observed events lost all expected ones, so the minimum lies on the edge of the
    /// likelihood's domain, where it has no derivative.
    EmptyBin,
}

impl FitStatus {
    /// The status in words, as the command line prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::Degenerate => "degenerate",
            Self::StepLimit => "step limit",
            Self::Stalled => "stalled",
            Self::EmptyBin => "empty bin",
        }
    }

    /// Whether the point is a minimum.
    pub fn is_minimum(self) -> bool {
        matches!(self, Self::Converged | Self::Degenerate)
    }
}

/// The result of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct FitReport {
    /// How it ended.
    pub status: FitStatus,
    /// Newton steps taken.
    pub steps: usize,
    /// Evaluations of the rates.
    pub evaluations: usize,
    /// -2 ln L.
    pub twice_nll: f64,
    /// Decrement `g^T H^-1 g` at the end, `H` the Hessian of -ln L or the expected information.
    pub decrement: f64,
    /// Fitted parameters.
    pub parameters: Vec<f64>,
    /// Indices of the parameters that were free at the end.
    pub free: Vec<usize>,
    /// Indices of the parameters that ended at a bound.
    pub at_bounds: Vec<usize>,
    /// Indices of the parameters that ended at a kink of their interpolation.
    pub at_kinks: Vec<usize>,
    /// Indices of the parameters that the model fixes at their initial values.
    pub kept: Vec<usize>,
    /// -2 ln L of another minimum that was found less than 1 above this one.
    pub other_minimum: Option<f64>,
}

/// Why a fit cannot begin or continue.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The starting point or the data lie outside the likelihood's domain.
    #[error("the fit cannot start: {0}")]
    Start(#[from] DomainError),
    /// A parameter that is to be fixed does not exist in the model.
    #[error("parameter {index} cannot be held: the model has {parameters}, counted from 0")]
    UnknownParameter {
        /// The requested index.
        index: usize,
        /// How many there are.
        parameters: usize,
    },
    /// The information or the decrement is not finite.
    #[error(
        "the fit met an information that is not finite; check the workspace for numbers far out \
         of range"
    )]
    Information,
}
