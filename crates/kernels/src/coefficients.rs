//! From templates to the coefficients that fits run on.
//!
//! Enters: numbers of a workspace (yields, variations, uncertainties, in events).
//! Leaves: interpolation coefficients, widths of constraints. Each function has a `_vjp` that
//! pulls an adjoint of its results back to the numbers of the workspace.
//!
//! Source: HistFactory, CERN-OPEN-2012-016; pyhf 0.7 for widths and auxiliary counts.

use std::autodiff::autodiff_reverse;

/// Entries a `normsys` modifier takes: six polynomial coefficients, ln hi, ln lo.
pub const NORMSYS_COEFFICIENTS: usize = 8;

#[autodiff_reverse(d_normsys, Duplicated, Duplicated)]
fn normsys(templates: &[f64], out: &mut [f64]) {
    let (lo, hi) = (templates[0], templates[1]);
    let (ln_lo, ln_hi) = (lo.ln(), hi.ln());
    // Half sum and half difference, over hi and lo, of the value, first and second derivative
    // that the exponentials have at alpha = 1 and -1, where the polynomial must meet them.
    let (even, odd) = (0.5 * (hi + lo) - 1.0, 0.5 * (hi - lo));
    let (slope_hi, slope_lo) = (hi * ln_hi, -lo * ln_lo);
    let (slope_even, slope_odd) = (0.5 * (slope_hi - slope_lo), 0.5 * (slope_hi + slope_lo));
    let (bend_hi, bend_lo) = (slope_hi * ln_hi, -slope_lo * ln_lo);
    let (bend_even, bend_odd) = (0.5 * (bend_hi + bend_lo), 0.5 * (bend_hi - bend_lo));
    out[0] = 0.125 * (15.0 * odd - 7.0 * slope_odd + bend_odd);
    out[1] = 0.125 * (24.0 * even - 9.0 * slope_even + bend_even);
    out[2] = 0.25 * (-5.0 * odd + 5.0 * slope_odd - bend_odd);
    out[3] = 0.25 * (-12.0 * even + 7.0 * slope_even - bend_even);
    out[4] = 0.125 * (3.0 * odd - 3.0 * slope_odd + bend_odd);
    out[5] = 0.125 * (8.0 * even - 5.0 * slope_even + bend_even);
    out[6] = ln_hi;
    out[7] = ln_lo;
}

/// Coefficients of a `normsys` modifier with factors `lo` and `hi`, both above 0.
///
/// The polynomial `1 + sum a_i alpha^i` (first six entries) meets value, slope and curvature of
/// the exponentials at `alpha` = 1 and -1.
pub fn normsys_coefficients(lo: f64, hi: f64) -> [f64; NORMSYS_COEFFICIENTS] {
    let mut out = [0.0; NORMSYS_COEFFICIENTS];
    normsys(&[lo, hi], &mut out);
    out
}

/// Adjoint of [`normsys_coefficients`]: the derivatives with respect to `lo` and `hi`.
pub fn normsys_coefficients_vjp(lo: f64, hi: f64, adjoint: &[f64]) -> (f64, f64) {
    let (mut out, mut seed, mut templates) = ([0.0; 8], [0.0; 8], [0.0; 2]);
    seed.copy_from_slice(adjoint);
    d_normsys(&[lo, hi], &mut templates, &mut out, &mut seed);
    (templates[0], templates[1])
}

#[autodiff_reverse(d_histosys, Active, Active, Active, Duplicated)]
fn histosys(lo: f64, nominal: f64, hi: f64, out: &mut [f64]) {
    out[0] = 0.5 * (hi - lo);
    out[1] = 0.5 * (hi + lo) - nominal;
}

/// Half difference `s` and half curvature `a` of a bin's shifted yields, in events.
pub fn histosys_coefficients(lo: f64, nominal: f64, hi: f64) -> (f64, f64) {
    let mut out = [0.0; 2];
    histosys(lo, nominal, hi, &mut out);
    (out[0], out[1])
}

/// Adjoint of [`histosys_coefficients`]: the derivatives with respect to lo, nominal and hi.
pub fn histosys_coefficients_vjp(s_adjoint: f64, a_adjoint: f64) -> (f64, f64, f64) {
    // The map is linear, so its adjoint is the same at every point.
    let (mut out, mut seed) = ([0.0; 2], [s_adjoint, a_adjoint]);
    d_histosys(0.0, 0.0, 0.0, &mut out, &mut seed)
}

#[autodiff_reverse(d_staterror, Duplicated, Duplicated, Duplicated)]
fn staterror(uncertainty: &[f64], nominal: &[f64], out: &mut [f64]) {
    let (mut variance, mut total) = (0.0, 0.0);
    for i in 0..uncertainty.len() {
        variance += uncertainty[i] * uncertainty[i];
    }
    for i in 0..nominal.len() {
        total += nominal[i];
    }
    out[0] = variance.sqrt() / total;
}

/// Relative width of a bin's `staterror` constraint: the root of the summed squares of the
/// samples' absolute uncertainties over their summed yields.
pub fn staterror_width(uncertainty: &[f64], nominal: &[f64]) -> f64 {
    let mut width = [0.0];
    staterror(uncertainty, nominal, &mut width);
    width[0]
}

