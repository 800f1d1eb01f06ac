//! Sums over vectors, in an order that vector instructions can follow.

/// Sums that run side by side.
const LANES: usize = 8;

/// The sum of products of two vectors' entries.
#[inline(always)]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (of_a, rest_a) = a.as_chunks::<LANES>();
    let (of_b, rest_b) = b.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in of_a.iter().zip(of_b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// Adds `factor` times a vector; entries of `out` beyond its length stay.
#[inline(always)]
pub(super) fn add_scaled(out: &mut [f64], factor: f64, x: &[f64]) {
    out.iter_mut().zip(x).for_each(|(out, x)| *out += factor * x);
}
