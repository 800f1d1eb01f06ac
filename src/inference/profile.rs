//! Profile likelihood ratios of data and of the Asimov data that belong to them.
//!
//! `q = 2 (f(tested) - f(free))` with `f = -ln L` at its minimum with the parameter of interest
//! held at the tested value, and with all parameters free. The Asimov data are the expected data
//! at the signal strength of the other hypothesis; their free fit is the point that made them.
//! Source: arXiv:1007.1727, equations 7, 11, 12, 14, 16 and section 3.2.

use super::calculator::{HypothesisTestOptions, InferenceError};
use crate::fit::{FitError, FitOptions, FitReport, FitStatus, minimise};
use crate::histfactory::{ConstraintKind, Evaluator, Model};
use crate::names::name_of;

/// Which test statistic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TestStatistic {
    /// q for upper limits, with the asymptotic formula for a signal strength of any sign.
    Q,
    /// q-tilde for upper limits, for a signal strength that is not negative: pyhf's default.
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

    /// Whether the fitted signal strength agrees better with the other hypothesis's far side, so
    /// that the statistic is 0 by definition.
    pub(super) fn vanishes(self, fitted: f64, tested: f64) -> bool {
        match self {
            Self::Q | Self::QTilde => fitted >= tested,
            Self::Q0 => fitted <= tested,
        }
    }
}

/// At which nuisance parameters Asimov data are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AsimovData {
    /// Those fitted to the data with the signal strength held: pyhf's, and the default.
    #[default]
    Fitted,
    /// The model's initial values: no data enter, which training wants.
    Nominal,
}

/// A test statistic's value on data and on Asimov data, with the fits behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileRatio {
    /// The statistic.
    pub test_statistic: TestStatistic,
    /// The signal strength that is tested.
    pub tested_poi: f64,
    /// q of the data, not negative.
    pub q: f64,
    /// q of the Asimov data, not negative.
    pub q_asimov: f64,
    /// Fit of the data, all parameters free.
    pub free_fit: FitReport,
    /// Fit of the data at the tested signal strength.
    pub tested_fit: FitReport,
    /// Fit of the data at the Asimov signal strength, which makes the Asimov data; `None` for
    /// [`AsimovData::Nominal`].
    pub asimov_source_fit: Option<FitReport>,
    /// Parameters at which the Asimov data were made.
    pub asimov_parameters: Vec<f64>,
    /// The Asimov data: bins, then auxiliary data.
    pub asimov_data: Vec<f64>,
    /// Fit of the Asimov data at the tested signal strength.
    pub asimov_tested_fit: FitReport,
}

impl ProfileRatio {
    /// The fits, by name, in the order in which they were made.
    pub fn fits(&self) -> Vec<(&'static str, &FitReport)> {
        let mut fits = vec![("free", &self.free_fit), ("tested", &self.tested_fit)];
        fits.extend(self.asimov_source_fit.as_ref().map(|fit| ("asimov_source", fit)));
        fits.push(("asimov_tested", &self.asimov_tested_fit));
        fits
    }

    /// Whether every fit is at a minimum.
    pub fn converged(&self) -> bool {
        self.fits().iter().all(|(_, fit)| fit.status.is_minimum())
    }

    /// Whether q is 0 because of where the fitted signal strength lies: derivatives through the
    /// data's own fits are 0 there.
    pub fn observed_is_flat(&self) -> bool {
        self.q == 0.0
    }
}

/// A fit from a warm start, or from the initial values where that start has no likelihood.
fn conditional(
    e: &mut Evaluator,
    data: &[f64],
    warm: &[f64],
    poi: f64,
    options: &FitOptions,
) -> Result<FitReport, FitError> {
    let hold = [(e.model().poi_index(), poi)];
    match minimise(e, data, warm, &hold, options) {
        Ok(report) if report.status != FitStatus::Stalled => Ok(report),
        _ => {
            let initial = e.model().suggested_init();
            minimise(e, data, initial, &hold, options)
        }
    }
}

/// The initial values, with the parameter of interest at `poi`.
pub(super) fn nominal_parameters(model: &Model, poi: f64) -> Vec<f64> {
    let mut nominal = model.suggested_init().to_vec();
    nominal[model.poi_index()] = poi;
    nominal
}

