//! The positions of an axis' ticks, and their labels.
//!
//! Enters: an axis and how many labels it has room for. Leaves: labelled ticks at round numbers and
//! unlabelled ones between them. All labels of an axis have the same number of decimals; large and
//! small numbers are written with a power of ten.

use super::axis::Axis;
use super::panel::Scale;
use super::text::{TICK_SIZE, width};

/// Distance from an axis to the labels of its ticks.
pub(super) const TICK_GAP: f64 = 8.0;

/// The ticks of one axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    /// Value and label.
    pub(super) major: Vec<(f64, String)>,
    pub(super) minor: Vec<f64>,
}

/// Ticks with about `most` labels at most.
pub(super) fn ticks(axis: &Axis, most: usize) -> Ticks {
    match axis.scale {
        Scale::Linear => linear(axis, most),
        Scale::Whole => whole(axis, most),
        Scale::Log => logarithmic(axis, most),
    }
}

/// Ticks of a horizontal axis, as many as there is room for labels side by side.
pub(super) fn spaced_ticks(axis: &Axis, length: f64) -> Ticks {
    let end = |at: f64, label: &str, sign: f64| {
        axis.fraction(at).unwrap_or(0.0) * length + sign * (width(label, TICK_SIZE) / 2.0 + 8.0)
    };
    let apart = |a: &(f64, String), b: &(f64, String)| end(a.0, &a.1, 1.0) <= end(b.0, &b.1, -1.0);
    let all_apart = |ticks: &Ticks| ticks.major.windows(2).all(|pair| apart(&pair[0], &pair[1]));
    let roomy = (3..=10).rev().map(|most| ticks(axis, most)).find(all_apart);
    roomy.unwrap_or_else(|| {
        let mut crowded = ticks(axis, 3);
        let mut kept: Vec<(f64, String)> = Vec::new();
        for tick in crowded.major {
            if kept.last().is_none_or(|last| apart(last, &tick)) {
                kept.push(tick);
            }
        }
        crowded.major = kept;
        crowded
    })
}

/// The width of the widest tick label.
pub(super) fn widest(ticks: &Ticks) -> f64 {
    ticks.major.iter().map(|(_, label)| width(label, TICK_SIZE)).fold(0.0, f64::max)
}

/// A distance between ticks: `digit` (1, 2, 2.5 or 5) times ten to a power.
#[derive(Clone, Copy)]
struct Step {
    digit: f64,
    power: i32,
}

impl Step {
    fn size(self) -> f64 {
        // Dividing by a whole power of ten rounds once; multiplying by its inverse rounds twice.
        let ten = 10f64.powi(self.power.abs());
        if self.power < 0 { self.digit / ten } else { self.digit * ten }
    }

    /// Number of decimals that distinguish its multiples in units of ten to `power`.
    fn decimals(self, power: i32) -> usize {
        let own = i32::from(self.digit == 2.5);
        usize::try_from(own + power - self.power).unwrap_or(0)
    }

    /// The multiples of one `parts`-th of this within an axis, as whole numbers.
    fn multiples(self, axis: &Axis, parts: f64) -> std::ops::RangeInclusive<i64> {
        let size = self.size() / parts;
        let slack = 1e-9;
        (axis.low / size - slack).ceil() as i64..=(axis.high / size + slack).floor() as i64
    }
}

/// The least round step of ten to `least_power` or more with at most `most` multiples on the axis.
fn least_step(axis: &Axis, most: usize, least_power: i32) -> Step {
    let rough = (axis.high - axis.low) / most.max(1) as f64;
    let first = (rough.log10().floor() as i32).max(least_power);
    let digits = [1.0, 2.0, 2.5, 5.0];
    let steps = (first..first + 3).flat_map(|power| digits.map(|digit| Step { digit, power }));
    // Two and a half times the least power is not a multiple of it.
    let allowed = steps.filter(|step| step.digit != 2.5 || step.power > least_power);
    let fits = |step: &Step| step.multiples(axis, 1.0).count() <= most.max(1);
    allowed.into_iter().find(fits).unwrap_or(Step { digit: 1.0, power: first + 3 })
}

