//! What a panel can contain: lines, points, histograms, bands, maps, reference lines and words.
//!
//! Enters: numbers in the units of the panel's axes. Leaves: series that know the range of their
//! coordinates. A number that is not finite (or not positive on a logarithmic axis) makes a gap.
//! Series with the same label share a colour and an entry in the legend.

use super::colour::{Colour, Palette};

/// The dash pattern of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dash {
    /// A solid line.
    #[default]
    Solid,
    /// Dashes.
    Dashed,
    /// Dots.
    Dotted,
    /// Dashes and dots in turn.
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

/// The position of words with respect to their point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordsPlace {
    /// To the upper right, on a translucent white background.
    Beside,
    /// Centred, on a translucent white background.
    Centred,
    /// Centred, without a background.
    Bare,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    /// Straight lines from point to point.
    Line { x: Vec<f64>, y: Vec<f64> },
    /// Single points.
    Points { x: Vec<f64>, y: Vec<f64>, marker: Marker },
    /// The outline of a histogram that starts at 0.
    Steps { edges: Vec<f64>, counts: Vec<f64> },
    /// One filled layer of a stacked histogram.
    Layer { edges: Vec<f64>, low: Vec<f64>, high: Vec<f64> },
    /// The area between two curves, with its opacity.
    Band { x: Vec<f64>, low: Vec<f64>, high: Vec<f64>, opacity: f64 },
    /// Some cells of a grid, all in one colour; rows are in order of increasing y, and cells of a
    /// row in order of increasing x.
    Cells { x_edges: Vec<f64>, y_edges: Vec<f64>, filled: Vec<bool> },
    /// The cells of a grid, each coloured by its value, in the same order.
    Map {
        x_edges: Vec<f64>,
        y_edges: Vec<f64>,
        values: Vec<f64>,
        range: Option<(f64, f64)>,
        palette: Palette,
    },
    /// Closed polygons, separated by corners that are not finite; with an opacity of 0 only the
    /// outlines are drawn.
    Polygons { x: Vec<f64>, y: Vec<f64>, opacity: f64 },
    /// Vertical bars at values of x, or horizontal ones at values of y.
    Bars { at: Vec<f64>, low: Vec<f64>, high: Vec<f64>, is_upright: bool },
    /// Arrows, each from the first two coordinates to the last two.
    Arrows(Vec<[f64; 4]>),
    /// A reference line at one x.
    Vertical(f64),
    /// A reference line at one y.
    Horizontal(f64),
    /// Words at one point.
    Text { x: f64, y: f64, words: String, place: WordsPlace },
}

/// How it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Style {
    pub(super) colour: Option<Colour>,
    pub(super) dash: Dash,
    /// Width of a line or radius of a point, in pixels.
    pub(super) width: f64,
}

