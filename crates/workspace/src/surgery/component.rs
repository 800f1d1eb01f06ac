//! The components of a workspace that have names.

use std::collections::BTreeSet;

use super::SurgeryError;
use crate::workspace::Workspace;
use diffhep_names::named;

/// How many names a message lists before it counts the rest.
const LISTED: usize = 20;

/// A kind of component identified by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// A channel, together with its observation.
    Channel,
    /// A sample, in every channel with one of this name.
    Sample,
    /// A modifier, in every sample with one of this name.
    Modifier,
    /// A type of modifiers.
    ModifierType,
    /// A measurement.
    Measurement,
}

impl Component {
    /// Every kind and its name.
    pub const TABLE: [(&'static str, Self); 5] = [
        ("channel", Self::Channel),
        ("sample", Self::Sample),
        ("modifier", Self::Modifier),
        ("modifier type", Self::ModifierType),
        ("measurement", Self::Measurement),
    ];

    /// The names that a workspace has, sorted.
    fn names(self, workspace: &Workspace) -> BTreeSet<&str> {
        let samples = || workspace.channels().iter().flat_map(|channel| &channel.samples);
        let modifiers = || samples().flat_map(|sample| &sample.modifiers);
        match self {
            Self::Channel => {
                workspace.channels().iter().map(|channel| channel.name.as_str()).collect()
            }
            Self::Sample => samples().map(|sample| sample.name.as_str()).collect(),
            Self::Modifier => modifiers().map(|modifier| modifier.name.as_str()).collect(),
            Self::ModifierType => modifiers().map(|modifier| modifier.data.type_name()).collect(),
            Self::Measurement => workspace
                .measurements()
                .iter()
                .map(|measurement| measurement.name.as_str())
                .collect(),
        }
    }

    /// Refuses names that a workspace does not have.
    pub(super) fn check<'a>(
        self,
        workspace: &Workspace,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), SurgeryError> {
        let known = self.names(workspace);
        match names.into_iter().find(|name| !known.contains(name)) {
            None => Ok(()),
            Some(name) => Err(SurgeryError::UnknownName {
                kind: self,
                name: name.to_owned(),
                known: listed(&known),
            }),
        }
    }
}

named!(Component, "kind of component");

/// The first names and how many more there are.
fn listed(names: &BTreeSet<&str>) -> String {
    let first: Vec<&str> = names.iter().take(LISTED).copied().collect();
    let rest = names.len() - first.len();
    match (first.is_empty(), rest) {
        (true, _) => "none".to_owned(),
        (_, 0) => first.join(", "),
        _ => format!("{} and {rest} more", first.join(", ")),
    }
}
