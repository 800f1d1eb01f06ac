//! Creates, queries and frees models.

use std::ffi::c_char;
use std::slice;

use super::super::status::{Error, Status, guard};
use super::super::views::{Arguments, ConstView, Text, View, check_length, choose, refuse_nan};
use super::handles::{self, Loaded, ModelHandle};
use diffhep::histfactory::{Workspace, WorkspaceModel, apply_patch, parse};
use diffhep::kernels::interpolation::{HistosysCode, Interpolation, NormsysCode};

/// How `normsys` factors depend on their parameter.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormsysChoice {
    /// Polynomial of degree 6 inside, exponential outside; pyhf's default.
    Code4 = 0,
    /// Piecewise exponential.
    Code1 = 1,
}

/// How `histosys` shifts depend on their parameter.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistosysChoice {
    /// Polynomial of degree 6 inside, linear outside; pyhf's default.
    Code4p = 0,
    /// Piecewise linear.
    Code0 = 1,
    /// Quadratic inside, linear outside.
    Code2 = 2,
}

/// How a model is made from a workspace. All bytes 0 give the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ModelOptions {
    /// Name of the measurement; left out for the first.
    pub measurement: Text,
    /// A JSON patch (RFC 6902) that is applied first; left out for none.
    pub patch: Text,
    /// A `diffhep_normsys`.
    pub normsys: i32,
    /// A `diffhep_histosys`.
    pub histosys: i32,
}

impl Default for ModelOptions {
    fn default() -> Self {
        let none = Text { data: std::ptr::null(), length: 0 };
        Self { measurement: none, patch: none, normsys: 0, histosys: 0 }
    }
}

/// The counts of a model's components.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelSizes {
    /// Parameters.
    pub parameters: usize,
    /// Bins of all channels.
    pub bins: usize,
    /// Data: bins, then auxiliary data.
    pub data: usize,
    /// Channels.
    pub channels: usize,
    /// Numbers of the workspace that the model depends on.
    pub inputs: usize,
    /// Index of the parameter of interest.
    pub poi: usize,
}

/// A parameter's settings in fits.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterSettings {
    /// Where fits start.
    pub initial: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// 1 if fits leave it at its initial value, else 0.
    pub is_fixed: i32,
}

fn interpolation_of(options: &ModelOptions) -> Result<Interpolation, Error> {
    let table = [
        (NormsysChoice::Code4 as i32, NormsysCode::Code4),
        (NormsysChoice::Code1 as i32, NormsysCode::Code1),
    ];
    let normsys = choose("normsys", options.normsys, &table, "0 (code 4), 1 (code 1)")?;
    let table = [
        (HistosysChoice::Code4p as i32, HistosysCode::Code4p),
        (HistosysChoice::Code0 as i32, HistosysCode::Code0),
        (HistosysChoice::Code2 as i32, HistosysCode::Code2),
    ];
    let known = "0 (code 4p), 1 (code 0), 2 (code 2)";
    let histosys = choose("histosys", options.histosys, &table, known)?;
    Ok(Interpolation { normsys, histosys })
}

/// Makes a model from a workspace's JSON text (pyhf's format, schema 1.0.0) and gives its handle,
/// which `diffhep_model_free` frees. `options` may be NULL. On failure the handle is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_new(
    workspace: Text,
    options: *const ModelOptions,
    model: *mut ModelHandle,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_new", || unsafe {
        let mut arguments = Arguments::default();
        let out = arguments.result("model", model)?;
        out.id = 0;
        let options = arguments.settings("options", options)?;
        let interpolation = interpolation_of(&options)?;
        let measurement = options.measurement.optional("measurement")?.map(str::to_owned);
        let mut json = parse(workspace.read("workspace")?)?;
        if let Some(patch) = options.patch.optional("patch")? {
            apply_patch(&mut json, &parse(patch)?, "patch")?;
        }
        let workspace = Workspace::from_json(json)?;
        *out = handles::keep(Loaded::new(workspace, measurement, interpolation)?);
        Ok(())
    })
}

/// Makes a model like another, with new numbers in its workspace: one per input, in the order of
/// `diffhep_model_input_name`. On failure the handle is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_with_inputs(
    model: ModelHandle,
    inputs: ConstView,
    changed: *mut ModelHandle,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_with_inputs", || unsafe {
        let mut arguments = Arguments::default();
        let out = arguments.result("changed", changed)?;
        out.id = 0;
        let loaded = handles::get(model)?;
        let inputs = arguments.input("inputs", inputs)?;
        check_length("inputs", inputs.len(), loaded.inputs.values.len(), "one an input")?;
        refuse_nan("inputs", inputs)?;
        let workspace = loaded.workspace.with_inputs(&loaded.model, inputs)?;
        let (measurement, codes) = (loaded.measurement.clone(), loaded.model.interpolation());
        *out = handles::keep(Loaded::new(workspace, measurement, codes)?);
        Ok(())
    })
}

/// Frees a model. Calls in other threads that already use it finish normally; later calls, and a
/// second free, are refused.
#[unsafe(no_mangle)]
pub extern "C" fn diffhep_model_free(model: ModelHandle) -> Status {
    guard("diffhep_model_free", || handles::forget(model))
}

