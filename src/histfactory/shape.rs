//! The shape of a workspace's numbers, which its gradients have, and the one walk over them.
//!
//! The order is the file's: channels, samples, nominal yields, modifiers' data; observations; then
//! for each parameter set of the model its initial values, its bounds (lower and upper in turns),
//! auxiliary data, widths and factors.

use serde_json::{Value, json};

use super::{ModifierData, NumbersPlace, YieldSlot};

/// Derivatives with respect to a modifier's numbers, in their shape.
pub type ModifierGradient = ModifierData;

/// Derivatives with respect to a sample's numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleGradient {
    /// One a bin, per event of nominal yield.
    pub data: Vec<f64>,
    /// In the file's order.
    pub modifiers: Vec<ModifierGradient>,
}

/// Derivatives with respect to the numbers that define a parameter set, one per component.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterGradient {
    /// The set's name.
    pub name: String,
    /// Initial values: not 0 for parameters that are fixed at them, or where nominal Asimov data
    /// are made of them.
    pub inits: Vec<f64>,
    /// Lower and upper bounds: not 0 only where a fit stopped at one.
    pub bounds: Vec<(f64, f64)>,
    /// Auxiliary data, of a constrained parameter.
    pub auxdata: Option<Vec<f64>>,
    /// Widths, of a Normal constraint.
    pub sigmas: Option<Vec<f64>>,
    /// Factors, of a Poisson constraint.
    pub factors: Option<Vec<f64>>,
}

/// Derivatives with respect to every number of a workspace, in the file's order.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkspaceGradient {
    /// Channels, then samples.
    pub channels: Vec<Vec<SampleGradient>>,
    /// Observations, one list per channel.
    pub observations: Vec<Vec<f64>>,
    /// Parameter sets, in the model's order.
    pub parameters: Vec<ParameterGradient>,
    pub(super) measurement: usize,
}

/// Where a list of numbers is.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// In a channel or an observation.
    List(NumbersPlace),
    /// Among the measurement's settings of a parameter set.
    Setting { set: usize, key: &'static str },
}

pub(super) const BOUNDS: &str = "bounds";
pub(super) const AUXDATA: &str = "auxdata";

/// Shows every list of a gradient, or of the numbers themselves in its shape, in the flat order.
pub(super) fn visit(shape: &WorkspaceGradient, mut show: impl FnMut(Place, &[f64])) {
    for (channel, samples) in shape.channels.iter().enumerate() {
        for (sample, numbers) in samples.iter().enumerate() {
            show(Place::List(NumbersPlace::Nominal { channel, sample }), &numbers.data);
            for (modifier, data) in numbers.modifiers.iter().enumerate() {
                for (list, (_, numbers)) in data.lists().into_iter().enumerate() {
                    let place = NumbersPlace::Modifier { channel, sample, modifier, list };
                    show(Place::List(place), numbers);
                }
            }
        }
    }
    for (i, counts) in shape.observations.iter().enumerate() {
        show(Place::List(NumbersPlace::Observation(i)), counts);
    }
    for (set, numbers) in shape.parameters.iter().enumerate() {
        let ParameterGradient { inits, bounds, auxdata, sigmas, factors, .. } = numbers;
        show(Place::Setting { set, key: "inits" }, inits);
        let bounds: Vec<f64> = bounds.iter().flat_map(|(lower, upper)| [*lower, *upper]).collect();
        show(Place::Setting { set, key: BOUNDS }, &bounds);
        for (key, list) in [(AUXDATA, auxdata), ("sigmas", sigmas), ("factors", factors)] {
            if let Some(list) = list {
                show(Place::Setting { set, key }, list);
            }
        }
    }
}

impl WorkspaceGradient {
    /// Derivatives with respect to the yields of a slot.
    ///
    /// # Panics
    /// Where the slot is another workspace's.
    pub fn by_yields(&self, slot: YieldSlot) -> &[f64] {
        let sample = &self.channels[slot.channel][slot.sample];
        match slot.place() {
            NumbersPlace::Modifier { modifier, list, .. } => {
                sample.modifiers[modifier].lists()[list].1
            }
            NumbersPlace::Nominal { .. } | NumbersPlace::Observation(_) => &sample.data,
        }
    }

    /// The derivatives in the order of [`WorkspaceModel::inputs`](super::WorkspaceModel::inputs).
    pub fn flatten(&self) -> Vec<f64> {
        let mut out = Vec::new();
        visit(self, |_, list| out.extend_from_slice(list));
        out
    }
}

/// A number of a measurement's setting of a parameter; one that is missing is added if `adds`.
pub(super) fn setting_mut<'a>(
    json: &'a mut Value,
    measurement: usize,
    name: &str,
    key: &str,
    adds: bool,
) -> Option<&'a mut Value> {
    let settings = json["measurements"][measurement]["config"]["parameters"].as_array_mut();
    let settings = settings.expect("a checked measurement has a list");
    let found = settings.iter().position(|setting| setting["name"] == *name);
    if found.is_none() && adds {
        settings.push(json!({ "name": name }));
    }
    let last = settings.len().checked_sub(1).filter(|_| adds);
    let setting = &mut settings[found.or(last)?];
    if adds { Some(&mut setting[key]) } else { setting.get_mut(key) }
}

/// A setting's numbers as JSON: bounds in pairs.
pub(super) fn setting_json(key: &str, numbers: &[f64]) -> Value {
    match key {
        BOUNDS => numbers.chunks(2).map(|pair| json!(pair)).collect(),
        _ => json!(numbers),
    }
}
