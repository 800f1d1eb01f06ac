//! Compares the walks with Enzyme's derivative of the same rates, and each order with differences.

use std::autodiff::autodiff_reverse;

use super::*;
use crate::coefficients::normsys_coefficients;
use crate::interpolation::{HistosysCode, Interpolation, NormsysCode};
use diffhep_testing::{assert_close, difference};

const THETA: [f64; 6] = [0.6, -1.4, 1.3, 0.8, 1.15, 0.35];
const X: [f64; 6] = [0.7, -0.4, 0.9, 0.3, -0.8, 0.5];
const SEEDS: [f64; 2] = [0.9, -1.6];

/// A model with two bins, a signal (parameter 2), and a background with two `histosys` entries per
/// bin (parameters 0 and 1), two `normsys` factors (1 and 5) and two `gamma` factors per bin (3 and
/// 4; in the second bin 4 twice).
fn structure() -> Structure {
    Structure {
        n_bins: 2,
        n_parameters: 6,
        groups: vec![
            Group { cells: 0..2, norms: 0..0, scales: 0..1, slots: 0..0, first_shift: 0 },
            Group { cells: 2..4, norms: 0..2, scales: 1..1, slots: 0..2, first_shift: 0 },
        ],
        cell_bin: vec![0, 1, 0, 1],
        gamma_start: vec![0, 0, 0, 2, 4],
        gamma_parameter: vec![3, 4, 4, 4],
        group_slot: vec![0, 1],
        slot_parameter: vec![0, 1],
        norm_parameter: vec![1, 5],
        scale_parameter: vec![2],
        constraints: Vec::new(),
    }
}

fn coefficients() -> Coefficients {
    let norms = [normsys_coefficients(0.85, 1.2), normsys_coefficients(0.9, 1.3)];
    Coefficients {
        nominal: vec![5.0, 7.0, 40.0, 55.0],
        shift_s: vec![1.5, -2.0, 0.7, 3.0],
        shift_a: vec![0.4, 0.9, -0.6, 0.2],
        norm: norms.concat(),
        constraint: Vec::new(),
    }
}

const CODES: Interpolation =
    Interpolation { normsys: NormsysCode::Code4, histosys: HistosysCode::Code4p };

#[derive(Clone)]
struct Fixture {
    structure: Structure,
    layout: Layout,
    coefficients: Coefficients,
}

impl Fixture {
    fn new(structure: Structure) -> Self {
        Self { layout: Layout::new(&structure), structure, coefficients: coefficients() }
    }

    fn view(&self) -> Likelihood<'_> {
        let Self { structure, layout, coefficients } = self;
        Likelihood { structure, layout, coefficients, interpolation: CODES }
    }
}

fn fixture() -> Fixture {
    Fixture::new(structure())
}

/// Computes derivatives to all orders, and walks forward.
macro_rules! swept {
    ($n:literal, $model:expr, $ray:expr) => {{
        let l = $model.view();
        let mut derivatives = Derivatives::new(l.structure);
        derivatives.set_values(l, $ray.theta);
        derivatives.set_slopes(l, $ray.theta);
        derivatives.set_curvatures(l, $ray.theta);
        derivatives.set_third(l, $ray.theta);
        let mut sweep = Sweep::<$n>::new(l.structure);
        sweep.forward(l, &derivatives, $ray);
        (l, derivatives, sweep)
    }};
}

/// A function of the rates' series, `sum of seeds * last terms`, whose adjoint has the seeds as its
/// first term.
macro_rules! reversed {
    ($n:literal, $model:expr, $ray:expr) => {{
        let (l, derivatives, sweep) = swept!($n, $model, $ray);
        let (mut by_parameter, mut by_coefficient) = (vec![0.0; 6], l.coefficients.zeros_like());
        let seeds = SEEDS.map(|seed| {
            let mut adjoint = [0.0; $n];
            adjoint[0] = seed;
            adjoint
        });
        let scratch = &mut Scratch::new(l.structure);
        let out = Some(&mut by_coefficient);
        sweep.reverse(l, &derivatives, $ray, &seeds, scratch, &mut by_parameter, out);
        let value: f64 = sweep.rates().iter().zip(SEEDS).map(|(r, seed)| seed * r[$n - 1]).sum();
        (value, by_parameter, by_coefficient)
    }};
}

