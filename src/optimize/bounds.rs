//! A box within which parameters stay.
//!
//! Enters: one pair (lower, upper) per parameter, infinite where there is no bound. Leaves:
//! projections `P(x)` onto the box, and the projected gradient `x - P(x - g)`, which is 0 where the
//! first-order conditions of a minimum in the box are satisfied. Source: J. Nocedal, S. Wright,
//! Numerical Optimization, 2nd ed., section 16.7.

use super::error::OptimizeError;

/// Lower and upper bound of each parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Bounds(Vec<(f64, f64)>);

impl Bounds {
    /// Checked bounds of the given number of parameters, at least one; an empty list means no
    /// bounds.
    pub(super) fn new(pairs: &[(f64, f64)], parameters: usize) -> Result<Self, OptimizeError> {
        if parameters == 0 {
            return Err(OptimizeError::NoParameters);
        }
        if pairs.is_empty() {
            return Ok(Self(vec![(f64::NEG_INFINITY, f64::INFINITY); parameters]));
        }
        if pairs.len() != parameters {
            return Err(OptimizeError::BoundsLength { bounds: pairs.len(), parameters });
        }
        let is_wrong =
            |(lower, upper): &(f64, f64)| lower.is_nan() || upper.is_nan() || lower > upper;
        if let Some(parameter) = pairs.iter().position(is_wrong) {
            let (lower, upper) = pairs[parameter];
            return Err(OptimizeError::BoundsOrder { parameter, lower, upper });
        }
        Ok(Self(pairs.to_vec()))
    }

    /// Refuses a point that is not finite or lies outside.
    pub(super) fn check(&self, point: &[f64]) -> Result<(), OptimizeError> {
        for (parameter, (&value, &(lower, upper))) in point.iter().zip(&self.0).enumerate() {
            if !value.is_finite() {
                return Err(OptimizeError::StartNotFinite { parameter, value });
            }
            if value < lower || value > upper {
                return Err(OptimizeError::StartOutside { parameter, value, lower, upper });
            }
        }
        Ok(())
    }

    /// Moves a point to the nearest one inside.
    pub(super) fn project(&self, point: &mut [f64]) {
        for (x, &(lower, upper)) in point.iter_mut().zip(&self.0) {
            *x = x.clamp(lower, upper);
        }
    }

    /// Largest component of the projected gradient.
    pub(super) fn gradient_norm(&self, point: &[f64], gradient: &[f64]) -> f64 {
        let components = point.iter().zip(gradient).zip(&self.0);
        let component = |((x, g), &(lower, upper)): ((&f64, &f64), &(f64, f64))| {
            // Without a bound in reach the difference equals the gradient, and using the gradient
            // avoids rounding.
            let target = x - g;
            if target < lower {
                x - lower
            } else if target > upper {
                x - upper
            } else {
                *g
            }
        };
        components.map(component).fold(0.0, |norm, component| norm.max(component.abs()))
    }

    /// Which parameters lie within `margin` of a bound that descent would carry them over.
    pub(super) fn held(&self, point: &[f64], gradient: &[f64], margin: f64) -> Vec<bool> {
        let components = point.iter().zip(gradient).zip(&self.0);
        let is_held = |((x, g), &(lower, upper)): ((&f64, &f64), &(f64, f64))| {
            *g > 0.0 && *x <= lower + margin || *g < 0.0 && *x >= upper - margin
        };
        components.map(is_held).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: [(f64, f64); 3] = [(0.0, 1.0), (f64::NEG_INFINITY, 2.0), (3.0, 3.0)];

    #[test]
    fn points_are_projected() {
        let bounds = Bounds::new(&BOX, 3).unwrap();
        let mut point = [-1.0, -5.0, 7.0];
        bounds.project(&mut point);
        assert_eq!(point, [0.0, -5.0, 3.0]);
        assert_eq!(bounds.check(&point), Ok(()));
    }

    #[test]
    fn the_projected_gradient_is_zero_at_a_minimum_on_the_border() {
        let bounds = Bounds::new(&BOX, 3).unwrap();
        assert_eq!(bounds.gradient_norm(&[0.0, 2.0, 3.0], &[4.0, -1.0, 9.0]), 0.0);
        assert_eq!(bounds.gradient_norm(&[0.25, 2.0, 3.0], &[4.0, 0.125, 9.0]), 0.25);
        assert_eq!(bounds.gradient_norm(&[0.5, -1e9, 3.0], &[0.0, 1e-9, 9.0]), 1e-9);
    }

    #[test]
    fn only_what_pushes_outwards_is_held() {
        let bounds = Bounds::new(&BOX, 3).unwrap();
        let held = |gradient: [f64; 3]| bounds.held(&[1e-9, 2.0, 3.0], &gradient, 1e-8);
        assert_eq!(held([1.0, 1.0, 1.0]), [true, false, true]);
        assert_eq!(held([-1.0, -1.0, -1.0]), [false, true, true]);
    }

    #[test]
    fn wrong_bounds_and_points_are_refused() {
        let length = OptimizeError::BoundsLength { bounds: 3, parameters: 2 };
        assert_eq!(Bounds::new(&BOX, 2), Err(length));
        let order = OptimizeError::BoundsOrder { parameter: 1, lower: 2.0, upper: 1.0 };
        assert_eq!(Bounds::new(&[(0.0, 1.0), (2.0, 1.0)], 2), Err(order));
        let error = Bounds::new(&[(f64::NAN, 1.0)], 1).unwrap_err();
        assert!(matches!(error, OptimizeError::BoundsOrder { parameter: 0, .. }));
        let bounds = Bounds::new(&BOX, 3).unwrap();
        let outside =
            OptimizeError::StartOutside { parameter: 0, value: 1.5, lower: 0.0, upper: 1.0 };
        assert_eq!(bounds.check(&[1.5, 0.0, 3.0]), Err(outside));
        let error = bounds.check(&[0.5, f64::NEG_INFINITY, 3.0]).unwrap_err();
        assert!(matches!(error, OptimizeError::StartNotFinite { parameter: 1, .. }));
    }
}
