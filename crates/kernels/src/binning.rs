//! Soft bins of one discriminant: yields with sigmoid boundaries and their derivatives.
//!
//! With boundaries `b_1 < b_2 < ...` and steepness `k`, an event at `x` belongs to bin `j` with
//! weight `m_j = sigma_j - sigma_(j+1)`, `sigma_j = 1 / (1 + exp(-k (x - b_j)))`, and 1 and 0
//! beyond the outermost boundaries: outer bins are open-ended. A bin's yield is `Y = sum w m`, its
//! sum of squared weights `V = sum (w m)^2`. As `k` grows, both become those of a histogram.
//!
//! Events are sorted once and processed in segments. A sigmoid is 0 or 1 to double precision beyond
//! `k |x - b| = 38`, so few boundaries reach a segment, and a segment that none reaches belongs
//! entirely to its bin. In a narrow segment, the exponential is computed once per event instead of
//! once per event and boundary: `sigma_j = E / (E + B_j)` with `E = exp(k (x - x_0))`,
//! `B_j = exp(k (b_j - x_0))`.
//!
//! | symbol | meaning |
//! |---|---|
//! | `k` | steepness, in inverse units of the discriminant, at most 1e150 |
//! | `x_0` | point of reference of a segment's exponentials |

use std::autodiff::autodiff_reverse;
use std::ops::Range;
use std::simd::f64x8;
use std::simd::num::SimdFloat;

use super::selection::Yield;

type Block = f64x8;
const BLOCK: usize = Block::LEN;
const ZERO: Block = Block::splat(0.0);

/// Blocks per segment, few enough that its exponentials and sigmoids stay in the processor's cache.
const SEGMENT: usize = 64;
/// A sigmoid this many widths from its boundary is 0 or 1.
const REACH: f64 = 38.0;
/// Largest exponent of `E`; with `REACH` more, `(E + B)^2` and its inverse are still finite.
const LARGEST: f64 = 300.0;

/// `sigma` and `-dsigma/db / k` of a block: `E / (E + B)` and `E B / (E + B)^2`, with one division.
/// The compiler's derivative takes two, which dominate the cost; a test compares the two.
#[inline(always)]
fn sigmoid(e: Block, limit: Block) -> (Block, Block) {
    let inverse = Block::splat(1.0) / (e + limit);
    let sigma = e * inverse;
    (sigma, sigma * (limit * inverse))
}

/// The exponential of numbers up to [`SMALL`], by its series, exact to double precision. This is
/// several times faster than a call per number.
fn small_exp(t: Block) -> Block {
    let one = Block::splat(1.0);
    (1..=SERIES_TERMS).rev().fold(one, |sum, n| one + sum * t * Block::splat(f64::from(n).recip()))
}

fn clamped_exp(t: f64) -> f64 {
    t.clamp(-LARGEST, LARGEST).exp()
}

#[autodiff_reverse(d_squares, Const, Duplicated, Duplicated, Duplicated)]
fn squares(w: &Block, from: &Block, to: &Block, v: &mut Block) {
    let m = *w * (*from - *to);
    *v += m * m;
}

/// Largest exponent of the series, and its terms; the next one is below 1e-16.
const SMALL: f64 = 0.5;
const SERIES_TERMS: u32 = 14;

/// A running sum and its accumulated rounding errors. Bins are differences of such sums, and must
/// not lose their digits to events of much larger weight elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Running {
    total: Yield,
    lost: Yield,
}

/// `a + b`, and the part of it lost to rounding (D. Knuth's two-sum).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

impl Running {
    fn add(&mut self, weight: f64) {
        let (sum, lost_sum) = two_sum(self.total.sum, weight);
        let (squares, lost_squares) = two_sum(self.total.squares, weight * weight);
        self.total = Yield { sum, squares };
        self.lost += Yield { sum: lost_sum, squares: lost_squares };
    }

    /// What was added since an earlier state.
    fn since(self, earlier: Self) -> Yield {
        let (total, lost) =
            (difference(self.total, earlier.total), difference(self.lost, earlier.lost));
        Yield { sum: total.sum + lost.sum, squares: total.squares + lost.squares }
    }
}

/// Events of one process, sorted by the discriminant.
#[derive(Clone, Debug, PartialEq)]
pub struct SortedEvents {
    /// The last block is padded with copies of the last event, without weight.
    x: Vec<Block>,
    weights: Vec<Block>,
    values: Vec<f64>,
    /// Yields of the first 0, 1, ... events.
    below: Vec<Running>,
}

