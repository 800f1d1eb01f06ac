//! What a binning is optimised for.

use crate::analyses::{BackgroundUncertainty, FigureOfMerit};
use crate::kernels::selection::Yield;
use diffhep_names::named;

/// How the significances of several signals become one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Combination {
    /// Their geometric mean.
    #[default]
    GeometricMean,
    /// Their sum, weighted.
    WeightedSum,
}

impl Combination {
    /// Every combination with its name.
    pub const TABLE: [(&'static str, Self); 2] =
        [("geometric-mean", Self::GeometricMean), ("weighted-sum", Self::WeightedSum)];
}

named!(Combination, "combination");

/// In which order bins are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BinOrder {
    /// From the column's lower to its upper end; categories without a position in the order of
    /// their making.
    #[default]
    Position,
    /// From the lowest significance to the highest.
    Significance,
}

impl BinOrder {
    /// Every order with its name.
    pub const TABLE: [(&'static str, Self); 2] =
        [("position", Self::Position), ("significance", Self::Significance)];
}

named!(BinOrder, "order");

/// Which edges an exact binning and the refinement choose from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FineEdges {
    /// Half at quantiles of the signals' events, up to a quarter where 1, 2, ... smallest
    /// backgrounds lie beyond at either end, the rest of equal width.
    #[default]
    Mixed,
    /// Of equal width, as those of a histogram.
    EqualWidth,
}

impl FineEdges {
    /// Every kind with its name.
    pub const TABLE: [(&'static str, Self); 2] =
        [("mixed", Self::Mixed), ("equal-width", Self::EqualWidth)];
}

named!(FineEdges, "kind of fine edges");

/// What keeps bins sound; each penalty is added to the loss with its weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Penalties {
    /// Smallest background of a bin, in events. Bins of one column are moved to hold it, unless no
    /// such bins are found; penalties alone ask it of other categories. By default the yield of
    /// [`FEWEST_SIMULATED_EVENTS`] simulated background events.
    pub minimum_background: Option<f64>,
    /// Weight of `max(0, 1 - b / minimum)^2`, summed over bins; default 10.
    pub yield_weight: f64,
    /// Largest relative statistical uncertainty of a bin's background; default 0.2.
    pub maximum_uncertainty: f64,
    /// Weight of `max(0, sqrt(v) / b - maximum)^2`, summed over bins; default 0.
    pub uncertainty_weight: f64,
}

/// Simulated events that a bin's background needs at least where no smallest yield is given: fewer
/// do not tell what it is.
pub const FEWEST_SIMULATED_EVENTS: f64 = 10.0;

/// Relative slack of the smallest background: sums in another order differ in the last digits.
const SLACK: f64 = 1e-9;

impl Penalties {
    /// Whether a hard bin with this background may stand.
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

/// What is optimised, and how it is judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BinningOptions {
    /// Default: the Asimov significance of all bins together.
    pub objective: FigureOfMerit,
    /// Default: the geometric mean of the signals' significances; p0 and CLs scale all signals
    /// together and take no notice of it.
    pub combination: Combination,
    /// A signal's weight each in a weighted sum; by default 1 each.
    pub signal_weights: Vec<f64>,
    /// Default: the background is exact.
    pub uncertainty: BackgroundUncertainty,
    /// What keeps bins sound.
    pub penalties: Penalties,
    /// Default: by position.
    pub order: BinOrder,
}