/// One thing in a panel, with its label (empty: not in the legend) and style.
///
/// ```no_run
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
    pub(super) fn new(label: &str, mark: Mark, width: f64) -> Self {
        let style = Style { colour: None, dash: Dash::Solid, width };
        Self { label: label.to_owned(), mark, style }
    }

    /// A line through the points (`x`, `y`), 2 pixels wide, with one `y` for each `x`.
    pub fn line(label: &str, x: &[f64], y: &[f64]) -> Self {
        Self::new(label, Mark::Line { x: x.to_vec(), y: y.to_vec() }, 2.0)
    }

    /// Circles of radius 4 pixels at the points (`x`, `y`), with one `y` for each `x`.
    pub fn points(label: &str, x: &[f64], y: &[f64]) -> Self {
        let mark = Mark::Points { x: x.to_vec(), y: y.to_vec(), marker: Marker::Circle };
        Self::new(label, mark, 4.0)
    }

    /// The outline of a histogram, with one more edge than counts, and increasing edges.
    pub fn steps(label: &str, edges: &[f64], counts: &[f64]) -> Self {
        let mark = Mark::Steps { edges: edges.to_vec(), counts: counts.to_vec() };
        Self::new(label, mark, 2.0)
    }

    /// One filled layer of a histogram, from `low` to `high` in each bin, with one more edge than
    /// bins.
    pub fn layer(label: &str, edges: &[f64], low: &[f64], high: &[f64]) -> Self {
        let (edges, low, high) = (edges.to_vec(), low.to_vec(), high.to_vec());
        Self::new(label, Mark::Layer { edges, low, high }, 1.5)
    }

    /// The translucent area between the curves `low` and `high`, which have one value each for each
    /// `x`. With a [`Series::width`], both curves are drawn too.
    pub fn band(label: &str, x: &[f64], low: &[f64], high: &[f64]) -> Self {
        let (x, low, high) = (x.to_vec(), low.to_vec(), high.to_vec());
        Self::new(label, Mark::Band { x, low, high, opacity: 0.35 }, 0.0)
    }

    /// The ellipse of equal density of a Gaussian in two dimensions, a closed line of 100 points.
    ///
    /// # Arguments
    /// `mean`: its centre (x, y). `covariance`: xx, xy, yy; nothing is drawn if no Gaussian has
    /// this covariance. `sigmas`: its half axes, in standard deviations along them.
    pub fn ellipse(label: &str, mean: (f64, f64), covariance: [f64; 3], sigmas: f64) -> Self {
        let (x, y): (Vec<f64>, Vec<f64>) = ellipse(mean, covariance, sigmas).unzip();
        Self::line(label, &x, &y)
    }

    /// Cells of a grid, filled with one colour: one category of a map. [`Panel::categories`] adds
    /// all categories.
    ///
    /// # Arguments
    /// `x_edges`, `y_edges`: edges of the cells, increasing. `filled`: which of them are filled,
    /// row by row: x runs fastest, (x edges - 1) (y edges - 1) of them.
    ///
    /// [`Panel::categories`]: super::Panel::categories
    pub fn cells(label: &str, x_edges: &[f64], y_edges: &[f64], filled: &[bool]) -> Self {
        let (x_edges, y_edges) = (x_edges.to_vec(), y_edges.to_vec());
        Self::new(label, Mark::Cells { x_edges, y_edges, filled: filled.to_vec() }, 0.0)
    }

    /// Cells of a grid, each coloured by its value, with a colour bar, labelled `label`, to the
    /// right of the plot. Cells whose value is not finite stay blank. All maps of a panel share one
    /// colour bar, with the first one's label.
    ///
    /// # Arguments
    /// `x_edges`, `y_edges`: edges of the cells, increasing. `values`: one per cell, row by row: x
    /// runs fastest, (x edges - 1) (y edges - 1) of them.
    pub fn map(label: &str, x_edges: &[f64], y_edges: &[f64], values: &[f64]) -> Self {
        let (x_edges, y_edges, values) = (x_edges.to_vec(), y_edges.to_vec(), values.to_vec());
        let mark =
            Mark::Map { x_edges, y_edges, values, range: None, palette: Palette::Sequential };
        Self::new(label, mark, 0.0)
    }

    /// Colours a map by [`Colour::diverging`], for values on both sides of the middle of its colour
    /// bar, instead of [`Colour::scale`]. Anything but a map stays as it is.
    pub fn diverging(self) -> Self {
        self.palette(Palette::Diverging)
    }

    /// Colours a map by [`Colour::scale`] from the other end: the smallest values are the lightest.
    /// Anything but a map stays as it is.
    pub fn reversed(self) -> Self {
        self.palette(Palette::Reversed)
    }

    fn palette(mut self, of: Palette) -> Self {
        if let Mark::Map { palette, .. } = &mut self.mark {
            *palette = of;
        }
        self
    }

    /// Sets the values at the ends of a map's colour bar, which otherwise follow its values; values
    /// beyond have the colour of the end. Anything but a map stays as it is.
    pub fn colour_range(mut self, low: f64, high: f64) -> Self {
        if let Mark::Map { range, .. } = &mut self.mark {
            *range = Some((low, high));
        }
        self
    }

    /// Sets the opacity of a band or of polygons, clamped to 0.02 to 1 and by default 0.35 (boxes:
    /// 1); use less if several overlap. Anything else stays as it is.
    pub fn opacity(mut self, fraction: f64) -> Self {
        if let Mark::Band { opacity, .. } | Mark::Polygons { opacity, .. } = &mut self.mark {
            *opacity = fraction.clamp(0.02, 1.0);
        }
        self
    }

    /// A dashed reference line at one `x`, from bottom to top.
    pub fn vertical(label: &str, x: f64) -> Self {
        Self::new(label, Mark::Vertical(x), 1.5).dashed()
    }

    /// A reference line at one `y`, from left to right.
    pub fn horizontal(label: &str, y: f64) -> Self {
        Self::new(label, Mark::Horizontal(y), 1.0)
    }

    /// Words beside the point (`x`, `y`), on a translucent white background. They are not in the
    /// legend.
    pub fn text(x: f64, y: f64, words: &str) -> Self {
        let mark = Mark::Text { x, y, words: words.to_owned(), place: WordsPlace::Beside };
        Self::new("", mark, 0.0)
    }

    /// Centres words on their point. Anything else stays as it is.
    pub fn centred(self) -> Self {
        self.words_place(WordsPlace::Centred)
    }

    /// Centres words on their point, without a background. Anything else stays as it is.
    pub fn bare(self) -> Self {
        self.words_place(WordsPlace::Bare)
    }

    fn words_place(mut self, at: WordsPlace) -> Self {
        if let Mark::Text { place, .. } = &mut self.mark {
            *place = at;
        }
        self
    }

    /// Sets the colour, which is otherwise taken from [`Colour::CYCLE`] (grey for reference lines).
    pub fn colour(mut self, colour: Colour) -> Self {
        self.style.colour = Some(colour);
        self
    }

    /// Sets the width of a line or the radius of a point, in pixels, clamped to 0.5 to 40.
    pub fn width(mut self, pixels: f64) -> Self {
        self.style.width = pixels.clamp(0.5, 40.0);
        self
    }

    /// Sets the dash pattern of a line.
    pub fn dash(mut self, dash: Dash) -> Self {
        self.style.dash = dash;
        self
    }

    /// Makes a line dashed.
    pub fn dashed(self) -> Self {
        self.dash(Dash::Dashed)
    }

    /// Makes a line dotted.
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

    /// Checks that the lengths of its arrays match; otherwise returns what was expected and found.
    pub(super) fn lengths(&self) -> Result<(), (usize, usize)> {
        let (expected, others) = match &self.mark {
            Mark::Line { x, y } | Mark::Points { x, y, .. } | Mark::Polygons { x, y, .. } => {
                (x.len(), [y.len(), y.len()])
            }
            Mark::Bars { at, low, high, .. } => (at.len(), [low.len(), high.len()]),
            Mark::Steps { edges, counts } => {
                (edges.len().saturating_sub(1), [counts.len(), counts.len()])
            }
            Mark::Layer { edges, low, high } => {
                (edges.len().saturating_sub(1), [low.len(), high.len()])
            }
            Mark::Band { x, low, high, .. } => (x.len(), [low.len(), high.len()]),
            Mark::Cells { x_edges, y_edges, filled } => {
                (cell_count(x_edges, y_edges), [filled.len(), filled.len()])
            }
            Mark::Map { x_edges, y_edges, values, .. } => {
                (cell_count(x_edges, y_edges), [values.len(), values.len()])
            }
            Mark::Arrows(_) | Mark::Vertical(_) | Mark::Horizontal(_) | Mark::Text { .. } => {
                return Ok(());
            }
        };
        match others.into_iter().find(|&found| found != expected) {
            None => Ok(()),
            Some(found) => Err((expected, found)),
        }
    }

    /// Whether it shows data, rather than a reference line or words.
    pub(super) fn is_data(&self) -> bool {
        !matches!(self.mark, Mark::Vertical(_) | Mark::Horizontal(_) | Mark::Text { .. })
    }

    /// Whether it has an entry in the legend; maps have their colour bar instead.
    pub(super) fn in_legend(&self) -> bool {
        !self.label.is_empty() && !matches!(self.mark, Mark::Map { .. })
    }

    /// Whether it fills the plane up to its edges, so that the axes end there.
    pub(super) fn fills_the_plane(&self) -> bool {
        matches!(self.mark, Mark::Cells { .. } | Mark::Map { .. })
    }

    /// Whether it starts at 0, as histograms do.
    pub(super) fn stands_on_zero(&self) -> bool {
        matches!(self.mark, Mark::Steps { .. } | Mark::Layer { .. })
    }

    /// The coordinates that it reaches; a reference line has only one of the two.
    pub(super) fn reach(&self) -> Vec<(Option<f64>, Option<f64>)> {
        let both = |(&x, &y): (&f64, &f64)| (Some(x), Some(y));
        match &self.mark {
            Mark::Line { x, y } | Mark::Points { x, y, .. } | Mark::Polygons { x, y, .. } => {
                x.iter().zip(y).map(both).collect()
            }
            Mark::Bars { at, low, high, is_upright } => {
                let ends = at.iter().zip(low).chain(at.iter().zip(high)).map(both);
                if *is_upright { ends.collect() } else { ends.map(|(y, x)| (x, y)).collect() }
            }
            Mark::Arrows(ends) => ends
                .iter()
                .flat_map(|&[x, y, to_x, to_y]| [(Some(x), Some(y)), (Some(to_x), Some(to_y))])
                .collect(),
            Mark::Steps { edges, counts } => bin_corners(edges, counts),
            Mark::Layer { edges, low, high } => {
                let mut corners = bin_corners(edges, low);
                corners.extend(bin_corners(edges, high));
                corners
            }
            Mark::Band { x, low, high, .. } => {
                x.iter().zip(low).chain(x.iter().zip(high)).map(both).collect()
            }
            Mark::Cells { x_edges, y_edges, filled } if filled.contains(&true) => {
                border(x_edges, y_edges)
            }
            Mark::Map { x_edges, y_edges, values, .. } if values.iter().any(|v| v.is_finite()) => {
                border(x_edges, y_edges)
            }
            Mark::Cells { .. } | Mark::Map { .. } => Vec::new(),
            Mark::Vertical(x) => vec![(Some(*x), None)],
            Mark::Horizontal(y) => vec![(None, Some(*y))],
            Mark::Text { x, y, .. } => vec![(Some(*x), Some(*y))],
        }
    }
}

