//! The numbers of the studies: against the published ones, pyhf
//! (`tests/reference/make_study_reference.py`) and closed forms.

use std::path::Path;
use std::sync::OnceLock;

use diffhep::studies::{StudyOptions, study};
use serde_json::Value;

use crate::common::{assert_relative, numbers, read_json};

/// Carries out a study, in its quick form where it has one.
fn result(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("studies").join(name);
    let options = StudyOptions { quick: true, ..StudyOptions::default() };
    let findings = study(name).expect("it is there").run(&folder, &options, &mut |_| ());
    let findings = findings.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(read_json(folder.join("result.json")), findings.result);
    findings.result
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn yields_have_the_exact_optimum() {
    let result = result("yields");
    let first: Vec<&String> = result.as_object().expect("an object").keys().take(2).collect();
    assert_eq!(first, ["phi_optimum", "p0_optimum"]);
    // These are from pyhf's likelihood and a bounded search; the optimum with six digits is the
    // issue's, and agrees.
    let phi = number(&result["phi_optimum"]);
    assert!((phi - 4.635222).abs() < 1e-6, "{phi}");
    assert_relative("p0 there", number(&result["p0_optimum"]), 0.0030757150064047523, 1e-9);
    let points = result["points"].as_array().expect("points");
    for (point, phi, p0) in
        [(&points[0], 0.0, 0.017004600700850154), (&points[2], 10.0, 0.04325367493705286)]
    {
        assert_eq!(number(&point["phi"]), phi);
        assert_relative("p0", number(&point["p0"]), p0, 1e-9);
    }
    let scan = &result["scan"];
    let at_three = numbers(&scan["phi"]).iter().position(|phi| *phi == 3.0).expect("a point");
    assert_relative("p0 at 3", numbers(&scan["p0"])[at_three], 0.004389665143931006, 1e-9);
    // Without uncertainty the best point is at the edge, where the true p-value is worst.
    let naive = &result["without_uncertainty"];
    assert_eq!(number(&naive["phi_optimum"]), 10.0);
    let worst = numbers(&scan["p0"]).into_iter().fold(0.0, f64::max);
    assert_eq!(number(&naive["p0_true"]), worst);
}

/// The landscape, which several tests use.
fn landscape() -> &'static Value {
    static RESULT: OnceLock<Value> = OnceLock::new();
    RESULT.get_or_init(|| result("landscape"))
}

/// A metric of the landscape.
fn metric<'r>(result: &'r Value, name: &str) -> &'r Value {
    let all = result["metrics"].as_array().expect("metrics");
    all.iter().find(|metric| metric["name"] == name).expect("the metric")
}

#[test]
fn metrics_are_equal_where_up_and_down_are() {
    let result = landscape();
    let line = &result["line"];
    let u = numbers(&line["u"]);
    // Metrics that do not depend on fits are equal everywhere; p-values are equal where the
    // nuisance parameter stays at 0.
    let above = number(&line["p0_equal_above"]);
    let below = number(&line["cls_equal_below"]);
    assert!(above < -2.2 && below > 2.9, "{above} {below}");
    let infinite = f64::INFINITY;
    for (name, low, high) in [
        ("cls", -infinite, below),
        ("p0", above, infinite),
        ("cls_and_p0", above, below),
        ("sigma_mu", -infinite, infinite),
        ("generalised_variance", -infinite, infinite),
    ] {
        let values = numbers(&metric(result, name)["line"]);
        let middle = values[values.len() / 2];
        for (u, value) in u.iter().zip(&values) {
            if (low..=high).contains(u) {
                assert_relative(&format!("{name} at {u}"), *value, middle, 1e-6);
            } else {
                assert!(value / middle > 1.0 + 1e-9, "{name} at {u}: {value}");
            }
        }
    }
    for name in ["cls", "p0"] {
        let middle = metric(result, name)["line"][u.len() / 2].clone();
        for value in numbers(&line[format!("{name}_unfitted")]) {
            assert_relative(name, value, number(&middle), 1e-12);
        }
    }
    let gaussianity = numbers(&metric(result, "gaussianity")["line"]);
    let (middle, end) = (gaussianity[gaussianity.len() / 2], gaussianity[0]);
    assert!(end > 10.0 * middle, "{end} {middle}");
}

#[test]
fn the_landscape_s_p_values_are_pyhf_s() {
    let result = landscape();
    let u = numbers(&result["line"]["u"]);
    for (at, cls, p0) in [
        (0.0, 0.10795564549444137, 0.048812370130010704),
        (2.5, 0.10795564549444137, 0.048812370130012335),
        (6.0, 0.11187693610650669, 0.048812370130010704),
        (-6.0, 0.10795564549444137, 0.052262633836023656),
    ] {
        let place = u.iter().position(|u| *u == at).expect("a point");
        for (name, expected) in [("cls", cls), ("p0", p0)] {
            let found = numbers(&metric(result, name)["line"])[place];
            assert_relative(&format!("{name} at u = d = {at}"), found, expected, 1e-9);
        }
    }
}