/// Asimov data and their fit at the tested signal strength.
pub(super) struct AsimovRatio {
    /// q, not negative.
    pub(super) q: f64,
    /// The Asimov data: bins, then auxiliary data.
    pub(super) data: Vec<f64>,
    /// Their fit at the tested signal strength.
    pub(super) tested_fit: FitReport,
}

/// Chi squared of what is the same at +1 and -1 of shapes, from which on both sides are fitted.
const EVEN_SHAPES: f64 = 0.1;
/// Fall of -2 ln L that tells one minimum from another.
pub(super) const LOWER: f64 = 1e-9;

/// The minimum on the other side of the Asimov data's point, if it is lower.
///
/// A systematic that moves events the same way up and down gives a conditional likelihood two minima,
/// and a descent finds the nearer one. The other is looked for from the first one's mirror image, at
/// least a standard deviation away; only parameters with a Normal constraint are mirrored.
fn other_side(
    e: &mut Evaluator,
    data: &[f64],
    centre: &[f64],
    found: &FitReport,
    options: &FitOptions,
) -> Option<FitReport> {
    let poi = e.model().poi_index();
    let mut start = found.parameters.clone();
    let constrained: Vec<(usize, f64)> = e
        .constraints()
        .filter(|(p, kind, ..)| matches!(kind, ConstraintKind::Normal) && found.free.contains(p))
        .map(|(p, _, width, _)| (p, width))
        .collect();
    let pull = |p: usize, width: f64| ((found.parameters[p] - centre[p]) / width).abs();
    let largest = constrained.iter().map(|(p, width)| pull(*p, *width)).fold(0.0, f64::max);
    if largest == 0.0 {
        return None;
    }
    for (p, _) in constrained {
        start[p] = centre[p] - (found.parameters[p] - centre[p]) * (1.0 / largest).max(1.0);
    }
    let hold = [(poi, found.parameters[poi])];
    let other = minimise(e, data, &start, &hold, options).ok()?;
    let is_lower = other.status.is_minimum() && other.twice_nll < found.twice_nll - LOWER;
    is_lower.then_some(other)
}

/// Computes the ratio on the Asimov data of a point, which is their free fit.
pub(super) fn asimov_ratio(
    e: &mut Evaluator,
    parameters: &[f64],
    tested_poi: f64,
    options: &FitOptions,
) -> Result<AsimovRatio, InferenceError> {
    e.set_point(parameters)?;
    let data = e.expected_data();
    let free = 2.0 * e.negative_log_likelihood(&data)?;
    let is_even = e.even_shapes() > EVEN_SHAPES;
    let mut tested_fit = conditional(e, &data, parameters, tested_poi, options)?;
    if is_even && let Some(lower) = other_side(e, &data, parameters, &tested_fit, options) {
        tested_fit = lower;
    }
    Ok(AsimovRatio { q: (tested_fit.twice_nll - free).max(0.0), data, tested_fit })
}

/// Computes the ratio at a tested signal strength; `free_fit` is the data's free fit.
pub(super) fn profile_ratio(
    e: &mut Evaluator,
    data: &[f64],
    free_fit: &FitReport,
    test_statistic: TestStatistic,
    tested_poi: f64,
    options: &HypothesisTestOptions,
) -> Result<ProfileRatio, InferenceError> {
    let model = e.model();
    let poi = model.poi_index();
    let asimov_poi = test_statistic.asimov_poi();
    let warm = &free_fit.parameters;
    let tested_fit = conditional(e, data, warm, tested_poi, &options.fit)?;
    let asimov_source_fit = match options.asimov {
        AsimovData::Fitted => Some(conditional(e, data, warm, asimov_poi, &options.fit)?),
        AsimovData::Nominal => None,
    };
    let asimov_parameters = match &asimov_source_fit {
        Some(fit) => fit.parameters.clone(),
        None => nominal_parameters(model, asimov_poi),
    };
    let asimov = asimov_ratio(e, &asimov_parameters, tested_poi, &options.fit)?;
    let q = if test_statistic.vanishes(free_fit.parameters[poi], tested_poi) {
        0.0
    } else {
        (tested_fit.twice_nll - free_fit.twice_nll).max(0.0)
    };
    Ok(ProfileRatio {
        test_statistic,
        tested_poi,
        q,
        q_asimov: asimov.q,
        free_fit: free_fit.clone(),
        tested_fit,
        asimov_source_fit,
        asimov_parameters,
        asimov_data: asimov.data,
        asimov_tested_fit: asimov.tested_fit,
    })
}
