//! Optimisers, schedules, the training loop and its checkpoints.
//!
//! Enters: an [`Objective`], which gives its value and gradient, and [`TrainingOptions`]. Leaves: a
//! [`TrainingReport`]. All methods minimise, within bounds if there are any. This folder knows
//! nothing about statistics, and the only other part of the crate it uses is
//! [`persistence`](crate::persistence).
//!
//! ```
//! use diffhep::optimize::{Method, Objective, TrainingOptions, TrainingStatus, train};
//!
//! struct Bowl;
//!
//! impl Objective for Bowl {
//!     type Error = std::convert::Infallible;
//!     fn evaluate(&mut self, x: &[f64], _: f64, gradient: &mut [f64]) -> Result<f64, Self::Error> {
//!         gradient.copy_from_slice(&[2.0 * (x[0] - 3.0), 8.0 * x[1]]);
//!         Ok((x[0] - 3.0).powi(2) + 4.0 * x[1].powi(2))
//!     }
//! }
//!
//! let bounds = vec![(0.0, 2.0), (f64::NEG_INFINITY, f64::INFINITY)];
//! let options = TrainingOptions { method: Method::Lbfgs, bounds, ..Default::default() };
//! let report = train(&mut Bowl, &[1.0, 1.0], &options, None, &mut |_| ())?;
//! assert_eq!(report.status, TrainingStatus::Converged);
//! assert!((report.objective - 1.0).abs() < 1e-12 && report.parameters[0] == 2.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bounds;
mod checkpoint;
mod course;
mod error;
mod exact;
mod history;
mod methods;
pub mod minibatch;
mod options;
mod progress;
mod schedule;
mod stopping;
mod training;

pub use crate::persistence::CheckpointError;
pub use checkpoint::CheckpointOptions;
pub use course::Persistence;
pub use error::{OptimizeError, TrainingError};
pub use history::{Best, Step, history_csv};
pub use methods::Method;
pub use options::{StoppingRules, TrainingOptions};
pub use schedule::{Schedule, ScheduleError};
pub use stopping::TrainingStatus;
pub use training::{Objective, TrainingReport, reopen, resume, train};

#[cfg(test)]
mod testing;
