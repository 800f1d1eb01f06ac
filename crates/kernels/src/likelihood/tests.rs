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
            Group { cells: 0..2, norms: 0..0, scales: 0..1 },
            Group { cells: 2..4, norms: 0..2, scales: 1..1 },
        ],
        cell_bin: vec![0, 1, 0, 1],
        gamma_start: vec![0, 0, 0, 2, 4],
        gamma_parameter: vec![3, 4, 4, 4],
        shift_start: vec![0, 0, 0, 2, 4],
        shift_slot: vec![0, 1, 0, 1],
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

/// Computes derivatives to all orders, and walks forward.
macro_rules! swept {
    ($n:literal, $structure:expr, $coefficients:expr, $ray:expr) => {{
        let l =
            Likelihood { structure: $structure, coefficients: $coefficients, interpolation: CODES };
        let mut derivatives = Derivatives::new($structure);
        derivatives.set_values(l, $ray.theta);
        derivatives.set_slopes(l, $ray.theta);
        derivatives.set_curvatures(l, $ray.theta);
        derivatives.set_third(l, $ray.theta);
        let mut sweep = Sweep::<$n>::new($structure);
        sweep.forward(l, &derivatives, $ray);
        (l, derivatives, sweep)
    }};
}

/// A function of the rates' series, `sum of seeds * last terms`, whose adjoint has the seeds as its
/// first term.
macro_rules! reversed {
    ($n:literal, $structure:expr, $coefficients:expr, $ray:expr) => {{
        let (l, derivatives, sweep) = swept!($n, $structure, $coefficients, $ray);
        let (mut by_parameter, mut by_coefficient) = (vec![0.0; 6], $coefficients.zeros_like());
        let seeds = SEEDS.map(|seed| {
            let mut adjoint = [0.0; $n];
            adjoint[0] = seed;
            adjoint
        });
        let scratch = &mut Scratch::new($structure);
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
    let (s, c) = (structure(), coefficients());
    let (value, by_parameter, by_coefficient) = reversed!(1, &s, &c, straight(&THETA));
    let (_, derivatives, _) = swept!(1, &s, &c, straight(&THETA));
    let (weights, norms) = (derivatives.weights, derivatives.norms);
    let mut v = THETA[..5].to_vec();
    v.extend([weights[0][0], weights[1][0], norms[0][0], norms[1][0]]);
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

#[test]
fn jacobians_are_rows_of_gradients() {
    let (s, c) = (structure(), coefficients());
    let (l, derivatives, sweep) = swept!(1, &s, &c, straight(&THETA));
    let (mut slopes, mut jacobian) = (Slopes::default(), vec![0.0; 12]);
    slopes.set(l, &sweep, &derivatives);
    slopes.add_jacobian(l, &sweep, &THETA, &mut jacobian);
    let (_, gradient, _) = reversed!(1, &s, &c, straight(&THETA));
    let mut of_groups = [0.0; 12];
    for g in 0..2 {
        slopes.add_group(l, &sweep, &THETA, g, &mut of_groups);
    }
    for p in 0..6 {
        assert_close(SEEDS[0] * jacobian[p] + SEEDS[1] * jacobian[6 + p], gradient[p], 1e-13);
        assert_close(of_groups[p], jacobian[p], 1e-15);
    }
    let parts = [0, 1].map(|g| group_rates(l, &sweep, &THETA, g));
    for bin in 0..2 {
        assert_close(parts[0][bin] + parts[1][bin], sweep.rates()[bin][0], 1e-15);
    }
}

/// Checks the derivatives of the sweep of one order, and its last term against the order before.
macro_rules! check_order {
    ($n:literal, $before:literal) => {
        let (s, c) = (structure(), coefficients());
        let ray = Ray { theta: &THETA, x: &X };
        let (value, by_parameter, by_coefficient) = reversed!($n, &s, &c, ray);
        let along = |t: f64| {
            let theta: Vec<f64> = THETA.iter().zip(X).map(|(theta, x)| theta + t * x).collect();
            reversed!($before, &s, &c, (Ray { theta: &theta, x: &X })).0
        };
        assert_close(($n - 1) as f64 * value, difference(along, 0.0, 1e-3), 1e-9);
        for p in 0..6 {
            let at = |value: f64| {
                let mut theta = THETA;
                theta[p] = value;
                reversed!($n, &s, &c, (Ray { theta: &theta, x: &X })).0
            };
            assert_close(by_parameter[p], difference(at, THETA[p], 1e-3), 1e-8);
        }
        for (list, found) in by_coefficient.lists().into_iter().enumerate() {
            for (i, found) in found.iter().enumerate() {
                let at = |value: f64| {
                    let mut moved = c.clone();
                    moved.lists_mut()[list][i] = value;
                    reversed!($n, &s, &moved, ray).0
                };
                assert_close(*found, difference(at, c.lists()[list][i], 1e-3), 1e-8);
            }
        }
    };
}

#[test]
fn the_first_order_matches_differences() {
    let (s, c) = (structure(), coefficients());
    let (_, gradient, _) = reversed!(1, &s, &c, straight(&THETA));
    for p in 0..6 {
        let at = |value: f64| {
            let mut theta = THETA;
            theta[p] = value;
            reversed!(1, &s, &c, straight(&theta)).0
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
