//! Results: their keys, their shapes, and their reproducibility.

use std::path::Path;

use serde_json::{Value, json};

use super::{FIXTURE, TWO_BINS, json, result_of, run_in};

fn numbers(value: &Value) -> Vec<f64> {
    let number = |item: &Value| item.as_f64().unwrap_or_else(|| panic!("no number: {item}"));
    value.as_array().unwrap_or_else(|| panic!("no list: {value}")).iter().map(number).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"))
        .keys()
        .map(String::as_str)
        .collect()
}

fn assert_close(found: &Value, expected: f64, tolerance: f64) {
    let found = found.as_f64().expect("a number");
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

#[test]
fn cls_prints_the_observed_value_and_an_ascending_band() {
    for arguments in [
        &["cls"] as &[&str],
        &["cls", "--test-stat", "q"],
        &["cls", "--asimov", "nominal"],
        &["cls", "--test-poi", "2.5"],
    ] {
        let result = result_of(arguments, FIXTURE);
        let band = numbers(&result["CLs_exp"]);
        assert_eq!(band.len(), 5);
        assert!(band.windows(2).all(|pair| pair[0] < pair[1]), "{arguments:?}: {band:?}");
        let observed = result["CLs_obs"].as_f64().expect("a number");
        assert!(band.iter().chain([&observed]).all(|cls| (0.0..=1.0).contains(cls)), "{result}");
        for fit in result["fits"].as_object().expect("fits").values() {
            assert_eq!(
                keys(fit),
                ["status", "iterations", "twice_nll", "poi", "at_bounds", "other_minimum"]
            );
            assert_eq!(fit["status"], "converged");
        }
        assert!(result.get("gradient").is_none());
    }
    let result = result_of(&["cls", "--test-poi", "-0.5", "--test-stat", "q"], TWO_BINS);
    assert_eq!((&result["test_poi"], &result["test_stat"]), (&json!(-0.5), &json!("q")));
    // The value in the example of the crate's documentation.
    assert_close(&result_of(&["cls"], TWO_BINS)["CLs_obs"], 0.0525155, 1e-6);
}

/// Asserts that a gradient has the same keys and lengths as the original, with numbers in place of
/// numbers.
fn assert_same_shape(gradient: &Value, original: &Value, path: &str) {
    match (gradient, original) {
        (Value::Number(_), Value::Number(_)) => (),
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{path}");
            for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert_same_shape(found, expected, &format!("{path}/{i}"));
            }
        }
        (Value::Object(found), Value::Object(expected)) => {
            assert_eq!(keys(gradient), keys(original), "{path}");
            for (key, expected) in expected {
                assert_same_shape(&found[key], expected, &format!("{path}/{key}"));
            }
        }
        _ => assert_eq!(gradient, original, "{path}: names, flags and nulls stay"),
    }
}

/// Asserts the shape of channels and observations, and that settings only gain keys.
fn assert_shape_of_workspace(gradient: &Value, original: &Value) {
    assert_eq!(keys(gradient), keys(original));
    for part in ["channels", "observations", "version"] {
        assert_same_shape(&gradient[part], &original[part], &format!("/{part}"));
    }
    let measurements = |value: &Value| value["measurements"].as_array().expect("a list").clone();
    let pairs = measurements(gradient).into_iter().zip(measurements(original));
    for (m, (found, expected)) in pairs.enumerate() {
        assert_eq!(found["name"], expected["name"]);
        assert_eq!(found["config"]["poi"], expected["config"]["poi"]);
        let listed = expected["config"]["parameters"].as_array().expect("a list");
        for (i, setting) in listed.iter().enumerate() {
            for (key, value) in setting.as_object().expect("a setting") {
                let path = format!("/measurements/{m}/config/parameters/{i}/{key}");
                assert_same_shape(&found["config"]["parameters"][i][key], value, &path);
            }
        }
    }
}

