//! The ranking of nuisance parameters: their pulls, and their impacts on the parameter of interest.

use super::binning::four_digits;
use super::{Colour, Figure, Panel, Series};

/// The height of a row, and of the rest of the page, in pixels.
const ROW: u32 = 26;
const AROUND: u32 = 220;
/// Half the heights of the impact boxes before and after the fit, in rows.
const HALVES: (f64, f64) = (0.42, 0.3);
/// How far impacts reach towards the ends of their axis.
const REACH: f64 = 0.95;

/// One parameter of a [`ranking`].
#[derive(Clone, Debug, PartialEq)]
pub struct RankedParameter {
    /// Its name.
    pub name: String,
    /// Its fitted value less its value before the fit, in units of its uncertainty before the fit;
    /// `None` for a parameter without a constraint.
    pub pull: Option<f64>,
    /// Its uncertainty after the fit in units of that before the fit: the half length of the bar.
    pub constraint: Option<f64>,
    /// Its fitted value, which is written if there is no pull.
    pub fitted: f64,
    /// The change of the parameter of interest if this one is fixed one standard deviation (after
    /// the fit) above its fitted value, and the others are fitted.
    pub impact_up: f64,
    /// The same below the fitted value.
    pub impact_down: f64,
    /// As `impact_up`, but with the standard deviation before the fit, if there is one.
    pub prefit_up: Option<f64>,
    /// As `impact_down`, but with the standard deviation before the fit, if there is one.
    pub prefit_down: Option<f64>,
}

impl RankedParameter {
    /// The larger of its two impacts; negative if none is finite.
    fn impact(&self) -> f64 {
        [self.impact_up, self.impact_down].iter().map(|i| i.abs()).fold(-1.0, f64::max)
    }

    fn impacts(&self) -> [f64; 4] {
        let before = [self.prefit_up, self.prefit_down].map(|impact| impact.unwrap_or(f64::NAN));
        [self.impact_up, self.impact_down, before[0], before[1]]
    }
}

/// The parameters with the largest impact after the fit, one per row, the largest on top. Boxes on
/// the upper axis show their impacts, filled after and hollow before the fit; points with bars on
/// the lower axis show their pulls and constraints. For parameters without a pull, the fitted value
/// is written instead.
///
/// # Arguments
/// `parameters`: in any order. `poi_name`: the parameter of interest, for the label of the upper
/// axis. `limit_count`: the largest number of rows; 20 to 30 fit on a page.
pub fn ranking(parameters: &[RankedParameter], poi_name: &str, limit_count: usize) -> Figure {
    let mut ranked: Vec<&RankedParameter> = parameters.iter().collect();
    ranked.sort_by(|a, b| b.impact().total_cmp(&a.impact()));
    ranked.truncate(limit_count);
    // Rows count from the bottom.
    ranked.reverse();
    let pull_end = pull_end(&ranked);
    let impact_end = impact_end(&ranked);
    let names: Vec<&str> = ranked.iter().map(|parameter| parameter.name.as_str()).collect();
    let mut panel = Panel::new("pull: (θ\u{302} − θ₀) / Δθ", "")
        .y_names(&names)
        .x_range(-pull_end, pull_end)
        .y_range(0.0, (ranked.len() as f64).max(1.0))
        .upper_x(&format!("Δ{poi_name}"), -impact_end, impact_end);
    panel = boxes(panel, &ranked, pull_end / impact_end);
    for unit in [-1.0, 1.0] {
        panel = panel.with(Series::vertical("", unit).width(1.0));
    }
    let panel = pulls(panel.with(Series::vertical("", 0.0).width(1.0).dotted()), &ranked);
    let shown = ranked.len();
    let title = match shown < parameters.len() {
        true => format!("The {shown} largest impacts of {}", parameters.len()),
        false => "Impacts and pulls".to_owned(),
    };
    let height = AROUND + ROW * u32::try_from(shown).unwrap_or(u32::MAX / (2 * ROW));
    Figure::from(panel).title(&title).size(800, height)
}

/// The end of the axis of pulls: 2, or more if pulls reach further.
fn pull_end(ranked: &[&RankedParameter]) -> f64 {
    let reach = |parameter: &&RankedParameter| {
        Some(parameter.pull?.abs() + parameter.constraint.unwrap_or(0.0).abs())
    };
    let reaches = ranked.iter().filter_map(reach).filter(|reach| reach.is_finite());
    reaches.map(|reach| (1.05 * reach).ceil()).fold(2.0, f64::max)
}

/// The end of the axis of impacts, beyond all of them.
fn impact_end(ranked: &[&RankedParameter]) -> f64 {
    let impacts = ranked.iter().flat_map(|parameter| parameter.impacts());
    let largest = impacts.map(f64::abs).filter(|impact| impact.is_finite()).fold(0.0, f64::max);
    if largest > 0.0 { largest / REACH } else { 1.0 }
}

/// Adds the boxes of impacts; `unit` is the length of an impact of 1 on the axis of pulls.
fn boxes(mut panel: Panel, ranked: &[&RankedParameter], unit: f64) -> Panel {
    let kinds = [
        ("impact after the fit, +1 σ", Colour::BLUE, HALVES.1),
        ("impact after the fit, −1 σ", Colour::ORANGE, HALVES.1),
        ("before the fit, +1 σ", Colour::BLUE, HALVES.0),
        ("before the fit, −1 σ", Colour::ORANGE, HALVES.0),
    ];
    for (kind, (label, colour, half)) in kinds.into_iter().enumerate() {
        let sides: Vec<[f64; 4]> = ranked
            .iter()
            .enumerate()
            .map(|(row, parameter)| {
                let (end, middle) = (unit * parameter.impacts()[kind], row as f64 + 0.5);
                let is_missing = end.is_nan();
                let zero = if is_missing { f64::NAN } else { 0.0 };
                [end.min(zero), end.max(zero), middle - half, middle + half]
            })
            .collect();
        if sides.iter().all(|[left, ..]| !left.is_finite()) {
            continue;
        }
        let boxes = Series::boxes(label, &sides).colour(colour);
        panel = panel.with(if kind < 2 { boxes.opacity(0.6) } else { boxes.hollow() });
    }
    panel
}

/// Adds pulls and fitted values.
fn pulls(mut panel: Panel, ranked: &[&RankedParameter]) -> Panel {
    let rows = ranked.iter().enumerate().map(|(row, parameter)| (row as f64 + 0.5, *parameter));
    let (mut x, mut y, mut half) = (Vec::new(), Vec::new(), Vec::new());
    for (row, parameter) in rows {
        match parameter.pull {
            Some(pull) => {
                x.push(pull);
                y.push(row);
                half.push(parameter.constraint.unwrap_or(f64::NAN));
            }
            None if parameter.fitted.is_finite() => {
                panel =
                    panel.with(Series::text(0.0, row, &four_digits(parameter.fitted)).centred());
            }
            None => {}
        }
    }
    let end = |sign: f64| x.iter().zip(&half).map(|(x, half)| x + sign * half).collect::<Vec<_>>();
    let bars = Series::horizontal_bars("pull and constraint", &y, &end(-1.0), &end(1.0));
    panel
        .with(bars.colour(Colour::BLACK))
        .with(Series::points("pull and constraint", &x, &y).colour(Colour::BLACK))
}
