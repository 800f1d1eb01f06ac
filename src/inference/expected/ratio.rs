//! Expected p-values on nominal Asimov data alone: the lean test for training.
//!
//! Enters: a model. Leaves: the statistic on the Asimov data of its initial values, from one fit,
//! and ln p of the median experiment or of another one in the band, with its gradient. It is the
//! expected part of an [`AsymptoticCalculator`](crate::inference::AsymptoticCalculator) with
//! [`AsimovData::Nominal`](crate::inference::AsimovData::Nominal), digit for digit, without the
//! three fits to data that the result does not depend on. Source: arXiv:1007.1727, sections 3.2 and
//! 4.

use crate::fit::{AdjointError, FitOptions, FitReport};
use crate::histfactory::{Evaluator, ModelAdjoint};
use crate::inference::calculator::refuse_fixed_poi;
use crate::inference::error::InferenceError;
use crate::inference::gradient::{add_asimov_ratio, add_nominal, by_square};
use crate::inference::profile::{AsimovPoint, nominal_parameters};
use crate::inference::test_statistic::TestStatistic;

/// A test statistic's value on nominal Asimov data, with the fit behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedRatio {
    /// The statistic.
    pub test_statistic: TestStatistic,
    /// The tested signal strength.
    pub tested_poi: f64,
    /// q of the Asimov data, not negative; 0 where they do not depend on the tested signal
    /// strength.
    pub q_asimov: f64,
    /// Parameters at which the Asimov data were made.
    pub asimov_parameters: Vec<f64>,
    /// The Asimov data: bins, then auxiliary data.
    pub asimov_data: Vec<f64>,
    /// Their fit at the tested signal strength.
    pub asimov_tested_fit: FitReport,
}

/// Tests `tested_poi` on nominal Asimov data: those of signal strength 0 for q and q-tilde, of 1
/// for q0.
///
/// # Errors
/// [`InferenceError`] where the parameter of interest is fixed or may not take the Asimov data's
/// value, or the fit cannot begin. How the fit ended is its report's status.
pub fn expected_ratio(
    evaluator: &mut Evaluator,
    test_statistic: TestStatistic,
    tested_poi: f64,
    options: &FitOptions,
) -> Result<ExpectedRatio, InferenceError> {
    let model = evaluator.model();
    refuse_fixed_poi(model)?;
    test_statistic.check_asimov_poi(model)?;
    let nominal = nominal_parameters(model, test_statistic.asimov_poi());
    let asimov = AsimovPoint::at(evaluator, nominal)?;
    let (q_asimov, asimov_tested_fit) =
        asimov.ratio(evaluator, &asimov.parameters, tested_poi, options)?;
    Ok(ExpectedRatio {
        test_statistic,
        tested_poi,
        q_asimov,
        asimov_parameters: asimov.parameters,
        asimov_data: asimov.data,
        asimov_tested_fit,
    })
}

impl ExpectedRatio {
    /// Natural logarithm of the expected p-value (CLs, or p0 of q0), this many standard deviations
    /// below the median statistic; not a number where the fit did not converge.
    pub fn ln_p_value(&self, n_sigma: f64) -> f64 {
        if self.asimov_tested_fit.status.is_minimum() {
            self.test_statistic.ln_expected(n_sigma, self.q_asimov).value
        } else {
            f64::NAN
        }
    }

