//! Settings of `optimize cut`.

use std::path::PathBuf;

use serde::Serializer;

use crate::cli::input::parse_number;
use crate::cli::settings::{Settings, Values, settings, text, texts};
use diffhep::analyses::cut::{
    Cut, CutStart, DescentOptions, FigureOfMerit, Loss, ProblemOptions, Scaling, ScanRange,
};
use diffhep::optimize::{Method, Schedule};

/// The values that settings set.
#[derive(Default)]
pub(super) struct CutValues {
    /// The toy and its seed, if events come from one.
    pub(super) toy: Option<String>,
    pub(super) seed: Option<u64>,
    pub(super) cuts: Vec<Cut>,
    pub(super) problem: ProblemOptions,
    pub(super) descent: DescentOptions,
}

impl CutValues {
    /// The toy if neither files nor a toy are named.
    pub(super) const TOY: &str = "notebook";
    /// The toy's seed if none is given.
    pub(super) const SEED: u64 = 0;
}

impl Values for CutValues {
    fn defaults() -> Vec<(Self, &'static str)> {
        let (toy, seed) = (Some(Self::TOY.to_owned()), Some(Self::SEED));
        vec![(Self { toy, seed, ..Self::default() }, "")]
    }
}

settings! {
    /// The settings that can be given by flag or in the file; a flag wins.
    pub(super) struct CutSettings for CutValues {
        /// Toy problem instead of files: notebook, exponential, wide-signal, narrow-signal,
        /// long-tail, rare-signal, overlapping, five-columns, twenty-columns.
        #[arg(long, value_name = "NAME", conflicts_with_all = ["signal", "background"])]
        toy: Option<String> => toy,
        /// Seed of the toy.
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        seed: Option<u64> => seed,
        /// Signal events: a CSV file with a header.
        #[arg(long, value_name = "FILE")]
        signal: Option<PathBuf>,
        /// Background events: a CSV file with a header.
        #[arg(long, value_name = "FILE")]
        background: Option<PathBuf>,
        /// Column of the events' weights [default: 'weight' if the file has it, else 1].
        #[arg(long, value_name = "COLUMN")]
        weight_column: Option<String>,
        /// Cut to optimise and where it starts, as in 'pt>45' or 'eta<2.5'; 'pt>' starts where the
        /// cut removes a tenth of all events. Repeat it for several; `cuts = [...]` in the file.
        #[arg(long = "cut", value_name = "CUT")]
        #[serde(serialize_with = "cut_texts", deserialize_with = "texts::deserialize")]
        cuts: Vec<Cut> => cuts,
        /// What to optimise: asimov, asimov-uncertainty, s-over-sqrt-b, p0 or cls (the last two fit
        /// a counting model whose background uncertainty is profiled).
        #[arg(long, value_name = "NAME")]
        #[serde(with = "text")]
        objective: Option<FigureOfMerit> => problem.objective,
        /// Relative uncertainty of the background's yield, for asimov-uncertainty, p0 and cls.
        #[arg(long, value_name = "R", value_parser = parse_number, allow_hyphen_values = true)]
        background_uncertainty: Option<f64> => problem.uncertainty.relative,
        /// Add the simulation's statistical uncertainty of the background in quadrature.
        #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
        simulation_uncertainty: Option<bool> => problem.uncertainty.simulation,
        /// Events added to the background wherever it is judged, so that running out of simulated
        /// background is not infinitely good.
        #[arg(long, value_name = "B", value_parser = parse_number, allow_hyphen_values = true)]
        background_offset: Option<f64> => problem.background_offset,
        /// Events added to the signal wherever it is judged.
        #[arg(long, value_name = "S", value_parser = parse_number, allow_negative_numbers = true)]
        signal_offset: Option<f64> => problem.signal_offset,
        /// Loss that is minimised for a significance Z: negative (-Z) or reciprocal (1/Z).
        #[arg(long, value_name = "FORM")]
        #[serde(with = "text")]
        loss: Option<Loss> => problem.loss,
        /// Unit of slopes and learning rates: standard-deviation (of each column) or unit (the
        /// column's own).
        #[arg(long, value_name = "UNIT")]
        #[serde(with = "text")]
        scaling: Option<Scaling> => problem.scaling,
        /// Method: gradient-descent, adam, rmsprop or lbfgs (needs a constant slope).
        #[arg(long, value_name = "NAME")]
        #[serde(deserialize_with = "text::deserialize")]
        method: Option<Method> => descent.training.method,
        /// Maximum number of steps.
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        steps: Option<usize> => descent.training.steps,
        /// Learning rate: a number, cosine:FROM:TO, exponential:FROM:TO or step:FROM:FACTOR:EVERY.
        #[arg(long, value_name = "SCHEDULE", allow_hyphen_values = true)]
        learning_rate: Option<Schedule> => descent.training.learning_rate,
        /// Slope of the sigmoids: a number, or a schedule that hardens them.
        #[arg(long, value_name = "SCHEDULE", allow_hyphen_values = true)]
        slope: Option<Schedule> => descent.training.hardness,
        /// Stop once no component of the gradient exceeds this, at the last slope.
        #[arg(long, value_name = "G", value_parser = parse_number, allow_negative_numbers = true)]
        gradient_tolerance: Option<f64> => descent.training.stopping.gradient_tolerance,
        /// Stop after this many steps without improvement, at the last slope [default: never].
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        patience: Option<usize> => descent.training.stopping.patience,
        /// Search for the best hard cut within the sigmoid's blur around the soft optimum [default:
        /// for a single cut].
        #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
        refine: Option<bool> => descent.refine,
        /// Range in which a single cut is optimised and scanned [default: the data's range, 200
        /// points].
        #[arg(long, value_name = "LOW:HIGH:POINTS", allow_hyphen_values = true)]
        #[serde(with = "text")]
        scan: Option<ScanRange> => descent.scan,
    }
}

/// Writes cuts in the form used in flags.
fn cut_texts<S: Serializer>(cuts: &[Cut], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(cuts.iter().map(|cut| match cut.start {
        CutStart::At(value) => format!("{cut} {value}"),
        CutStart::Loose => cut.to_string(),
    }))
}

impl Settings for CutSettings {
    fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.signal.iter_mut().chain(&mut self.background)
    }

    /// Flags that name a toy or files of events replace the file's source of events.
    fn beside(mut self, flags: &Self) -> Self {
        if flags.has_files() {
            (self.toy, self.seed) = (None, None);
        }
        if flags.toy.is_some() {
            (self.signal, self.background, self.weight_column) = (None, None, None);
        }
        self
    }
}

impl CutSettings {
    /// Whether events come from files.
    pub(super) fn has_files(&self) -> bool {
        self.signal.is_some() || self.background.is_some()
    }
}
