//! Statuses, the last error's text, and the guard around every function.

use std::any::Any;
use std::cell::UnsafeCell;
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};

use diffhep::fit::{AdjointError, FitError};
use diffhep::histfactory::{DomainError, WorkspaceError};
use diffhep::inference::{InferenceError, LimitError, ToyError};

/// How a function ended.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It succeeded.
    Ok = 0,
    /// A required pointer is NULL, or a pointer is not aligned to its type.
    NullPointer = 1,
    /// An array's length does not fit the others, the model, or memory.
    WrongLength = 2,
    /// An input number is NaN.
    NotANumber = 3,
    /// A number, choice or index is out of range, or arrays overlap.
    InvalidArgument = 4,
    /// There is no such model: it was freed, or never made.
    InvalidHandle = 5,
    /// A workspace, a patch or other text is wrong.
    InvalidWorkspace = 6,
    /// A fit ended without a minimum; results that exist are written.
    NotConverged = 7,
    /// There is no result, because the likelihood or a derivative is not defined there.
    NoResult = 8,
    /// A text does not fit in the caller's buffer; its length is returned.
    BufferTooSmall = 9,
    /// The library has a bug.
    InternalError = 10,
}

impl Status {
    const NAMES: [&'static str; 11] = [
        "ok\0",
        "null pointer\0",
        "wrong length\0",
        "not a number\0",
        "invalid argument\0",
        "invalid handle\0",
        "invalid workspace\0",
        "not converged\0",
        "no result\0",
        "buffer too small\0",
        "internal error\0",
    ];
}

