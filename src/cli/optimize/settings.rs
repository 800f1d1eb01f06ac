//! Settings of `optimize cut`, from flags and from a TOML file under the same names.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use super::read::{text, texts, toml_file};
use crate::cli::error::CliError;
use crate::cli::input::parse_number;
use diffhep::analyses::cut::{
    Cut, DescentOptions, FigureOfMerit, Loss, ProblemOptions, Scaling, ScanRange,
};
use diffhep::optimize::{Method, Schedule};

/// What may be set, by flag or in the file; a flag wins.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CutSettings {
    /// Toy problem instead of files: notebook (the default), exponential, wide-signal,
    /// narrow-signal, long-tail, rare-signal, overlapping, five-columns, twenty-columns.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["signal", "background"])]
    pub(super) toy: Option<String>,
    /// Seed of the toy [default: 0].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) seed: Option<u64>,
    /// Signal events: a CSV file with a header.
    #[arg(long, value_name = "FILE")]
    pub(super) signal: Option<PathBuf>,
    /// Background events: a CSV file with a header.
    #[arg(long, value_name = "FILE")]
    pub(super) background: Option<PathBuf>,
    /// Column of the events' weights [default: 'weight' where the file has it, else 1].
    #[arg(long, value_name = "COLUMN")]
    pub(super) weight_column: Option<String>,
    /// Cut to optimise and where it starts, as in 'pt>45' or 'eta<2.5'; 'pt>' starts where a tenth of
    /// all events is cut away. Repeat it for several; `cuts = [...]` in the file.
    #[arg(long = "cut", value_name = "CUT")]
    #[serde(rename = "cuts", deserialize_with = "texts")]
    pub(super) cuts: Vec<Cut>,
    /// What to optimise: asimov, asimov-uncertainty, s-over-sqrt-b, p0 or cls (the last two fit a
    /// counting model whose background uncertainty is profiled) [default: asimov].
    #[arg(long, value_name = "NAME")]
    #[serde(deserialize_with = "text")]
    pub(super) objective: Option<FigureOfMerit>,
    /// Relative uncertainty of the background's yield, for asimov-uncertainty, p0 and cls
    /// [default: 0].
    #[arg(long, value_name = "R", value_parser = parse_number, allow_hyphen_values = true)]
    pub(super) background_uncertainty: Option<f64>,
    /// Add the simulation's statistical uncertainty of the background in quadrature.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
    pub(super) simulation_uncertainty: Option<bool>,
    /// Events added to the background wherever it is judged, so that running out of simulated
    /// background is not infinitely good [default: 0].
    #[arg(long, value_name = "B", value_parser = parse_number, allow_hyphen_values = true)]
    pub(super) background_offset: Option<f64>,
    /// Events added to the signal wherever it is judged.
    #[arg(long, value_name = "S", value_parser = parse_number, allow_negative_numbers = true)]
    pub(super) signal_offset: Option<f64>,
    /// What is minimised of a significance Z: negative (-Z) or reciprocal (1/Z) [default: negative].
    #[arg(long, value_name = "FORM")]
    #[serde(deserialize_with = "text")]
    pub(super) loss: Option<Loss>,
    /// Unit of slopes and learning rates: standard-deviation (of each column) or unit (the column's
    /// own) [default: standard-deviation].
    #[arg(long, value_name = "UNIT")]
    #[serde(deserialize_with = "text")]
    pub(super) scaling: Option<Scaling>,
    /// gradient-descent, adam, rmsprop or lbfgs (needs a constant slope) [default: adam].
    #[arg(long, value_name = "NAME")]
    #[serde(deserialize_with = "text")]
    pub(super) method: Option<Method>,
    /// Most steps [default: 300].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) steps: Option<usize>,
    /// A number, cosine:FROM:TO, exponential:FROM:TO or step:FROM:FACTOR:EVERY
    /// [default: cosine:0.05:0.001].
    #[arg(long, value_name = "SCHEDULE", allow_hyphen_values = true)]
    pub(super) learning_rate: Option<Schedule>,
    /// Slope of the sigmoids: a number, or a schedule that hardens them [default: exponential:2:10].
    #[arg(long, value_name = "SCHEDULE", allow_hyphen_values = true)]
    pub(super) slope: Option<Schedule>,
    /// End once no component of the gradient is larger, at the last slope [default: 1e-8].
    #[arg(long, value_name = "G", value_parser = parse_number, allow_negative_numbers = true)]
    pub(super) gradient_tolerance: Option<f64>,
    /// End after this many steps without improvement, at the last slope [default: never].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) patience: Option<usize>,
    /// Search the best hard cut within the sigmoid's blur around the soft optimum
    /// [default: for a single cut].
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
    pub(super) refine: Option<bool>,
    /// Where a single cut is looked for and scanned [default: the data's range, 200 points].
    #[arg(long, value_name = "LOW:HIGH:POINTS", allow_hyphen_values = true)]
    #[serde(deserialize_with = "text")]
    pub(super) scan: Option<ScanRange>,
}

