//! Finds where a curve crosses a height, in few evaluations.
//!
//! Enters: a curve `t(x)` for `x > 0` that starts at `t(0) = 0` and is nearly straight, such as
//! `sqrt(2 Delta f)` or `sqrt(-2 ln p)`, with its slope. Leaves: an `x` at which it reaches a
//! height. Evaluated points are retained, so all heights of one curve share them.
//!
//! Newton steps, or the inverse of the cubic through both ends of the bracket, inside a bracket
//! that only shrinks; bisection where such a step would leave the bracket or shrinks it slowly.
//! Where no point above the height is known, the curve is continued along its slope, and a point
//! that cannot be evaluated is a wall that the search backs away from. Source: W. Press et al.,
//! Numerical Recipes, 3rd ed., section 9.4 (safeguarded Newton steps).

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct CrossingLimits {
    /// Largest last step, relative to x; the step is taken, so the error is about its square.
    pub(super) tolerance: f64,
    /// Most evaluations for one height.
    pub(super) evaluations: usize,
    /// Where the curve ends.
    pub(super) end: f64,
}

/// Why a height is not reached.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum CrossingError<E> {
    /// The curve ends below the height; contains what stopped it there, unless it simply ended.
    NotReached { x: f64, t: f64, cause: Option<E> },
    /// The curve cannot be evaluated between points below and above the height.
    Broken(E),
    /// The evaluations ran out.
    Evaluations,
}

/// Height and slope of the curve at a point.
#[derive(Clone, Copy, Debug)]
struct Point {
    x: f64,
    t: f64,
    slope: f64,
}

impl Point {
    fn new(x: f64, (t, slope): (f64, f64)) -> Self {
        // At a height of 0 the slope of a root may be infinite, which is no use for a step.
        Self { x, t, slope: if slope.is_finite() { slope } else { 0.0 } }
    }
}

/// Evaluated points, by ascending x.
#[derive(Clone, Debug)]
pub(super) struct Curve<P> {
    points: Vec<(f64, P)>,
}

/// How far beyond the farthest point, relative to it, a continued curve is tried.
const FARTHEST: f64 = 30.0;
/// How often a search backs off from a wall.
const BACKED_OFF: usize = 12;
/// Smallest step beyond the farthest point, relative to it.
const MARGIN: f64 = 1e-3;
/// How many steps in a row may leave more than half of a bracket before it is bisected.
const SLOW: usize = 3;
/// Distance from the height, relative to it, within which a last step is trusted.
const NEAR: f64 = 1e-2;
/// Width of a bracket, relative to x, that counts as zero.
const NARROW: f64 = 1e-13;

/// What is known of the crossing.
struct Bracket {
    below: Point,
    above: Option<Point>,
    /// The nearest x beyond `below` that could not be evaluated.
    wall: f64,
    pace: Pace,
}

/// How fast a bracket shrinks.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    /// Steps since the bracket was last halved.
    slow: usize,
    /// How often slow progress led to bisection, and how many bisections are left: twice as many
    /// each time.
    rounds: u32,
    bisections: usize,
}

impl Pace {
    /// Counts a step that changed a bracket's width.
    fn step(&mut self, before: f64, after: f64) {
        self.bisections = self.bisections.saturating_sub(1);
        // Rounding may make a bisected half slightly larger than half.
        self.slow = if after > 0.5001 * before { self.slow + 1 } else { 0 };
        if self.slow == SLOW {
            self.rounds += 1;
            (self.slow, self.bisections) = (0, (1 << self.rounds.min(6)) - 1);
        }
    }
}

impl Bracket {
    fn step(&self, target: f64, first: f64, end: f64) -> f64 {
        let Point { x, t, slope } = self.below;
        let Some(above) = self.above else {
            let newton = if slope > 0.0 { x + (target - t) / slope } else { f64::INFINITY };
            let far = if x > 0.0 { newton.clamp(x * (1.0 + MARGIN), x * FARTHEST) } else { first };
            let end = end.min(self.wall);
            return if far < end || end < self.wall { far.min(end) } else { 0.5 * (x + self.wall) };
        };
        let width = above.x - x;
        let middle = x + 0.5 * width;
        if self.pace.bisections > 0 {
            return middle;
        }
        let cubic = inverse_cubic(self.below, above, target);
        let secant = x + width * (target - t) / (above.t - t);
        // A guess may lie arbitrarily close to an end, since an end may almost be the crossing.
        let inside = |guess: &f64| *guess > x && *guess < above.x;
        [cubic, secant].into_iter().find(inside).unwrap_or(middle)
    }