#[test]
fn the_generalised_variance_is_highest_on_the_line() {
    let result = landscape();
    let metric = metric(result, "generalised_variance");
    let on_it = numbers(&metric["line"])[0];
    let highest = numbers(&metric["map"]).into_iter().fold(0.0, f64::max);
    assert_relative("the highest place", highest, on_it, 1e-12);
    for descent in metric["descents"].as_array().expect("descents") {
        assert!(number(&descent["value"]) < 0.5 * on_it, "{descent}");
    }
}

#[test]
fn descents_of_the_landscape_end_on_the_line() {
    let result = landscape();
    for (name, low, high) in [
        ("cls", -10.0, 3.0),
        ("p0", -2.3, 10.0),
        ("cls_and_p0", -2.3, 3.0),
        ("sigma_mu", -10.0, 10.0),
    ] {
        let metric = metric(result, name);
        let least = numbers(&metric["map"]).into_iter().fold(f64::INFINITY, f64::min);
        for descent in metric["descents"].as_array().expect("descents") {
            let [u, d] = numbers(&descent["end"])[..] else { panic!("two numbers") };
            assert!((u - d).abs() < 0.1 && (low..high).contains(&u), "{name}: {descent}");
            assert!(number(&descent["value"]) < least + 1e-4, "{name}: {descent}");
        }
    }
}

#[test]
fn best_bandwidths_follow_the_data_and_not_the_bin() {
    let result = result("bkde");
    for errors in result["errors"].as_array().expect("widths") {
        for row in errors["rows"].as_array().expect("rows") {
            // A histogram's differences are estimates with a box. They are as good at their best
            // step, but not at the thesis's, which is below the list of steps.
            let (kernel, boxed) = (&row["best_bandwidth"], &row["best_step"]);
            let ratio = number(&kernel["error"]) / number(&boxed["error"]);
            assert!((0.8..1.05).contains(&ratio), "{row}");
            let first = numbers(&row["difference_errors"])[0];
            assert!(number(&boxed["error"]) < 0.6 * first, "{row}");
        }
        let over = number(&errors["over_silverman"]);
        assert!((0.75..1.5).contains(&over), "{over}");
    }
    let exponent = number(&result["rule"]["exponent"]);
    assert!((exponent + 0.2).abs() < 0.06, "{exponent}");
    for curves in result["curves"].as_array().expect("sizes") {
        let truth = numbers(&curves["truth"]["height"]);
        let n = number(&curves["size"]);
        let share = truth[truth.len() / 2] / n;
        assert_relative("the true height at 0", share, 0.6826894921370859, 1e-12);
        // The thesis's step of 4/59 is too short for every size but the largest.
        let histogram = number(&curves["histogram"]["slope"]["error"]);
        let half = &curves["estimates"][1];
        assert_eq!(number(&half["bandwidth"]), 0.5);
        assert!(n > 1e3 || number(&half["slope"]["error"]) < 0.5 * histogram, "{n} {histogram}");
    }
}

#[test]
fn soft_and_hard_histograms_of_the_blobs_meet() {
    let result = result("softmax");
    for name in ["kernel", "softmax"] {
        let bias = &result["bias"][name];
        let displaced = numbers(&bias["displaced"]);
        let cls = numbers(&bias["cls_soft"]);
        assert!(displaced.is_sorted(), "{name}: {displaced:?}");
        assert!(displaced[0] < 0.05 * displaced[displaced.len() - 1], "{name}: {displaced:?}");
        let hard = number(&bias["cls_hard"]);
        assert!((cls[0] / hard).ln().abs() < 0.2, "{name}: {} {hard}", cls[0]);
    }
    let settings = result["settings"].as_array().expect("settings");
    assert_eq!(settings.len(), 8);
    for setting in settings {
        // Training on 120 expected events of blobs a few deviations apart excludes the signal.
        let hard = number(&setting["cls_hard"]);
        assert!(hard < 1e-2, "{setting}");
    }
}

#[test]
fn each_window_is_best_for_its_own_goal() {
    let result = result("limits");
    let optimised = result["optimised"].as_array().expect("goals");
    for (goal, sign) in [("limit", 1.0), ("cls", 1.0), ("significance", -1.0)] {
        let own = optimised.iter().find(|entry| entry["goal"] == goal).expect("the goal");
        let loss = |entry: &Value| sign * number(&entry["found"][goal]);
        for other in optimised {
            let slack = 1e-4 * loss(own).abs();
            assert!(loss(own) <= loss(other) + slack, "{goal}: {own} {other}");
        }
        // A grid of hard windows finds nothing that is better by more than its noise.
        let scanned = sign * number(&own["best_of_map"][goal]);
        assert!(loss(own) < scanned + 2e-3 * scanned.abs(), "{goal}: {own}");
    }
    let check = &result["gradient_check"];
    let pairs = numbers(&check["implicit"]).into_iter().zip(numbers(&check["differences"]));
    for (implicit, difference) in pairs {
        assert_relative("the gradient of ln limit", implicit, difference, 1e-6);
    }
}
