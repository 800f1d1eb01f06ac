//! The commands limit, scan, ranking, breakdown and yields, and the uncertainties of fit.

use std::path::Path;

use serde_json::Value;

use super::{FIXTURE, TWO_BINS, folder, json, names_in, refused, result_of, run_in};

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}")).iter().map(number).collect()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

/// A list that a command prints.
fn list_of(arguments: &[&str], workspace: &str) -> Vec<Value> {
    let run = run_in(Path::new("."), arguments, workspace);
    assert_eq!(run.status, 0, "{arguments:?}: {}", run.stderr);
    match serde_json::from_str(&run.stdout) {
        Ok(Value::Array(list)) => list,
        other => panic!("no list: {other:?}"),
    }
}

#[test]
fn limit_prints_the_observed_limit_and_five_expected_ones() {
    let result = result_of(&["limit"], TWO_BINS);
    assert_close(number(&result["limit_obs"]), 1.01157, 1e-5);
    let expected = [0.55988, 0.75703, 1.06235, 1.50118, 2.05080];
    for (found, expected) in numbers(&result["limit_exp"]).iter().zip(expected) {
        assert_close(*found, expected, 1e-5);
    }
    assert_eq!((&result["level"], &result["poi"]), (&0.95.into(), &"mu".into()));
    let weaker = result_of(&["limit", "--level", "0.9"], TWO_BINS);
    assert!(number(&weaker["limit_obs"]) < number(&result["limit_obs"]));
    // CLs at the limit is 0.05.
    let at = result["limit_obs"].to_string();
    let test = result_of(&["cls", "--test-poi", &at], TWO_BINS);
    assert_close(number(&test["CLs_obs"]), 0.05, 1e-8);
}

#[test]
fn limit_gives_gradients_and_scans() {
    for which in ["observed", "expected"] {
        let result = result_of(&["limit", "--gradient", which], TWO_BINS);
        let gradient = &result["gradient"];
        // More signal gives a lower limit.
        let signal = numbers(&gradient["channels"][0]["samples"][0]["data"]);
        assert!(signal.iter().all(|slope| *slope < 0.0), "{which}: {signal:?}");
    }
    let result = result_of(&["limit", "--scan", "0.5:2:4"], TWO_BINS);
    let scan = result["scan"].as_array().expect("a scan");
    let tested: Vec<f64> = scan.iter().map(|entry| number(&entry["poi"])).collect();
    assert_eq!(tested, [0.5, 1.0, 1.5, 2.0]);
    let alone = result_of(&["cls", "--test-poi", "1.5"], TWO_BINS);
    assert_close(number(&scan[2]["CLs_obs"]), number(&alone["CLs_obs"]), 1e-8);
}

#[test]
fn a_limit_that_is_not_there_is_null_with_its_reason() {
    let weak = TWO_BINS.replace("[12.0, 11.0]", "[0.0, 0.0]");
    let run = run_in(Path::new("."), &["limit"], &weak);
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(run.stderr.contains("the observed limit is not bracketed"), "{}", run.stderr);
    let result = json(&run.stdout);
    assert!(result["limit_obs"].is_null() && result["limit_exp"][4].is_null(), "{result}");
    // Its gradient does not exist either.
    let run = run_in(Path::new("."), &["limit", "--gradient", "observed"], &weak);
    assert_eq!(run.status, 3);
    assert!(json(&run.stdout).get("gradient").is_none());
}

#[test]
fn points_of_a_scan_without_a_test_leave_the_limits() {
    let run = run_in(Path::new("."), &["limit", "--scan", "-10:3:2"], TWO_BINS);
    assert_eq!(run.status, 3, "{}", run.stderr);
    let result = json(&run.stdout);
    assert!(result["limit_obs"].is_number() && result["scan"][0]["CLs_obs"].is_null(), "{result}");
    assert!(result["scan"][1]["CLs_obs"].is_number(), "{result}");
}

