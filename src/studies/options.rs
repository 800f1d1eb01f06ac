//! The settings of studies.

use crate::analyses::observable::Loss;

/// The settings of studies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StudyOptions {
    /// Seed of its toys.
    pub seed: u64,
    /// Whether a study that takes minutes ([`Study::has_quick`](super::Study::has_quick)) takes
    /// only seconds, with a coarser grid or smaller samples; its findings then mean little. Other
    /// studies ignore this.
    pub quick: bool,
    /// The size of the study of the blobs; other studies ignore it.
    pub blobs: BlobsOptions,
}

/// The thesis's losses, cross-entropy without variations, and logarithms of the p-values.
const LOSSES: [&str; 9] = [
    "bce-augmented",
    "bce",
    "cls",
    "p0",
    "sigma-mu",
    "cls + p0",
    "ln-cls",
    "ln-p0",
    "ln-cls + ln-p0",
];
/// Losses of the quick form.
const QUICK_LOSSES: [&str; 4] = ["bce-augmented", "cls", "p0", "cls + p0"];

/// The size of the study of the blobs.
#[derive(Clone, Debug, PartialEq)]
pub struct BlobsOptions {
    /// Bins of the score; the thesis has 5 and 20.
    pub bins: usize,
    /// Whether inner edges are trained too.
    pub train_edges: bool,
    /// Units of the hidden layers: four of 128 in the thesis, two of 1024 in the paper.
    pub hidden: Vec<usize>,
    /// The losses to minimise, each with every seed.
    pub losses: Vec<Loss>,
    /// Number of trainings of each loss.
    pub seeds: usize,
    /// Epochs of each training.
    pub epochs: usize,
    /// Points of each blob.
    pub points: usize,
    /// Points of each blob in a batch.
    pub batch_size: usize,
    /// Whether to reuse the trainings in the folder and continue those that are not finished.
    pub resume: bool,
}

fn losses(texts: &[&str]) -> Vec<Loss> {
    texts.iter().map(|text| text.parse().expect("a loss")).collect()
}

impl Default for BlobsOptions {
    /// The size in the thesis: nine seeds of 100 epochs.
    fn default() -> Self {
        Self {
            bins: 5,
            train_edges: false,
            hidden: vec![128; 4],
            losses: losses(&LOSSES),
            seeds: 9,
            epochs: 100,
            points: 10_000,
            batch_size: 2_000,
            resume: false,
        }
    }
}

impl BlobsOptions {
    /// A small size for tests and laptops: four losses, two seeds, a small network on fewer points.
    /// Its findings mean little.
    pub fn quick() -> Self {
        Self {
            hidden: vec![32; 2],
            losses: losses(&QUICK_LOSSES),
            seeds: 2,
            epochs: 20,
            points: 2_000,
            batch_size: 400,
            ..Self::default()
        }
    }
}
