//! Files that outlive a run.
//!
//! Two kinds of files let a run continue where an earlier one ended. `LineFile` is for results that
//! arrive one by one: a header, then lines of JSON that are appended, while a lock excludes other
//! runs. `Checkpoint` is for a single state that changes: a file that is replaced completely. Both
//! have a header with a format, a version and settings, and a file that does not match the run is
//! refused with the same messages ([`FileError`]). Everything else is written completely or not at
//! all ([`write_whole`]).

mod checkpoint;
mod error;
mod fingerprint;
mod header;
mod lines;
mod tensors;
mod whole;

pub(crate) use checkpoint::Checkpoint;
pub use checkpoint::CheckpointError;
pub use error::FileError;
pub(crate) use fingerprint::Fingerprint;
pub use header::{Difference, first_difference};
pub(crate) use header::{Keys, Kind, check_identity, check_settings};
pub(crate) use lines::{LineFile, Lines};
pub(crate) use tensors::{Tensor, TensorFile};
pub use whole::{WriteError, make_folder, remove_in, write_in, write_whole};
