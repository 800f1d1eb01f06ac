//! Computes p0 and CLs of binned processes with a HistFactory model.
//!
//! The model has one channel. All signals are scaled together by `mu`. If requested, a background
//! has a `normsys` of the relative uncertainty (one nuisance parameter, `background_normalisation`,
//! for all backgrounds), a `staterror` of the simulation's statistical uncertainty, and a
//! `histosys` for each of its shape systematics. The observations are the sum of the backgrounds,
//! because only expected p-values are computed. Bins without background are left out of the model,
//! because their rates would lie on the edge of its domain.

use serde_json::{Value, json};

use super::options::BinningOptions;
use super::processes::{Processes, Shape, sum_of};
use super::significance::is_empty;
use crate::histfactory::{ModifierData, SampleGradient, WorkspaceGradient};
use crate::kernels::selection::Yield;

fn sums(bins: &[Yield]) -> Vec<f64> {
    bins.iter().map(|bin| bin.sum).collect()
}

const SIGNAL_STRENGTH: &str = "mu";
const NORMALISATION: &str = "background_normalisation";
const STATISTICS: &str = "simulation_statistics";
/// Names that shape systematics must not use.
pub(super) const RESERVED: [&str; 3] = [SIGNAL_STRENGTH, NORMALISATION, STATISTICS];

/// Fraction of the total background below which a bin counts as empty. The variations of so small a
/// background can exceed it many times over, and a rate that they drive negative would pin their
/// nuisance parameter at 0.
const NO_SHARE: f64 = 1e-9;

/// Indices of the bins that have a background.
pub(super) fn filled(processes: &Processes, yields: &[Vec<Yield>]) -> Vec<usize> {
    let signal = sum_of(&yields[processes.signals()]);
    let background = processes.total_background(yields);
    let least = NO_SHARE * background.iter().map(|bin| bin.sum).sum::<f64>();
    let is_filled = |k: &usize| {
        let b = background[*k].sum;
        b > least && !is_empty(signal[*k].sum, b)
    };
    (0..background.len()).filter(is_filled).collect()
}

/// The modifiers of a background.
fn modifiers(
    options: &BinningOptions,
    yields: &[Vec<Yield>],
    background: &[Yield],
    shapes: &[Shape],
) -> Value {
    let mut modifiers = Vec::new();
    let relative = options.uncertainty.relative;
    if relative > 0.0 {
        let data = json!({ "hi": 1.0 + relative, "lo": 1.0 - relative });
        modifiers.push(json!({ "name": NORMALISATION, "type": "normsys", "data": data }));
    }
    if options.uncertainty.simulation {
        let data: Vec<f64> = background.iter().map(|bin| bin.squares.sqrt()).collect();
        modifiers.push(json!({ "name": STATISTICS, "type": "staterror", "data": data }));
    }
    for Shape { name, up, down } in shapes {
        let data = json!({ "hi_data": sums(&yields[*up]), "lo_data": sums(&yields[*down]) });
        modifiers.push(json!({ "name": name, "type": "histosys", "data": data }));
    }
    modifiers.into()
}

/// The workspace of yields, in pyhf's JSON.
pub(super) fn workspace(
    options: &BinningOptions,
    processes: &Processes,
    yields: &[Vec<Yield>],
) -> Value {
    let signal = |i: usize| {
        json!({
            "name": processes.names[i],
            "data": sums(&yields[i]),
            "modifiers": [{ "name": SIGNAL_STRENGTH, "type": "normfactor", "data": null }],
        })
    };
    let background = |(i, shapes): (usize, &Vec<Shape>)| {
        json!({
            "name": processes.names[i],
            "data": sums(&yields[i]),
            "modifiers": modifiers(options, yields, &yields[i], shapes),
        })
    };
    let backgrounds = processes.backgrounds().zip(&processes.shapes).map(background);
    let samples: Vec<Value> = processes.signals().map(signal).chain(backgrounds).collect();
    let observed = sums(&processes.total_background(yields));
    json!({
        "version": "1.0.0",
        "channels": [{ "name": "binning", "samples": samples }],
        "observations": [{ "name": "binning", "data": observed }],
        "measurements": [{ "name": "expected", "config": { "poi": SIGNAL_STRENGTH, "parameters": [] } }],
    })
}

fn add(slopes: &mut [Yield], by_sum: &[f64]) {
    slopes.iter_mut().zip(by_sum).for_each(|(slope, by_sum)| slope.sum += by_sum);
}

/// Adds a background's derivatives to the slopes of its yields and variations.
fn add_background(
    gradient: &SampleGradient,
    i: usize,
    shapes: &[Shape],
    yields: &[Vec<Yield>],
    slopes: &mut [Vec<Yield>],
) {
    add(&mut slopes[i], &gradient.data);
    let mut shapes = shapes.iter();
    for modifier in &gradient.modifiers {
        match modifier {
            ModifierData::Staterror(by_width) => {
                for (k, by_width) in by_width.iter().enumerate() {
                    let width = yields[i][k].squares.sqrt();
                    if width > 0.0 {
                        slopes[i][k].squares += by_width / (2.0 * width);
                    }
                }
            }
            ModifierData::Histosys { lo, hi } => {
                let shape = shapes.next().expect("a histosys a shape");
                add(&mut slopes[shape.up], hi);
                add(&mut slopes[shape.down], lo);
            }
            _ => (),
        }
    }
}

/// The derivatives with respect to the yields, from those with respect to the workspace.
pub(super) fn slopes_of(
    gradient: &WorkspaceGradient,
    processes: &Processes,
    yields: &[Vec<Yield>],
) -> Vec<Vec<Yield>> {
    let mut slopes = vec![vec![Yield::default(); yields[0].len()]; yields.len()];
    let samples = &gradient.channels[0];
    for i in processes.signals() {
        add(&mut slopes[i], &samples[i].data);
    }
    for (i, shapes) in processes.backgrounds().zip(&processes.shapes) {
        add_background(&samples[i], i, shapes, yields, &mut slopes);
        add(&mut slopes[i], &gradient.observations[0]);
    }
    slopes
}