impl SortedEvents {
    /// Sorts events; `x` and `weights` are finite and have the same length, which is not 0.
    pub fn new(x: &[f64], weights: &[f64]) -> Self {
        assert!(x.len() == weights.len() && !x.is_empty());
        let mut events: Vec<(f64, f64)> = x.iter().copied().zip(weights.iter().copied()).collect();
        events.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut below = Vec::with_capacity(events.len() + 1);
        let mut total = Running::default();
        below.push(total);
        for (_, weight) in &events {
            total.add(*weight);
            below.push(total);
        }
        let (values, weights): (Vec<f64>, Vec<f64>) = events.into_iter().unzip();
        let last = values[values.len() - 1];
        let blocks = |numbers: &[f64], fill: f64| {
            let block = |part: &[f64]| {
                let mut block = [fill; BLOCK];
                block[..part.len()].copy_from_slice(part);
                Block::from_array(block)
            };
            numbers.chunks(BLOCK).map(block).collect::<Vec<_>>()
        };
        Self { x: blocks(&values, last), weights: blocks(&weights, 0.0), values, below }
    }

    /// The discriminant's values, ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Yield of all events.
    pub fn total(&self) -> Yield {
        self.between(0, self.values.len())
    }

    /// Yield of the events below a boundary; an event on it counts as above.
    pub fn below(&self, boundary: f64) -> Yield {
        self.between(0, self.events_below(boundary))
    }

    /// How many events lie below a boundary; an event on it counts as above.
    pub fn events_below(&self, boundary: f64) -> usize {
        self.values.partition_point(|x| *x < boundary)
    }

    /// Yield of the events from one index in their order to another.
    pub fn between(&self, from: usize, to: usize) -> Yield {
        self.below[to].since(self.below[from])
    }

    /// Yields of hard bins between ascending boundaries, one more than there are boundaries; outer
    /// bins are open-ended, and an event on a boundary belongs to the bin above.
    pub fn hard_yields(&self, boundaries: &[f64]) -> Vec<Yield> {
        let places = boundaries.iter().map(|boundary| self.events_below(*boundary));
        let mut last = 0;
        let bins = places.chain([self.values.len()]).map(|upper| {
            let bin = self.between(last, upper);
            last = upper;
            bin
        });
        bins.collect()
    }

    fn segments(&self) -> impl Iterator<Item = Range<usize>> {
        let blocks = self.x.len();
        (0..blocks.div_ceil(SEGMENT)).map(move |s| s * SEGMENT..((s + 1) * SEGMENT).min(blocks))
    }

    /// Yield of a range of blocks.
    fn of(&self, blocks: &Range<usize>) -> Yield {
        let events = |block: usize| (block * BLOCK).min(self.values.len());
        self.between(events(blocks.start), events(blocks.end))
    }

    fn ends(&self, blocks: &Range<usize>) -> (f64, f64) {
        (self.x[blocks.start][0], self.x[blocks.end - 1][BLOCK - 1])
    }
}

fn difference(a: Yield, b: Yield) -> Yield {
    Yield { sum: a.sum - b.sum, squares: a.squares - b.squares }
}

/// Derivatives with respect to a boundary of the yields of the bins below and above it; the other
/// bins do not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BoundarySlopes {
    /// For the bin below.
    pub below: Yield,
    /// For the bin above.
    pub above: Yield,
}

/// Soft yields of every bin, and how each boundary changes them.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftBins {
    /// One per bin; there is one more than boundaries.
    pub yields: Vec<Yield>,
    /// One per boundary.
    pub slopes: Vec<BoundarySlopes>,
}

impl SoftBins {
    /// Empty bins between this many boundaries.
    pub fn new(boundaries: usize) -> Self {
        let slopes = vec![BoundarySlopes::default(); boundaries];
        Self { yields: vec![Yield::default(); boundaries + 1], slopes }
    }

    /// Adds what a segment put into the bins around some of the boundaries.
    pub fn add(&mut self, part: &SegmentBins) {
        let first = part.boundaries.start;
        for (all, part) in self.yields[first..].iter_mut().zip(&part.bins.yields) {
            *all += *part;
        }
        for (all, part) in self.slopes[first..].iter_mut().zip(&part.bins.slopes) {
            all.below += part.below;
            all.above += part.above;
        }
    }

