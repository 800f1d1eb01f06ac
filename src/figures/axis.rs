//! The range of an axis and its map to lengths.
//!
//! Enters: a panel. Leaves: two axes, each with a finite range of positive length, which covers all
//! the data with a margin or is the range that the panel asks for.

use super::panel::{Panel, Scale};
use super::series::{Mark, Series};

/// Values beyond this (or, on a logarithmic axis, below its inverse) are left out, as if they were
/// not finite: differences of drawable values do not overflow.
const LARGEST: f64 = 1e250;

/// Whether a range is so narrow that its ticks would not differ, as if all its values were equal.
fn degenerate(low: f64, high: f64) -> bool {
    high - low <= 1e-12 * low.abs().max(high.abs()) + LARGEST.recip()
}

/// One axis: its scale and range, `low < high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) scale: Scale,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Axis {
    /// The position of a value: 0 at the low end, 1 at the high end; `None` if it cannot be drawn.
    pub(super) fn fraction(&self, value: f64) -> Option<f64> {
        let place = |value: f64| if self.scale == Scale::Log { value.ln() } else { value };
        let (low, high) = (place(self.low), place(self.high));
        drawable(self.scale, value).then(|| (place(value) - low) / (high - low))
    }

    /// Whether a value lies within the range.
    pub(super) fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// Whether an axis of this scale can show a value.
fn drawable(scale: Scale, value: f64) -> bool {
    let smallest = if scale == Scale::Log { LARGEST.recip() } else { -LARGEST };
    (smallest..=LARGEST).contains(&value)
}

