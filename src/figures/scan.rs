//! Scans of the profile likelihood in one and two parameters.
//!
//! Enters: the rise of -2 ln L above its smallest value, with the other parameters fitted. Leaves:
//! [`Figure`]s.
//!
//! Source: S. Wilks, Ann. Math. Stat. 9 (1938) 60: in large samples the rise follows a chi-squared
//! distribution with as many degrees of freedom as there are scanned parameters.

use super::binning::four_digits;
use super::isolines::isolines;
use super::{Colour, Dash, Figure, Marker, Panel, Series};

/// The rises at which intervals of one parameter end, and their coverage.
const RISES: [(f64, &str); 2] = [(1.0, "68.3 %"), (4.0, "95.4 %")];
/// The rises on contours in two parameters, their coverage, and how they are drawn.
const CONTOURS: [(f64, &str, Dash); 2] =
    [(2.296, "68.3 %", Dash::Solid), (6.180, "95.4 %", Dash::Dashed)];
/// The rise at the end of the colours of a plane.
const DEEPEST: f64 = 12.0;

/// A scan of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct LikelihoodScan {
    /// The parameter's name.
    pub name: String,
    /// Its values, increasing.
    pub values: Vec<f64>,
    /// The rise of -2 ln L above its smallest value at each; one that is not finite makes a gap.
    pub rises: Vec<f64>,
    /// The same without the uncertainties of nuisance parameters; empty if it is not known.
    pub statistical_rises: Vec<f64>,
    /// The best fit.
    pub fitted: Option<f64>,
    /// The ends of the 68.3 % interval, as far as they are known.
    pub interval: [Option<f64>; 2],
}

/// -2 ln L against one parameter, with the rises of 1 and 4 (intervals of 68.3 and 95.4 %), the
/// best fit and its interval.
pub fn scan(scan: &LikelihoodScan) -> Figure {
    let mut panel = Panel::new(&scan.name, "−2 Δ ln L");
    for (rise, words) in RISES {
        let label = format!("{} σ: {words}", rise.sqrt());
        let dash = if rise == 1.0 { Dash::Dashed } else { Dash::DashDotted };
        panel = panel.with(Series::horizontal(&label, rise).dash(dash));
    }
    panel = panel.with(Series::line("profile likelihood", &scan.values, &scan.rises).width(2.5));
    if !scan.statistical_rises.is_empty() {
        let label = "nuisance parameters fixed";
        let line = Series::line(label, &scan.values, &scan.statistical_rises);
        panel = panel.with(line.dashed().colour(Colour::VERMILLION));
    }
    let ends: Vec<f64> = scan.interval.into_iter().flatten().collect();
    let (zeros, ones) = (vec![0.0; ends.len()], vec![1.0; ends.len()]);
    panel = panel.with(Series::vertical_bars("", &ends, &zeros, &ones).colour(Colour::BLACK));
    if let Some(fitted) = scan.fitted {
        let label = fit_words(&scan.name, fitted, scan.interval);
        panel =
            panel.with(Series::points(&label, &[fitted], &[0.0]).colour(Colour::BLACK).width(5.0));
    }
    let rises = scan.rises.iter().copied().filter(|rise| rise.is_finite());
    let top = 1.05 * rises.fold(4.0, f64::max);
    Figure::from(panel.y_range(-0.02 * top, top)).title("Likelihood scan")
}

/// The best fit with its interval, in words.
fn fit_words(name: &str, fitted: f64, interval: [Option<f64>; 2]) -> String {
    let value = four_digits(fitted);
    match interval {
        [Some(low), Some(high)] => {
            let (up, down) = (four_digits(high - fitted), four_digits(fitted - low));
            format!("{name} = {value}, +{up} −{down}")
        }
        [Some(low), None] => format!("{name} = {value}, −{}", four_digits(fitted - low)),
        [None, Some(high)] => format!("{name} = {value}, +{}", four_digits(high - fitted)),
        [None, None] => format!("{name} = {value}"),
    }
}

/// A scan of two parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct LikelihoodPlane {
    /// The name of the parameter along x.
    pub x_name: String,
    /// The name of the parameter along y.
    pub y_name: String,
    /// Values of the parameter along x, increasing.
    pub x: Vec<f64>,
    /// Values of the parameter along y, increasing.
    pub y: Vec<f64>,
    /// The rise of -2 ln L above its smallest value at each pair, row by row: x runs fastest. One
    /// that is not finite stays blank.
    pub rises: Vec<f64>,
    /// The best fit (x, y).
    pub fitted: Option<(f64, f64)>,
    /// A point to compare with, such as that of the Standard Model, with its label.
    pub reference: Option<(String, f64, f64)>,
}

/// -2 ln L over the plane of two parameters in colours, with contours of 68.3 and 95.4 % and the
/// best fit.
///
/// Contours are straight lines between the sides of the grid's cells. Cells are drawn around their
/// points.
pub fn plane(plane: &LikelihoodPlane) -> Figure {
    let map = Series::map("−2 Δ ln L", &cell_edges(&plane.x), &cell_edges(&plane.y), &plane.rises);
    let mut panel =
        Panel::new(&plane.x_name, &plane.y_name).with(map.colour_range(0.0, DEEPEST).reversed());
    for (rise, label, dash) in CONTOURS {
        let gap = (f64::NAN, f64::NAN);
        let lines = isolines(&plane.x, &plane.y, &plane.rises, rise).into_iter();
        let (x, y): (Vec<f64>, Vec<f64>) =
            lines.flat_map(|line| line.into_iter().chain([gap])).unzip();
        let line = Series::line(label, &x, &y).colour(Colour::BLACK);
        panel = panel.with(line.dash(dash));
    }
    if let Some((x, y)) = plane.fitted {
        let label = format!("best fit ({}, {})", four_digits(x), four_digits(y));
        panel =
            panel.with(Series::points(&label, &[x], &[y]).colour(Colour::VERMILLION).width(6.0));
    }
    if let Some((label, x, y)) = &plane.reference {
        let point = Series::points(label, &[*x], &[*y]).marker(Marker::Diamond);
        panel = panel.with(point.colour(Colour::BLACK).width(6.0));
    }
    Figure::from(panel).title("Likelihood scan").size(800, 720)
}

/// Edges of a map's cells around points in ascending order: half-way between them, and as far
/// beyond the first and last. For a logarithmic axis, these are half-way between the logarithms.
pub fn cell_edges(points: &[f64]) -> Vec<f64> {
    let [first, .., last] = points else {
        // A single point has no distance to another.
        return points.iter().flat_map(|point| [point - 0.5, point + 0.5]).collect();
    };
    let middles = points.windows(2).map(|pair| pair[0].midpoint(pair[1]));
    let before = first - 0.5 * (points[1] - first);
    let after = last + 0.5 * (last - points[points.len() - 2]);
    [before].into_iter().chain(middles).chain([after]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_lie_around_their_points() {
        assert_eq!(cell_edges(&[0.0, 1.0, 3.0]), [-0.5, 0.5, 2.0, 4.0]);
        assert_eq!(cell_edges(&[2.0]), [1.5, 2.5]);
        assert!(cell_edges(&[]).is_empty());
    }
}
