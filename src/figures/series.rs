//! What a panel can hold: lines, points, histograms, bands, lines of reference and words.
//!
//! Enters: numbers in the units of the panel's axes. Leaves: series that know which coordinates
//! they reach. A number that is not finite (or not positive on a logarithmic axis) makes a gap.
//! Series with the same label share a colour and an entry in the legend.

use super::colour::Colour;

/// How a line is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    #[default]
    Solid,
    /// Into strokes.
    Dashed,
    /// Into dots.
    Dotted,
    /// Into strokes and dots in turn.
    DashDotted,
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marker {
    /// A filled circle.
    #[default]
    Circle,
    /// A filled square.
    Square,
    /// A filled triangle, tip up.
    Triangle,
    /// A filled diamond.
    Diamond,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    /// Straight lines from point to point.
    Line { x: Vec<f64>, y: Vec<f64> },
    /// Single points.
    Points { x: Vec<f64>, y: Vec<f64>, marker: Marker },
    /// The outline of a histogram that stands on 0.
    Steps { edges: Vec<f64>, counts: Vec<f64> },
    /// One filled layer of a stacked histogram.
    Layer { edges: Vec<f64>, low: Vec<f64>, high: Vec<f64> },
    /// The area between two curves.
    Band { x: Vec<f64>, low: Vec<f64>, high: Vec<f64> },
    /// A line of reference at one x.
    Vertical(f64),
    /// A line of reference at one y.
    Horizontal(f64),
    /// Words beside one point.
    Text { x: f64, y: f64, words: String },
}

/// How it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Style {
    pub(super) colour: Option<Colour>,
    pub(super) dash: Dash,
    /// Stroke of a line or radius of a point, in pixels.
    pub(super) width: f64,
}

/// One thing in a panel, with its label (empty: not in the legend) and style.
///
/// ```
/// use diffhep::figures::{Colour, Series};
///
/// let hard = Series::line("hard cut", &[0.0, 0.5, 0.5, 1.0], &[0.0, 0.0, 1.0, 1.0]);
/// let hard = hard.dashed().colour(Colour::BLACK).width(1.5);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub(super) label: String,
    pub(super) mark: Mark,
    pub(super) style: Style,
}

impl Series {
    fn new(label: &str, mark: Mark, width: f64) -> Self {
        let style = Style { colour: None, dash: Dash::Solid, width };
        Self { label: label.to_owned(), mark, style }
    }

    /// A line through the points (`x`, `y`), 2 pixels wide; one `y` for each `x`.
    pub fn line(label: &str, x: &[f64], y: &[f64]) -> Self {
        Self::new(label, Mark::Line { x: x.to_vec(), y: y.to_vec() }, 2.0)
    }

    /// Circles of radius 4 pixels at the points (`x`, `y`); one `y` for each `x`.
    pub fn points(label: &str, x: &[f64], y: &[f64]) -> Self {
        let mark = Mark::Points { x: x.to_vec(), y: y.to_vec(), marker: Marker::Circle };
        Self::new(label, mark, 4.0)
    }

    /// The outline of a histogram; one more edge than counts, edges increasing.
    pub fn steps(label: &str, edges: &[f64], counts: &[f64]) -> Self {
        let mark = Mark::Steps { edges: edges.to_vec(), counts: counts.to_vec() };
        Self::new(label, mark, 2.0)
    }

    /// One filled layer of a histogram, from `low` to `high` in each bin; one more edge than bins.
    pub fn layer(label: &str, edges: &[f64], low: &[f64], high: &[f64]) -> Self {
        let (edges, low, high) = (edges.to_vec(), low.to_vec(), high.to_vec());
        Self::new(label, Mark::Layer { edges, low, high }, 1.5)
    }

    /// The area between the curves `low` and `high`, translucent; one of each for each `x`.
    pub fn band(label: &str, x: &[f64], low: &[f64], high: &[f64]) -> Self {
        let (x, low, high) = (x.to_vec(), low.to_vec(), high.to_vec());
        Self::new(label, Mark::Band { x, low, high }, 0.0)
    }

    /// A dashed line of reference at one `x`, from bottom to top.
    pub fn vertical(label: &str, x: f64) -> Self {
        Self::new(label, Mark::Vertical(x), 1.5).dashed()
    }

