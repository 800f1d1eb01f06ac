//! The engine: models, densities, fits, uncertainties, tests and limits, with their gradients, and
//! toys.

pub mod fit;
pub mod handles;
pub mod hypothesis_tests;
pub mod likelihood;
pub mod limits;
pub mod model;
pub mod ranking;
pub mod toys;
pub mod uncertainties;

use super::status::Error;
use super::views::{Arguments, ConstView, View, refuse_nan};
use diffhep::histfactory::{ModelAdjoint, WorkspaceGradient};
use handles::Loaded;

/// The data of a call: the caller's, or the workspace's.
struct Data<'a> {
    numbers: &'a [f64],
    /// Whether they are the workspace's and so follow its numbers.
    is_own: bool,
}

impl<'a> Data<'a> {
    /// # Safety
    /// The view belongs to the caller, as the module's contract requires.
    unsafe fn read(
        arguments: &mut Arguments,
        view: ConstView,
        loaded: &'a Loaded,
    ) -> Result<Self, Error> {
        // SAFETY: the function's contract.
        let given = unsafe { arguments.optional_input("data", view) }?;
        refuse_nan("data", given.unwrap_or(&[]))?;
        Ok(Self { numbers: given.unwrap_or(&loaded.data), is_own: given.is_none() })
    }
}

/// Where a gradient is written.
struct Gradient<'a> {
    by_data: Option<&'a mut [f64]>,
    by_inputs: Option<&'a mut [f64]>,
}

impl<'a> Gradient<'a> {
    /// # Safety
    /// The views belong to the caller, as the module's contract requires.
    unsafe fn places(
        arguments: &mut Arguments,
        by_data: View,
        by_inputs: View,
        loaded: &Loaded,
    ) -> Result<Self, Error> {
        let (n_data, n_inputs) = (loaded.model.n_data(), loaded.inputs.values.len());
        // SAFETY: the function's contract.
        unsafe {
            Ok(Self {
                by_data: arguments.optional_output("by_data", by_data, n_data, "one a datum")?,
                by_inputs: arguments.optional_output(
                    "by_inputs",
                    by_inputs,
                    n_inputs,
                    "one an input",
                )?,
            })
        }
    }

    fn refuse_none(&self) -> Result<(), Error> {
        if self.by_data.is_none() && self.by_inputs.is_none() {
            return Err(Error::NoOutput);
        }
        Ok(())
    }

    /// Writes an adjoint to the outputs the caller gave. Data given by the caller do not follow the
    /// workspace's numbers, so they do not contribute to the inputs' derivatives.
    fn write(self, loaded: &Loaded, data: &Data, mut adjoint: ModelAdjoint) {
        if let Some(out) = self.by_data {
            out.copy_from_slice(adjoint.data());
        }
        if let Some(out) = self.by_inputs {
            if !data.is_own {
                adjoint.hold_data();
            }
            let gradient = WorkspaceGradient::new(&loaded.workspace, &loaded.model, &adjoint);
            out.copy_from_slice(&gradient.flatten());
        }
    }
}
