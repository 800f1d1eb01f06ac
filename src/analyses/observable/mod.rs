//! Observables: neural networks trained on the statistical power of their histograms, including
//! systematics.
//!
//! Enters: processes with the variations of their systematics (or a workspace as a template and the
//! samples that populate it), input columns, [`ObservableOptions`]. Leaves: a network whose score
//! is the observable, in an [`ObservableReport`]; all metrics in it are computed from hard
//! histograms of held-out events.
//!
//! A training step: the events of a batch pass through the network ([`kernels::network`]); each
//! source's scores become a binned kernel density estimate ([`kernels::kernel_histogram`]); the
//! histograms populate a HistFactory workspace; the loss is a p-value, an uncertainty or a weighted
//! sum of them ([`Loss`]); and its derivatives are propagated back along the same path, including
//! through the fits.
//!
//! Source: N. Simpson, L. Heinrich, arXiv:2203.05570 (neos); P. de Castro, T. Dorigo,
//! arXiv:1806.04743 (sigma of mu as a loss).
//!
//! [`kernels::network`]: crate::kernels::network
//! [`kernels::kernel_histogram`]: crate::kernels::kernel_histogram

mod cross_entropy;
mod error;
mod events;
mod histograms;
mod loss;
mod model_file;
mod options;
mod problem;
mod statistics;
mod template;
mod trainer;

pub use error::ObservableError;
pub use loss::{Loss, LossTerm};
pub use model_file::TrainedNetwork;
pub use options::{ObservableOptions, equal_edges};
pub use problem::{JudgedObservable, ObservableProblem, StepGradient, StepScratch};
#[cfg(feature = "figures")]
pub(crate) use template::Role;
pub use template::{ObservableModel, TemplateFill};
pub use trainer::{BestObservable, ObservableReport};