fn straight(theta: &[f64]) -> Ray<'_> {
    Ray { theta, x: &[] }
}

/// The same rates written out. `v` has parameters 0 to 4, both weights and both factors; `c` has
/// the nominal yields, the half differences and the half curvatures.
#[autodiff_reverse(d_plain, Duplicated, Duplicated, Duplicated)]
fn plain(v: &[f64], c: &[f64], out: &mut [f64]) {
    let background = v[7] * v[8];
    let first = v[0] * c[4] + v[5] * c[8] + v[1] * c[5] + v[6] * c[9];
    let second = v[0] * c[6] + v[5] * c[10] + v[1] * c[7] + v[6] * c[11];
    out[0] = c[0] * v[2] + (c[2] + first) * background * v[3] * v[4];
    out[1] = c[1] * v[2] + (c[3] + second) * background * v[4] * v[4];
}

#[test]
fn rates_and_gradients_are_those_of_the_rates_written_out() {
    let m = fixture();
    let (value, by_parameter, by_coefficient) = reversed!(1, &m, straight(&THETA));
    let (_, derivatives, _) = swept!(1, &m, straight(&THETA));
    let (weights, norms) = (derivatives.weights, derivatives.norms);
    let mut v = THETA[..5].to_vec();
    v.extend([weights[0][0], weights[1][0], norms[0][0], norms[1][0]]);
    let c = &m.coefficients;
    let flat = [&c.nominal[..], &c.shift_s, &c.shift_a].concat();
    let (mut d, mut d_flat) = ([0.0; 9], vec![0.0; flat.len()]);
    let (mut rates, mut seeds) = ([0.0; 2], SEEDS);
    d_plain(&v, &mut d, &flat, &mut d_flat, &mut rates, &mut seeds);
    assert_close(value, rates.iter().zip(SEEDS).map(|(r, seed)| seed * r).sum(), 1e-14);
    let through_0 = d[0] + d[5] * weights[0][1];
    let through_1 = d[1] + d[6] * weights[1][1] + d[7] * norms[0][1];
    let d_theta = [through_0, through_1, d[2], d[3], d[4], d[8] * norms[1][1]];
    let lists = [&by_coefficient.nominal[..], &by_coefficient.shift_s, &by_coefficient.shift_a];
    let found = by_parameter.iter().chain(lists.into_iter().flatten());
    for (found, expected) in found.zip(d_theta.iter().chain(&d_flat)) {
        assert_close(*found, *expected, 1e-13);
    }
}

/// The Jacobian, row-major, from its pattern.
fn dense(l: Likelihood, jacobian: &Jacobian) -> Vec<f64> {
    let mut dense = vec![0.0; 12];
    for block in &l.layout.blocks {
        for bin in block.bins.clone() {
            jacobian.of_bin(l.layout, block, bin).for_each(|(p, d)| dense[6 * bin + p] += d);
        }
    }
    dense
}

/// A model whose second `gamma` factor scales the signal too, so that it is shared.
fn wide() -> Fixture {
    Fixture::new(Structure { scale_parameter: vec![4], ..structure() })
}

