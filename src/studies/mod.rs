//! Published studies and toy problems, reproduced with the public API alone.
//!
//! Enters: a seed. Leaves: a folder with `result.json`, figures and a short text of what was
//! expected and what was found.

pub mod metrics_page;
mod presets;

pub use presets::{CutPreset, MakePreset, PRESETS, preset};
