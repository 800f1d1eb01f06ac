//! A HistFactory workspace: checked, but not yet a model.
//!
//! Enters: JSON text in pyhf's format (schema 1.0.0), patches. Leaves: [`Workspace`], whose
//! channels, samples, modifiers, observations and measurements are consistent: every array fits its
//! channel, every name is unique where it must be, every number is finite. Properties that involve
//! several of them (shared parameters, a measurement's overrides) are checked when a model is
//! compiled.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::error::WorkspaceError;
use super::json::Node;
use super::modifiers::{self, Modifier};
use super::parameters::ParameterOverride;

/// A region of the analysis: its samples share a binning.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Unique in the workspace.
    pub name: String,
    /// At least one.
    pub samples: Vec<Sample>,
}

/// A physics process in a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Unique in its channel.
    pub name: String,
    /// Nominal yields, in events, one per bin.
    pub data: Vec<f64>,
    /// What changes the yields.
    pub modifiers: Vec<Modifier>,
}

/// The observed counts of a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The channel's name.
    pub name: String,
    /// Observed counts, one per bin.
    pub data: Vec<f64>,
}

/// A parameter of interest and settings of parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Unique in the workspace.
    pub name: String,
    /// The parameter of interest.
    pub poi: String,
    /// Settings that replace the modifiers' defaults.
    pub parameters: Vec<ParameterOverride>,
}

/// A checked HistFactory workspace.
#[derive(Clone, Debug, PartialEq)]
pub struct Workspace {
    pub(super) channels: Vec<Channel>,
    pub(super) observations: Vec<Observation>,
    pub(super) measurements: Vec<Measurement>,
    pub(super) json: Value,
}

fn check_unique(
    nodes: &[Node],
    kind: &'static str,
    names: impl Iterator<Item = String>,
) -> Result<(), WorkspaceError> {
    let mut seen = HashSet::new();
    for (node, name) in nodes.iter().zip(names) {
        if !seen.insert(name.clone()) {
            return Err(WorkspaceError::DuplicateName { path: node.path.clone(), kind, name });
        }
    }
    Ok(())
}

fn read_sample(node: &Node, bins: Option<usize>) -> Result<Sample, WorkspaceError> {
    node.only(&["name", "data", "modifiers"])?;
    let name = node.field("name")?.text()?.to_owned();
    let data = match bins {
        None => node.field("data")?.numbers()?,
        Some(bins) => node.field("data")?.numbers_per_bin(bins)?,
    };
    let nodes = node.field("modifiers")?.items()?;
    let modifiers = nodes.iter().map(|node| modifiers::read(node, data.len()));
    let modifiers = modifiers.collect::<Result<Vec<_>, _>>()?;
    let keys = modifiers.iter().map(|m| format!("{} ({})", m.name, m.data.type_name()));
    check_unique(&nodes, "modifier", keys)?;
    Ok(Sample { name, data, modifiers })
}

fn read_channel(node: &Node) -> Result<Channel, WorkspaceError> {
    node.only(&["name", "samples"])?;
    let name = node.field("name")?.text()?.to_owned();
    let nodes = node.field("samples")?.some_items()?;
    let mut samples: Vec<Sample> = Vec::with_capacity(nodes.len());
    for node in &nodes {
        samples.push(read_sample(node, samples.first().map(|sample| sample.data.len()))?);
    }
    check_unique(&nodes, "sample", samples.iter().map(|sample| sample.name.clone()))?;
    Ok(Channel { name, samples })
}

fn read_observation(node: &Node, channels: &[Channel]) -> Result<Observation, WorkspaceError> {
    node.only(&["name", "data"])?;
    let name = node.field("name")?.text()?.to_owned();
    let data_node = node.field("data")?;
    // Published patches remove channels but leave their observations, which have no effect.
    let data = match channels.iter().find(|channel| channel.name == name) {
        Some(channel) => data_node.numbers_per_bin(channel.samples[0].data.len())?,
        None => data_node.numbers()?,
    };
    check_counts(&data_node, &data)?;
    Ok(Observation { name, data })
}

/// Refuses observed counts below 0.
pub(super) fn check_counts(node: &Node, counts: &[f64]) -> Result<(), WorkspaceError> {
    match counts.iter().enumerate().find(|(_, count)| **count < 0.0) {
        None => Ok(()),
        Some((i, &found)) => {
            let path = format!("{}/{i}", node.path);
            Err(WorkspaceError::NegativeCount { path, found })
        }
    }
}

