//! Checkpoints of trainings by mini-batches: safetensors, from which a training continues to the
//! same bits.
//!
//! Arrays: `parameters/NAME`, `adam.mean/NAME`, `adam.square/NAME` and, where there is a best
//! point, `best/NAME`, with one NAME per array of the objective. The rest belongs to
//! [`Checkpoint`].

use serde::{Deserialize, Serialize};

use super::{
    Adam, BestEpoch, CheckpointError, CheckpointOptions, Epoch, MinibatchOptions, Progress,
};
use crate::persistence::{Checkpoint, Kind, Tensor, TensorFile};

const KIND: Kind = Kind {
    format: "diffhep mini-batch checkpoint",
    version: 1,
    content: "checkpoint",
    foreign: "is not a training checkpoint",
};

/// More steps than any training takes.
const MOST_STEPS: usize = 1 << 48;

type Layout = [(String, Vec<usize>)];

/// The parts of the progress that are not arrays.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    adam_steps: usize,
    best_epoch: Option<usize>,
    stopped: Option<String>,
    history: Vec<Epoch>,
}

/// Splits a list of parameters into its arrays.
fn arrays<'a>(
    layout: &'a Layout,
    prefix: &'a str,
    values: &'a [f64],
) -> impl Iterator<Item = Tensor> + 'a {
    let mut from = 0;
    layout.iter().map(move |(name, shape)| {
        let to = from + shape.iter().product::<usize>();
        let values = values[from..to].to_vec();
        from = to;
        Tensor { name: format!("{prefix}/{name}"), shape: shape.clone(), values }
    })
}

pub(super) fn save(
    progress: &Progress,
    layout: &Layout,
    settings: &MinibatchOptions,
    options: &CheckpointOptions,
) -> Result<(), CheckpointError> {
    let Progress { parameters, adam, best, history, stopped } = progress;
    let mut lists =
        vec![("parameters", parameters), ("adam.mean", &adam.mean), ("adam.square", &adam.square)];
    lists.extend(best.as_ref().map(|best| ("best", &best.parameters)));
    let tensors = lists.iter().flat_map(|(prefix, values)| arrays(layout, prefix, values));
    let plain = Plain {
        adam_steps: adam.steps,
        best_epoch: best.as_ref().map(|best| best.epoch),
        stopped: stopped.clone(),
        history: history.clone(),
    };
    options.checkpoint(&KIND, settings).save_tensors(&plain, tensors.collect())
}

pub(super) fn load(
    layout: &Layout,
    settings: &MinibatchOptions,
    options: &CheckpointOptions,
    metrics: usize,
) -> Result<Progress, CheckpointError> {
    let checkpoint = options.checkpoint(&KIND, settings);
    let (plain, file): (Plain, _) = checkpoint.load_tensors()?;
    let list = |prefix: &str| read_list(&file, layout, prefix, &checkpoint);
    let history = plain.history;
    if history.is_empty() || history.len() > settings.epochs + 1 {
        let (expected, found) = (settings.epochs + 1, history.len());
        return Err(checkpoint.inconsistent("the number of epochs", expected, found));
    }
    for (place, row) in history.iter().enumerate() {
        if (row.epoch, row.metrics.len()) != (place, metrics) {
            let expected = format!("epoch {place} with {metrics} metrics");
            let found = format!("epoch {} with {}", row.epoch, row.metrics.len());
            return Err(checkpoint.inconsistent("a row of the history", expected, found));
        }
    }
    let best = match plain.best_epoch {
        None => None,
        Some(epoch) if epoch < history.len() => {
            Some(BestEpoch { epoch, parameters: list("best")? })
        }
        Some(epoch) => {
            let last = history.len() - 1;
            let expected = format!("at most {last}");
            return Err(checkpoint.inconsistent("the best epoch", expected, epoch));
        }
    };
    let adam =
        Adam { steps: plain.adam_steps, mean: list("adam.mean")?, square: list("adam.square")? };
    let is_sound = |square: &f64| *square >= 0.0 && square.is_finite();
    if adam.steps > MOST_STEPS || !adam.square.iter().all(is_sound) {
        let expected = "numbers that Adam can have";
        return Err(checkpoint.inconsistent("Adam's state", expected, "others"));
    }
    Ok(Progress { parameters: list("parameters")?, adam, best, history, stopped: plain.stopped })
}

fn read_list(
    file: &TensorFile,
    layout: &Layout,
    prefix: &str,
    checkpoint: &Checkpoint<MinibatchOptions>,
) -> Result<Vec<f64>, CheckpointError> {
    let mut values = Vec::new();
    for (name, shape) in layout {
        let name = format!("{prefix}/{name}");
        match file.get(&name) {
            Some(tensor) if tensor.shape == *shape => values.extend(&tensor.values),
            other => {
                let found = other.map(|tensor| format!("{:?}", tensor.shape));
                let expected = format!("{shape:?} ({name})");
                let found = found.unwrap_or_else(|| "missing".to_owned());
                return Err(checkpoint.inconsistent("the shape of an array", expected, found));
            }
        }
    }
    Ok(values)
}
