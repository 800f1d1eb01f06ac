//! Compares goodness of fit with pyhf's likelihood and scipy, and with its own toys.

use diffhep::histfactory::Model;
use diffhep::inference::{
    GoodnessOfFit, GoodnessOfFitOptions, Hypothesis, ToyError, ToyFileError, ToyRun, ToySample,
};
use diffhep::persistence::FileError;
use serde_json::json;

use super::{calculator, counting, folder, model_of, options, reference, two_bins};
use crate::common::assert_relative;

fn of<'m>((model, data): &'m (Model, Vec<f64>), toys: u64) -> GoodnessOfFit<'m> {
    let run = ToyRun { seed: 2, first: 0, toys };
    let options = GoodnessOfFitOptions { run, ..Default::default() };
    GoodnessOfFit::new(model, data, options).expect("a fit")
}

#[test]
fn statistic_degrees_and_p_value_are_those_of_pyhf_and_scipy() {
    let reference = reference();
    let cases = reference["goodness_of_fit"].as_array().expect("a list");
    assert_eq!(cases.len(), 2);
    for expected in cases {
        let case = model_of(&expected["workspace"]);
        let found = of(&case, 1);
        // pyhf's minimiser ends some 1e-8 above the minimum.
        let statistic = expected["statistic"].as_f64().expect("a number");
        assert!((found.statistic - statistic).abs() < 1e-5, "{} {statistic}", found.statistic);
        assert_eq!(Some(found.degrees_of_freedom), expected["degrees_of_freedom"].as_i64());
        let p_value = expected["p_value"].as_f64().expect("a number");
        assert_relative("p-value", found.p_value.expect("a p-value"), p_value, 1e-5);
    }
}

#[test]
fn a_model_that_describes_the_data_exactly_has_statistic_0() {
    let rate = json!([{ "name": "rate", "type": "normsys", "data": { "lo": 0.9, "hi": 1.1 } }]);
    let case = model_of(&counting(&[5.0, 5.0, 5.0], &[20.0, 30.0, 0.0], rate, &[25.0, 35.0, 5.0]));
    let found = of(&case, 1);
    assert!(found.statistic < 1e-12, "{}", found.statistic);
    assert_eq!((found.degrees_of_freedom, found.p_value.map(|p| p > 1.0 - 1e-6)), (2, Some(true)));
}

#[test]
fn no_degree_of_freedom_has_no_p_value() {
    let case = model_of(&counting(&[5.0], &[20.0], json!([]), &[23.0]));
    let found = of(&case, 1);
    assert_eq!((found.degrees_of_freedom, found.p_value), (0, None));
    let free = json!([{ "name": "free", "type": "normfactor", "data": null }]);
    let case = model_of(&counting(&[5.0], &[20.0], free, &[23.0]));
    assert_eq!((of(&case, 1).degrees_of_freedom, of(&case, 1).p_value), (-1, None));
}

#[test]
fn fixed_parameters_count_neither_as_free_nor_in_the_statistic() {
    let modifiers = json!([
        { "name": "free", "type": "normfactor", "data": null },
        { "name": "rate", "type": "normsys", "data": { "lo": 0.9, "hi": 1.1 } },
    ]);
    let mut json = counting(&[5.0, 1.0, 2.0], &[20.0, 30.0, 10.0], modifiers, &[25.0, 28.0, 14.0]);
    let settings = json!([
        { "name": "free", "fixed": true },
        { "name": "rate", "fixed": true, "inits": [0.5] },
    ]);
    json["measurements"][0]["config"]["parameters"] = settings;
    let case = model_of(&json);
    let found = of(&case, 1);
    assert_eq!(found.degrees_of_freedom, 2);
    // The statistic of the bins alone, from the deviance of each.
    let rates = case.0.expected_data(&found.fit.parameters).expect("rates");
    let deviance = |(n, r): (&f64, &f64)| 2.0 * (r - n + n * (n / r).ln());
    let expected: f64 = case.1[..3].iter().zip(&rates).map(deviance).sum();
    assert_relative("statistic", found.statistic, expected, 1e-10);
}

#[test]
fn toys_of_many_events_have_the_p_value_of_chi_squared() {
    let modifiers = json!([
        { "name": "rate", "type": "normsys", "data": { "lo": 0.97, "hi": 1.03 } },
        { "name": "control", "type": "shapesys", "data": [40.0, 50.0, 60.0, 50.0] },
    ]);
    let background = [3e3, 4e3, 5e3, 2e3];
    let signal = [20.0, 300.0, 50.0, 10.0];
    let case = model_of(&counting(&signal, &background, modifiers, &[3.05e3, 4.2e3, 4.8e3, 2.1e3]));
    let goodness = of(&case, 8_000);
    let toys = goodness.run(None, &mut |_| ()).expect("toys");
    assert_eq!(toys.sample(Hypothesis::BestFit).map(ToySample::n_failed), Some(0));
    let found = goodness.p_value_of_toys(&toys).expect("a p-value");
    let expected = goodness.p_value.expect("a p-value");
    let error = (3.0 * found.error).hypot(0.02 * expected);
    assert!((found.value - expected).abs() < error, "{found:?}, {expected}");
    assert!(found.value > 0.01 && found.value < 0.99, "{found:?} tests little");
}

#[test]
fn its_files_go_on_merge_and_are_not_those_of_a_test() {
    let (case, folder) = (two_bins(), folder("goodness"));
    let path = folder.join("toys.jsonl");
    let short = of(&case, 30).run(Some(&path), &mut |_| ()).expect("toys");
    let long = of(&case, 50).run(Some(&path), &mut |_| ()).expect("toys");
    assert_eq!(long, of(&case, 50).run(None, &mut |_| ()).expect("toys"));
    let statistics = |set: &diffhep::inference::ToySet| set.samples[0].1.statistics.clone();
    assert_eq!(statistics(&short), statistics(&long)[..30]);
    assert_eq!(of(&case, 1).merge(std::slice::from_ref(&path)).expect("toys"), long);
    let test = calculator(&case, options(2, 0, 1));
    let error = test.run(Some(&path), &mut |_| ()).expect_err("another experiment");
    let expected = "experiment = \"goodness of fit\", now it is \"hypothesis test\"";
    assert!(error.to_string().contains(expected), "{error}");
    assert!(
        matches!(error, ToyError::File(ToyFileError::File(FileError::Settings { .. }))),
        "{error}"
    );
}
