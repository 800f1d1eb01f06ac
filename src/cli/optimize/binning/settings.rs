//! Settings of `optimize binning`, from flags, from a TOML file under the same names, or from a
//! finished run's `settings.json`.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::error::CliError;
use crate::cli::input::parse_number;
use crate::cli::optimize::read::{text, texts, toml_file};
use crate::cli::optimize::sources::{ProcessSource, list};
use diffhep::UnknownName;
use diffhep::analyses::FigureOfMerit;
use diffhep::analyses::binning::{BinOrder, BinnedColumn, Combination, FineEdges, MixtureMeans};
use diffhep::optimize::{Method, OptimizeError, Schedule};
use diffhep_names::{find, name_of, named};

/// Which categories are optimised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CategoryKind {
    #[default]
    Boundaries,
    Product,
    Mixture,
}

impl CategoryKind {
    const TABLE: [(&'static str, Self); 3] =
        [("boundaries", Self::Boundaries), ("product", Self::Product), ("mixture", Self::Mixture)];
}

named!(CategoryKind, "kind of categories");

/// Where a mixture's means may lie, by name.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeansArgument(pub(super) MixtureMeans);

const MEANS: [(&str, MixtureMeans); 2] =
    [("ranges", MixtureMeans::Ranges), ("simplex", MixtureMeans::Simplex)];

impl FromStr for MeansArgument {
    type Err = UnknownName;
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        find("constraint of means", &MEANS, name).map(Self)
    }
}

/// A descent by some method, or the exact optimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BinningMethod {
    Exact,
    Descent(Method),
}

impl BinningMethod {
    fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Descent(method) => method.name(),
        }
    }
}

impl FromStr for BinningMethod {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, String> {
        match (name, name.parse::<Method>()) {
            ("exact", _) => Ok(Self::Exact),
            (_, Ok(method)) => Ok(Self::Descent(method)),
            (_, Err(OptimizeError::UnknownMethod { name, known })) => {
                Err(format!("unknown method '{name}'; choose one of exact, {known}"))
            }
            (_, Err(error)) => Err(error.to_string()),
        }
    }
}

/// A column, with its range if it has one: `NAME` or `NAME=LOW:HIGH`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ColumnArgument(pub(super) BinnedColumn);

impl FromStr for ColumnArgument {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let refuse =
            || format!("expected NAME or NAME=LOW:HIGH, as in 'score=0:1'; found '{text}'");
        let (name, range) = match text.rsplit_once('=') {
            None => (text, None),
            Some((name, range)) => {
                let (low, high) = range.split_once(':').ok_or_else(refuse)?;
                let number = |text: &str| text.parse::<f64>().map_err(|_| refuse());
                (name, Some((number(low)?, number(high)?)))
            }
        };
        if name.is_empty() {
            return Err(refuse());
        }
        Ok(Self(BinnedColumn { name: name.to_owned(), range }))
    }
}

impl ColumnArgument {
    fn text(&self) -> String {
        match self.0.range {
            None => self.0.name.clone(),
            Some((low, high)) => format!("{}={low}:{high}", self.0.name),
        }
    }
}

