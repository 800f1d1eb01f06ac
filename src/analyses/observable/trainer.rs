//! Trains a problem over mini-batches, and reports the result.

use serde_json::{Value, json};

use super::error::ObservableError;
use super::model_file::TrainedNetwork;
use super::problem::{JudgedObservable, ObservableProblem, StepScratch};
use crate::optimize::Persistence;
use crate::optimize::minibatch::{
    BatchObjective, Epoch, MinibatchOptions, MinibatchReport, MinibatchStatus, train_minibatches,
};
use crate::persistence::Fingerprint;

/// A problem as an objective: the loss of a batch, and metrics of held-out events.
struct ObservableObjective<'p, 'a> {
    problem: &'p ObservableProblem<'a>,
    scratch: StepScratch,
}

impl BatchObjective for ObservableObjective<'_, '_> {
    type Error = ObservableError;

    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        self.problem.tensors()
    }

    fn batches(&self) -> usize {
        self.problem.batches()
    }

    fn evaluate(
        &mut self,
        epoch: usize,
        batch: usize,
        parameters: &[f64],
        gradient: &mut [f64],
    ) -> Result<f64, ObservableError> {
        let step = self.problem.step((epoch, batch), parameters, &mut self.scratch)?;
        gradient.copy_from_slice(&step.parameters);
        Ok(step.loss)
    }

    fn metric_names(&self) -> Vec<String> {
        self.problem.metric_names()
    }

    fn metrics(&mut self, parameters: &[f64]) -> Vec<f64> {
        let names = self.problem.metric_names().len();
        self.problem.judge(parameters).map_or(vec![f64::NAN; names], |judged| judged.metrics)
    }
}

/// The best observable of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct BestObservable {
    /// The epoch in which it was reached.
    pub epoch: usize,
    /// Its evaluation on held-out events.
    pub judged: JudgedObservable,
    /// The network, with everything needed to score events.
    pub network: TrainedNetwork,
}

/// A finished, paused or stopped training.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservableReport {
    /// Its seed.
    pub seed: u64,
    /// The loss that was minimised, as text.
    pub loss: String,
    /// The training, with one row per epoch.
    pub training: MinibatchReport,
    /// The best observable by the selecting metric; `None` if that never had a value.
    pub best: Option<BestObservable>,
}

impl ObservableProblem<'_> {
    /// Names and shapes of the arrays that make up the parameters.
    pub(super) fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let mut tensors = self.network.tensors();
        if self.options.train_edges {
            tensors.push(("edges".to_owned(), vec![self.options.bins() - 1]));
        }
        tensors
    }

    /// A digest of events, model and options.
    pub fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::new();
        for source in &self.model.sources {
            for column in &self.columns {
                fingerprint.numbers(source.events.column(column).expect("it was read before"));
            }
            fingerprint.numbers(source.events.weights());
        }
        let sources: Vec<_> =
            self.model.sources.iter().map(|s| (&s.name, s.role, s.slot)).collect();
        let template = self.model.workspace.json().to_string();
        // Another version may compute different bits.
        let version = env!("CARGO_PKG_VERSION");
        fingerprint.finish(&(version, sources, template, &self.columns, &self.options, self.seed))
    }

    /// Checks the settings of a training, as [`ObservableProblem::train`] does before it begins.
    ///
    /// # Errors
    /// [`ObservableError::Training`].
    pub fn check_training(&self, options: &MinibatchOptions) -> Result<(), ObservableError> {
        let checked = options.check(&self.metric_names());
        checked.map(drop).map_err(|error| ObservableError::Training(error.to_string()))
    }

    /// Trains the observable.
    ///
    /// # Arguments
    /// `observe` is called with each epoch's row; metrics are in the order of
    /// [`ObservableProblem::metric_names`].
    ///
    /// # Errors
    /// [`ObservableError`] if the training cannot start, or a checkpoint cannot be written or read.
    /// A failing step ends the training, and the report gives the reason.
    pub fn train(
        &self,
        options: &MinibatchOptions,
        persistence: Persistence,
        observe: &mut dyn FnMut(&Epoch),
    ) -> Result<ObservableReport, ObservableError> {
        let mut objective = ObservableObjective { problem: self, scratch: self.scratch() };
        let start = self.start();
        let training = train_minibatches(&mut objective, &start, options, persistence, observe)?;
        let best = match &training.best {
            None => None,
            Some(best) => Some(BestObservable {
                epoch: best.epoch,
                judged: self.judge(&best.parameters)?,
                network: self.trained(&best.parameters),
            }),
        };
        let loss = self.options.loss.to_string();
        Ok(ObservableReport { seed: self.seed, loss, training, best })
    }

    /// The trained network with these parameters, ready to be saved.
    pub fn trained(&self, parameters: &[f64]) -> TrainedNetwork {
        TrainedNetwork {
            network: self.network.clone(),
            parameters: parameters[..self.network.n_parameters()].to_vec(),
            columns: self.columns.clone(),
            mean: self.events.mean.clone(),
            width: self.events.width.clone(),
            edges: self.edges(parameters),
            overflow: self.options.overflow,
        }
    }
}

/// A number as JSON; `null` unless it is finite.
fn number(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { Value::Null }
}

impl ObservableReport {
    /// The report whose best observable has the lowest value of the selecting metric; `None` if no
    /// training has a best observable.
    pub fn best_of<'r>(reports: impl IntoIterator<Item = &'r Self>) -> Option<&'r Self> {
        let valued = reports.into_iter().filter_map(|run| Some((run.training.best_value()?, run)));
        valued.min_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, run)| run)
    }

    /// A metric of the best observable, by name.
    pub fn best_metric(&self, name: &str) -> Option<f64> {
        self.training.metric(self.training.best_row()?, name)
    }

    /// The report as JSON: `loss`, `seed`, `status`, `reason` if it stopped, `epochs`, and `best`
    /// with `epoch`, `metrics` by name, `edges`, and `yields` of each source.
    pub fn to_json(&self, source_names: &[&str]) -> Value {
        let names = &self.training.metric_names;
        let best = self.best.as_ref().map(|best| {
            let metrics = names.iter().zip(&best.judged.metrics);
            let metrics = metrics.map(|(name, value)| (name.clone(), number(*value)));
            let yields = source_names.iter().zip(&best.judged.histograms).map(|(name, bins)| {
                let sums: Vec<f64> = bins.iter().map(|bin| bin.sum).collect();
                ((*name).to_owned(), json!(sums))
            });
            json!({
                "epoch": best.epoch,
                "metrics": metrics.collect::<serde_json::Map<_, _>>(),
                "edges": best.judged.edges,
                "yields": yields.collect::<serde_json::Map<_, _>>(),
            })
        });
        let reason = match &self.training.status {
            MinibatchStatus::Stopped(reason) => Some(reason),
            _ => None,
        };
        json!({
            "loss": self.loss,
            "seed": self.seed,
            "status": self.training.status.name(),
            "reason": reason,
            "epochs": self.training.history.len() - 1,
            "best": best,
        })
    }
}
