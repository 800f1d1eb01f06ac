//! Scans of a single cut, the reference for a one-dimensional descent.

use std::fmt;
use std::str::FromStr;

use super::error::CutError;
use super::problem::{CutProblem, Process, SelectionYields};
use crate::kernels::selection::{Keep, Yield};

/// Evenly spaced cuts, including both ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScanRange {
    /// The first.
    pub low: f64,
    /// The last; above the first.
    pub high: f64,
    /// How many; 2 to [`MOST_SCAN_POINTS`].
    pub points: usize,
}

/// Maximum number of points of a scan; more would only cost time and memory.
pub const MOST_SCAN_POINTS: usize = 100_000;

impl ScanRange {
    /// The cuts.
    pub fn values(self) -> Vec<f64> {
        let last = self.points.saturating_sub(1).max(1) as f64;
        let at = |k| self.low + (self.high - self.low) * k as f64 / last;
        (0..self.points).map(at).collect()
    }

    pub(super) fn check(self) -> Result<(), CutError> {
        if !(2..=MOST_SCAN_POINTS).contains(&self.points) {
            let (name, found) = ("the number of scan points", self.points as f64);
            return Err(CutError::Setting { name, found, expected: "2 to 100000" });
        }
        if self.low < self.high && (self.high - self.low).is_finite() {
            return Ok(());
        }
        let (name, found) = ("the scan's lower end", self.low);
        Err(CutError::Setting { name, found, expected: "finite and below its upper end" })
    }
}

impl FromStr for ScanRange {
    type Err = InvalidScanRange;
    fn from_str(text: &str) -> Result<Self, InvalidScanRange> {
        if let [low, high, points] = text.split(':').collect::<Vec<_>>()[..]
            && let (Ok(low), Ok(high), Ok(points)) = (low.parse(), high.parse(), points.parse())
            && (Self { low, high, points }).check().is_ok()
        {
            return Ok(Self { low, high, points });
        }
        Err(InvalidScanRange(text.to_owned()))
    }
}

impl fmt::Display for ScanRange {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.low, self.high, self.points)
    }
}

/// The error for text that does not describe the range of a scan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected LOW:HIGH:POINTS, LOW below HIGH, 2 to {MOST_SCAN_POINTS} points, as in 20:70:500; found '{0}'"
)]
pub struct InvalidScanRange(pub String);

/// Significances over a grid of cut values.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The cut values, in units of the column.
    pub cuts: Vec<f64>,
    /// Significance with the hard cut; infinite where signal but no background is left, NaN where
    /// negative weights outweigh the others or a fit fails.
    pub hard: Vec<f64>,
    /// Significance with the sigmoid cut; NaN where negative weights outweigh the others.
    pub soft: Vec<f64>,
    /// Derivative of the significance with the sigmoid cut, in inverse units of the column.
    pub gradient: Vec<f64>,
}

/// Index of the largest finite value.
fn place_of_best(values: &[f64]) -> Option<usize> {
    let finite = values.iter().enumerate().filter(|(_, value)| value.is_finite());
    // Among equal values the first wins.
    finite.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(place, _)| place)
}

impl Scan {
    /// The hard cut with the largest finite significance, and that significance.
    pub fn best_hard(&self) -> Option<(f64, f64)> {
        place_of_best(&self.hard).map(|place| (self.cuts[place], self.hard[place]))
    }

    /// The sigmoid cut with the largest finite significance, and that significance.
    pub fn best_soft(&self) -> Option<(f64, f64)> {
        place_of_best(&self.soft).map(|place| (self.cuts[place], self.soft[place]))
    }

    /// Where the gradient changes sign, interpolated between neighbours.
    pub fn gradient_zeros(&self) -> Vec<f64> {
        let pairs = self.cuts.windows(2).zip(self.gradient.windows(2));
        pairs
            .filter(|(_, g)| (g[0] < 0.0) != (g[1] < 0.0) && g[0].is_finite() && g[1].is_finite())
            .map(|(c, g)| c[0] + (c[1] - c[0]) * g[0] / (g[0] - g[1]))
            .collect()
    }
}

/// Hard yields of one process at any cut on one column, by bisection in sorted cumulative sums.
pub(super) struct Cumulative {
    values: Vec<f64>,
    /// Yield of the first 0, 1, ... events.
    below: Vec<Yield>,
    /// Yield of all but the first 0, 1, ... events.
    above: Vec<Yield>,
}

fn yield_of(weight: f64) -> Yield {
    Yield { sum: weight, squares: weight * weight }
}

impl Cumulative {
    /// Cumulative sums over column `j` of the events `i` for which `keeps` is true.
    pub(super) fn new(process: &Process, j: usize, keeps: impl Fn(usize) -> bool) -> Self {
        let kept = (0..process.weights.len()).filter(|i| keeps(*i));
        let mut events: Vec<(f64, f64)> =
            kept.map(|i| (process.columns[j][i], process.weights[i])).collect();
        events.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut below = vec![Yield::default()];
        for (_, weight) in &events {
            let mut next = *below.last().expect("not empty");
            next += yield_of(*weight);
            below.push(next);
        }
        let mut above = vec![Yield::default()];
        for (_, weight) in events.iter().rev() {
            let mut next = *above.last().expect("not empty");
            next += yield_of(*weight);
            above.push(next);
        }
        above.reverse();
        Self { values: events.into_iter().map(|(value, _)| value).collect(), below, above }
    }

    /// The yield with a hard cut.
    pub(super) fn at(&self, keep: Keep, cut: f64) -> Yield {
        match keep {
            Keep::Above => self.above[self.values.partition_point(|x| *x <= cut)],
            Keep::Below => self.below[self.values.partition_point(|x| *x < cut)],
        }
    }

    /// The sorted values of the events.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }
}

impl CutProblem<'_> {
    /// Scans the only cut over `cuts`, hard and with a sigmoid of slope `slope`.
    ///
    /// # Errors
    /// As [`FigureOfMerit::merit`](super::FigureOfMerit::merit).
    ///
    /// # Panics
    /// If the problem has several cuts, because a scan is one-dimensional.
    pub fn scan(&self, cuts: &[f64], slope: f64) -> Result<Scan, CutError> {
        assert_eq!(self.cuts.len(), 1, "a scan is one-dimensional");
        let hard = self.hard_scan(0, cuts, |_, _| true)?;
        let mut scan = Scan { cuts: cuts.to_vec(), hard, soft: Vec::new(), gradient: Vec::new() };
        for cut in cuts {
            let mut gradient = [0.0];
            let (soft, slope) = match self.soft_merit(&[*cut], slope, &mut gradient) {
                Err(error) if error.is_gap() => (f64::NAN, f64::NAN),
                merit => {
                    let (_, merit) = merit?;
                    (merit.significance, gradient[0] / merit.by_significance)
                }
            };
            scan.soft.push(soft);
            scan.gradient.push(slope);
        }
        Ok(scan)
    }

    /// Hard significances for values of cut `j`, using the events for which `keeps` is true.
    pub(super) fn hard_scan(
        &self,
        j: usize,
        values: &[f64],
        keeps: impl Fn(&Process, usize) -> bool,
    ) -> Result<Vec<f64>, CutError> {
        let sums = [&self.signal, &self.background]
            .map(|process| Cumulative::new(process, j, |i| keeps(process, i)));
        let keep = self.cuts[j].keep;
        let significance = |cut: &f64| {
            let (signal, background) = (sums[0].at(keep, *cut), sums[1].at(keep, *cut));
            let yields = self.offset(SelectionYields { signal, background });
            self.significance_or_gap(yields)
        };
        values.iter().map(significance).collect()
    }
}
