//! From the bins' yields to a figure of merit and a loss with its derivatives.
//!
//! A signal's significance is that of all bins together, `sqrt(sum Z_k^2)`, each bin's background
//! the backgrounds and the other signals. A bin without background counts nothing: its signal has
//! nothing to be compared with.

use super::error::BinningError;
use super::options::{BinningOptions, Combination, Penalties};
use super::processes::Processes;
use super::workspace::p_value_merit;
use crate::analyses::{BackgroundUncertainty, FigureOfMerit};
use crate::kernels::penalty::{high_uncertainty_penalty, low_yield_penalty};
use crate::kernels::selection::Yield;
use crate::kernels::significance::{
    MeritSlopes, asimov_significance, asimov_significance_value, signal_over_root_background,
};

/// The figure of merit of a binning.
#[derive(Clone, Debug, PartialEq)]
pub struct BinningMerit {
    /// In standard deviations: the signals' combined, or, of a p-value, `Phi^-1(1 - p)`.
    pub significance: f64,
    /// Each signal's own significance; empty where the objective is a p-value, which has them scaled
    /// together.
    pub by_signal: Vec<f64>,
    /// The p-value (p0 or CLs), of the objectives that are one.
    pub p_value: Option<f64>,
    /// What is minimised: minus the significance, or ln p; without penalties.
    pub loss: f64,
    /// Derivative of the loss by the yields: a list a process, each a list a bin.
    pub slopes: Vec<Vec<Yield>>,
}

/// Penalties without their weights.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PenaltyValues {
    /// On low background yields.
    pub low_yield: f64,
    /// On high relative uncertainties.
    pub high_uncertainty: f64,
}

/// A background below this many events is none: beside it the tails of sigmoids count as signal.
const NO_BACKGROUND: f64 = 1e-50;

/// Whether a bin's background is too little to compare anything with.
pub(super) fn is_empty(s: f64, b: f64) -> bool {
    b <= NO_BACKGROUND || s + b <= 0.0
}

/// The significance of one bin; 0 where there is no background to compare with.
fn bin_significance(objective: FigureOfMerit, s: f64, b: f64, variance: f64) -> MeritSlopes {
    if is_empty(s, b) {
        return MeritSlopes::default();
    }
    let slopes = match objective {
        FigureOfMerit::SignalOverRootBackground => signal_over_root_background(s, b),
        _ => asimov_significance(s, b, variance),
    };
    if slopes.value.is_finite() { slopes } else { MeritSlopes::default() }
}

/// As [`bin_significance`], squared and without derivatives.
pub(super) fn bin_significance_squared(
    objective: FigureOfMerit,
    s: f64,
    b: f64,
    variance: f64,
) -> f64 {
    if is_empty(s, b) {
        return 0.0;
    }
    match objective {
        FigureOfMerit::SignalOverRootBackground => s * s / b,
        _ => asimov_significance_value(s, b, variance).powi(2),
    }
}

/// The variance of a background and its derivatives, for objectives that look at it.
pub(super) fn variance(
    objective: FigureOfMerit,
    uncertainty: BackgroundUncertainty,
    background: Yield,
) -> (f64, f64, f64) {
    if objective.has_uncertainty() { uncertainty.variance(background) } else { (0.0, 0.0, 0.0) }
}

/// The significance of one signal over all bins and its derivatives by the yields, in `slopes`.
fn signal_significance(
    options: &BinningOptions,
    processes: &Processes,
    signal: usize,
    yields: &[Vec<Yield>],
    slopes: &mut [Vec<Yield>],
) -> f64 {
    let background = processes.total_background(yields);
    let of_bin = |k: usize| {
        let others: f64 = processes.signals().map(|i| yields[i][k].sum).sum();
        let (s, b) = (yields[signal][k].sum, background[k].sum);
        let variance = variance(options.objective, options.uncertainty, background[k]);
        (bin_significance(options.objective, s, b + others - s, variance.0), variance)
    };
    let bins: Vec<_> = (0..background.len()).map(of_bin).collect();
    let total = bins.iter().map(|(bin, _)| bin.value * bin.value).sum::<f64>().sqrt();
    for (k, (bin, variance)) in bins.iter().enumerate() {
        let share = if total > 0.0 { bin.value / total } else { 0.0 };
        for (i, slopes) in slopes.iter_mut().enumerate() {
            let slope = &mut slopes[k];
            if i == signal {
                slope.sum += share * bin.by_signal;
            } else if processes.nominal().contains(&i) {
                slope.sum += share * bin.by_background;
            }
            if processes.backgrounds().contains(&i) {
                slope.sum += share * bin.by_variance * variance.1;
                slope.squares += share * bin.by_variance * variance.2;
            }
        }
    }
    total
}

