//! Settings of `optimize observable`, from flags and from a TOML file under the same names.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::arguments::{FillSource, HiddenLayers};
use crate::cli::error::CliError;
use crate::cli::input::parse_number;
use crate::cli::optimize::read::{text, toml_file};
use crate::cli::optimize::sources::{ProcessSource, list};
use diffhep::analyses::observable::Loss;
use diffhep::kernels::activation::Activation;
use diffhep::kernels::kernel_histogram::Overflow;
use diffhep::optimize::Schedule;

/// What may be set, by flag or in the file; a flag wins.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ObservableSettings {
    /// Toy problem instead of files: blobs (the default; a signal, a background that a systematic
    /// moves, two columns).
    #[arg(long, value_name = "NAME", conflicts_with_all = ["signal", "background", "template"])]
    pub(super) toy: Option<String>,
    /// Points of each of the toy's processes [default: 10000].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) points: Option<usize>,
    /// Signals: CSV files with a header, named by their files or as NAME=FILE. In a settings file
    /// tables [[signal]] with file, name, weight-column.
    #[arg(long, value_name = "[NAME=]FILE", num_args = 1.., conflicts_with = "template")]
    pub(super) signal: Vec<ProcessSource>,
    /// Backgrounds, as signals. In a settings file tables [[background]], each with any number of
    /// [[background.shape]]: name, and files up and down, or weight columns up-weight and down-weight.
    #[arg(long, value_name = "[NAME=]FILE", num_args = 1.., conflicts_with = "template")]
    pub(super) background: Vec<ProcessSource>,
    /// Workspace (pyhf JSON) some of whose samples are made of events: tables [[fill]] of a settings
    /// file, each with channel, sample, file, weight-column, and any number of [[fill.shape]], named
    /// as the sample's histosys modifiers. All else in it stays as it is.
    #[arg(long, value_name = "FILE")]
    pub(super) template: Option<PathBuf>,
    /// What fills the template.
    #[arg(skip)]
    pub(super) fill: Vec<FillSource>,
    /// Column of the events' weights [default: 'weight' where a file has it, else 1].
    #[arg(long, value_name = "COLUMN")]
    pub(super) weight_column: Option<String>,
    /// Input of the network: a column of the events. Repeat it for several; `columns = [...]` in a
    /// file [default: all of a toy's].
    #[arg(long = "column", value_name = "NAME")]
    pub(super) columns: Vec<String>,
    /// What is minimised: terms, with weights if need be, as in 'cls', 'cls + p0' or
    /// 'ln-cls + 0.5*sigma-mu'. Terms are listed above [default: cls].
    #[arg(long, value_name = "LOSS", allow_hyphen_values = true)]
    #[serde(deserialize_with = "text")]
    pub(super) loss: Option<Loss>,
    /// Units of each hidden layer, as in 128,64 or 128x4 (four layers of 128), or none
    /// [default: 128x4].
    #[arg(long, value_name = "UNITS", allow_hyphen_values = true)]
    pub(super) hidden: Option<HiddenLayers>,
    /// What hidden units do: relu, tanh or sigmoid [default: relu].
    #[arg(long, value_name = "NAME")]
    #[serde(deserialize_with = "text")]
    pub(super) activation: Option<Activation>,
    /// Bring inputs to mean 0 and standard deviation 1 over the training events [default: true; false
    /// for the toy].
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
    pub(super) standardise: Option<bool>,
    /// Equal bins of the score [default: 5, or those of the template's channel].
    #[arg(long, value_name = "N", conflicts_with = "edges", allow_negative_numbers = true)]
    pub(super) bins: Option<usize>,
    /// Edges of the bins of the score instead, which lies between 0 and 1.
    #[arg(long, value_name = "EDGE", num_args = 1.., value_parser = parse_number, allow_negative_numbers = true)]
    pub(super) edges: Vec<f64>,
    /// Train the inner edges with the network [default: false].
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
    pub(super) train_edges: Option<bool>,
    /// Width of the kernels that smear scores in training [default: 0.09].
    #[arg(long, value_name = "H", value_parser = parse_number, allow_hyphen_values = true)]
    pub(super) bandwidth: Option<f64>,
    /// Width of the kernels in widths of the bins instead.
    #[arg(long, value_name = "R", value_parser = parse_number, allow_hyphen_values = true, conflicts_with = "bandwidth")]
    pub(super) relative_bandwidth: Option<f64>,
    /// What becomes of kernels outside the outer edges: dropped, kept (in the end bins) or reflected
    /// [default: kept].
    #[arg(long, value_name = "NAME")]
    #[serde(deserialize_with = "text")]
    pub(super) overflow: Option<Overflow>,
    /// Background events added to every bin, so that none holds signal alone [default: 0.01].
    #[arg(long, value_name = "B", value_parser = parse_number, allow_hyphen_values = true)]
    pub(super) background_floor: Option<f64>,
    /// Share of the events that metrics are computed on, and no batch has [default: 0.2].
    #[arg(long, value_name = "SHARE", value_parser = parse_number, allow_hyphen_values = true)]
    pub(super) held_out: Option<f64>,
    /// Events of the largest process in a batch, of the others in proportion [default: 2000].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) batch_size: Option<usize>,
    /// Most epochs: passes through the training events [default: 100].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) epochs: Option<usize>,
    /// Adam's: a number, cosine:FROM:TO, exponential:FROM:TO or step:FROM:FACTOR:EVERY (in steps)
    /// [default: 0.001].
    #[arg(long, value_name = "SCHEDULE", allow_hyphen_values = true)]
    pub(super) learning_rate: Option<Schedule>,
    /// End after this many epochs without improvement of the selecting metric [default: never].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) patience: Option<usize>,
    /// Metric that chooses the best epoch, the lower the better: loss, cls, p0, ln_cls, ln_p0,
    /// sigma_mu, ..., bce: 'loss' or a term with underscores [default: loss].
    #[arg(long, value_name = "METRIC")]
    pub(super) select: Option<String>,
    /// Seeds, each of which trains a network: it divides the events, draws the first weights and the
    /// toy [default: 0].
    #[arg(long, value_name = "N", num_args = 1.., allow_negative_numbers = true)]
    pub(super) seeds: Vec<u64>,
}

