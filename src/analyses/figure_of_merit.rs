//! Figures of merit for selections and binnings, and how well the background is known.

use crate::kernels::selection::Yield;
use diffhep_names::named;

/// The figure of merit that is optimised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FigureOfMerit {
    /// Asimov significance with an exact background.
    #[default]
    Asimov,
    /// Asimov significance with background uncertainty.
    AsimovUncertainty,
    /// Signal over the root of the background.
    SignalOverRootBackground,
    /// Median discovery p-value of the profile likelihood, with the background uncertainty
    /// profiled.
    DiscoveryPValue,
    /// Median CLs of the profile likelihood, with the background uncertainty profiled.
    Cls,
}

impl FigureOfMerit {
    /// All objectives, with their names.
    pub const TABLE: [(&'static str, Self); 5] = [
        ("asimov", Self::Asimov),
        ("asimov-uncertainty", Self::AsimovUncertainty),
        ("s-over-sqrt-b", Self::SignalOverRootBackground),
        ("p0", Self::DiscoveryPValue),
        ("cls", Self::Cls),
    ];

    /// Whether the objective depends on the background's uncertainty.
    pub fn has_uncertainty(self) -> bool {
        matches!(self, Self::AsimovUncertainty | Self::DiscoveryPValue | Self::Cls)
    }

    /// Whether the objective fits a likelihood, which costs far more than a formula.
    pub fn fits(self) -> bool {
        matches!(self, Self::DiscoveryPValue | Self::Cls)
    }
}

named!(FigureOfMerit, "objective");

/// How well the background is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BackgroundUncertainty {
    /// Relative to the background's yield; default 0.
    pub relative: f64,
    /// Whether the simulation's statistical uncertainty is added in quadrature; default no.
    pub simulation: bool,
}

impl BackgroundUncertainty {
    /// The variance of a background's yield, and its derivatives with respect to the yield and the
    /// sum of squared weights.
    pub(super) fn variance(self, background: Yield) -> (f64, f64, f64) {
        let squares = if self.simulation { 1.0 } else { 0.0 };
        let relative = self.relative * self.relative;
        let variance = relative * background.sum * background.sum + squares * background.squares;
        (variance, 2.0 * relative * background.sum, squares)
    }
}