impl BinningOptions {
    /// The combined significance and its derivative by each signal's.
    pub(super) fn combine(&self, significances: &[f64]) -> (f64, Vec<f64>) {
        match self.combination {
            Combination::WeightedSum => {
                let weight = |i: usize| self.signal_weights.get(i).copied().unwrap_or(1.0);
                let weights: Vec<f64> = (0..significances.len()).map(weight).collect();
                (significances.iter().zip(&weights).map(|(z, w)| z * w).sum(), weights)
            }
            Combination::GeometricMean => {
                let n = significances.len() as f64;
                let mean = significances.iter().map(|z| z.powf(1.0 / n)).product::<f64>();
                let slope = |z: &f64| if *z > 0.0 { mean / (n * z) } else { 0.0 };
                (mean, significances.iter().map(slope).collect())
            }
        }
    }

    /// The figure of merit of yields, penalties left out; `with_slopes` says whether derivatives are
    /// wanted, which are an empty list otherwise.
    pub(super) fn merit(
        &self,
        processes: &Processes,
        yields: &[Vec<Yield>],
        with_slopes: bool,
    ) -> Result<BinningMerit, BinningError> {
        if self.objective.fits() {
            return p_value_merit(self, processes, yields, with_slopes);
        }
        let zeros = vec![vec![Yield::default(); yields[0].len()]; yields.len()];
        let mut by_signal = Vec::new();
        let mut slopes = Vec::new();
        for signal in processes.signals() {
            let mut own = zeros.clone();
            by_signal.push(signal_significance(self, processes, signal, yields, &mut own));
            slopes.push(own);
        }
        let (significance, weights) = self.combine(&by_signal);
        let mut total = zeros;
        for (own, weight) in slopes.iter().zip(weights) {
            for (total, own) in total.iter_mut().flatten().zip(own.iter().flatten()) {
                total.sum -= weight * own.sum;
                total.squares -= weight * own.squares;
            }
        }
        let loss = -significance;
        Ok(BinningMerit { significance, by_signal, p_value: None, loss, slopes: total })
    }
}

impl Penalties {
    /// The penalties of yields; their derivatives, with their weights, are added to `slopes`.
    pub(super) fn add(
        &self,
        processes: &Processes,
        yields: &[Vec<Yield>],
        slopes: &mut [Vec<Yield>],
    ) -> PenaltyValues {
        let mut values = PenaltyValues::default();
        let minimum = self.minimum_background.unwrap_or(0.0);
        for (k, bin) in processes.total_background(yields).into_iter().enumerate() {
            let low = low_yield_penalty(bin.sum, minimum);
            let high = high_uncertainty_penalty(bin.sum, bin.squares, self.maximum_uncertainty);
            values.low_yield += low.value;
            values.high_uncertainty += high.value;
            let (low_weight, high_weight) = (self.yield_weight, self.uncertainty_weight);
            for slopes in &mut slopes[processes.backgrounds()] {
                slopes[k].sum += low_weight * low.by_background + high_weight * high.by_background;
                slopes[k].squares += high_weight * high.by_squares;
            }
        }
        values
    }

    /// What the penalties add to the loss.
    pub(super) fn total(&self, values: PenaltyValues) -> f64 {
        self.yield_weight * values.low_yield + self.uncertainty_weight * values.high_uncertainty
    }
}