impl CutSettings {
    /// Settings from a TOML file; its relative paths are relative to its folder.
    pub(super) fn from_file(path: &Path) -> Result<Self, CliError> {
        let mut settings: Self = toml_file(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for file in [&mut settings.signal, &mut settings.background].into_iter().flatten() {
            *file = folder.join(&*file);
        }
        Ok(settings)
    }

    /// These settings, with those of a file where none was given; a toy or files of events given here
    /// take the place of either in the file.
    pub(super) fn over(self, file: Self) -> Self {
        let from_files = self.signal.is_some() || self.background.is_some();
        let from_toy = self.toy.is_some();
        Self {
            toy: self.toy.or(file.toy.filter(|_| !from_files)),
            seed: self.seed.or(file.seed.filter(|_| !from_files)),
            signal: self.signal.or(file.signal.filter(|_| !from_toy)),
            background: self.background.or(file.background.filter(|_| !from_toy)),
            weight_column: self.weight_column.or(file.weight_column.filter(|_| !from_toy)),
            cuts: if self.cuts.is_empty() { file.cuts } else { self.cuts },
            objective: self.objective.or(file.objective),
            background_uncertainty: self.background_uncertainty.or(file.background_uncertainty),
            simulation_uncertainty: self.simulation_uncertainty.or(file.simulation_uncertainty),
            background_offset: self.background_offset.or(file.background_offset),
            signal_offset: self.signal_offset.or(file.signal_offset),
            loss: self.loss.or(file.loss),
            scaling: self.scaling.or(file.scaling),
            method: self.method.or(file.method),
            steps: self.steps.or(file.steps),
            learning_rate: self.learning_rate.or(file.learning_rate),
            slope: self.slope.or(file.slope),
            gradient_tolerance: self.gradient_tolerance.or(file.gradient_tolerance),
            patience: self.patience.or(file.patience),
            refine: self.refine.or(file.refine),
            scan: self.scan.or(file.scan),
        }
    }

    /// Puts what was set into options.
    pub(super) fn apply(&self, problem: &mut ProblemOptions, descent: &mut DescentOptions) {
        fn set<T: Copy>(place: &mut T, value: Option<T>) {
            *place = value.unwrap_or(*place);
        }
        set(&mut problem.objective, self.objective);
        set(&mut problem.uncertainty.relative, self.background_uncertainty);
        set(&mut problem.uncertainty.simulation, self.simulation_uncertainty);
        set(&mut problem.background_offset, self.background_offset);
        set(&mut problem.signal_offset, self.signal_offset);
        set(&mut problem.loss, self.loss);
        set(&mut problem.scaling, self.scaling);
        set(&mut descent.training.method, self.method);
        set(&mut descent.training.steps, self.steps);
        set(&mut descent.training.learning_rate, self.learning_rate);
        set(&mut descent.training.hardness, self.slope);
        let stopping = &mut descent.training.stopping;
        set(&mut stopping.gradient_tolerance, self.gradient_tolerance);
        stopping.patience = self.patience.or(stopping.patience);
        descent.refine = self.refine.or(descent.refine);
        descent.scan = self.scan.or(descent.scan);
    }
}