    /// Updates the state with an evaluated point on the way to a height.
    fn take(&mut self, here: Point, target: f64) {
        let width = |bracket: &Self| bracket.above.map(|above| above.x - bracket.below.x);
        let before = width(self);
        if here.t >= target {
            self.above = Some(here)
        } else {
            self.below = here
        }
        if let (Some(before), Some(after)) = (before, width(self)) {
            self.pace.step(before, after);
        }
    }
}

/// x at a height, of the cubic in t through two points with the inverse of their slopes; or of the
/// parabola where the slope at the lower point is not known.
fn inverse_cubic(low: Point, high: Point, target: f64) -> f64 {
    let (rise, run) = (high.t - low.t, high.x - low.x);
    let s = (target - low.t) / rise;
    let (d_low, d_high) = (rise / low.slope, rise / high.slope);
    match (low.slope > 0.0, high.slope > 0.0) {
        (_, false) => return f64::NAN,
        (false, true) => return low.x + run * s + (run - d_high) * s * (1.0 - s),
        (true, true) => (),
    }
    let from_low = s * (1.0 - s) * (1.0 - s) * d_low;
    let from_high = s * s * (s - 1.0) * d_high;
    low.x + s * s * (3.0 - 2.0 * s) * run + from_low + from_high
}

impl<P> Curve<P> {
    pub(super) fn new() -> Self {
        Self { points: Vec::new() }
    }

    /// The evaluated point nearest to `x`.
    pub(super) fn nearest(&self, x: f64) -> Option<&P> {
        let distance = |point: &&(f64, P)| (point.0 - x).abs();
        let nearest = self.points.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.map(|(_, point)| point)
    }

    fn insert(&mut self, x: f64, point: P) {
        let place = self.points.partition_point(|(known, _)| *known < x);
        self.points.insert(place, (x, point));
    }

    /// The bracket of the first crossing among the points.
    fn bracket(&self, target: f64, height: &impl Fn(&P) -> (f64, f64)) -> Bracket {
        let pace = Pace::default();
        let mut below = Point { x: 0.0, t: 0.0, slope: 0.0 };
        for (x, point) in &self.points {
            let point = Point::new(*x, height(point));
            if point.t >= target {
                return Bracket { below, above: Some(point), wall: f64::INFINITY, pace };
            }
            below = point;
        }
        Bracket { below, above: None, wall: f64::INFINITY, pace }
    }

