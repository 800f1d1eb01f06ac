//! Expected p-values and limits of a workspace, with the derivative with respect to every number in
//! it.
//!
//! Enters: a HistFactory workspace or a compiled model; observations do not matter. Leaves: ln p of
//! the median experiment on nominal Asimov data ([`expected_ratio`]), or its upper limit, and the
//! gradient.

use serde_json::Value;

use crate::fit::FitOptions;
use crate::histfactory::{
    Evaluator, Model, ModelAdjoint, Workspace, WorkspaceError, WorkspaceGradient, WorkspaceModel,
};
use crate::inference::{
    AsimovData, AsymptoticCalculator, HypothesisTestOptions, InferenceError, LimitError,
    LimitOptions, Quantity, TestStatistic, expected_ratio,
};

/// How many standard deviations the median statistic is from itself.
const MEDIAN: f64 = 0.0;

/// Which expected p-value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedTest {
    /// The median discovery p-value if the signal is there.
    Discovery,
    /// The median CLs of the full signal if it is not.
    Exclusion,
}

/// ln p of a model and its derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedModelPValue {
    /// Natural logarithm of the p-value.
    pub ln_p: f64,
    /// Its derivatives; none where they were not requested, or as in [`ExpectedPValue::gradient`].
    pub adjoint: Option<ModelAdjoint>,
}

/// ln p of a workspace and its derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedPValue {
    /// Natural logarithm of the p-value.
    pub ln_p: f64,
    /// Its derivatives; none where the signal is too small compared with the background to change
    /// the last bit of the likelihood, in which case the p-value is that of a test without
    /// sensitivity.
    pub gradient: Option<WorkspaceGradient>,
}

/// Why an expected p-value has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExpectedTestError {
    /// The model cannot be made.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The test has no result.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// There is no limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A fit has not converged.
    #[error("the fit '{fit}' of an expected p-value ended as '{status}'")]
    FitNotConverged {
        /// Which fit.
        fit: &'static str,
        /// Its status.
        status: &'static str,
    },
}

impl ExpectedTestError {
    /// Whether there is no result although nothing is wrong with the problem; a scan has a gap
    /// there.
    pub(crate) fn is_gap(&self) -> bool {
        !matches!(self, Self::Workspace(_))
    }
}

/// ln of an upper limit of a model and its derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedModelLimit {
    /// Natural logarithm of the limit on the parameter of interest.
    pub ln_limit: f64,
    /// Its derivatives; none where they were not requested.
    pub adjoint: Option<ModelAdjoint>,
}

/// The median expected upper limit of a compiled model at 95 % confidence level, by q-tilde on
/// nominal Asimov data; `with_gradient` says whether its derivatives are wanted.
///
/// The limit is the root of `CLs(mu) = 0.05`, and the implicit function theorem gives its
/// derivatives: the search for it is not differentiated.
///
/// # Errors
/// [`ExpectedTestError`] where there is no limit, or no gradient of it.
pub fn expected_limit(
    model: &Model,
    with_gradient: bool,
) -> Result<ExpectedModelLimit, ExpectedTestError> {
    let mut nominal = model.suggested_init().to_vec();
    nominal[model.poi_index()] = 0.0;
    let data = model.expected_data(&nominal).map_err(InferenceError::from)?;
    let options = HypothesisTestOptions { asimov: AsimovData::Nominal, ..Default::default() };
    let mut calculator = AsymptoticCalculator::new(model, &data, options)?;
    // The tolerance is tight because an optimiser compares limits at neighbouring points.
    let precise = LimitOptions { tolerance: 1e-7, ..LimitOptions::default() };
    let limit = calculator.upper_limit(Quantity::Expected(MEDIAN), &precise)?;
    let gradient = || -> Result<ModelAdjoint, InferenceError> {
        let mut adjoint = model.zero_adjoint();
        adjoint.add(1.0 / limit.value, &calculator.limit_gradient(&limit)?);
        Ok(adjoint)
    };
    let adjoint = with_gradient.then(gradient).transpose()?;
    Ok(ExpectedModelLimit { ln_limit: limit.value.ln(), adjoint })
}

impl ExpectedTest {
    /// ln p of a test without sensitivity: p0 is 1/2 and CLs is 1.
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
        let ExpectedModelPValue { ln_p, adjoint } = self.of_model(&model, with_gradient)?;
        let shaped = |adjoint| WorkspaceGradient::new(&workspace, &model, &adjoint);
        Ok(ExpectedPValue { ln_p, gradient: adjoint.map(shaped) })
    }

    /// The expected p-value of a compiled model; `with_gradient` says whether its derivatives are
    /// wanted.
    ///
    /// # Errors
    /// [`ExpectedTestError`] where the test has no result or its fit does not converge.
    pub fn of_model(
        self,
        model: &Model,
        with_gradient: bool,
    ) -> Result<ExpectedModelPValue, ExpectedTestError> {
        let (statistic, tested_poi) = match self {
            Self::Discovery => (TestStatistic::Q0, 0.0),
            Self::Exclusion => (TestStatistic::QTilde, 1.0),
        };
        let mut evaluator = Evaluator::new(model);
        let ratio = expected_ratio(&mut evaluator, statistic, tested_poi, &FitOptions::default())?;
        let status = ratio.asimov_tested_fit.status;
        if !status.is_minimum() {
            let (fit, status) = ("asimov_tested", status.name());
            return Err(ExpectedTestError::FitNotConverged { fit, status });
        }
        if ratio.q_asimov == 0.0 {
            return Ok(ExpectedModelPValue { ln_p: self.ln_p_without_signal(), adjoint: None });
        }
        let gradient = with_gradient.then(|| ratio.ln_gradient(&mut evaluator, MEDIAN));
        Ok(ExpectedModelPValue { ln_p: ratio.ln_p_value(MEDIAN), adjoint: gradient.transpose()? })
    }
}
