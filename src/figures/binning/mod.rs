//! Figures of optimised binnings.
//!
//! Enters: a problem and its reports. Leaves: [`Figure`](super::Figure)s: bins stacked, the column
//! with its boundaries, the descent, bins' uncertainties, significance against the number of bins,
//! maps of categories. A figure for which a report has no data is `None`.

mod components;
mod history;
mod judged;
mod stacks;

pub use components::components;
pub use history::history;
pub use judged::{comparison, uncertainties};
pub use stacks::{spectrum, stacks};

use super::Colour;
use crate::analyses::FigureOfMerit;
use crate::analyses::binning::{BinningProblem, JudgedBinning};
use crate::kernels::selection::Yield;
use crate::numbers::six_digits;

/// How bins of equal width are drawn.
const EQUIDISTANT: (&str, Colour) = ("bins of equal width", Colour::ORANGE);
/// How the result is drawn.
const OPTIMISED: (&str, Colour) = ("optimised bins", Colour::BLUE);

/// The p-value that a problem is optimised for, if it is one.
fn p_value_name(problem: &BinningProblem) -> Option<&'static str> {
    match problem.options().objective {
        FigureOfMerit::DiscoveryPValue => Some("p0"),
        FigureOfMerit::Cls => Some("CLs"),
        FigureOfMerit::Asimov
        | FigureOfMerit::AsimovUncertainty
        | FigureOfMerit::SignalOverRootBackground => None,
    }
}

/// The label of an axis of significances; for p-values these are quantiles.
fn significance_axis(problem: &BinningProblem) -> String {
    let quantity = match p_value_name(problem) {
        Some(name) => format!("Φ⁻¹(1 − {name})"),
        None => "significance".to_owned(),
    };
    format!("{quantity} [standard deviations]")
}

/// Words about a binning, with its figure of merit if it has a value.
fn headline(problem: &BinningProblem, words: &str, judged: &JudgedBinning) -> String {
    let (name, value) = match (p_value_name(problem), judged.p_value) {
        (Some(name), Some(value)) => (name, value),
        _ => ("significance", judged.significance),
    };
    match value.is_finite() {
        true => format!("{words}: {name} {}", four_digits(value)),
        false => words.to_owned(),
    }
}

/// A number to four significant digits.
pub(super) fn four_digits(value: f64) -> String {
    let rounded = format!("{value:.3e}");
    let text = six_digits(rounded.parse().unwrap_or(value));
    if text.contains('e') { rounded } else { text }
}

/// The sum of the backgrounds, one number per bin.
fn background(problem: &BinningProblem, yields: &[Vec<Yield>]) -> Vec<Yield> {
    let backgrounds = &yields[problem.signals()..];
    let of_bin = |k: usize| {
        backgrounds.iter().fold(Yield::default(), |mut sum, process| {
            sum += process[k];
            sum
        })
    };
    (0..backgrounds.first().map_or(0, Vec::len)).map(of_bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits_at_most() {
        let cases = [(0.0, "0"), (0.123_456, "0.1235"), (2.5, "2.5"), (6.4781e-6, "6.478e-6")];
        for (value, words) in cases {
            assert_eq!(four_digits(value), words);
        }
    }
}
