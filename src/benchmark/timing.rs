//! Times functions in turns, and takes medians.

use std::time::{Duration, Instant};

use super::BenchmarkError;

/// Maximum number of calls per sample.
const MOST_CALLS: f64 = 1e8;

/// The median; for an even number of values, the mean of the two middle ones.
///
/// # Panics
/// If there are no values.
pub(super) fn median(mut numbers: Vec<f64>) -> f64 {
    assert!(!numbers.is_empty());
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() % 2 {
        1 => numbers[middle],
        _ => 0.5 * (numbers[middle - 1] + numbers[middle]),
    }
}

/// The number of calls per sample, given the seconds per call.
pub(super) fn calls(seconds: f64, sample: Duration) -> usize {
    // If the clock did not advance, a nanosecond is assumed.
    (sample.as_secs_f64() / seconds.max(1e-9)).ceil().clamp(1.0, MOST_CALLS) as usize
}

/// Seconds per call, averaged over a number of calls.
pub(super) fn seconds_of(
    calls: usize,
    mut function: impl FnMut() -> Result<f64, BenchmarkError>,
) -> Result<f64, BenchmarkError> {
    let start = Instant::now();
    for _ in 0..calls {
        std::hint::black_box(function()?);
    }
    Ok(start.elapsed().as_secs_f64() / calls as f64)
}

/// Median seconds per call of several functions, timed in turns so that noise affects all alike.
///
/// Each sample lasts for `sample` or one call, whichever is longer. A first call of each function
/// fills the caches and determines the number of calls per sample.
pub(super) fn in_turns<const N: usize>(
    repetitions: usize,
    sample: Duration,
    mut function: impl FnMut(usize) -> Result<f64, BenchmarkError>,
) -> Result<[f64; N], BenchmarkError> {
    let mut counts = [1; N];
    for (k, count) in counts.iter_mut().enumerate() {
        function(k)?;
        *count = calls(seconds_of(1, || function(k))?, sample);
        // For a function that takes nanoseconds, the first estimate is dominated by the clock.
        *count = calls(seconds_of(*count, || function(k))?, sample);
    }
    let mut times = [const { Vec::new() }; N];
    for _ in 0..repetitions {
        for (k, times) in times.iter_mut().enumerate() {
            times.push(seconds_of(counts[k], || function(k))?);
        }
    }
    Ok(times.map(median))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(vec![7.0]), 7.0);
    }

    #[test]
    fn a_sample_takes_as_many_calls_as_fill_it() {
        let sample = Duration::from_millis(5);
        assert_eq!(calls(2e-3, sample), 3);
        assert_eq!(calls(1.0, sample), 1);
        assert_eq!(calls(0.0, sample), 5_000_000);
    }

    #[test]
    fn functions_take_turns() {
        let mut order = Vec::new();
        let times = in_turns::<2>(3, Duration::ZERO, |k| {
            order.push(k);
            Ok(0.0)
        });
        assert!(times.expect("times").iter().all(|time| *time >= 0.0));
        assert_eq!(order, [0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1]);
    }
}
