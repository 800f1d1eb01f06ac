//! Central differences and tolerances, for the tests of derivatives.

/// Richardson-extrapolated central difference of `f` at `x` with step `h`.
pub fn difference(f: impl Fn(f64) -> f64, x: f64, h: f64) -> f64 {
    let central = |h: f64| (f(x + h) - f(x - h)) / (2.0 * h);
    (4.0 * central(h / 2.0) - central(h)) / 3.0
}

/// Asserts that two numbers agree to `tolerance`, relative to the larger of their magnitude and
/// 1e-3.
#[track_caller]
pub fn assert_close(found: f64, expected: f64, tolerance: f64) {
    let scale = expected.abs().max(1e-3);
    assert!((found - expected).abs() <= tolerance * scale, "found {found}, expected {expected}");
}
