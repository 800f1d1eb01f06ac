//! The figure of an upper limit: CLs against the tested parameter of interest, with its expected
//! band.
//!
//! Source: A. Read, J. Phys. G 28 (2002) 2693, for CLs; G. Cowan, K. Cranmer, E. Gross and O.
//! Vitells, arXiv:1007.1727, section 5, for its expected band.

use super::binning::four_digits;
use super::{Colour, Figure, Marker, Panel, Series};

/// The band of 1 standard deviation.
pub(super) const ONE_SIGMA: Colour = Colour(92, 184, 92);
/// The band of 2 standard deviations.
pub(super) const TWO_SIGMA: Colour = Colour(255, 221, 87);
/// The smallest CLs on a logarithmic axis, as a fraction of the tested error rate.
const LEAST: f64 = 0.02;

/// What [`brazil`] draws.
#[derive(Clone, Debug, PartialEq)]
pub struct BrazilPlot {
    /// The name of the parameter of interest.
    pub poi_name: String,
    /// The confidence level of the limits, such as 0.95.
    pub level: f64,
    /// Tested values of the parameter of interest, increasing.
    pub tested: Vec<f64>,
    /// The observed CLs at each tested value; empty if there is none.
    pub cls_obs: Vec<f64>,
    /// The expected CLs at each tested value, at 2, 1, 0, -1 and -2 standard deviations of the
    /// background's fluctuation, smallest first; empty if there is none.
    pub cls_exp: Vec<[f64; 5]>,
    /// The observed upper limit, if it is known.
    pub limit_obs: Option<f64>,
    /// The expected upper limits in the order of `cls_exp`, smallest first, as far as they are
    /// known.
    pub limit_exp: [Option<f64>; 5],
    /// Whether the axis of CLs is logarithmic, rather than from 0 to 1.
    pub log_y: bool,
}

/// CLs against the tested values of the parameter of interest: observed, expected median and bands
/// of 1 and 2 standard deviations, the line at 1 - level, and the limits, where the curves cross
/// it.
///
/// A CLs that is not finite makes a gap.
pub fn brazil(plot: &BrazilPlot) -> Figure {
    let error_rate = 1.0 - plot.level;
    let crossing = format!("CLs = {}", four_digits(error_rate));
    let crossing = Series::horizontal(&crossing, error_rate).width(1.5);
    let panel = curves(Panel::new(&plot.poi_name, "CLs"), plot);
    let panel = limits(panel.with(crossing.colour(Colour::VERMILLION)), plot, error_rate);
    let panel = match plot.log_y {
        false => panel.y_range(0.0, 1.05),
        true => panel.log_y().y_range(LEAST * error_rate, 1.5),
    };
    let level = four_digits(100.0 * plot.level);
    Figure::from(panel).title(&format!("Upper limit on {} at {level} % CL", plot.poi_name))
}

/// Adds the curves of CLs.
fn curves(mut panel: Panel, plot: &BrazilPlot) -> Panel {
    let curve = |at: usize| plot.cls_exp.iter().map(|band| band[at]).collect::<Vec<_>>();
    if !plot.cls_exp.is_empty() {
        for (label, colour, low, high) in
            [("expected ±2 σ", TWO_SIGMA, 0, 4), ("expected ±1 σ", ONE_SIGMA, 1, 3)]
        {
            let band = Series::band(label, &plot.tested, &curve(low), &curve(high));
            panel = panel.with(band.opacity(1.0).colour(colour));
        }
        let median = Series::line("expected median", &plot.tested, &curve(2)).dashed();
        panel = panel.with(median.colour(Colour::BLACK));
    }
    if !plot.cls_obs.is_empty() {
        let observed = Series::line("observed", &plot.tested, &plot.cls_obs);
        let marks = Series::points("observed", &plot.tested, &plot.cls_obs).width(2.5);
        panel = panel.with(observed.colour(Colour::BLACK)).with(marks);
    }
    panel
}

/// Adds the limits: lines from their crossings down to the axis, and marks at the ends of the
/// bands.
fn limits(mut panel: Panel, plot: &BrazilPlot, error_rate: f64) -> Panel {
    let [low_2, low_1, median, high_1, high_2] = plot.limit_exp;
    let ends: Vec<f64> = [low_2, low_1, high_1, high_2].into_iter().flatten().collect();
    let heights = vec![error_rate; ends.len()];
    let bar = |label: &str, limit: f64| {
        Series::vertical_bars(label, &[limit], &[0.0], &[error_rate]).colour(Colour::BLUE)
    };
    if let Some(limit) = median {
        let label = match (low_1, high_1) {
            (Some(low), Some(high)) => format!(
                "expected limit {} ({} to {})",
                four_digits(limit),
                four_digits(low),
                four_digits(high)
            ),
            _ => format!("expected limit {}", four_digits(limit)),
        };
        panel = panel.with(bar(&label, limit).dashed());
    }
    if let Some(limit) = plot.limit_obs {
        panel =
            panel.with(bar(&format!("observed limit {}", four_digits(limit)), limit).width(2.5));
    }
    let marks = Series::points("expected limits ±1 σ, ±2 σ", &ends, &heights)
        .marker(Marker::Diamond)
        .width(3.5);
    if ends.is_empty() { panel } else { panel.with(marks.colour(Colour::BLUE)) }
}
