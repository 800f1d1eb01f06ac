//! Fits whose minimum may lie on the edge of the likelihood's domain.
//!
//! A bin in which nothing is observed adds its rate `r_b` to `f = -ln L`, and nothing keeps the fit from
//! lowering it to 0, beyond which the likelihood is not defined. [`minimise`] stops there without a
//! minimum. Here such bins get a tiny count `e`, and the fit starts anew: `-e ln r_b` is a logarithmic
//! barrier, which turns the edge into a minimum just inside it.
//!
//! With `k` such bins the point found is that of the barrier method: where `f` and the rates are convex
//! in the parameters, `f` of the true data lies above its minimum on the edge by at most `k e`, -2 ln L
//! by at most `2 k e`.
//! Source: J. Nocedal, S. Wright, Numerical Optimization, 2nd ed., section 19.6; S. Boyd,
//! L. Vandenberghe, Convex Optimization, section 11.2.2.

use super::newton::{DRAINED, FitError, FitOptions, FitReport, FitStatus, minimise, start};
use crate::histfactory::Evaluator;

/// Count that stands in for none in a bin that loses its rate, in events.
pub const EDGE_COUNT: f64 = 1e-8;

/// A fit whose minimum may lie on the edge of the likelihood's domain.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeFit {
    /// The last fit. Its -2 ln L is that of the true data; where bins were drained, everything else
    /// about it is of data with [`EDGE_COUNT`] events in them, so it has no adjoint.
    pub report: FitReport,
    /// Bins that lost their rate, ascending; none where the minimum lies inside.
    pub drained: Vec<usize>,
}

/// [`minimise`] that goes on to the edge of the domain where a bin without observed events loses its
/// rate there.
///
/// Bins that do are given [`EDGE_COUNT`] events, and the fit starts anew from `initial`, until no other
/// bin follows; then -2 ln L of the true data is taken at that point. It lies above its minimum by about
/// twice the sum of these counts at most. The evaluator is left at the point of the report, linearised.
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
    if report.status != FitStatus::EmptyBin {
        return Ok(EdgeFit { report, drained: Vec::new() });
    }
    let starting_rates = starting_rates(evaluator, &report, initial, hold)?;
    let (mut padded, mut drained) = (data.to_vec(), Vec::new());
    // Each round drains a bin more, so there are at most as many as bins.
    while report.status == FitStatus::EmptyBin {
        let rates = evaluator.rates().iter().zip(&starting_rates).zip(&padded);
        let found = rates
            .enumerate()
            .filter(|(_, ((rate, start), count))| **count == 0.0 && **rate < DRAINED * **start);
        let found: Vec<usize> = found.map(|(bin, _)| bin).collect();
        if found.is_empty() {
            break;
        }
        found.iter().for_each(|&bin| padded[bin] = EDGE_COUNT);
        drained.extend(found);
        report = minimise(evaluator, &padded, initial, hold, options)?;
    }
    drained.sort_unstable();
    report.twice_nll = 2.0 * evaluator.negative_log_likelihood(data)?;
    Ok(EdgeFit { report, drained })
}

/// Rates where a fit began; the evaluator comes back to where the fit ended.
fn starting_rates(
    evaluator: &mut Evaluator,
    report: &FitReport,
    initial: &[f64],
    hold: &[(usize, f64)],
) -> Result<Vec<f64>, FitError> {
    let (theta, _) = start(evaluator, initial, hold)?;
    evaluator.set_point(&theta)?;
    let rates = evaluator.rates().to_vec();
    evaluator.set_point(&report.parameters)?;
    Ok(rates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::FitStatus;
    use crate::histfactory::{Model, Workspace};
    use serde_json::{Value, json};

    /// Bins with 5 (or `background`) events each and a `histosys` that adds 5 times its parameter in
    /// each of them, and a signal of 2 mu.
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
        // One bin of rate 5 + 5 alpha, nothing observed: f = 5 + 5 alpha + alpha^2 / 2 falls down to the
        // edge at alpha = -1, where -2 ln L = 1 + ln 2 pi.
        let (model, data) = model(&[5.0], &[0.0], json!([[0.0, 10.0]]));
        let found = fit(&model, &data, Some(0.0));
        assert_eq!(
            (found.report.status, found.drained.as_slice()),
            (FitStatus::Converged, &[0][..])
        );
        let error = found.report.twice_nll - normal(1.0);
        assert!((0.0..=2.0 * EDGE_COUNT).contains(&error), "{error:e}");
        // With the signal held at 1 the edge lies at alpha = -1.4.
        let held = fit(&model, &data, Some(1.0));
        let error = held.report.twice_nll - normal(1.4);
        assert!((0.0..=2.0 * EDGE_COUNT).contains(&error), "{error:e}");
    }

    #[test]
    fn only_the_first_bin_on_the_way_is_drained() {
        // Rates 3 + 5 alpha and 6 + 5 alpha: the first ends the domain, at alpha = -0.6.
        let (model, data) = model(&[3.0, 6.0], &[0.0, 0.0], json!([[0.0, 10.0]]));
        let found = fit(&model, &data, Some(0.0));
        assert_eq!(found.drained, [0]);
        let error = found.report.twice_nll - (normal(0.6) + 2.0 * 3.0);
        assert!((0.0..=2.0 * EDGE_COUNT).contains(&error), "{error:e}");
        // Two that end it together, with the signal free too: both rates vanish at mu = 0, alpha = -1.
        let (model, data) = super::tests::model(&[5.0, 5.0], &[0.0, 0.0], json!([[0.0, 10.0]]));
        let found = fit(&model, &data, None);
        assert_eq!(found.drained, [0, 1]);
        let error = found.report.twice_nll - normal(1.0);
        assert!((0.0..=4.0 * EDGE_COUNT).contains(&error), "{error:e}");
    }

    #[test]
    fn a_signal_that_may_be_negative_cancels_the_background() {
        // mu may fall to -5: 2 mu + 5 + 5 alpha = 0 at no cost in alpha, at mu = -2.5.
        let (model, data) = model(&[5.0], &[0.0], json!([[-5.0, 10.0]]));
        let found = fit(&model, &data, None);
        assert!(found.report.status.is_minimum(), "{:?}", found.report);
        let error = found.report.twice_nll - normal(0.0);
        assert!((0.0..=2.0 * EDGE_COUNT).contains(&error), "{error:e}");
    }

    #[test]
    fn a_minimum_inside_is_that_of_the_plain_fit() {
        let (model, data) = model(&[5.0, 4.0], &[7.0, 0.0], json!([[0.0, 10.0]]));
        let found = fit(&model, &data, None);
        let mut evaluator = Evaluator::new(&model);
        let options = FitOptions::default();
        let plain = minimise(&mut evaluator, &data, model.suggested_init(), &[], &options);
        assert_eq!(plain.expect("a fit"), found.report);
        assert_eq!((found.report.status, found.drained.len()), (FitStatus::Converged, 0));
    }
}
