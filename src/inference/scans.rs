//! Scans of the profile likelihood in one and two parameters.
//!
//! Enters: a fit with all parameters free, values at which parameters are fixed. Leaves:
//! `-2 Delta ln L` at each, with all others refitted. Fits start from the previous one; rows of a
//! plane run in parallel, each from its own start, so results do not depend on the threads. Source:
//! arXiv:1007.1727, section 2.

use rayon::prelude::*;

use super::error::InferenceError;
use super::held::held_fit;
use crate::fit::{FitError, FitOptions, FitReport};
use crate::histfactory::{Evaluator, Model};

/// A fit with one or two parameters fixed.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanPoint {
    /// `-2 Delta ln L` over the free fit; not a number where the fit did not converge.
    pub delta: f64,
    /// The fit, or why it could not begin.
    pub fit: Result<FitReport, FitError>,
}

impl ScanPoint {
    /// How the fit ended, in words.
    pub fn status(&self) -> String {
        match &self.fit {
            Ok(report) => report.status.name().to_owned(),
            Err(error) => error.to_string(),
        }
    }
}

fn check(model: &Model, data: &[f64], free_fit: &FitReport) -> Result<(), InferenceError> {
    if !free_fit.status.is_minimum() {
        return Err(InferenceError::NotAMinimum { status: free_fit.status.name() });
    }
    Ok(model.check_data(data)?)
}

/// Points along a line of fixed values, each fitted from the last one that converged.
fn row(
    model: &Model,
    data: &[f64],
    free_fit: &FitReport,
    holds: impl Iterator<Item = Vec<(usize, f64)>>,
    options: &FitOptions,
) -> Vec<ScanPoint> {
    let (mut evaluator, mut warm) = (Evaluator::new(model), free_fit.parameters.clone());
    let point = |hold: Vec<(usize, f64)>| {
        let fit = held_fit(&mut evaluator, data, &warm, &hold, options);
        let converged = fit.as_ref().ok().filter(|report| report.status.is_minimum());
        let delta = converged.map_or(f64::NAN, |report| {
            warm.clone_from(&report.parameters);
            report.twice_nll - free_fit.twice_nll
        });
        ScanPoint { delta, fit }
    };
    holds.map(point).collect()
}

/// A scan in one parameter: a point for each of `values`.
///
/// # Errors
/// [`InferenceError`] where the free fit is not at a minimum or the data do not fit the model.
pub fn scan_line(
    model: &Model,
    data: &[f64],
    free_fit: &FitReport,
    (parameter, values): (usize, &[f64]),
    options: &FitOptions,
) -> Result<Vec<ScanPoint>, InferenceError> {
    check(model, data, free_fit)?;
    let holds = values.iter().map(|value| vec![(parameter, *value)]);
    Ok(row(model, data, free_fit, holds, options))
}

/// A scan in two parameters: for each value of the second, a row of points for each of the first.
///
/// # Errors
/// As [`scan_line`].
pub fn scan_plane(
    model: &Model,
    data: &[f64],
    free_fit: &FitReport,
    (first, columns): (usize, &[f64]),
    (second, rows): (usize, &[f64]),
    options: &FitOptions,
) -> Result<Vec<Vec<ScanPoint>>, InferenceError> {
    check(model, data, free_fit)?;
    let line = |&held: &f64| {
        let holds = columns.iter().map(|value| vec![(first, *value), (second, held)]);
        row(model, data, free_fit, holds, options)
    };
    Ok(rows.par_iter().map(line).collect())
}
