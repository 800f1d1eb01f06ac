mod statistics;

use std::ffi::CStr;
use std::ptr::{null, null_mut};

use super::engine::fit::{FitSettings, diffhep_model_fit};
use super::engine::handles::ModelHandle;
use super::engine::hypothesis_tests::{
    ClsResult, diffhep_model_cls, diffhep_model_cls_gradient, diffhep_model_discovery_gradient,
};
use super::engine::likelihood::diffhep_model_log_density_gradient;
use super::engine::model::*;
use super::kernels::selection::{diffhep_soft_yield, diffhep_soft_yield_vjp};
use super::kernels::significance::diffhep_asimov_significance;
use super::status::{Status, diffhep_last_error, diffhep_status_name, guard};
use super::views::{ConstView, Text, View};
use super::{FEATURES, diffhep_features, diffhep_has_feature};

const TWO_BINS: &str = include_str!("../../../examples/two_bins.json");
const NONE: ConstView = ConstView { data: null(), length: 0 };
const NOWHERE: View = View { data: null_mut(), length: 0 };

fn read(numbers: &[f64]) -> ConstView {
    ConstView { data: numbers.as_ptr(), length: numbers.len() }
}

fn write(numbers: &mut [f64]) -> View {
    View { data: numbers.as_mut_ptr(), length: numbers.len() }
}

fn text(text: &str) -> Text {
    Text { data: text.as_ptr().cast(), length: text.len() }
}

fn last_error() -> String {
    // SAFETY: the buffer is this thread's and ends with NUL.
    unsafe { CStr::from_ptr(diffhep_last_error()) }.to_str().expect("UTF-8").to_owned()
}

#[track_caller]
fn assert_refused(found: Status, expected: Status, words: &[&str]) {
    let error = last_error();
    assert_eq!(found, expected, "{error}");
    for word in words {
        assert!(error.contains(word), "'{word}' is not in '{error}'");
    }
}

fn soft_yield(columns: ConstView, weights: ConstView, slopes: &[f64]) -> (Status, f64) {
    let mut sum = f64::NAN;
    let (values, squares) = ([0.5], null_mut());
    // SAFETY: arrays live through the call.
    let status = unsafe {
        diffhep_soft_yield(columns, weights, read(&values), read(slopes), &raw mut sum, squares)
    };
    (status, sum)
}

#[test]
fn wrong_arrays_are_refused_with_their_names() {
    let (x, nan) = ([0.1, 0.9, 2.0], [0.1, f64::NAN, 2.0]);
    assert_eq!(soft_yield(read(&x), read(&x), &[1.0]).0, Status::Ok);
    let null = ConstView { data: null(), length: 3 };
    let refused = |columns, weights| soft_yield(columns, weights, &[1.0]).0;
    assert_refused(refused(null, read(&x)), Status::NullPointer, &["soft_yield", "'columns'"]);
    let (short, why) = (read(&x[..2]), ["'columns'", "2 entries, expected 3"]);
    assert_refused(refused(short, read(&x)), Status::WrongLength, &why);
    let huge = ConstView { data: x.as_ptr(), length: usize::MAX };
    assert_refused(refused(read(&x), huge), Status::WrongLength, &["'weights'", "no memory"]);
    let why = ["'columns' entry 1 is NaN"];
    assert_refused(refused(read(&nan), read(&x)), Status::NotANumber, &why);
    assert_refused(refused(read(&x), read(&nan)), Status::NotANumber, &["'weights' entry 1"]);
    let slope = soft_yield(read(&x), read(&x), &[0.0]).0;
    assert_refused(slope, Status::InvalidArgument, &["'slopes' entry 0 is 0", "not 0"]);
    let odd = ConstView { data: x.as_ptr().cast::<u8>().wrapping_add(4).cast(), length: 2 };
    assert_refused(refused(odd, read(&x)), Status::NullPointer, &["not aligned"]);
}

