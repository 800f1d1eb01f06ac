//! Failures that end a training, and input that is refused before it starts.

use diffhep::analyses::ProcessData;
use diffhep::analyses::observable::{
    ObservableError, ObservableModel, ObservableOptions, ObservableProblem, equal_edges,
};
use diffhep::events::EventSample;
use diffhep::events::toys::{BinningToy, BlobsToy};
use diffhep::kernels::kernel_histogram::Bandwidth;
use diffhep::optimize::minibatch::{MinibatchOptions, MinibatchReport, MinibatchStatus};
use diffhep::optimize::{Persistence, Schedule};

fn toy(points: usize) -> BinningToy {
    BlobsToy { points, ..BlobsToy::default() }.draw(1)
}

fn options() -> ObservableOptions {
    let (hidden, batch_size) = (vec![8], 100);
    ObservableOptions { hidden, batch_size, standardise: false, ..ObservableOptions::default() }
}

fn columns() -> Vec<String> {
    vec!["x".to_owned(), "y".to_owned()]
}

fn problem<'a>(
    data: &ProcessData<'a>,
    options: ObservableOptions,
) -> Result<ObservableProblem<'a>, ObservableError> {
    let model = ObservableModel::of_processes(data, options.bins())?;
    ObservableProblem::new(model, &columns(), options, 0)
}

fn train(problem: &ObservableProblem, learning_rate: f64) -> MinibatchReport {
    let learning_rate = Schedule::Constant { value: learning_rate };
    let options = MinibatchOptions { learning_rate, ..MinibatchOptions::new(6, "loss") };
    problem.train(&options, Persistence::None, &mut |_| ()).expect("a report").training
}

#[track_caller]
fn reason(report: &MinibatchReport) -> &str {
    match &report.status {
        MinibatchStatus::Stopped(reason) => reason,
        status => panic!("ended as {status:?}"),
    }
}

#[test]
fn a_network_that_saturates_or_dies_stops_the_training_and_the_best_is_kept() {
    let toy = toy(300);
    for (learning_rate, loss) in [(1e3, "cls"), (1e3, "ln-p0"), (1e300, "cls")] {
        let options = ObservableOptions { loss: loss.parse().expect("a loss"), ..options() };
        let problem = problem(&toy.data(true), options).expect("sound");
        // The steps are so long that every unit dies, or every score becomes 0 or 1.
        let report = train(&problem, learning_rate);
        let found = reason(&report);
        let words = ["the network is dead", "saturated at 0 and 1", "scores are not finite"];
        assert!(found.starts_with("epoch 1, batch "), "{found}");
        assert!(words.iter().any(|words| found.contains(words)), "{found}");
        assert!(report.best.is_some());
    }
}

#[test]
fn scores_that_are_no_numbers_stop_it() {
    let huge =
        |phase: f64| -> Vec<f64> { (0..50).map(|i| 1.7e308 * (i as f64 + phase).sin()).collect() };
    let columns = vec![("x".to_owned(), huge(0.0)), ("y".to_owned(), huge(1.0))];
    let signal = EventSample::new("huge", columns, vec![1.0; 50]).expect("a sample");
    let toy = toy(300);
    let mut data = toy.data(true);
    data.signals[0].sample = &signal;
    let hidden = vec![8; 8];
    let problem = problem(&data, ObservableOptions { hidden, ..options() }).expect("sound");
    let report = train(&problem, 1e-3);
    assert!(reason(&report).contains("scores are not finite"), "{}", reason(&report));
    assert!(report.best.is_none());
}

#[test]
fn bins_without_background_stop_it() {
    let toy = toy(300);
    let narrow = ObservableOptions {
        background_floor: 0.0,
        bandwidth: Bandwidth::Absolute(1e-6),
        edges: equal_edges(200),
        ..options()
    };
    let problem = problem(&toy.data(true), narrow).expect("sound");
    let report = train(&problem, 1e-3);
    let found = reason(&report);
    assert!(found.contains("background events") && found.contains("raise the background floor"));
}