fn read_measurement(node: &Node) -> Result<Measurement, WorkspaceError> {
    node.only(&["name", "config"])?;
    let config = node.field("config")?;
    config.only(&["poi", "parameters"])?;
    let nodes = config.field("parameters")?.items()?;
    let parameters = nodes.iter().map(ParameterOverride::read).collect::<Result<Vec<_>, _>>()?;
    check_unique(&nodes, "parameter", parameters.iter().map(|p| p.name.clone()))?;
    let name = node.field("name")?.text()?.to_owned();
    Ok(Measurement { name, poi: config.field("poi")?.text()?.to_owned(), parameters })
}

impl Workspace {
    /// Reads and checks a workspace from JSON text.
    ///
    /// # Errors
    /// [`WorkspaceError`] with the position of the first error.
    pub fn from_text(text: &str) -> Result<Self, WorkspaceError> {
        Self::from_json(super::patch::parse(text)?)
    }

    /// Checks a workspace that is already JSON, for example after patches.
    ///
    /// # Errors
    /// As [`Workspace::from_text`].
    pub fn from_json(json: Value) -> Result<Self, WorkspaceError> {
        let root = Node::root(&json);
        root.only(&["channels", "measurements", "observations", "version"])?;
        let version = root.field("version")?.text()?;
        if version != "1.0.0" {
            return Err(WorkspaceError::Version { found: version.to_owned() });
        }
        let nodes = root.field("channels")?.some_items()?;
        let channels = nodes.iter().map(read_channel).collect::<Result<Vec<_>, _>>()?;
        check_unique(&nodes, "channel", channels.iter().map(|c| c.name.clone()))?;

        let nodes = root.field("observations")?.some_items()?;
        let observations = nodes.iter().map(|node| read_observation(node, &channels));
        let observations = observations.collect::<Result<Vec<_>, _>>()?;
        check_unique(&nodes, "observation", observations.iter().map(|o| o.name.clone()))?;
        let observed = |channel: &&Channel| observations.iter().any(|o| o.name == channel.name);
        if let Some(channel) = channels.iter().find(|channel| !observed(channel)) {
            return Err(WorkspaceError::MissingObservation { channel: channel.name.clone() });
        }

        let nodes = root.field("measurements")?.some_items()?;
        let measurements = nodes.iter().map(read_measurement).collect::<Result<Vec<_>, _>>()?;
        check_unique(&nodes, "measurement", measurements.iter().map(|m| m.name.clone()))?;
        Ok(Self { channels, observations, measurements, json })
    }

    /// The workspace as JSON, as it was read.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Channels in the file's order.
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// Observations in the file's order.
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// Measurements in the file's order.
    pub fn measurements(&self) -> &[Measurement] {
        &self.measurements
    }

    /// The index of the measurement with the given name, or of the first if none is given.
    ///
    /// # Errors
    /// [`WorkspaceError::UnknownMeasurement`], which lists the existing ones.
    pub fn measurement_index(&self, name: Option<&str>) -> Result<usize, WorkspaceError> {
        let Some(name) = name else { return Ok(0) };
        let known = || self.measurements.iter().map(|m| m.name.as_str()).collect::<Vec<_>>();
        self.measurements.iter().position(|m| m.name == name).ok_or_else(|| {
            WorkspaceError::UnknownMeasurement { name: name.to_owned(), known: known().join(", ") }
        })
    }

    /// The workspace with other bounds of the parameter of interest in one measurement (the first
    /// if none is named); its other settings stay.
    ///
    /// # Errors
    /// [`WorkspaceError`] where no measurement has that name; invalid bounds are detected when the
    /// model is made.
    pub fn with_poi_bounds(
        &self,
        measurement: Option<&str>,
        (lower, upper): (f64, f64),
    ) -> Result<Self, WorkspaceError> {
        let index = self.measurement_index(measurement)?;
        let mut json = self.json.clone();
        let config = &mut json["measurements"][index]["config"];
        let (poi, bounds) = (config["poi"].clone(), json!([[lower, upper]]));
        let settings = config["parameters"].as_array_mut();
        let settings = settings.expect("a checked workspace has the list");
        match settings.iter_mut().find(|entry| entry["name"] == poi) {
            Some(entry) => entry["bounds"] = bounds,
            None => settings.push(json!({ "name": poi, "bounds": bounds })),
        }
        Self::from_json(json)
    }
}
