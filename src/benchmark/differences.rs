//! Central differences: at which inputs they are taken, with which steps, and how large their
//! errors are.

use std::ops::Range;

use super::BenchmarkError;

/// Relative step of central differences if nothing is known about the function: the cube root of
/// the machine's epsilon balances truncation and rounding of a smooth function of size and scale 1.
pub(super) const DEFAULT_STEP: f64 = 6.055_454_452_393_343e-6;

/// Relative steps that are tried to find the best one.
pub(super) const STEPS: [f64; 12] =
    [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12];

/// Lower limit on the size of a component in relative differences, relative to the largest one of
/// its part.
const FLOOR: f64 = 1e-2;

/// Indices of the measured inputs of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places(pub(super) Vec<usize>);

/// Chooses up to `most` inputs, at least one per part, spread evenly over each part including its
/// ends.
///
/// Parts share the inputs evenly; what small parts do not use goes to the others.
pub(super) fn spread(parts: &[Range<usize>], most: usize) -> Vec<Places> {
    let mut shares = vec![0; parts.len()];
    let mut rest = most.max(parts.len());
    loop {
        let open = (0..parts.len()).filter(|p| shares[*p] < parts[*p].len());
        let open: Vec<usize> = open.take(rest).collect();
        if open.is_empty() {
            break;
        }
        let each = (rest / open.len()).max(1);
        for p in open {
            let more = each.min(parts[p].len() - shares[p]);
            shares[p] += more;
            rest -= more;
        }
    }
    let places = |(part, share): (&Range<usize>, usize)| {
        let gaps = share.saturating_sub(1).max(1);
        Places((0..share).map(|i| part.start + i * (part.len() - 1) / gaps).collect())
    };
    parts.iter().zip(shares).map(places).collect()
}

/// The central difference with respect to one input, with a step `h` in its unit.
pub(super) fn central_difference(
    inputs: &mut [f64],
    place: usize,
    h: f64,
    mut value_at: impl FnMut(&[f64]) -> Result<f64, BenchmarkError>,
) -> Result<f64, BenchmarkError> {
    let at = inputs[place];
    // The actual step after rounding.
    let (above, below) = (at + h, at - h);
    inputs[place] = above;
    let upper = value_at(inputs);
    inputs[place] = below;
    let lower = value_at(inputs);
    inputs[place] = at;
    Ok((upper? - lower?) / (above - below))
}

/// The largest difference between components, relative to the larger of the `exact` one and a
/// hundredth of their part's `largest`; 0 for empty lists.
pub(super) fn largest_relative(found: &[f64], exact: &[f64], largest: f64) -> f64 {
    let relative = |(found, exact): (&f64, &f64)| match (found - exact).abs() {
        0.0 => 0.0,
        difference => difference / exact.abs().max(FLOOR * largest),
    };
    found.iter().zip(exact).map(relative).fold(0.0, larger)
}

/// The larger of two numbers; NaN if either is NaN.
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(parts: &[Range<usize>], most: usize) -> Vec<Vec<usize>> {
        spread(parts, most).into_iter().map(|places| places.0).collect()
    }

    #[test]
    fn inputs_are_spread_evenly_with_both_ends() {
        let of_one = |length, most| {
            let part = 0..length;
            places(&[part], most)
        };
        assert_eq!(of_one(3, 32), [[0, 1, 2]]);
        assert_eq!(of_one(100, 4), [[0, 33, 66, 99]]);
        assert_eq!(of_one(100, 1), [[0]]);
    }

    #[test]
    fn every_part_has_its_share() {
        let found = places(&[0..1000, 1000..1003, 1003..1004], 12);
        assert_eq!(found[1], [1000, 1001, 1002]);
        assert_eq!(found[2], [1003]);
        assert_eq!(found[0].len(), 8);
        assert_eq!((found[0][0], found[0][7]), (0, 999));
        // One per part, even if fewer were requested.
        assert_eq!(places(&[0..5, 5..9], 1), [[0], [5]]);
        for most in 1..40 {
            let found = places(&[0..7, 7..30, 30..31], most);
            let count: usize = found.iter().map(Vec::len).sum();
            assert_eq!(count, most.clamp(3, 31));
            assert!(found.iter().all(|part| part.is_sorted_by(|a, b| a < b)), "{found:?}");
        }
    }

    #[test]
    fn differences_are_the_derivative_and_leave_the_inputs() {
        let mut inputs = [2.0, 5.0];
        let f = |x: &[f64]| Ok(x[0] * x[0] * x[1]);
        let found = central_difference(&mut inputs, 0, 1e-5, f).expect("a value");
        assert!((found - 20.0).abs() < 1e-8, "{found}");
        assert_eq!(inputs, [2.0, 5.0]);
    }

    #[test]
    fn small_components_do_not_blow_up() {
        assert_eq!(largest_relative(&[0.0, 2.0], &[0.0, 2.0], 2.0), 0.0);
        assert!((largest_relative(&[1e-6, 2.0], &[0.0, 2.0], 2.0) - 5e-5).abs() < 1e-15);
        assert!((largest_relative(&[1e-6], &[0.0], 4.0) - 2.5e-5).abs() < 1e-15);
        assert!((largest_relative(&[0.0, 2.2], &[0.0, 2.0], 2.0) - 0.1).abs() < 1e-12);
        assert!(largest_relative(&[f64::NAN, 2.0], &[1.0, 2.0], 2.0).is_nan());
        assert!(largest_relative(&[2.0, f64::NAN], &[1.0, 2.0], 2.0).is_nan());
        assert_eq!(largest_relative(&[1.0], &[0.0], 0.0), f64::INFINITY);
    }
}
