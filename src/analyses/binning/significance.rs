//! Significances of bins, and of a signal over all of them.
//!
//! A signal's significance is that of all bins together, `sqrt(sum Z_k^2)`, where the background of
//! each bin is the sum of the backgrounds and the other signals. A bin without background
//! contributes nothing, because its signal has nothing to be compared with.

use super::options::BinningOptions;
use super::processes::Processes;
use crate::analyses::{BackgroundUncertainty, FigureOfMerit};
use crate::kernels::selection::Yield;
use crate::kernels::significance::{
    MeritSlopes, asimov_significance, asimov_significance_value, signal_over_root_background,
};

/// A background below this many events counts as zero; next to it, the tails of sigmoids would
/// count as signal.
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

/// The variance of a background and its derivatives, for objectives that use it.
pub(super) fn variance(
    objective: FigureOfMerit,
    uncertainty: BackgroundUncertainty,
    background: Yield,
) -> (f64, f64, f64) {
    if objective.has_uncertainty() { uncertainty.variance(background) } else { (0.0, 0.0, 0.0) }
}

/// The significance of one signal over all bins and its derivatives with respect to the yields, in
/// `slopes`.
pub(super) fn signal_significance(
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