    /// The derivative of [`ExpectedRatio::ln_p_value`] with respect to all inputs of the
    /// evaluator's model, which must be the one that gave the ratio; 0 where q is 0. The evaluator
    /// is moved to another point.
    ///
    /// # Errors
    /// [`InferenceError::Adjoint`] where the fit has not converged or a derivative is not finite.
    pub fn ln_gradient(
        &self,
        evaluator: &mut Evaluator,
        n_sigma: f64,
    ) -> Result<ModelAdjoint, InferenceError> {
        let (fit, asimov) = (&self.asimov_tested_fit, &self.asimov_data);
        if !fit.status.is_minimum() {
            return Err(AdjointError::NotConverged { status: fit.status.name() }.into());
        }
        let model = evaluator.model();
        model.check_data(asimov)?;
        let slopes = self.test_statistic.ln_expected(n_sigma, self.q_asimov);
        let by_q = by_square(slopes.by_a, self.q_asimov.sqrt());
        let mut out = model.zero_adjoint();
        if by_q != 0.0 {
            let point = &self.asimov_parameters;
            let values = add_asimov_ratio(evaluator, point, asimov, fit, by_q, &mut out)?;
            add_nominal(model, &values, &mut out);
        }
        if out.is_finite() { Ok(out) } else { Err(AdjointError::NotFinite.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::FitStatus;
    use crate::histfactory::WorkspaceModel;
    use crate::histfactory::{Model, Workspace, parse};
    use crate::inference::{AsimovData, AsymptoticCalculator, HypothesisTestOptions, Quantity};
    use diffhep_testing::assert_close;
    use serde_json::{Value, json};

    fn models() -> Vec<(Model, Vec<f64>)> {
        let case = include_str!("../../../tests/reference/all_types_qtilde.json");
        let case = parse(case).expect("JSON")["workspace"].clone();
        let two_bins = parse(include_str!("../../../examples/two_bins.json")).expect("JSON");
        let compile = |json| {
            let workspace = Workspace::from_json(json).expect("a workspace");
            let model = workspace.model().expect("a model");
            let data = workspace.data(&model);
            (model, data)
        };
        [case, two_bins].map(compile).into()
    }

    /// Three bins and a systematic that raises most of them in both directions.
    fn two_sided(i: usize) -> Model {
        let wave = |phase: f64| 1.0 + (1.7 * i as f64 + phase).sin();
        let bins = |size: f64, phase: f64| -> Vec<f64> {
            (0..3).map(|bin| size * wave(phase + 2.1 * bin as f64)).collect()
        };
        let background: Vec<f64> = bins(20.0, 0.0).iter().map(|b| b + 5.0).collect();
        let raised = |phase: f64| -> Vec<f64> {
            background.iter().zip(bins(12.0, phase)).map(|(b, more)| b + more - 4.0).collect()
        };
        let histosys = json!({ "hi_data": raised(0.4), "lo_data": raised(1.0) });
        let shape = json!([{ "name": "shape", "type": "histosys", "data": histosys }]);
        let mu = json!([{ "name": "mu", "type": "normfactor", "data": null }]);
        let sample = |name: &str, data: Vec<f64>, modifiers: Value| json!({ "name": name, "data": data, "modifiers": modifiers });
        let samples = [sample("s", bins(8.0, 3.0), mu), sample("b", background.clone(), shape)];
        let workspace = Workspace::from_json(json!({
            "version": "1.0.0",
            "channels": [{ "name": "c", "samples": samples }],
            "observations": [{ "name": "c", "data": background }],
            "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
        }));
        workspace.expect("a workspace").model().expect("a model")
    }

    #[test]
    fn of_two_minima_the_lower_is_taken() {
        for i in 0..60 {
            let model = two_sided(i);
            let mut evaluator = Evaluator::new(&model);
            for (statistic, poi) in [(TestStatistic::QTilde, 1.0), (TestStatistic::Q0, 0.0)] {
                let options = FitOptions::default();
                let found = expected_ratio(&mut evaluator, statistic, poi, &options);
                let found = found.expect("a test");
                let mut at = found.asimov_tested_fit.parameters.clone();
                let shape = 1 - model.poi_index();
                for step in 0..=160 {
                    at[shape] = -4.0 + 0.05 * f64::from(step);
                    let Ok(ln_l) = model.logpdf(&at, &found.asimov_data) else { continue };
                    let lowest = found.asimov_tested_fit.twice_nll;
                    let here = at[shape];
                    assert!(-2.0 * ln_l > lowest - 1e-7, "{i}, {statistic:?}: lower at {here}");
                }
            }
        }
    }

    #[test]
    fn a_descent_does_not_stay_on_a_saddle() {
        // Up and down variations are equal, so -ln L is even in the nuisance parameter and has no
        // slope at 0. It has none there with another, pulled parameter either.
        let shape = json!({ "name": "shape", "type": "histosys",
            "data": { "hi_data": [56.0, 44.0], "lo_data": [56.0, 44.0] } });
        let rate = json!({ "name": "rate", "type": "normsys", "data": { "hi": 1.05, "lo": 0.95 } });
        // The values are of pyhf's likelihood: tests/reference/make_study_reference.py.
        for (modifiers, expected) in
            [(json!([shape]), 0.11187693610650669), (json!([shape, rate]), 0.14433056369896283)]
        {
            let workspace = Workspace::from_json(json!({
                "version": "1.0.0",
                "channels": [{ "name": "c", "samples": [
                    { "name": "s", "data": [5.0, 11.0],
                      "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
                    { "name": "b", "data": [50.0, 50.0], "modifiers": modifiers },
                ] }],
                "observations": [{ "name": "c", "data": [50.0, 50.0] }],
                "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
            }));
            let model = workspace.expect("a workspace").model().expect("a model");
            let mut evaluator = Evaluator::new(&model);
            let options = FitOptions::default();
            let found = expected_ratio(&mut evaluator, TestStatistic::QTilde, 1.0, &options);
            let cls = found.expect("a test").ln_p_value(0.0).exp();
            assert_close(cls, expected, 1e-8);
        }
    }

    #[test]
    fn it_is_the_calculator_s_expected_part() {
        for (model, data) in models() {
            let options =
                HypothesisTestOptions { asimov: AsimovData::Nominal, ..Default::default() };
            let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
            let ratios = [
                calculator.hypotest(1.0).expect("a test").ratio,
                calculator.discovery().expect("a test").ratio,
            ];
            let mut evaluator = Evaluator::new(&model);
            for full in ratios {
                let (statistic, poi) = (full.test_statistic, full.tested_poi);
                let lean = expected_ratio(&mut evaluator, statistic, poi, &options.fit);
                let lean = lean.expect("a test");
                assert_eq!(lean.q_asimov, full.q_asimov);
                assert_eq!(lean.asimov_tested_fit, full.asimov_tested_fit);
                for n_sigma in [-1.0, 0.0, 2.0] {
                    let expected = Quantity::Expected(n_sigma);
                    assert_eq!(lean.ln_p_value(n_sigma), full.ln_p_value(expected));
                    let gradient = lean.ln_gradient(&mut evaluator, n_sigma).expect("a gradient");
                    assert_eq!(calculator.ln_gradient(&full, expected), Ok(gradient));
                }
            }
        }
    }

    #[test]
    fn a_fit_that_stops_early_has_no_p_value() {
        let (model, _) = &models()[1];
        let mut evaluator = Evaluator::new(model);
        let options = FitOptions { max_steps: 0, ..Default::default() };
        let ratio = expected_ratio(&mut evaluator, TestStatistic::QTilde, 1.0, &options);
        let ratio = ratio.expect("a report");
        assert_eq!(ratio.asimov_tested_fit.status, FitStatus::StepLimit);
        assert!(ratio.ln_p_value(0.0).is_nan());
        let error = ratio.ln_gradient(&mut evaluator, 0.0).expect_err("no minimum");
        let expected = AdjointError::NotConverged { status: "step limit" };
        assert_eq!(error, InferenceError::Adjoint(expected));
    }
}
