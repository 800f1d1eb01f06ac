//! Settings of `optimize binning`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::cli::input::parse_number;
use crate::cli::optimize::processes::ProcessSource;
use crate::cli::settings::{Settings, Values, settings, text, texts};
use diffhep::analyses::FigureOfMerit;
use diffhep::analyses::binning::{
    BinOrder, BinnedColumn, BinningDescent, BinningOptions, Combination, FineEdges, MixtureMeans,
};
use diffhep::optimize::{Method, OptimizeError, Schedule};
use diffhep_names::named;

/// The categories that are optimised.
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

/// The method of a descent, or the exact optimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BinningMethod {
    Exact,
    Descent(Method),
}

impl fmt::Display for BinningMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Exact => "exact",
            Self::Descent(method) => method.name(),
        })
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

/// The values that settings set.
pub(super) struct BinningValues {
    /// The toy, if events come from one.
    pub(super) toy: Option<String>,
    /// The seed of a toy, and of the starting point of a mixture.
    pub(super) seed: Option<u64>,
    /// The constraint on the means of a mixture.
    pub(super) means: Option<MixtureMeans>,
    pub(super) bins: Vec<usize>,
    pub(super) shape_systematics: bool,
    pub(super) method: BinningMethod,
    pub(super) options: BinningOptions,
    pub(super) descent: BinningDescent,
}

impl BinningValues {
    /// The toy if neither files nor a toy are named.
    pub(super) const TOY: &str = "gaussians";
    /// The seed if none is given.
    pub(super) const SEED: u64 = 0;

    /// The values of a run without settings, for boundaries or products.
    pub(super) fn standard() -> Self {
        let descent = BinningDescent::default();
        Self {
            toy: Some(Self::TOY.to_owned()),
            seed: Some(Self::SEED),
            means: None,
            bins: vec![3, 5, 10],
            shape_systematics: true,
            method: BinningMethod::Descent(descent.training.method),
            options: BinningOptions::default(),
            descent,
        }
    }

    /// The values of a run without settings, for a mixture.
    pub(super) fn mixture(means: MixtureMeans) -> Self {
        let descent = BinningDescent::mixture();
        let method = BinningMethod::Descent(descent.training.method);
        Self { means: Some(means), method, descent, ..Self::standard() }
    }
}

impl Values for BinningValues {
    fn defaults() -> Vec<(Self, &'static str)> {
        let mixture = Self::mixture(MixtureMeans::default());
        vec![(Self::standard(), ""), (mixture, " for a mixture")]
    }
}

