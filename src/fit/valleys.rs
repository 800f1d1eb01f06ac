//! The lowest of several minima.
//!
//! A shape that moves events the same way up and down bends the rates, and -ln L can then have a
//! second valley, into which no descent from the first leads. After each descent, every parameter
//! whose variations are uneven enough to bend -ln L as much as its constraint does is moved, on its
//! own, to a few points on either side. There the rates' change `d` is exact, and the other
//! parameters' answer is that of the likelihood's parabola: with the slopes `s` of the bins' terms
//! and the curvature `K` that is left once the others have answered, -ln L changes by
//!
//! `s^T d + d^T K d / 2` and the parameter's own constraint.
//!
//! Where that is promising, and higher halfway there, a descent starts from the point with the
//! others' answer, and one from the initial values. Where a parameter is pulled by more than its
//! width, and few are uneven, descents also start on both sides of each of these, promising or not.
//! The search continues from a lower minimum until none is found. A likelihood with one valley pays
//! little for it: a few evaluations per parameter. Models of more than 200 bins are not searched.
//!
//! With `j` the derivatives of the rates by the parameter and `d` its information,
//! `K = K_all + K_all j j^T K_all / (d - j^T K_all j)`, `K_all` being that of all parameters.

use nalgebra::{DMatrix, DVector};

use super::information::{Ingredients, curvature_rates};
use super::newton::{self, Minimum};
use super::report::{FitError, FitOptions, FitReport};
use crate::histfactory::{ConstraintKind, Evaluator, Linearised, Uneven};

/// Bins, above which no other valley is searched for.
const MOST: usize = 200;

/// Points to which a parameter is moved, in widths of its constraint from its centre.
const POINTS: [f64; 10] = [-2.5, -1.6, -1.0, -0.6, -0.3, 0.3, 0.6, 1.0, 1.6, 2.5];
/// Distance from the minimum, in widths, within which there is no other valley.
const NEAR: f64 = 0.25;
/// A pull, in widths, below which a parameter may be on a saddle; how far aside that is tested, and
/// how far aside a descent from there starts.
const UNMOVED: f64 = 1e-6;
const ASIDE: f64 = 0.02;
const START: f64 = 0.3;
/// Predicted height of a minimum above the one found, in -ln L, at which it is still looked for.
const PROMISING: f64 = 2.0;
/// The weight of an even variation bends at most so much.
const BEND: f64 = 3.75;
/// Bend of -ln L, in units of the constraint's, that a second valley needs.
const LEAST_BEND: f64 = 0.5;
/// Descents from one minimum, and minima in turn.
const MOST_DESCENTS: usize = 3;
const MOST_MINIMA: usize = 5;
/// Uneven parameters, up to which both sides of each are starts where one is pulled far.
const FEW: usize = 8;
/// A pull, in widths, from which those sides and the initial values are starts too.
const FAR: f64 = 1.0;
/// Decrease of -2 ln L that distinguishes one minimum from another.
pub(crate) const LOWER: f64 = 1e-9;
/// Difference in -2 ln L between minima that a report mentions.
const CLOSE: f64 = 1.0;

/// Whether -ln L may bend back somewhere along a parameter; `slopes` are those of the bins' terms.
fn may_bend(uneven: &Uneven, slopes: &[f64]) -> bool {
    let pull: f64 = uneven.even.iter().zip(slopes).map(|(even, slope)| even * slope).sum();
    let bend = pull.abs() + 1.5 * (uneven.even_odd.abs() + uneven.even_even);
    BEND * bend > LEAST_BEND
}

/// A minimum and the parabola around it.
struct Parabola<'a, 'm> {
    at: Linearised<'a, 'm>,
    minimum: &'a Minimum,
    /// Slope of each bin's term in its rate.
    slopes: Vec<f64>,
    /// Curvature of -ln L in the rates that is left once all parameters have answered: bins x bins.
    left: DMatrix<f64>,
    data: &'a [f64],
}

/// The parabola without one parameter, which is moved by hand.
struct Along<'a, 'p, 'm> {
    parabola: &'a Parabola<'p, 'm>,
    uneven: &'a Uneven,
    from: f64,
    centre: f64,
    width: f64,
    /// `K_all j`, and what divides its outer product.
    left: DVector<f64>,
    divisor: f64,
}