impl ObservableSettings {
    /// Settings from a TOML file; its relative paths are relative to its folder.
    pub(super) fn from_file(path: &Path) -> Result<Self, CliError> {
        let mut settings: Self = toml_file(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        settings.files().for_each(|file| *file = folder.join(&*file));
        Ok(settings)
    }

    /// Every file that is read.
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let fills = self.fill.iter_mut().map(|fill| &mut fill.process);
        let processes = self.signal.iter_mut().chain(&mut self.background).chain(fills);
        processes.flat_map(ProcessSource::files).chain(&mut self.template)
    }

    /// Whether processes come from files.
    pub(super) fn has_processes(&self) -> bool {
        !self.signal.is_empty() || !self.background.is_empty()
    }

    /// A file's settings without what flags take the place of: where events come from, the bins, the
    /// bandwidth.
    fn beside(mut self, flags: &Self) -> Self {
        let from_toy = flags.toy.is_some();
        let from_files = flags.has_processes() || flags.template.is_some();
        if from_toy {
            self.weight_column = None;
        }
        if from_files {
            (self.toy, self.points) = (None, None);
        }
        if from_toy || flags.template.is_some() {
            (self.signal, self.background) = (Vec::new(), Vec::new());
        }
        if from_toy || flags.has_processes() {
            (self.template, self.fill) = (None, Vec::new());
        }
        if flags.bins.is_some() || !flags.edges.is_empty() {
            (self.bins, self.edges) = (None, Vec::new());
        }
        if flags.bandwidth.is_some() || flags.relative_bandwidth.is_some() {
            (self.bandwidth, self.relative_bandwidth) = (None, None);
        }
        self
    }