    /// A line of reference at one `y`, from left to right.
    pub fn horizontal(label: &str, y: f64) -> Self {
        Self::new(label, Mark::Horizontal(y), 1.0)
    }

    /// Words beside the point (`x`, `y`), on translucent white over what lies there; not in the legend.
    pub fn text(x: f64, y: f64, words: &str) -> Self {
        Self::new("", Mark::Text { x, y, words: words.to_owned() }, 0.0)
    }

    /// Sets the colour, which is else taken from [`Colour::CYCLE`] (grey for lines of reference).
    pub fn colour(mut self, colour: Colour) -> Self {
        self.style.colour = Some(colour);
        self
    }

    /// Sets the width of a line or the radius of a point, in pixels, kept between 0.5 and 40.
    pub fn width(mut self, pixels: f64) -> Self {
        self.style.width = pixels.clamp(0.5, 40.0);
        self
    }

    /// Sets how a line is broken.
    pub fn dash(mut self, dash: Dash) -> Self {
        self.style.dash = dash;
        self
    }

    /// Breaks a line into strokes.
    pub fn dashed(self) -> Self {
        self.dash(Dash::Dashed)
    }

    /// Breaks a line into dots.
    pub fn dotted(self) -> Self {
        self.dash(Dash::Dotted)
    }

    /// Sets the shape of points; anything else stays as it is.
    pub fn marker(mut self, shape: Marker) -> Self {
        if let Mark::Points { marker, .. } = &mut self.mark {
            *marker = shape;
        }
        self
    }

    /// Whether the lengths of its arrays fit together; otherwise what was expected and found.
    pub(super) fn lengths(&self) -> Result<(), (usize, usize)> {
        let (expected, others) = match &self.mark {
            Mark::Line { x, y } | Mark::Points { x, y, .. } => (x.len(), [y.len(), y.len()]),
            Mark::Steps { edges, counts } => {
                (edges.len().saturating_sub(1), [counts.len(), counts.len()])
            }
            Mark::Layer { edges, low, high } => {
                (edges.len().saturating_sub(1), [low.len(), high.len()])
            }
            Mark::Band { x, low, high } => (x.len(), [low.len(), high.len()]),
            Mark::Vertical(_) | Mark::Horizontal(_) | Mark::Text { .. } => return Ok(()),
        };
        match others.into_iter().find(|&found| found != expected) {
            None => Ok(()),
            Some(found) => Err((expected, found)),
        }
    }

    /// Whether it shows data, rather than a line of reference or words.
    pub(super) fn is_data(&self) -> bool {
        !matches!(self.mark, Mark::Vertical(_) | Mark::Horizontal(_) | Mark::Text { .. })
    }

    /// Whether it stands on 0, as histograms do.
    pub(super) fn stands_on_zero(&self) -> bool {
        matches!(self.mark, Mark::Steps { .. } | Mark::Layer { .. })
    }

    /// The coordinates that it reaches; a line of reference has one of the two only.
    pub(super) fn reach(&self) -> Vec<(Option<f64>, Option<f64>)> {
        let both = |(&x, &y): (&f64, &f64)| (Some(x), Some(y));
        match &self.mark {
            Mark::Line { x, y } | Mark::Points { x, y, .. } => x.iter().zip(y).map(both).collect(),
            Mark::Steps { edges, counts } => bin_corners(edges, counts),
            Mark::Layer { edges, low, high } => {
                let mut corners = bin_corners(edges, low);
                corners.extend(bin_corners(edges, high));
                corners
            }
            Mark::Band { x, low, high } => {
                x.iter().zip(low).chain(x.iter().zip(high)).map(both).collect()
            }
            Mark::Vertical(x) => vec![(Some(*x), None)],
            Mark::Horizontal(y) => vec![(None, Some(*y))],
            Mark::Text { x, y, .. } => vec![(Some(*x), Some(*y))],
        }
    }
}

/// Both upper corners of each bin.
fn bin_corners(edges: &[f64], heights: &[f64]) -> Vec<(Option<f64>, Option<f64>)> {
    let bins = edges.windows(2).zip(heights);
    bins.flat_map(|(pair, &y)| [(Some(pair[0]), Some(y)), (Some(pair[1]), Some(y))]).collect()
}