    /// Adds `sum v dY/db + u dV/db` to each boundary's `adjoint`; `seeds` has `v` and `u` for each
    /// bin.
    pub fn pull_back(&self, seeds: &[Yield], adjoint: &mut [f64]) {
        for (j, slopes) in self.slopes.iter().enumerate() {
            let (below, above) = (&seeds[j], &seeds[j + 1]);
            adjoint[j] += below.sum * slopes.below.sum
                + above.sum * slopes.above.sum
                + below.squares * slopes.below.squares
                + above.squares * slopes.above.squares;
        }
    }
}

/// A stretch of sorted events and the boundaries whose sigmoids reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    blocks: Range<usize>,
    boundaries: Range<usize>,
}

/// What a segment puts into the bins around the boundaries that reach it.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentBins {
    boundaries: Range<usize>,
    bins: SoftBins,
}

impl SortedEvents {
    /// Puts segments that no boundary reaches into their bins, and returns the others.
    pub fn split(&self, boundaries: &[f64], steepness: f64, bins: &mut SoftBins) -> Vec<Segment> {
        let reach = REACH / steepness;
        let mut reached = Vec::new();
        for blocks in self.segments() {
            let (low, high) = self.ends(&blocks);
            let first = boundaries.partition_point(|b| *b < low - reach);
            let last = boundaries.partition_point(|b| *b <= high + reach);
            if first == last {
                bins.yields[first] += self.of(&blocks);
            } else {
                reached.push(Segment { blocks, boundaries: first..last });
            }
        }
        reached
    }

    /// The soft bins of a segment; `squares` says whether sums of squared weights are wanted;
    /// otherwise they are 0.
    pub fn soft_bins(
        &self,
        segment: &Segment,
        boundaries: &[f64],
        steepness: f64,
        squares: bool,
        scratch: &mut BinningScratch,
    ) -> SegmentBins {
        let boundaries = &boundaries[segment.boundaries.clone()];
        let mut bins = SoftBins::new(boundaries.len());
        let x = &self.x[segment.blocks.clone()];
        let reach = Reach { narrow_around: scratch.exponentiate_narrow(x, steepness), steepness };
        let mut above = self.of(&segment.blocks).sum;
        for (j, boundary) in boundaries.iter().enumerate() {
            let blocks = scratch.reach(x, *boundary, &reach);
            let limit = reach.limit(*boundary);
            let start = segment.blocks.start;
            let weights = &self.weights[start + blocks.start..start + blocks.end];
            let (sum, slope) = scratch.sums(weights, blocks.clone(), limit);
            let sum = sum + self.of(&(start + blocks.end..segment.blocks.end)).sum;
            let slope = -steepness * slope;
            bins.slopes[j] = BoundarySlopes {
                below: Yield { sum: -slope, squares: 0.0 },
                above: Yield { sum: slope, squares: 0.0 },
            };
            bins.yields[j].sum = above - sum;
            above = sum;
            if squares {
                scratch.store(j, x.len(), blocks, limit, steepness);
            }
        }
        bins.yields[boundaries.len()].sum = above;
        if squares {
            scratch.add_squares(&self.weights[segment.blocks.clone()], &mut bins);
        }
        SegmentBins { boundaries: segment.boundaries.clone(), bins }
    }
}

/// How a segment's exponentials are computed.
struct Reach {
    /// In a narrow segment, the point of reference that all boundaries share; otherwise each has
    /// its own.
    narrow_around: Option<f64>,
    steepness: f64,
}

impl Reach {
    /// `B` of a boundary.
    fn limit(&self, boundary: f64) -> Block {
        let reference = self.narrow_around.unwrap_or(boundary);
        Block::splat((self.steepness * (boundary - reference)).exp())
    }
}

/// Buffers for a segment.
#[derive(Clone, Debug, Default)]
pub struct BinningScratch {
    exponentials: Vec<Block>,
    /// For each boundary, its sigmoid of every event: 0 below its reach, 1 above.
    sigmas: Vec<Vec<Block>>,
    /// The derivatives of `sigmas` with respect to the boundary, 0 outside its reach.
    slopes: Vec<Vec<Block>>,
}

impl BinningScratch {
    /// Makes buffers, which grow with the boundaries whose sums of squares are requested.
    pub fn new() -> Self {
        Self { exponentials: vec![ZERO; SEGMENT], ..Self::default() }
    }

