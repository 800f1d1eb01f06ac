//! Where events come from and where their histograms go.
//!
//! Enters: processes, or any workspace as a template with the samples that populate it. Leaves: a
//! list of sources, each of which is a sample of events with the slot of its histogram in one
//! workspace.

use serde_json::{Value, json};

use super::error::ObservableError;
use crate::analyses::{Background, ProcessData, ShapeVariation};
use crate::events::EventSample;
use crate::histfactory::{Workspace, WorkspaceModel, YieldSlot};
use crate::inference::InferenceError;

/// The parameter of interest of a model built from processes.
const SIGNAL_STRENGTH: &str = "mu";
/// The only channel of such a model.
const CHANNEL: &str = "observable";

/// The role of a source in the cross-entropy and for the background floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Signal,
    Background,
    /// A variation of the nominal source at index `of`.
    Variation {
        of: usize,
    },
}

/// A sample of events and the slot of its histogram.
#[derive(Clone, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) name: String,
    pub(super) events: &'a EventSample,
    pub(crate) role: Role,
    pub(super) slot: YieldSlot,
    /// The index of the source whose split and batches are shared: the source itself, or the
    /// nominal source of a variation. A variation by weights is thus never tested on events that
    /// were trained on.
    pub(super) nominal: usize,
}

/// Whether a source is a signal, or a variation of one.
pub(super) fn is_signal(sources: &[Source], source: usize) -> bool {
    match sources[source].role {
        Role::Signal => true,
        Role::Background => false,
        Role::Variation { of } => sources[of].role == Role::Signal,
    }
}

/// A sample of a template that events populate.
#[derive(Clone, Debug)]
pub struct TemplateFill<'a> {
    /// The channel.
    pub channel: String,
    /// The sample: a signal if the parameter of interest scales it, else a background.
    pub sample: String,
    /// Its events; the sum of their weights is the yield.
    pub events: &'a EventSample,
    /// Events of its `histosys` modifiers, by their names; others stay as they are.
    pub variations: Vec<ShapeVariation<'a>>,
}

/// A workspace whose yields come from events.
#[derive(Clone, Debug)]
pub struct ObservableModel<'a> {
    pub(super) workspace: Workspace,
    pub(crate) sources: Vec<Source<'a>>,
}

impl<'a> ObservableModel<'a> {
    /// Builds a model of one channel: signals scaled together by `mu`, and backgrounds with a
    /// `histosys` for each of their shape variations.
    ///
    /// # Errors
    /// [`ObservableError`] if a process is missing or a name is used twice.
    pub fn of_processes(data: &ProcessData<'a>, bins: usize) -> Result<Self, ObservableError> {
        check_names(data)?;
        let workspace = Workspace::from_json(processes_json(data, bins))?;
        let mut fills = Vec::new();
        for signal in &data.signals {
            fills.push(TemplateFill {
                channel: CHANNEL.to_owned(),
                sample: signal.name.clone(),
                events: signal.sample,
                variations: Vec::new(),
            });
        }
        for Background { nominal, shapes } in &data.backgrounds {
            fills.push(TemplateFill {
                channel: CHANNEL.to_owned(),
                sample: nominal.name.clone(),
                events: nominal.sample,
                variations: shapes.clone(),
            });
        }
        Self::of_template(workspace, &fills)
    }

