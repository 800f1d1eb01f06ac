//! Options that define what a binning is optimised for.

use crate::analyses::{BackgroundUncertainty, FigureOfMerit};
use crate::kernels::selection::Yield;
use diffhep_names::named;

/// How the significances of several signals are combined into one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Combination {
    /// Their geometric mean.
    #[default]
    GeometricMean,
    /// Their sum, weighted.
    WeightedSum,
}

impl Combination {
    /// All combinations, with their names.
    pub const TABLE: [(&'static str, Self); 2] =
        [("geometric-mean", Self::GeometricMean), ("weighted-sum", Self::WeightedSum)];
}

named!(Combination, "combination");

/// The order in which bins are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BinOrder {
    /// From the column's lower to its upper end; categories without a position are listed by index.
    #[default]
    Position,
    /// From the lowest significance to the highest.
    Significance,
}

impl BinOrder {
    /// All orders, with their names.
    pub const TABLE: [(&'static str, Self); 2] =
        [("position", Self::Position), ("significance", Self::Significance)];
}

named!(BinOrder, "order");

/// The edges that an exact binning and the refinement choose from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FineEdges {
    /// Half of the edges at quantiles of the signals' events, up to a quarter where 1, 2, ... times
    /// the minimum background lies beyond them at either end, and the rest at equal distances.
    #[default]
    Mixed,
    /// Equal widths, as in a histogram.
    EqualWidth,
}

impl FineEdges {
    /// All kinds, with their names.
    pub const TABLE: [(&'static str, Self); 2] =
        [("mixed", Self::Mixed), ("equal-width", Self::EqualWidth)];
}

named!(FineEdges, "kind of fine edges");

/// Constraints that keep bins sound; each penalty is added to the loss with its weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Penalties {
    /// Minimum background of a bin, in events. The boundaries of bins in one column are moved to
    /// satisfy it unless no such bins are found; for other categories only the penalty enforces it.
    /// The default is the yield of [`FEWEST_SIMULATED_EVENTS`] simulated background events.
    pub minimum_background: Option<f64>,
    /// Weight of `max(0, 1 - b / minimum)^2`, summed over bins; default 10.
    pub yield_weight: f64,
    /// Largest relative statistical uncertainty of a bin's background; default 0.2.
    pub maximum_uncertainty: f64,
    /// Weight of `max(0, sqrt(v) / b - maximum)^2`, summed over bins; default 0.
    pub uncertainty_weight: f64,
}

/// Minimum number of simulated background events in a bin if no minimum yield is given; with fewer,
/// the background is too poorly known.
pub const FEWEST_SIMULATED_EVENTS: f64 = 10.0;

/// Relative slack of the minimum background, because sums taken in another order differ in the last
/// digits.
const SLACK: f64 = 1e-9;

impl Penalties {
    /// Whether a hard bin with this background satisfies the constraint.
    pub(super) fn is_sound(&self, background: Yield) -> bool {
        let minimum = self.minimum_background.unwrap_or(0.0) * (1.0 - SLACK);
        background.sum >= minimum && background.sum > 0.0
    }
}

impl Default for Penalties {
    fn default() -> Self {
        Self {
            minimum_background: None,
            yield_weight: 10.0,
            maximum_uncertainty: 0.2,
            uncertainty_weight: 0.0,
        }
    }
}

/// What is optimised, and how it is evaluated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BinningOptions {
    /// Default: the Asimov significance of all bins together.
    pub objective: FigureOfMerit,
    /// Default: the geometric mean of the signals' significances; p0 and CLs scale all signals
    /// together and ignore it.
    pub combination: Combination,
    /// The weight of each signal in a weighted sum; by default 1 each.
    pub signal_weights: Vec<f64>,
    /// Default: the background is exact.
    pub uncertainty: BackgroundUncertainty,
    /// Constraints that keep bins sound.
    pub penalties: Penalties,
    /// Default: by position.
    pub order: BinOrder,
}