/// An explicit range that no axis can have: the axis, and the low and high end.
#[derive(Debug, PartialEq)]
pub(super) struct BadRange(pub(super) &'static str, pub(super) f64, pub(super) f64);

/// Both axes of a panel, x first.
pub(super) fn axes(panel: &Panel) -> Result<(Axis, Axis), BadRange> {
    let x = match panel.x_range {
        Some((low, high)) => explicit("x", panel.x_scale, low, high)?,
        None => grid_axis(panel, panel.x_scale, |(x, _)| x).unwrap_or_else(|| automatic_x(panel)),
    };
    let y = match panel.y_range {
        Some((low, high)) => explicit("y", panel.y_scale, low, high)?,
        None => {
            grid_axis(panel, panel.y_scale, |(_, y)| y).unwrap_or_else(|| automatic_y(panel, &x))
        }
    };
    Ok((x, y))
}

/// The axis for the colours of a panel's maps; `None` if the panel has no maps.
pub(super) fn colour_axis(panel: &Panel) -> Result<Option<Axis>, BadRange> {
    let mut maps = Vec::new();
    for series in &panel.series {
        if let Mark::Map { values, range, .. } = &series.mark {
            maps.push((values, *range));
        }
    }
    if maps.is_empty() {
        return Ok(None);
    }
    if let Some((low, high)) = maps.iter().find_map(|(_, range)| *range) {
        return explicit("colour", Scale::Linear, low, high).map(Some);
    }
    let values = maps.iter().flat_map(|(values, _)| values.iter().copied());
    Ok(Some(around(Scale::Linear, extremes(Scale::Linear, values), 0.0, 0.0)))
}

/// Whether a panel has any datum within the range of its axes.
pub(super) fn shows_data(panel: &Panel, x: &Axis, y: &Axis) -> bool {
    let data = panel.series.iter().filter(|series| series.is_data());
    data.flat_map(|series| series.reach())
        .any(|(a, b)| a.is_some_and(|a| x.holds(a)) && b.is_some_and(|b| y.fraction(b).is_some()))
}

/// The axis that the panel asks for.
pub(super) fn explicit(
    name: &'static str,
    scale: Scale,
    low: f64,
    high: f64,
) -> Result<Axis, BadRange> {
    if drawable(scale, low) && drawable(scale, high) && !degenerate(low, high) {
        return Ok(Axis { scale, low, high });
    }
    Err(BadRange(name, low, high))
}

/// The axis that ends where the grids of a panel's maps end, if it has any; anything beyond them,
/// such as part of an ellipse, is cut off.
fn grid_axis(
    panel: &Panel,
    scale: Scale,
    coordinate: impl Fn((Option<f64>, Option<f64>)) -> Option<f64>,
) -> Option<Axis> {
    let maps = panel.series.iter().filter(|series| series.fills_the_plane());
    let (low, high) = extremes(scale, maps.flat_map(Series::reach).filter_map(coordinate));
    (low <= high).then(|| around(scale, (low, high), 0.0, 0.0))
}

/// The x axis that fits the data, without margins except where the marker of a point at an end
/// needs room.
fn automatic_x(panel: &Panel) -> Axis {
    let is_point = |series: &&Series| matches!(series.mark, Mark::Points { .. });
    let reach = |series: &Series| series.reach().into_iter().filter_map(|(x, _)| x);
    let scale = panel.x_scale;
    let (low, high) = extremes(scale, panel.series.iter().flat_map(reach));
    let points = extremes(scale, panel.series.iter().filter(is_point).flat_map(reach));
    let margin = |needed: bool| if needed { 0.03 } else { 0.0 };
    around(scale, (low, high), margin(points.0 == low), margin(points.1 == high))
}

/// The y axis that fits the data within the range of the x axis, with margins. Histograms on a
/// linear axis start at 0.
fn automatic_y(panel: &Panel, x: &Axis) -> Axis {
    let within = |x_value: Option<f64>| x_value.is_none_or(|value| x.holds(value));
    let reach = panel.series.iter().flat_map(|series| series.reach());
    let values = reach.filter(|&(x_value, _)| within(x_value)).filter_map(|(_, y)| y);
    let histogram = panel.series.iter().any(|series| series.stands_on_zero());
    if !histogram {
        return around(panel.y_scale, extremes(panel.y_scale, values), 0.05, 0.05);
    }
    // A logarithmic axis has no 0, and ignores this one.
    let axis = around(panel.y_scale, extremes(panel.y_scale, values.chain([0.0])), 0.08, 0.08);
    let negative = |series: &Series| {
        series.reach().iter().any(|&(x, y)| within(x) && y.is_some_and(|y| y < 0.0))
    };
    match panel.y_scale {
        Scale::Linear | Scale::Whole if !panel.series.iter().any(negative) => {
            Axis { low: 0.0, ..axis }
        }
        _ => axis,
    }
}

/// The smallest and largest of the drawable values; in the wrong order if there are none.
fn extremes(scale: Scale, values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .filter(|&value| drawable(scale, value))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

/// The axis that covers a range, with margins as fractions of its length; any axis if there is no
/// range.
fn around(scale: Scale, (low, high): (f64, f64), below: f64, above: f64) -> Axis {
    if low > high {
        let (low, high) = if scale == Scale::Log { (0.1, 10.0) } else { (0.0, 1.0) };
        return Axis { scale, low, high };
    }
    let equal = match scale {
        Scale::Linear | Scale::Whole => degenerate(low, high),
        Scale::Log => high / low <= 1.0 + 1e-12,
    };
    let (low, high) = match scale {
        Scale::Linear | Scale::Whole if equal => {
            let half = if low.abs() < 1.0 / LARGEST.sqrt() { 1.0 } else { 0.1 * low.abs() };
            (low - half, high + half)
        }
        Scale::Log if equal => (low / 3.0, high * 3.0),
        Scale::Linear | Scale::Whole => (low - below * (high - low), high + above * (high - low)),
        Scale::Log => {
            let span = (high / low).ln();
            (low * (-below * span).exp(), high * (above * span).exp())
        }
    };
    Axis { scale, low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(y: &[f64]) -> Panel {
        let x: Vec<f64> = (0..y.len()).map(|i| i as f64).collect();
        Panel::new("x", "y").line("", &x, y)
    }

    #[test]
    fn values_that_cannot_be_drawn_do_not_count() {
        let (x, y) = axes(&panel(&[f64::NAN, 1.0, f64::INFINITY, 3.0, 1e305])).unwrap();
        assert_eq!((x.low, x.high), (0.0, 4.0));
        assert!((y.low - 0.9).abs() < 1e-12 && (y.high - 3.1).abs() < 1e-12);
    }

    #[test]
    fn equal_values_and_no_values_get_a_range() {
        let (_, y) = axes(&panel(&[5.0, 5.0])).unwrap();
        assert_eq!((y.low, y.high), (4.5, 5.5));
        let (_, y) = axes(&panel(&[0.0, 0.0])).unwrap();
        assert_eq!((y.low, y.high), (-1.0, 1.0));
        for one in [panel(&[]), panel(&[f64::NAN])] {
            let (x, y) = axes(&one).unwrap();
            assert_eq!((y.low, y.high), (0.0, 1.0));
            assert!(!shows_data(&one, &x, &y));
        }
    }

    #[test]
    fn logarithmic_axes_pass_over_zeros() {
        let (x, y) = axes(&panel(&[0.0, 1e-3, -2.0, 10.0]).log_y()).unwrap();
        assert_eq!((x.low, x.high), (0.0, 3.0));
        assert!(y.low < 1e-3 && y.low > 3e-4 && y.high > 10.0 && y.high < 30.0, "{y:?}");
        assert_eq!(y.fraction(0.0), None);
        assert!((y.fraction((y.low * y.high).sqrt()).unwrap() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn histograms_stand_on_zero_unless_negative() {
        let up = Panel::new("x", "y").steps("", &[0.0, 1.0, 2.0], &[4.0, 5.0]);
        assert_eq!(axes(&up).unwrap().1.low, 0.0);
        let down = Panel::new("x", "y").steps("", &[0.0, 1.0, 2.0], &[4.0, -5.0]);
        assert!(axes(&down).unwrap().1.low < -5.0);
    }

    #[test]
    fn y_follows_the_data_within_the_x_range() {
        let (_, y) = axes(&panel(&[1.0, 2.0, 1e6]).x_range(0.0, 1.5)).unwrap();
        assert!(y.high < 3.0);
    }

    #[test]
    fn ranges_that_no_axis_has_are_refused() {
        for (low, high) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            let refused = axes(&panel(&[1.0]).y_range(low, high)).unwrap_err();
            assert_eq!(refused.0, "y");
        }
        assert!(axes(&panel(&[1.0]).x_range(0.0, 1.0)).is_ok());
        assert_eq!(axes(&panel(&[1.0]).log_x().x_range(0.0, 1.0)).unwrap_err().0, "x");
    }
}
