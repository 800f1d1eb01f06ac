//! Data and prediction in the bins of channels.
//!
//! Enters: yields of samples, their total uncertainty and data. Leaves: stacked histograms with a
//! band and points, and below them the ratio of data to prediction.
//!
//! The error bars of data are the central 68.27 % intervals of a Poisson mean.
//!
//! Source: F. Garwood, Biometrika 28 (1936) 437, for the intervals.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::{Colour, Figure, Marker, Panel, Series};
use diffhep_names::named;

/// The probability below and above the error bars of data.
const TAIL: f64 = 0.158_655_253_931_457_05;
/// The count from which error bars are those of a Gaussian, which differ by less than a thousandth.
const MANY: f64 = 1e6;
/// Colours of stacked samples, which repeat; a name has the same colour everywhere on a page.
const SAMPLES: [Colour; 12] = [
    Colour::BLUE,
    Colour::ORANGE,
    Colour::GREEN,
    Colour::VERMILLION,
    Colour::SKY,
    Colour::PURPLE,
    Colour::YELLOW,
    Colour(136, 34, 85),
    Colour(68, 170, 153),
    Colour(153, 153, 51),
    Colour(51, 34, 136),
    Colour(170, 110, 60),
];
/// Width and height of the part of a page for one channel.
const PART: (u32, u32) = (600, 680);
/// Largest number of channels side by side.
const COLUMNS: usize = 3;
/// The height of a ratio relative to that of its histogram.
const RATIO_HEIGHT: f64 = 0.42;

/// Whether predictions are from before or after a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitStage {
    /// Before the fit.
    PreFit,
    /// After the fit.
    PostFit,
}

impl FitStage {
    /// Every stage by its name.
    pub const TABLE: [(&'static str, Self); 2] =
        [("pre-fit", Self::PreFit), ("post-fit", Self::PostFit)];
}

named!(FitStage, "stage of a fit");

/// The yields of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleYields {
    /// Its name in the legend.
    pub name: String,
    /// Expected events, one number per bin.
    pub events: Vec<f64>,
}

/// The data for the figure of one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelYields {
    /// Its name, which becomes the title.
    pub name: String,
    /// The label of the x axis, with its unit; `"bin"` if it is empty.
    pub x_label: String,
    /// The increasing edges of the bins, one more than there are bins; if empty, bins are numbered
    /// from 1.
    pub edges: Option<Vec<f64>>,
    /// The samples, the first at the bottom of the stack.
    pub samples: Vec<SampleYields>,
    /// The total uncertainty of the samples' sum, one number per bin; empty if there is none.
    pub uncertainties: Vec<f64>,
    /// Observed events, one number per bin; empty if there are none. A count that is not finite is
    /// left out.
    pub data: Vec<f64>,
}

/// How channels are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YieldsOptions {
    /// The stage that the titles name.
    pub stage: FitStage,
    /// Whether the axes of events are logarithmic.
    pub log_y: bool,
}

/// One channel, with stacked samples, their total uncertainty as a band, and data as points with
/// the central intervals of a Poisson mean. Below is the ratio of data to prediction.
///
/// A ratio beyond its axis is drawn as a triangle at the end of the axis. Without data there is no
/// ratio.
pub fn channel(yields: &ChannelYields, options: &YieldsOptions) -> Figure {
    let title = format!("{}, {}", yields.name, options.stage.name());
    let names = sample_names(std::slice::from_ref(yields));
    let drawn = Channel::new(yields, &names);
    let figure = Figure::new().title(&title).panel(drawn.histogram(options.log_y));
    match yields.data.is_empty() {
        true => figure,
        false => figure.panel(drawn.ratio()).size(800, 700),
    }
}

/// Several channels on a page, up to three side by side, each drawn as by [`channel`]; rows of
/// channels without data have no ratios.
pub fn channels(yields: &[ChannelYields], options: &YieldsOptions) -> Figure {
    let columns = yields.len().clamp(1, COLUMNS);
    let names = sample_names(yields);
    let mut figure = Figure::new().title(options.stage.name()).columns(columns);
    let fill = |figure: Figure, count: usize| {
        (count..columns).fold(figure, |figure, _| figure.panel(Panel::blank()))
    };
    for row in yields.chunks(columns) {
        let drawn: Vec<Channel> = row.iter().map(|channel| Channel::new(channel, &names)).collect();
        for channel in &drawn {
            figure = figure.panel(channel.histogram(options.log_y).title(&channel.yields.name));
        }
        figure = fill(figure, row.len());
        if row.iter().any(|channel| !channel.data.is_empty()) {
            for channel in &drawn {
                let is_blank = channel.yields.data.is_empty();
                figure = figure.panel(if is_blank { Panel::blank() } else { channel.ratio() });
            }
            figure = fill(figure, row.len());
        }
    }
    let rows = yields.len().div_ceil(columns).max(1) as u32;
    figure.size((PART.0 * columns as u32).max(800), PART.1 * rows)
}