/// What may be set, by flag or in the file; a flag wins.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BinningSettings {
    /// Toy problem instead of files: gaussians (the default; one signal, one column) or
    /// gaussians-two-signals (scores of three classes).
    #[arg(long, value_name = "NAME", conflicts_with_all = ["signal", "background"])]
    pub(super) toy: Option<String>,
    /// Seed of the toy, and of where a mixture starts [default: 0].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) seed: Option<u64>,
    /// Signals: CSV files with a header, named by their files or as NAME=FILE. In a settings file
    /// tables [[signal]] with file, name, weight-column.
    #[arg(long, value_name = "[NAME=]FILE", num_args = 1..)]
    pub(super) signal: Vec<ProcessSource>,
    /// Backgrounds, as signals. In a settings file tables [[background]], each with any number of
    /// [[background.shape]]: name, and files up and down, or weight columns up-weight and down-weight.
    #[arg(long, value_name = "[NAME=]FILE", num_args = 1..)]
    pub(super) background: Vec<ProcessSource>,
    /// Column of the events' weights [default: 'weight' where a file has it, else 1].
    #[arg(long, value_name = "COLUMN")]
    pub(super) weight_column: Option<String>,
    /// Column to bin, with its range if that is not the data's, as in 'score=0:1'. Repeat it for
    /// several; `columns = [...]` in a file.
    #[arg(long = "column", value_name = "NAME[=LOW:HIGH]")]
    #[serde(deserialize_with = "texts")]
    pub(super) columns: Vec<ColumnArgument>,
    /// What is optimised: boundaries of one column, a product of bins in several columns, or the
    /// categories of a Gaussian mixture [default: boundaries for one column, mixture for several].
    #[arg(long, value_name = "KIND")]
    #[serde(deserialize_with = "text")]
    pub(super) categories: Option<CategoryKind>,
    /// Where a mixture's means may lie: ranges (of the columns) or simplex (scores of a classifier, the
    /// last left out) [default: ranges].
    #[arg(long, value_name = "KIND")]
    #[serde(deserialize_with = "text")]
    pub(super) means: Option<MeansArgument>,
    /// Numbers of bins, each optimised by itself; of each column, for a product [default: 3 5 10].
    #[arg(long, value_name = "N", num_args = 1..)]
    pub(super) bins: Vec<usize>,
    /// Steps of a descent [default: 250].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) epochs: Option<usize>,
    /// What to optimise: asimov, asimov-uncertainty, s-over-sqrt-b, p0 or cls (the last two fit a
    /// HistFactory model of the bins) [default: asimov].
    #[arg(long, value_name = "NAME")]
    #[serde(deserialize_with = "text")]
    pub(super) objective: Option<FigureOfMerit>,
    /// How several signals' significances become one number: geometric-mean or weighted-sum
    /// [default: geometric-mean].
    #[arg(long, value_name = "NAME")]
    #[serde(deserialize_with = "text")]
    pub(super) combination: Option<Combination>,
    /// Weight of each signal in a weighted sum [default: 1 each].
    #[arg(long, value_name = "W", num_args = 1.., value_parser = parse_number)]
    pub(super) signal_weights: Vec<f64>,
    /// Relative uncertainty of the backgrounds, for asimov-uncertainty (each bin by itself), p0 and cls
    /// (one nuisance parameter) [default: 0].
    #[arg(long, value_name = "R", value_parser = parse_number, allow_hyphen_values = true)]
    pub(super) background_uncertainty: Option<f64>,
    /// Take the simulation's statistical uncertainty of the backgrounds into account.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
    pub(super) simulation_uncertainty: Option<bool>,
    /// Whether p0 and cls profile the shape systematics (a toy's: its calibration)
    /// [default: true].
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
    pub(super) shape_systematics: Option<bool>,
    /// Smallest background of a bin, in events [default: that of ten simulated events].
    #[arg(long, value_name = "B", value_parser = parse_number, allow_hyphen_values = true)]
    pub(super) minimum_background: Option<f64>,
    /// Weight of the penalty on backgrounds below the smallest, max(0, 1 - b / minimum)^2
    /// [default: 10].
    #[arg(long, value_name = "W", value_parser = parse_number, allow_hyphen_values = true)]
    pub(super) yield_penalty: Option<f64>,
    /// Largest relative statistical uncertainty of a bin's background [default: 0.2].
    #[arg(long, value_name = "R", value_parser = parse_number, allow_hyphen_values = true)]
    pub(super) maximum_uncertainty: Option<f64>,
    /// Weight of the penalty on larger ones, max(0, r - maximum)^2 [default: 0].
    #[arg(long, value_name = "W", value_parser = parse_number, allow_hyphen_values = true)]
    pub(super) uncertainty_penalty: Option<f64>,
    /// Order of the bins in tables: position or significance [default: position].
    #[arg(long, value_name = "ORDER")]
    #[serde(deserialize_with = "text")]
    pub(super) order: Option<BinOrder>,
    /// gradient-descent, adam, rmsprop, lbfgs (needs a constant steepness), or exact: the best bins of
    /// one column without a descent [default: rmsprop; adam for a mixture].
    #[arg(long, value_name = "NAME")]
    #[serde(deserialize_with = "text")]
    pub(super) method: Option<BinningMethod>,
    /// A number, cosine:FROM:TO, exponential:FROM:TO or step:FROM:FACTOR:EVERY
    /// [default: cosine:0.1:0.001; cosine:0.1:0.005 for a mixture].
    #[arg(long, value_name = "SCHEDULE", allow_hyphen_values = true)]
    pub(super) learning_rate: Option<Schedule>,
    /// Steepness of the boundaries' sigmoids in inverse widths of the range, or inverse temperature of
    /// a mixture [default: cosine:50:10000; cosine:1:20 for a mixture].
    #[arg(long, value_name = "SCHEDULE", allow_hyphen_values = true)]
    pub(super) steepness: Option<Schedule>,
    /// Fine bins, between which the exact optimum and the refinement put boundaries [default: 1500].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) fine_bins: Option<usize>,
    /// Edges of the fine bins: mixed (of equal width, at quantiles of the signals, and at both ends) or
    /// equal-width [default: mixed].
    #[arg(long, value_name = "KIND")]
    #[serde(deserialize_with = "text")]
    pub(super) fine_edges: Option<FineEdges>,
    /// Improve the boundaries of one column as hard ones after the descent [default: true].
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
    pub(super) refine: Option<bool>,
}

impl BinningSettings {
    /// Settings from a TOML file; its relative paths are relative to its folder.
    pub(super) fn from_file(path: &Path) -> Result<Self, CliError> {
        let mut settings: Self = toml_file(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        settings.files().for_each(|file| *file = folder.join(&*file));
        Ok(settings)
    }

    /// Every file of events.
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.signal.iter_mut().chain(&mut self.background).flat_map(ProcessSource::files)
    }