impl<'a, 'p, 'm> Along<'a, 'p, 'm> {
    fn new(parabola: &'a Parabola<'p, 'm>, uneven: &'a Uneven, centre: f64, width: f64) -> Self {
        let (at, p) = (parabola.at, uneven.interpolated.parameter);
        let slope = |bin: usize| at.of_bin(bin).filter(|(q, _)| *q == p).map(|(_, d)| d).sum();
        let slopes = DVector::from_fn(parabola.slopes.len(), |bin, _| slope(bin));
        let left = &parabola.left * &slopes;
        let divisor = 1.0 / (width * width) - left.dot(&slopes);
        Self { parabola, uneven, from: at.parameters()[p], centre, width, left, divisor }
    }

    /// The rates' change, where it leaves all rates positive.
    fn change(&self, to: f64) -> Option<DVector<f64>> {
        let rates = self.parabola.at.rates();
        let mut change = DVector::zeros(rates.len());
        let out = change.as_mut_slice();
        self.parabola.at.add_change(&self.uneven.interpolated, to, out);
        rates.iter().zip(&change).all(|(rate, change)| rate + change >= 0.0).then_some(change)
    }

    /// The predicted change of -ln L.
    fn height(&self, to: f64) -> Option<f64> {
        let change = self.change(to)?;
        let Parabola { slopes, left, .. } = self.parabola;
        let slope: f64 = change.iter().zip(slopes).map(|(d, slope)| d * slope).sum();
        let own = self.left.dot(&change);
        let bend = change.dot(&(left * &change)) + own * own / self.divisor;
        let pull = |value: f64| 0.5 * ((value - self.centre) / self.width).powi(2);
        Some(slope + 0.5 * bend + pull(to) - pull(self.from))
    }

    /// The most promising point, with its predicted height.
    fn promising(&self) -> Option<(f64, f64)> {
        // On a saddle both sides are the same.
        let is_unmoved = (self.from - self.centre).abs() < UNMOVED * self.width;
        let aside = self.from + ASIDE * self.width;
        if is_unmoved && self.height(aside).is_some_and(|height| height < 0.0) {
            return self.height(aside).map(|height| (height, self.from + START * self.width));
        }
        let far = |to: &f64| (to - self.from).abs() > NEAR * self.width;
        let points = POINTS.iter().map(|point| self.centre + point * self.width).filter(far);
        let heights = points.filter_map(|to| Some((self.height(to)?, to)));
        let best = heights.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|best| best.0 < PROMISING)?;
        let halfway = self.height(0.5 * (self.from + best.1));
        halfway.is_none_or(|height| height > best.0).then_some(best)
    }

    /// A point with the others' answer.
    fn start(&self, to: f64) -> Option<Vec<f64>> {
        let (p, change) = (self.uneven.interpolated.parameter, self.change(to)?);
        let Parabola { at, minimum, .. } = self.parabola;
        let weights = minimum.weights.iter();
        let weighted: Vec<f64> = change.iter().zip(weights).map(|(d, w)| d * w).collect();
        let (mut seed, mut unit) = (vec![0.0; at.parameters().len()], at.parameters().to_vec());
        at.jacobian().add_transposed(at.layout(), &weighted, &mut seed);
        seed[p] = 0.0;
        unit.fill(0.0);
        unit[p] = 1.0;
        let (answer, column) = (minimum.solver.solve(&seed), minimum.solver.solve(&unit));
        let ratio = answer[p] / column[p];
        let terms = at.parameters().iter().zip(answer.iter().zip(&column));
        let mut start: Vec<f64> = terms.map(|(x, (answer, c))| x - (answer - ratio * c)).collect();
        start[p] = to;
        Some(start)
    }
}

impl Parabola<'_, '_> {
    /// Whether a parameter that is interpolated is pulled far.
    fn is_far(&self) -> bool {
        let theta = self.at.parameters();
        let mut constraints = self.at.model().constraints();
        constraints.any(|(p, kind, width, datum)| {
            kind == ConstraintKind::Normal && (theta[p] - self.data[datum]).abs() > FAR * width
        })
    }

    /// The initial values, except for parameters that fits leave alone.
    fn initial(&self) -> Vec<f64> {
        let model = self.at.model();
        let fixed = self.at.parameters().iter().zip(model.suggested_fixed());
        let values = model.suggested_init().iter().zip(fixed);
        values.map(|(init, (value, is_fixed))| if *is_fixed { *value } else { *init }).collect()
    }

