//! The test statistics, by name.
//!
//! Source: arXiv:1007.1727, equations 12, 14 and 16.

use std::str::FromStr;

use super::error::InferenceError;
use crate::histfactory::Model;
use crate::kernels::asymptotics::{Slopes, ln_cls_expected, ln_p0_expected};
use diffhep_names::name_of;

/// Which test statistic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TestStatistic {
    /// q for upper limits, with the asymptotic formula for a signal strength of any sign.
    Q,
    /// q-tilde for upper limits, for a signal strength that is not negative; pyhf's default.
    #[default]
    QTilde,
    /// q0 for discovery.
    Q0,
}

impl TestStatistic {
    /// Every statistic with pyhf's name for it.
    pub const TABLE: [(&'static str, Self); 3] =
        [("q", Self::Q), ("qtilde", Self::QTilde), ("q0", Self::Q0)];

    /// pyhf's name.
    pub fn name(self) -> &'static str {
        name_of(&Self::TABLE, &self)
    }

    /// Signal strength of the Asimov data.
    pub(super) fn asimov_poi(self) -> f64 {
        match self {
            Self::Q | Self::QTilde => 0.0,
            Self::Q0 => 1.0,
        }
    }

    /// Whether the fitted signal strength lies on the side where the statistic is 0 by definition.
    pub(super) fn vanishes(self, fitted: f64, tested: f64) -> bool {
        match self {
            Self::Q | Self::QTilde => fitted >= tested,
            Self::Q0 => fitted <= tested,
        }
    }

    /// Refuses a model whose bounds exclude the Asimov data's signal strength.
    pub(super) fn check_asimov_poi(self, model: &Model) -> Result<(), InferenceError> {
        let (value, (lower, upper)) =
            (self.asimov_poi(), model.suggested_bounds()[model.poi_index()]);
        if value < lower || value > upper {
            let poi = model.poi_name().to_owned();
            return Err(InferenceError::AsimovOutsideBounds { poi, value, lower, upper });
        }
        Ok(())
    }

    /// ln of the expected p-value (CLs or p0), with its derivative with respect to `sqrt(q_A)`.
    pub(super) fn ln_expected(self, n_sigma: f64, q_asimov: f64) -> Slopes {
        match self {
            Self::Q | Self::QTilde => ln_cls_expected(n_sigma, q_asimov.sqrt()),
            Self::Q0 => ln_p0_expected(n_sigma, q_asimov.sqrt()),
        }
    }
}

/// An unknown name of a test statistic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown test statistic '{0}'; choose q or qtilde")]
pub struct UnknownTestStatistic(pub String);

impl FromStr for TestStatistic {
    type Err = UnknownTestStatistic;
    fn from_str(name: &str) -> Result<Self, UnknownTestStatistic> {
        let found = Self::TABLE.iter().find(|(known, _)| *known == name);
        found.map(|(_, statistic)| *statistic).ok_or_else(|| UnknownTestStatistic(name.to_owned()))
    }
}
