//! Trainings by mini-batches on disk: safetensors, from which one goes on to the same bits.
//!
//! Arrays: `parameters/NAME`, `adam.mean/NAME`, `adam.square/NAME` and, where there is a best point,
//! `best/NAME`, a NAME an array of the objective. The header's keys are those of the other
//! [checkpoints](super::super::checkpoint).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Adam, BestEpoch, CheckpointError, CheckpointOptions, Epoch, MinibatchOptions, Progress,
};
use crate::files::write_whole;
use crate::optimize::checkpoint::read_content;
use crate::tensors::{Tensor, TensorFile};

const FORMAT: &str = "diffhep mini-batch checkpoint";
const VERSION: u64 = 1;

/// More steps than any training takes.
const MOST_STEPS: usize = 1 << 48;

type Layout = [(String, Vec<usize>)];

/// What of the progress is no array.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    adam_steps: usize,
    best_epoch: Option<usize>,
    stopped: Option<String>,
    history: Vec<Epoch>,
}

/// Cuts a list of parameters into its arrays.
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
    let header = json!({
        "format": FORMAT,
        "version": VERSION,
        "fingerprint": options.fingerprint,
        "settings": settings,
        "progress": plain,
    });
    let bytes = TensorFile { tensors: tensors.collect(), header }.to_bytes();
    let path = &options.path;
    write_whole(path, &bytes)
        .map_err(|source| CheckpointError::Write { path: path.clone(), source })
}

pub(super) fn load(
    layout: &Layout,
    settings: &MinibatchOptions,
    options: &CheckpointOptions,
    metrics: usize,
) -> Result<Progress, CheckpointError> {
    let path = || options.path.clone();
    let bytes = std::fs::read(&options.path)
        .map_err(|source| CheckpointError::Read { path: path(), source })?;
    let file = TensorFile::from_bytes(&bytes)
        .map_err(|cause| CheckpointError::NotTensors { path: path(), cause })?;
    let progress = read_content(file.header.clone(), (FORMAT, VERSION), settings, options)?;
    let plain: Plain = serde_json::from_value(progress)
        .map_err(|source| CheckpointError::Content { path: path(), source })?;
    let list = |prefix: &str| read_list(&file, layout, prefix, options);
    let history = plain.history;
    let inconsistent = |what, expected: String, found: String| {
        Err(CheckpointError::Inconsistent { path: path(), what, expected, found })
    };
    if history.is_empty() || history.len() > settings.epochs + 1 {
        let (expected, found) = (settings.epochs + 1, history.len());
        return inconsistent("the number of epochs", expected.to_string(), found.to_string());
    }
    for (place, row) in history.iter().enumerate() {
        if (row.epoch, row.metrics.len()) != (place, metrics) {
            let expected = format!("epoch {place} with {metrics} metrics");
            let found = format!("epoch {} with {}", row.epoch, row.metrics.len());
            return inconsistent("a row of the history", expected, found);
        }
    }
    let best = match plain.best_epoch {
        None => None,
        Some(epoch) if epoch < history.len() => {
            Some(BestEpoch { epoch, parameters: list("best")? })
        }
        Some(epoch) => {
            let last = history.len() - 1;
            return inconsistent("the best epoch", format!("at most {last}"), epoch.to_string());
        }
    };
    let adam =
        Adam { steps: plain.adam_steps, mean: list("adam.mean")?, square: list("adam.square")? };
    let is_sound = |square: &f64| *square >= 0.0 && square.is_finite();
    if adam.steps > MOST_STEPS || !adam.square.iter().all(is_sound) {
        let expected = "numbers that Adam can have".to_owned();
        return inconsistent("Adam's state", expected, "others".to_owned());
    }
    Ok(Progress { parameters: list("parameters")?, adam, best, history, stopped: plain.stopped })
}

fn read_list(
    file: &TensorFile,
    layout: &Layout,
    prefix: &str,
    options: &CheckpointOptions,
) -> Result<Vec<f64>, CheckpointError> {
    let mut values = Vec::new();
    for (name, shape) in layout {
        let name = format!("{prefix}/{name}");
        match file.get(&name) {
            Some(tensor) if tensor.shape == *shape => values.extend(&tensor.values),
            other => {
                let shape_of = |tensor: &Tensor| format!("{:?}", tensor.shape);
                return Err(CheckpointError::Inconsistent {
                    path: options.path.clone(),
                    what: "the shape of an array",
                    expected: format!("{shape:?} ({name})"),
                    found: other.map_or("missing".to_owned(), shape_of),
                });
            }
        }
    }
    Ok(values)
}