    /// These settings, with those of a file where none was given.
    pub(super) fn over(self, file: Self) -> Self {
        fn list<T>(flags: Vec<T>, file: Vec<T>) -> Vec<T> {
            if flags.is_empty() { file } else { flags }
        }
        let file = file.beside(&self);
        Self {
            toy: self.toy.or(file.toy),
            points: self.points.or(file.points),
            signal: list(self.signal, file.signal),
            background: list(self.background, file.background),
            template: self.template.or(file.template),
            fill: list(self.fill, file.fill),
            weight_column: self.weight_column.or(file.weight_column),
            columns: list(self.columns, file.columns),
            loss: self.loss.or(file.loss),
            hidden: self.hidden.or(file.hidden),
            activation: self.activation.or(file.activation),
            standardise: self.standardise.or(file.standardise),
            bins: self.bins.or(file.bins),
            edges: list(self.edges, file.edges),
            train_edges: self.train_edges.or(file.train_edges),
            bandwidth: self.bandwidth.or(file.bandwidth),
            relative_bandwidth: self.relative_bandwidth.or(file.relative_bandwidth),
            overflow: self.overflow.or(file.overflow),
            background_floor: self.background_floor.or(file.background_floor),
            held_out: self.held_out.or(file.held_out),
            batch_size: self.batch_size.or(file.batch_size),
            epochs: self.epochs.or(file.epochs),
            learning_rate: self.learning_rate.or(file.learning_rate),
            patience: self.patience.or(file.patience),
            select: self.select.or(file.select),
            seeds: list(self.seeds, file.seeds),
        }
    }

    /// What was set, as JSON under the names of a file.
    pub(super) fn to_json(&self) -> Value {
        let sources = |all: &[ProcessSource]| all.iter().map(ProcessSource::to_json).collect();
        let fills = |all: &[FillSource]| all.iter().map(FillSource::to_json).collect();
        let entries: [(&str, Option<Value>); 26] = [
            ("toy", self.toy.clone().map(Value::from)),
            ("points", self.points.map(Value::from)),
            ("signal", list(&self.signal, sources)),
            ("background", list(&self.background, sources)),
            ("template", self.template.as_ref().map(|path| json!(path))),
            ("fill", list(&self.fill, fills)),
            ("weight-column", self.weight_column.clone().map(Value::from)),
            ("columns", list(&self.columns, |columns| json!(columns))),
            ("loss", self.loss.as_ref().map(|loss| loss.to_string().into())),
            ("hidden", self.hidden.as_ref().map(|hidden| json!(hidden.0))),
            ("activation", self.activation.map(|activation| activation.name().into())),
            ("standardise", self.standardise.map(Value::from)),
            ("bins", self.bins.map(Value::from)),
            ("edges", list(&self.edges, |edges| json!(edges))),
            ("train-edges", self.train_edges.map(Value::from)),
            ("bandwidth", self.bandwidth.map(Value::from)),
            ("relative-bandwidth", self.relative_bandwidth.map(Value::from)),
            ("overflow", self.overflow.map(|overflow| overflow.name().into())),
            ("background-floor", self.background_floor.map(Value::from)),
            ("held-out", self.held_out.map(Value::from)),
            ("batch-size", self.batch_size.map(Value::from)),
            ("epochs", self.epochs.map(Value::from)),
            ("learning-rate", self.learning_rate.map(|schedule| json!(schedule))),
            ("patience", self.patience.map(Value::from)),
            ("select", self.select.clone().map(Value::from)),
            ("seeds", list(&self.seeds, |seeds| json!(seeds))),
        ];
        Value::Object(
            entries.into_iter().filter_map(|(key, v)| v.map(|v| (key.to_owned(), v))).collect(),
        )
    }
}
