//! The distributions of a test statistic in pseudo-experiments.

use super::binning::four_digits;
use super::{Colour, Figure, Panel, Series};

/// Number of bins of the histograms.
const BINS: usize = 50;
/// The largest share of each hypothesis' toys beyond the last bin.
const BEYOND: f64 = 0.001;

/// What [`toys`] draws.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToyDistributions {
    /// The name of the test statistic, such as `"q̃(μ = 1)"`.
    pub statistic: String,
    /// Each hypothesis with its toys.
    pub hypotheses: Vec<ToyHypothesis>,
    /// The observed value of the test statistic.
    pub observed: Option<f64>,
}

/// The toys of one hypothesis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToyHypothesis {
    /// Its name, such as `"signal and background"`.
    pub name: String,
    /// The test statistic of each toy; one that is not finite is left out.
    pub values: Vec<f64>,
    /// The asymptotic density as points (test statistic, density), if it is known; otherwise empty.
    pub density: Vec<(f64, f64)>,
}

/// Histograms of a test statistic under each hypothesis on a logarithmic axis, each of area 1, with
/// asymptotic densities and the observed value.
///
/// 50 bins of equal width cover all but a thousandth of the toys of each hypothesis, and the
/// observed value. Toys beyond still count in the area.
pub fn toys(toys: &ToyDistributions) -> Figure {
    let values: Vec<Vec<f64>> = toys.hypotheses.iter().map(sorted).collect();
    let edges = edges(&values, toys.observed);
    let mut panel = Panel::new(&toys.statistic, "probability density").log_y();
    let colours = [Colour::VERMILLION, Colour::BLUE].into_iter().chain(Colour::CYCLE).cycle();
    let drawn = toys.hypotheses.iter().zip(&values).zip(colours);
    let (mut least, mut most) = (f64::INFINITY, 0f64);
    for ((hypothesis, values), colour) in drawn {
        let density = density(values, &edges);
        for &height in density.iter().filter(|height| **height > 0.0) {
            (least, most) = (least.min(height), most.max(height));
        }
        let label = format!("{} ({} toys)", hypothesis.name, values.len());
        panel = panel.with(Series::steps(&label, &edges, &density).colour(colour));
        if !hypothesis.density.is_empty() {
            let (x, y): (Vec<f64>, Vec<f64>) = hypothesis.density.iter().copied().unzip();
            let label = format!("{}, asymptotic", hypothesis.name);
            panel = panel.with(Series::line(&label, &x, &y).colour(colour).dashed().width(1.5));
        }
    }
    if let Some(observed) = toys.observed {
        let label = format!("observed: {}", four_digits(observed));
        panel = panel.with(
            Series::vertical(&label, observed).colour(Colour::BLACK).dash(Default::default()),
        );
    }
    if let [first, .., last] = edges[..] {
        panel = panel.x_range(first, last);
    }
    if least <= most {
        panel = panel.y_range(0.5 * least, 3.0 * most);
    }
    Figure::from(panel).title("Pseudo-experiments")
}

/// The finite toys of a hypothesis, sorted.
fn sorted(hypothesis: &ToyHypothesis) -> Vec<f64> {
    let mut values = hypothesis.values.clone();
    values.retain(|value| value.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Edges of bins over the toys of all hypotheses, each sorted; empty without toys.
fn edges(values: &[Vec<f64>], observed: Option<f64>) -> Vec<f64> {
    let filled = || values.iter().filter(|values| !values.is_empty());
    let last = |values: &Vec<f64>| {
        let beyond = (BEYOND * values.len() as f64) as usize;
        values[values.len() - 1 - beyond]
    };
    let observed = || observed.filter(|value| value.is_finite());
    let Some(low) = filled().map(|values| values[0]).chain(observed()).reduce(f64::min) else {
        return Vec::new();
    };
    let high =
        filled().map(last).chain(observed().map(|o| o + 0.02 * (o - low))).fold(low, f64::max);
    // If all toys are equal, they still need a bin.
    let width = if high > low { (high - low) / BINS as f64 } else { 1.0 / BINS as f64 };
    (0..=BINS).map(|edge| low + width * edge as f64).collect()
}

/// The density of sorted values in each bin.
fn density(values: &[f64], edges: &[f64]) -> Vec<f64> {
    let bin = |(at, pair): (usize, &[f64])| {
        let is_last = at + 2 == edges.len();
        let below = |edge: f64| values.partition_point(|value| *value < edge);
        let end = if is_last {
            values.partition_point(|value| *value <= pair[1])
        } else {
            below(pair[1])
        };
        (end - below(pair[0])) as f64 / (values.len() as f64 * (pair[1] - pair[0]))
    };
    edges.windows(2).enumerate().map(bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_have_the_area_of_the_toys_within() {
        let values: Vec<f64> = (0..10_000).map(|at| (f64::from(at) / 1_000.0).powi(2)).collect();
        let edges = edges(std::slice::from_ref(&values), None);
        assert_eq!(edges.len(), BINS + 1);
        let area: f64 = density(&values, &edges).iter().sum::<f64>() * (edges[1] - edges[0]);
        assert!((area - 0.999).abs() < 2e-4, "{area}");
    }

    #[test]
    fn bins_reach_over_the_observed_value_and_over_equal_toys() {
        let edges_of = |values: &[f64], observed| edges(&[values.to_vec(), Vec::new()], observed);
        let wide = edges_of(&[0.0, 1.0], Some(9.0));
        assert!(wide[0] == 0.0 && wide[BINS] > 9.0);
        let equal = edges_of(&[0.0; 5], None);
        assert_eq!(density(&[0.0; 5], &equal)[0], BINS as f64);
        assert!(edges_of(&[], None).is_empty());
    }
}
