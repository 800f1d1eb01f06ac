//! Covariances, profile intervals and scans.

use diffhep::fit::{Covariance, FitOptions, FitReport};
use diffhep::histfactory::{Model, WorkspaceModel, parse};
use diffhep::inference::{
    InferenceError, IntervalError, IntervalOptions, ONE_SIGMA, fit, profile_interval, scan_line,
    scan_plane,
};
use serde_json::{Value, json};

use super::common::{
    REGION_A, assert_relative, likelihoods, numbers, project, published, read_json, workspace,
};

struct Fitted {
    model: Model,
    data: Vec<f64>,
    report: FitReport,
}

fn fitted(json: &Value) -> Fitted {
    let workspace = workspace(json);
    let model = workspace.model().expect("a model");
    let data = workspace.data(&model);
    let report = fit(&data, &model).expect("a fit");
    Fitted { model, data, report }
}

/// pyhf's two-bin example with a signal strength of any sign.
fn two_bins() -> Value {
    let mut json = parse(include_str!("../../examples/two_bins.json")).expect("JSON");
    json["measurements"][0]["config"]["parameters"] =
        json!([{ "name": "mu", "bounds": [[-5.0, 10.0]] }]);
    json
}

/// One bin, `mu * 12 + gamma * 50` expected, 58 observed; `bounds` of mu.
fn counting(bounds: [f64; 2]) -> Value {
    json!({
        "version": "1.0.0",
        "channels": [{ "name": "c", "samples": [
            { "name": "s", "data": [12.0],
              "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
            { "name": "b", "data": [50.0], "modifiers": [] },
        ] }],
        "observations": [{ "name": "c", "data": [58.0] }],
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [
            { "name": "mu", "bounds": [bounds], "inits": [bounds[0].max(1.0)] }] } }],
    })
}

#[test]
fn covariances_are_pyhfs() {
    let reference = read_json(project("tests/reference/intervals/intervals.json"));
    for case in reference["cases"].as_array().expect("cases") {
        let Fitted { model, data, report } = fitted(&case["workspace"]);
        let covariance = Covariance::new(&model, &data, &report).expect("a covariance");
        let names: Vec<&str> = model.parameter_names().iter().map(String::as_str).collect();
        let place = |name: &Value| {
            let name = name.as_str().expect("a name");
            names.iter().position(|known| *known == name).expect("a parameter")
        };
        let places: Vec<usize> =
            case["names"].as_array().expect("names").iter().map(place).collect();
        let rows = case["covariance"].as_array().expect("rows");
        for (row, &p) in rows.iter().zip(&places) {
            for (expected, &q) in numbers(row).iter().zip(&places) {
                let scale = covariance.sigma(p).expect("free") * covariance.sigma(q).expect("free");
                let error = (covariance.between(p, q) - expected).abs() / scale;
                assert!(error < 1e-5, "{} and {}: {error:e}", names[p], names[q]);
            }
        }
        for interval in case["intervals"].as_array().expect("intervals") {
            let p = place(&interval["name"]);
            let options = IntervalOptions {
                level: interval["level"].as_f64().expect("a level"),
                ..Default::default()
            };
            let found = profile_interval(&model, &data, &report, Some(&covariance), p, &options);
            let found = found.expect("an interval");
            let ends = [found.lower, found.upper].map(|end| end.expect("an end"));
            let sigma = covariance.sigma(p).expect("free");
            for (end, expected) in ends.iter().zip(numbers(&interval["ends"])) {
                let error = (end - expected).abs() / sigma;
                assert!(error < 1e-5, "{}: {end}, expected {expected}", names[p]);
            }
        }
    }
}

#[test]
fn intervals_of_a_counting_experiment_are_poissons() {
    let Fitted { model, data, report } = fitted(&counting([-4.0, 20.0]));
    for level in [ONE_SIGMA, 0.9, 0.95, 0.99] {
        let options = IntervalOptions { level, ..Default::default() };
        let found = profile_interval(&model, &data, &report, None, 0, &options).expect("ends");
        let ends = [found.lower.expect("lower"), found.upper.expect("upper")];
        assert_relative("fitted", found.fitted, 8.0 / 12.0, 1e-9);
        // 2 (r - 58 + 58 ln(58 / r)) is the quantile of chi squared at both ends.
        let rise = |mu: f64| {
            let rate: f64 = 12.0 * mu + 50.0;
            2.0 * (rate - 58.0 + 58.0 * (58.0 / rate).ln())
        };
        let quantile = match level {
            0.9 => 2.705_543_454_095_404,
            0.95 => 3.841_458_820_694_124,
            0.99 => 6.634_896_601_021_213,
            _ => 1.0,
        };
        for end in ends {
            assert_relative("rise", rise(end), quantile, 1e-8);
        }
        assert!(ends[0] < found.fitted && found.fitted < ends[1]);
    }
}

#[test]
fn an_interval_that_reaches_a_bound_says_so() {
    let Fitted { model, data, report } = fitted(&counting([0.5, 20.0]));
    let options = IntervalOptions::default();
    let found = profile_interval(&model, &data, &report, None, 0, &options).expect("ends");
    assert!(found.upper.is_ok());
    let error = found.lower.expect_err("a bound");
    let IntervalError::NotReached { value, reached, needed, .. } = &error else {
        panic!("another error: {error}")
    };
    assert!(*value == 0.5 && *reached < *needed, "{error}");
    // At the bound itself.
    let Fitted { model, data, report } = fitted(&counting([1.5, 20.0]));
    let found = profile_interval(&model, &data, &report, None, 0, &options).expect("ends");
    assert!(matches!(found.lower, Err(IntervalError::NotReached { .. })), "{found:?}");
    assert!(found.upper.is_ok(), "{found:?}");
}

