//! Turns the bins' yields into a figure of merit and a loss with its derivatives.

use super::error::BinningError;
use super::options::{BinningOptions, Combination, Penalties};
use super::processes::Processes;
use super::significance::signal_significance;
use super::workspace::{filled, slopes_of, workspace};
use crate::analyses::FigureOfMerit;
use crate::inference::expected::{ExpectedPValue, ExpectedTest};
use crate::kernels::asymptotics::significance_of_p_value;
use crate::kernels::penalty::{high_uncertainty_penalty, low_yield_penalty};
use crate::kernels::selection::Yield;

/// The figure of merit of a binning.
#[derive(Clone, Debug, PartialEq)]
pub struct BinningMerit {
    /// In standard deviations: the combined significance of the signals, or `Phi^-1(1 - p)` for a
    /// p-value.
    pub significance: f64,
    /// Each signal's own significance; empty if the objective is a p-value, which scales all
    /// signals together.
    pub by_signal: Vec<f64>,
    /// The p-value (p0 or CLs), if the objective is one.
    pub p_value: Option<f64>,
    /// The quantity that is minimised, without penalties: minus the significance, or ln p.
    pub loss: f64,
    /// Derivative of the loss with respect to the yields: one list per process, one entry per bin.
    pub slopes: Vec<Vec<Yield>>,
}

/// Penalties before weighting.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PenaltyValues {
    /// On low background yields.
    pub low_yield: f64,
    /// On high relative uncertainties.
    pub high_uncertainty: f64,
}

/// p0 or CLs of yields.
fn p_value_merit(
    options: &BinningOptions,
    processes: &Processes,
    yields: &[Vec<Yield>],
    with_slopes: bool,
) -> Result<BinningMerit, BinningError> {
    let test = match options.objective {
        FigureOfMerit::Cls => ExpectedTest::Exclusion,
        _ => ExpectedTest::Discovery,
    };
    let bins = filled(processes, yields);
    let in_model: Vec<Vec<Yield>> =
        yields.iter().map(|process| bins.iter().map(|k| process[*k]).collect()).collect();
    let zeros = || vec![vec![Yield::default(); yields[0].len()]; yields.len()];
    let found = match bins.is_empty() {
        true => ExpectedPValue { ln_p: test.ln_p_without_signal(), gradient: None },
        false => test.ln_p(workspace(options, processes, &in_model), with_slopes)?,
    };
    let mut slopes = if with_slopes { zeros() } else { Vec::new() };
    if let Some(gradient) = &found.gradient {
        let of_model = slopes_of(gradient, processes, &in_model);
        for (slopes, of_model) in slopes.iter_mut().zip(of_model) {
            bins.iter().zip(of_model).for_each(|(k, slope)| slopes[*k] = slope);
        }
    }
    Ok(BinningMerit {
        significance: significance_of_p_value(found.ln_p),
        by_signal: Vec::new(),
        p_value: Some(found.ln_p.exp()),
        loss: found.ln_p,
        slopes,
    })
}

impl BinningOptions {
    /// The combined significance and its derivative with respect to the significance of each
    /// signal.
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

    /// The figure of merit of yields, without penalties; the derivatives are an empty list unless
    /// `with_slopes` is set.
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
    /// The penalties of yields; adds their weighted derivatives to `slopes`.
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
