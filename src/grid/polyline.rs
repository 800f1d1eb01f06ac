//! Lines in the plane of two numbers of the signals.

/// A line from point to point; a closed one ends where it began.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Polyline {
    /// Coordinate along the first axis.
    pub x: Vec<f64>,
    /// Coordinate along the second axis.
    pub y: Vec<f64>,
}

impl FromIterator<[f64; 2]> for Polyline {
    fn from_iter<I: IntoIterator<Item = [f64; 2]>>(places: I) -> Self {
        let (x, y) = places.into_iter().map(|[x, y]| (x, y)).unzip();
        Self { x, y }
    }
}
