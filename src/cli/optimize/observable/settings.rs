//! Settings of `optimize observable`.

use std::path::PathBuf;

use super::arguments::{FillSource, HiddenLayers};
use crate::cli::input::parse_number;
use crate::cli::optimize::processes::ProcessSource;
use crate::cli::settings::{Settings, Values, settings, text};
use diffhep::analyses::observable::{Loss, ObservableOptions};
use diffhep::kernels::activation::Activation;
use diffhep::kernels::kernel_histogram::{Bandwidth, Overflow};
use diffhep::optimize::Schedule;
use diffhep::optimize::minibatch::MinibatchOptions;
use diffhep::studies::ObservablePreset;

/// The values that settings set.
pub(super) struct ObservableValues {
    /// The toy and the points of its processes, if events come from one.
    pub(super) toy: Option<String>,
    pub(super) points: Option<usize>,
    pub(super) columns: Vec<String>,
    /// The number of equal bins, if no edges are given.
    pub(super) bins: Option<usize>,
    /// The absolute bandwidth, if no relative one is given.
    pub(super) bandwidth: Option<f64>,
    pub(super) seeds: Vec<u64>,
    pub(super) options: ObservableOptions,
    pub(super) training: MinibatchOptions,
}

impl ObservableValues {
    /// The toy if no files, template or toy are named.
    pub(super) const TOY: &str = "blobs";

    fn new(options: ObservableOptions, training: MinibatchOptions) -> Self {
        let bandwidth = match options.bandwidth {
            Bandwidth::Absolute(width) => Some(width),
            Bandwidth::Relative(_) => None,
        };
        Self {
            toy: None,
            points: None,
            columns: Vec::new(),
            bins: Some(options.bins()),
            bandwidth,
            seeds: vec![0],
            options,
            training,
        }
    }

    /// The default values for events from files.
    pub(super) fn files() -> Self {
        Self::new(ObservableOptions::default(), MinibatchOptions::new(100, "loss"))
    }

    /// The default values for a toy.
    pub(super) fn toy(name: &str, preset: ObservablePreset) -> Self {
        Self {
            toy: Some(name.to_owned()),
            points: Some(preset.points),
            columns: preset.columns,
            ..Self::new(preset.options, preset.training)
        }
    }
}

impl Values for ObservableValues {
    fn defaults() -> Vec<(Self, &'static str)> {
        let toy = Self::toy(Self::TOY, ObservablePreset::blobs());
        let files = Self { toy: toy.toy.clone(), ..Self::files() };
        vec![(files, ""), (toy, " for the toy")]
    }
}

