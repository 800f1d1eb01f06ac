//! Expected p-values of a workspace, with the derivative by every number in it.
//!
//! Enters: a HistFactory workspace whose observations are its expected backgrounds. Leaves: ln p of
//! the median experiment on nominal Asimov data ([`inference`](crate::inference)), and its
//! [`WorkspaceGradient`].

use serde_json::Value;

use crate::histfactory::{Workspace, WorkspaceError, WorkspaceGradient};
use crate::inference::{
    AsimovData, AsymptoticCalculator, HypothesisTestOptions, InferenceError, ProfileRatio, Quantity,
};

/// Which expected p-value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedTest {
    /// The median discovery p-value if the signal is there.
    Discovery,
    /// The median CLs of the full signal if it is not.
    Exclusion,
}

/// ln p and its derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedPValue {
    /// Natural logarithm of the p-value.
    pub ln_p: f64,
    /// Its derivatives; none where the signal is too small beside the background to change the
    /// likelihood's last bit, and the p-value is that of a test which says nothing.
    pub gradient: Option<WorkspaceGradient>,
}

/// What keeps an expected p-value from being found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExpectedTestError {
    /// The model cannot be made.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The test has no result.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// A fit has not converged.
    #[error("its fit '{fit}' ended as '{status}'")]
    FitNotConverged {
        /// Which fit.
        fit: &'static str,
        /// Its status.
        status: &'static str,
    },
}

impl ExpectedTestError {
    /// Whether there is no result although nothing is wrong with the problem: a scan has a gap there.
    pub(super) fn is_gap(&self) -> bool {
        !matches!(self, Self::Workspace(_))
    }
}

impl ExpectedTest {
    /// ln p of a test that says nothing: 1/2 of p0, 1 of CLs.
    pub fn ln_p_without_signal(self) -> f64 {
        match self {
            Self::Discovery => 0.5f64.ln(),
            Self::Exclusion => 0.0,
        }
    }

    /// The expected p-value of a workspace in pyhf's JSON; `with_gradient` says whether its
    /// derivatives are wanted.
    ///
    /// # Errors
    /// [`ExpectedTestError`] where the model cannot be made or a fit does not converge.
    pub fn ln_p(
        self,
        workspace: Value,
        with_gradient: bool,
    ) -> Result<ExpectedPValue, ExpectedTestError> {
        let workspace = Workspace::from_json(workspace)?;
        let model = workspace.model()?;
        let data = workspace.data(&model);
        let options = HypothesisTestOptions {
            asimov: AsimovData::Nominal,
            ..HypothesisTestOptions::default()
        };
        let mut calculator = AsymptoticCalculator::new(&model, &data, options)?;
        let tested = match self {
            Self::Discovery => calculator.discovery().map(|test| test.ratio),
            Self::Exclusion => calculator.hypotest(1.0).map(|test| test.ratio),
        };
        let ratio = match tested {
            Err(InferenceError::NoSensitivity { .. }) => {
                return Ok(ExpectedPValue { ln_p: self.ln_p_without_signal(), gradient: None });
            }
            tested => tested?,
        };
        refuse_unconverged(&ratio)?;
        let median = Quantity::Expected(0.0);
        let gradient = if with_gradient {
            let adjoint = calculator.ln_gradient(&ratio, median)?;
            Some(WorkspaceGradient::new(&workspace, &model, &adjoint))
        } else {
            None
        };
        Ok(ExpectedPValue { ln_p: ratio.ln_p_value(median), gradient })
    }
}

fn refuse_unconverged(ratio: &ProfileRatio) -> Result<(), ExpectedTestError> {
    match ratio.fits().iter().find(|(_, fit)| !fit.status.is_minimum()) {
        None => Ok(()),
        Some((name, fit)) => {
            Err(ExpectedTestError::FitNotConverged { fit: name, status: fit.status.name() })
        }
    }
}