    /// Takes a workspace as a template and populates some of its samples; the rest is unchanged.
    ///
    /// # Errors
    /// [`ObservableError`] if the template lacks a channel, sample or `histosys`, or if no signal
    /// or no background is populated.
    pub fn of_template(
        workspace: Workspace,
        fills: &[TemplateFill<'a>],
    ) -> Result<Self, ObservableError> {
        let poi = workspace.measurements().first().map(|m| m.poi.clone()).unwrap_or_default();
        let mut sources: Vec<Source> = Vec::new();
        for fill in fills {
            let TemplateFill { channel, sample, events, variations } = fill;
            let slot = workspace.nominal_slot(channel, sample)?;
            let is_signal = workspace.is_scaled_by(slot, &poi);
            let nominal = sources.len();
            let role = if is_signal { Role::Signal } else { Role::Background };
            // A sample that occurs in two channels makes two sources.
            let is_same = |other: &TemplateFill| other.sample == *sample;
            let is_shared = fills.iter().filter(|other| is_same(other)).count() > 1;
            let name = if is_shared { format!("{channel}/{sample}") } else { sample.clone() };
            sources.push(Source { name: name.clone(), events, role, slot, nominal });
            for ShapeVariation { name: shape, up, down } in variations {
                let slots = workspace.histosys_slots(channel, sample, shape)?;
                for (slot, (direction, events)) in
                    slots.into_iter().zip([("up", up), ("down", down)])
                {
                    let name = format!("{name} {shape} {direction}");
                    let role = Role::Variation { of: nominal };
                    sources.push(Source { name, events, role, slot, nominal });
                }
            }
            check_filled(&workspace, fill)?;
        }
        check_distinct(&sources)?;
        for (role, name) in [(Role::Signal, "signal"), (Role::Background, "background")] {
            if !sources.iter().any(|source| source.role == role) {
                return Err(ObservableError::NoProcess(name));
            }
        }
        Ok(Self { workspace, sources })
    }

    /// Names of the sources: samples, and their variations as `SAMPLE HISTOSYS up` and `down`; a
    /// sample that occurs in several channels is `CHANNEL/SAMPLE`.
    pub fn source_names(&self) -> Vec<&str> {
        self.sources.iter().map(|source| source.name.as_str()).collect()
    }

    /// The channel that a source populates.
    #[cfg(feature = "figures")]
    pub(crate) fn channel_of(&self, source: &Source) -> &str {
        self.workspace.channel_of(source.slot)
    }

    /// Checks that every populated channel has as many bins as the histograms.
    pub(super) fn check_bins(&self, bins: usize) -> Result<(), ObservableError> {
        for source in &self.sources {
            let found = self.workspace.yields(source.slot).len();
            if found != bins {
                let channel = self.workspace.channel_of(source.slot).to_owned();
                return Err(ObservableError::TemplateBins { channel, found, expected: bins });
            }
        }
        Ok(())
    }
}

/// Refuses to leave a `histosys` of a populated sample unchanged, because its yields belong to
/// another nominal.
fn check_filled(workspace: &Workspace, fill: &TemplateFill) -> Result<(), ObservableError> {
    let names = workspace.histosys_names(&fill.channel, &fill.sample)?;
    let is_filled = |name: &&str| fill.variations.iter().any(|shape| shape.name == **name);
    let missing: Vec<&str> = names.into_iter().filter(|name| !is_filled(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(ObservableError::UnfilledVariations {
        channel: fill.channel.clone(),
        sample: fill.sample.clone(),
        names: missing.join(", "),
    })
}

/// Refuses two sources that populate the same yields or have the same name.
fn check_distinct(sources: &[Source]) -> Result<(), ObservableError> {
    for (i, source) in sources.iter().enumerate() {
        let is_same = |other: &&Source| other.slot == source.slot || other.name == source.name;
        if let Some(other) = sources[..i].iter().find(is_same) {
            let (what, name) = ("filled samples or variations", other.name.clone());
            return Err(ObservableError::SameName { what, name });
        }
    }
    Ok(())
}

fn check_names(data: &ProcessData) -> Result<(), ObservableError> {
    let twice = |names: &[String]| {
        let repeated = |(i, name): &(usize, &String)| names[..*i].contains(*name);
        names.iter().enumerate().find(repeated).map(|(_, name)| name.clone())
    };
    if let Some(name) = twice(&data.names()) {
        return Err(ObservableError::SameName { what: "processes", name });
    }
    for background in &data.backgrounds {
        let names: Vec<String> = background.shapes.iter().map(|shape| shape.name.clone()).collect();
        if let Some(name) = twice(&names) {
            return Err(ObservableError::SameName { what: "shape systematics", name });
        }
        if let Some(name) =
            names.into_iter().find(|name| name.is_empty() || name == SIGNAL_STRENGTH)
        {
            return Err(ObservableError::Setting {
                name: "a shape systematic's name",
                found: format!("'{name}'"),
                expected: "a name that is neither empty nor 'mu', the signal strength",
            });
        }
    }
    Ok(())
}

/// The workspace of processes, with yields still to be populated.
fn processes_json(data: &ProcessData, bins: usize) -> Value {
    let ones = vec![1.0; bins];
    let signal = |name: &str| {
        let modifiers = json!([{ "name": SIGNAL_STRENGTH, "type": "normfactor", "data": null }]);
        json!({ "name": name, "data": ones, "modifiers": modifiers })
    };
    let histosys = |shape: &ShapeVariation| {
        let data = json!({ "hi_data": ones, "lo_data": ones });
        json!({ "name": shape.name, "type": "histosys", "data": data })
    };
    let background = |background: &Background| {
        let modifiers: Vec<Value> = background.shapes.iter().map(histosys).collect();
        json!({ "name": background.nominal.name, "data": ones, "modifiers": modifiers })
    };
    let signals = data.signals.iter().map(|process| signal(&process.name));
    let samples: Vec<Value> = signals.chain(data.backgrounds.iter().map(background)).collect();
    json!({
        "version": "1.0.0",
        "channels": [{ "name": CHANNEL, "samples": samples }],
        "observations": [{ "name": CHANNEL, "data": ones }],
        "measurements": [
            { "name": "expected", "config": { "poi": SIGNAL_STRENGTH, "parameters": [] } }
        ],
    })
}

/// Sets the observed counts of a workspace to its expected backgrounds.
pub(super) fn observe_background(workspace: &mut Workspace) -> Result<(), ObservableError> {
    let model = workspace.model()?;
    let mut parameters = model.suggested_init().to_vec();
    parameters[model.poi_index()] = 0.0;
    let expected = model.expected_data(&parameters).map_err(InferenceError::from)?;
    for channel in model.channels() {
        workspace.set_observation(&channel.name, &expected[channel.bins.clone()])?;
    }
    Ok(())
}