/// Names of the samples of all channels, without duplicates.
fn sample_names(yields: &[ChannelYields]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for sample in yields.iter().flat_map(|channel| &channel.samples) {
        if !names.contains(&sample.name.as_str()) {
            names.push(&sample.name);
        }
    }
    names
}

/// A channel, and what follows from its yields.
struct Channel<'y> {
    yields: &'y ChannelYields,
    /// Names of the page's samples, in the order of their colours.
    names: &'y [&'y str],
    edges: Vec<f64>,
    middles: Vec<f64>,
    total: Vec<f64>,
    /// Data and the ends of their error bars.
    data: [Vec<f64>; 3],
}

impl<'y> Channel<'y> {
    fn new(yields: &'y ChannelYields, names: &'y [&'y str]) -> Self {
        let lengths = yields.samples.iter().map(|sample| sample.events.len());
        let bins = lengths.chain([yields.data.len()]).max().unwrap_or(0);
        let numbered = || (0..=bins).map(|edge| edge as f64 + 0.5).collect();
        let edges = yields.edges.clone().unwrap_or_else(numbered);
        let mut total = vec![0.0; bins];
        for sample in &yields.samples {
            total.iter_mut().zip(&sample.events).for_each(|(sum, events)| *sum += events);
        }
        let (low, high) = yields.data.iter().map(|&count| poisson_interval(count)).unzip();
        Self {
            yields,
            names,
            middles: edges.windows(2).map(|pair| pair[0].midpoint(pair[1])).collect(),
            edges,
            total,
            data: [yields.data.clone(), low, high],
        }
    }

    /// A panel over the bins.
    fn panel(&self, x_label: &str, y_label: &str) -> Panel {
        let panel = Panel::new(x_label, y_label);
        let panel = if self.yields.edges.is_none() { panel.whole_x() } else { panel };
        match self.edges[..] {
            [first, .., last] if first < last => panel.x_range(first, last),
            _ => panel,
        }
    }

    fn x_label(&self) -> &str {
        if self.yields.x_label.is_empty() { "bin" } else { &self.yields.x_label }
    }

    /// The band of the uncertainty around the given middle of each bin, in the given unit of each
    /// bin.
    fn band(&self, label: &str, middle: impl Fn(f64) -> f64, unit: impl Fn(f64) -> f64) -> Series {
        let ends: Vec<f64> = self.edges.windows(2).flatten().copied().collect();
        let end = |sign: f64| {
            let bins = self.total.iter().zip(&self.yields.uncertainties);
            let bins = bins.map(|(&total, half)| middle(total) + sign * half / unit(total));
            bins.flat_map(|end| [end; 2]).collect::<Vec<f64>>()
        };
        Series::band(label, &ends, &end(-1.0), &end(1.0)).opacity(0.4).colour(Colour::GREY)
    }

    /// The panel of stacked samples, band and data.
    fn histogram(&self, is_logarithmic: bool) -> Panel {
        let has_ratio = !self.yields.data.is_empty();
        let x_label = if has_ratio { "" } else { self.x_label() };
        let mut panel = self.panel(x_label, "events");
        let layers: Vec<(&str, &Vec<f64>)> =
            self.yields.samples.iter().map(|sample| (&*sample.name, &sample.events)).collect();
        panel = panel.stack(&self.edges, &layers);
        for (name, colour) in self.names.iter().zip(SAMPLES.into_iter().cycle()) {
            panel = panel.colour(name, colour);
        }
        if !self.yields.uncertainties.is_empty() {
            panel = panel.with(self.band("total uncertainty", |total| total, |_| 1.0));
        }
        if has_ratio {
            let [data, low, high] = &self.data;
            panel = panel
                .with(Series::vertical_bars("data", &self.middles, low, high).colour(Colour::BLACK))
                .with(Series::points("data", &self.middles, data).colour(Colour::BLACK));
        }
        match self.logarithmic_range() {
            Some((low, high)) if is_logarithmic => panel.log_y().y_range(low, high),
            _ => panel,
        }
    }

    /// A range of a logarithmic axis that covers totals and data; `None` if none is positive.
    fn logarithmic_range(&self) -> Option<(f64, f64)> {
        let positive =
            self.total.iter().chain(&self.data[0]).filter(|y| **y > 0.0 && y.is_finite());
        let least = positive.clone().copied().reduce(f64::min)?;
        let most = positive.chain(&self.data[2]).copied().filter(|y| y.is_finite());
        // Samples that are small in all bins are visible in the lowest decade.
        Some((0.1 * least, 2.0 * most.fold(least, f64::max)))
    }

    /// The panel of data over prediction.
    fn ratio(&self) -> Panel {
        let over_total = |counts: &[f64]| {
            let pairs = counts.iter().zip(&self.total);
            pairs.map(|(count, total)| count / total).collect::<Vec<f64>>()
        };
        let [ratio, low, high] = [0, 1, 2].map(|which| over_total(&self.data[which]));
        let half = self.ratio_range(&low, &high);
        let beyond = |(x, ratio): (&f64, &f64)| (*ratio > 1.0 + half).then_some(*x);
        let beyond: Vec<f64> = self.middles.iter().zip(&ratio).filter_map(beyond).collect();
        let top = vec![1.0 + 0.9 * half; beyond.len()];
        let mut panel = self.panel(self.x_label(), "data / pred.").height(RATIO_HEIGHT);
        if !self.yields.uncertainties.is_empty() {
            panel = panel.with(self.band("", |_| 1.0, |total| total));
        }
        panel
            .with(Series::horizontal("", 1.0).dashed())
            .with(Series::vertical_bars("", &self.middles, &low, &high).colour(Colour::BLACK))
            .with(Series::points("", &self.middles, &ratio).colour(Colour::BLACK))
            .with(Series::points("", &beyond, &top).marker(Marker::Triangle).colour(Colour::BLACK))
            .y_range(1.0 - half, 1.0 + half)
    }

    /// How far the axis of ratios extends from 1: as far as error bars and band do, but at least
    /// 0.1 and at most 1.
    fn ratio_range(&self, low: &[f64], high: &[f64]) -> f64 {
        let band = self.yields.uncertainties.iter().zip(&self.total).map(|(half, all)| half / all);
        let bars = low.iter().chain(high).map(|ratio| (ratio - 1.0).abs());
        let reach = bars.chain(band).filter(|reach| reach.is_finite()).fold(0.0, f64::max);
        (1.1 * reach).clamp(0.1, 1.0)
    }
}

/// The central 68.27 % interval of a Poisson mean, given its count, which need not be whole; NaN
/// for a count that no Poisson variable has.
fn poisson_interval(count: f64) -> (f64, f64) {
    if !count.is_finite() || count < 0.0 {
        return (f64::NAN, f64::NAN);
    }
    if count > MANY {
        return (count - count.sqrt(), count + count.sqrt());
    }
    let quantile = |freedom: f64, probability: f64| {
        ChiSquared::new(freedom).map_or(f64::NAN, |law| law.inverse_cdf(probability) / 2.0)
    };
    let low = if count > 0.0 { quantile(2.0 * count, TAIL) } else { 0.0 };
    (low, quantile(2.0 * (count + 1.0), 1.0 - TAIL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_garwood() {
        // Particle Data Group, Review of Particle Physics, and ROOT's TH1::kPoisson.
        let known = [
            (0.0, 0.0, 1.841_022),
            (1.0, 0.172_754, 3.299_527),
            (3.0, 1.367_295, 5.918_186),
            (10.0, 6.891_307, 14.266_95),
        ];
        for (count, low, high) in known {
            let found = poisson_interval(count);
            assert!((found.0 - low).abs() < 1e-5 && (found.1 - high).abs() < 1e-4, "{found:?}");
        }
        for count in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(poisson_interval(count).0.is_nan() && poisson_interval(count).1.is_nan());
        }
    }

    #[test]
    fn intervals_join_where_the_gaussian_takes_over() {
        let (below, above) = (poisson_interval(MANY), poisson_interval(MANY + 1.0));
        for (a, b) in [(below.0, above.0), (below.1, above.1)] {
            assert!((a - b).abs() < 2e-3 * MANY.sqrt(), "{a} {b}");
        }
    }
}
