//! What selections and binnings are optimised for, and how well their background is known.

use crate::kernels::selection::Yield;
use diffhep_names::named;

/// What a selection is optimised for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FigureOfMerit {
    /// Asimov significance, background exact.
    #[default]
    Asimov,
    /// Asimov significance with background uncertainty.
    AsimovUncertainty,
    /// Signal over the root of the background.
    SignalOverRootBackground,
    /// Median discovery p-value of the profile likelihood, background uncertainty profiled.
    DiscoveryPValue,
    /// Median CLs of the profile likelihood, background uncertainty profiled.
    Cls,
}

impl FigureOfMerit {
    /// Every objective with its name.
    pub const TABLE: [(&'static str, Self); 5] = [
        ("asimov", Self::Asimov),
        ("asimov-uncertainty", Self::AsimovUncertainty),
        ("s-over-sqrt-b", Self::SignalOverRootBackground),
        ("p0", Self::DiscoveryPValue),
        ("cls", Self::Cls),
    ];

    /// Whether the background's uncertainty matters to it.
    pub fn has_uncertainty(self) -> bool {
        matches!(self, Self::AsimovUncertainty | Self::DiscoveryPValue | Self::Cls)
    }

    /// Whether it fits a likelihood, which costs far more than a formula.
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
    /// The variance of a background's yield, and its derivatives by yield and squared weights.
    pub(super) fn variance(self, background: Yield) -> (f64, f64, f64) {
        let squares = if self.simulation { 1.0 } else { 0.0 };
        let relative = self.relative * self.relative;
        let variance = relative * background.sum * background.sum + squares * background.squares;
        (variance, 2.0 * relative * background.sum, squares)
    }
}
