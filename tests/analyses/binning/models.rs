//! Data, categories and options shared by the tests of binnings.

use diffhep::analyses::FigureOfMerit;
use diffhep::analyses::binning::{
    Background, BinnedColumn, BinningError, BinningOptions, BinningProblem, CategoryModel,
    JudgedBinning, MixtureMeans, NamedSample, Penalties, ProcessData, ShapeVariation,
};
use diffhep::events::EventSample;
use diffhep::events::toys::{BinningToy, GaussianToy};

/// The objectives that are significances and thus have exact binnings.
pub const SIGNIFICANCES: [FigureOfMerit; 3] = [
    FigureOfMerit::Asimov,
    FigureOfMerit::AsimovUncertainty,
    FigureOfMerit::SignalOverRootBackground,
];

/// A toy small enough to be binned many times.
pub fn small_toy() -> GaussianToy {
    GaussianToy { signal_events: 2_000, background_events: 6_000 }
}

/// A toy large enough to tell binnings apart and still fast.
pub fn middle_toy() -> GaussianToy {
    GaussianToy { signal_events: 20_000, background_events: 60_000 }
}

pub fn named(sample: &EventSample) -> NamedSample<'_> {
    NamedSample { name: sample.name().to_owned(), sample }
}

/// The processes of a toy; if `shapes` is set, its shape systematic is included as `calibration`.
pub fn data(toy: &BinningToy, shapes: bool) -> ProcessData<'_> {
    let backgrounds = toy.backgrounds.iter().zip(&toy.shifted).map(|(sample, [up, down])| {
        let variation = ShapeVariation { name: "calibration".to_owned(), up, down };
        let shapes = if shapes { vec![variation] } else { Vec::new() };
        Background { nominal: named(sample), shapes }
    });
    let backgrounds = backgrounds.collect();
    ProcessData { signals: toy.signals.iter().map(named).collect(), backgrounds }
}

/// A signal and a background without systematics.
pub fn pair<'a>(signal: &'a EventSample, background: &'a EventSample) -> ProcessData<'a> {
    let background = Background { nominal: named(background), shapes: Vec::new() };
    ProcessData { signals: vec![named(signal)], backgrounds: vec![background] }
}

pub fn sample(name: &str, x: &[f64], weights: &[f64]) -> EventSample {
    EventSample::new(name, vec![("x".to_owned(), x.to_vec())], weights.to_vec()).expect("sound")
}

/// A score that is binned from 0 to 1.
pub fn score(name: &str) -> BinnedColumn {
    BinnedColumn { name: name.to_owned(), range: Some((0.0, 1.0)) }
}

pub fn boundaries(name: &str) -> CategoryModel {
    CategoryModel::Boundaries(score(name))
}

/// A column that is binned over its full range of values.
pub fn whole(name: &str) -> CategoryModel {
    CategoryModel::Boundaries(BinnedColumn { name: name.to_owned(), range: None })
}

pub const SCORES: [&str; 3] = ["score_signal1", "score_signal2", "score_background"];

pub fn mixture(columns: usize, means: MixtureMeans) -> CategoryModel {
    CategoryModel::Mixture(SCORES[..columns].iter().map(|name| score(name)).collect(), means)
}

pub fn with_minimum(objective: FigureOfMerit, minimum: f64) -> BinningOptions {
    let penalties = Penalties { minimum_background: Some(minimum), ..Penalties::default() };
    BinningOptions { objective, penalties, ..BinningOptions::default() }
}

pub fn problem<'a>(
    data: &ProcessData<'a>,
    model: &CategoryModel,
    options: BinningOptions,
) -> BinningProblem<'a> {
    BinningProblem::new(data, model, options).expect("a sound problem")
}

/// The smallest background of any bin.
pub fn smallest_background(problem: &BinningProblem, judged: &JudgedBinning) -> f64 {
    let backgrounds = &judged.yields[problem.signals()..];
    let of_bin = |bin: usize| backgrounds.iter().map(|process| process[bin].sum).sum::<f64>();
    (0..judged.by_bin.len()).map(of_bin).fold(f64::INFINITY, f64::min)
}

/// The error with which a problem is refused.
#[track_caller]
pub fn refused(data: &ProcessData, model: &CategoryModel, options: BinningOptions) -> BinningError {
    BinningProblem::new(data, model, options).expect_err("a problem that makes no sense")
}