settings! {
    /// The settings that can be given by flag or in the file; a flag wins.
    pub(super) struct ObservableSettings for ObservableValues {
        /// Toy problem instead of files: blobs (a signal and a background that a systematic shifts,
        /// in two columns).
        #[arg(long, value_name = "NAME", conflicts_with_all = ["signal", "background", "template"])]
        toy: Option<String> => toy,
        /// Number of points of each of the toy's processes.
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        points: Option<usize> => points,
        /// Signals: CSV files with a header, named after their files or as NAME=FILE. In a settings
        /// file: tables [[signal]] with file, name, weight-column.
        #[arg(long, value_name = "[NAME=]FILE", num_args = 1.., conflicts_with = "template")]
        signal: Vec<ProcessSource>,
        /// Backgrounds, given like signals. In a settings file: tables [[background]], each with
        /// any number of [[background.shape]]: name, and files up and down, or weight columns
        /// up-weight and down-weight.
        #[arg(long, value_name = "[NAME=]FILE", num_args = 1.., conflicts_with = "template")]
        background: Vec<ProcessSource>,
        /// Workspace (pyhf JSON) in which events replace the yields of some samples, given in
        /// tables [[fill]] of a settings file, each with channel, sample, file, weight-column, and
        /// any number of [[fill.shape]], named like the sample's histosys modifiers. Everything
        /// else in it is unchanged.
        #[arg(long, value_name = "FILE")]
        template: Option<PathBuf>,
        /// The events that populate the template.
        #[arg(skip)]
        fill: Vec<FillSource>,
        /// Column of the events' weights [default: 'weight' if a file has it, else 1].
        #[arg(long, value_name = "COLUMN")]
        weight_column: Option<String>,
        /// Input of the network: a column of the events. Repeat it for several; `columns = [...]`
        /// in a file.
        #[arg(long = "column", value_name = "NAME")]
        columns: Vec<String> => columns,
        /// Loss that is minimised: terms, optionally with weights, as in 'cls', 'cls + p0' or
        /// 'ln-cls + 0.5*sigma-mu'. Terms are listed above.
        #[arg(long, value_name = "LOSS", allow_hyphen_values = true)]
        #[serde(with = "text")]
        loss: Option<Loss> => options.loss,
        /// Units of each hidden layer, as in 128,64 or 128x4 (four layers of 128), or none.
        #[arg(long, value_name = "UNITS", allow_hyphen_values = true)]
        hidden: Option<HiddenLayers> => options.hidden,
        /// Activation function of the hidden units: relu, tanh or sigmoid.
        #[arg(long, value_name = "NAME")]
        #[serde(with = "text")]
        activation: Option<Activation> => options.activation,
        /// Scale inputs to mean 0 and standard deviation 1 over the training events.
        #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
        standardise: Option<bool> => options.standardise,
        /// Number of equal bins of the score; for a template, by default that of its channel.
        #[arg(long, value_name = "N", conflicts_with = "edges", allow_negative_numbers = true)]
        bins: Option<usize> => bins,
        /// Edges of the bins of the score, between 0 and 1, instead of equal bins.
        #[arg(long, value_name = "EDGE", num_args = 1.., value_parser = parse_number)]
        #[arg(allow_negative_numbers = true)]
        edges: Vec<f64>,
        /// Train the inner edges with the network.
        #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
        train_edges: Option<bool> => options.train_edges,
        /// Width of the kernels that smear scores in training.
        #[arg(long, value_name = "H", value_parser = parse_number, allow_hyphen_values = true)]
        bandwidth: Option<f64> => bandwidth,
        /// Width of the kernels in units of the bin width, instead of an absolute width.
        #[arg(long, value_name = "R", value_parser = parse_number, allow_hyphen_values = true)]
        #[arg(conflicts_with = "bandwidth")]
        relative_bandwidth: Option<f64>,
        /// Treatment of the parts of kernels outside the outer edges: dropped, kept (in the end
        /// bins) or reflected.
        #[arg(long, value_name = "NAME")]
        #[serde(with = "text")]
        overflow: Option<Overflow> => options.overflow,
        /// Background events added to every bin, so that none contains only signal.
        #[arg(long, value_name = "B", value_parser = parse_number, allow_hyphen_values = true)]
        background_floor: Option<f64> => options.background_floor,
        /// Fraction of the events set aside from all batches, to compute metrics on.
        #[arg(long, value_name = "SHARE", value_parser = parse_number, allow_hyphen_values = true)]
        held_out: Option<f64> => options.held_out,
        /// Number of events of the largest process per batch, with the other processes in
        /// proportion.
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        batch_size: Option<usize> => options.batch_size,
        /// Maximum number of epochs: passes through the training events.
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        epochs: Option<usize> => training.epochs,
        /// Learning rate of Adam: a number, cosine:FROM:TO, exponential:FROM:TO or
        /// step:FROM:FACTOR:EVERY (in steps).
        #[arg(long, value_name = "SCHEDULE", allow_hyphen_values = true)]
        learning_rate: Option<Schedule> => training.learning_rate,
        /// Stop after this many epochs without improvement of the selecting metric [default:
        /// never].
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        patience: Option<usize> => training.patience,
        /// Metric that selects the best epoch, where lower is better: loss, cls, p0, ln_cls, ln_p0,
        /// sigma_mu, ..., bce, that is 'loss' or a term with underscores.
        #[arg(long, value_name = "METRIC")]
        select: Option<String> => training.select,
        /// Seeds; one network is trained per seed, which determines the split of the events, the
        /// initial weights and the toy.
        #[arg(long, value_name = "N", num_args = 1.., allow_negative_numbers = true)]
        seeds: Vec<u64> => seeds,
    }
}

impl Settings for ObservableSettings {
    fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let fills = self.fill.iter_mut().map(|fill| &mut fill.process);
        let processes = self.signal.iter_mut().chain(&mut self.background).chain(fills);
        processes.flat_map(ProcessSource::files).chain(&mut self.template)
    }

    /// Flags replace the source of events, the bins and the bandwidth, whichever way the file gives
    /// them.
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
}

impl ObservableSettings {
    /// Whether processes come from files.
    pub(super) fn has_processes(&self) -> bool {
        !self.signal.is_empty() || !self.background.is_empty()
    }
}