    /// An x at which the curve's height is `target`; a curve that rises throughout has only one.
    ///
    /// `height` gives a point's height and slope; `first` is tried where nothing is known;
    /// `evaluate` computes a point, given the nearest known one.
    pub(super) fn cross<E: Clone>(
        &mut self,
        target: f64,
        first: f64,
        height: impl Fn(&P) -> (f64, f64),
        mut evaluate: impl FnMut(f64, Option<&P>) -> Result<P, E>,
        limits: &CrossingLimits,
    ) -> Result<f64, CrossingError<E>> {
        let mut bracket = self.bracket(target, &height);
        let (mut walls, mut last_wall) = (0, None);
        for _ in 0..limits.evaluations {
            if let Some(above) = bracket.above
                && above.x - bracket.below.x <= NARROW * above.x
            {
                return Ok(above.x);
            }
            let x = bracket.step(target, first, limits.end);
            let point = match evaluate(x, self.nearest(x)) {
                Ok(point) => point,
                Err(error) if bracket.above.is_some() => return Err(CrossingError::Broken(error)),
                Err(error) => {
                    (bracket.wall, walls) = (x, walls + 1);
                    if walls == BACKED_OFF {
                        let (Point { x, t, .. }, cause) = (bracket.below, Some(error));
                        return Err(CrossingError::NotReached { x, t, cause });
                    }
                    last_wall = Some(error);
                    continue;
                }
            };
            let here = Point::new(x, height(&point));
            self.insert(x, point);
            let Point { t, slope, .. } = here;
            let newton = x + (target - t) / slope;
            // A step may also be short because the slope is unbounded, far from the height.
            let is_near = (target - t).abs() <= NEAR * target;
            if is_near && slope > 0.0 && (newton - x).abs() <= limits.tolerance * x {
                return Ok(newton);
            }
            bracket.take(here, target);
            if bracket.above.is_none() && x >= limits.end {
                return Err(CrossingError::NotReached { x, t, cause: None });
            }
        }
        let Point { x, t, .. } = bracket.below;
        match last_wall {
            None => Err(CrossingError::Evaluations),
            cause => Err(CrossingError::NotReached { x, t, cause }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: CrossingLimits =
        CrossingLimits { tolerance: 1e-6, evaluations: 60, end: f64::INFINITY };

    type Heights = fn(f64) -> (f64, f64);

    fn crossing(
        curve: Heights,
        domain: f64,
        target: f64,
        first: f64,
        limits: &CrossingLimits,
    ) -> (Result<f64, CrossingError<&'static str>>, usize) {
        let mut evaluations = 0;
        let evaluate = |x: f64, _: Option<&(f64, f64)>| {
            evaluations += 1;
            if x < domain { Ok(curve(x)) } else { Err("outside") }
        };
        let found = Curve::new().cross(target, first, |point| *point, evaluate, limits);
        (found, evaluations)
    }

    #[test]
    fn nearly_straight_curves_take_few_evaluations() {
        let bent: Heights = |x| (x + 0.1 * x * x, 1.0 + 0.2 * x);
        let expected = (f64::sqrt(1.0 + 0.4 * 2.0) - 1.0) / 0.2;
        for first in [0.01, 1.0, 40.0] {
            let (found, evaluations) = crossing(bent, f64::INFINITY, 2.0, first, &LIMITS);
            assert!((found.expect("a crossing") - expected).abs() < 1e-11, "{first}");
            assert!(evaluations <= 6, "{first}: {evaluations}");
        }
    }

    #[test]
    fn crooked_curves_are_crossed_all_the_same() {
        // The curves are flat then steep, a step, and one with a wrong slope.
        let flat: Heights =
            |x| (1e-3 * x + (x - 3.0).max(0.0).powi(3), 1e-3 + 3.0 * (x - 3.0).max(0.0).powi(2));
        let step: Heights = |x| if x < 2.0 { (0.5 * x, 0.5) } else { (9.0 + x, 1.0) };
        let lying: Heights = |x| (x.sqrt(), -1.0);
        // The curve is unboundedly steep beyond the crossing, as near a bound that -ln L never
        // reaches.
        let steep: Heights = |x| (x / (1.0 - x), 1.0 / (1.0 - x).powi(2));
        let (found, _) = crossing(steep, f64::INFINITY, 2.0, 1.0 - 1e-9, &LIMITS);
        assert!((found.expect("a crossing") - 2.0 / 3.0).abs() < 1e-9);
        let (found, _) = crossing(flat, f64::INFINITY, 2.0, 1.0, &LIMITS);
        let x = found.expect("a crossing");
        assert!((flat(x).0 - 2.0).abs() < 1e-9);
        let (found, _) = crossing(step, f64::INFINITY, 2.0, 0.3, &LIMITS);
        assert!((found.expect("the step") - 2.0).abs() < 1e-10);
        let (found, _) = crossing(lying, f64::INFINITY, 2.0, 0.3, &LIMITS);
        assert!((found.expect("a crossing") - 4.0).abs() < 1e-10);
    }

    #[test]
    fn points_serve_the_next_height() {
        let mut curve = Curve::new();
        let mut evaluations = 0;
        for (i, target) in [2.0, 2.5, 1.5, 2.0].into_iter().enumerate() {
            let evaluate = |x: f64, _: Option<&(f64, f64)>| {
                evaluations += 1;
                Ok::<_, ()>((x + 0.05 * x * x, 1.0 + 0.1 * x))
            };
            let found = curve.cross(target, 1.0, |point| *point, evaluate, &LIMITS);
            let expected = (f64::sqrt(1.0 + 0.2 * target) - 1.0) / 0.1;
            assert!((found.expect("a crossing") - expected).abs() < 1e-11, "{i}");
        }
        assert!(evaluations <= 10, "{evaluations}");
    }

    #[test]
    fn what_is_not_reached_says_where_the_curve_stopped() {
        let straight: Heights = |x| (x, 1.0);
        // Up to its end, or a wall.
        let limits = CrossingLimits { end: 1.5, ..LIMITS };
        let (found, _) = crossing(straight, f64::INFINITY, 2.0, 1.0, &limits);
        let expected = CrossingError::NotReached { x: 1.5, t: 1.5, cause: None };
        assert_eq!(found, Err(expected));
        let (found, _) = crossing(straight, 1.5, 2.0, 1.0, &LIMITS);
        let Err(CrossingError::NotReached { x, cause: Some("outside"), .. }) = found else {
            panic!("{found:?}")
        };
        assert!(x > 1.49 && x < 1.5, "{x}");
        // The wall lies beyond the crossing, and before the first guess.
        let (found, _) = crossing(straight, 2.5, 2.0, 100.0, &LIMITS);
        assert!((found.expect("a crossing") - 2.0).abs() < 1e-11);
        let saturated: Heights = |x| (x / (1.0 + x), 1.0 / (1.0 + x).powi(2));
        let (found, _) = crossing(saturated, f64::INFINITY, 2.0, 1.0, &LIMITS);
        assert!(matches!(found, Err(CrossingError::Evaluations)), "{found:?}");
    }
}
