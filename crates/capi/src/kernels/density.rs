//! Terms of a likelihood.

use super::super::status::{Error, Status, guard};
use super::super::views::{Arguments, ConstView, View, check_finite, check_length, check_values};
use diffhep::kernels::density::{normal_slopes, normal_term, poisson_slopes, poisson_term};

fn check_poisson(counts: &[f64], rates: &[f64]) -> Result<(), Error> {
    check_length("rates", rates.len(), counts.len(), "one a count")?;
    let need = "it must be finite and not negative";
    let holds = |number: f64| number >= 0.0 && number.is_finite();
    check_values("counts", counts, need, holds)?;
    check_values("rates", rates, need, holds)?;
    match counts.iter().zip(rates).position(|(n, r)| *n > 0.0 && *r == 0.0) {
        None => Ok(()),
        Some(index) => {
            let need = "it must be above 0 where events are counted";
            Err(Error::Value { argument: "rates", index, found: 0.0, need })
        }
    }
}

/// ln of the Poisson probability of independent counts, fully normalised; counts need not be whole.
///
/// `counts`, `rates`: observed and expected, in events, of equal length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_poisson_log_density(
    counts: ConstView,
    rates: ConstView,
    value: *mut f64,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_poisson_log_density", || unsafe {
        let mut arguments = Arguments::default();
        let counts = arguments.input("counts", counts)?;
        let rates = arguments.input("rates", rates)?;
        let value = arguments.result("value", value)?;
        check_poisson(counts, rates)?;
        *value = -counts.iter().zip(rates).map(|(n, r)| poisson_term(*n, *r)).sum::<f64>();
        Ok(())
    })
}

/// Adds `seed` times the derivatives of `diffhep_poisson_log_density` to `by_counts` and
/// `by_rates`, either of which may be left out.
///
/// The derivative with respect to a count of 0 is the one from above; it is minus infinity where
/// the rate is 0 too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_poisson_log_density_vjp(
    counts: ConstView,
    rates: ConstView,
    seed: f64,
    by_counts: View,
    by_rates: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_poisson_log_density_vjp", || unsafe {
        let mut arguments = Arguments::default();
        let counts = arguments.input("counts", counts)?;
        let rates = arguments.input("rates", rates)?;
        let (n, why) = (counts.len(), "one a count");
        let mut by_counts = arguments.optional_output("by_counts", by_counts, n, why)?;
        let mut by_rates = arguments.optional_output("by_rates", by_rates, n, why)?;
        check_finite("seed", &[seed])?;
        check_poisson(counts, rates)?;
        for (i, (count, rate)) in counts.iter().zip(rates).enumerate() {
            // The slope at a count of 0 can be infinite.
            let (by_count, by_rate) =
                if seed == 0.0 { (0.0, 0.0) } else { poisson_slopes(*count, *rate) };
            if let Some(out) = &mut by_counts {
                out[i] -= seed * by_count;
            }
            if let Some(out) = &mut by_rates {
                out[i] -= seed * by_rate;
            }
        }
        Ok(())
    })
}

fn check_normal(x: &[f64], means: &[f64], widths: &[f64]) -> Result<(), Error> {
    check_length("means", means.len(), x.len(), "one a datum, as many as x")?;
    check_length("widths", widths.len(), x.len(), "one a datum, as many as x")?;
    check_finite("x", x)?;
    check_finite("means", means)?;
    let need = "it must be finite and above 0";
    check_values("widths", widths, need, |width| width > 0.0 && width.is_finite())
}

/// ln of the Normal density of independent data, fully normalised.
///
/// `x`, `means`, `widths`: of equal length, in the same unit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_normal_log_density(
    x: ConstView,
    means: ConstView,
    widths: ConstView,
    value: *mut f64,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_normal_log_density", || unsafe {
        let mut arguments = Arguments::default();
        let x = arguments.input("x", x)?;
        let means = arguments.input("means", means)?;
        let widths = arguments.input("widths", widths)?;
        let value = arguments.result("value", value)?;
        check_normal(x, means, widths)?;
        let terms = x.iter().zip(means).zip(widths);
        *value = -terms.map(|((x, mean), width)| normal_term(*x, *mean, *width)).sum::<f64>();
        Ok(())
    })
}

/// Adds `seed` times the derivatives of `diffhep_normal_log_density` to `by_x`, `by_means` and
/// `by_widths`, each of which may be left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_normal_log_density_vjp(
    x: ConstView,
    means: ConstView,
    widths: ConstView,
    seed: f64,
    by_x: View,
    by_means: View,
    by_widths: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_normal_log_density_vjp", || unsafe {
        let mut arguments = Arguments::default();
        let x = arguments.input("x", x)?;
        let means = arguments.input("means", means)?;
        let widths = arguments.input("widths", widths)?;
        let (n, why) = (x.len(), "one a datum");
        let mut outputs = [
            arguments.optional_output("by_x", by_x, n, why)?,
            arguments.optional_output("by_means", by_means, n, why)?,
            arguments.optional_output("by_widths", by_widths, n, why)?,
        ];
        check_finite("seed", &[seed])?;
        check_normal(x, means, widths)?;
        for i in 0..n {
            let slopes = normal_slopes(x[i], means[i], widths[i]);
            for (out, slope) in outputs.iter_mut().zip(slopes) {
                if let Some(out) = out {
                    out[i] -= seed * slope;
                }
            }
        }
        Ok(())
    })
}
