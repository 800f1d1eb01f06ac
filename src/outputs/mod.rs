//! Writes finished optimisations into folders: `result.json`, tables, networks, figures.
//!
//! Enters: a problem and the reports of its optimisation. Leaves: the files that `diffhep optimize`
//! and the studies write.

mod binning;
mod cut;
mod error;
mod observable;

pub use binning::BinningRun;
pub use cut::CutRun;
pub use error::OutputError;
pub use observable::ObservableRun;
