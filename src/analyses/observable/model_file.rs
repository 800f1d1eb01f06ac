//! Trained networks on disk: safetensors files with everything needed to score events.
//!
//! Arrays: `layers.0.weight` (inputs x units), `layers.0.bias`, and so on, `input.mean`,
//! `input.width`, `histogram.edges`. The header contains `format`, `version`, `columns`,
//! `activation`, `overflow`, and `about`, in which the writer describes the network's origin.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ObservableError;
use crate::WriteError;
use crate::events::EventSample;
use crate::kernels::activation::Activation;
use crate::kernels::kernel_histogram::{Overflow, plain_bin};
use crate::kernels::network::Network;
use crate::persistence::write_whole;
use crate::persistence::{Tensor, TensorFile};

const FORMAT: &str = "diffhep trained network";
const VERSION: u64 = 1;

/// A network and its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedNetwork {
    pub(super) network: Network,
    pub(super) parameters: Vec<f64>,
    pub(super) columns: Vec<String>,
    pub(super) mean: Vec<f64>,
    pub(super) width: Vec<f64>,
    pub(super) edges: Vec<f64>,
    pub(super) overflow: Overflow,
}

#[derive(Deserialize)]
struct Header {
    version: u64,
    columns: Vec<String>,
    activation: String,
    overflow: String,
}

impl TrainedNetwork {
    /// Names of the inputs.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Edges of the histogram of the score.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Scores of events, between 0 and 1, from their columns in the order of
    /// [`TrainedNetwork::columns`].
    ///
    /// # Panics
    /// If the number of columns is wrong, or their lengths differ.
    pub fn scores(&self, columns: &[&[f64]]) -> Vec<f64> {
        assert_eq!(columns.len(), self.columns.len(), "as many columns as inputs");
        let events = columns[0].len();
        assert!(columns.iter().all(|column| column.len() == events), "columns of one length");
        let mut inputs = Vec::with_capacity(events * columns.len());
        for i in 0..events {
            let scales = self.mean.iter().zip(&self.width);
            inputs
                .extend(columns.iter().zip(scales).map(|(x, (mean, width))| (x[i] - mean) / width));
        }
        let mut logits = vec![0.0; events];
        self.network.logits_alone(&self.parameters, &inputs, &mut logits);
        let mut scores = vec![0.0; events];
        Activation::Sigmoid.apply(&logits, &mut scores);
        scores
    }

    /// Scores of a sample's events.
    ///
    /// # Errors
    /// [`ObservableError::Event`] if a column is missing.
    pub fn scores_of(&self, sample: &EventSample) -> Result<Vec<f64>, ObservableError> {
        let columns = self.columns.iter().map(|name| sample.column(name));
        Ok(self.scores(&columns.collect::<Result<Vec<_>, _>>()?))
    }

    /// The bin of the histogram that a score falls into, counted from 0; `None` if the score is
    /// outside and overflow is dropped.
    pub fn bin(&self, score: f64) -> Option<usize> {
        plain_bin(score, &self.edges, self.overflow)
    }

    /// Writes the file atomically, with `about` in its header under the same key.
    ///
    /// # Errors
    /// [`ObservableError::Write`].
    pub fn save(&self, path: &Path, about: &Value) -> Result<(), ObservableError> {
        let mut tensors = Vec::new();
        let mut from = 0;
        for (name, shape) in self.network.tensors() {
            let to = from + shape.iter().product::<usize>();
            tensors.push(Tensor { name, shape, values: self.parameters[from..to].to_vec() });
            from = to;
        }
        for (name, values) in [
            ("input.mean", &self.mean),
            ("input.width", &self.width),
            ("histogram.edges", &self.edges),
        ] {
            let (name, shape) = (name.to_owned(), vec![values.len()]);
            tensors.push(Tensor { name, shape, values: values.clone() });
        }
        let header = json!({
            "format": FORMAT,
            "version": VERSION,
            "columns": self.columns,
            "activation": self.network.activation().name(),
            "overflow": self.overflow.name(),
            "about": about,
        });
        let bytes = TensorFile { tensors, header }.to_bytes();
        let refuse = |cause| WriteError { path: path.to_owned(), cause };
        Ok(write_whole(path, &bytes).map_err(refuse)?)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`ObservableError::Model`], which says what is wrong with the file.
    pub fn load(path: &Path) -> Result<Self, ObservableError> {
        let refuse = |cause: String| ObservableError::Model { path: path.to_owned(), cause };
        let bytes = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
        let file = TensorFile::from_bytes(&bytes).map_err(refuse)?;
        Self::of_file(&file).map_err(refuse)
    }

    fn of_file(file: &TensorFile) -> Result<Self, String> {
        if file.header["format"] != FORMAT {
            return Err(format!("it is a {}, not a \"{FORMAT}\"", file.header["format"]));
        }
        let header: Header =
            serde_json::from_value(file.header.clone()).map_err(|error| error.to_string())?;
        if header.version != VERSION {
            return Err(format!("its version is {}, this program knows {VERSION}", header.version));
        }
        let activation: Activation = header.activation.parse().map_err(|e| format!("{e}"))?;
        let overflow: Overflow = header.overflow.parse().map_err(|e| format!("{e}"))?;
        let mut hidden = Vec::new();
        let mut inputs = header.columns.len();
        let mut parameters = Vec::new();
        for l in 0.. {
            let Some(weight) = file.get(&format!("layers.{l}.weight")) else { break };
            let units = *weight.shape.last().unwrap_or(&0);
            let bias = list(file, &format!("layers.{l}.bias"), units)?;
            if weight.shape != [inputs, units] || units == 0 {
                let shape = &weight.shape;
                return Err(format!("layer {l} has shape {shape:?} and {inputs} inputs"));
            }
            parameters.extend(&weight.values);
            parameters.extend(&bias);
            hidden.push(units);
            inputs = units;
        }
        if hidden.pop() != Some(1) || header.columns.is_empty() {
            return Err("it has no layer of one unit at its end, or no inputs".to_owned());
        }
        let d = header.columns.len();
        let (mean, width) = (list(file, "input.mean", d)?, list(file, "input.width", d)?);
        let edges = file.get("histogram.edges").map(|tensor| tensor.values.clone());
        let edges = edges.filter(|edges| edges.len() > 1 && edges.is_sorted_by(|a, b| a < b));
        let edges = edges.ok_or("it has no ascending edges")?;
        let lists = [&parameters, &mean, &width, &edges];
        if lists.into_iter().flatten().any(|number| !number.is_finite()) {
            return Err("one of its numbers is not finite".to_owned());
        }
        if width.iter().any(|width| *width <= 0.0) {
            return Err("one of its input widths is not above 0".to_owned());
        }
        let network = Network::new(d, hidden, activation);
        Ok(Self { network, parameters, columns: header.columns, mean, width, edges, overflow })
    }
}

/// A list of numbers of a given length.
fn list(file: &TensorFile, name: &str, length: usize) -> Result<Vec<f64>, String> {
    match file.get(name) {
        Some(tensor) if tensor.values.len() == length => Ok(tensor.values.clone()),
        Some(tensor) => Err(format!("'{name}' has {} numbers, not {length}", tensor.values.len())),
        None => Err(format!("it has no '{name}'")),
    }
}
