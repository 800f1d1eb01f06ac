//! The result of one point, and its line of JSON.

use serde::{Deserialize, Serialize};

/// The numbers of a point.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PointNumbers {
    /// Observed CLs at the tested signal strength.
    #[serde(rename = "CLs_obs")]
    pub cls_obs: f64,
    /// Expected CLs at [`N_SIGMA`](crate::inference::N_SIGMA), smallest first.
    #[serde(rename = "CLs_exp")]
    pub cls_exp: [f64; 5],
    /// Observed upper limit; `None` where it does not exist or was not requested.
    pub limit_obs: Option<f64>,
    /// Expected upper limits, in the order of the expected CLs.
    pub limit_exp: [Option<f64>; 5],
    /// Why requested limits are missing, each reason once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_limit: Vec<String>,
}

impl PointNumbers {
    /// Whether the data exclude the tested signal strength at a confidence level.
    pub fn is_excluded(&self, level: f64) -> bool {
        self.cls_obs < 1.0 - level
    }

    /// Whether the median of data without signal excludes it.
    pub fn is_expected_excluded(&self, level: f64) -> bool {
        self.cls_exp[2] < 1.0 - level
    }

    /// Whether a requested limit is missing.
    pub fn lacks_limit(&self) -> bool {
        !self.no_limit.is_empty()
    }
}

/// The stage at which a point failed.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// The patch cannot be applied to the workspace.
    Patch,
    /// No model can be made from the patched workspace.
    Model,
    /// The test has no result.
    Test,
    /// A fit did not converge.
    Fit,
}

/// Why a point has no numbers.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The stage that failed.
    pub kind: FailureKind,
    /// The reason in words.
    pub message: String,
}

/// The outcome of a point.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It has numbers.
    Numbers(PointNumbers),
    /// It has none.
    Failed {
        /// Why.
        error: Failure,
    },
}

/// A point's result.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PointResult {
    /// The point's name.
    pub name: String,
    /// Its coordinates.
    pub values: Vec<Option<f64>>,
    /// Its outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl PointResult {
    /// The numbers, if there are any.
    pub fn numbers(&self) -> Option<&PointNumbers> {
        match &self.outcome {
            Outcome::Numbers(numbers) => Some(numbers),
            Outcome::Failed { .. } => None,
        }
    }

    /// The result as one line of JSON, newline included.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("keys are text") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_back_bit_for_bit() {
        let numbers = PointNumbers {
            cls_obs: 0.1 + 0.2,
            cls_exp: [1e-300, 1.0 / 3.0, 0.5, 5e-324, 1.0],
            limit_obs: None,
            limit_exp: [Some(0.1 + 0.7), None, Some(1e22), Some(2.0), Some(3.0)],
            no_limit: vec!["the observed limit is not bracketed".to_owned()],
        };
        let error = Failure { kind: FailureKind::Patch, message: "no \"x\"\n".to_owned() };
        for outcome in [Outcome::Numbers(numbers), Outcome::Failed { error }] {
            let result = PointResult { name: "a".into(), values: vec![Some(0.3), None], outcome };
            let line = result.line();
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert_eq!(serde_json::from_str::<PointResult>(&line).expect("a line"), result);
        }
    }
}
