//! Histograms by binned kernel density estimate: every event is smeared by a Normal density and
//! adds the density's integral over each bin to that bin.
//!
//! Enter: events at `x` with weights `w`, edges `e_0 < ... < e_n`, a bandwidth `h`. Leave: yields
//!
//! ```text
//! Y_k = sum_i w_i [ Phi((e_(k+1) - x_i) / h_i) - Phi((e_k - x_i) / h_i) ]
//! ```
//!
//! and their derivatives with respect to `x`, `w`, `e` and `h`: the histogram that a network's
//! outputs can be trained through. As `h` falls they become those of [`plain_histogram`].
//!
//! `Phi` is 0 or 1 to double precision beyond 8.3 bandwidths, so an event is compared only with the
//! edges in its window, eight at a time. The adjoint is summed by parts: with `s` the seeds of the
//! bins, an event's adjoint is `w` times the sum of `Phi_j (s_(j-1) - s_j)` over the edges, and
//! everything beyond its window adds up to a single seed.
//!
//! | symbol | meaning |
//! |---|---|
//! | `h` | bandwidth, in units of `x` |
//! | `z` | deviation `(e - x) / h` of an edge from a kernel's centre |
//! | slot `j` | what lies between the edges `j - 1` and `j`: slot 0 below all, slot `n + 1` above all |
//!
//! Source: arXiv:2203.05570 (neos), section on binned kernel density estimates. Squared weights and
//! the choice of a bandwidth are not covered here.

mod cumulative;
mod estimate;
mod places;
mod widths;

use super::selection::Yield;
use diffhep_names::named;
use estimate::{Adjoint, Estimate};
use places::Places;

/// What becomes of mass outside the outer edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// It is lost.
    Dropped,
    /// The first bin gets everything below the first edge, the last bin everything above the last
    /// edge: these bins are open-ended, and the outer edges only affect relative bandwidths.
    #[default]
    Kept,
    /// Kernels are mirrored at the outer edges: an event at `x` has images at `2 e_0 - x` and
    /// `2 e_n - x`, with the same weight and bandwidth. Mass that leaks out by less than the range
    /// comes back next to the edge, and events outside count through their images.
    Reflected,
}

impl Overflow {
    /// Every treatment with its name.
    pub const TABLE: [(&'static str, Self); 3] =
        [("dropped", Self::Dropped), ("kept", Self::Kept), ("reflected", Self::Reflected)];

    /// Where an event counts in an ordinary histogram between `low` and `high`.
    fn place(self, x: f64, low: f64, high: f64) -> f64 {
        match self {
            Self::Dropped => x,
            Self::Kept => x.clamp(low, high),
            Self::Reflected if x < low => 2.0 * low - x,
            Self::Reflected if x > high => 2.0 * high - x,
            Self::Reflected => x,
        }
    }
}

named!(Overflow, "treatment of overflow");

/// The width of kernels: the standard deviation of their Normal density.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bandwidth {
    /// In units of `x`.
    Absolute(f64),
    /// In local widths of bins: `h(x) = r width(x)`, where `width` is a bin's width at its centre,
    /// linear between neighbouring centres, and constant beyond the first and the last.
    ///
    /// It is interpolated because a bandwidth that jumps from bin to bin would give events near an
    /// edge no derivative. For equal bins it is simply their width.
    Relative(f64),
}

impl Bandwidth {
    fn number(self) -> f64 {
        match self {
            Self::Absolute(h) => h,
            Self::Relative(r) => r,
        }
    }
}

/// Where [`kernel_histogram_vjp`] adds derivatives.
#[derive(Debug)]
pub struct KernelHistogramAdjoint<'a> {
    /// With respect to the events' positions, one number per event.
    pub x: &'a mut [f64],
    /// With respect to the events' weights, one number per event.
    pub weights: &'a mut [f64],
    /// With respect to the edges, one number per edge.
    pub edges: &'a mut [f64],
    /// With respect to the number in the [`Bandwidth`].
    pub bandwidth: &'a mut f64,
}

fn check(x: &[f64], weights: &[f64], edges: &[f64], bins: usize) {
    assert_eq!(x.len(), weights.len(), "a weight an event");
    assert_eq!(edges.len(), bins + 1, "an edge more than bins");
    assert!(bins > 0 && edges.is_sorted_by(|a, b| a < b), "edges ascend");
}

