//! A workspace's numbers, list by list: their positions, their names, and how they are replaced.
//!
//! Enters: a position. Leaves: the numbers there, its JSON pointer, its name; or the workspace with
//! other numbers there. Every type of modifier defines in one place which lists it has
//! ([`ModifierData::lists`](super::ModifierData::lists)).

use serde_json::Value;

use super::error::WorkspaceError;
use super::json::Node;
use super::modifiers::{self, ModifierData, NumbersKey};
use super::workspace::{Sample, Workspace, check_counts};

/// The position of a list of numbers, given by indices in the file's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumbersPlace {
    /// A sample's nominal yields, in events.
    Nominal {
        /// The channel.
        channel: usize,
        /// The sample in its channel.
        sample: usize,
    },
    /// A list of a modifier.
    Modifier {
        /// The channel.
        channel: usize,
        /// The sample in its channel.
        sample: usize,
        /// The modifier in its sample.
        modifier: usize,
        /// The list in [`ModifierData::lists`](super::ModifierData::lists).
        list: usize,
    },
    /// A channel's observed counts.
    Observation(usize),
}

/// A JSON pointer (RFC 6901), whose parts may contain separators.
pub fn json_pointer<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let escape = |part: &str| part.replace('~', "~0").replace('/', "~1");
    parts.into_iter().map(|part| format!("/{}", escape(part))).collect()
}

/// The entry of a place in a workspace's JSON.
fn entry_mut(json: &mut Value, place: NumbersPlace, key: NumbersKey) -> &mut Value {
    match place {
        NumbersPlace::Nominal { channel, sample } => {
            &mut json["channels"][channel]["samples"][sample]["data"]
        }
        NumbersPlace::Modifier { channel, sample, modifier, .. } => {
            let sample = &mut json["channels"][channel]["samples"][sample];
            let data = &mut sample["modifiers"][modifier]["data"];
            match key.name() {
                None => data,
                Some(key) => &mut data[key],
            }
        }
        NumbersPlace::Observation(i) => &mut json["observations"][i]["data"],
    }
}

impl Workspace {
    fn sample(&self, channel: usize, sample: usize) -> &Sample {
        &self.channels[channel].samples[sample]
    }

    fn key(&self, place: NumbersPlace) -> NumbersKey {
        match place {
            NumbersPlace::Modifier { channel, sample, modifier, list } => {
                self.sample(channel, sample).modifiers[modifier].data.lists()[list].0
            }
            NumbersPlace::Nominal { .. } | NumbersPlace::Observation(_) => NumbersKey::Whole,
        }
    }

    /// The numbers at a position.
    ///
    /// # Panics
    /// Where the position belongs to another workspace.
    pub fn numbers(&self, place: NumbersPlace) -> &[f64] {
        match place {
            NumbersPlace::Nominal { channel, sample } => &self.sample(channel, sample).data,
            NumbersPlace::Modifier { channel, sample, modifier, list } => {
                self.sample(channel, sample).modifiers[modifier].data.lists()[list].1
            }
            NumbersPlace::Observation(i) => &self.observations[i].data,
        }
    }

    /// The position as a JSON pointer into the file.
    ///
    /// # Panics
    /// Where the position belongs to another workspace.
    pub fn numbers_pointer(&self, place: NumbersPlace) -> String {
        match place {
            NumbersPlace::Nominal { channel, sample } => {
                format!("/channels/{channel}/samples/{sample}/data")
            }
            NumbersPlace::Modifier { channel, sample, modifier, .. } => {
                let key = self.key(place).name().map(|key| format!("/{key}"));
                let path = format!("/channels/{channel}/samples/{sample}/modifiers/{modifier}");
                path + "/data" + &key.unwrap_or_default()
            }
            NumbersPlace::Observation(i) => format!("/observations/{i}/data"),
        }
    }

