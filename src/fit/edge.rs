//! Fits whose minimum may lie on the edge of the likelihood's domain.
//!
//! A bin in which nothing is observed adds its rate `r_b` to `f = -ln L`, and nothing prevents the
//! fit from lowering it to 0, beyond which the likelihood is not defined. [`minimise`] stops there
//! without a minimum, or creeps along the edge until its steps run out. Here every bin without a
//! count gets a small one, `e`, whose term `-e ln r_b` is a logarithmic barrier that turns the edge
//! into a minimum just inside. Starting at `e` = 0.1, each minimum is the start of the next fit
//! with a tenth of `e` (the barrier method), because a small `e` on its own leaves a valley too
//! narrow to follow.
//!
//! With `k` such bins, and where `f` and the rates are convex in the parameters, `f` of the true
//! data at the last point lies above its minimum on the edge by at most `k e`, -2 ln L by at most
//! `2 k e`; bins that keep their rates add almost nothing to that. Source: J. Nocedal, S. Wright,
//! Numerical Optimization, 2nd ed., section 19.6; S. Boyd, L. Vandenberghe, Convex Optimization,
//! sections 11.2 and 11.3.

use super::newton::{minimise, start};
use super::report::{FitError, FitOptions, FitReport};
use crate::histfactory::Evaluator;

/// Final count that replaces 0, in events.
pub const EDGE_COUNT: f64 = 1e-8;

/// The counts on the way there, each a tenth of the previous one.
const COUNTS: [f64; 8] = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, EDGE_COUNT];

/// Largest decrement of a fit, relative to the count, which limits how well its minimum is known.
const CLOSE_ENOUGH: f64 = 1e-3;

/// A fit whose minimum may lie on the edge of the likelihood's domain.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeFit {
    /// The last fit. Its -2 ln L is that of the true data; where bins were padded, everything else
    /// refers to data with [`EDGE_COUNT`] events in them, so the fit has no adjoint.
    pub report: FitReport,
    /// Bins without a count that were given one, ascending; empty where the plain fit found a
    /// minimum.
    pub padded: Vec<usize>,
}