    /// Computes the exponentials of a segment if it is narrow enough for one point of reference,
    /// and returns that point.
    fn exponentiate_narrow(&mut self, x: &[Block], steepness: f64) -> Option<f64> {
        let (low, high) = (x[0][0], x[x.len() - 1][BLOCK - 1]);
        let middle = low.midpoint(high);
        let is_narrow = steepness * (high - low) <= 2.0 * LARGEST;
        is_narrow.then(|| {
            self.exponentiate(x, 0..x.len(), steepness, middle);
            middle
        })
    }

    /// The blocks that a boundary reaches, with their exponentials computed.
    fn reach(&mut self, x: &[Block], boundary: f64, reach: &Reach) -> Range<usize> {
        let width = REACH / reach.steepness;
        let first = x.partition_point(|block| block[BLOCK - 1] < boundary - width);
        let last = x.partition_point(|block| block[0] <= boundary + width);
        let blocks = first..last.max(first);
        if reach.narrow_around.is_none() {
            self.exponentiate(x, blocks.clone(), reach.steepness, boundary);
        }
        blocks
    }

    /// Computes `E` of some blocks; exponents beyond `LARGEST` are far from every boundary that is
    /// compared.
    fn exponentiate(&mut self, x: &[Block], blocks: Range<usize>, k: f64, reference: f64) {
        let Some(last) = blocks.clone().last() else { return };
        let furthest = (x[blocks.start][0] - reference).abs();
        let furthest = furthest.max((x[last][BLOCK - 1] - reference).abs());
        let is_small = k * furthest <= SMALL;
        for (e, x) in self.exponentials[blocks.clone()].iter_mut().zip(&x[blocks]) {
            let t = Block::splat(k) * (*x - Block::splat(reference));
            *e = if is_small { small_exp(t) } else { t.to_array().map(clamped_exp).into() };
        }
    }

    /// `sum w sigma` and `-sum w dsigma/db / k` over the blocks in a boundary's reach.
    fn sums(&self, weights: &[Block], blocks: Range<usize>, limit: Block) -> (f64, f64) {
        let (mut sum, mut slope) = (ZERO, ZERO);
        for (weight, e) in weights.iter().zip(&self.exponentials[blocks]) {
            let (sigma, falling) = sigmoid(*e, limit);
            sum += *weight * sigma;
            slope += *weight * falling;
        }
        (sum.reduce_sum(), slope.reduce_sum())
    }

    /// Stores a boundary's sigmoids and their derivatives for all of a segment.
    fn store(&mut self, j: usize, n: usize, blocks: Range<usize>, limit: Block, k: f64) {
        if self.sigmas.len() <= j {
            self.sigmas.resize(j + 1, vec![ZERO; SEGMENT]);
            self.slopes.resize(j + 1, vec![ZERO; SEGMENT]);
        }
        let (sigmas, slopes) = (&mut self.sigmas[j], &mut self.slopes[j]);
        sigmas[..blocks.start].fill(ZERO);
        sigmas[blocks.end..n].fill(Block::splat(1.0));
        slopes[..n].fill(ZERO);
        for i in blocks {
            let (sigma, falling) = sigmoid(self.exponentials[i], limit);
            sigmas[i] = sigma;
            slopes[i] = Block::splat(-k) * falling;
        }
    }

    fn add_squares(&self, weights: &[Block], bins: &mut SoftBins) {
        let boundaries = bins.slopes.len();
        let (ones, zeros) = ([Block::splat(1.0); SEGMENT], [ZERO; SEGMENT]);
        for bin in 0..=boundaries {
            let from = if bin == 0 { &ones[..] } else { &self.sigmas[bin - 1] };
            let to = if bin == boundaries { &zeros[..] } else { &self.sigmas[bin] };
            let (mut v, mut by_lower, mut by_upper) = (ZERO, ZERO, ZERO);
            for i in 0..weights.len() {
                let (mut by_from, mut by_to) = (ZERO, ZERO);
                let seed = &mut Block::splat(1.0);
                d_squares(&weights[i], &from[i], &mut by_from, &to[i], &mut by_to, &mut v, seed);
                if bin > 0 {
                    by_lower += by_from * self.slopes[bin - 1][i];
                }
                if bin < boundaries {
                    by_upper += by_to * self.slopes[bin][i];
                }
            }
            bins.yields[bin].squares += v.reduce_sum();
            if bin > 0 {
                bins.slopes[bin - 1].above.squares += by_lower.reduce_sum();
            }
            if bin < boundaries {
                bins.slopes[bin].below.squares += by_upper.reduce_sum();
            }
        }
    }
}

#[cfg(test)]
mod tests;
