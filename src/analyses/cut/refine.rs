//! Searches for the best hard cuts near a soft optimum.
//!
//! A sigmoid blurs a cut over a few of its widths, 1 / slope. Within that blur the hard
//! significance jumps from event to event, so the search tries the midpoints between neighbouring
//! events, one cut at a time with the others fixed as hard cuts. It tries all midpoints up to 4,000
//! (100 if each needs a fit), an evenly spaced subset beyond that, for at most ten rounds. A
//! one-dimensional scan is the same search over the full range.

use super::error::CutError;
use super::problem::{CutProblem, SelectionYields};
use super::scan::Cumulative;

/// Half the window, in widths of the sigmoid (1 / slope).
const WINDOW: f64 = 5.0;
/// Maximum number of rounds over all cuts.
const MOST_ROUNDS: usize = 10;
/// Maximum number of values tried in a window: for a formula, and if each needs a fit.
const MOST_PLACES: (usize, usize) = (4_000, 100);
/// Smallest relative gain that justifies a move.
const WORTH_WHILE: f64 = 1e-12;

/// Midpoints between neighbouring events in a window, thinned evenly to at most `most`.
fn places(sums: [&Cumulative; 2], (low, high): (f64, f64), most: usize) -> Vec<f64> {
    let inside = |sums: &Cumulative| {
        let values = sums.values();
        let from = values.partition_point(|x| *x < low);
        values[from..values.partition_point(|x| *x <= high)].to_vec()
    };
    let mut events = sums.map(inside).concat();
    events.sort_unstable_by(f64::total_cmp);
    events.dedup();
    let middles: Vec<f64> = events.windows(2).map(|pair| pair[0].midpoint(pair[1])).collect();
    let step = middles.len().div_ceil(most).max(1);
    middles.into_iter().step_by(step).collect()
}

impl CutProblem<'_> {
    /// Hard cuts near `values`, each within five widths of its sigmoid and within its bounds,
    /// improved one at a time until no tried value is better.
    ///
    /// Cuts that leave signal but no background (infinite significance), or where negative weights
    /// outweigh the others (NaN), are skipped in favour of the best other cuts; if there are none,
    /// the values stay.
    ///
    /// # Errors
    /// As [`FigureOfMerit::merit`](super::FigureOfMerit::merit).
    pub fn refine(
        &self,
        values: &[f64],
        slope: f64,
        bounds: &[(f64, f64)],
    ) -> Result<Vec<f64>, CutError> {
        let mut best = self.significance_or_gap(self.hard_yields(values))?;
        let mut refined = values.to_vec();
        for _ in 0..MOST_ROUNDS {
            let before = best;
            for j in 0..values.len() {
                let half = WINDOW * self.scales[j] / slope;
                let (low, high) = bounds[j];
                let window = ((values[j] - half).max(low), (values[j] + half).min(high));
                if let Some((value, significance)) = self.best_of_line(j, &refined, window, best)? {
                    (refined[j], best) = (value, significance);
                }
            }
            if best.total_cmp(&before).is_eq() {
                break;
            }
        }
        Ok(refined)
    }

    /// The best value of cut `j` in a window, if it beats `best`.
    fn best_of_line(
        &self,
        j: usize,
        values: &[f64],
        window: (f64, f64),
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
        for value in places([&signal, &background], window, most) {
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