fn linear(axis: &Axis, most: usize) -> Ticks {
    stepped(axis, least_step(axis, most, i32::MIN))
}

/// Ticks only at whole numbers.
fn whole(axis: &Axis, most: usize) -> Ticks {
    Ticks { minor: Vec::new(), ..stepped(axis, least_step(axis, most, 0)) }
}

/// Labelled ticks at multiples of a step.
fn stepped(axis: &Axis, step: Step) -> Ticks {
    let values: Vec<f64> =
        step.multiples(axis, 1.0).map(|multiple| multiple as f64 * step.size()).collect();
    let largest = values.iter().fold(0f64, |largest, value| largest.max(value.abs()));
    // The unit of the labels: ten to this power, one for numbers of ordinary size.
    let power = if (1e-3..1e5).contains(&largest) || largest == 0.0 {
        0
    } else {
        (largest * (1.0 + 1e-9)).log10().floor() as i32
    };
    let decimals = step.decimals(power);
    let label = |value: f64| {
        if power == 0 { plain(value, decimals) } else { scientific(value, power, decimals) }
    };
    let parts = if step.digit == 2.0 { 4.0 } else { 5.0 };
    let minor = step.multiples(axis, parts).filter(|multiple| multiple % parts as i64 != 0);
    Ticks {
        minor: minor.map(|multiple| multiple as f64 * step.size() / parts).collect(),
        major: values.into_iter().map(|value| (value, label(value))).collect(),
    }
}

fn logarithmic(axis: &Axis, most: usize) -> Ticks {
    let slack = 1e-9;
    let first = (axis.low.log10() - slack).ceil() as i32;
    let last = (axis.high.log10() + slack).floor() as i32;
    let minor = (first - 1..=last).flat_map(|power| (2..10).map(move |digit| at(digit, power)));
    let minor: Vec<f64> = minor.filter(|&value| axis.holds(value)).collect();
    if last > first + 1 {
        let decades = (last - first + 1) as usize;
        let stride = decades.div_ceil(most.max(1));
        let labelled = |power: &i32| power.rem_euclid(stride as i32) == 0;
        let major = (first..=last).filter(labelled).map(|power| (at(1, power), decade(power)));
        let between = (first..=last).filter(|power| !labelled(power)).map(|power| at(1, power));
        let minor = if stride == 1 { minor } else { between.collect() };
        return Ticks { major: major.collect(), minor };
    }
    let round = (first - 1..=last).flat_map(|power| [1, 2, 5].map(|digit| (digit, power)));
    let round: Vec<(f64, String)> = round
        .map(|(digit, power)| (at(digit, power), short(digit, power)))
        .filter(|&(value, _)| axis.holds(value))
        .collect();
    if round.len() < 3 { linear(axis, most) } else { Ticks { major: round, minor } }
}

/// A digit times ten to a power.
fn at(digit: i32, power: i32) -> f64 {
    Step { digit: f64::from(digit), power }.size()
}

/// A number with a fixed number of decimals, without a sign for zero.
fn plain(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let zero = !text.contains(|c: char| ('1'..='9').contains(&c));
    let text = if zero { text.trim_start_matches('-') } else { &text };
    text.replace('-', "\u{2212}")
}

/// A number in units of ten to a power.
fn scientific(value: f64, power: i32, decimals: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let mantissa = value / at(1, power);
    format!("{}×10{}", plain(mantissa, decimals), superscript(power))
}

/// A power of ten.
fn decade(power: i32) -> String {
    match power {
        0 => "1".to_owned(),
        1 => "10".to_owned(),
        _ => format!("10{}", superscript(power)),
    }
}

