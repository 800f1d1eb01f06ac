//! Compares p-values with pyhf's, closed forms and asymptotic ones; also tests toys that fail.

use diffhep::fit::FitOptions;
use diffhep::inference::{
    AsymptoticCalculator, Estimate, Hypothesis, HypothesisTestOptions, InferenceError,
    TestStatistic, ToyCalculator, ToyError, ToyOptions, ToyRun, ToySample,
};
use serde_json::{Value, json};

use super::super::common::numbers;
use super::{calculator, counting, model_of, options, reference, run, two_bins};

/// Asserts agreement with a number from equally many toys, within three standard errors of both.
#[track_caller]
fn assert_same(what: &str, found: Estimate, expected: &Value) {
    let expected = expected.as_f64().expect("a number");
    let error = 3.0 * 2f64.sqrt() * found.error;
    let difference = (found.value - expected).abs();
    assert!(difference <= error, "{what}: {found:?}, pyhf has {expected}");
}

#[test]
fn p_values_and_bands_are_pyhfs() {
    for (name, test_statistic) in [("qtilde", TestStatistic::QTilde), ("q0", TestStatistic::Q0)] {
        let expected = &reference()[name];
        let (model, mut data) = two_bins();
        let observed = numbers(&expected["data"]);
        data[..observed.len()].copy_from_slice(&observed);
        let toys = expected["n_toys"].as_u64().expect("a number");
        assert_eq!(toys, 10_000);
        let tested_poi = expected["poi"].as_f64().expect("a number");
        let run_of = ToyRun { seed: 11, first: 0, toys };
        let options = ToyOptions { test_statistic, tested_poi, run: run_of, ..Default::default() };
        let case = (model, data);
        let calculator = calculator(&case, options);
        let statistic = expected["statistic"].as_f64().expect("a number");
        assert!((calculator.statistic() - statistic).abs() < 1e-5, "{}", calculator.statistic());
        let toys = run(&calculator);
        for hypothesis in [Hypothesis::Signal, Hypothesis::Background] {
            assert_eq!(toys.sample(hypothesis).map(ToySample::n_failed), Some(0));
        }
        let test = calculator.p_values(&toys).expect("p-values");
        assert_same("CLsb", test.cl_sb, &expected["CLsb"]);
        assert_same("CLb", test.cl_b, &expected["CLb"]);
        assert_same("CLs", test.cl_s, &expected["CLs"]);
        assert!(test.cl_s.error > 0.0 && test.cl_s.error < 0.15 * test.cl_s.value);
        let band = &expected["expected"];
        for i in 0..5 {
            // Where few or no toys lie beyond, an error of one toy replaces the binomial one.
            let at_least = |e: Estimate, one: f64| Estimate { error: e.error.max(one), ..e };
            let cl_b = test.expected.cl_b[i];
            let what = |p: &str| format!("{name}, {p}, {i}");
            assert_same(&what("CLsb"), at_least(test.expected.cl_sb[i], 1e-4), &band["CLsb"][i]);
            let of_s = at_least(test.expected.cl_s[i], 1e-4 / cl_b);
            assert_same(&what("CLs"), of_s, &band["CLs"][i]);
            let level = band["CLb"][i].as_f64().expect("a number");
            assert!((cl_b - level).abs() <= 2e-4, "{name}, CLb, {i}: {cl_b} {level}");
        }
    }
}

/// P(N <= n) of a Poisson distribution.
fn up_to(n: u32, rate: f64) -> f64 {
    let mut term = (-rate).exp();
    let mut sum = term;
    for k in 1..=n {
        term *= rate / f64::from(k);
        sum += term;
    }
    sum
}

#[test]
fn a_counting_experiment_has_its_closed_form_with_ties() {
    // The statistic decreases as the count increases, so a p-value is the probability of a count
    // not above the observed one.
    for (n, signal, background) in [(0, 3.0, 1.5), (2, 4.0, 1.0), (3, 6.0, 2.5)] {
        let case = model_of(&counting(&[signal], &[background], json!([]), &[f64::from(n)]));
        let calculator = calculator(&case, options(5, 0, 20_000));
        let toys = run(&calculator);
        let test = calculator.p_values(&toys).expect("p-values");
        for (p, rate) in [(test.cl_sb, signal + background), (test.cl_b, background)] {
            let expected = up_to(n, rate);
            let error = (expected * (1.0 - expected) / 20_000.0).sqrt();
            assert!((p.value - expected).abs() < 3.5 * error, "{n}: {p:?}, {expected}");
            assert!((p.error / error - 1.0).abs() < 0.1, "{n}: {p:?}, {error}");
        }
    }
}