#[test]
fn jacobians_are_rows_of_gradients() {
    for m in [fixture(), wide()] {
        let (l, derivatives, sweep) = swept!(1, &m, straight(&THETA));
        let mut jacobian = Jacobian::new(&m.layout);
        // Twice, so that what was left from the first would show.
        jacobian.set(l, &sweep, &derivatives, &THETA);
        jacobian.set(l, &sweep, &derivatives, &THETA);
        let (_, gradient, _) = reversed!(1, &m, straight(&THETA));
        let mut transposed = vec![0.0; 6];
        jacobian.add_transposed(&m.layout, &SEEDS, &mut transposed);
        let rows = dense(l, &jacobian);
        for p in 0..6 {
            assert_close(SEEDS[0] * rows[p] + SEEDS[1] * rows[6 + p], gradient[p], 1e-13);
            assert_close(transposed[p], gradient[p], 1e-13);
        }
        let along = jacobian.times(&m.layout, &X);
        let (_, _, directed) = swept!(2, &m, Ray { theta: &THETA, x: &X });
        let parts = [0, 1].map(|g| group_rates(l, &sweep, &jacobian, &THETA, g));
        for bin in 0..2 {
            assert_close(along[bin], directed.rates()[bin][1], 1e-13);
            let rate: f64 = parts.iter().map(|part| part[bin].rate).sum();
            assert_close(rate, sweep.rates()[bin][0], 1e-15);
            let mut row = [0.0; 6];
            let slopes = parts.iter().flat_map(|part| &part[bin].slopes);
            slopes.for_each(|&(p, d)| row[p] += d);
            (0..6).for_each(|p| assert_close(row[p], rows[6 * bin + p], 1e-13));
        }
    }
}

#[test]
fn layouts_tell_shared_parameters_from_bin_wise_ones() {
    let (m, wide) = (fixture(), wide());
    assert_eq!((&m.layout.shared[..], &m.layout.local[..]), (&[0, 1, 2, 5][..], &[3, 4][..]));
    assert_eq!((m.layout.components.len(), &m.layout.lists[0][..]), (1, &[0, 1, 2, 3][..]));
    // Parameter 2 changes nothing there, so it is a component of its own.
    assert_eq!((&wide.layout.shared[..], &wide.layout.local[..]), (&[0, 1, 4, 5][..], &[3, 2][..]));
}

/// The matrix whose products are `add_times`, from its parts.
fn matrix(l: Likelihood, curvature: &Curvature) -> Vec<f64> {
    let (n, layout) = (6, l.layout);
    let mut shared = vec![0.0; layout.shared.len() * layout.shared.len()];
    curvature.add_shared(l, &mut shared);
    let mut matrix = vec![0.0; n * n];
    for (row, &p) in shared.chunks_exact(layout.shared.len()).zip(&layout.shared) {
        row.iter().zip(&layout.shared).for_each(|(value, &q)| matrix[p * n + q] += value);
    }
    for block in &layout.blocks {
        for bin in block.bins.clone() {
            for entry in layout.entries(bin) {
                let p = layout.entry_parameter[entry];
                let row = curvature.entry_row(layout, block, entry);
                for (value, &column) in row.iter().zip(&block.columns) {
                    let q = layout.shared[column];
                    matrix[p * n + q] += value;
                    matrix[q * n + p] += value;
                }
                for other in layout.entries(bin).start..=entry {
                    let (value, q) =
                        (curvature.pair(layout, bin, entry, other), layout.entry_parameter[other]);
                    matrix[p * n + q] += value;
                    if p != q {
                        matrix[q * n + p] += value;
                    }
                }
            }
        }
    }
    matrix
}

#[test]
fn curvatures_are_second_derivatives() {
    // A factor of 0 too, whose derivative is not that of a quotient.
    let without_signal = [0.6, -1.4, 0.0, 0.8, 0.0, 0.35];
    for (m, theta) in [(fixture(), THETA), (wide(), THETA), (fixture(), without_signal)] {
        let ray = Ray { theta: &theta, x: &X };
        let (l, derivatives, sweep) = swept!(1, &m, straight(&theta));
        let (mut jacobian, mut curvature) = (Jacobian::new(&m.layout), Curvature::new(l));
        jacobian.set(l, &sweep, &derivatives, &theta);
        for _ in 0..2 {
            curvature.set(l, &sweep, &jacobian, &derivatives, &theta, &SEEDS);
        }
        let mut found = vec![0.0; 6];
        curvature.add_times(l, &X, &mut found);
        let (_, expected, _) = reversed!(2, &m, ray);
        let matrix = matrix(l, &curvature);
        for (p, row) in matrix.chunks_exact(6).enumerate() {
            assert_close(found[p], expected[p], 1e-12);
            assert_close(row.iter().zip(X).map(|(h, x)| h * x).sum(), expected[p], 1e-12);
        }
    }
}

