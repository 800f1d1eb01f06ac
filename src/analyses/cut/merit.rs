//! Turns yields into a figure of merit and a loss with its derivatives.

use super::counting::counting_test;
use super::error::CutError;
use crate::analyses::figure_of_merit::{BackgroundUncertainty, FigureOfMerit};
use crate::inference::expected::ExpectedTest;
use crate::kernels::asymptotics::{ln_tail, significance_of_p_value};
use crate::kernels::selection::Yield;
use crate::kernels::significance::{
    MeritSlopes, NO_BACKGROUND, asimov_significance, signal_over_root_background,
};
use diffhep_names::named;

/// The loss that is minimised if the figure of merit is a significance Z; for p-values it is the
/// logarithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loss {
    /// -Z.
    #[default]
    Negative,
    /// 1 / Z; needs a signal yield above 0, because it would reward negative ones.
    Reciprocal,
}

impl Loss {
    /// All losses, with their names.
    pub const TABLE: [(&'static str, Self); 2] =
        [("negative", Self::Negative), ("reciprocal", Self::Reciprocal)];
}

named!(Loss, "loss");

/// A selection's figure of merit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merit {
    /// In standard deviations: the objective itself, or `Phi^-1(1 - p)` for a p-value. Infinite
    /// where signal but no background is left.
    pub significance: f64,
    /// The p-value (p0 or CLs), if the objective is one.
    pub p_value: Option<f64>,
    /// The quantity that is minimised.
    pub loss: f64,
    /// Derivative of the loss with respect to the significance.
    pub by_significance: f64,
    /// Derivative of the loss with respect to the signal yield.
    pub by_signal: f64,
    /// Derivative of the loss with respect to the background yield.
    pub by_background: f64,
    /// Derivative of the loss with respect to the background's sum of squared weights.
    pub by_squares: f64,
}

fn significance_merit(slopes: MeritSlopes, variance: (f64, f64, f64), loss: Loss) -> Merit {
    let z = slopes.value;
    let (loss, by_z) = match loss {
        Loss::Negative => (-z, -1.0),
        Loss::Reciprocal => (1.0 / z, -1.0 / (z * z)),
    };
    Merit {
        significance: z,
        p_value: None,
        loss,
        by_significance: by_z,
        by_signal: by_z * slopes.by_signal,
        by_background: by_z * (slopes.by_background + slopes.by_variance * variance.1),
        by_squares: by_z * slopes.by_variance * variance.2,
    }
}

impl FigureOfMerit {
    /// The figure of merit of a selection with these yields.
    ///
    /// # Errors
    /// [`CutError::NegativeYield`] outside `b >= 0`, `s + b >= 0`; errors of the counting model.
    pub fn merit(
        self,
        signal: Yield,
        background: Yield,
        uncertainty: BackgroundUncertainty,
        loss: Loss,
    ) -> Result<Merit, CutError> {
        let (s, b) = (signal.sum, background.sum);
        if b < 0.0 || s + b < 0.0 {
            return Err(CutError::NegativeYield { signal: s, background: b });
        }
        let exact = (0.0, 0.0, 0.0);
        let variance = uncertainty.variance(background);
        match self {
            Self::Asimov => Ok(significance_merit(asimov_significance(s, b, 0.0), exact, loss)),
            Self::AsimovUncertainty => {
                Ok(significance_merit(asimov_significance(s, b, variance.0), variance, loss))
            }
            Self::SignalOverRootBackground => {
                Ok(significance_merit(signal_over_root_background(s, b), exact, loss))
            }
            Self::DiscoveryPValue => p_value_merit(ExpectedTest::Discovery, s, b, variance),
            Self::Cls => p_value_merit(ExpectedTest::Exclusion, s, b, variance),
        }
    }
}

fn p_value_merit(
    test: ExpectedTest,
    s: f64,
    b: f64,
    (variance, by_sum, by_squares): (f64, f64, f64),
) -> Result<Merit, CutError> {
    let nothing_left = Merit {
        significance: f64::INFINITY,
        p_value: Some(0.0),
        loss: f64::NEG_INFINITY,
        by_significance: 0.0,
        by_signal: 0.0,
        by_background: 0.0,
        by_squares: 0.0,
    };
    if b < NO_BACKGROUND && s > 0.0 {
        return Ok(nothing_left);
    }
    let sigma = variance.sqrt();
    let slopes = counting_test(test, s, b, sigma)?;
    let by_variance = if sigma > 0.0 { slopes.by_uncertainty / (2.0 * sigma) } else { 0.0 };
    let significance = significance_of_p_value(slopes.ln_p);
    Ok(Merit {
        significance,
        by_significance: ln_tail(significance).1,
        p_value: Some(slopes.ln_p.exp()),
        loss: slopes.ln_p,
        by_signal: slopes.by_signal,
        by_background: slopes.by_background + by_variance * by_sum,
        by_squares: by_variance * by_squares,
    })
}