/// A digit times ten to a power, written out where that is short.
fn short(digit: i32, power: i32) -> String {
    match power {
        -3..=3 => plain(at(digit, power), usize::try_from(-power).unwrap_or(0)),
        _ if digit == 1 => decade(power),
        _ => scientific(at(digit, power), power, 0),
    }
}

/// A whole number in superscript digits.
fn superscript(number: i32) -> String {
    let raised = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raise = |c: char| c.to_digit(10).map_or('⁻', |digit| raised[digit as usize]);
    number.to_string().chars().map(raise).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, low: f64, high: f64) -> Vec<String> {
        let ticks = ticks(&Axis { scale, low, high }, 6);
        ticks.major.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn linear_labels_are_round() {
        let linear = |low, high| labels(Scale::Linear, low, high);
        assert_eq!(linear(0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(linear(-0.21, 0.31), ["−0.2", "−0.1", "0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(linear(0.0, 1000.0), ["0", "200", "400", "600", "800", "1000"]);
        assert_eq!(linear(0.0, 1.2), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
        assert_eq!(linear(0.0, 2.2e6), ["0", "0.5×10⁶", "1.0×10⁶", "1.5×10⁶", "2.0×10⁶"]);
        assert_eq!(linear(0.0, 3e-5), ["0", "1×10⁻⁵", "2×10⁻⁵", "3×10⁻⁵"]);
    }

    #[test]
    fn whole_labels_are_whole_numbers_without_ticks_between() {
        let whole = |low, high| labels(Scale::Whole, low, high);
        assert_eq!(whole(0.5, 2.5), ["1", "2"]);
        assert_eq!(whole(0.5, 5.5), ["1", "2", "3", "4", "5"]);
        assert_eq!(whole(0.5, 10.5), ["2", "4", "6", "8", "10"]);
        assert_eq!(whole(0.0, 13.0), ["0", "5", "10"]);
        assert_eq!(whole(0.5, 100.5), ["20", "40", "60", "80", "100"]);
        assert_eq!(whole(0.5, 150.5), ["25", "50", "75", "100", "125", "150"]);
        assert!(whole(0.2, 0.7).is_empty());
        for high in [2.5, 10.5, 100.5] {
            let axis = Axis { scale: Scale::Whole, low: 0.5, high };
            assert!(ticks(&axis, 6).minor.is_empty());
            assert!(!ticks(&Axis { scale: Scale::Linear, ..axis }, 6).minor.is_empty());
        }
    }

    #[test]
    fn labels_of_narrow_ranges_differ() {
        let labels = labels(Scale::Linear, 1e6, 1e6 + 1e-3);
        let mut distinct = labels.clone();
        distinct.dedup();
        assert!(labels.len() >= 3 && distinct == labels, "{labels:?}");
    }

    #[test]
    fn logarithmic_labels_are_decades_or_digits() {
        assert_eq!(labels(Scale::Log, 0.05, 2000.0), ["10⁻¹", "1", "10", "10²", "10³"]);
        let two_decades = ["5×10⁴", "10⁵", "2×10⁵", "5×10⁵", "10⁶", "2×10⁶"];
        assert_eq!(labels(Scale::Log, 4e4, 3e6), two_decades);
        assert_eq!(labels(Scale::Log, 1.5, 60.0), ["2", "5", "10", "20", "50"]);
        assert_eq!(labels(Scale::Log, 1.1, 1.25), ["1.10", "1.15", "1.20", "1.25"]);
        let many = labels(Scale::Log, 1e-60, 1.0);
        assert!(many.len() <= 6 && many.contains(&"1".to_owned()), "{many:?}");
    }

    #[test]
    fn minor_ticks_lie_between_major_ones() {
        let axis = Axis { scale: Scale::Linear, low: 0.0, high: 1.0 };
        let ticks = ticks(&axis, 6);
        assert_eq!(ticks.minor.len(), 15);
        let apart = |minor: &f64| ticks.major.iter().all(|(major, _)| (major - minor).abs() > 0.04);
        assert!(ticks.minor.iter().all(apart));
    }
}
