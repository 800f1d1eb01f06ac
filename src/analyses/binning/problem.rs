//! A binning to be optimised: processes, columns and options, checked together.

use super::categories::{Categories, CategoryModel, EventModel};
use super::error::BinningError;
use super::merit::BinningMerit;
use super::mixture::MixtureMeans;
use super::options::{BinningOptions, Combination, FEWEST_SIMULATED_EVENTS};
use super::processes::{Processes, sum_of};
use super::workspace::RESERVED;
use crate::analyses::ProcessData;
use crate::kernels::selection::Yield;

/// Maximum number of bins, because the memory and time of a descent grow with it.
const MOST_BINS: usize = 10_000;

/// A checked problem.
#[derive(Clone, Debug)]
pub struct BinningProblem<'a> {
    pub(super) processes: Processes,
    pub(super) categories: Categories<'a>,
    pub(super) options: BinningOptions,
    /// Yield of all backgrounds.
    background: f64,
    warnings: Vec<String>,
}

impl<'a> BinningProblem<'a> {
    /// Checks processes, columns and options against one another. Shape systematics are dropped if
    /// the objective ignores them.
    ///
    /// # Errors
    /// [`BinningError`] if a process, column or name is missing or duplicated, a column is
    /// constant, or a setting is out of range.
    pub fn new(
        data: &ProcessData<'a>,
        model: &CategoryModel,
        options: BinningOptions,
    ) -> Result<Self, BinningError> {
        check_processes(data)?;
        check_options(&options, data)?;
        let data = &if options.objective.fits() { data.clone() } else { data.without_shapes() };
        let processes = Processes::new(data);
        let samples = data.samples();
        let mut warnings = Vec::new();
        for sample in &samples {
            let negative = sample.negative_weights();
            if negative > 0 {
                let (name, events) = (sample.name(), sample.len());
                warnings.push(format!("{negative} of the {events} weights of {name} are negative"));
            }
        }
        warnings.extend(without_effect(&options));
        let categories = Categories::new(model, &samples)?;
        let totals = categories.totals();
        let background = sum_of(&totals[processes.backgrounds()])[0];
        if let Some(signal) = totals[processes.signals()].iter().find(|t| t[0].sum <= 0.0) {
            let (name, found) = ("a signal's sum of weights", signal[0].sum);
            return Err(BinningError::Setting { name, found, expected: "above 0" });
        }
        if background.sum <= 0.0 {
            let (name, found) = ("the backgrounds' sum of weights", background.sum);
            return Err(BinningError::Setting { name, found, expected: "above 0" });
        }
        let mut options = options;
        let ten = FEWEST_SIMULATED_EVENTS * background.squares / background.sum;
        options.penalties.minimum_background.get_or_insert(ten);
        let background = background.sum;
        Ok(Self { processes, categories, options, background, warnings })
    }

    /// The options, with the minimum background of a bin set.
    pub fn options(&self) -> &BinningOptions {
        &self.options
    }

    /// Minimum background of a bin, in events.
    pub fn minimum_background(&self) -> f64 {
        self.options.penalties.minimum_background.unwrap_or(0.0)
    }

    /// Warnings about the data for the user.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Names of signals and backgrounds, in the order of the yields.
    pub fn process_names(&self) -> &[String] {
        &self.processes.names
    }

    /// The number of signals, which come first among the processes.
    pub fn signals(&self) -> usize {
        self.processes.signals().len()
    }

    /// The columns that are binned, and their ranges.
    pub fn columns(&self) -> Vec<(String, (f64, f64))> {
        self.categories.columns()
    }

    /// Where the means of a mixture's components may lie; `None` for other categories.
    pub fn mixture_means(&self) -> Option<MixtureMeans> {
        match self.categories {
            Categories::Events(_, EventModel::Mixture(means)) => Some(means),
            Categories::Events(_, EventModel::Product) | Categories::Sorted(_) => None,
        }
    }

    /// Whether the objective depends on the sums of squared weights of nominal backgrounds.
    pub(super) fn needs_squares(&self) -> bool {
        let BinningOptions { objective, uncertainty, penalties, .. } = &self.options;
        (objective.has_uncertainty() && uncertainty.simulation)
            || penalties.uncertainty_weight > 0.0
    }

    /// For each process, whether its sums of squared weights are needed.
    pub(super) fn squares(&self) -> Vec<bool> {
        let wanted = self.needs_squares();
        let backgrounds = self.processes.backgrounds();
        self.processes.all().map(|i| wanted && backgrounds.contains(&i)).collect()
    }

