//! The test statistic of one data set, from its own fits.

use super::error::ToyError;
use super::record::{FailureCause, FitStage, ToyFailure, ToyValue};
use crate::fit::{FitError, FitOptions, FitReport, FitStatus, LOWER, minimise_to_the_edge};
use crate::histfactory::{Evaluator, Model};

use crate::inference::toys::TestSettings;

/// A fit without a minimum.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::inference) enum Trouble {
    /// The fit cannot begin or continue.
    Start(FitError),
    /// The fit ended somewhere other than a minimum.
    Ended(FitStatus),
    /// The statistic is not a number.
    NotFinite,
}

impl Trouble {
    fn cause(&self) -> FailureCause {
        match self {
            Self::Start(_) => FailureCause::NoStart,
            Self::Ended(status) => FailureCause::of(*status).expect("no minimum"),
            Self::NotFinite => FailureCause::NotFinite,
        }
    }
}

/// Which fit has no minimum, and why.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::inference) struct Failed(
    pub(in crate::inference) FitStage,
    pub(in crate::inference) Trouble,
);

impl From<Failed> for ToyFailure {
    fn from(Failed(fit, trouble): Failed) -> Self {
        Self { fit, cause: trouble.cause() }
    }
}

impl From<Failed> for ToyError {
    fn from(Failed(fit, trouble): Failed) -> Self {
        match trouble {
            Trouble::Start(error) => Self::Fit(error),
            Trouble::Ended(status) => Self::observed(fit, status.name()),
            Trouble::NotFinite => Self::observed(fit, "not finite"),
        }
    }
}

/// The minimum found from the first starting point that leads to one; the evaluator is left there.
pub(in crate::inference) fn best_fit(
    evaluator: &mut Evaluator,
    data: &[f64],
    starts: &[&[f64]],
    hold: Option<f64>,
    options: &FitOptions,
) -> Result<FitReport, Trouble> {
    let hold: Vec<(usize, f64)> =
        hold.map(|poi| (evaluator.model().poi_index(), poi)).into_iter().collect();
    let mut trouble = None;
    for start in starts {
        match minimise_to_the_edge(evaluator, data, start, &hold, options) {
            Ok(fit) if fit.report.status.is_minimum() => return Ok(fit.report),
            Ok(fit) => trouble = Some(Trouble::Ended(fit.report.status)),
            // The error of a fit that began is more informative.
            Err(error) => trouble = trouble.or(Some(Trouble::Start(error))),
        }
    }
    Err(trouble.expect("there is a starting point"))
}

/// A test, with the settings of its fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Test {
    pub(super) settings: TestSettings,
    pub(super) fit: FitOptions,
}

/// A data set's statistic and the fits behind it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tested {
    pub(super) statistic: f64,
    pub(super) free: FitReport,
    /// `None` where the statistic is 0 because of the fitted parameter of interest.
    pub(super) tested: Option<FitReport>,
}

impl Tested {
    pub(super) fn value(&self, model: &Model) -> ToyValue {
        ToyValue { statistic: self.statistic, poi: self.free.parameters[model.poi_index()] }
    }
}

impl Test {
    /// The statistic of a data set; `near` are points close to the free fit and to the tested one.
    ///
    /// Where the tested fit ends below the free one, the free fit is not at the lowest minimum and
    /// continues from there.
    pub(super) fn apply(
        &self,
        evaluator: &mut Evaluator,
        data: &[f64],
        [near_free, near_tested]: [&[f64]; 2],
    ) -> Result<Tested, Failed> {
        let Self { settings: TestSettings { test_statistic, tested_poi }, fit } = self;
        let (model, poi) = (evaluator.model(), evaluator.model().poi_index());
        let initial = model.suggested_init();
        let free = best_fit(evaluator, data, &[near_free, initial], None, fit);
        let mut free = free.map_err(|trouble| Failed(FitStage::Free, trouble))?;
        if test_statistic.vanishes(free.parameters[poi], *tested_poi) {
            return Ok(Tested { statistic: 0.0, free, tested: None });
        }
        let starts = [&free.parameters, near_tested, initial];
        let tested = best_fit(evaluator, data, &starts, Some(*tested_poi), fit);
        let tested = tested.map_err(|trouble| Failed(FitStage::Tested, trouble))?;
        if tested.twice_nll < free.twice_nll - LOWER
            && let Ok(lower) = best_fit(evaluator, data, &[&tested.parameters], None, fit)
            && lower.twice_nll < free.twice_nll
        {
            free = lower;
        }
        if test_statistic.vanishes(free.parameters[poi], *tested_poi) {
            return Ok(Tested { statistic: 0.0, free, tested: Some(tested) });
        }
        let statistic = (tested.twice_nll - free.twice_nll).max(0.0);
        if !statistic.is_finite() {
            return Err(Failed(FitStage::Tested, Trouble::NotFinite));
        }
        Ok(Tested { statistic, free, tested: Some(tested) })
    }
}