    /// Whether events come from files.
    pub(super) fn has_files(&self) -> bool {
        !self.signal.is_empty() || !self.background.is_empty()
    }

    /// These settings, with those of a file where none was given; a toy or files of events given here
    /// take the place of either in the file.
    pub(super) fn over(self, file: Self) -> Self {
        fn list<T>(flags: Vec<T>, file: Vec<T>) -> Vec<T> {
            if flags.is_empty() { file } else { flags }
        }
        let (from_files, from_toy) = (self.has_files(), self.toy.is_some());
        let file = if from_files || from_toy {
            // A seed is a toy's, or else that of a mixture's start.
            let (toy, seed) = match file.toy {
                Some(_) if from_files => (None, None),
                toy => (toy, file.seed),
            };
            let sources = if from_toy {
                (Vec::new(), Vec::new(), None)
            } else {
                (file.signal, file.background, file.weight_column)
            };
            let (signal, background, weight_column) = sources;
            Self { toy, seed, signal, background, weight_column, ..file }
        } else {
            file
        };
        Self {
            toy: self.toy.or(file.toy),
            seed: self.seed.or(file.seed),
            signal: list(self.signal, file.signal),
            background: list(self.background, file.background),
            weight_column: self.weight_column.or(file.weight_column),
            columns: list(self.columns, file.columns),
            categories: self.categories.or(file.categories),
            means: self.means.or(file.means),
            bins: list(self.bins, file.bins),
            epochs: self.epochs.or(file.epochs),
            objective: self.objective.or(file.objective),
            combination: self.combination.or(file.combination),
            signal_weights: list(self.signal_weights, file.signal_weights),
            background_uncertainty: self.background_uncertainty.or(file.background_uncertainty),
            simulation_uncertainty: self.simulation_uncertainty.or(file.simulation_uncertainty),
            shape_systematics: self.shape_systematics.or(file.shape_systematics),
            minimum_background: self.minimum_background.or(file.minimum_background),
            yield_penalty: self.yield_penalty.or(file.yield_penalty),
            maximum_uncertainty: self.maximum_uncertainty.or(file.maximum_uncertainty),
            uncertainty_penalty: self.uncertainty_penalty.or(file.uncertainty_penalty),
            order: self.order.or(file.order),
            method: self.method.or(file.method),
            learning_rate: self.learning_rate.or(file.learning_rate),
            steepness: self.steepness.or(file.steepness),
            fine_bins: self.fine_bins.or(file.fine_bins),
            fine_edges: self.fine_edges.or(file.fine_edges),
            refine: self.refine.or(file.refine),
        }
    }

    /// What was set, as JSON that reads back to the same settings.
    pub(super) fn to_json(&self) -> Value {
        let texts = |columns: &[ColumnArgument]| columns.iter().map(ColumnArgument::text).collect();
        let sources = |all: &[ProcessSource]| all.iter().map(ProcessSource::to_json).collect();
        let entries: [(&str, Option<Value>); 25] = [
            ("toy", self.toy.clone().map(Value::from)),
            ("seed", self.seed.map(Value::from)),
            ("signal", list(&self.signal, sources)),
            ("background", list(&self.background, sources)),
            ("weight-column", self.weight_column.clone().map(Value::from)),
            ("columns", list(&self.columns, texts)),
            ("categories", self.categories.map(|k| k.name().into())),
            ("means", self.means.map(|means| name_of(&MEANS, &means.0).into())),
            ("bins", list(&self.bins, |bins| json!(bins))),
            ("epochs", self.epochs.map(Value::from)),
            ("objective", self.objective.map(|objective| objective.name().into())),
            ("combination", self.combination.map(|combination| combination.name().into())),
            ("signal-weights", list(&self.signal_weights, |weights| json!(weights))),
            ("background-uncertainty", self.background_uncertainty.map(Value::from)),
            ("simulation-uncertainty", self.simulation_uncertainty.map(Value::from)),
            ("shape-systematics", self.shape_systematics.map(Value::from)),
            ("minimum-background", self.minimum_background.map(Value::from)),
            ("yield-penalty", self.yield_penalty.map(Value::from)),
            ("maximum-uncertainty", self.maximum_uncertainty.map(Value::from)),
            ("uncertainty-penalty", self.uncertainty_penalty.map(Value::from)),
            ("order", self.order.map(|order| order.name().into())),
            ("method", self.method.map(|method| method.name().into())),
            ("learning-rate", self.learning_rate.map(|schedule| json!(schedule))),
            ("steepness", self.steepness.map(|schedule| json!(schedule))),
            ("fine-bins", self.fine_bins.map(Value::from)),
        ];
        let more = [
            ("fine-edges", self.fine_edges.map(|kind| kind.name().into())),
            ("refine", self.refine.map(Value::from)),
        ];
        let set = entries.into_iter().chain(more);
        Value::Object(set.filter_map(|(key, v)| v.map(|v| (key.to_owned(), v))).collect())
    }
}
