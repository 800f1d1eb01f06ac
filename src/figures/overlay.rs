//! The scaled-up outline of a signal that is too small to see in its stack.

use super::Series;
use crate::numbers::six_digits;

/// The dashed outline of a signal's histogram, enlarged to about half the background's height, with
/// the factor in its label; `None` if the signal can be seen as it is.
///
/// `edges` are the bins' edges, one more than there are entries in `signal` and `background`, which
/// are in events.
pub(super) fn enlarged(
    label: &str,
    edges: &[f64],
    signal: &[f64],
    background: &[f64],
) -> Option<Series> {
    let factor = magnification(signal, background)?;
    let counts: Vec<f64> = signal.iter().map(|count| factor * count).collect();
    let label = format!("{label} x {}", six_digits(factor));
    Some(Series::steps(&label, edges, &counts).dashed())
}

/// The round factor that makes a signal that is too small to see about half as high as the
/// background; `None` if it can be seen.
fn magnification(signal: &[f64], background: &[f64]) -> Option<f64> {
    let highest = |counts: &[f64]| counts.iter().copied().fold(0.0, f64::max);
    let ratio = 0.5 * highest(background) / highest(signal);
    let decade = 10f64.powf(ratio.log10().floor());
    let round = [5.0, 2.0, 1.0].into_iter().find(|digit| digit * decade <= ratio)?;
    Some(round * decade).filter(|factor| *factor >= 10.0 && factor.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_signals_are_enlarged_by_round_numbers_and_others_not() {
        assert_eq!(magnification(&[0.0, 1.0], &[90.0, 50.0]), Some(20.0));
        assert_eq!(magnification(&[0.3], &[1_000.0]), Some(1_000.0));
        assert_eq!(magnification(&[30.0], &[100.0]), None);
        assert_eq!(magnification(&[0.0], &[100.0]), None);
    }
}
