//! Histograms by binned kernel density estimate.

use super::super::status::{Error, Status, guard};
use super::super::views::{
    Arguments, ConstView, View, check_finite, check_length, check_values, choose,
};
use super::or_own;
use diffhep::kernels::kernel_histogram::{
    Bandwidth, KernelHistogramAdjoint, Overflow, kernel_histogram, kernel_histogram_vjp,
};

/// What happens to mass outside the outer edges; an argument of kernel histograms.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverflowChoice {
    /// It is lost.
    Dropped = 0,
    /// The end bins are open-ended.
    Kept = 1,
    /// Kernels are mirrored at the outer edges.
    Reflected = 2,
}

/// The unit of a bandwidth; an argument of kernel histograms.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandwidthChoice {
    /// Units of the events.
    Absolute = 0,
    /// Local widths of the bins.
    Relative = 1,
}

fn overflow_of(found: i32) -> Result<Overflow, Error> {
    let table = [
        (OverflowChoice::Dropped as i32, Overflow::Dropped),
        (OverflowChoice::Kept as i32, Overflow::Kept),
        (OverflowChoice::Reflected as i32, Overflow::Reflected),
    ];
    choose("overflow", found, &table, "0 (dropped), 1 (kept), 2 (reflected)")
}

fn bandwidth_of(found: i32, bandwidth: f64) -> Result<Bandwidth, Error> {
    let need = "it must be finite, above 0 and not subnormal";
    check_values("bandwidth", &[bandwidth], need, |h| h > 0.0 && h.is_normal())?;
    let table = [
        (BandwidthChoice::Absolute as i32, Bandwidth::Absolute(bandwidth)),
        (BandwidthChoice::Relative as i32, Bandwidth::Relative(bandwidth)),
    ];
    choose("bandwidth_choice", found, &table, "0 (absolute), 1 (relative)")
}

/// Checks events, edges and the bandwidth relative to them; returns the number of bins.
fn check(x: &[f64], weights: &[f64], edges: &[f64], bandwidth: Bandwidth) -> Result<usize, Error> {
    check_length("weights", weights.len(), x.len(), "one an event, as many as x")?;
    check_finite("x", x)?;
    check_finite("weights", weights)?;
    check_finite("edges", edges)?;
    if edges.len() < 2 {
        let why = "two or more make a bin";
        return Err(Error::Length { argument: "edges", expected: 2, found: edges.len(), why });
    }
    if let Some(i) = edges.windows(2).position(|pair| pair[0] >= pair[1]) {
        let (index, need) = (i + 1, "edges must ascend strictly");
        return Err(Error::Value { argument: "edges", index, found: edges[index], need });
    }
    let (first, last) = (edges[0], edges[edges.len() - 1]);
    let need = "edges must not span more than the largest number";
    check_values("edges", &[last - first], need, f64::is_finite)?;
    if let Bandwidth::Relative(r) = bandwidth {
        let widths = edges.windows(2).map(|pair| r * (pair[1] - pair[0]));
        let widths: Vec<f64> = widths.collect();
        let need = "times a bin's width it must be finite, above 0 and not subnormal";
        check_values("bandwidth", &widths, need, f64::is_normal)?;
    }
    Ok(edges.len() - 1)
}

/// Yields of bins, every event smeared by a Normal density:
/// `Y_k = sum_i w_i (Phi((e_(k+1) - x_i) / h) - Phi((e_k - x_i) / h))`, into `bins`, one fewer than
/// `edges`.
///
/// `x`, `weights`: one per event, finite, in units of the edges and in events. `edges`: ascending.
/// `bandwidth_choice`: a `diffhep_bandwidth`; `bandwidth`: `h`, above 0. `overflow`: a
/// `diffhep_overflow`. Source: arXiv:2203.05570.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_kernel_histogram(
    x: ConstView,
    weights: ConstView,
    edges: ConstView,
    bandwidth_choice: i32,
    bandwidth: f64,
    overflow: i32,
    bins: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_kernel_histogram", || unsafe {
        let mut arguments = Arguments::default();
        let x = arguments.input("x", x)?;
        let weights = arguments.input("weights", weights)?;
        let edges = arguments.input("edges", edges)?;
        let (bandwidth, overflow) =
            (bandwidth_of(bandwidth_choice, bandwidth)?, overflow_of(overflow)?);
        let count = check(x, weights, edges, bandwidth)?;
        let bins = arguments.output("bins", bins, count, "one fewer than edges")?;
        bins.fill(0.0);
        kernel_histogram(x, weights, edges, bandwidth, overflow, bins);
        Ok(())
    })
}

/// Adds the derivatives of `sum_k seeds_k Y_k` of `diffhep_kernel_histogram` to `by_x`,
/// `by_weights` (one per event), `by_edges` (one per edge) and `by_bandwidth` (one number), each of
/// which may be left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_kernel_histogram_vjp(
    x: ConstView,
    weights: ConstView,
    edges: ConstView,
    bandwidth_choice: i32,
    bandwidth: f64,
    overflow: i32,
    seeds: ConstView,
    by_x: View,
    by_weights: View,
    by_edges: View,
    by_bandwidth: *mut f64,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_kernel_histogram_vjp", || unsafe {
        let mut arguments = Arguments::default();
        let x = arguments.input("x", x)?;
        let weights = arguments.input("weights", weights)?;
        let edges = arguments.input("edges", edges)?;
        let seeds = arguments.input("seeds", seeds)?;
        let (bandwidth, overflow) =
            (bandwidth_of(bandwidth_choice, bandwidth)?, overflow_of(overflow)?);
        let bins = check(x, weights, edges, bandwidth)?;
        check_length("seeds", seeds.len(), bins, "one fewer than edges")?;
        check_finite("seeds", seeds)?;
        let (events, n_edges) = (x.len(), edges.len());
        let by_x = arguments.optional_output("by_x", by_x, events, "one an event")?;
        let by_weights =
            arguments.optional_output("by_weights", by_weights, events, "one an event")?;
        let by_edges = arguments.optional_output("by_edges", by_edges, n_edges, "one an edge")?;
        let by_bandwidth = arguments.optional_result("by_bandwidth", by_bandwidth)?;
        let (mut own_x, mut own_weights, mut own_edges) = (Vec::new(), Vec::new(), Vec::new());
        let mut own_bandwidth = 0.0;
        let adjoint = KernelHistogramAdjoint {
            x: or_own(by_x, &mut own_x, events),
            weights: or_own(by_weights, &mut own_weights, events),
            edges: or_own(by_edges, &mut own_edges, n_edges),
            bandwidth: by_bandwidth.unwrap_or(&mut own_bandwidth),
        };
        kernel_histogram_vjp(x, weights, edges, bandwidth, overflow, seeds, adjoint);
        Ok(())
    })
}