    /// The name of each number at a position: a pointer with names in place of indices, such as
    /// `/channels/SR/background/scale/normsys/hi` or `/observations/SR/0`.
    ///
    /// # Panics
    /// Where the position belongs to another workspace.
    pub fn number_names(&self, place: NumbersPlace) -> Vec<String> {
        let path = match place {
            NumbersPlace::Nominal { channel, sample } => {
                let channel = &self.channels[channel];
                json_pointer(["channels", &channel.name, &channel.samples[sample].name, "data"])
            }
            NumbersPlace::Modifier { channel, sample, modifier, .. } => {
                let channel = &self.channels[channel];
                let sample = &channel.samples[sample];
                let modifier = &sample.modifiers[modifier];
                let kind = modifier.data.type_name();
                let parts = ["channels", &channel.name, &sample.name, &modifier.name, kind];
                json_pointer(parts.into_iter().chain(self.key(place).name()))
            }
            NumbersPlace::Observation(i) => {
                json_pointer(["observations", &self.observations[i].name])
            }
        };
        match self.key(place) {
            NumbersKey::Number(_) => vec![path],
            _ => (0..self.numbers(place).len()).map(|i| format!("{path}/{i}")).collect(),
        }
    }

    /// Writes numbers to a place of a document that has this workspace's shape.
    ///
    /// # Panics
    /// Where it has another shape.
    pub fn write_numbers(&self, json: &mut Value, place: NumbersPlace, numbers: &[f64]) {
        let key = self.key(place);
        *entry_mut(json, place, key) = key.to_json(numbers);
    }

    /// A modifier's data with one list replaced, read and checked again.
    fn data_with(
        &self,
        (channel, sample, modifier): (usize, usize, usize),
        key: NumbersKey,
        value: &Value,
    ) -> Result<ModifierData, WorkspaceError> {
        let path = format!("/channels/{channel}/samples/{sample}/modifiers/{modifier}/data");
        let mut json = self.json.pointer(&path).expect("the workspace was read from this").clone();
        match key.name() {
            None => json.clone_from(value),
            Some(key) => json[key].clone_from(value),
        }
        let sample = self.sample(channel, sample);
        let present = &sample.modifiers[modifier].data;
        modifiers::read_again(present, &Node { value: &json, path }, sample.data.len())
    }

    /// Replaces the numbers at a position, in the JSON too.
    ///
    /// # Errors
    /// The errors of reading a workspace with these numbers, including
    /// [`WorkspaceError::NotFinite`] and [`WorkspaceError::WrongLength`]; the workspace is then
    /// unchanged.
    ///
    /// # Panics
    /// Where the position belongs to another workspace.
    pub fn set_numbers(
        &mut self,
        place: NumbersPlace,
        numbers: &[f64],
    ) -> Result<(), WorkspaceError> {
        let path = self.numbers_pointer(place);
        if let Some(i) = numbers.iter().position(|number| !number.is_finite()) {
            let path = format!("{path}/{i}");
            return Err(WorkspaceError::NotFinite { path, found: numbers[i] });
        }
        let (expected, found) = (self.numbers(place).len(), numbers.len());
        if found != expected {
            return Err(WorkspaceError::WrongLength { path, expected, found });
        }
        let value = self.key(place).to_json(numbers);
        match place {
            NumbersPlace::Nominal { channel, sample } => {
                self.channels[channel].samples[sample].data.copy_from_slice(numbers);
            }
            NumbersPlace::Modifier { channel, sample, modifier, .. } => {
                let data = self.data_with((channel, sample, modifier), self.key(place), &value)?;
                let sample = &mut self.channels[channel].samples[sample];
                sample.modifiers[modifier].data = data;
            }
            NumbersPlace::Observation(i) => {
                check_counts(&Node { value: &value, path: path.clone() }, numbers)?;
                self.observations[i].data.copy_from_slice(numbers);
            }
        }
        let key = self.key(place);
        *entry_mut(&mut self.json, place, key) = value;
        Ok(())
    }
}