#[test]
fn batches_of_one_event_are_trained_on() {
    let toy = toy(20);
    let options = ObservableOptions { batch_size: 1, ..options() };
    let problem = problem(&toy.data(true), options).expect("sound");
    assert_eq!(problem.batches(), 16);
    let report = train(&problem, 1e-3);
    assert!(report.best.is_some());
    assert_eq!((report.status, report.history.len()), (MinibatchStatus::Completed, 7));
}

#[test]
fn settings_out_of_range_are_refused() {
    let toy = toy(50);
    let refusal = |change: fn(&mut ObservableOptions)| {
        let mut options = options();
        change(&mut options);
        problem(&toy.data(true), options).map(|_| ()).expect_err("refused").to_string()
    };
    for (change, part) in [
        ((|o| o.hidden = vec![3, 0]) as fn(&mut ObservableOptions), "number of units is 0"),
        (|o| o.edges = vec![0.0, 0.5, 0.5, 1.0], "ascending"),
        (|o| o.edges = vec![0.0, 1.5], "between 0 and 1"),
        (|o| o.bandwidth = Bandwidth::Absolute(0.0), "bandwidth is 0"),
        (|o| o.bandwidth = Bandwidth::Relative(f64::NAN), "bandwidth is NaN"),
        (|o| o.background_floor = -1.0, "background floor is -1"),
        (|o| o.held_out = 1.0, "held-out share is 1"),
        (|o| o.batch_size = 0, "batch size is 0"),
    ] {
        let found = refusal(change);
        assert!(found.contains(part), "{found}");
    }
}

#[test]
fn samples_that_do_not_do_are_refused() {
    let toy = toy(60);
    let sample = |n: usize, weight: f64| {
        let column = |phase: f64| (0..n).map(|i| (i as f64 + phase).sin()).collect::<Vec<f64>>();
        let columns = vec![("x".to_owned(), column(0.0)), ("y".to_owned(), column(1.0))];
        EventSample::new("odd", columns, vec![weight; n]).expect("a sample")
    };
    let refusal = |signal: &EventSample, options: ObservableOptions| {
        let mut data = toy.data(true);
        data.signals[0].sample = signal;
        problem(&data, options).map(|_| ()).expect_err("refused").to_string()
    };
    let small = ObservableOptions { batch_size: 10, ..options() };
    let found = refusal(&sample(3, 1.0), small);
    assert!(found.contains("signal has 2 events for 5 batches"), "{found}");
    let found = refusal(&sample(1, 1.0), options());
    assert!(found.contains("training and held-out events"), "{found}");
    let found = refusal(&sample(40, -1.0), options());
    assert!(found.contains("weights of signal add up to -40"), "{found}");
    let constant = EventSample::new(
        "constant",
        vec![("x".to_owned(), vec![1.0; 50]), ("y".to_owned(), vec![1.0; 50])],
        vec![1.0; 50],
    )
    .expect("a sample");
    let mut data = toy.data(false);
    (data.signals[0].sample, data.backgrounds[0].nominal.sample) = (&constant, &constant);
    let standardised = ObservableOptions { standardise: true, ..options() };
    let found = problem(&data, standardised).map(|_| ()).expect_err("refused").to_string();
    assert!(found.contains("standard deviation of an input is 0"), "{found}");
    let model = ObservableModel::of_processes(&toy.data(true), 5).expect("a model");
    let twice = ["x".to_owned(), "x".to_owned()];
    let found = ObservableProblem::new(model.clone(), &twice, options(), 0).map(|_| ());
    assert!(found.expect_err("refused").to_string().contains("named twice"));
    let missing = ["x".to_owned(), "z".to_owned()];
    let found = ObservableProblem::new(model, &missing, options(), 0).map(|_| ());
    assert!(found.expect_err("refused").to_string().contains("no column 'z'"));
}