#[test]
fn many_events_have_the_asymptotic_p_values() {
    let shape = json!([{ "name": "rate", "type": "normsys", "data": { "lo": 0.98, "hi": 1.02 } }]);
    let case = model_of(&counting(&[150.0, 90.0], &[4e3, 2.5e3], shape, &[4060.0, 2560.0]));
    for test_statistic in [TestStatistic::QTilde, TestStatistic::Q0] {
        let tested_poi = if test_statistic == TestStatistic::Q0 { 0.0 } else { 1.0 };
        let options = ToyOptions { test_statistic, tested_poi, ..options(0, 0, 20_000) };
        let calculator = calculator(&case, options);
        let test = calculator.p_values(&run(&calculator)).expect("p-values");
        let asymptotic =
            AsymptoticCalculator::new(&case.0, &case.1, HypothesisTestOptions::default());
        let mut asymptotic = asymptotic.expect("a fit");
        let (found, expected) = match test_statistic {
            TestStatistic::Q0 => (test.cl_sb, asymptotic.discovery().expect("a test").p0_obs),
            _ => (test.cl_s, asymptotic.hypotest(1.0).expect("a test").cls_obs),
        };
        // The asymptotic formula itself is good to a percent or so here.
        let error = (3.0 * found.error).hypot(0.02 * expected);
        assert!((found.value - expected).abs() < error, "{found:?}, {expected}");
    }
}

#[test]
fn few_events_fit_without_failures() {
    let modifiers = json!([
        { "name": "rate", "type": "normsys", "data": { "lo": 0.7, "hi": 1.3 } },
        { "name": "shape", "type": "histosys",
          "data": { "lo_data": [0.2, 0.8, 2.6], "hi_data": [0.9, 1.4, 3.3] } },
        { "name": "control", "type": "shapesys", "data": [0.4, 0.7, 1.2] },
    ]);
    let case = model_of(&counting(&[1.5, 1.0, 0.5], &[0.5, 1.1, 3.0], modifiers, &[0.0, 2.0, 3.0]));
    for test_statistic in [TestStatistic::QTilde, TestStatistic::Q0] {
        let tested_poi = if test_statistic == TestStatistic::Q0 { 0.0 } else { 1.0 };
        let options = ToyOptions { test_statistic, tested_poi, ..options(1, 0, 4_000) };
        let calculator = calculator(&case, options);
        let toys = run(&calculator);
        for (hypothesis, sample) in &toys.samples {
            let (used, failed) = (sample.statistics.len(), sample.n_failed());
            assert_eq!(used as u64 + failed, 4_000);
            assert!(failed <= 4, "{hypothesis:?}: {:?}", sample.failed);
            assert!(sample.statistics.iter().all(|q| q.is_finite() && *q >= 0.0));
        }
        let test = calculator.p_values(&toys).expect("p-values");
        assert!(test.cl_sb.value <= test.cl_b.value + 0.05, "{test:?}");
    }
}

/// A shift that removes all events from bins in which a toy often has none.
fn drained() -> Value {
    let modifiers = json!([{ "name": "shift", "type": "histosys",
        "data": { "lo_data": [0.0, 4.0], "hi_data": [2.0, 8.0] } }]);
    counting(&[0.5, 1.0], &[1.0, 6.0], modifiers, &[1.0, 7.0])
}

#[test]
fn toys_with_drained_bins_have_statistics() {
    let case = model_of(&drained());
    let toys = run(&calculator(&case, options(0, 0, 3_000)));
    for (hypothesis, sample) in &toys.samples {
        assert_eq!(sample.n_failed(), 0, "{hypothesis:?}: {:?}", sample.failed);
    }
}

