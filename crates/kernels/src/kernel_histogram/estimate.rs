//! The estimate for one set of edges: what events add to its slots, and its adjoint.

use std::simd::f64x8;

use super::cumulative::{Block, LANES, REACH, ZERO, clamped, cumulative, cumulative_and_slope};
use super::places::Places;
use super::widths::{Width, Widths, WidthsAdjoint};
use super::{Bandwidth, Overflow};

/// The Normal density of an event, or of one of its images.
#[derive(Clone, Copy, Debug)]
struct Kernel {
    centre: f64,
    h: f64,
    inverse_h: f64,
}

/// Edges and bandwidths, prepared for many events.
#[derive(Clone, Debug)]
pub(super) struct Estimate {
    bins: usize,
    bandwidth: f64,
    overflow: Overflow,
    /// The edges, followed by infinities, so that a block can begin anywhere.
    edges: Vec<f64>,
    places: Places,
    widths: Widths,
}

/// `numbers`, and `fill` up to the length of [`Estimate::slots`].
fn padded(numbers: &[f64], bins: usize, fill: f64) -> Vec<f64> {
    let mut padded = vec![fill; bins + 2 + LANES];
    padded[..numbers.len()].copy_from_slice(numbers);
    padded
}

fn block(numbers: &[f64], from: usize) -> Block {
    Block::from_slice(&numbers[from..from + LANES])
}

fn add_block(numbers: &mut [f64], from: usize, block: Block) {
    let numbers = &mut numbers[from..from + LANES];
    (f64x8::from_slice(numbers) + block).copy_to_slice(numbers);
}