/// Adds the kernel estimate of each bin's yield into `out`, so that chunks of events can be summed.
///
/// `x` and `weights` (in units of the edges, and in events) have the same length and are finite;
/// there is one more of `edges` than of `out`. Every call prepares the edges, so pass a thousand
/// events or more at once.
///
/// # Panics
///
/// If lengths do not agree, there is no bin, edges do not ascend strictly, or the bandwidth is not
/// above 0.
///
/// ```
/// use diffhep_kernels::kernel_histogram::{Bandwidth, Overflow, kernel_histogram};
///
/// let mut bins = [0.0; 2];
/// let bandwidth = Bandwidth::Absolute(0.5);
/// kernel_histogram(&[0.5, 1.0], &[1.0, 2.0], &[0.0, 1.0, 2.0], bandwidth, Overflow::Kept, &mut bins);
/// // Phi(1) of the first event and half of the second, which lies on the edge.
/// assert!((bins[0] - 1.841344746068543).abs() < 1e-14);
/// assert!((bins[0] + bins[1] - 3.0).abs() < 1e-14);
/// ```
pub fn kernel_histogram(
    x: &[f64],
    weights: &[f64],
    edges: &[f64],
    bandwidth: Bandwidth,
    overflow: Overflow,
    out: &mut [f64],
) {
    check(x, weights, edges, out.len());
    let estimate = Estimate::new(edges, bandwidth, overflow);
    let mut slots = estimate.slots();
    for (x, weight) in x.iter().zip(weights) {
        estimate.add(*x, *weight, &mut slots);
    }
    estimate.fill(&slots, out);
}

/// Adds the derivatives of `sum_k seeds_k Y_k`, with `Y` the yields of [`kernel_histogram`], to
/// each part of `adjoint`; `seeds` has one number per bin.
///
/// Where a relative bandwidth's local width has a kink, on a bin's centre, the derivative with
/// respect to `x` is that of the lower side.
///
/// # Panics
///
/// As [`kernel_histogram`], and if the adjoint's lengths do not agree with its inputs.
pub fn kernel_histogram_vjp(
    x: &[f64],
    weights: &[f64],
    edges: &[f64],
    bandwidth: Bandwidth,
    overflow: Overflow,
    seeds: &[f64],
    adjoint: KernelHistogramAdjoint,
) {
    check(x, weights, edges, seeds.len());
    assert!(adjoint.x.len() == x.len() && adjoint.weights.len() == x.len());
    assert_eq!(adjoint.edges.len(), edges.len());
    let estimate = Estimate::new(edges, bandwidth, overflow);
    let mut of_all = Adjoint::new(&estimate, seeds);
    for i in 0..x.len() {
        let (by_x, by_weight) = of_all.add(&estimate, x[i], weights[i]);
        adjoint.x[i] += by_x;
        adjoint.weights[i] += by_weight;
    }
    *adjoint.bandwidth += of_all.pull_back(&estimate, edges, adjoint.edges);
}

/// The bin of [`plain_histogram`] that an event belongs to; `None` if it is left out.
///
/// # Panics
///
/// If there is no bin.
pub fn plain_bin(x: f64, edges: &[f64], overflow: Overflow) -> Option<usize> {
    assert!(edges.len() > 1, "there is a bin");
    let n = edges.len() - 1;
    let x = overflow.place(x, edges[0], edges[n]);
    let is_inside = (edges[0]..=edges[n]).contains(&x);
    is_inside.then(|| edges[1..n].partition_point(|edge| *edge <= x))
}

/// Adds events to the bins of an ordinary histogram: the limit of [`kernel_histogram`] as the
/// bandwidth falls.
///
/// An event on an inner edge belongs to the bin above, one on the last edge to the last bin.
/// Outside, it is left out ([`Overflow::Dropped`]), belongs to the end bin ([`Overflow::Kept`]), or
/// to the bin of its mirror image, if that lies inside ([`Overflow::Reflected`]).
///
/// # Panics
///
/// If lengths do not agree, there is no bin, or edges do not ascend strictly.
pub fn plain_histogram(
    x: &[f64],
    weights: &[f64],
    edges: &[f64],
    overflow: Overflow,
    out: &mut [Yield],
) {
    check(x, weights, edges, out.len());
    let n = out.len();
    let (low, high) = (edges[0], edges[n]);
    let places = Places::new(edges.to_vec());
    for (x, weight) in x.iter().zip(weights) {
        let x = overflow.place(*x, low, high);
        if (low..=high).contains(&x) {
            // Counts the edges that are not above the event: those below the next number.
            let bin = (places.below(x.next_up()) - 1).min(n - 1);
            out[bin] += Yield { sum: *weight, squares: weight * weight };
        }
    }
}

#[cfg(test)]
mod tests;
