//! Trainings on the blobs: their results, and that these are reproducible.

use diffhep::analyses::observable::{
    ObservableModel, ObservableOptions, ObservableProblem, ObservableReport, TrainedNetwork,
};
use diffhep::events::toys::{BinningToy, BlobsToy};
use diffhep::histfactory::WorkspaceModel;
use diffhep::inference::{HypothesisTestOptions, hypotest};
use diffhep::kernels::kernel_histogram::{Bandwidth, Overflow, kernel_histogram};
use diffhep::optimize::minibatch::{MinibatchOptions, MinibatchStatus};
use diffhep::optimize::{CheckpointOptions, Persistence};
use serde_json::json;

fn toy(points: usize) -> BinningToy {
    BlobsToy { points, ..BlobsToy::default() }.draw(1)
}

fn options(loss: &str) -> ObservableOptions {
    ObservableOptions {
        hidden: vec![32, 32],
        standardise: false,
        loss: loss.parse().expect("a loss"),
        batch_size: 800,
        ..ObservableOptions::default()
    }
}

fn problem<'a>(
    toy: &'a BinningToy,
    options: ObservableOptions,
    seed: u64,
) -> ObservableProblem<'a> {
    let model = ObservableModel::of_processes(&toy.data(true), options.bins()).expect("a model");
    ObservableProblem::new(model, &["x".to_owned(), "y".to_owned()], options, seed).expect("sound")
}

fn train(problem: &ObservableProblem, epochs: usize) -> ObservableReport {
    let options = MinibatchOptions::new(epochs, "loss");
    problem.train(&options, Persistence::None, &mut |_| ()).expect("a training")
}

fn best(report: &ObservableReport, name: &str) -> f64 {
    report.best_metric(name).expect("a best epoch")
}

#[test]
fn p_values_beat_cross_entropy_in_their_own_terms() {
    let toy = toy(4_000);
    let trained = |loss: &str| train(&problem(&toy, options(loss), 3), 30);
    let (bce, cls, p0) = (trained("bce-augmented"), trained("ln-cls"), trained("ln-p0"));
    assert!(best(&cls, "cls") < 0.5 * best(&bce, "cls"));
    assert!(best(&p0, "p0") < 0.1 * best(&bce, "p0"));
    assert!(best(&bce, "bce_augmented") < best(&cls, "bce_augmented"));
    let start = &cls.training.history[0];
    let sigma = |row| cls.training.metric(row, "sigma_mu").expect("a metric");
    assert!(best(&cls, "sigma_mu") < 0.9 * sigma(start), "training on CLs brings sigma down too");
}

#[test]
fn edges_are_trained_with_the_network() {
    let toy = toy(2_000);
    let options = ObservableOptions { train_edges: true, ..options("ln-cls") };
    let before = options.edges.clone();
    let problem = problem(&toy, options, 0);
    let report = train(&problem, 20);
    let edges = &report.best.as_ref().expect("a best epoch").judged.edges;
    assert_eq!((edges[0], edges[5]), (0.0, 1.0));
    assert!(edges.is_sorted_by(|a, b| a < b));
    assert!(edges.iter().zip(&before).any(|(edge, before)| (edge - before).abs() > 1e-3));
    assert!(best(&report, "ln_cls") < report.training.history[0].metrics[0]);
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let toy = toy(1_500);
    let found = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| train(&problem(&toy, options("cls + p0"), 4), 3))
    };
    let one = found(1);
    for threads in [2, 5] {
        let other = found(threads);
        assert_eq!(one.training.parameters, other.training.parameters);
        assert_eq!(one.best, other.best);
    }
    let other_seed = train(&problem(&toy, options("cls + p0"), 5), 3);
    assert_ne!(one.training.parameters, other_seed.training.parameters);
}

#[test]
fn metrics_are_those_of_the_hard_histograms_that_are_reported() {
    let toy = toy(1_000);
    let problem = problem(&toy, options("cls"), 2);
    let report = train(&problem, 4);
    let best_found = report.best.as_ref().expect("a best epoch");
    // Each source keeps its yield, and its bins contain whole numbers of events.
    for (bins, expected) in best_found.judged.histograms.iter().zip([20.0, 100.0, 100.0, 100.0]) {
        let sum: f64 = bins.iter().map(|bin| bin.sum).sum();
        assert!((sum - expected).abs() < 1e-9);
        for bin in bins {
            let events = bin.sum / (expected / 200.0);
            assert!((events - events.round()).abs() < 1e-6, "{events} of 200 held-out events");
        }
    }
    // The written workspace alone gives the same CLs.
    let workspace = problem.filled(&best_found.judged.histograms).expect("a workspace");
    let model = workspace.model().expect("a model");
    let (data, options) = (workspace.data(&model), HypothesisTestOptions::default());
    let test = hypotest(1.0, &data, &model, &options).expect("a test");
    let found = best(&report, "cls");
    assert!((test.cls_exp[2] - found).abs() < 1e-6 * found, "{} and {found}", test.cls_exp[2]);
}