#[test]
fn what_has_no_interval_is_refused() {
    let mut json = two_bins();
    json["measurements"][0]["config"]["parameters"]
        .as_array_mut()
        .expect("a list")
        .push(json!({ "name": "background_shape", "fixed": true }));
    let Fitted { model, data, report } = fitted(&json);
    let place = 1 - model.poi_index().min(1);
    let options = IntervalOptions::default();
    let found = profile_interval(&model, &data, &report, None, place, &options).expect("ends");
    assert!(matches!(found.lower, Err(IntervalError::Fixed { .. })), "{found:?}");
    for level in [0.0, 1.0, f64::NAN] {
        let options = IntervalOptions { level, ..options };
        let error = profile_interval(&model, &data, &report, None, 0, &options);
        assert!(matches!(error, Err(InferenceError::Level { .. })), "{error:?}");
    }
    let unfinished = FitReport { status: diffhep::fit::FitStatus::Stalled, ..report };
    let error = profile_interval(&model, &data, &unfinished, None, 0, &options);
    assert_eq!(error, Err(InferenceError::NotAMinimum { status: "stalled" }));
    let error = scan_line(&model, &data, &unfinished, (0, &[1.0]), &FitOptions::default());
    assert_eq!(error, Err(InferenceError::NotAMinimum { status: "stalled" }));
}

#[test]
fn scans_pass_through_the_ends_of_intervals() {
    let Fitted { model, data, report } = fitted(&two_bins());
    let options = FitOptions::default();
    for p in 0..model.n_parameters() {
        let settings = IntervalOptions { level: 0.95, ..Default::default() };
        let found = profile_interval(&model, &data, &report, None, p, &settings).expect("ends");
        let values = [found.lower.expect("lower"), found.fitted, found.upper.expect("upper")];
        let points = scan_line(&model, &data, &report, (p, &values), &options).expect("a scan");
        assert_relative("lower", points[0].delta, 3.841_458_820_694_124, 1e-7);
        assert!(points[1].delta.abs() < 1e-9, "{}", points[1].delta);
        assert_relative("upper", points[2].delta, 3.841_458_820_694_124, 1e-7);
    }
}

#[test]
fn a_plane_s_rows_are_lines_with_another_parameter_held() {
    let Fitted { model, data, report } = fitted(&two_bins());
    let options = FitOptions::default();
    let (columns, rows) = ([-1.0, 0.0, 1.0, 2.0], [0.9, 1.0, 1.1]);
    let (poi, other) = (model.poi_index(), 1);
    assert_ne!(poi, other);
    let plane = scan_plane(&model, &data, &report, (poi, &columns), (other, &rows), &options);
    let plane = plane.expect("a plane");
    // The minimum of a column over a fine grid of the other parameter equals the value on the line.
    let fine: Vec<f64> = (0..401).map(|i| 0.8 + 0.001 * f64::from(i)).collect();
    let dense = scan_plane(&model, &data, &report, (poi, &columns), (other, &fine), &options);
    let dense = dense.expect("a plane");
    let line = scan_line(&model, &data, &report, (poi, &columns), &options).expect("a line");
    for (i, point) in line.iter().enumerate() {
        let least = dense.iter().map(|row| row[i].delta).fold(f64::INFINITY, f64::min);
        assert!((least - point.delta).abs() < 1e-4, "{least} and {}", point.delta);
        assert!(plane.iter().all(|row| row[i].delta >= point.delta - 1e-9));
    }
    let threads = |count: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().expect("a pool");
        pool.install(|| {
            scan_plane(&model, &data, &report, (poi, &columns), (other, &rows), &options)
        })
    };
    assert_eq!(threads(1), threads(3));
}

#[test]
fn points_of_a_scan_outside_the_domain_have_no_number() {
    let Fitted { model, data, report } = fitted(&two_bins());
    let points = scan_line(
        &model,
        &data,
        &report,
        (model.poi_index(), &[-50.0, 1.0]),
        &FitOptions::default(),
    );
    let points = points.expect("a scan");
    assert!(points[0].delta.is_nan() && points[0].fit.is_err(), "{:?}", points[0]);
    assert!(points[1].delta.is_finite());
}

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn uncertainties_of_a_published_model_are_those_of_its_profile() {
    let folder = likelihoods();
    let (json, _) = published(&folder, REGION_A);
    let Fitted { model, data, report } = fitted(&json);
    let covariance = Covariance::new(&model, &data, &report).expect("a covariance");
    // Nuisance parameters that act in only one direction have nearly Gaussian profiles.
    let options = IntervalOptions::default();
    let mut compared = 0;
    for &p in covariance.free() {
        let name = &model.parameter_names()[p];
        if !name.starts_with("staterror") {
            continue;
        }
        let sigma = covariance.sigma(p).expect("free");
        let found = profile_interval(&model, &data, &report, Some(&covariance), p, &options);
        let found = found.expect("an interval");
        let half = 0.5 * (found.upper.expect("upper") - found.lower.expect("lower"));
        assert!((half / sigma - 1.0).abs() < 0.02, "{name}: {half} and {sigma}");
        compared += 1;
    }
    assert!(compared > 5, "{compared}");
}