#[test]
fn failed_toys_are_counted_by_reason_and_left_out() {
    let case = model_of(&drained());
    // As many steps as the observed fits need, which is too few for some toys.
    let fit = (1..).map(|max_steps| FitOptions { max_steps, ..Default::default() });
    let with = |fit: FitOptions| ToyOptions { fit, ..options(0, 0, 2_000) };
    let calculator = fit
        .take(50)
        .find_map(|fit| ToyCalculator::new(&case.0, &case.1, with(fit)).ok())
        .expect("some number of steps is enough for the observed data");
    let toys = run(&calculator);
    let mut failed = 0;
    for (_, sample) in &toys.samples {
        assert_eq!(sample.statistics.len() as u64 + sample.n_failed(), 2_000);
        assert_eq!(sample.statistics.len(), sample.pois.len());
        failed += sample.n_failed();
        for reason in sample.failed.keys() {
            assert!(reason.to_string().ends_with(" fit: step limit"), "{reason}");
        }
    }
    assert!(failed > 0, "every toy converged");
    let test = calculator.p_values(&toys).expect("p-values");
    let signal = toys.sample(Hypothesis::Signal).expect("a sample");
    let above = signal.statistics.iter().filter(|q| **q >= calculator.statistic() - 1e-7);
    assert_eq!(test.cl_sb.value, above.count() as f64 / signal.statistics.len() as f64);
}

#[test]
fn where_every_toy_fails_there_is_no_p_value() {
    let case = two_bins();
    let calculator = calculator(&case, options(0, 0, 5));
    let mut toys = run(&calculator);
    let reason = "tested fit: stalled".parse().expect("a reason");
    let (_, background) = &mut toys.samples[1];
    *background = ToySample { failed: [(reason, 5)].into(), ..Default::default() };
    let error = calculator.p_values(&toys).expect_err("no toy");
    assert!(matches!(error, ToyError::NoToy { failed: 5, .. }), "{error}");
    assert!(
        error.to_string().contains("background hypothesis")
            && error.to_string().contains("stalled")
    );
}

#[test]
fn toys_that_make_no_sense_are_refused() {
    let (model, data) = two_bins();
    let refused = |options: ToyOptions| {
        let calculator = ToyCalculator::new(&model, &data, options)?;
        calculator.run(None, &mut |_| ())
    };
    let error = refused(options(0, 0, 0)).expect_err("no toys");
    assert!(matches!(error, ToyError::None), "{error}");
    let error = refused(options(0, 0, 100_000_001)).expect_err("too many");
    assert!(matches!(error, ToyError::TooMany { found: 100_000_001 }), "{error}");
    for first in [u64::MAX, (1 << 53) - 1] {
        let error = refused(options(0, first, 2)).expect_err("beyond");
        assert!(matches!(error, ToyError::LastToy { toys: 2, .. }), "{error}");
    }
    let discovery = ToyOptions { test_statistic: TestStatistic::Q0, ..options(0, 0, 1) };
    let error = refused(discovery).expect_err("q0 of 1");
    assert!(matches!(error, ToyError::DiscoveryPoi { tested: 1.0 }), "{error}");
    let error = refused(ToyOptions { tested_poi: f64::NAN, ..options(0, 0, 1) }).expect_err("NaN");
    assert!(matches!(error, ToyError::Fit(_)), "{error}");
    let fit = FitOptions { max_steps: 0, ..Default::default() };
    let error = refused(ToyOptions { fit, ..options(0, 0, 1) }).expect_err("no steps");
    assert!(matches!(error, ToyError::Observed { fit: "free", status: "step limit" }), "{error}");
    let mut json = counting(&[1.0], &[3.0], json!([]), &[2.0]);
    let mut with = |settings: Value| {
        json["measurements"][0]["config"]["parameters"] = json!([settings]);
        let (model, data) = model_of(&json);
        ToyCalculator::new(&model, &data, options(0, 0, 1)).expect_err("refused")
    };
    let error = with(json!({ "name": "mu", "fixed": true }));
    assert!(matches!(error, ToyError::Inference(InferenceError::FixedPoi { .. })), "{error}");
    let error = with(json!({ "name": "mu", "bounds": [[0.5, 10.0]] }));
    let expected = matches!(error, ToyError::AlternativeOutsideBounds { value: 0.0, .. });
    assert!(expected, "{error}");
}
