//! Expected events with propagated uncertainties.

use diffhep::histfactory::{WorkspaceModel, parse};
use diffhep::inference::{InferenceError, fit, postfit_yields, prefit_yields};

use super::common::{assert_relative, numbers, project, read_json, workspace};

#[test]
fn events_after_the_fit_are_pyhfs() {
    let reference = read_json(project("tests/reference/intervals/intervals.json"));
    for case in reference["cases"].as_array().expect("cases") {
        let workspace = workspace(&case["workspace"]);
        let model = workspace.model().expect("a model");
        let data = workspace.data(&model);
        let report = fit(&data, &model).expect("a fit");
        let yields = postfit_yields(&model, &data, &report).expect("yields");
        let expected = &case["yields"];
        let rows = |key: &str| -> Vec<Vec<f64>> {
            expected[key].as_array().expect("rows").iter().map(numbers).collect()
        };
        let (events, uncertainties) = (rows("events"), rows("uncertainties"));
        let (slices, sums) = (rows("slices"), numbers(&expected["sum_uncertainties"]));
        let totals = numbers(&expected["total_uncertainties"]);
        let samples: Vec<&str> = expected["samples"]
            .as_array()
            .expect("names")
            .iter()
            .filter_map(|n| n.as_str())
            .collect();
        assert_eq!(yields.len(), slices.len());
        for ((channel, slice), total) in yields.iter().zip(slices).zip(totals) {
            let bins = slice[0] as usize..slice[1] as usize;
            assert_eq!(channel.data, data[bins.clone()]);
            for (name, found) in &channel.samples {
                let row = samples.iter().position(|known| known == name).expect("a sample");
                for (i, bin) in bins.clone().enumerate() {
                    assert_relative(name, found.events[i], events[row][bin], 1e-5);
                    let scale = uncertainties[row][bin].abs().max(1e-3 * events[row][bin].abs());
                    let error = (found.uncertainties[i] - uncertainties[row][bin]).abs();
                    assert!(error <= 1e-4 * scale, "{name}, bin {bin}: {}", found.uncertainties[i]);
                }
                let sum: f64 = found.events.iter().sum();
                assert_relative(name, found.total, sum, 1e-12);
            }
            for (i, bin) in bins.enumerate() {
                assert_relative("sum", channel.sum.uncertainties[i], sums[bin], 1e-4);
                let parts: f64 = channel.samples.iter().map(|(_, found)| found.events[i]).sum();
                assert_relative("sum", channel.sum.events[i], parts, 1e-12);
            }
            assert_relative("total", channel.sum.total_uncertainty, total, 1e-4);
        }
    }
}

#[test]
fn before_the_fit_uncertainties_are_those_of_the_auxiliary_measurements() {
    let json = parse(include_str!("../../examples/two_bins.json")).expect("JSON");
    let workspace = workspace(&json);
    let model = workspace.model().expect("a model");
    let yields = prefit_yields(&model, &workspace.data(&model)).expect("yields");
    assert_eq!(yields.len(), 1);
    let names: Vec<&str> = yields[0].samples.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["background", "signal"]);
    let [background, signal] = [&yields[0].samples[0].1, &yields[0].samples[1].1];
    assert_eq!(
        (&background.events[..], &signal.events[..]),
        (&[50.0, 52.0][..], &[12.0, 11.0][..])
    );
    // The signal strength has no measurement of its own.
    assert_eq!((&signal.uncertainties[..], signal.total_uncertainty), (&[0.0, 0.0][..], 0.0));
    for (found, expected) in background.uncertainties.iter().zip([3.0, 7.0]) {
        assert_relative("background", *found, expected, 1e-12);
    }
    // Bins of a shapesys share nothing.
    assert_relative("total", background.total_uncertainty, f64::sqrt(9.0 + 49.0), 1e-12);
    assert_relative("sum", yields[0].sum.total_uncertainty, f64::sqrt(58.0), 1e-12);
    assert_eq!((yields[0].sum.total, &yields[0].data[..]), (125.0, &[51.0, 48.0][..]));
}

#[test]
fn bins_that_share_a_parameter_do_not_add_in_quadrature() {
    let json = serde_json::json!({
        "version": "1.0.0",
        "channels": [{ "name": "c", "samples": [
            { "name": "s", "data": [2.0, 2.0],
              "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
            { "name": "b", "data": [40.0, 60.0], "modifiers": [
                { "name": "shape", "type": "histosys",
                  "data": { "hi_data": [44.0, 66.0], "lo_data": [36.0, 54.0] } }] },
        ] }],
        "observations": [{ "name": "c", "data": [42.0, 61.0] }],
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
    });
    let workspace = workspace(&json);
    let model = workspace.model().expect("a model");
    let yields = prefit_yields(&model, &workspace.data(&model)).expect("yields");
    let background = &yields[0].samples[0].1;
    assert_relative("first", background.uncertainties[0], 4.0, 1e-12);
    assert_relative("second", background.uncertainties[1], 6.0, 1e-12);
    assert_relative("both", background.total_uncertainty, 10.0, 1e-12);
}

#[test]
fn an_unfinished_fit_has_no_yields() {
    let json = parse(include_str!("../../examples/two_bins.json")).expect("JSON");
    let workspace = workspace(&json);
    let model = workspace.model().expect("a model");
    let data = workspace.data(&model);
    let report = fit(&data, &model).expect("a fit");
    let stopped = diffhep::fit::FitReport { status: diffhep::fit::FitStatus::StepLimit, ..report };
    let error = postfit_yields(&model, &data, &stopped).expect_err("no minimum");
    assert_eq!(error, InferenceError::NotAMinimum { status: "step limit" });
}
