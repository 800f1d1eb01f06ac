//! Binning problems with the settings of the studies they come from.

use crate::UnknownName;
use crate::analyses::binning::{
    Background, BinnedColumn, BinningDescent, CategoryModel, MixtureMeans, NamedSample,
    ProcessData, ShapeVariation,
};
use crate::events::EventSample;
use crate::events::toys::{BinningToy, GaussianToy};
use diffhep_names::find;

/// A toy with the categories and the descent from its study.
#[derive(Clone, Debug)]
pub struct BinningPreset {
    /// The data.
    pub toy: BinningToy,
    /// What is binned.
    pub model: CategoryModel,
    /// Method and schedules.
    pub descent: BinningDescent,
}

/// Makes a preset from a seed.
pub type MakeBinningPreset = fn(u64) -> BinningPreset;

/// Every preset by name.
pub const BINNING_PRESETS: [(&str, MakeBinningPreset); 2] = [
    ("gaussians", BinningPreset::one_signal),
    ("gaussians-two-signals", BinningPreset::two_signals),
];

/// The preset with a name and a seed.
///
/// # Errors
/// [`UnknownName`], which lists the available names.
pub fn binning_preset(name: &str, seed: u64) -> Result<BinningPreset, UnknownName> {
    Ok(find("toy", &BINNING_PRESETS, name)?(seed))
}

fn score(name: &str) -> BinnedColumn {
    BinnedColumn { name: name.to_owned(), range: Some((0.0, 1.0)) }
}

/// The nuisance parameter of the toy's shape systematic.
const CALIBRATION: &str = "calibration";

impl BinningPreset {
    /// One signal, binned in the ratio of its density to that of the backgrounds.
    pub fn one_signal(seed: u64) -> Self {
        Self {
            toy: GaussianToy::default().one_signal(seed),
            model: CategoryModel::Boundaries(score("discriminant")),
            descent: BinningDescent::default(),
        }
    }

    /// Two signals, in categories of a Gaussian mixture in the scores of three classes.
    pub fn two_signals(seed: u64) -> Self {
        let columns = vec![score("score_signal1"), score("score_signal2")];
        Self {
            toy: GaussianToy::default().two_signals(seed),
            model: CategoryModel::Mixture(columns, MixtureMeans::Simplex),
            descent: BinningDescent { seed, ..BinningDescent::mixture() },
        }
    }
}

fn named(sample: &EventSample) -> NamedSample<'_> {
    NamedSample { name: sample.name().to_owned(), sample }
}

impl BinningToy {
    /// The toy's processes; `shapes` says whether backgrounds have their shape systematic.
    pub fn data(&self, shapes: bool) -> ProcessData<'_> {
        let mut data = ProcessData {
            signals: self.signals.iter().map(named).collect(),
            backgrounds: Vec::new(),
        };
        for (nominal, [up, down]) in self.backgrounds.iter().zip(&self.shifted) {
            let shape = ShapeVariation { name: CALIBRATION.to_owned(), up, down };
            let shapes = shapes.then_some(shape).into_iter().collect();
            data.backgrounds.push(Background { nominal: named(nominal), shapes });
        }
        data
    }
}
