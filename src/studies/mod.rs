//! Published studies and toy problems, reproduced.
//!
//! Enters: a seed. Leaves: a folder with `result.json`, figures and a short text of what was
//! expected and what was found.

mod binning_presets;
mod binning_run;
mod cut_notebook;
mod cut_run;
mod error;
mod exponential_cut;
mod list;
mod metrics;
pub mod metrics_page;
mod presets;

pub use binning_presets::{BINNING_PRESETS, BinningPreset, MakeBinningPreset, binning_preset};
pub use binning_run::BinningRun;
pub use cut_run::CutRun;
pub use error::StudyError;
pub use list::{Findings, STUDIES, Study, study};
pub use presets::{CutPreset, MakePreset, PRESETS, preset};
