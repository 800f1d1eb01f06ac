//! Measures what an exact gradient costs, and how accurate it is.
//!
//! Enters: [`Samples`] of a seed. Leaves: a [`Case`] for each differentiated function and for whole
//! analyses ([`cases`]), and the results of [`measure`] for each of them:
//!
//! - the time of the value, and that of value and gradient together;
//! - the cost of central differences, `(f(x + h) - f(x - h)) / 2 h` per input, and their difference
//!   from the gradient;
//! - where a closed form exists, the errors of both against it, evaluated with twice the digits,
//!   and the step `h` at which differences are best.
//!
//! | quantity | is |
//! |---|---|
//! | scale | the typical change of an input: its size, or the distance to its neighbours |
//! | relative step | `h` in scales of the input |
//! | component | a derivative times its input's scale |
//! | relative difference | of components, relative to the larger of it and a hundredth of the largest one of its part |
//!
//! Nothing here is limited to one thread; to time kernels, run it in a thread pool of size one.

mod case;
mod cases;
mod differences;
mod double_double;
mod error;
mod measure;
mod precision;
mod samples;
mod timing;
mod workspaces;

pub use case::{Case, CaseKind, DifferentiatedFunction, sizes};
pub use cases::cases;
pub use error::BenchmarkError;
pub use measure::{
    MeasureOptions, Measurement, TOLERANCE_OF_DIFFERENCES, TOLERANCE_OF_REFERENCE, measure,
};
pub use samples::{CaseSize, Samples};