#[test]
fn a_trained_network_comes_back_from_its_file() {
    let toy = toy(500);
    let options = ObservableOptions { standardise: true, ..options("bce") };
    let problem = problem(&toy, options, 0);
    let report = train(&problem, 2);
    let network = &report.best.as_ref().expect("a best epoch").network;
    let folder = std::env::temp_dir().join(format!("diffhep-observable-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("model.safetensors");
    network.save(&path, &json!({ "epoch": 2 })).expect("written");
    let back = TrainedNetwork::load(&path).expect("read");
    assert_eq!(&back, network);
    let scores = back.scores_of(&toy.signals[0]).expect("scores");
    assert_eq!(scores, network.scores_of(&toy.signals[0]).expect("scores"));
    assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)));
    let bytes = std::fs::read(&path).expect("bytes");
    std::fs::write(&path, &bytes[..bytes.len() - 8]).expect("written");
    let message = TrainedNetwork::load(&path).expect_err("cut short").to_string();
    assert!(message.contains("model.safetensors"), "{message}");
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn a_training_ends_completed_with_a_row_an_epoch() {
    let toy = toy(300);
    let report = train(&problem(&toy, options("sigma-mu"), 0), 5);
    assert_eq!(report.training.status, MinibatchStatus::Completed);
    assert_eq!(report.training.history.len(), 6);
    let json = report.to_json(&["signal", "background", "up", "down"]);
    for key in ["cls", "p0", "sigma_mu", "bce"] {
        assert!(json["best"]["metrics"][key].is_number(), "{json}");
    }
    assert_eq!((&json["loss"], &json["seed"]), (&json!("sigma-mu"), &json!(0)));
}

#[test]
fn a_paused_training_of_edges_and_local_bandwidths_resumes_to_the_same_bits() {
    let toy = toy(600);
    let options = ObservableOptions {
        train_edges: true,
        bandwidth: Bandwidth::Relative(0.5),
        batch_size: 200,
        ..options("ln-cls + ln-p0")
    };
    let problem = problem(&toy, options, 3);
    let whole = train(&problem, 6);
    let folder = std::env::temp_dir().join(format!("diffhep-resumed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("checkpoint.safetensors");
    let kept = CheckpointOptions::new(path, problem.fingerprint());
    let paused = CheckpointOptions { pause_after: Some(2), ..kept.clone() };
    let training = MinibatchOptions::new(6, "loss");
    let observe = &mut |_: &_| ();
    let first = problem.train(&training, Persistence::Fresh(&paused), observe).expect("a report");
    assert_eq!(first.training.status, MinibatchStatus::Paused);
    let resumed = problem.train(&training, Persistence::Resume(&kept), observe).expect("a report");
    assert_eq!(resumed.training.parameters, whole.training.parameters);
    assert_eq!(resumed.best, whole.best);
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn soft_and_hard_histograms_agree_where_kernels_are_narrow() {
    let toy = toy(400);
    for (name, overflow) in Overflow::TABLE {
        let options = ObservableOptions {
            edges: vec![0.2, 0.35, 0.5, 0.62, 0.8],
            bandwidth: Bandwidth::Absolute(1e-6),
            overflow,
            ..options("cls")
        };
        let problem = problem(&toy, options, 0);
        let at = problem.start();
        let judged = problem.judge(&at).expect("judged");
        let network = problem.trained(&at);
        // The bins of the held-out events, one by one.
        for (source, columns) in problem.held_out_columns().iter().enumerate() {
            let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let scores = network.scores(&columns);
            let mut soft = vec![0.0; 4];
            let (edges, width) = (network.edges(), Bandwidth::Absolute(1e-6));
            let ones = vec![1.0; scores.len()];
            kernel_histogram(&scores, &ones, edges, width, overflow, &mut soft);
            for (bin, soft) in soft.into_iter().enumerate() {
                let hard = scores.iter().filter(|score| network.bin(**score) == Some(bin)).count();
                assert!((soft - hard as f64).abs() < 1e-9, "{name}: {soft} and {hard} events");
                let found = judged.histograms[source][bin];
                let expected = hard as f64 * (if source == 0 { 20.0 } else { 100.0 }) / 80.0;
                assert!((found.sum - expected).abs() < 1e-9, "{name}: {} {expected}", found.sum);
            }
        }
    }
}
