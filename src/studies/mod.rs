//! Published studies and toy problems, reproduced.
//!
//! Enters: a seed. Leaves: a folder with `result.json`, figures and a short text that says what was
//! expected and what was found.

mod binning_presets;
mod bkde;
mod blobs;
mod cut_notebook;
mod error;
mod exponential_cut;
mod findings;
mod landscape;
mod limits;
mod list;
mod metrics;
pub mod metrics_page;
mod observable_presets;
mod options;
mod presets;
mod softmax;
mod yields;

pub use crate::outputs::{BinningRun, CutRun, ObservableRun};
pub use binning_presets::{BINNING_PRESETS, BinningPreset, MakeBinningPreset, binning_preset};
pub use error::StudyError;
pub use findings::{Findings, StudyProgress};
pub use list::{STUDIES, Study, study};
pub use observable_presets::{
    MakeObservablePreset, OBSERVABLE_PRESETS, ObservablePreset, observable_preset,
};
pub use options::{BlobsOptions, StudyOptions};
pub use presets::{CutPreset, MakePreset, PRESETS, preset};
