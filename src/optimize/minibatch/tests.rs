//! Trainings on a small problem: least squares over batches.

use super::*;

/// Batches pull towards points with mean (3, -1); the metric is the distance to the mean.
#[derive(Default)]
struct Pull {
    /// The step, counted over epochs, whose loss is not a number.
    breaks_at: Option<usize>,
    metric_has_no_value: bool,
}

const POINTS: [[f64; 2]; 4] = [[1.0, -2.0], [5.0, 0.0], [2.0, -4.0], [4.0, 2.0]];

#[derive(Debug, thiserror::Error)]
#[error("no such batch")]
struct NoSuchBatch;

impl BatchObjective for Pull {
    type Error = NoSuchBatch;

    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        vec![("first".to_owned(), vec![1]), ("second".to_owned(), vec![1, 1])]
    }

    fn batches(&self) -> usize {
        POINTS.len()
    }

    fn evaluate(
        &mut self,
        epoch: usize,
        batch: usize,
        x: &[f64],
        gradient: &mut [f64],
    ) -> Result<f64, NoSuchBatch> {
        if self.breaks_at == Some(epoch * POINTS.len() + batch) {
            return Ok(f64::NAN);
        }
        let point = POINTS.get(batch).ok_or(NoSuchBatch)?;
        let mut loss = 0.0;
        for (j, centre) in point.iter().enumerate() {
            gradient[j] = 2.0 * (x[j] - centre);
            loss += (x[j] - centre).powi(2);
        }
        Ok(loss)
    }

    fn metric_names(&self) -> Vec<String> {
        vec!["distance".to_owned(), "first".to_owned()]
    }

    fn metrics(&mut self, x: &[f64]) -> Vec<f64> {
        let distance = ((x[0] - 3.0).powi(2) + (x[1] + 1.0).powi(2)).sqrt();
        vec![if self.metric_has_no_value { f64::NAN } else { distance }, x[0]]
    }
}

fn options() -> MinibatchOptions {
    let learning_rate = "exponential:0.3:0.001".parse().expect("a schedule");
    MinibatchOptions { learning_rate, ..MinibatchOptions::new(150, "distance") }
}

fn train(pull: &mut Pull, options: &MinibatchOptions, persistence: Persistence) -> MinibatchReport {
    train_minibatches(pull, &[0.0, 0.0], options, persistence, &mut |_| ()).expect("a training")
}

fn checkpoints(name: &str) -> CheckpointOptions {
    let folder = std::env::temp_dir().join(format!("diffhep-minibatch-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    CheckpointOptions { every: 7, ..CheckpointOptions::new(folder.join(name), "pull") }
}

#[test]
fn it_finds_the_mean_and_keeps_the_best_epoch() {
    let report = train(&mut Pull::default(), &options(), Persistence::None);
    assert_eq!(report.status, MinibatchStatus::Completed);
    assert_eq!(report.history.len(), 151);
    let best = report.best.as_ref().expect("a best epoch");
    let row = report.best_row().expect("its row");
    assert!(report.metric(row, "distance") < Some(0.1), "{row:?}");
    assert_eq!(report.metric(row, "first"), Some(best.parameters[0]));
    let lowest = report.history.iter().map(|row| row.metrics[0]).fold(f64::INFINITY, f64::min);
    assert_eq!(row.metrics[0], lowest);
    assert!(report.history[0].loss.is_nan() && report.history[1].loss.is_finite());
}

#[test]
fn a_paused_training_resumes_to_the_same_bits() {
    let whole = train(&mut Pull::default(), &options(), Persistence::None);
    for pause in [0, 1, 7, 20] {
        let kept = CheckpointOptions { pause_after: Some(pause), ..checkpoints("resumed") };
        let paused = train(&mut Pull::default(), &options(), Persistence::Fresh(&kept));
        assert_eq!(paused.status, MinibatchStatus::Paused);
        assert_eq!(paused.history.len(), pause + 1);
        let reopened = train(&mut Pull::default(), &options(), Persistence::Reopen(&kept));
        assert_eq!(reopened.parameters, paused.parameters);
        assert_eq!(reopened.status, MinibatchStatus::Paused);
        let kept = CheckpointOptions { pause_after: None, ..kept };
        let resumed = train(&mut Pull::default(), &options(), Persistence::Resume(&kept));
        assert_eq!(resumed.parameters, whole.parameters);
        assert_eq!(resumed.best, whole.best);
        assert_eq!(format!("{:?}", resumed.history), format!("{:?}", whole.history));
    }
}

#[test]
fn a_step_without_a_number_ends_it_with_its_place_and_keeps_the_best() {
    let kept = checkpoints("stopped");
    let mut pull = Pull { breaks_at: Some(4 * 6 + 2), ..Pull::default() };
    let report = train(&mut pull, &options(), Persistence::Fresh(&kept));
    let reason = "epoch 7, batch 3: the loss is NaN; try a smaller learning rate".to_owned();
    assert_eq!(report.status, MinibatchStatus::Stopped(reason));
    assert_eq!(report.history.len(), 7);
    assert!(report.best.is_some());
    let again = train(&mut Pull::default(), &options(), Persistence::Resume(&kept));
    assert_eq!((again.status, again.best), (report.status, report.best));
}

#[test]
fn patience_ends_it() {
    let options = MinibatchOptions { patience: Some(3), ..options() };
    let report = train(&mut Pull::default(), &options, Persistence::None);
    assert_eq!(report.status, MinibatchStatus::NoImprovement);
    assert_eq!(report.history.len(), 4 + report.best.expect("a best epoch").epoch);
    let mut pull = Pull { metric_has_no_value: true, ..Pull::default() };
    let report = train(&mut pull, &options, Persistence::None);
    assert!(report.best.is_none() && report.history.len() == 4);
}

#[test]
fn wrong_settings_and_foreign_checkpoints_are_refused() {
    let refusal = |options: &MinibatchOptions, persistence: Persistence| {
        let mut pull = Pull::default();
        let start = &[0.0, 0.0];
        let found = train_minibatches(&mut pull, start, options, persistence, &mut |_| ());
        found.expect_err("refused").to_string()
    };
    let select = "accuracy".to_owned();
    let unknown = refusal(&MinibatchOptions { select, ..options() }, Persistence::None);
    assert!(unknown.contains("distance, first"), "{unknown}");
    let none = refusal(&MinibatchOptions { epochs: 0, ..options() }, Persistence::None);
    assert!(none.contains("epochs is 0"), "{none}");
    let kept = checkpoints("foreign");
    train(&mut Pull::default(), &options(), Persistence::Fresh(&kept));
    let longer = MinibatchOptions { epochs: 200, ..options() };
    let found = refusal(&longer, Persistence::Resume(&kept));
    assert!(found.contains("epochs = 150") && found.contains("200"), "{found}");
    let other = CheckpointOptions { fingerprint: "push".to_owned(), ..kept.clone() };
    let found = refusal(&options(), Persistence::Resume(&other));
    assert!(found.contains("another problem"), "{found}");
    let bytes = std::fs::read(&kept.path).expect("a file");
    std::fs::write(&kept.path, &bytes[..bytes.len() / 2]).expect("written");
    let found = refusal(&options(), Persistence::Resume(&kept));
    assert!(found.contains("cut short"), "{found}");
}
