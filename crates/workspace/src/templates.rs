//! Templates: workspaces whose yields are set by other code.
//!
//! Enters: the names of a channel, a sample and, for a variation, a `histosys`; then yields, any
//! number of times. Leaves: the same workspace with these yields.

use super::error::WorkspaceError;
use super::modifiers::ModifierData;
use super::numbers::NumbersPlace;
use super::workspace::{Sample, Workspace};

/// One of a sample's lists of yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum YieldPart {
    /// The nominal yields.
    Nominal,
    /// The `hi_data` of a modifier, by its index in the sample.
    Up(usize),
    /// The `lo_data`.
    Down(usize),
}

/// The position of a list of yields in a workspace, and in its gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct YieldSlot {
    /// The channel's index in the file.
    pub channel: usize,
    /// The sample's index in its channel.
    pub sample: usize,
    /// Which of its lists.
    pub part: YieldPart,
}

impl YieldSlot {
    /// The position of its numbers.
    pub fn place(self) -> NumbersPlace {
        let Self { channel, sample, part } = self;
        let of_histosys =
            |modifier, list| NumbersPlace::Modifier { channel, sample, modifier, list };
        match part {
            YieldPart::Nominal => NumbersPlace::Nominal { channel, sample },
            YieldPart::Down(m) => of_histosys(m, 0),
            YieldPart::Up(m) => of_histosys(m, 1),
        }
    }
}

