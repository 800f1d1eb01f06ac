//! Sums over the terms of -ln L: one Poisson term per bin, one term per auxiliary datum.
//!
//! Data are the bins' counts, then the auxiliary data. Rates are in events.

use super::structure::{ConstraintKind, Likelihood};
use crate::density::{
    normal_bend, normal_information, normal_slopes, normal_term, poisson_bend, poisson_information,
    poisson_rate_slope, poisson_slopes, poisson_term,
};
use crate::jets::{Jet, PoissonBend, poisson_jet_bend};

/// An auxiliary datum, with the parameter that it constrains and how.
#[derive(Clone, Copy, Debug)]
struct Constraint {
    kind: ConstraintKind,
    parameter: usize,
    /// Width of a Normal constraint, `tau` of a Poisson one.
    width: f64,
}

fn constraints<'a>(l: Likelihood<'a>) -> impl Iterator<Item = Constraint> + 'a {
    let widths = &l.coefficients.constraint;
    l.structure.constraints.iter().zip(widths).map(|(&(p, kind), &width)| Constraint {
        kind,
        parameter: p as usize,
        width,
    })
}

/// One number per constraint, from its parameter's value and its auxiliary datum.
fn each<T>(
    l: Likelihood,
    theta: &[f64],
    data: &[f64],
    term: impl Fn(Constraint, f64, f64) -> T,
) -> Vec<T> {
    let auxiliary = &data[l.structure.n_bins..];
    constraints(l).zip(auxiliary).map(|(c, &datum)| term(c, theta[c.parameter], datum)).collect()
}

/// -ln L, fully normalised.
pub fn negative_log_likelihood(l: Likelihood, rates: &[f64], theta: &[f64], data: &[f64]) -> f64 {
    let bins: f64 = rates.iter().zip(data).map(|(&rate, &count)| poisson_term(count, rate)).sum();
    let terms = constraints(l).zip(&data[l.structure.n_bins..]).map(|(c, &datum)| {
        let value = theta[c.parameter];
        match c.kind {
            ConstraintKind::Normal => normal_term(datum, value, c.width),
            ConstraintKind::Poisson => poisson_term(datum, c.width * value),
        }
    });
    terms.fold(bins, |sum, term| sum + term)
}

/// Derivatives of the bins' terms with respect to the count and the rate.
pub fn bin_slopes(rates: &[f64], data: &[f64]) -> Vec<(f64, f64)> {
    rates.iter().zip(data).map(|(&rate, &count)| poisson_slopes(count, rate)).collect()
}

/// Derivatives of the bins' terms with respect to the rate.
pub fn bin_rate_slopes(rates: &[f64], data: &[f64]) -> Vec<f64> {
    rates.iter().zip(data).map(|(&rate, &count)| poisson_rate_slope(count, rate)).collect()
}

/// Change of [`bin_slopes`] per event of the rate.
pub fn bin_bends(rates: &[f64], data: &[f64]) -> Vec<(f64, f64)> {
    rates.iter().zip(data).map(|(&rate, &count)| poisson_bend(count, rate, 1.0)).collect()
}

/// Second derivatives of the bins' terms with respect to the rate.
pub fn bin_rate_bends(rates: &[f64], data: &[f64]) -> Vec<f64> {
    rates.iter().zip(data).map(|(&rate, &count)| poisson_bend(count, rate, 1.0).1).collect()
}

/// Second derivatives of the bins' terms along the direction of the rates' series, each with its
/// own derivatives.
pub fn bin_forms(rates: &[Jet], data: &[f64]) -> Vec<PoissonBend> {
    rates.iter().zip(data).map(|(&rate, &count)| poisson_jet_bend(count, rate)).collect()
}

/// Derivatives of the constraints' terms with respect to the datum, the parameter and the
/// coefficient.
pub fn constraint_slopes(l: Likelihood, theta: &[f64], data: &[f64]) -> Vec<[f64; 3]> {
    each(l, theta, data, |c, value, datum| match c.kind {
        ConstraintKind::Normal => normal_slopes(datum, value, c.width),
        ConstraintKind::Poisson => {
            let (by_count, by_rate) = poisson_slopes(datum, c.width * value);
            [by_count, c.width * by_rate, value * by_rate]
        }
    })
}

/// Change of [`constraint_slopes`] per unit of the parameter.
pub fn constraint_bends(l: Likelihood, theta: &[f64], data: &[f64]) -> Vec<[f64; 3]> {
    each(l, theta, data, |c, value, datum| match c.kind {
        ConstraintKind::Normal => normal_bend(datum, value, c.width, 1.0),
        ConstraintKind::Poisson => {
            let rate = c.width * value;
            let (bend_n, bend_r) = poisson_bend(datum, rate, c.width);
            let slope = poisson_slopes(datum, rate).1;
            [bend_n, c.width * bend_r, value * bend_r + slope]
        }
    })
}

/// What each constraint adds to the expected information of its parameter, with the derivatives
/// with respect to the coefficient and the parameter.
pub fn constraint_information(l: Likelihood, theta: &[f64]) -> Vec<[f64; 3]> {
    let terms = constraints(l).map(|c| match c.kind {
        ConstraintKind::Normal => {
            let (information, by_width) = normal_information(c.width);
            [information, by_width, 0.0]
        }
        ConstraintKind::Poisson => {
            let (information, [by_tau, by_value]) =
                poisson_information(c.width, theta[c.parameter]);
            [information, by_tau, by_value]
        }
    });
    terms.collect()
}

/// The second derivative of one constraint's term along a direction, with its own derivatives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ConstraintForm {
    /// The second derivative.
    pub value: f64,
    /// With respect to the auxiliary datum.
    pub by_datum: f64,
    /// With respect to the parameter.
    pub by_parameter: f64,
    /// With respect to the width or `tau`.
    pub by_coefficient: f64,
}

/// Second derivatives of the constraints' terms along `x`.
pub fn constraint_forms(
    l: Likelihood,
    theta: &[f64],
    x: &[f64],
    data: &[f64],
) -> Vec<ConstraintForm> {
    each(l, theta, data, |c, value, datum| {
        let x = x[c.parameter];
        match c.kind {
            ConstraintKind::Normal => {
                let (information, by_width) = normal_information(c.width);
                let (value, by_coefficient) = (x * x * information, x * x * by_width);
                ConstraintForm { value, by_coefficient, ..ConstraintForm::default() }
            }
            // Its `tau` cancels.
            ConstraintKind::Poisson => {
                let bend = poisson_jet_bend(datum, [value, x, 0.0]);
                ConstraintForm {
                    value: bend.value,
                    by_datum: bend.by_count,
                    by_parameter: bend.by_rate[0],
                    by_coefficient: 0.0,
                }
            }
        }
    })
}