    /// The figure of merit of yields; NaN if there is none.
    pub(super) fn merit_or_gap(&self, yields: &[Vec<Yield>]) -> Result<BinningMerit, BinningError> {
        match self.options.merit(&self.processes, yields, false) {
            Err(error) if error.is_gap() => Ok(BinningMerit {
                significance: f64::NAN,
                by_signal: Vec::new(),
                p_value: Some(f64::NAN),
                loss: f64::NAN,
                slopes: Vec::new(),
            }),
            merit => merit,
        }
    }

    /// Refuses fewer than two bins, and so many that the background is too small for them or that a
    /// descent would take hours.
    ///
    /// # Errors
    /// [`BinningError::Setting`], [`BinningError::TooFewEvents`].
    pub fn check_bins(&self, bins: usize) -> Result<(), BinningError> {
        if bins < 2 {
            let (name, found) = ("the number of bins", bins as f64);
            return Err(BinningError::Setting { name, found, expected: "2 or more" });
        }
        let (minimum, background) = (self.minimum_background(), self.background);
        let count = self.categories.count(bins);
        if count > MOST_BINS {
            let (name, found) = ("the number of bins, of all columns together,", count as f64);
            return Err(BinningError::Setting { name, found, expected: "10000 or less" });
        }
        if count as f64 * minimum > background {
            let bins = count;
            return Err(BinningError::TooFewEvents { bins, background, minimum });
        }
        Ok(())
    }
}

/// Warnings about settings that the objective ignores.
fn without_effect(options: &BinningOptions) -> Vec<String> {
    let BinningOptions { objective, uncertainty, combination, .. } = options;
    let mut warnings = Vec::new();
    if (uncertainty.relative > 0.0 || uncertainty.simulation) && !objective.has_uncertainty() {
        warnings.push(format!(
            "the objective {} takes no notice of uncertainties; asimov-uncertainty, p0 and cls do",
            objective.name()
        ));
    }
    let is_sum = *combination == Combination::WeightedSum && !objective.fits();
    if !options.signal_weights.is_empty() && !is_sum {
        warnings.push(
            "weights of signals are those of a weighted sum of significances, and are not used"
                .to_owned(),
        );
    }
    warnings
}

fn check_processes(data: &ProcessData) -> Result<(), BinningError> {
    if data.signals.is_empty() {
        return Err(BinningError::NoProcess("signal"));
    }
    if data.backgrounds.is_empty() {
        return Err(BinningError::NoProcess("background"));
    }
    check_unique("processes", data.names())?;
    for background in &data.backgrounds {
        let names = background.shapes.iter().map(|shape| shape.name.clone());
        check_unique("shape systematics of one background", names.collect())?;
        for shape in &background.shapes {
            if shape.name.is_empty() || RESERVED.contains(&shape.name.as_str()) {
                return Err(BinningError::ReservedName { name: shape.name.clone() });
            }
        }
    }
    Ok(())
}

pub(super) fn check_unique(what: &'static str, mut names: Vec<String>) -> Result<(), BinningError> {
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => Err(BinningError::SameName { what, name: pair[0].clone() }),
    }
}

fn check_options(options: &BinningOptions, data: &ProcessData) -> Result<(), BinningError> {
    let penalties = &options.penalties;
    let settings = [
        ("the relative background uncertainty", options.uncertainty.relative),
        ("the minimum background", penalties.minimum_background.unwrap_or(0.0)),
        ("the weight of the yield penalty", penalties.yield_weight),
        ("the maximum relative uncertainty", penalties.maximum_uncertainty),
        ("the weight of the uncertainty penalty", penalties.uncertainty_weight),
    ];
    let weights = options.signal_weights.iter().map(|weight| ("a signal's weight", *weight));
    let wrong = settings.into_iter().chain(weights).find(|(_, v)| !(v.is_finite() && *v >= 0.0));
    if let Some((name, found)) = wrong {
        return Err(BinningError::Setting { name, found, expected: "a finite number, 0 or more" });
    }
    if options.objective.fits() && options.uncertainty.relative >= 1.0 {
        let (name, found) = ("the relative background uncertainty", options.uncertainty.relative);
        return Err(BinningError::Setting { name, found, expected: "below 1 for p0 and cls" });
    }
    if !options.signal_weights.is_empty() && options.signal_weights.iter().all(|w| *w == 0.0) {
        let name = "the sum of the signals' weights";
        return Err(BinningError::Setting { name, found: 0.0, expected: "above 0" });
    }
    let (expected, found) = (data.signals.len(), options.signal_weights.len());
    if found > 0 && found != expected {
        return Err(BinningError::SignalWeights { expected, found });
    }
    Ok(())
}
