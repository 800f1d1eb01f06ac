//! Interrupted trainings continue to the same bits; broken checkpoints are refused.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::optimize::testing::{Function, options, rosenbrock, softened};
use crate::optimize::{
    Method, Objective, Schedule, Step, StoppingRules, TrainingError, TrainingReport,
    TrainingStatus, resume, train,
};
use crate::persistence::FileError;

const START: [f64; 4] = [-1.2, 1.0, -0.5, 0.8];

/// A file used only by this test, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("diffhep-checkpoint-{}-{name}.json", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn options(&self) -> CheckpointOptions {
        CheckpointOptions { every: 3, ..CheckpointOptions::new(&self.0, "rosenbrock") }
    }

    fn pausing(&self, after: usize) -> CheckpointOptions {
        CheckpointOptions { pause_after: Some(after), ..self.options() }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// An annealed objective with a metric that is not always finite.
struct Annealed;

impl Objective for Annealed {
    type Error = std::convert::Infallible;

    fn evaluate(
        &mut self,
        x: &[f64],
        hardness: f64,
        gradient: &mut [f64],
    ) -> Result<f64, Self::Error> {
        let value = softened(x, hardness, gradient);
        let mut rest = vec![0.0; x.len()];
        let valley = rosenbrock(x, &mut rest);
        gradient.iter_mut().zip(rest).for_each(|(g, rest)| *g += 0.01 * rest);
        Ok(value + 0.01 * valley)
    }

    fn metric_names(&self) -> Vec<String> {
        vec!["log".to_owned(), "product".to_owned()]
    }

    fn metrics(&mut self, x: &[f64]) -> Result<Vec<f64>, Self::Error> {
        let product: f64 = x.iter().product();
        Ok(vec![if x[0] < -1.0 { f64::NEG_INFINITY } else { x[0].abs().ln() }, product])
    }
}

fn settings(method: Method) -> TrainingOptions {
    let hardness = match method {
        Method::Lbfgs => Schedule::Constant { value: 0.7 },
        _ => Schedule::Exponential { from: 2.0, to: 0.3 },
    };
    let bounds = vec![(-2.0, 0.6), (f64::NEG_INFINITY, f64::INFINITY), (-1.0, 1.0), (0.1, 0.9)];
    let learning_rate = Schedule::Cosine { from: 0.07, to: 0.003 };
    TrainingOptions { learning_rate, hardness, bounds, ..options(method, 17) }
}

fn bits(report: &TrainingReport) -> Vec<u64> {
    let row = |row: &Step| {
        let fixed = [row.objective, row.gradient_norm, row.learning_rate, row.hardness];
        [&fixed[..], &row.parameters, &row.metrics].concat()
    };
    let history = report.history.iter().flat_map(row);
    let last = report.parameters.iter().chain(&report.gradient).chain(&report.best.parameters);
    history.chain(last.copied()).map(f64::to_bits).collect()
}

fn assert_same(found: &TrainingReport, expected: &TrainingReport) {
    assert_eq!(found, expected);
    assert_eq!(bits(found), bits(expected));
}

fn start(settings: &TrainingOptions, checkpoints: Option<&CheckpointOptions>) -> TrainingReport {
    train(&mut Annealed, &START, settings, checkpoints, &mut |_| ()).unwrap()
}

fn go_on(settings: &TrainingOptions, checkpoints: &CheckpointOptions) -> TrainingReport {
    resume(&mut Annealed, settings, checkpoints, &mut |_| ()).unwrap()
}

#[test]
fn resumed_trainings_reach_the_same_bits() {
    let scratch = Scratch::new("resumed");
    for method in Method::ALL {
        let settings = settings(method);
        let whole = start(&settings, None);
        let last = whole.history.last().unwrap().step;
        // There are more steps than L-BFGS remembers.
        assert!(last > 11, "{method:?}: {last}");
        for pause in [0, 1, 2, 3, 8, last - 1] {
            let paused = start(&settings, Some(&scratch.pausing(pause)));
            assert_eq!(paused.status, TrainingStatus::Paused);
            assert_eq!(paused.history.len(), pause + 1);
            assert_same(&go_on(&settings, &scratch.options()), &whole);
        }
    }
}

#[test]
fn a_training_may_be_interrupted_at_every_step() {
    let scratch = Scratch::new("stepwise");
    for method in Method::ALL {
        let settings = settings(method);
        start(&settings, Some(&scratch.pausing(0)));
        let mut seen = vec![0];
        let report = loop {
            let mut observe = |row: &Step| seen.push(row.step);
            let report =
                resume(&mut Annealed, &settings, &scratch.pausing(1), &mut observe).unwrap();
            if report.status != TrainingStatus::Paused {
                break report;
            }
        };
        assert_same(&report, &start(&settings, None));
        assert_eq!(seen, (0..report.history.len()).collect::<Vec<_>>());
    }
}

#[test]
fn a_training_that_has_ended_ends_again_at_once() {
    let scratch = Scratch::new("ended");
    let patience = StoppingRules { patience: Some(2), ..Default::default() };
    let small = StoppingRules { step_tolerance: 0.02, ..Default::default() };
    for (method, stopping) in
        [(Method::Adam, small), (Method::Rmsprop, patience), (Method::Lbfgs, Default::default())]
    {
        let learning_rate = Schedule::Constant { value: 0.3 };
        let hardness = Schedule::Constant { value: 0.7 };
        let options = options(method, 300);
        let settings = TrainingOptions { stopping, learning_rate, hardness, ..options };
        let ended = start(&settings, Some(&scratch.options()));
        assert_ne!(ended.status, TrainingStatus::StepLimit, "{method:?}");
        assert_same(&go_on(&settings, &scratch.options()), &ended);
    }
}

#[test]
fn a_point_that_is_not_finite_leaves_a_checkpoint_of_the_last_one_that_is() {
    let scratch = Scratch::new("not-finite");
    let mut wall = Function(|x: &[f64], _, gradient: &mut [f64]| {
        gradient[0] = 2.0 * x[0] + 1.0;
        if x[0] < 0.2 { f64::NAN } else { x[0] * x[0] + x[0] }
    });
    let learning_rate = Schedule::Constant { value: 0.1 };
    let settings = TrainingOptions { learning_rate, ..options(Method::Adam, 50) };
    let checkpoints = scratch.options();
    let ended = train(&mut wall, &[1.0], &settings, Some(&checkpoints), &mut |_| ()).unwrap();
    assert_eq!(ended.status, TrainingStatus::NotFinite);
    let again = resume(&mut wall, &settings, &checkpoints, &mut |_| ()).unwrap();
    assert_eq!((again.status, bits(&again)), (ended.status, bits(&ended)));
}

#[test]
fn checkpoints_come_at_their_steps_and_at_the_end() {
    let scratch = Scratch::new("steps");
    let settings = settings(Method::Adam);
    let mut on_disk = Vec::new();
    let mut observe = |row: &Step| {
        let steps = load(&settings, &scratch.options(), 2).map(|progress| progress.last().step);
        on_disk.push((row.step, steps.ok()));
    };
    train(&mut Annealed, &START, &settings, Some(&scratch.options()), &mut observe).unwrap();
    // A row is seen before it is saved.
    let expected = |step: usize| (step, (step > 3).then(|| (step - 1) / 3 * 3));
    assert_eq!(on_disk, (0..=17).map(expected).collect::<Vec<_>>());
    assert_eq!(load(&settings, &scratch.options(), 2).unwrap().last().step, 17);
}

#[test]
fn the_same_training_writes_the_same_file() {
    let scratch = Scratch::new("same");
    let settings = settings(Method::Adam);
    let text = || std::fs::read_to_string(&scratch.0).unwrap();
    start(&settings, Some(&scratch.options()));
    let whole = text();
    start(&settings, Some(&scratch.pausing(5)));
    go_on(&settings, &scratch.options());
    assert_eq!(text(), whole);
    assert!(
        whole.starts_with("{\n  \"format\": \"diffhep training checkpoint\",\n  \"version\": 1,")
    );
}

/// A way to damage a checkpoint.
type Change = fn(&mut Value);

/// The error of resuming a checkpoint of a paused training after a change of its JSON.
fn refusal(name: &str, method: Method, change: impl Fn(&mut Value)) -> CheckpointError {
    let scratch = Scratch::new(name);
    start(&settings(method), Some(&scratch.pausing(4)));
    let mut value = serde_json::from_slice(&std::fs::read(&scratch.0).unwrap()).unwrap();
    change(&mut value);
    std::fs::write(&scratch.0, value.to_string()).unwrap();
    refused(&settings(method), &scratch.options())
}

fn refused(settings: &TrainingOptions, options: &CheckpointOptions) -> CheckpointError {
    let error = resume(&mut Annealed, settings, options, &mut |_| ()).unwrap_err();
    let TrainingError::Checkpoint(error) = error else { panic!("{error}") };
    assert!(error.to_string().contains(options.path.to_str().unwrap()), "{error}");
    error
}

#[test]
fn files_that_are_not_checkpoints_are_refused() {
    let scratch = Scratch::new("files");
    let (settings, options) = (settings(Method::Adam), scratch.options());
    assert!(matches!(refused(&settings, &options), CheckpointError::Read { .. }));
    start(&settings, Some(&scratch.pausing(4)));
    let text = std::fs::read(&scratch.0).unwrap();
    for length in [0, 1, text.len() / 2, text.len() - 3] {
        std::fs::write(&scratch.0, &text[..length]).unwrap();
        assert!(matches!(refused(&settings, &options), CheckpointError::NotJson { .. }));
    }
    for foreign in ["{}", "[1, 2]", "3", r#"{"format": "other", "version": 1}"#] {
        std::fs::write(&scratch.0, foreign).unwrap();
        assert!(matches!(
            refused(&settings, &options),
            CheckpointError::File(FileError::Foreign { .. })
        ));
    }
}

#[test]
fn other_versions_are_refused() {
    let error = refusal("version", Method::Adam, |value| value["version"] = json!(2));
    assert!(matches!(error, CheckpointError::File(FileError::Version { found: 2, .. })));
    let error = refusal("no-version", Method::Adam, |value| value["version"] = json!("1"));
    assert!(matches!(error, CheckpointError::File(FileError::Foreign { .. })));
}

#[test]
fn other_problems_are_refused() {
    let error = refusal("problem", Method::Adam, |value| value["fingerprint"] = json!("other"));
    let CheckpointError::File(FileError::Other { expected, found, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!((expected.as_str(), found.as_str()), ("rosenbrock", "other"));
}

#[test]
fn other_settings_are_refused() {
    let scratch = Scratch::new("settings");
    let made = settings(Method::Adam);
    start(&made, Some(&scratch.pausing(4)));
    let rules = StoppingRules { patience: Some(9), ..Default::default() };
    let cases = [
        ("method", TrainingOptions { method: Method::Rmsprop, ..made.clone() }),
        ("steps", TrainingOptions { steps: 18, ..made.clone() }),
        ("hardness", TrainingOptions { hardness: made.learning_rate, ..made.clone() }),
        ("bounds", TrainingOptions { bounds: Vec::new(), ..made.clone() }),
        ("stopping", TrainingOptions { stopping: rules, ..made.clone() }),
    ];
    for (name, settings) in cases {
        let error = refused(&settings, &scratch.options());
        let CheckpointError::File(FileError::Settings { setting, .. }) = error else {
            panic!("{error}")
        };
        assert_eq!(setting, name);
    }
}

#[test]
fn damaged_content_is_refused() {
    let cases: [(&str, Change); 4] = [
        ("no-progress", |value| value["progress"] = json!(null)),
        ("no-gradient", |value| value["progress"]["point"]["gradient"] = json!(null)),
        ("other-key", |value| value["progress"]["more"] = json!(1)),
        ("text", |value| value["progress"]["history"][2]["objective"] = json!("low")),
    ];
    for (name, change) in cases {
        let error = refusal(name, Method::Adam, change);
        assert!(matches!(error, CheckpointError::Content { .. }), "{name}: {error}");
    }
}

#[test]
fn content_that_contradicts_itself_is_refused() {
    fn cut(list: &mut Value) {
        list.as_array_mut().unwrap().pop().unwrap();
    }
    let cases: [(&str, Method, Change); 10] = [
        ("gradient", Method::Adam, |progress| cut(&mut progress["point"]["gradient"])),
        ("best point", Method::Adam, |progress| cut(&mut progress["best"]["parameters"])),
        ("state", Method::Adam, |progress| cut(&mut progress["state"]["adam"]["square"])),
        ("state", Method::Rmsprop, |progress| cut(&mut progress["state"]["rmsprop"]["square"])),
        ("state", Method::Lbfgs, |progress| {
            cut(&mut progress["state"]["lbfgs"]["memory"][1]["change"])
        }),
        ("method", Method::Adam, |progress| progress["state"] = json!("gradient-descent")),
        ("a step", Method::Adam, |progress| progress["history"][2]["step"] = json!(7)),
        ("a point", Method::Adam, |progress| cut(&mut progress["history"][1]["parameters"])),
        ("metrics", Method::Adam, |progress| cut(&mut progress["history"][1]["metrics"])),
        ("rows", Method::Adam, |progress| progress["history"] = json!([])),
    ];
    for (place, (part, method, change)) in cases.into_iter().enumerate() {
        let name = format!("inconsistent-{place}");
        let error = refusal(&name, method, |value| change(&mut value["progress"]));
        let CheckpointError::Inconsistent { what, .. } = error else { panic!("{part}: {error}") };
        assert!(what.contains(part), "{what}, {part}");
    }
    let error = refusal("objective", Method::Adam, |value| {
        value["progress"]["point"]["objective"] = json!(1.0);
    });
    assert!(matches!(error, CheckpointError::Inconsistent { what: "the objective", .. }));
    let error = refusal("best-step", Method::Adam, |value| {
        value["progress"]["best"]["step"] = json!(5);
    });
    assert!(matches!(error, CheckpointError::Inconsistent { .. }));
}

#[test]
fn paths_that_cannot_be_written_and_checkpoints_that_never_come_are_refused() {
    let folder = std::env::temp_dir().join("diffhep-no-such-folder");
    let options = CheckpointOptions::new(folder.join("checkpoint.json"), "rosenbrock");
    let settings = settings(Method::Adam);
    let error = train(&mut Annealed, &START, &settings, Some(&options), &mut |_| ()).unwrap_err();
    assert!(matches!(
        error,
        TrainingError::Checkpoint(CheckpointError::File(FileError::Write { .. }))
    ));
    let options = CheckpointOptions { every: 0, ..options };
    let error = train(&mut Annealed, &START, &settings, Some(&options), &mut |_| ()).unwrap_err();
    assert!(matches!(error, TrainingError::Settings(OptimizeError::NoCheckpoints)));
}
