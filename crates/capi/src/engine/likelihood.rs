//! Expected data and the likelihood's density at a point.

use super::super::status::{Status, guard};
use super::super::views::{Arguments, ConstView, View, refuse_nan};
use super::handles::{self, ModelHandle};
use super::{Data, Gradient};
use diffhep::inference::log_density_gradient;

/// Expected counts of the bins, then expected auxiliary data, at a point.
///
/// `parameters`: one per parameter; `expected`: one per datum, in events (or the parameter's unit).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_expected_data(
    model: ModelHandle,
    parameters: ConstView,
    expected: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_expected_data", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let parameters = arguments.input("parameters", parameters)?;
        let n_data = loaded.model.n_data();
        let out = arguments.output("expected", expected, n_data, "one a datum")?;
        refuse_nan("parameters", parameters)?;
        out.copy_from_slice(&loaded.model.expected_data(parameters)?);
        Ok(())
    })
}

/// ln of the likelihood's density at a point, fully normalised.
///
/// `data`: one per datum; left out for the workspace's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_log_density(
    model: ModelHandle,
    parameters: ConstView,
    data: ConstView,
    value: *mut f64,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_log_density", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let parameters = arguments.input("parameters", parameters)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let value = arguments.result("value", value)?;
        refuse_nan("parameters", parameters)?;
        *value = loaded.model.logpdf(parameters, data.numbers)?;
        Ok(())
    })
}

/// `diffhep_model_log_density` with its gradient, at fixed parameters, into each output that is
/// given.
///
/// `value` may be NULL. `by_parameters`: one per parameter; `by_data`: one per datum; `by_inputs`:
/// one per input of the workspace, where observed and auxiliary data count only if `data` is left
/// out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_log_density_gradient(
    model: ModelHandle,
    parameters: ConstView,
    data: ConstView,
    value: *mut f64,
    by_parameters: View,
    by_data: View,
    by_inputs: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_log_density_gradient", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let parameters = arguments.input("parameters", parameters)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let value = arguments.optional_result("value", value)?;
        let (n, why) = (loaded.model.n_parameters(), "one a parameter");
        let by_parameters = arguments.optional_output("by_parameters", by_parameters, n, why)?;
        let gradient = Gradient::places(&mut arguments, by_data, by_inputs, &loaded)?;
        if by_parameters.is_none() {
            gradient.refuse_none()?;
        }
        refuse_nan("parameters", parameters)?;
        let found = log_density_gradient(parameters, data.numbers, &loaded.model)?;
        if let Some(out) = by_parameters {
            out.copy_from_slice(&found.by_parameters);
        }
        gradient.write(&loaded, &data, found.adjoint);
        if let Some(value) = value {
            *value = found.value;
        }
        Ok(())
    })
}
