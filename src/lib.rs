//! Differentiable statistics of high-energy physics: CLs, discovery p-values and their exact
//! gradients with respect to every number of a pyhf workspace.
//!
//! ```
//! use diffhep::histfactory::{Workspace, WorkspaceGradient};
//! use diffhep::inference::{AsymptoticCalculator, HypothesisTestOptions, Quantity};
//!
//! let workspace = Workspace::from_text(include_str!("../examples/two_bins.json"))?;
//! let model = workspace.model()?;
//! let data = workspace.data(&model);
//! let options = HypothesisTestOptions::default();
//! let mut calculator = AsymptoticCalculator::new(&model, &data, options)?;
//! let test = calculator.hypotest(1.0)?;
//! let adjoint = calculator.gradient(&test.ratio, Quantity::Observed)?;
//! let gradient = WorkspaceGradient::new(&workspace, &model, &adjoint);
//! println!("CLs {:.6}, d CLs / d observed {:?}", test.cls_obs, gradient.observations[0]);
//! # assert!((test.cls_obs - 0.0525155).abs() < 1e-6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Data flow one way: [`kernels`] (scalar mathematics, differentiated by Enzyme) ->
//! [`histfactory`] (workspace, model, rates) -> [`fit`] (Newton, implicit adjoints) ->
//! [`inference`] (test statistics, p-values, information, gradients) -> [`analyses`] (selections and statistics
//! as objectives, networks trained on them) -> [`benchmark`] (what their gradients cost) -> [`figures`] ->
//! [`studies`] -> [`cli`]; [`ffi`] is the same for C. [`events`] feed the analyses; beside them, [`optimize`]
//! minimises anything that has a value and a gradient, and [`persistence`] is for all that outlives
//! a run.
//!
//! A crate that depends on this one needs the same pinned nightly and flags: `-Zautodiff=Enable`
//! and `lto = "fat"` in each of its profiles.

pub mod analyses;
pub mod events;
pub mod figures;
pub mod fit;
pub mod grid;
pub mod histfactory;
pub mod inference;
pub mod numbers;
pub mod optimize;
pub mod outputs;
pub mod persistence;
pub mod studies;

#[cfg(not(shared_kernels))]
pub use diffhep_kernels as kernels;
#[cfg(shared_kernels)]
pub use diffhep_kernels_shared as kernels;
pub use diffhep_names::UnknownName;
pub use persistence::WriteError;
