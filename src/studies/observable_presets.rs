//! Observables with the settings of the studies they come from.

use crate::UnknownName;
use crate::analyses::observable::ObservableOptions;
use crate::events::toys::{BinningToy, BlobsToy};
use crate::optimize::minibatch::MinibatchOptions;
use diffhep_names::find;

/// A toy with the network and the training from its study.
#[derive(Clone, Debug)]
pub struct ObservablePreset {
    /// Draws the toy: this many points of each process, from a seed.
    pub draw: fn(usize, u64) -> BinningToy,
    /// The number of points of each process.
    pub points: usize,
    /// The network's inputs.
    pub columns: Vec<String>,
    /// Network, histograms and loss.
    pub options: ObservableOptions,
    /// The training.
    pub training: MinibatchOptions,
}

/// Makes a preset.
pub type MakeObservablePreset = fn() -> ObservablePreset;

/// Every preset by name.
pub const OBSERVABLE_PRESETS: [(&str, MakeObservablePreset); 1] =
    [("blobs", ObservablePreset::blobs)];

/// The preset with a name.
///
/// # Errors
/// [`UnknownName`], which lists the available names.
pub fn observable_preset(name: &str) -> Result<ObservablePreset, UnknownName> {
    Ok(find("toy", &OBSERVABLE_PRESETS, name)?())
}

impl ObservablePreset {
    /// The Gaussian blobs of neos: two numbers per event, one signal, one background that a
    /// systematic moves.
    pub fn blobs() -> Self {
        Self {
            draw: |points, seed| BlobsToy { points, ..BlobsToy::default() }.draw(seed),
            points: BlobsToy::default().points,
            columns: ["x", "y"].map(str::to_owned).to_vec(),
            options: ObservableOptions { standardise: false, ..ObservableOptions::default() },
            training: MinibatchOptions::new(100, "loss"),
        }
    }
}
