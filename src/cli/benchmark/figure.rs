//! Figures of the cost of gradients.

use diffhep::figures::{Figure, Marker, Panel, Series};

use crate::benchmark::Measurement;

/// Times of value, gradient and central differences against the number of inputs, for each case.
pub fn costs(measured: &[Measurement]) -> Figure {
    let inputs: Vec<f64> = measured.iter().map(|m| m.inputs as f64).collect();
    let points = |label, marker, seconds: fn(&Measurement) -> f64| {
        let seconds: Vec<f64> = measured.iter().map(seconds).collect();
        Series::points(label, &inputs, &seconds).marker(marker)
    };
    let panel = Panel::new("inputs", "time [s]")
        .log_x()
        .log_y()
        .with(points("value", Marker::Circle, |m| m.value_seconds))
        .with(points("value and gradient", Marker::Square, |m| m.gradient_seconds))
        .with(points("central differences", Marker::Triangle, |m| m.finite_difference_seconds));
    Figure::from(panel).title("A gradient by all inputs")
}