/// Adjoint of [`staterror_width`], added into the two outputs.
pub fn staterror_width_vjp(
    (uncertainty, nominal): (&[f64], &[f64]),
    (d_uncertainty, d_nominal): (&mut [f64], &mut [f64]),
    adjoint: f64,
) {
    assert_eq!(uncertainty.len(), d_uncertainty.len());
    assert_eq!(nominal.len(), d_nominal.len());
    let (width, seed) = (&mut [0.0], &mut [adjoint]);
    d_staterror(uncertainty, d_uncertainty, nominal, d_nominal, width, seed);
}

#[autodiff_reverse(d_shapesys, Active, Active, Duplicated)]
fn shapesys(nominal: f64, uncertainty: f64, out: &mut [f64]) {
    let ratio = nominal / uncertainty;
    out[0] = ratio * ratio;
}

/// Auxiliary count `tau = (nominal / uncertainty)^2` of a bin's `shapesys` constraint.
pub fn shapesys_tau(nominal: f64, uncertainty: f64) -> f64 {
    let mut tau = [0.0];
    shapesys(nominal, uncertainty, &mut tau);
    tau[0]
}

/// Adjoint of [`shapesys_tau`]: the derivatives with respect to nominal and uncertainty.
pub fn shapesys_tau_vjp(nominal: f64, uncertainty: f64, adjoint: f64) -> (f64, f64) {
    d_shapesys(nominal, uncertainty, &mut [0.0], &mut [adjoint])
}

#[cfg(test)]
mod tests {
    use super::super::interpolation::{NormsysCode, normsys_factor};
    use super::*;
    use diffhep_testing::{assert_close, difference};

    #[test]
    fn the_normsys_polynomial_meets_the_exponentials_smoothly() {
        let c = normsys_coefficients(0.83, 1.31);
        let inside =
            |alpha: f64| 1.0 + (0..6).map(|i| c[i] * alpha.powi(i as i32 + 1)).sum::<f64>();
        for (edge, base) in [(1.0, 1.31f64), (-1.0, 0.83f64)] {
            let outside = |alpha: f64| base.powf(alpha * edge);
            assert_close(inside(edge), outside(edge), 1e-13);
            assert_close(difference(inside, edge, 1e-3), difference(outside, edge, 1e-3), 1e-9);
            let bend = |f: &dyn Fn(f64) -> f64| difference(|x| difference(f, x, 1e-3), edge, 1e-2);
            assert_close(bend(&inside), bend(&outside), 1e-5);
        }
        assert_close(normsys_factor(NormsysCode::Code4, 0.4, &c), inside(0.4), 1e-14);
        assert_close(normsys_factor(NormsysCode::Code1, 0.4, &c), 1.31f64.powf(0.4), 1e-14);
        assert_close(normsys_factor(NormsysCode::Code1, -0.4, &c), 0.83f64.powf(0.4), 1e-14);
    }

    #[test]
    fn normsys_adjoint_matches_differences() {
        let adjoint = [0.3, -1.1, 0.7, 0.9, -0.4, 1.3, 0.8, -0.6];
        let value = |lo: f64, hi: f64| {
            let c = normsys_coefficients(lo, hi);
            c.iter().zip(&adjoint).map(|(c, a)| c * a).sum::<f64>()
        };
        let (d_lo, d_hi) = normsys_coefficients_vjp(0.83, 1.31, &adjoint);
        assert_close(d_lo, difference(|x| value(x, 1.31), 0.83, 1e-3), 1e-8);
        assert_close(d_hi, difference(|x| value(0.83, x), 1.31, 1e-3), 1e-8);
    }

    #[test]
    fn histosys_adjoint_is_the_transposed_map() {
        assert_eq!(histosys_coefficients(8.0, 10.0, 13.0), (2.5, 0.5));
        assert_eq!(histosys_coefficients_vjp(0.5, -0.25), (-0.375, 0.25, 0.125));
    }

    #[test]
    fn widths_and_their_adjoints_match_closed_forms() {
        let (u, n) = ([0.3, 0.4], [1.7, 2.3]);
        assert_close(staterror_width(&u, &n), 0.125, 1e-15);
        let (mut du, mut dn) = ([0.0; 2], [0.0; 2]);
        staterror_width_vjp((&u, &n), (&mut du, &mut dn), 2.0);
        assert_close(du[1], 2.0 * 0.4 / 0.5 / 4.0, 1e-14);
        assert_close(dn[0], -2.0 * 0.5 / 16.0, 1e-14);
        assert_eq!(shapesys_tau(50.0, 5.0), 100.0);
        let (d_nominal, d_uncertainty) = shapesys_tau_vjp(50.0, 5.0, 1.5);
        assert_close(d_nominal, 1.5 * 2.0 * 50.0 / 25.0, 1e-14);
        assert_close(d_uncertainty, -1.5 * 2.0 * 2500.0 / 125.0, 1e-14);
    }
}