/// The index of the item with a given name.
fn place<T>(
    items: &[T],
    name: &str,
    name_of: impl Fn(&T) -> &str,
    (kind, path): (&'static str, &str),
) -> Result<usize, WorkspaceError> {
    items.iter().position(|item| name_of(item) == name).ok_or_else(|| {
        let known = items.iter().map(&name_of).collect::<Vec<_>>().join(", ");
        let (path, name) = (path.to_owned(), name.to_owned());
        WorkspaceError::NoSuchTemplate { path, kind, name, known }
    })
}

impl Workspace {
    /// The nominal yields of a sample.
    ///
    /// # Errors
    /// [`WorkspaceError::NoSuchTemplate`], which lists the existing names.
    pub fn nominal_slot(&self, channel: &str, sample: &str) -> Result<YieldSlot, WorkspaceError> {
        let channel = place(&self.channels, channel, |c| &c.name, ("channel", "/channels"))?;
        let path = format!("/channels/{channel}/samples");
        let samples = &self.channels[channel].samples;
        let sample = place(samples, sample, |s| &s.name, ("sample", &path))?;
        Ok(YieldSlot { channel, sample, part: YieldPart::Nominal })
    }

    /// The yields of a sample's `histosys`, at +1 and at -1 of its nuisance parameter.
    ///
    /// # Errors
    /// [`WorkspaceError::NoSuchTemplate`], which lists the existing names.
    pub fn histosys_slots(
        &self,
        channel: &str,
        sample: &str,
        modifier: &str,
    ) -> Result<[YieldSlot; 2], WorkspaceError> {
        let slot = self.nominal_slot(channel, sample)?;
        let modifiers: Vec<(usize, &str)> = self
            .sample_of(slot)
            .modifiers
            .iter()
            .enumerate()
            .filter(|(_, m)| matches!(m.data, ModifierData::Histosys { .. }))
            .map(|(m, found)| (m, found.name.as_str()))
            .collect();
        let path = format!("/channels/{}/samples/{}/modifiers", slot.channel, slot.sample);
        let found = place(&modifiers, modifier, |m| m.1, ("histosys", &path))?;
        let m = modifiers[found].0;
        Ok([YieldPart::Up(m), YieldPart::Down(m)].map(|part| YieldSlot { part, ..slot }))
    }

    /// Names of a sample's `histosys` modifiers.
    ///
    /// # Errors
    /// [`WorkspaceError::NoSuchTemplate`], which lists the existing names.
    pub fn histosys_names(&self, channel: &str, sample: &str) -> Result<Vec<&str>, WorkspaceError> {
        let slot = self.nominal_slot(channel, sample)?;
        let modifiers = self.sample_of(slot).modifiers.iter();
        let names = modifiers.filter(|m| matches!(m.data, ModifierData::Histosys { .. }));
        Ok(names.map(|m| m.name.as_str()).collect())
    }

    fn sample_of(&self, slot: YieldSlot) -> &Sample {
        &self.channels[slot.channel].samples[slot.sample]
    }

    /// Name of a slot's channel.
    pub fn channel_of(&self, slot: YieldSlot) -> &str {
        &self.channels[slot.channel].name
    }

    /// Whether a parameter scales a slot's sample through a `normfactor` of that name.
    pub fn is_scaled_by(&self, slot: YieldSlot, parameter: &str) -> bool {
        let mut modifiers = self.sample_of(slot).modifiers.iter();
        modifiers.any(|m| m.name == parameter && matches!(m.data, ModifierData::Normfactor))
    }

    /// The yields of a slot, in events, one per bin.
    ///
    /// # Panics
    /// Where the slot belongs to another workspace.
    pub fn yields(&self, slot: YieldSlot) -> &[f64] {
        self.numbers(slot.place())
    }

    /// Replaces the yields of a slot, in the JSON too.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFinite`] where one is not finite, [`WorkspaceError::WrongLength`] where
    /// the number of bins differs.
    ///
    /// # Panics
    /// Where the slot belongs to another workspace.
    pub fn set_yields(&mut self, slot: YieldSlot, yields: &[f64]) -> Result<(), WorkspaceError> {
        self.set_numbers(slot.place(), yields)
    }

    /// Replaces the observed counts of a channel, in the JSON too.
    ///
    /// # Errors
    /// As [`Workspace::set_numbers`].
    ///
    /// # Panics
    /// Where there is no such channel.
    pub fn set_observation(&mut self, channel: &str, counts: &[f64]) -> Result<(), WorkspaceError> {
        let found = self.observations.iter().position(|o| o.name == channel);
        let found = found.expect("every channel has an observation");
        self.set_numbers(NumbersPlace::Observation(found), counts)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn template() -> Workspace {
        let sample = |name: &str, modifiers: Value| json!({ "name": name, "data": [1.0, 2.0], "modifiers": modifiers });
        let shape = json!([
            { "name": "norm", "type": "normsys", "data": { "lo": 0.9, "hi": 1.1 } },
            { "name": "shape", "type": "histosys", "data": { "lo_data": [3.0, 4.0], "hi_data": [5.0, 6.0] } },
        ]);
        let mu = json!([{ "name": "mu", "type": "normfactor", "data": null }]);
        Workspace::from_json(json!({
            "version": "1.0.0",
            "channels": [{ "name": "SR", "samples": [sample("s", mu), sample("b", shape)] }],
            "observations": [{ "name": "SR", "data": [3.0, 5.0] }],
            "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
        }))
        .expect("a workspace")
    }

    #[test]
    fn a_filled_template_is_the_workspace_of_its_json() {
        let mut workspace = template();
        let nominal = workspace.nominal_slot("SR", "b").expect("there");
        let [up, down] = workspace.histosys_slots("SR", "b", "shape").expect("there");
        assert_eq!(workspace.yields(up), [5.0, 6.0]);
        workspace.set_yields(nominal, &[10.0, 20.0]).expect("numbers");
        workspace.set_yields(up, &[11.0, 21.0]).expect("numbers");
        workspace.set_yields(down, &[9.0, 19.0]).expect("numbers");
        workspace.set_observation("SR", &[10.0, 20.0]).expect("numbers");
        let again = Workspace::from_json(workspace.json().clone()).expect("a workspace");
        assert_eq!(workspace, again);
        assert_eq!(again.yields(down), [9.0, 19.0]);
        assert!(workspace.is_scaled_by(workspace.nominal_slot("SR", "s").expect("there"), "mu"));
        assert!(!workspace.is_scaled_by(nominal, "mu"));
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_is() {
        let mut workspace = template();
        let message = |error: WorkspaceError| error.to_string();
        let found = message(workspace.nominal_slot("CR", "b").expect_err("missing"));
        assert!(found.contains("no channel named 'CR'") && found.contains("SR"), "{found}");
        let found = message(workspace.histosys_slots("SR", "b", "norm").expect_err("no histosys"));
        assert!(found.contains("no histosys named 'norm'") && found.contains("shape"), "{found}");
        let slot = workspace.nominal_slot("SR", "b").expect("there");
        let found = message(workspace.set_yields(slot, &[1.0, f64::NAN]).expect_err("NaN"));
        assert!(found.contains("/channels/0/samples/1/data/1"), "{found}");
    }
}
