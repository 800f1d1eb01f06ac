//! How hypothesis tests are carried out.

use super::test_statistic::TestStatistic;
use crate::fit::FitOptions;

/// At which nuisance parameters Asimov data are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AsimovData {
    /// Those fitted to the data at fixed signal strength: pyhf's choice, and the default.
    #[default]
    Fitted,
    /// The model's initial values: no data enter, as training requires.
    Nominal,
}

/// How a hypothesis test is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HypothesisTestOptions {
    /// The statistic of a hypothesis test; default q-tilde.
    pub test_statistic: TestStatistic,
    /// Where Asimov data are made; default at the fitted nuisance parameters.
    pub asimov: AsimovData,
    /// Settings of each fit.
    pub fit: FitOptions,
}
