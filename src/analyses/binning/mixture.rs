//! Categories of a Gaussian mixture: its shape for given data, and where its descent starts.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::events::EventColumns;
use crate::kernels::membership::{MeanConstraint, MixtureCategories, MixtureShape};
use diffhep_names::named;

/// Where the means of components may lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MixtureMeans {
    /// Anywhere in the columns' ranges.
    #[default]
    Ranges,
    /// Inside the simplex of classifier scores: they add up to 1 together with one that is left
    /// out.
    Simplex,
}

impl MixtureMeans {
    /// Every constraint with its name.
    pub const TABLE: [(&'static str, Self); 2] =
        [("ranges", Self::Ranges), ("simplex", Self::Simplex)];
}

named!(MixtureMeans, "constraint of means");

/// Minimum distance of starting means from their bounds, as a fraction of the range (or of 1).
const MARGIN: f64 = 1e-3;

/// The mixture of `bins` components, which together start as wide as the data.
pub(super) fn shape(columns: &EventColumns, means: MixtureMeans, bins: usize) -> MixtureShape {
    let dimensions = columns.columns.len();
    let share = (bins as f64).powf(-1.0 / dimensions as f64);
    let widths = columns.deviations.iter().map(|deviation| share * deviation);
    let means = match means {
        MixtureMeans::Simplex => MeanConstraint::Simplex,
        MixtureMeans::Ranges => MeanConstraint::Box(columns.ranges.clone()),
    };
    MixtureShape {
        categories: bins,
        means,
        widths: widths.collect(),
        damping: MixtureShape::DAMPING,
    }
}

/// Raw parameters of a mean at an event, or as close to it as the constraint allows.
fn raw_mean(shape: &MixtureShape, event: &[f64]) -> Vec<f64> {
    match &shape.means {
        MeanConstraint::Simplex => {
            let inside = |p: f64| p.max(MARGIN);
            let rest = inside(1.0 - event.iter().sum::<f64>());
            event.iter().map(|p| (inside(*p) / rest).ln()).collect()
        }
        MeanConstraint::Box(ranges) => {
            let raw = |(x, (low, high)): (&f64, &(f64, f64))| {
                let share = ((x - low) / (high - low)).clamp(MARGIN, 1.0 - MARGIN);
                (share / (1.0 - share)).ln()
            };
            event.iter().zip(ranges).map(raw).collect()
        }
    }
}

/// The starting point of a descent: equal weights, round components, and means at random events
/// taken from the signals in turn.
pub(super) fn start(
    columns: &EventColumns,
    shape: &MixtureShape,
    signals: usize,
    seed: u64,
) -> Vec<f64> {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let mut raw = vec![0.0; shape.parameters()];
    let dimensions = shape.columns();
    for k in 0..shape.categories {
        let signal = k % signals;
        let event = generator.next_u64() % columns.events(signal) as u64;
        let mean = raw_mean(shape, &columns.event(signal, event as usize));
        raw[shape.categories + k * dimensions..][..dimensions].copy_from_slice(&mean);
    }
    raw
}

/// The categories; `hardness` is the inverse temperature.
pub(super) fn categories(
    shape: &MixtureShape,
    parameters: &[f64],
    hardness: f64,
) -> MixtureCategories {
    MixtureCategories::new(shape, parameters, 1.0 / hardness)
}