#[test]
fn infinite_events_are_no_nan() {
    let x = [f64::INFINITY, f64::NEG_INFINITY];
    let (status, sum) = soft_yield(read(&x), read(&[2.0, 3.0]), &[1.5]);
    assert_eq!((status, sum), (Status::Ok, 2.0));
}

#[test]
fn outputs_do_not_overlap_and_are_added_to() {
    let (x, values, slopes) = ([0.1, 0.9, 2.0], [0.5], [2.0]);
    let (mut by, mut sum) = ([10.0], 0.0);
    let vjp = |sum: *mut f64, by: View| {
        let (seed, squares) = ((1.0, 0.0), null_mut());
        let (values, slopes) = (read(&values), read(&slopes));
        // SAFETY: arrays live through the call.
        unsafe {
            diffhep_soft_yield_vjp(
                read(&x),
                read(&x),
                values,
                slopes,
                seed.0,
                seed.1,
                sum,
                squares,
                by,
            )
        }
    };
    assert_eq!(vjp(&raw mut sum, write(&mut by)), Status::Ok);
    let once = by[0] - 10.0;
    assert!(once < 0.0);
    assert_eq!(vjp(&raw mut sum, write(&mut by)), Status::Ok);
    assert_eq!(by[0], 10.0 + once + once);
    let place = &raw mut sum;
    let overlapping = vjp(place, View { data: place, length: 1 });
    assert_refused(overlapping, Status::InvalidArgument, &["'by_values' overlaps 'sum'"]);
}

#[test]
fn yields_outside_the_domain_are_refused() {
    let significance = |signal: f64, background: f64| {
        let mut value = 0.0;
        let (signal, background, variance) = ([signal], [background], [1.0]);
        // SAFETY: arrays live through the call.
        unsafe {
            let (signal, background) = (read(&signal), read(&background));
            diffhep_asimov_significance(signal, background, read(&variance), &raw mut value)
        }
    };
    assert_eq!(significance(3.0, 10.0), Status::Ok);
    assert_refused(significance(3.0, -1.0), Status::InvalidArgument, &["'background' entry 0"]);
    assert_refused(significance(-3.0, 1.0), Status::InvalidArgument, &["'signal' entry 0 is -3"]);
}

#[test]
fn a_panic_becomes_a_status() {
    let status = guard("diffhep_some_function", || panic!("made for this test: {}", 7));
    let words = ["diffhep_some_function", "fault of the library", "made for this test: 7"];
    assert_refused(status, Status::InternalError, &words);
}

#[test]
fn features_and_statuses_have_names() {
    // SAFETY: static texts that end with NUL.
    let (features, words) =
        unsafe { (CStr::from_ptr(diffhep_features()), CStr::from_ptr(diffhep_status_name(3))) };
    assert_eq!(features, FEATURES);
    assert_eq!(words.to_str(), Ok("not a number"));
    // SAFETY: texts live through the calls.
    unsafe {
        assert_eq!(diffhep_has_feature(text("cls")), 1);
        assert_eq!(diffhep_has_feature(text("teleportation")), 0);
        assert_eq!(diffhep_has_feature(text("cls discovery")), 0);
        assert_eq!(CStr::from_ptr(diffhep_status_name(-4)).to_str(), Ok("unknown status"));
    }
}

fn new_model(workspace: &str, options: *const ModelOptions) -> (Status, ModelHandle) {
    let mut model = ModelHandle { id: 99 };
    // SAFETY: the text and the options live through the call.
    let status = unsafe { diffhep_model_new(text(workspace), options, &raw mut model) };
    (status, model)
}

fn cls(model: ModelHandle, data: ConstView) -> (Status, ClsResult) {
    let mut result =
        ClsResult { cls_obs: 0.0, cls_exp: [0.0; 5], q: 0.0, q_asimov: 0.0, is_flat: 0 };
    // SAFETY: the data live through the call.
    let status = unsafe { diffhep_model_cls(model, data, 1.0, null(), &raw mut result) };
    (status, result)
}