/// The number of cells of a grid.
fn cell_count(x_edges: &[f64], y_edges: &[f64]) -> usize {
    x_edges.len().saturating_sub(1) * y_edges.len().saturating_sub(1)
}

/// The corners of a grid's cells on its border.
fn border(x_edges: &[f64], y_edges: &[f64]) -> Vec<(Option<f64>, Option<f64>)> {
    let ends = |edges: &[f64]| edges.first().into_iter().chain(edges.last()).copied().collect();
    let (x_ends, y_ends): (Vec<f64>, Vec<f64>) = (ends(x_edges), ends(y_edges));
    let along_x = x_edges.iter().flat_map(|&x| y_ends.iter().map(move |&y| (Some(x), Some(y))));
    let along_y = y_edges.iter().flat_map(|&y| x_ends.iter().map(move |&x| (Some(x), Some(y))));
    along_x.chain(along_y).collect()
}

/// 100 points of an ellipse, with the last equal to the first.
fn ellipse(
    (x, y): (f64, f64),
    [xx, xy, yy]: [f64; 3],
    sigmas: f64,
) -> impl Iterator<Item = (f64, f64)> {
    // The Cholesky factor of the covariance maps a circle to the ellipse.
    let wide = xx.sqrt();
    let shear = if xy == 0.0 { 0.0 } else { xy / wide };
    let rest = yy - shear * shear;
    let high = if rest.abs() < 1e-12 * yy { 0.0 } else { rest.sqrt() };
    (0..100).map(move |at| {
        let angle = f64::from(at % 99) / 99.0 * std::f64::consts::TAU;
        let (up, along) = angle.sin_cos();
        (x + sigmas * wide * along, y + sigmas * (shear * along + high * up))
    })
}

