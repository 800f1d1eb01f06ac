//! One panel: two axes and the series between them.

use super::colour::Colour;
use super::series::Series;

/// How an axis maps values to lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences have equal lengths.
    #[default]
    Linear,
    /// As linear, but with ticks only at whole numbers, for counted quantities.
    Whole,
    /// Equal ratios have equal lengths; values that are not positive are left out.
    Log,
}

/// One panel of a figure: axes, series, and a legend above the plot, where it hides nothing.
///
/// ```no_run
/// use diffhep::figures::{Panel, Series};
///
/// let (cut, significance) = ([0.0, 0.5, 1.0], [1.1, 1.9, 1.4]);
/// let panel = Panel::new("cut on x", "significance")
///     .line("hard cut", &cut, &significance)
///     .vertical("optimum", 0.5)
///     .with(Series::points("", &[0.5], &[1.9]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    pub(super) title: String,
    pub(super) x_label: String,
    pub(super) y_label: String,
    pub(super) x_range: Option<(f64, f64)>,
    pub(super) y_range: Option<(f64, f64)>,
    pub(super) x_scale: Scale,
    pub(super) y_scale: Scale,
    pub(super) x_names: Vec<String>,
    pub(super) y_names: Vec<String>,
    pub(super) upper: Option<UpperRange>,
    /// The height of its row relative to others.
    pub(super) height: f64,
    /// Whether its plot is as high as it is wide.
    pub(super) is_square: bool,
    /// Whether it is only a placeholder in a row.
    pub(super) is_blank: bool,
    pub(super) series: Vec<Series>,
}