settings! {
    /// The settings that can be given by flag or in the file; a flag wins.
    pub(super) struct BinningSettings for BinningValues {
        /// Toy problem instead of files: gaussians (one signal, one column) or
        /// gaussians-two-signals (scores of three classes).
        #[arg(long, value_name = "NAME", conflicts_with_all = ["signal", "background"])]
        toy: Option<String> => toy,
        /// Seed of the toy, and of the starting point of a mixture.
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        seed: Option<u64> => seed,
        /// Signals: CSV files with a header, named after their files or as NAME=FILE. In a settings
        /// file: tables [[signal]] with file, name, weight-column.
        #[arg(long, value_name = "[NAME=]FILE", num_args = 1..)]
        signal: Vec<ProcessSource>,
        /// Backgrounds, given like signals. In a settings file: tables [[background]], each with
        /// any number of [[background.shape]]: name, and files up and down, or weight columns
        /// up-weight and down-weight.
        #[arg(long, value_name = "[NAME=]FILE", num_args = 1..)]
        background: Vec<ProcessSource>,
        /// Column of the events' weights [default: 'weight' if a file has it, else 1].
        #[arg(long, value_name = "COLUMN")]
        weight_column: Option<String>,
        /// Column to bin, with its range if it differs from the data's, as in 'score=0:1'. Repeat
        /// it for several; `columns = [...]` in a file.
        #[arg(long = "column", value_name = "NAME[=LOW:HIGH]")]
        #[serde(with = "texts")]
        columns: Vec<BinnedColumn>,
        /// What is optimised: boundaries of one column, a product of bins in several columns, or
        /// the categories of a Gaussian mixture [default: boundaries for one column, mixture for
        /// several].
        #[arg(long, value_name = "KIND")]
        #[serde(with = "text")]
        categories: Option<CategoryKind>,
        /// Where a mixture's means may lie: ranges (of the columns) or simplex (scores of a
        /// classifier, the last left out).
        #[arg(long, value_name = "KIND")]
        #[serde(with = "text")]
        means: Option<MixtureMeans> => means,
        /// Numbers of bins, each optimised separately; for a product, the bins per column.
        #[arg(long, value_name = "N", num_args = 1..)]
        bins: Vec<usize> => bins,
        /// Number of steps of a descent.
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        epochs: Option<usize> => descent.training.steps,
        /// What to optimise: asimov, asimov-uncertainty, s-over-sqrt-b, p0 or cls (the last two fit
        /// a HistFactory model of the bins).
        #[arg(long, value_name = "NAME")]
        #[serde(with = "text")]
        objective: Option<FigureOfMerit> => options.objective,
        /// How the significances of several signals are combined: geometric-mean or weighted-sum.
        #[arg(long, value_name = "NAME")]
        #[serde(with = "text")]
        combination: Option<Combination> => options.combination,
        /// Weight of each signal in a weighted sum [default: 1 each].
        #[arg(long, value_name = "W", num_args = 1.., value_parser = parse_number)]
        signal_weights: Vec<f64> => options.signal_weights,
        /// Relative uncertainty of the backgrounds, for asimov-uncertainty (each bin separately),
        /// p0 and cls (one nuisance parameter).
        #[arg(long, value_name = "R", value_parser = parse_number, allow_hyphen_values = true)]
        background_uncertainty: Option<f64> => options.uncertainty.relative,
        /// Take the simulation's statistical uncertainty of the backgrounds into account.
        #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
        simulation_uncertainty: Option<bool> => options.uncertainty.simulation,
        /// Whether p0 and cls profile the shape systematics (a toy's: its calibration).
        #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
        shape_systematics: Option<bool> => shape_systematics,
        /// Minimum background of a bin, in events [default: the yield of ten simulated events].
        #[arg(long, value_name = "B", value_parser = parse_number, allow_hyphen_values = true)]
        minimum_background: Option<f64> => options.penalties.minimum_background,
        /// Weight of the penalty on backgrounds below the minimum, max(0, 1 - b / minimum)^2.
        #[arg(long, value_name = "W", value_parser = parse_number, allow_hyphen_values = true)]
        yield_penalty: Option<f64> => options.penalties.yield_weight,
        /// Largest relative statistical uncertainty of a bin's background.
        #[arg(long, value_name = "R", value_parser = parse_number, allow_hyphen_values = true)]
        maximum_uncertainty: Option<f64> => options.penalties.maximum_uncertainty,
        /// Weight of the penalty on larger uncertainties, max(0, r - maximum)^2.
        #[arg(long, value_name = "W", value_parser = parse_number, allow_hyphen_values = true)]
        uncertainty_penalty: Option<f64> => options.penalties.uncertainty_weight,
        /// Order of the bins in tables: position or significance.
        #[arg(long, value_name = "ORDER")]
        #[serde(with = "text")]
        order: Option<BinOrder> => options.order,
        /// Method: gradient-descent, adam, rmsprop, lbfgs (needs a constant steepness), or exact
        /// (the best bins of one column, without a descent).
        #[arg(long, value_name = "NAME")]
        #[serde(with = "text")]
        method: Option<BinningMethod> => method,
        /// Learning rate: a number, cosine:FROM:TO, exponential:FROM:TO or step:FROM:FACTOR:EVERY.
        #[arg(long, value_name = "SCHEDULE", allow_hyphen_values = true)]
        learning_rate: Option<Schedule> => descent.training.learning_rate,
        /// Steepness of the boundaries' sigmoids in inverse widths of the range, or inverse
        /// temperature of a mixture.
        #[arg(long, value_name = "SCHEDULE", allow_hyphen_values = true)]
        steepness: Option<Schedule> => descent.training.hardness,
        /// Number of fine bins, between which the exact optimum and the refinement put boundaries.
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        fine_bins: Option<usize> => descent.fine_bins,
        /// Edges of the fine bins: mixed (of equal width, at quantiles of the signals, and at both
        /// ends) or equal-width.
        #[arg(long, value_name = "KIND")]
        #[serde(with = "text")]
        fine_edges: Option<FineEdges> => descent.fine_edges,
        /// Improve the boundaries of one column as hard ones after the descent.
        #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
        refine: Option<bool> => descent.refine,
    }
}

impl Settings for BinningSettings {
    fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.signal.iter_mut().chain(&mut self.background).flat_map(ProcessSource::files)
    }

    /// Flags that name a toy or files of events replace the file's source of events.
    fn beside(mut self, flags: &Self) -> Self {
        // A seed in the file belongs to its toy, if it has one, and else to the start of a mixture.
        if flags.has_files() && self.toy.take().is_some() {
            self.seed = None;
        }
        if flags.toy.is_some() {
            (self.signal, self.background) = (Vec::new(), Vec::new());
            self.weight_column = None;
        }
        self
    }
}

impl BinningSettings {
    /// Whether events come from files.
    pub(super) fn has_files(&self) -> bool {
        !self.signal.is_empty() || !self.background.is_empty()
    }
}
