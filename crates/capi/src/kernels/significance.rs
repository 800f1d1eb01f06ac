//! Figures of merit of counting experiments.

use super::super::status::{Error, Status, guard};
use super::super::views::{Arguments, ConstView, View, check_finite, check_length, check_values};
use diffhep::kernels::significance::{MeritSlopes, combined_asimov_significance};

/// A significance with its bins' derivatives.
fn significance(
    signal: &[f64],
    background: &[f64],
    variance: &[f64],
) -> Result<(f64, Vec<MeritSlopes>), Error> {
    check_length("background", background.len(), signal.len(), "one a bin, as many as signal")?;
    check_length("variance", variance.len(), signal.len(), "one a bin, as many as signal")?;
    let need = "it must be finite and not negative";
    let holds = |number: f64| number >= 0.0 && number.is_finite();
    check_values("background", background, need, holds)?;
    check_values("variance", variance, need, holds)?;
    check_finite("signal", signal)?;
    let below = signal.iter().zip(background).position(|(s, b)| s + b < 0.0);
    if let Some(index) = below {
        let need = "it must not be more negative than the background";
        return Err(Error::Value { argument: "signal", index, found: signal[index], need });
    }
    let mut slopes = vec![MeritSlopes::default(); signal.len()];
    let value = combined_asimov_significance(signal, background, variance, &mut slopes);
    Ok((value, slopes))
}

/// Asimov significance of discovery of all bins together, in standard deviations.
///
/// `signal`, `background`: yields, one per bin, in events; `variance`: of the background's yield,
/// one per bin. The result is infinite where a bin has signal and no background. Source:
/// arXiv:1007.1727, equation 97, and with background uncertainty G. Cowan's note of 2012, equation
/// 20; bins add in squares.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_asimov_significance(
    signal: ConstView,
    background: ConstView,
    variance: ConstView,
    value: *mut f64,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_asimov_significance", || unsafe {
        let mut arguments = Arguments::default();
        let signal = arguments.input("signal", signal)?;
        let background = arguments.input("background", background)?;
        let variance = arguments.input("variance", variance)?;
        let value = arguments.result("value", value)?;
        *value = significance(signal, background, variance)?.0;
        Ok(())
    })
}

/// Adds `seed` times the derivatives of `diffhep_asimov_significance` to `by_signal`,
/// `by_background` and `by_variance`, one per bin, each of which may be left out; and writes the
/// `value`, which may be NULL.
///
/// Derivatives are 0 where the significance is 0 or infinite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_asimov_significance_vjp(
    signal: ConstView,
    background: ConstView,
    variance: ConstView,
    seed: f64,
    value: *mut f64,
    by_signal: View,
    by_background: View,
    by_variance: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_asimov_significance_vjp", || unsafe {
        let mut arguments = Arguments::default();
        let signal = arguments.input("signal", signal)?;
        let background = arguments.input("background", background)?;
        let variance = arguments.input("variance", variance)?;
        let value = arguments.optional_result("value", value)?;
        let (bins, why) = (signal.len(), "one a bin");
        let by_signal = arguments.optional_output("by_signal", by_signal, bins, why)?;
        let by_background = arguments.optional_output("by_background", by_background, bins, why)?;
        let by_variance = arguments.optional_output("by_variance", by_variance, bins, why)?;
        check_finite("seed", &[seed])?;
        let (found, slopes) = significance(signal, background, variance)?;
        let add = |out: Option<&mut [f64]>, slope_of: fn(&MeritSlopes) -> f64| {
            let pairs = out.into_iter().flatten().zip(&slopes);
            pairs.for_each(|(out, slope)| *out += seed * slope_of(slope));
        };
        add(by_signal, |slope| slope.by_signal);
        add(by_background, |slope| slope.by_background);
        add(by_variance, |slope| slope.by_variance);
        if let Some(value) = value {
            *value = found;
        }
        Ok(())
    })
}
