//! The settings of studies.

use crate::analyses::observable::Loss;

/// The settings of studies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StudyOptions {
    /// Seed of its toys.
    pub seed: u64,
    /// Whether a study that takes minutes ([`Study::has_quick`](super::Study::has_quick)) is done
    /// in seconds, on a coarser grid or with smaller samples; its findings then mean little.
    /// Others take no notice.
    pub quick: bool,
    /// The size of the study of the blobs; others take no notice of it.
    pub blobs: BlobsOptions,
}

/// The thesis's losses, cross-entropy without variations, and logarithms.
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

/// How large the study of the blobs is.
#[derive(Clone, Debug, PartialEq)]
pub struct BlobsOptions {
    /// Bins of the score; the thesis has 5 and 20.
    pub bins: usize,
    /// Whether inner edges are trained too.
    pub train_edges: bool,
    /// Units of the hidden layers: four of 128 in the thesis, two of 1024 in the paper.
    pub hidden: Vec<usize>,
    /// What is minimised, each with every seed.
    pub losses: Vec<Loss>,
    /// Trainings of each loss.
    pub seeds: usize,
    /// Epochs of each training.
    pub epochs: usize,
    /// Points of each blob.
    pub points: usize,
    /// Points of each blob in a batch.
    pub batch_size: usize,
    /// Whether trainings that are in the folder are taken from it, and continue where they were.
    pub resume: bool,
}

fn losses(texts: &[&str]) -> Vec<Loss> {
    texts.iter().map(|text| text.parse().expect("a loss")).collect()
}

impl Default for BlobsOptions {
    /// The thesis's: nine seeds of 100 epochs.
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
    /// A form for tests and laptops: four losses, two seeds, a small network on fewer points. Its
    /// findings mean little.
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