    /// Points from which descents may end lower, the most promising first.
    fn starts(&self, uneven: &[Uneven], free: &[usize]) -> Vec<Vec<f64>> {
        let model = self.at.model();
        let mut found: Vec<(f64, Vec<f64>)> = Vec::new();
        let mut singles = Vec::new();
        let is_far = self.is_far();
        for one in uneven.iter().filter(|one| may_bend(one, &self.slopes)) {
            let p = one.interpolated.parameter;
            let mut constraints = model.constraints();
            let own = constraints.find(|c| c.0 == p && c.1 == ConstraintKind::Normal);
            let Some((.., width, datum)) = own.filter(|_| free.binary_search(&p).is_ok()) else {
                continue;
            };
            let along = Along::new(self, one, self.data[datum], width);
            if is_far && uneven.len() <= FEW {
                let sides = [-1.6, 1.6].map(|point| along.start(along.centre + point * width));
                singles.extend(sides.into_iter().flatten());
            }
            let promising = along.promising();
            found.extend(promising.and_then(|(height, to)| Some((height, along.start(to)?))));
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found.truncate(MOST_DESCENTS);
        let mut starts: Vec<Vec<f64>> = found.into_iter().map(|(_, start)| start).collect();
        if is_far || !starts.is_empty() {
            starts.push(self.initial());
        }
        starts.extend(singles);
        starts
    }
}

fn starts(evaluator: &mut Evaluator, data: &[f64], minimum: &Minimum) -> Vec<Vec<f64>> {
    let model = evaluator.model();
    let uneven = model.uneven();
    if uneven.is_empty() {
        return Vec::new();
    }
    let Ok(at) = evaluator.set_point(&minimum.report.parameters) else { return Vec::new() };
    let at = at.linearise();
    let (slopes, free) = (at.rate_slopes(data), &minimum.report.free);
    if !uneven.iter().any(|one| may_bend(one, &slopes)) {
        return Vec::new();
    }
    let Some(left) = left(at, data, free) else { return Vec::new() };
    Parabola { at, minimum, slopes, left, data }.starts(uneven, free)
}

/// `K_all` of the expected information.
fn left(at: Linearised, data: &[f64], free: &[usize]) -> Option<DMatrix<f64>> {
    let mut constraint = vec![0.0; at.parameters().len()];
    at.constraint_information(&mut constraint);
    let rates = curvature_rates(at.rates(), data);
    let ingredients = Ingredients::at(at, &rates, &constraint);
    Some(ingredients.woodbury(free)?.curvature_left())
}

/// As [`minimise`](super::minimise), but where -ln L may have several valleys, the lowest minimum
/// that a search finds.
///
/// # Errors
/// As [`minimise`](super::minimise).
pub fn lowest_minimum(
    evaluator: &mut Evaluator,
    data: &[f64],
    initial: &[f64],
    hold: &[(usize, f64)],
    options: &FitOptions,
) -> Result<FitReport, FitError> {
    let mut best = newton::descend(evaluator, data, initial, hold, options)?;
    let model = evaluator.model();
    let is_large = model.n_bins() > MOST;
    let mut others: Vec<f64> = Vec::new();
    for _ in 0..MOST_MINIMA {
        if is_large || !best.report.status.is_minimum() {
            break;
        }
        let mut lower = None;
        for start in starts(evaluator, data, &best) {
            let Ok(found) = newton::descend(evaluator, data, &start, hold, options) else {
                continue;
            };
            if !found.report.status.is_minimum() {
                continue;
            }
            let height = found.report.twice_nll;
            if height < best.report.twice_nll - LOWER {
                others.push(best.report.twice_nll);
                lower = Some(found);
                break;
            }
            if height > best.report.twice_nll + LOWER {
                others.push(height);
            }
        }
        match lower {
            Some(lower) => best = lower,
            None => break,
        }
    }
    let mut report = best.report;
    let is_close = |height: &f64| *height < report.twice_nll + CLOSE;
    report.other_minimum = others.into_iter().filter(is_close).reduce(f64::min);
    if evaluator.point().is_none_or(|at| at.parameters() != report.parameters) {
        evaluator.set_point(&report.parameters)?;
    }
    Ok(report)
}