/// The counts of a model's components.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_sizes(model: ModelHandle, sizes: *mut ModelSizes) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_sizes", || unsafe {
        let out = Arguments::default().result("sizes", sizes)?;
        let loaded = handles::get(model)?;
        let model = &loaded.model;
        *out = ModelSizes {
            parameters: model.n_parameters(),
            bins: model.n_bins(),
            data: model.n_data(),
            channels: model.channels().len(),
            inputs: loaded.inputs.values.len(),
            poi: model.poi_index(),
        };
        Ok(())
    })
}

/// Copies a model's name with its NUL to the caller's buffer, and its length without it to
/// `length`.
///
/// # Safety
/// `buffer` is `capacity` bytes of the caller's memory; `length` is NULL or points to a number of
/// the caller's.
unsafe fn give_name(
    model: ModelHandle,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
    pick: impl Fn(&Loaded) -> Result<&String, Error>,
) -> Result<(), Error> {
    let mut arguments = Arguments::default();
    let loaded = handles::get(model)?;
    let name = pick(&loaded)?;
    // SAFETY: the function's contract.
    unsafe {
        if let Some(length) = arguments.optional_result("length", length)? {
            *length = name.len();
        }
        let needed = name.len() + 1;
        if capacity < needed {
            return Err(Error::Buffer { needed, capacity });
        }
        if buffer.is_null() {
            return Err(Error::Null("buffer"));
        }
        let bytes = slice::from_raw_parts_mut(buffer.cast::<u8>(), needed);
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        bytes[name.len()] = 0;
    }
    Ok(())
}

pub(super) fn at<'a, T>(what: &'static str, list: &'a [T], index: usize) -> Result<&'a T, Error> {
    list.get(index).ok_or(Error::Index { what, found: index, count: list.len() })
}

/// Writes a parameter's name, as in pyhf, into `buffer` of `capacity` bytes, ended by NUL.
///
/// `length`, which may be NULL, is the name's length without the NUL, also where the status is
/// `DIFFHEP_STATUS_BUFFER_TOO_SMALL`: a first call with NULL and 0 returns it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_parameter_name(
    model: ModelHandle,
    index: usize,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Status {
    // SAFETY: the caller owns all memory written, by the module's contract.
    guard("diffhep_model_parameter_name", || unsafe {
        give_name(model, buffer, capacity, length, |loaded| {
            at("parameters", loaded.model.parameter_names(), index)
        })
    })
}

/// Writes a channel's name, in the order of the data; buffer and length are as for
/// `diffhep_model_parameter_name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_channel_name(
    model: ModelHandle,
    index: usize,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Status {
    // SAFETY: the caller owns all memory written, by the module's contract.
    guard("diffhep_model_channel_name", || unsafe {
        give_name(model, buffer, capacity, length, |loaded| {
            Ok(&at("channels", loaded.model.channels(), index)?.name)
        })
    })
}

/// Writes an input's name, a JSON pointer with names instead of positions, such as
/// `/channels/SR/background/data/0`; buffer and length are as for `diffhep_model_parameter_name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_input_name(
    model: ModelHandle,
    index: usize,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Status {
    // SAFETY: the caller owns all memory written, by the module's contract.
    guard("diffhep_model_input_name", || unsafe {
        give_name(model, buffer, capacity, length, |loaded| {
            at("inputs", &loaded.inputs.names, index)
        })
    })
}

/// Gives a channel's position in the data: its first bin and its number of bins.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_channel_bins(
    model: ModelHandle,
    index: usize,
    first: *mut usize,
    count: *mut usize,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_channel_bins", || unsafe {
        let mut arguments = Arguments::default();
        let first = arguments.result("first", first)?;
        let count = arguments.result("count", count)?;
        let loaded = handles::get(model)?;
        let bins = &at("channels", loaded.model.channels(), index)?.bins;
        (*first, *count) = (bins.start, bins.len());
        Ok(())
    })
}

/// A parameter's settings in fits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_parameter(
    model: ModelHandle,
    index: usize,
    settings: *mut ParameterSettings,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_parameter", || unsafe {
        let out = Arguments::default().result("settings", settings)?;
        let loaded = handles::get(model)?;
        let model = &loaded.model;
        let &initial = at("parameters", model.suggested_init(), index)?;
        let (lower, upper) = model.suggested_bounds()[index];
        let is_fixed = i32::from(model.suggested_fixed()[index]);
        *out = ParameterSettings { initial, lower, upper, is_fixed };
        Ok(())
    })
}

/// The workspace's data: observed counts of the bins, then auxiliary data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_data(model: ModelHandle, data: View) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_data", || unsafe {
        let loaded = handles::get(model)?;
        let (n, why) = (loaded.data.len(), "one a datum");
        Arguments::default().output("data", data, n, why)?.copy_from_slice(&loaded.data);
        Ok(())
    })
}

/// The numbers of the workspace that the model depends on, in the order of
/// `diffhep_model_input_name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_inputs(model: ModelHandle, inputs: View) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_inputs", || unsafe {
        let loaded = handles::get(model)?;
        let values = &loaded.inputs.values;
        let out = Arguments::default().output("inputs", inputs, values.len(), "one an input")?;
        out.copy_from_slice(values);
        Ok(())
    })
}