/// The sum of a block's numbers, by halves.
fn sum(block: Block) -> f64 {
    let [a, b, c, d, e, f, g, h] = block.to_array();
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

impl Estimate {
    pub(super) fn new(edges: &[f64], bandwidth: Bandwidth, overflow: Overflow) -> Self {
        let number = bandwidth.number();
        assert!(number > 0.0 && number.is_finite(), "a bandwidth above 0, not {number}");
        let bins = edges.len() - 1;
        Self {
            bins,
            bandwidth: number,
            overflow,
            edges: padded(edges, bins, f64::INFINITY),
            places: Places::new(edges.to_vec()),
            widths: Widths::new(bandwidth, edges),
        }
    }

    /// Empty slots: one below all edges, one above, one per bin, and as many as a block can
    /// overhang.
    pub(super) fn slots(&self) -> Vec<f64> {
        vec![0.0; self.edges.len()]
    }

    fn kernel(&self, x: f64) -> (Kernel, Width) {
        let width = self.widths.at(x);
        let h = self.bandwidth * width.width;
        (Kernel { centre: x, h, inverse_h: h.recip() }, width)
    }

    /// The images of a kernel that reach into the range, and the edges at which they are mirrored.
    fn images(&self, kernel: Kernel) -> impl Iterator<Item = (Kernel, usize)> {
        let (low, high) = (self.edges[0], self.edges[self.bins]);
        let ends: &[usize] = if self.overflow == Overflow::Reflected { &[0, 1] } else { &[] };
        ends.iter().filter_map(move |end| {
            let edge = end * self.bins;
            let centre = 2.0 * self.edges[edge] - kernel.centre;
            let reach = REACH * kernel.h;
            let is_near = centre + reach > low && centre - reach < high;
            is_near.then_some((Kernel { centre, ..kernel }, edge))
        })
    }

    /// The first edge in a kernel's window.
    fn first(&self, kernel: Kernel) -> usize {
        self.places.below(kernel.centre - REACH * kernel.h)
    }

    /// Whether the block of edges from `first` on is a kernel's last. It ends above the kernel's
    /// window, or above all edges: for the largest representable numbers the window is infinite.
    fn is_last(&self, first: usize, kernel: Kernel) -> bool {
        let last = first + LANES - 1;
        last > self.bins || self.edges[last] > kernel.centre + REACH * kernel.h
    }

    fn deviations(&self, first: usize, kernel: Kernel) -> Block {
        let edges = block(&self.edges, first);
        clamped((edges - Block::splat(kernel.centre)) * Block::splat(kernel.inverse_h))
    }

    /// Adds an event to the slots.
    pub(super) fn add(&self, x: f64, weight: f64, slots: &mut [f64]) {
        let (kernel, _) = self.kernel(x);
        self.add_kernel(kernel, weight, slots);
        for (image, _) in self.images(kernel) {
            self.add_kernel(image, weight, slots);
        }
    }

    fn add_kernel(&self, kernel: Kernel, weight: f64, slots: &mut [f64]) {
        let (mut first, mut before) = (self.first(kernel), 0.0);
        loop {
            let phi = cumulative(self.deviations(first, kernel));
            let of_slots = phi - phi.shift_elements_right::<1>(before);
            add_block(slots, first, Block::splat(weight) * of_slots);
            if self.is_last(first, kernel) {
                return;
            }
            (first, before) = (first + LANES, phi[LANES - 1]);
        }
    }

    /// Adds slots to the bins that they belong to.
    pub(super) fn fill(&self, slots: &[f64], out: &mut [f64]) {
        let n = self.bins;
        for (bin, slot) in out.iter_mut().zip(&slots[1..=n]) {
            *bin += slot;
        }
        if self.overflow == Overflow::Kept {
            out[0] += slots[0];
            out[n - 1] += slots[n + 1];
        }
    }
}

/// What a kernel adds to the adjoint: the derivatives with respect to its own numbers.
#[derive(Clone, Copy, Debug)]
struct KernelSlopes {
    weight: f64,
    centre: f64,
    h: f64,
}

/// The adjoint of all events together.
#[derive(Clone, Debug)]
pub(super) struct Adjoint {
    /// One number per slot: the seed of its bin, or 0 if the slot is dropped.
    seeds: Vec<f64>,
    /// One number per edge: the change when mass moves from the slot above it to the one below.
    steps: Vec<f64>,
    edges: Vec<f64>,
    bandwidth: f64,
    widths: WidthsAdjoint,
}

impl Adjoint {
    pub(super) fn new(estimate: &Estimate, of_bins: &[f64]) -> Self {
        let n = estimate.bins;
        let (below, above) = match estimate.overflow {
            Overflow::Kept => (of_bins[0], of_bins[n - 1]),
            Overflow::Dropped | Overflow::Reflected => (0.0, 0.0),
        };
        let mut seeds = padded(&[below], n, above);
        seeds[1..=n].copy_from_slice(of_bins);
        let steps: Vec<f64> = seeds.windows(2).map(|pair| pair[0] - pair[1]).collect();
        Self {
            steps: padded(&steps, n, 0.0),
            seeds,
            edges: estimate.slots(),
            bandwidth: 0.0,
            widths: WidthsAdjoint::new(&estimate.widths),
        }
    }

    /// Adds an event, and returns the derivatives with respect to its position and its weight.
    pub(super) fn add(&mut self, estimate: &Estimate, x: f64, weight: f64) -> (f64, f64) {
        let (kernel, width) = estimate.kernel(x);
        let KernelSlopes { weight: mut by_weight, centre: mut by_x, h: mut by_h } =
            self.add_kernel(estimate, kernel, weight);
        for (image, edge) in estimate.images(kernel) {
            let slopes = self.add_kernel(estimate, image, weight);
            by_weight += slopes.weight;
            by_x -= slopes.centre;
            by_h += slopes.h;
            self.edges[edge] += 2.0 * slopes.centre;
        }
        let by_width = estimate.bandwidth * by_h;
        self.bandwidth += width.width * by_h;
        self.widths.add(&width, by_width);
        (by_x + by_width * width.slope, by_weight)
    }

    fn add_kernel(&mut self, estimate: &Estimate, kernel: Kernel, weight: f64) -> KernelSlopes {
        let mut first = estimate.first(kernel);
        let (mut by_weight, mut by_z, mut by_ln_h) = (ZERO, ZERO, ZERO);
        let scale = Block::splat(weight * kernel.inverse_h);
        loop {
            let z = estimate.deviations(first, kernel);
            let (phi, slope) = cumulative_and_slope(z);
            let step = block(&self.steps, first);
            by_weight += phi * step;
            let slope = slope * step * scale;
            by_z += slope;
            by_ln_h += slope * z;
            add_block(&mut self.edges, first, slope);
            first += LANES;
            if estimate.is_last(first - LANES, kernel) {
                break;
            }
        }
        KernelSlopes {
            weight: sum(by_weight) + self.seeds[first],
            centre: -sum(by_z),
            h: -sum(by_ln_h),
        }
    }

    /// Adds the derivatives with respect to the edges, and returns that with respect to the
    /// bandwidth's number.
    pub(super) fn pull_back(
        &self,
        estimate: &Estimate,
        edges: &[f64],
        by_edges: &mut [f64],
    ) -> f64 {
        for (sum, part) in by_edges.iter_mut().zip(&self.edges) {
            *sum += part;
        }
        self.widths.pull_back(&estimate.widths, edges, by_edges);
        self.bandwidth
    }
}