/// As [`minimise`], but also finds a minimum on the edge of the domain, where bins without observed
/// events have lost their rates.
///
/// Where the plain fit finds no minimum, bins without a count that expect events at the start are
/// padded with ever smaller counts down to [`EDGE_COUNT`], starting again from `initial`; then -2
/// ln L of the true data is evaluated at that point. It lies above its minimum by at most about
/// twice the sum of these counts. The evaluator is left at the point of the report.
///
/// # Errors
/// As [`minimise`].
pub fn minimise_to_the_edge(
    evaluator: &mut Evaluator,
    data: &[f64],
    initial: &[f64],
    hold: &[(usize, f64)],
    options: &FitOptions,
) -> Result<EdgeFit, FitError> {
    let mut report = minimise(evaluator, data, initial, hold, options)?;
    if report.status.is_minimum() {
        return Ok(EdgeFit { report, padded: Vec::new() });
    }
    let (mut theta, _) = start(evaluator, initial, hold)?;
    let at = evaluator.set_point(&theta)?;
    let bins = at.rates().iter().zip(data).enumerate();
    let padded = bins.filter(|(_, (rate, count))| **count == 0.0 && **rate > 0.0);
    let padded: Vec<usize> = padded.map(|(bin, _)| bin).collect();
    if padded.is_empty() {
        evaluator.set_point(&report.parameters)?;
        return Ok(EdgeFit { report, padded });
    }
    let mut counts = data.to_vec();
    for count in COUNTS {
        padded.iter().for_each(|&bin| counts[bin] = count);
        let tolerance = options.tolerance.max(CLOSE_ENOUGH * count);
        let options = FitOptions { tolerance, ..*options };
        report = minimise(evaluator, &counts, &theta, hold, &options)?;
        theta.clone_from(&report.parameters);
    }
    let at = evaluator.set_point(&report.parameters)?;
    report.twice_nll = 2.0 * at.negative_log_likelihood(data)?;
    Ok(EdgeFit { report, padded })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::FitStatus;
    use crate::histfactory::WorkspaceModel;
    use crate::histfactory::{Model, Workspace};
    use serde_json::{Value, json};

    /// Bins with 5 (or `background`) events each and a `histosys` that adds 5 times its parameter
    /// in each of them, and a signal of 2 mu.
    fn model(background: &[f64], observed: &[f64], bounds: Value) -> (Model, Vec<f64>) {
        let shifted = |sign: f64| background.iter().map(|b| b + 5.0 * sign).collect::<Vec<_>>();
        let shape = json!({ "lo_data": shifted(-1.0), "hi_data": shifted(1.0) });
        let workspace = json!({
            "channels": [{ "name": "region", "samples": [
                { "name": "signal", "data": vec![2.0; observed.len()], "modifiers": [
                    { "name": "mu", "type": "normfactor", "data": null }]},
                { "name": "background", "data": background, "modifiers": [
                    { "name": "shape", "type": "histosys", "data": shape }]},
            ]}],
            "observations": [{ "name": "region", "data": observed }],
            "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [
                { "name": "mu", "bounds": bounds }] } }],
            "version": "1.0.0",
        });
        let workspace = Workspace::from_json(workspace).expect("a valid workspace");
        let model = workspace.model().expect("a valid model");
        let data = workspace.data(&model);
        (model, data)
    }

    fn fit(model: &Model, data: &[f64], poi: Option<f64>) -> EdgeFit {
        let hold: Vec<(usize, f64)> = poi.map(|poi| (model.poi_index(), poi)).into_iter().collect();
        let (mut evaluator, options) = (Evaluator::new(model), FitOptions::default());
        let initial = model.suggested_init();
        let fit = minimise_to_the_edge(&mut evaluator, data, initial, &hold, &options);
        fit.expect("the fit begins")
    }

    fn normal(alpha: f64) -> f64 {
        alpha * alpha + (2.0 * std::f64::consts::PI).ln()
    }

    #[test]
    fn an_edge_minimum_has_its_closed_form() {
        // One bin of rate 5 + 5 alpha has nothing observed: f = 5 + 5 alpha + alpha^2 / 2 decreases
        // down to the edge at alpha = -1, where -2 ln L = 1 + ln 2 pi.
        let (model, data) = model(&[5.0], &[0.0], json!([[0.0, 10.0]]));
        let found = fit(&model, &data, Some(0.0));
        assert_eq!(
            (found.report.status, found.padded.as_slice()),
            (FitStatus::Converged, &[0][..])
        );
        let error = found.report.twice_nll - normal(1.0);
        assert!((0.0..=2.01 * EDGE_COUNT).contains(&error), "{error:e}");
        // With the signal fixed at 1 the edge is at alpha = -1.4.
        let held = fit(&model, &data, Some(1.0));
        let error = held.report.twice_nll - normal(1.4);
        assert!((0.0..=2.01 * EDGE_COUNT).contains(&error), "{error:e}");
    }

    #[test]
    fn only_the_first_bin_on_the_way_loses_its_rate() {
        // Rates 3 + 5 alpha and 6 + 5 alpha: the first ends the domain, at alpha = -0.6.
        let (model, data) = model(&[3.0, 6.0], &[0.0, 0.0], json!([[0.0, 10.0]]));
        let found = fit(&model, &data, Some(0.0));
        assert_eq!(found.padded, [0, 1]);
        let rates = model.expected_data(&found.report.parameters).expect("rates");
        assert!(rates[0] < 1e-7 && (rates[1] - 3.0).abs() < 1e-7, "{rates:?}");
        let error = found.report.twice_nll - (normal(0.6) + 2.0 * 3.0);
        assert!((0.0..=2.01 * EDGE_COUNT).contains(&error), "{error:e}");
        // Two bins end the domain together, with the signal free too: both rates vanish at mu = 0,
        // alpha = -1.
        let (model, data) = super::tests::model(&[5.0, 5.0], &[0.0, 0.0], json!([[0.0, 10.0]]));
        let found = fit(&model, &data, None);
        let error = found.report.twice_nll - normal(1.0);
        assert!((0.0..=4.02 * EDGE_COUNT).contains(&error), "{error:e}");
    }

    #[test]
    fn a_signal_that_may_be_negative_cancels_the_background() {
        // mu may decrease to -5, so 2 mu + 5 + 5 alpha = 0 at no cost in alpha, at mu = -2.5.
        let (model, data) = model(&[5.0], &[0.0], json!([[-5.0, 10.0]]));
        let found = fit(&model, &data, None);
        assert!(found.report.status.is_minimum(), "{:?}", found.report);
        let error = found.report.twice_nll - normal(0.0);
        assert!((0.0..=2.01 * EDGE_COUNT).contains(&error), "{error:e}");
    }

    #[test]
    fn a_minimum_inside_is_that_of_the_plain_fit() {
        let (model, data) = model(&[5.0, 4.0], &[7.0, 0.0], json!([[0.0, 10.0]]));
        let found = fit(&model, &data, None);
        let mut evaluator = Evaluator::new(&model);
        let options = FitOptions::default();
        let plain = minimise(&mut evaluator, &data, model.suggested_init(), &[], &options);
        assert_eq!(plain.expect("a fit"), found.report);
        assert_eq!((found.report.status, found.padded.len()), (FitStatus::Converged, 0));
    }
}