/// A second scale of the x axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct UpperRange {
    pub(super) label: String,
    /// Its values at the ends of the x axis.
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Panel {
    /// A panel without series; labels include the unit, for example `"mass [GeV]"`.
    pub fn new(x_label: &str, y_label: &str) -> Self {
        Self {
            title: String::new(),
            x_label: x_label.to_owned(),
            y_label: y_label.to_owned(),
            x_range: None,
            y_range: None,
            x_scale: Scale::Linear,
            y_scale: Scale::Linear,
            x_names: Vec::new(),
            y_names: Vec::new(),
            upper: None,
            height: 1.0,
            is_square: false,
            is_blank: false,
            series: Vec::new(),
        }
    }

    /// A placeholder in a row, where no panel is drawn.
    pub(super) fn blank() -> Self {
        Self { is_blank: true, height: 0.0, ..Self::new("", "") }
    }

    /// Sets the panel's own title, which is above its legend.
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// Adds a series. Later ones are drawn over earlier ones, and lines and points over areas.
    pub fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Adds [`Series::line`].
    pub fn line(self, label: &str, x: &[f64], y: &[f64]) -> Self {
        self.with(Series::line(label, x, y))
    }

    /// Adds [`Series::points`].
    pub fn points(self, label: &str, x: &[f64], y: &[f64]) -> Self {
        self.with(Series::points(label, x, y))
    }

    /// Adds [`Series::steps`].
    pub fn steps(self, label: &str, edges: &[f64], counts: &[f64]) -> Self {
        self.with(Series::steps(label, edges, counts))
    }

    /// Adds [`Series::band`].
    pub fn band(self, label: &str, x: &[f64], low: &[f64], high: &[f64]) -> Self {
        self.with(Series::band(label, x, low, high))
    }

    /// Adds [`Series::vertical`].
    pub fn vertical(self, label: &str, x: f64) -> Self {
        self.with(Series::vertical(label, x))
    }

    /// Adds [`Series::horizontal`].
    pub fn horizontal(self, label: &str, y: f64) -> Self {
        self.with(Series::horizontal(label, y))
    }

    /// Adds [`Series::text`].
    pub fn text(self, x: f64, y: f64, words: &str) -> Self {
        self.with(Series::text(x, y, words))
    }

    /// Adds a stacked histogram from layers of (label, counts), the first at the bottom, with one
    /// more edge than counts. A count that is not finite leaves a gap in its layer and in those
    /// above.
    pub fn stack<C: AsRef<[f64]>>(mut self, edges: &[f64], layers: &[(&str, C)]) -> Self {
        let mut low = vec![0.0; edges.len().saturating_sub(1)];
        for (label, counts) in layers {
            let counts = counts.as_ref();
            let high: Vec<f64> = low.iter().zip(counts).map(|(below, own)| below + own).collect();
            // Counts of another length are left as they are; `Figure::write` refuses them.
            let high = if counts.len() == low.len() { high } else { counts.to_vec() };
            self = self.with(Series::layer(label, edges, &low, &high));
            low = high;
        }
        self
    }

    /// Adds [`Series::map`].
    pub fn map(self, label: &str, x_edges: &[f64], y_edges: &[f64], values: &[f64]) -> Self {
        self.with(Series::map(label, x_edges, y_edges, values))
    }

    /// Adds a map of categories: each cell of a grid in the colour of its category, 0, 1, 2, ...,
    /// or blank. The colours are light variants of [`Colour::CYCLE`], which repeat after 24.
    ///
    /// # Arguments
    /// `x_edges`, `y_edges`: edges of the cells, increasing. `cells`: one category per cell, row by
    /// row: x runs fastest, (x edges - 1) (y edges - 1) of them. `labels`: the labels of the
    /// categories in the legend; categories beyond the last label have no entry.
    ///
    /// ```no_run
    /// use diffhep::figures::{Colour, Panel};
    ///
    /// let edges = [0.0, 0.5, 1.0];
    /// let bins = [Some(0), Some(1), Some(1), None];
    /// let panel = Panel::new("score 1", "score 2")
    ///     .categories(&edges, &edges, &bins, &["bin 1", "bin 2"])
    ///     .colour("bin 2", Colour::SKY);
    /// ```
    pub fn categories(
        mut self,
        x_edges: &[f64],
        y_edges: &[f64],
        cells: &[Option<usize>],
        labels: &[&str],
    ) -> Self {
        let used = cells.iter().flatten().max().map_or(0, |last| last + 1);
        for category in 0..used.max(labels.len()) {
            let filled: Vec<bool> = cells.iter().map(|cell| *cell == Some(category)).collect();
            let label = labels.get(category).copied().unwrap_or_default();
            let series = Series::cells(label, x_edges, y_edges, &filled);
            self = self.with(series.colour(Colour::category(category)));
        }
        self
    }

    /// Colours all series added so far that have this label.
    pub fn colour(mut self, label: &str, colour: Colour) -> Self {
        for series in self.series.iter_mut().filter(|series| series.label == label) {
            series.style.colour = Some(colour);
        }
        self
    }

    /// Sets the range of the x axis, which otherwise follows the data or ends where a map ends.
    pub fn x_range(mut self, low: f64, high: f64) -> Self {
        self.x_range = Some((low, high));
        self
    }

    /// Sets the range of the y axis, which otherwise follows the data within the x axis' range or
    /// ends where a map ends.
    pub fn y_range(mut self, low: f64, high: f64) -> Self {
        self.y_range = Some((low, high));
        self
    }

    /// Puts ticks only at whole numbers of the x axis, for counted quantities.
    ///
    /// ```no_run
    /// use diffhep::figures::Panel;
    ///
    /// let panel = Panel::new("bin", "events").steps("data", &[0.5, 1.5, 2.5], &[4.0, 9.0]).whole_x();
    /// ```
    pub fn whole_x(mut self) -> Self {
        self.x_scale = Scale::Whole;
        self
    }

    /// Writes names instead of numbers at 1/2, 3/2, ... of the x axis, upwards: one per column
    /// between 0, 1, .... The middle of long names is left out; if there are too many for the
    /// width, only some are written.
    pub fn x_names<N: AsRef<str>>(mut self, names: &[N]) -> Self {
        self.x_names = names.iter().map(|name| name.as_ref().to_owned()).collect();
        self
    }

    /// Writes names instead of numbers at 1/2, 3/2, ... of the y axis: one per row between 0, 1,
    /// ..., the first at the bottom. The middle of long names is left out; if there are too many
    /// for the height, only some are written.
    ///
    /// ```no_run
    /// use diffhep::figures::Panel;
    ///
    /// let pulls = Panel::new("pull", "")
    ///     .points("pull", &[0.3, -1.1], &[0.5, 1.5])
    ///     .y_names(&["luminosity", "jet energy scale"])
    ///     .y_range(0.0, 2.0);
    /// ```
    pub fn y_names<N: AsRef<str>>(mut self, names: &[N]) -> Self {
        self.y_names = names.iter().map(|name| name.as_ref().to_owned()).collect();
        self
    }

    /// Adds a second scale of the x axis, above the plot: its values at the ends of the x axis, and
    /// between them in proportion. Series use the first scale. It does not support a logarithmic x
    /// axis.
    pub fn upper_x(mut self, label: &str, low: f64, high: f64) -> Self {
        self.upper = Some(UpperRange { label: label.to_owned(), low, high });
        self
    }

    /// Sets the height of its row in proportion to other rows, by default 1 and clamped to 0.1 to
    /// 10; the highest panel of a row counts.
    pub fn height(mut self, share: f64) -> Self {
        self.height = share.clamp(0.1, 10.0);
        self
    }

    /// Makes its plot, and the others of its row, as high as they are wide; the page's height
    /// follows.
    pub fn square(mut self) -> Self {
        self.is_square = true;
        self
    }

    /// Makes the x axis logarithmic.
    pub fn log_x(mut self) -> Self {
        self.x_scale = Scale::Log;
        self
    }

    /// Makes the y axis logarithmic.
    pub fn log_y(mut self) -> Self {
        self.y_scale = Scale::Log;
        self
    }
}
