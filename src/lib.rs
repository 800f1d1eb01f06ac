//! Differentiable statistics of high-energy physics: CLs, discovery p-values and their exact
//! gradients with respect to every number of a pyhf workspace.
//!
//! ```
//! use diffhep::histfactory::{Workspace, WorkspaceGradient, WorkspaceModel};
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
//! Data flow in one direction: [`kernels`] (scalar mathematics, differentiated by Enzyme) and
//! workspaces -> [`histfactory`] (models, rates) -> [`fit`] (Newton, implicit adjoints) ->
//! [`inference`] (test statistics, p-values, information, gradients) -> [`grid`] (signal grids) and
//! [`analyses`] (selections and statistics as objectives, networks trained on them) -> `figures` ->
//! `outputs` -> `studies` (these three with the feature `figures`, which is on by default).
//! [`events`] feed the analyses; in addition, [`optimize`] minimises anything that has a value and
//! a gradient, and [`persistence`] handles everything that outlives a run.
//!
//! # Building a program that uses this crate
//!
//! It needs the same pinned nightly. A static program needs `RUSTFLAGS="-Zautodiff=Enable"` and
//! `lto = "fat"` in its profile. One that shares the kernels, as this project's own development
//! builds do, needs neither; README.md has the few lines required.

pub mod analyses;
pub mod events;
#[cfg(feature = "figures")]
pub mod figures;
pub mod fit;
pub mod grid;
pub mod histfactory;
pub mod inference;
pub mod numbers;
pub mod optimize;
#[cfg(feature = "figures")]
pub mod outputs;
pub mod persistence;
#[cfg(feature = "figures")]
pub mod studies;

#[cfg(not(shared_kernels))]
pub use diffhep_kernels as kernels;
#[cfg(shared_kernels)]
pub use diffhep_kernels_shared as kernels;
pub use diffhep_names::UnknownName;
pub use persistence::WriteError;