#[test]
fn data_that_fit_a_negative_signal_have_no_limit_by_q_tilde() {
    let deficit = TWO_BINS.replace("[51.0, 48.0]", "[30.0, 31.0]");
    let run = run_in(Path::new("."), &["limit", "--poi-bounds", "-10:10"], &deficit);
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(run.stderr.contains("use q, or a lower bound of 0"), "{}", run.stderr);
    assert!(run.stderr.contains("qtilde is meant for a mu that is not negative"), "{}", run.stderr);
    let result = json(&run.stdout);
    assert!(result["limit_obs"].is_null() && result["limit_exp"][2].is_number(), "{result}");
    let arguments = ["limit", "--poi-bounds", "-10:10", "--test-stat", "q"];
    assert_close(number(&result_of(&arguments, &deficit)["limit_obs"]), 0.3547, 1e-3);
}

#[test]
fn a_fit_without_a_minimum_is_told_with_status_3() {
    // A single bin without events, which a shape can empty.
    let edge = r#"{ "version": "1.0.0", "channels": [{ "name": "c", "samples": [
        { "name": "s", "data": [1.0], "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
        { "name": "b", "data": [2.0], "modifiers": [{ "name": "shape", "type": "histosys",
          "data": { "hi_data": [0.0], "lo_data": [4.0] } }] }] }],
        "observations": [{ "name": "c", "data": [0.0] }],
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }] }"#;
    for arguments in
        [&["limit"][..], &["scan", "--par", "mu"], &["ranking"], &["breakdown"], &["yields"]]
    {
        let run = run_in(Path::new("."), arguments, edge);
        assert_eq!(run.status, 3, "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains("'empty bin'"), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn figures_are_written_in_the_format_of_their_ending() {
    let folder = folder("statistics_figures");
    let commands: [&[&str]; 6] = [
        &["limit"],
        &["scan", "--par", "mu"],
        &[
            "scan",
            "--par",
            "mu",
            "--par",
            "background_shape[0]",
            "--range",
            "0:2:9",
            "--range",
            "0.8:1.2:7",
        ],
        &["ranking", "--asimov-data", "1"],
        &["yields", "--stage", "postfit"],
        &["fit", "--uncertainties", "hessian", "--asimov-data", "1"],
    ];
    let starts: [(&str, &[u8]); 3] = [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")];
    for (i, command) in commands.iter().enumerate() {
        for (ending, start) in starts {
            let name = format!("{i}.{ending}");
            let arguments = [command, &["--figure", &name][..]].concat();
            let run = run_in(&folder, &arguments, TWO_BINS);
            assert_eq!(run.status, 0, "{arguments:?}: {}", run.stderr);
            let content = std::fs::read(folder.join(&name)).expect("the figure");
            assert!(content.starts_with(start), "{name}");
        }
    }
    let before = names_in(&folder);
    for (i, command) in commands.iter().enumerate() {
        for (name, words) in [("f.jpeg", ".pdf"), ("f", ".svg"), ("none/f.pdf", "none/f.pdf")] {
            let arguments = [command, &["--figure", name][..]].concat();
            let run = run_in(&folder, &arguments, TWO_BINS);
            assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{i}: {arguments:?}");
            assert!(run.stderr.contains(words), "{}", run.stderr);
        }
    }
    assert_eq!(names_in(&folder), before);
}

#[test]
fn fit_prints_uncertainties_correlations_and_intervals() {
    let arguments = ["fit", "--uncertainties", "profile", "--poi-bounds", "-5:10"];
    let result = result_of(&arguments, TWO_BINS);
    let sigma = number(&result["uncertainties"]["mu"]);
    assert_close(sigma, 0.51545, 1e-5);
    let ends = numbers(&result["intervals"]["mu"]);
    let fitted = number(&result["parameters"]["mu"]);
    assert_close(ends[1] - fitted, sigma, 0.03);
    assert_close(fitted - ends[0], sigma, 0.03);
    let names = result["correlations"]["names"].as_array().expect("names");
    assert_eq!(names.len(), 3);
    let rows = result["correlations"]["matrix"].as_array().expect("rows");
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(numbers(row)[i], 1.0);
    }
    let wider = [&arguments[..], &["--level", "0.95"]].concat();
    let wider = numbers(&result_of(&wider, TWO_BINS)["intervals"]["mu"]);
    assert!(wider[0] < ends[0] && ends[1] < wider[1]);
    // An interval that the bound cuts off has no end on that side, which is not a failed fit.
    let run = run_in(Path::new("."), &["fit", "--uncertainties", "profile"], TWO_BINS);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.contains("mu rises to"), "{}", run.stderr);
    let result = json(&run.stdout);
    assert!(result["intervals"]["mu"][0].is_null() && result["uncertainties"]["mu"].is_null());
    let plain = result_of(&["fit"], TWO_BINS);
    assert!(plain.get("uncertainties").is_none() && plain.get("intervals").is_none());
}