/// The two upper corners of each bin.
fn bin_corners(edges: &[f64], heights: &[f64]) -> Vec<(Option<f64>, Option<f64>)> {
    let bins = edges.windows(2).zip(heights);
    bins.flat_map(|(pair, &y)| [(Some(pair[0]), Some(y)), (Some(pair[1]), Some(y))]).collect()
}

/// The colour of each series: its own, or that of an earlier series with the same label, or the
/// next in the cycle that no series of the panel uses explicitly.
pub(super) fn colours(series: &[Series]) -> Vec<Colour> {
    let claimed: Vec<Colour> = series.iter().filter_map(|one| one.style.colour).collect();
    let mut free: Vec<Colour> = Colour::CYCLE.to_vec();
    free.retain(|colour| !claimed.contains(colour));
    if free.is_empty() {
        free = Colour::CYCLE.to_vec();
    }
    let mut cycle = free.into_iter().cycle();
    let mut chosen: Vec<Colour> = Vec::with_capacity(series.len());
    for (at, one) in series.iter().enumerate() {
        let namesake = series[..at]
            .iter()
            .position(|earlier| !one.label.is_empty() && earlier.label == one.label);
        let colour = match (one.style.colour, namesake, &one.mark) {
            (Some(colour), _, _) => colour,
            (None, Some(earlier), _) => chosen[earlier],
            (None, None, Mark::Vertical(_) | Mark::Horizontal(_)) => Colour::GREY,
            (None, None, Mark::Text { .. } | Mark::Map { .. }) => Colour::GREY,
            (None, None, _) => cycle.next().unwrap_or(Colour::BLACK),
        };
        chosen.push(colour);
    }
    chosen
}