/// Why a call ends with a status other than success.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("'{0}' is NULL: pass the address of your {0}")]
    Null(&'static str),
    #[error("'{0}' is not aligned to its type: pass an array of that type")]
    Misaligned(&'static str),
    #[error("'{argument}' is said to have {length} entries, which no memory holds")]
    Huge { argument: &'static str, length: usize },
    #[error("'{argument}' has {found} entries, expected {expected} ({why})")]
    Length { argument: &'static str, expected: usize, found: usize, why: &'static str },
    #[error("'{argument}' entry {index} is NaN: remove or correct it")]
    NotANumber { argument: &'static str, index: usize },
    #[error("'{second}' overlaps '{first}': outputs need memory of their own")]
    Overlap { first: &'static str, second: &'static str },
    #[error("'{argument}' is {found}: choose one of {known}")]
    Choice { argument: &'static str, found: i32, known: &'static str },
    #[error("'{argument}' entry {index} is {found}: {need}")]
    Value { argument: &'static str, index: usize, found: f64, need: &'static str },
    #[error("index {found} of the model's {what}: there are {count}, counted from 0")]
    Index { what: &'static str, found: usize, count: usize },
    #[error("model {0} does not exist: it was freed, or never made")]
    Handle(u64),
    #[error("'{argument}' is not UTF-8 from byte {valid} on")]
    Utf8 { argument: &'static str, valid: usize },
    #[error("the text has {needed} bytes with its end, the buffer {capacity}")]
    Buffer { needed: usize, capacity: usize },
    #[error("the {fit} fit ended as '{status}'; see the README's limits for its remedy")]
    NotConverged { fit: &'static str, status: &'static str },
    #[error("'{0}' would not be a number: the numbers that go in are too large or too small")]
    NotFinite(&'static str),
    #[error("the gradient is asked for, but none of its outputs is given")]
    NoOutput,
    #[error("impacts are asked for, but 'impacts' is NULL or has no array")]
    NoImpacts,
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    #[error(transparent)]
    Domain(#[from] DomainError),
    #[error(transparent)]
    Fit(#[from] FitError),
    #[error(transparent)]
    Inference(#[from] InferenceError),
    #[error(transparent)]
    Limit(#[from] LimitError),
    #[error(transparent)]
    Toys(#[from] ToyError),
}

impl Error {
    fn status(&self) -> Status {
        match self {
            Self::Null(_) | Self::Misaligned(_) => Status::NullPointer,
            Self::Huge { .. } | Self::Length { .. } => Status::WrongLength,
            Self::NotANumber { .. } => Status::NotANumber,
            Self::Overlap { .. }
            | Self::Choice { .. }
            | Self::Value { .. }
            | Self::Index { .. }
            | Self::NoOutput
            | Self::NoImpacts => Status::InvalidArgument,
            Self::Handle(_) => Status::InvalidHandle,
            Self::Utf8 { .. } | Self::Workspace(_) => Status::InvalidWorkspace,
            Self::NotConverged { .. } => Status::NotConverged,
            Self::Buffer { .. } => Status::BufferTooSmall,
            Self::Domain(error) => of_domain(error),
            Self::Fit(error) => of_fit(error),
            Self::Inference(error) | Self::Limit(LimitError::Inference(error)) => {
                of_inference(error)
            }
            Self::Limit(LimitError::NotConverged { .. }) => Status::NotConverged,
            Self::Toys(error) => of_toys(error),
            Self::Limit(_) | Self::NotFinite(_) => Status::NoResult,
        }
    }
}

fn of_fit(error: &FitError) -> Status {
    match error {
        FitError::Start(error) => of_domain(error),
        _ => Status::NoResult,
    }
}

fn of_inference(error: &InferenceError) -> Status {
    match error {
        InferenceError::Adjoint(AdjointError::NotConverged { .. })
        | InferenceError::NotAMinimum { .. } => Status::NotConverged,
        InferenceError::Fit(error) => of_fit(error),
        InferenceError::Domain(error) => of_domain(error),
        _ => Status::NoResult,
    }
}

fn of_toys(error: &ToyError) -> Status {
    match error {
        ToyError::Fit(error) => of_fit(error),
        ToyError::Domain(error) => of_domain(error),
        ToyError::Inference(error) => of_inference(error),
        ToyError::Observed { .. } => Status::NotConverged,
        ToyError::DiscoveryPoi { .. }
        | ToyError::None
        | ToyError::TooMany { .. }
        | ToyError::LastToy { .. } => Status::InvalidArgument,
        _ => Status::NoResult,
    }
}

fn of_domain(error: &DomainError) -> Status {
    match error {
        DomainError::Length { .. } => Status::WrongLength,
        DomainError::Value { value, .. } if value.is_nan() => Status::NotANumber,
        DomainError::Value { .. } => Status::InvalidArgument,
        _ => Status::NoResult,
    }
}

/// Bytes of the longest error text, including its NUL.
const LONGEST: usize = 4096;

thread_local! {
    /// It never moves, so a pointer to it stays valid until the thread ends.
    static LAST_ERROR: UnsafeCell<[u8; LONGEST]> = const { UnsafeCell::new([0; LONGEST]) };
}

/// Stores a text for [`diffhep_last_error`], truncated if too long; a thread that is ending has
/// nobody left to read it.
fn remember(function: &str, message: &str) {
    let text = format!("{function}: {message}").replace('\0', "\\0");
    let length = text.floor_char_boundary(LONGEST - 1);
    let _ = LAST_ERROR.try_with(|last| {
        // SAFETY: only this thread uses the buffer, and nothing else here does so meanwhile.
        let last = unsafe { &mut *last.get() };
        last[..length].copy_from_slice(&text.as_bytes()[..length]);
        last[length] = 0;
    });
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    let text = text.unwrap_or_else(|| "no message".to_owned());
    format!("a fault of the library, please report it: {text}")
}

/// Runs a function's body and turns errors and panics into a status.
pub(super) fn guard(function: &str, body: impl FnOnce() -> Result<(), Error>) -> Status {
    // The body's state is on its own stack, or in buffers that each call overwrites, so unwinding
    // is safe.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(error)) => {
            remember(function, &error.to_string());
            error.status()
        }
        Err(payload) => {
            remember(function, &panic_text(&*payload));
            Status::InternalError
        }
    }
}

/// What went wrong in the last failed call on this thread, with the function's name: text of less
/// than 4096 bytes that ends with NUL. It is empty if nothing has failed. The pointer is valid
/// until the thread ends, the text until its next failure.
#[unsafe(no_mangle)]
pub extern "C" fn diffhep_last_error() -> *const c_char {
    LAST_ERROR.try_with(|last| last.get().cast_const().cast()).unwrap_or(c"".as_ptr())
}

/// A status in words: static text that ends with NUL.
#[unsafe(no_mangle)]
pub extern "C" fn diffhep_status_name(status: i32) -> *const c_char {
    let name = usize::try_from(status).ok().and_then(|i| Status::NAMES.get(i));
    name.copied().unwrap_or("unknown status\0").as_ptr().cast()
}