#[test]
fn models_are_made_used_and_freed_once() {
    let (status, model) = new_model(TWO_BINS, null());
    assert_eq!(status, Status::Ok);
    let (status, result) = cls(model, NONE);
    assert_eq!(status, Status::Ok);
    assert!((result.cls_obs - 0.0525155).abs() < 1e-6);
    assert_eq!(diffhep_model_free(model), Status::Ok);
    let words = [&*format!("model {}", model.id), "freed"];
    assert_refused(diffhep_model_free(model), Status::InvalidHandle, &words);
    assert_refused(cls(model, NONE).0, Status::InvalidHandle, &words);
    assert_refused(diffhep_model_free(ModelHandle { id: 0 }), Status::InvalidHandle, &["model 0"]);
}

#[test]
fn wrong_workspaces_are_refused_with_the_place() {
    let (status, model) = new_model(&TWO_BINS[..TWO_BINS.len() / 2], null());
    assert_refused(status, Status::InvalidWorkspace, &["diffhep_model_new", "line"]);
    assert_eq!(model.id, 0);
    let negative = TWO_BINS.replacen("\"version\"", "\"versions\"", 1);
    assert_refused(new_model(&negative, null()).0, Status::InvalidWorkspace, &["version"]);
    let unknown = ModelOptions { measurement: text("other"), ..ModelOptions::default() };
    let (status, _) = new_model(TWO_BINS, &raw const unknown);
    assert_refused(status, Status::InvalidWorkspace, &["measurement", "other"]);
    let wrong = ModelOptions { histosys: 7, ..ModelOptions::default() };
    let (status, _) = new_model(TWO_BINS, &raw const wrong);
    assert_refused(status, Status::InvalidArgument, &["'histosys' is 7", "code 4p"]);
}

#[test]
fn patches_change_the_workspace() {
    let patch = r#"[{ "op": "replace", "path": "/observations/0/data/0", "value": 70.0 }]"#;
    let options = ModelOptions { patch: text(patch), ..ModelOptions::default() };
    let (status, patched) = new_model(TWO_BINS, &raw const options);
    assert_eq!(status, Status::Ok, "{}", last_error());
    let (_, plain) = new_model(TWO_BINS, null());
    assert!(cls(patched, NONE).1.cls_obs > cls(plain, NONE).1.cls_obs);
    for model in [patched, plain] {
        assert_eq!(diffhep_model_free(model), Status::Ok);
    }
}

fn sizes(model: ModelHandle) -> ModelSizes {
    let mut sizes = ModelSizes { parameters: 0, bins: 0, data: 0, channels: 0, inputs: 0, poi: 0 };
    // SAFETY: the result lives through the call.
    assert_eq!(unsafe { diffhep_model_sizes(model, &raw mut sizes) }, Status::Ok);
    sizes
}

#[test]
fn gradients_by_given_data_leave_the_workspace_s_alone() {
    let (_, model) = new_model(TWO_BINS, null());
    let sizes = sizes(model);
    let mut data = vec![0.0; sizes.data];
    // SAFETY: arrays live through the calls, here and below.
    assert_eq!(unsafe { diffhep_model_data(model, write(&mut data)) }, Status::Ok);
    let gradient = |given: ConstView| {
        let (mut by_data, mut by_inputs) = (vec![0.0; sizes.data], vec![0.0; sizes.inputs]);
        let mut result = cls(model, NONE).1;
        let (to_data, to_inputs) = (write(&mut by_data), write(&mut by_inputs));
        let (settings, quantity, result) = (null(), -1, &raw mut result);
        let status = unsafe {
            diffhep_model_cls_gradient(
                model, given, 1.0, settings, quantity, result, to_data, to_inputs,
            )
        };
        assert_eq!(status, Status::Ok, "{}", last_error());
        (by_data, by_inputs)
    };
    let ((by_own, inputs_own), (by_given, inputs_given)) = (gradient(NONE), gradient(read(&data)));
    assert_eq!(by_own, by_given);
    let differing = inputs_own.iter().zip(&inputs_given).filter(|(own, given)| own != given);
    // Two observed counts, the inputs on which their `shapesys` auxiliary data depend, and those
    // data themselves.
    assert_eq!(differing.count(), 2 + 2 * 2 + 2);
    assert_eq!(diffhep_model_free(model), Status::Ok);
}

