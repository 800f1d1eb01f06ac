//! From a soft optimum to the best hard cuts beside it.
//!
//! A sigmoid blurs a cut over a few of its widths, 1 / slope. Within that blur the hard significance
//! jumps from event to event; the best place is found exactly, one cut at a time with the others
//! held hard, until none moves. A scan in one dimension is that with the window open wide.

use super::error::CutError;
use super::problem::{CutProblem, SelectionYields};
use super::scan::Cumulative;

/// Half the window, in widths of the sigmoid (1 / slope).
const WINDOW: f64 = 5.0;
/// Times that each cut has its turn at most.
const MOST_ROUNDS: usize = 10;
/// Places tried in a window at most: of a formula, of a fit.
const MOST_PLACES: (usize, usize) = (4_000, 100);
/// Relative gain that is worth a move.
const WORTH_WHILE: f64 = 1e-12;

/// Places between neighbouring events around `centre`, thinned evenly to `most`.
fn places(sums: [&Cumulative; 2], centre: f64, half: f64, most: usize) -> Vec<f64> {
    let inside = |sums: &Cumulative| {
        let values = sums.values();
        let from = values.partition_point(|x| *x < centre - half);
        values[from..values.partition_point(|x| *x <= centre + half)].to_vec()
    };
    let mut events = sums.map(inside).concat();
    events.sort_unstable_by(f64::total_cmp);
    events.dedup();
    let middles: Vec<f64> = events.windows(2).map(|pair| pair[0].midpoint(pair[1])).collect();
    let step = middles.len().div_ceil(most).max(1);
    middles.into_iter().step_by(step).collect()
}

impl CutProblem<'_> {
    /// Hard cuts near `values`, each within five widths of its sigmoid, that no move of a single cut
    /// improves, and their significance.
    ///
    /// Where no background is left beside signal (infinite significance), or negative weights
    /// outweigh the others (not a number), the best cuts beside it are taken; where there are none
    /// the values stay.
    ///
    /// # Errors
    /// As [`Objective::merit`](super::Objective::merit).
    pub fn refine(&self, values: &[f64], slope: f64) -> Result<(Vec<f64>, f64), CutError> {
        let mut best = self.significance_or_gap(self.hard_yields(values))?;
        let mut refined = values.to_vec();
        for _ in 0..MOST_ROUNDS {
            let before = best;
            for j in 0..values.len() {
                let window = (values[j], WINDOW * self.scales[j] / slope);
                if let Some((value, significance)) = self.best_of_line(j, &refined, window, best)? {
                    (refined[j], best) = (value, significance);
                }
            }
            if best.total_cmp(&before).is_eq() {
                break;
            }
        }
        // Judged anew: sums in another order differ in their last bits.
        let best = self.significance_or_gap(self.hard_yields(&refined))?;
        Ok((refined, best))
    }

    /// The best value of cut `j` in a window, if it beats `best`.
    fn best_of_line(
        &self,
        j: usize,
        values: &[f64],
        (centre, half): (f64, f64),
        best: f64,
    ) -> Result<Option<(f64, f64)>, CutError> {
        let [signal, background] = [&self.signal, &self.background].map(|process| {
            Cumulative::new(process, j, |i| self.keeps(process, i, values, Some(j)))
        });
        let objective = self.options.objective;
        let most = if objective.fits() { MOST_PLACES.1 } else { MOST_PLACES.0 };
        let keep = self.cuts[j].keep;
        let mut least = if best.is_finite() { best + WORTH_WHILE * best.abs() } else { f64::MIN };
        let mut found = None;
        for value in places([&signal, &background], centre, half, most) {
            let yields = SelectionYields {
                signal: signal.at(keep, value),
                background: background.at(keep, value),
            };
            let significance = self.significance_or_gap(self.offset(yields))?;
            if significance.is_finite() && significance > least {
                least = significance;
                found = Some((value, significance));
            }
        }
        Ok(found)
    }
}