#[test]
fn gradients_have_the_shape_of_the_workspace() {
    for text in [TWO_BINS, FIXTURE] {
        let original: Value = serde_json::from_str(text).expect("JSON");
        for subcommand in ["cls", "discovery"] {
            for quantity in ["observed", "expected"] {
                for asimov in ["fitted", "nominal"] {
                    let arguments = [subcommand, "--gradient", quantity, "--asimov", asimov];
                    let result = result_of(&arguments, text);
                    assert_shape_of_workspace(&result["gradient"], &original);
                    let signal = numbers(&result["gradient"]["channels"][0]["samples"][0]["data"]);
                    let is_flat = signal.iter().all(|slope| *slope == 0.0);
                    // A deficit makes q0 vanish, and then nothing affects the observed p0.
                    let deficit = text == TWO_BINS && subcommand == "discovery";
                    assert_eq!(
                        is_flat,
                        deficit && quantity == "observed",
                        "{arguments:?} {signal:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_flat_observed_gradient_is_warned_of() {
    let run = run_in(Path::new("."), &["discovery", "--gradient", "observed"], TWO_BINS);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stderr.starts_with("warning: ") && run.stderr.contains("statistic 0"),
        "{}",
        run.stderr
    );
    assert_eq!(json(&run.stdout)["p0_obs"], 0.5);
    let run = run_in(Path::new("."), &["discovery", "--gradient", "expected"], TWO_BINS);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
}

#[test]
fn two_runs_print_the_same_bytes() {
    for arguments in [
        &["inspect"] as &[&str],
        &["inspect", "--json"],
        &["fit"],
        &["cls", "--gradient", "observed"],
        &["discovery", "--gradient", "expected"],
    ] {
        let runs = [(), ()].map(|()| run_in(Path::new("."), arguments, FIXTURE));
        assert_eq!(runs[0].status, 0, "{}", runs[0].stderr);
        assert!(!runs[0].stdout.is_empty());
        assert_eq!(runs[0].stdout, runs[1].stdout, "{arguments:?}");
    }
}

#[test]
fn inspect_lists_every_parameter() {
    let result = result_of(&["inspect", "--json"], FIXTURE);
    assert_eq!(keys(&result), ["channels", "measurements", "poi", "parameters"]);
    assert_eq!(result["poi"], "mu");
    let parameters = result["parameters"].as_array().expect("a list");
    assert_eq!(parameters.len(), 14);
    for parameter in parameters {
        assert_eq!(keys(parameter), ["name", "types", "init", "bounds", "fixed", "constraint"]);
        let bounds = numbers(&parameter["bounds"]);
        let init = parameter["init"].as_f64().expect("a number");
        assert!(bounds[0] <= init && init <= bounds[1], "{parameter}");
    }
    let named = |name: &str| {
        parameters.iter().find(|p| p["name"] == name).unwrap_or_else(|| panic!("no {name}"))
    };
    assert_eq!(
        *named("lumi"),
        json!({
            "name": "lumi", "types": ["lumi"], "init": 1.0, "bounds": [0.5, 1.5], "fixed": false,
            "constraint": { "type": "normal", "auxdata": 1.0, "sigma": 0.02 }
        })
    );
    let poisson = json!({ "type": "poisson", "auxdata": 17.0, "factor": 16.0 });
    assert_eq!(named("fake_shape[1]")["constraint"], poisson);
    assert_eq!(named("mu")["constraint"], Value::Null);
    let names = |key: &str| {
        let list = result[key].as_array().expect("a list").iter();
        list.map(|entry| entry["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("channels"), ["control_region", "signal_region"]);
    assert_eq!(names("measurements"), ["main", "second"]);
}

#[test]
fn the_tables_name_what_the_json_names() {
    let run = run_in(Path::new("."), &["inspect"], FIXTURE);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let parameters = result_of(&["inspect", "--json"], FIXTURE)["parameters"].clone();
    for parameter in parameters.as_array().expect("a list") {
        let name = parameter["name"].as_str().expect("a name");
        let starts = |line: &&str| line.split_whitespace().next() == Some(name);
        assert_eq!(run.stdout.lines().filter(starts).count(), 1, "{name}:\n{}", run.stdout);
    }
    assert!(run.stdout.starts_with("2 channels, 5 bins, 14 parameters\n"), "{}", run.stdout);
}

#[test]
fn fit_prints_its_report_and_holds_what_it_is_told_to() {
    let free = result_of(&["fit"], FIXTURE);
    assert_eq!(
        keys(&free),
        [
            "twice_nll",
            "status",
            "iterations",
            "decrement",
            "at_bounds",
            "other_minimum",
            "at_kinks",
            "parameters"
        ]
    );
    assert_eq!(free["status"], "converged");
    assert!(free["iterations"].as_u64().is_some_and(|steps| steps > 0), "{free}");
    assert_eq!(keys(&free["parameters"]).len(), 14);
    let least = free["twice_nll"].as_f64().expect("a number");
    for value in ["0", "1.25", "-0.5"] {
        let held = result_of(&["fit", "--fix-poi", value], FIXTURE);
        assert_eq!(held["parameters"]["mu"].as_f64(), value.parse().ok());
        assert!(held["twice_nll"].as_f64().expect("a number") > least, "{value}: {held}");
    }
    let best = free["parameters"]["mu"].to_string();
    let held = result_of(&["fit", "--fix-poi", &best], FIXTURE);
    assert_close(&held["twice_nll"], least, 1e-10);
}

#[test]
fn discovery_prints_p_values_and_significances() {
    let result = result_of(&["discovery"], FIXTURE);
    let band = numbers(&result["p0_exp"]);
    let significances = numbers(&result["Z_exp"]);
    assert_eq!((band.len(), significances.len()), (5, 5));
    assert!(band.windows(2).all(|pair| pair[0] < pair[1]), "{band:?}");
    assert!(significances.windows(2).all(|pair| pair[0] > pair[1]), "{significances:?}");
    let observed = result["p0_obs"].as_f64().expect("a number");
    let significance = result["Z_obs"].as_f64().expect("a number");
    assert!((0.0..=0.5).contains(&observed) && significance >= 0.0, "{result}");
    assert_close(&result["q0"], significance * significance, 1e-12);
}

/// A shift that can remove all events from a bin in which none are observed, which puts the minimum
/// on the edge of the likelihood's domain.
const DRAINED: &str = r#"{
  "channels": [{
    "name": "region",
    "samples": [
      { "name": "signal", "data": [2.0],
        "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
      { "name": "background", "data": [5.0], "modifiers": [
        { "name": "shift", "type": "histosys", "data": { "lo_data": [0.0], "hi_data": [10.0] } }
      ] }
    ]
  }],
  "observations": [{ "name": "region", "data": [0.0] }],
  "measurements": [{ "name": "drained", "config": { "poi": "mu", "parameters": [] } }],
  "version": "1.0.0"
}"#;

#[test]
fn a_fit_that_does_not_converge_prints_its_report_and_ends_with_status_3() {
    for subcommand in ["fit", "cls", "discovery"] {
        let run = run_in(Path::new("."), &[subcommand], DRAINED);
        assert_eq!(run.status, 3, "{subcommand}: {} {}", run.stdout, run.stderr);
        assert!(run.stderr.contains("did not converge"), "{}", run.stderr);
        let result = json(&run.stdout);
        let status = match subcommand {
            "fit" => &result["status"],
            _ => &result["fits"]["free"]["status"],
        };
        assert_eq!(status, "empty bin", "{result}");
    }
    let run = run_in(Path::new("."), &["cls", "--gradient", "observed"], DRAINED);
    let result = json(&run.stdout);
    assert_eq!(run.status, 3);
    assert_eq!((&result["CLs_obs"], result.get("gradient")), (&Value::Null, None));
    // With one observed event the same workspace has a minimum.
    let observed = DRAINED.replace("\"data\": [0.0] }]", "\"data\": [1.0] }]");
    assert_eq!(result_of(&["fit"], &observed)["status"], "converged");
}