#[test]
fn a_gradient_needs_somewhere_to_go_and_a_known_quantity() {
    let (_, model) = new_model(TWO_BINS, null());
    let mut point = vec![1.0; sizes(model).parameters];
    // SAFETY: arrays live through the calls.
    unsafe {
        let point_view = read(&point);
        let (value, to) = (null_mut(), NOWHERE);
        let status = diffhep_model_log_density_gradient(model, point_view, NONE, value, to, to, to);
        assert_refused(status, Status::InvalidArgument, &["none of its outputs"]);
        let mut result = std::mem::zeroed();
        let by = write(&mut point);
        let status = diffhep_model_discovery_gradient(
            model,
            NONE,
            null(),
            9,
            &raw mut result,
            NOWHERE,
            View { length: 0, ..by },
        );
        assert_refused(status, Status::WrongLength, &["'by_inputs'"]);
        let mut inputs = vec![0.0; sizes(model).inputs];
        let status = diffhep_model_discovery_gradient(
            model,
            NONE,
            null(),
            9,
            &raw mut result,
            NOWHERE,
            write(&mut inputs),
        );
        assert_refused(status, Status::InvalidArgument, &["'quantity' is 9", "-1 (observed)"]);
    }
    assert_eq!(diffhep_model_free(model), Status::Ok);
}

#[test]
fn fits_that_do_not_converge_say_so_and_give_their_point() {
    let (_, model) = new_model(TWO_BINS, null());
    let settings = FitSettings { max_steps: 1, ..FitSettings::default() };
    let mut parameters = vec![f64::NAN; sizes(model).parameters];
    // SAFETY: arrays live through the call.
    let status = unsafe {
        let to = write(&mut parameters);
        diffhep_model_fit(model, NONE, null(), &raw const settings, to, null_mut())
    };
    assert_refused(status, Status::NotConverged, &["step limit"]);
    assert!(parameters.iter().all(|parameter| parameter.is_finite()));
    assert_eq!(diffhep_model_free(model), Status::Ok);
}

#[test]
fn names_say_how_long_a_buffer_must_be() {
    let (_, model) = new_model(TWO_BINS, null());
    let (mut length, mut buffer) = (0, [1; 8]);
    let name = |buffer: *mut std::ffi::c_char, capacity, length: *mut usize| {
        // SAFETY: the buffer has that capacity.
        unsafe { diffhep_model_channel_name(model, 0, buffer, capacity, length) }
    };
    let asked = name(null_mut(), 0, &raw mut length);
    assert_refused(asked, Status::BufferTooSmall, &["the buffer 0"]);
    assert!(length > 8, "the channel's name has {length} bytes");
    assert_eq!(name(buffer.as_mut_ptr(), 8, &raw mut length), Status::BufferTooSmall);
    assert_eq!(buffer, [1; 8], "what does not fit is not begun");
    let mut buffer = vec![1; length + 1];
    assert_eq!(name(buffer.as_mut_ptr(), length + 1, &raw mut length), Status::Ok);
    assert_eq!(buffer[length], 0);
    assert_eq!(diffhep_model_free(model), Status::Ok);
}

#[test]
fn errors_belong_to_their_thread() {
    assert_refused(diffhep_model_free(ModelHandle { id: 0 }), Status::InvalidHandle, &["model 0"]);
    std::thread::spawn(|| assert_eq!(last_error(), "")).join().expect("no failure yet there");
    assert!(last_error().contains("model 0"));
}