#[test]
fn scan_prints_lines_and_planes() {
    let line = result_of(&["scan", "--par", "mu"], TWO_BINS);
    let scan = line["scan"].as_array().expect("points");
    assert_eq!((scan.len(), &line["parameter"]), (61, &"mu".into()));
    assert!(scan.iter().all(|point| number(&point["delta_twice_nll"]) >= -1e-9));
    let arguments = [
        "scan",
        "--par",
        "mu",
        "--range",
        "0:2:5",
        "--par",
        "background_shape[1]",
        "--range",
        "0.9:1.1:3",
    ];
    let plane = result_of(&arguments, TWO_BINS);
    let rows = plane["delta_twice_nll"].as_array().expect("rows");
    assert_eq!((rows.len(), numbers(&rows[0]).len()), (3, 5));
    assert_eq!(numbers(&plane["values"][0]), [0.0, 0.5, 1.0, 1.5, 2.0]);
    // Failed fits give null and status 3.
    let run = run_in(Path::new("."), &["scan", "--par", "mu", "--range", "-50:1:2"], TWO_BINS);
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(json(&run.stdout)["scan"][0]["delta_twice_nll"].is_null());
}

#[test]
fn ranking_prints_a_list_largest_first() {
    let list = list_of(&["ranking", "--poi-bounds", "-5:10", "--refit"], FIXTURE);
    assert!(list.len() > 5);
    let impacts: Vec<f64> = list.iter().map(|entry| number(&entry["impact_up"]).abs()).collect();
    assert!(impacts.windows(2).all(|pair| pair[0] >= pair[1]), "{impacts:?}");
    for entry in &list {
        assert!(entry["name"].is_string() && entry["impact_down"].is_number(), "{entry}");
        assert_eq!(entry["pull"].is_null(), entry["constraint"].is_null());
        assert_eq!(entry["pull"].is_null(), entry["prefit_up"].is_null());
        assert!(entry.get("refit_up").is_some() && entry.get("prefit_refit_down").is_some());
    }
    let linear = list_of(&["ranking", "--poi-bounds", "-5:10"], FIXTURE);
    assert!(linear[0].get("refit_up").is_none());
    assert_eq!(linear[0]["impact_up"], list[0]["impact_up"]);
}

#[test]
fn breakdown_prints_parts_of_the_uncertainty() {
    let groups = ["--group", "first=background_shape[0]", "--group", "both=background_*"];
    let arguments = [&["breakdown", "--asimov-data", "1"][..], &groups].concat();
    let result = result_of(&arguments, TWO_BINS);
    let [total, statistical, systematic] =
        ["total", "statistical", "systematic"].map(|key| number(&result[key]));
    assert_close(statistical.hypot(systematic), total, 1e-12);
    let parts = result["groups"].as_array().expect("groups");
    assert_eq!((&parts[0]["name"], &parts[0]["parameters"]), (&"first".into(), &1.into()));
    assert_close(number(&parts[1]["impact"]), systematic, 1e-12);
    assert!(number(&parts[0]["impact"]) < systematic);
}

#[test]
fn yields_prints_tables() {
    let result = result_of(&["yields"], TWO_BINS);
    let channel = &result["prefit"][0];
    assert_eq!(numbers(&channel["data"]), [51.0, 48.0]);
    assert_close(number(&channel["sum"]["total_uncertainty"]), 58_f64.sqrt(), 1e-12);
    assert_eq!(numbers(&channel["samples"]["signal"]["events"]), [12.0, 11.0]);
    let after = number(&result["postfit"][0]["sum"]["total"]);
    assert!((90.0..110.0).contains(&after), "{after}");
    let run = run_in(Path::new("."), &["yields", "--format", "csv"], TWO_BINS);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], "stage,channel,kind,sample,bin,events,uncertainty");
    // There are two stages of two samples, their sum and the data, each with two bins and a total.
    assert_eq!(lines.len(), 1 + 2 * 4 * 3);
    assert!(lines.contains(&"prefit,signal_region,data,,1,48,"), "{}", run.stdout);
    let run =
        run_in(Path::new("."), &["yields", "--format", "latex", "--stage", "prefit"], TWO_BINS);
    assert!(run.stdout.contains("signal\\_region"), "{}", run.stdout);
    assert!(run.stdout.contains("Total & $125.0 \\pm 7.6$ \\\\"), "{}", run.stdout);
    assert!(run.stdout.contains("Data & 99 \\\\"), "{}", run.stdout);
}

