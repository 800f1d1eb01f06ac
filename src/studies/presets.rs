//! Cut problems with the settings of the studies they come from.

use crate::UnknownName;
use crate::analyses::cut::{Cut, DescentOptions, Loss, ProblemOptions, Scaling, ScanRange};
use crate::events::toys::{ManyColumns, Toy, exponential_bump, metrics, notebook};
use crate::kernels::selection::Keep;
use crate::optimize::{Method, Schedule, StoppingRules, TrainingOptions};
use diffhep_names::find;

/// The preset with a name and a seed.
///
/// # Errors
/// [`UnknownName`], which lists the available names.
pub fn preset(name: &str, seed: u64) -> Result<CutPreset, UnknownName> {
    Ok(find("toy", &PRESETS, name)?(seed))
}

/// A toy with the cuts, objective and descent from its study.
#[derive(Clone, Debug)]
pub struct CutPreset {
    /// The data.
    pub toy: Toy,
    /// The cuts and where they start.
    pub cuts: Vec<Cut>,
    /// Figure of merit, offsets, scaling.
    pub problem: ProblemOptions,
    /// Method, schedules, scan.
    pub descent: DescentOptions,
}

/// Makes a preset from a seed.
pub type MakePreset = fn(u64) -> CutPreset;

/// Every preset by name.
pub const PRESETS: [(&str, MakePreset); 9] = [
    ("notebook", CutPreset::notebook),
    ("exponential", CutPreset::exponential),
    ("wide-signal", |seed| CutPreset::metrics(seed, 0)),
    ("narrow-signal", |seed| CutPreset::metrics(seed, 1)),
    ("long-tail", |seed| CutPreset::metrics(seed, 2)),
    ("rare-signal", |seed| CutPreset::metrics(seed, 3)),
    ("overlapping", |seed| CutPreset::metrics(seed, 4)),
    ("five-columns", CutPreset::five_columns),
    ("twenty-columns", CutPreset::twenty_columns),
];

fn unit() -> ProblemOptions {
    ProblemOptions { scaling: Scaling::Unit, ..ProblemOptions::default() }
}

impl CutPreset {
    /// The notebook: plain gradient ascent of the Asimov significance, 1,000 steps of size 2 from
    /// 20, divided by 5 after 500, sigmoids of slope 1; scan of 500 cuts from 20 to 70.
    pub fn notebook(seed: u64) -> Self {
        let training = TrainingOptions {
            method: Method::GradientDescent,
            steps: 1_000,
            learning_rate: Schedule::Step { from: 2.0, factor: 5.0, every: 500 },
            hardness: Schedule::Constant { value: 1.0 },
            ..TrainingOptions::default()
        };
        Self {
            toy: notebook(seed),
            cuts: vec![Cut::at("x", Keep::Above, 20.0)],
            problem: unit(),
            descent: DescentOptions {
                training,
                refine: None,
                scan: Some(ScanRange { low: 20.0, high: 70.0, points: 500 }),
            },
        }
    }

    /// The bump on an exponential: Adam at 0.01 from 6.0 on 1 / Z, slope 2.7, offsets of 0.01
    /// signal and 0.1 background events; scan of 100 cuts from 0 to 8.
    pub fn exponential(seed: u64) -> Self {
        let training = TrainingOptions {
            method: Method::Adam,
            steps: 10_000,
            learning_rate: Schedule::Constant { value: 0.01 },
            hardness: Schedule::Constant { value: 2.7 },
            stopping: StoppingRules { gradient_tolerance: 1e-6, ..StoppingRules::default() },
            ..TrainingOptions::default()
        };
        let problem = ProblemOptions {
            loss: Loss::Reciprocal,
            signal_offset: 0.01,
            background_offset: 0.1,
            ..unit()
        };
        Self {
            toy: exponential_bump(seed),
            cuts: vec![Cut::at("x", Keep::Above, 6.0)],
            problem,
            descent: DescentOptions {
                training,
                refine: None,
                scan: Some(ScanRange { low: 0.0, high: 8.0, points: 100 }),
            },
        }
    }

    /// A data set of the comparison of metrics (0 to 4): Adam from 50 while the slope grows from
    /// 0.1 to 1, 5, 0.5, 5 and 1 for the five, one event of background as offset; scan of the cuts
    /// 1 to 99.
    ///
    /// # Panics
    /// Where `index` is above 4.
    pub fn metrics(seed: u64, index: usize) -> Self {
        let slope = [1.0, 5.0, 0.5, 5.0, 1.0][index];
        let training = TrainingOptions {
            method: Method::Adam,
            steps: 400,
            learning_rate: Schedule::Cosine { from: 1.0, to: 0.01 },
            hardness: Schedule::Exponential { from: 0.1, to: slope },
            ..TrainingOptions::default()
        };
        let [a, b, c, d, e] = metrics(seed);
        Self {
            toy: [a, b, c, d, e].into_iter().nth(index).expect("one of five"),
            cuts: vec![Cut::at("x", Keep::Above, 50.0)],
            problem: ProblemOptions { background_offset: 1.0, ..unit() },
            descent: DescentOptions {
                training,
                refine: None,
                scan: Some(ScanRange { low: 1.0, high: 99.0, points: 99 }),
            },
        }
    }

    fn many_columns(toy: ManyColumns, seed: u64, slope: f64) -> Self {
        let training = TrainingOptions {
            steps: 200,
            learning_rate: Schedule::Cosine { from: 0.1, to: 0.002 },
            hardness: Schedule::Exponential { from: 2.0, to: slope },
            ..DescentOptions::default().training
        };
        let keep = |shift: &f64| if *shift > 0.0 { Keep::Above } else { Keep::Below };
        let cuts =
            (1..).zip(&toy.shifts).map(|(j, shift)| Cut::loose(&format!("x{j}"), keep(shift)));
        Self {
            cuts: cuts.collect(),
            toy: toy.draw(seed),
            problem: ProblemOptions { background_offset: 30.0, ..ProblemOptions::default() },
            descent: DescentOptions { training, ..DescentOptions::default() },
        }
    }

    /// Five correlated columns ([`ManyColumns::five`]), each with a cut; 30 background events,
    /// which no cut removes, as offset; slope from 2 to 6.
    pub fn five_columns(seed: u64) -> Self {
        Self::many_columns(ManyColumns::five(), seed, 6.0)
    }

    /// Twenty columns ([`ManyColumns::twenty`]), each with a cut; offset as for five; slope from 2
    /// to 15, because twenty soft cuts blur more than five.
    pub fn twenty_columns(seed: u64) -> Self {
        Self::many_columns(ManyColumns::twenty(), seed, 15.0)
    }
}
