//! The whole chain from columns to p-values against numpy, scipy and pyhf 0.7.6; the numbers and
//! the script that made them are in `tests/reference`.

use diffhep::analyses::expected::ExpectedTest;
use diffhep::analyses::observable::{
    ObservableModel, ObservableOptions, ObservableProblem, TrainedNetwork,
};
use diffhep::analyses::{Background, NamedSample, ProcessData, ShapeVariation};
use diffhep::events::EventSample;
use diffhep::kernels::kernel_histogram::{Bandwidth, Overflow, kernel_histogram, plain_histogram};
use diffhep::kernels::selection::Yield;
use serde_json::Value;

use crate::common::{assert_all_relative, assert_relative, numbers, project, read_json};

/// Names of the samples, in the order of an [`ObservableModel`]'s sources.
const SAMPLES: [&str; 4] = ["signal", "background", "up", "down"];
const COLUMNS: [&str; 2] = ["x", "y"];

fn reference() -> Value {
    read_json(project("tests/reference/observable/observable.json"))
}

fn networks(reference: &Value) -> &[Value] {
    let networks = reference["networks"].as_array().expect("a list");
    assert_eq!(networks.len(), 2);
    networks
}

/// Asserts that two lists agree, entry by entry, within a tolerance.
#[track_caller]
fn assert_all_near(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: number of entries");
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs();
        assert!(error <= tolerance, "{what}: found {found}, expected {expected}");
    }
}

#[test]
fn scores_of_network_files_are_numpy_s() {
    let reference = reference();
    for case in networks(&reference) {
        let file = case["file"].as_str().expect("a name");
        let path = project("tests/reference/observable").join(file);
        let network = TrainedNetwork::load(&path).expect("a network");
        assert_eq!(network.columns(), COLUMNS);
        assert_eq!(network.edges(), numbers(&case["edges"]), "{file}");
        for sample in SAMPLES {
            let columns = COLUMNS.map(|name| numbers(&reference["events"][sample][name]));
            let scores = network.scores(&[&columns[0], &columns[1]]);
            let expected = numbers(&case["samples"][sample]["scores"]);
            assert_all_relative(&format!("{file}, {sample}"), &scores, &expected, 1e-13);
        }
    }
}

#[test]
fn histograms_of_scores_are_scipy_s_and_numpy_s() {
    let reference = reference();
    let bandwidth = Bandwidth::Absolute(reference["bandwidth"].as_f64().expect("a number"));
    for case in networks(&reference) {
        let edges = numbers(&case["edges"]);
        for sample in SAMPLES {
            let expected = &case["samples"][sample];
            let (scores, weights) =
                (numbers(&expected["scores"]), numbers(&reference["events"][sample]["weights"]));
            let what = format!("{}, {sample}", case["file"]);
            let mut soft = vec![0.0; edges.len() - 1];
            kernel_histogram(&scores, &weights, &edges, bandwidth, Overflow::Kept, &mut soft);
            assert_all_near(&what, &soft, &numbers(&expected["kernel_histogram"]), 1e-11);
            let mut hard = vec![Yield::default(); edges.len() - 1];
            plain_histogram(&scores, &weights, &edges, Overflow::Kept, &mut hard);
            let sums: Vec<f64> = hard.iter().map(|bin| bin.sum).collect();
            let squares: Vec<f64> = hard.iter().map(|bin| bin.squares).collect();
            assert_all_near(&what, &sums, &numbers(&expected["plain_histogram"]), 1e-11);
            assert_all_near(&what, &squares, &numbers(&expected["plain_squares"]), 1e-11);
        }
    }
}

#[test]
fn expected_p_values_are_pyhf_s() {
    let reference = reference();
    for case in networks(&reference) {
        for (test, key) in [(ExpectedTest::Exclusion, "cls"), (ExpectedTest::Discovery, "p0")] {
            let found = test.ln_p(case["workspace"].clone(), false).expect("a p-value").ln_p.exp();
            let expected = case[key].as_f64().expect("a number");
            assert_relative(&format!("{}, {key}", case["file"]), found, expected, 1e-6);
        }
    }
}

/// Mean cross-entropy of the held-out events of some sources, from numpy's value for each event.
fn mean_entropies(reference: &Value, case: &Value, held_out: &[Vec<Vec<f64>>]) -> Vec<f64> {
    let mean = |(sample, columns): (&str, &Vec<Vec<f64>>)| {
        let events = &reference["events"][sample];
        let (x, weights) = (numbers(&events["x"]), numbers(&events["weights"]));
        let entropies = numbers(&case["samples"][sample]["cross_entropy"]);
        let place = |event: &f64| x.iter().position(|x| x == event).expect("one of the events");
        let places: Vec<usize> = columns[0].iter().map(place).collect();
        let sum = places.iter().map(|i| weights[*i] * entropies[*i]).sum::<f64>();
        sum / places.iter().map(|i| weights[*i]).sum::<f64>()
    };
    SAMPLES.into_iter().zip(held_out).map(mean).collect()
}

#[test]
fn cross_entropies_are_numpy_s() {
    let reference = reference();
    // The problem itself standardises with its training events; this network does not standardise.
    let case = networks(&reference).iter().find(|case| case["activation"] == "relu");
    let case = case.expect("a network");
    let sample = |name: &str| {
        let events = &reference["events"][name];
        let columns = COLUMNS.map(|column| (column.to_owned(), numbers(&events[column])));
        EventSample::new(name, columns.into(), numbers(&events["weights"])).expect("events")
    };
    let [signal, background, up, down] = &SAMPLES.map(sample);
    let named = |name: &str, sample| NamedSample { name: name.to_owned(), sample };
    let shapes = vec![ShapeVariation { name: "shape".to_owned(), up, down }];
    let data = ProcessData {
        signals: vec![named("signal", signal)],
        backgrounds: vec![Background { nominal: named("background", background), shapes }],
    };
    let options = ObservableOptions {
        hidden: vec![6, 4],
        standardise: false,
        edges: numbers(&case["edges"]),
        held_out: 0.7,
        ..ObservableOptions::default()
    };
    let model = ObservableModel::of_processes(&data, options.bins()).expect("a model");
    let columns = COLUMNS.map(str::to_owned);
    let problem = ObservableProblem::new(model, &columns, options, 3).expect("sound");
    let judged = problem.judge(&numbers(&case["parameters"])).expect("metrics");
    let metric = |name: &str| {
        let place = problem.metric_names().iter().position(|known| known == name);
        judged.metrics[place.expect("a known name")]
    };
    let means = mean_entropies(&reference, case, &problem.held_out_columns());
    assert_relative("bce", metric("bce"), (means[0] + means[1]) / 2.0, 1e-13);
    let augmented = means.iter().sum::<f64>() / 4.0;
    assert_relative("bce_augmented", metric("bce_augmented"), augmented, 1e-13);
}
