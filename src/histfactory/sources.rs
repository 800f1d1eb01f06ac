//! Where a model's coefficients come from in its workspace, for the way back.

use super::{Channel, ModifierData};

/// A group's channel and sample, by their place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupSource {
    pub(super) channel: usize,
    pub(super) sample: usize,
}

/// A bin-wise modifier of a sample and the parameter of its first bin.
#[derive(Clone, Copy, Debug)]
pub(super) struct GammaSource {
    pub(super) source: GroupSource,
    pub(super) modifier: usize,
    pub(super) first: usize,
}

/// A bin of a `staterror` and the (sample, modifier) pairs that feed its width.
#[derive(Clone, Debug)]
pub(super) struct StaterrorBin {
    pub(super) channel: usize,
    pub(super) bin: usize,
    pub(super) samples: Vec<(usize, usize)>,
}

impl StaterrorBin {
    /// The samples' uncertainties and nominal yields in this bin, in events.
    pub(super) fn numbers(&self, channels: &[Channel]) -> (Vec<f64>, Vec<f64>) {
        let number = |&(sample, modifier): &(usize, usize)| {
            let sample = &channels[self.channel].samples[sample];
            match &sample.modifiers[modifier].data {
                ModifierData::Staterror(u) => (u[self.bin], sample.data[self.bin]),
                _ => unreachable!("only staterror modifiers are collected"),
            }
        };
        self.samples.iter().map(number).unzip()
    }
}

/// The places of everything that became a coefficient.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    /// The measurement's place in the file.
    pub(super) measurement: usize,
    /// Place of each group.
    pub(super) groups: Vec<GroupSource>,
    /// Modifier of each `histosys` entry, within its sample.
    pub(super) shift_modifier: Vec<u32>,
    /// Modifier of each `normsys` entry, within its sample.
    pub(super) norm_modifier: Vec<usize>,
    /// Every `shapesys`.
    pub(super) shapesys: Vec<GammaSource>,
    /// First parameter and bins of every `staterror`.
    pub(super) staterror: Vec<(usize, Vec<StaterrorBin>)>,
}