#[test]
fn wrong_input_is_refused_by_name() {
    let cases: [(&[&str], &[&str]); 33] = [
        (&["limit", "--level", "1"], &["--level", "between 0 and 1"]),
        (&["limit", "--level", "high"], &["'high'", "--level"]),
        (&["limit", "--scan", "0:1"], &["--scan", "LO:HI:N"]),
        (&["limit", "--scan", "1:0:5"], &["--scan", "1 is not below 0"]),
        (&["limit", "--scan", "0:1:1"], &["--scan", "'1'", "number of points"]),
        (&["limit", "--scan", "0:nan:5"], &["--scan", "must be finite"]),
        (&["limit", "--gradient", "median"], &["'median'", "observed", "expected"]),
        (&["limit", "--test-stat", "q0"], &["'q0'", "qtilde"]),
        (&["limit", "--log-y"], &["--figure"]),
        (&["limit", "--poi-bounds", "10"], &["--poi-bounds", "LO:HI"]),
        (&["limit", "--poi-bounds", "0.5:10"], &["mu = 0", "outside its bounds [0.5, 10]"]),
        (&["limit", "--poi-bounds", "1:-1"], &["--poi-bounds", "not below"]),
        (&["limit", "--poi-bounds", "2:3"], &["'mu'", "initial value 1", "[2, 3]"]),
        (&["scan"], &["--par"]),
        (&["scan", "--par", "nu"], &["no parameter 'nu'", "mu"]),
        (&["scan", "--par", "mu", "--par", "mu"], &["two different"]),
        (&["scan", "--par", "a", "--par", "b", "--par", "c"], &["once or twice"]),
        (&["scan", "--par", "mu", "--range", "0:1:3", "--range", "0:1:3"], &["more --range"]),
        (&["scan", "--par", "mu", "--range", "0:1:x"], &["--range", "'x'"]),
        (&["ranking"], &["mu = 0", "bound", "widen"]),
        (&["ranking", "--rows", "0", "--figure", "f.pdf"], &["'0'", "--rows"]),
        (&["ranking", "--asimov-data", "x"], &["--asimov-data", "not a number"]),
        (&["ranking", "--asimov-data", "-50"], &["signal_region", "bin 0"]),
        (&["breakdown", "--group", "jets"], &["--group", "NAME=PATTERN"]),
        (&["breakdown", "--group", "jets=JET_*"], &["'jets'", "no nuisance parameter", "JET_*"]),
        (&["breakdown", "--group", "jets=a***b"], &["--group", "pattern"]),
        (&["yields", "--format", "xml"], &["'xml'", "latex"]),
        (&["yields", "--figure", "f.pdf"], &["one stage", "--stage prefit"]),
        (&["fit", "--uncertainties", "minos"], &["'minos'", "profile"]),
        (&["fit", "--level", "0.9"], &["--uncertainties profile"]),
        (&["fit", "--uncertainties", "hessian", "--level", "0.9"], &["--uncertainties profile"]),
        (&["fit", "--figure", "f.pdf"], &["--uncertainties"]),
        (&["fit", "--uncertainties", "profile", "--fix-poi", "1"], &["--fix-poi"]),
    ];
    for (arguments, words) in cases {
        refused(Path::new("."), arguments, TWO_BINS, words);
    }
    let fixed = TWO_BINS
        .replace(r#""parameters": []"#, r#""parameters": [{ "name": "mu", "fixed": true }]"#);
    for command in ["limit", "ranking", "breakdown"] {
        refused(Path::new("."), &[command], &fixed, &["'mu'", "fixed"]);
    }
}

#[test]
fn the_size_of_correlations_is_checked() {
    let arguments =
        ["fit", "--uncertainties", "hessian", "--figure", "f.pdf", "--least-correlation", "2"];
    refused(Path::new("."), &arguments, TWO_BINS, &["--least-correlation", "between 0 and 1"]);
}
