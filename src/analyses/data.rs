//! The processes of an analysis.

use crate::events::EventSample;

/// A process, with the name used for it in results.
#[derive(Clone, Debug)]
pub struct NamedSample<'a> {
    /// Unique among the processes.
    pub name: String,
    /// Its events.
    pub sample: &'a EventSample,
}

/// A systematic that changes a background's events, given with its nuisance parameter at +1 and -1.
///
/// Variations of the same name in several backgrounds share the nuisance parameter.
#[derive(Clone, Debug)]
pub struct ShapeVariation<'a> {
    /// The nuisance parameter's name.
    pub name: String,
    /// Events at +1.
    pub up: &'a EventSample,
    /// Events at -1.
    pub down: &'a EventSample,
}

/// A background and its systematics.
#[derive(Clone, Debug)]
pub struct Background<'a> {
    /// Nominal events.
    pub nominal: NamedSample<'a>,
    /// Shape systematics, which p0 and CLs profile and Asimov significances ignore.
    pub shapes: Vec<ShapeVariation<'a>>,
}

/// At least one signal and at least one background.
#[derive(Clone, Debug, Default)]
pub struct ProcessData<'a> {
    /// Signals.
    pub signals: Vec<NamedSample<'a>>,
    /// Backgrounds.
    pub backgrounds: Vec<Background<'a>>,
}

impl<'a> ProcessData<'a> {
    /// The same processes without their shape systematics.
    pub(super) fn without_shapes(&self) -> Self {
        let mut data = self.clone();
        data.backgrounds.iter_mut().for_each(|background| background.shapes.clear());
        data
    }

    /// Every sample: signals, backgrounds, then the variations of each background, up before down.
    pub(super) fn samples(&self) -> Vec<&'a EventSample> {
        let signals = self.signals.iter().map(|signal| signal.sample);
        let backgrounds = self.backgrounds.iter().map(|background| background.nominal.sample);
        let shapes = self.backgrounds.iter().flat_map(|background| &background.shapes);
        let shapes = shapes.flat_map(|shape| [shape.up, shape.down]);
        signals.chain(backgrounds).chain(shapes).collect()
    }

    /// Names of signals and backgrounds.
    pub fn names(&self) -> Vec<String> {
        let signals = self.signals.iter().map(|signal| &signal.name);
        let backgrounds = self.backgrounds.iter().map(|background| &background.nominal.name);
        signals.chain(backgrounds).cloned().collect()
    }
}
