//! Scans one cut after the other, the usual practice that a joint descent is compared with.

use super::descent::Judged;
use super::error::CutError;
use super::problem::CutProblem;
use super::scan::ScanRange;
use crate::kernels::selection::Keep;

/// The results of scanning one cut at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct OneAtATime {
    /// The best single cut; the others are left wide open (infinite values).
    pub single: Judged,
    /// All cuts together, each at the value that is best for it alone.
    pub independent: Judged,
    /// Each cut scanned in turn, with those before it in place and those after it wide open.
    pub sequential: Judged,
}

fn wide_open(keep: Keep) -> f64 {
    match keep {
        Keep::Above => f64::NEG_INFINITY,
        Keep::Below => f64::INFINITY,
    }
}

impl CutProblem<'_> {
    /// Scans each cut with `points` hard values over its column's range.
    ///
    /// # Errors
    /// As [`FigureOfMerit::merit`](super::FigureOfMerit::merit).
    pub fn one_at_a_time(&self, points: usize) -> Result<OneAtATime, CutError> {
        let open: Vec<f64> = self.cuts.iter().map(|cut| wide_open(cut.keep)).collect();
        let (mut independent, mut sequential) = (open.clone(), open.clone());
        let mut single = self.judge_hard(&open)?;
        for j in 0..open.len() {
            independent[j] = self.best_of_scan(j, &open, points)?;
            sequential[j] = self.best_of_scan(j, &sequential, points)?;
            let mut alone = open.clone();
            alone[j] = independent[j];
            let judged = self.judge_hard(&alone)?;
            if single.significance.is_nan() || judged.significance > single.significance {
                single = judged;
            }
        }
        let independent = self.judge_hard(&independent)?;
        Ok(OneAtATime { single, independent, sequential: self.judge_hard(&sequential)? })
    }

    /// The value of cut `j` with the largest finite significance, with the other cuts fixed.
    fn best_of_scan(&self, j: usize, values: &[f64], points: usize) -> Result<f64, CutError> {
        let (low, high) = self.ranges[j];
        let grid = ScanRange { low, high, points }.values();
        let scanned =
            self.hard_scan(j, &grid, |process, i| self.keeps(process, i, values, Some(j)))?;
        let mut best = (values[j], f64::NEG_INFINITY);
        for (value, significance) in grid.into_iter().zip(scanned) {
            if significance.is_finite() && significance > best.1 {
                best = (value, significance);
            }
        }
        Ok(best.0)
    }
}
