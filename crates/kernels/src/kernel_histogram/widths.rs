//! Bandwidths that follow the bins' widths.

use std::autodiff::autodiff_reverse;

use super::Bandwidth;
use super::places::Places;

/// Computes, from three neighbouring edges, the centre and width of the lower bin, and the slope of
/// the width from its centre to that of the upper bin.
#[autodiff_reverse(d_line, Duplicated, Duplicated)]
fn line(edges: &[f64], out: &mut [f64]) {
    out[0] = 0.5 * (edges[0] + edges[1]);
    out[1] = edges[1] - edges[0];
    out[2] = 2.0 * ((edges[2] - edges[1]) - (edges[1] - edges[0])) / (edges[2] - edges[0]);
}

/// A straight piece of the local width: `width + slope (x - centre)`.
#[derive(Clone, Copy, Debug)]
struct Line {
    centre: f64,
    width: f64,
    slope: f64,
}

/// The factor of a bandwidth's number at a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Width {
    pub(super) width: f64,
    /// Its derivative with respect to the point.
    pub(super) slope: f64,
    piece: usize,
    distance: f64,
}

/// The factor of a bandwidth's number everywhere: 1, or the local width of bins.
#[derive(Clone, Debug)]
pub(super) struct Widths {
    /// Ends of the pieces: the bins' centres.
    knots: Places,
    lines: Vec<Line>,
}

impl Widths {
    pub(super) fn new(bandwidth: Bandwidth, edges: &[f64]) -> Self {
        let Bandwidth::Relative(_) = bandwidth else {
            let one = Line { centre: 0.0, width: 1.0, slope: 0.0 };
            return Self { knots: Places::new(Vec::new()), lines: vec![one] };
        };
        let n = edges.len() - 1;
        let centres = (0..n).map(|k| 0.5 * (edges[k] + edges[k + 1])).collect();
        let constant = |k: usize| Line { centre: 0.0, width: edges[k + 1] - edges[k], slope: 0.0 };
        let between = edges.windows(3).map(|edges| {
            let mut out = [0.0; 3];
            line(edges, &mut out);
            Line { centre: out[0], width: out[1], slope: out[2] }
        });
        let lines = std::iter::once(constant(0)).chain(between).chain([constant(n - 1)]);
        Self { knots: Places::new(centres), lines: lines.collect() }
    }

    pub(super) fn at(&self, x: f64) -> Width {
        let piece = self.knots.below(x);
        let Line { centre, width, slope } = self.lines[piece];
        let distance = x - centre;
        Width { width: width + slope * distance, slope, piece, distance }
    }
}

/// The adjoint of [`Widths`].
#[derive(Clone, Debug)]
pub(super) struct WidthsAdjoint {
    /// For each piece, the sum of the adjoints of widths, and that of the adjoints times the
    /// distance from its centre.
    pieces: Vec<[f64; 2]>,
}

impl WidthsAdjoint {
    pub(super) fn new(widths: &Widths) -> Self {
        Self { pieces: vec![[0.0; 2]; widths.lines.len()] }
    }

    /// Adds the adjoint of the width at a point.
    pub(super) fn add(&mut self, at: &Width, adjoint: f64) {
        let piece = &mut self.pieces[at.piece];
        piece[0] += adjoint;
        piece[1] += adjoint * at.distance;
    }

    /// Adds the derivatives with respect to the edges that the widths were made from.
    pub(super) fn pull_back(&self, widths: &Widths, edges: &[f64], by_edges: &mut [f64]) {
        let [first, inner @ .., last] = &self.pieces[..] else { return };
        let n = edges.len() - 1;
        for (k, [by_width, _]) in [(0, first), (n - 1, last)] {
            by_edges[k] -= by_width;
            by_edges[k + 1] += by_width;
        }
        for (k, [by_width, by_slope]) in inner.iter().enumerate() {
            let by_centre = -by_width * widths.lines[k + 1].slope;
            let seed = &mut [by_centre, *by_width, *by_slope];
            d_line(&edges[k..k + 3], &mut by_edges[k..k + 3], &mut [0.0; 3], seed);
        }
    }
}