/// Checks the derivatives of the sweep of one order, and its last term against the order before.
macro_rules! check_order {
    ($n:literal, $before:literal) => {
        let m = fixture();
        let ray = Ray { theta: &THETA, x: &X };
        let (value, by_parameter, by_coefficient) = reversed!($n, &m, ray);
        let along = |t: f64| {
            let theta: Vec<f64> = THETA.iter().zip(X).map(|(theta, x)| theta + t * x).collect();
            reversed!($before, &m, (Ray { theta: &theta, x: &X })).0
        };
        assert_close(($n - 1) as f64 * value, difference(along, 0.0, 1e-3), 1e-9);
        for p in 0..6 {
            let at = |value: f64| {
                let mut theta = THETA;
                theta[p] = value;
                reversed!($n, &m, (Ray { theta: &theta, x: &X })).0
            };
            assert_close(by_parameter[p], difference(at, THETA[p], 1e-3), 1e-8);
        }
        for (list, found) in by_coefficient.lists().into_iter().enumerate() {
            for (i, found) in found.iter().enumerate() {
                let at = |value: f64| {
                    let mut moved = m.clone();
                    moved.coefficients.lists_mut()[list][i] = value;
                    reversed!($n, &moved, ray).0
                };
                assert_close(*found, difference(at, m.coefficients.lists()[list][i], 1e-3), 1e-8);
            }
        }
    };
}

#[test]
fn the_first_order_matches_differences() {
    let m = fixture();
    let (_, gradient, by_coefficient) = reversed!(1, &m, straight(&THETA));
    for (list, found) in by_coefficient.lists().into_iter().enumerate() {
        for (i, found) in found.iter().enumerate() {
            let at = |value: f64| {
                let mut moved = m.clone();
                moved.coefficients.lists_mut()[list][i] = value;
                reversed!(1, &moved, straight(&THETA)).0
            };
            let expected = difference(at, m.coefficients.lists()[list][i], 1e-3);
            assert_close(*found, expected, 1e-9);
        }
    }
    for p in 0..6 {
        let at = |value: f64| {
            let mut theta = THETA;
            theta[p] = value;
            reversed!(1, &m, straight(&theta)).0
        };
        assert_close(gradient[p], difference(at, THETA[p], 1e-3), 1e-9);
    }
}

#[test]
fn the_second_order_matches_differences() {
    check_order!(2, 1);
}

#[test]
fn the_third_order_matches_differences() {
    check_order!(3, 2);
}

#[test]
fn changes_are_those_of_the_rates() {
    let m = fixture();
    let (l, _, sweep) = swept!(1, &m, straight(&THETA));
    let all = Interpolated::all(&m.structure);
    assert_eq!(all.iter().map(|one| one.parameter).collect::<Vec<_>>(), [0, 1, 5]);
    for one in all {
        for to in [-1.7, -0.3, 0.8] {
            let mut moved = THETA;
            moved[one.parameter] = to;
            let (_, _, there) = swept!(1, &m, straight(&moved));
            let mut change = [0.0; 2];
            one.add_change(l, &sweep, &THETA, to, &mut change);
            for bin in 0..2 {
                let expected = there.rates()[bin][0] - sweep.rates()[bin][0];
                // Rounding is that of the rates, which are some tens of events.
                assert!((change[bin] - expected).abs() < 1e-12, "{} {expected}", change[bin]);
            }
        }
    }
}
