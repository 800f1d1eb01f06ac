//! The C ABI: kernels and the engine for programs that are not written in Rust.
//!
//! The layer is thin: each function checks its arguments, calls the library, and turns errors into
//! a [`Status`](status::Status). `include/diffhep.h` is generated from this module, and its guide
//! for users is `docs/cpp.md`. These rules apply to every function:
//!
//! - It returns a status; 0 is success. `diffhep_last_error` returns the text of the last failure
//!   on this thread. After a failure outputs contain nothing useful, except where a function's
//!   documentation says otherwise; no output of a kernel's `_vjp` is touched.
//! - Arrays belong to the caller and are passed as views: a pointer and a length, in doubles,
//!   aligned. Outputs overlap neither inputs nor each other. Matrices are consecutive arrays:
//!   column after column of events. A view of NULL and 0 leaves an optional argument out.
//! - A NULL, a wrong length, an overlap of arrays or a NaN is an error, never a crash; a length
//!   that exceeds the array cannot be detected and is undefined behaviour, and running out of
//!   memory aborts the process.
//! - Values are written; a `_vjp` (vector-Jacobian product) *adds* to its outputs, so that chunks
//!   of events and several terms of a loss add up.
//! - Models are handles: numbers that are never reused, so a freed one is always refused. A model
//!   is immutable; any number of threads may use it, and one may free it while others use it.
//! - A panic never leaves the library: it becomes `DIFFHEP_STATUS_INTERNAL_ERROR`.
//! - The same arguments give the same bits as the Rust API, on any number of threads.

#![feature(portable_simd)]
#![allow(
    clippy::missing_safety_doc,
    clippy::too_many_arguments,
    reason = "the module's header holds the contract of every function, and C has no slices"
)]

pub mod engine;
pub mod kernels;
pub mod status;
pub mod views;

use std::ffi::{CStr, c_char};

use views::Text;

/// Version of this header's interface: it increases when programs compiled with an older header
/// have to be recompiled. `diffhep_abi_version` returns the library's.
pub const ABI_VERSION: u32 = 1;

/// The features of a library of this version, for `diffhep_has_feature`.
const FEATURES: &CStr =
    c"kernels log-density fit cls discovery workspace-gradient workspace-inputs \
    limits covariance intervals ranking toys goodness-of-fit";

/// The version of the library's interface; programs should refuse any other than
/// `DIFFHEP_ABI_VERSION`.
#[unsafe(no_mangle)]
pub extern "C" fn diffhep_abi_version() -> u32 {
    ABI_VERSION
}

/// The library's version, such as "0.1.0"; static text that ends with NUL.
#[unsafe(no_mangle)]
pub extern "C" fn diffhep_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Names of the library's features, separated by spaces; static text that ends with NUL.
#[unsafe(no_mangle)]
pub extern "C" fn diffhep_features() -> *const c_char {
    FEATURES.as_ptr()
}

/// 1 if the library has a feature of that name, else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_has_feature(name: Text) -> i32 {
    // SAFETY: the text is the caller's, by the module's contract.
    let name = unsafe { name.read("name") };
    let mut known = FEATURES.to_bytes().split(|byte| *byte == b' ');
    i32::from(name.is_ok_and(|name| known.any(|known| known == name.as_bytes())))
}

#[cfg(test)]
mod tests;
