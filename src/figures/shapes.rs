//! Series of polygons, boxes, arrows and bars.
//!
//! Enters: numbers in the units of the panel's axes. Leaves: [`Series`].

use super::series::{Mark, Series};

impl Series {
    /// Filled translucent polygons, each closed from its last corner to its first, with one `y` for
    /// each `x`. A corner that is not finite ends one polygon, and the next corner starts another.
    /// With a [`Series::width`], outlines are drawn too.
    pub fn polygons(label: &str, x: &[f64], y: &[f64]) -> Self {
        let mark = Mark::Polygons { x: x.to_vec(), y: y.to_vec(), opacity: 0.35 };
        Self::new(label, mark, 0.0)
    }

    /// Filled rectangles, each of [left, right, low, high]; a rectangle with an end that is not
    /// finite is left out.
    ///
    /// ```no_run
    /// use diffhep::figures::Series;
    ///
    /// let after = Series::boxes("after", &[[0.0, 0.3, 0.2, 0.8], [-0.1, 0.0, 1.2, 1.8]]);
    /// let before = Series::boxes("before", &[[0.0, 0.4, 0.2, 0.8]]).hollow();
    /// ```
    pub fn boxes(label: &str, sides: &[[f64; 4]]) -> Self {
        let whole = sides.iter().filter(|sides| sides.iter().all(|side| side.is_finite()));
        let gap = (f64::NAN, f64::NAN);
        let corners = whole.flat_map(|&[left, right, low, high]| {
            [(left, low), (right, low), (right, high), (left, high), gap]
        });
        let (x, y): (Vec<f64>, Vec<f64>) = corners.unzip();
        Self::polygons(label, &x, &y).opacity(1.0)
    }

    /// Arrows, each of [x, y, to x, to y] from its tail to its tip, for example for a field of
    /// gradients; the size of their heads follows their [`Series::width`].
    pub fn arrows(label: &str, ends: &[[f64; 4]]) -> Self {
        Self::new(label, Mark::Arrows(ends.to_vec()), 1.5)
    }

    /// Vertical bars from `low` to `high` at each `x`, for example for uncertainties, with one of
    /// each for each `x`. On a logarithmic axis, ends that are not positive lie below it.
    pub fn vertical_bars(label: &str, x: &[f64], low: &[f64], high: &[f64]) -> Self {
        Self::bars(label, x, (low, high), true)
    }

    /// Horizontal bars from `low` to `high` at each `y`, with one of each for each `y`.
    pub fn horizontal_bars(label: &str, y: &[f64], low: &[f64], high: &[f64]) -> Self {
        Self::bars(label, y, (low, high), false)
    }

    fn bars(label: &str, at: &[f64], (low, high): (&[f64], &[f64]), is_upright: bool) -> Self {
        let (at, low, high) = (at.to_vec(), low.to_vec(), high.to_vec());
        Self::new(label, Mark::Bars { at, low, high, is_upright }, 1.5)
    }

    /// Draws only the outlines of polygons, 1.5 pixels wide. Anything else stays as it is.
    pub fn hollow(mut self) -> Self {
        if let Mark::Polygons { opacity, .. } = &mut self.mark {
            *opacity = 0.0;
            self.style.width = 1.5;
        }
        self
    }
}
