//! Formats the measurements as text.

use std::fmt::Write;

use crate::benchmark::{CaseKind, MeasureOptions, Measurement};

/// Seconds in a unit that leaves one to three digits before the point.
fn time(seconds: f64) -> String {
    let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")];
    let fits = |(unit, _): &&(f64, &str)| seconds >= *unit;
    let (unit, name) = units.iter().find(fits).unwrap_or(&units[3]);
    format!("{} {name:<2}", three_digits(seconds / unit))
}

fn three_digits(number: f64) -> String {
    match number {
        n if n < 10.0 => format!("{n:.2}"),
        n if n < 100.0 => format!("{n:.1}"),
        n => format!("{n:.0}"),
    }
}

const COSTS: &str = "case                      inputs      value   gradient  ratio  differences     speed-up  largest difference";
const ERRORS: &str =
    "case                      gradient  differences  best step  differences there";

/// A table with one line per case, followed by the errors of the cases with a closed form.
pub(super) fn table(measured: &[Measurement], options: &MeasureOptions) -> String {
    let mut out = format!(
        "value, gradient (with the value), central differences by all inputs (from at most {} of them, or\n\
         one a part of the inputs); medians of {}\n\n{COSTS}\n",
        options.differences, options.repetitions
    );
    for kind in [CaseKind::Kernel, CaseKind::Pipeline] {
        for m in measured.iter().filter(|m| m.kind == kind) {
            let [value, gradient, differences] =
                [m.value_seconds, m.gradient_seconds, m.finite_difference_seconds].map(time);
            let (ratio, speed_up) = (m.ratio(), three_digits(m.speed_up()));
            writeln!(
                out,
                "{:<24} {:>7} {value:>10} {gradient:>10} {ratio:>6.2} {differences:>12} {speed_up:>12} {:>19.0e}",
                m.name, m.inputs, m.max_relative_difference
            )
            .expect("text can be written");
        }
    }
    if measured.iter().all(|m| m.accuracy.is_none()) {
        return out;
    }
    write!(
        out,
        "\nlargest relative errors against closed forms with twice the digits\n\n{ERRORS}\n"
    )
    .expect("text can be written");
    for m in measured {
        let Some(a) = m.accuracy else { continue };
        let [gradient, differences, best] =
            [a.gradient_error, a.finite_difference_error, a.best_step_error]
                .map(|error| format!("{error:.0e}"));
        writeln!(
            out,
            "{:<24} {gradient:>9} {differences:>12} {:>10.0e} {best:>18}",
            m.name, a.best_step
        )
        .expect("text can be written");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        assert_eq!(time(2.5), "2.50 s ");
        assert_eq!(time(0.0123), "12.3 ms");
        assert_eq!(time(4.56e-7), "456 ns");
        assert_eq!(time(3e-10), "0.30 ns");
        assert_eq!(time(4321.0), "4321 s ");
    }
}
