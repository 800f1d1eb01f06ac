//! Combines two workspaces into one.

use serde_json::Value;

use super::{SurgeryError, checked, text};
use crate::json::same;
use crate::workspace::Workspace;
use diffhep_names::named;

/// What happens to channels, observations and measurements whose names are in both workspaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Join {
    /// They are an error.
    #[default]
    None,
    /// Channels and observations must be the same. Measurements are merged: they must have the same
    /// parameter of interest, and the same settings for parameters that both have settings for.
    Outer,
    /// The left workspace's are used, whatever the right one's contain.
    LeftOuter,
    /// The right workspace's are used, whatever the left one's contain.
    RightOuter,
}

impl Join {
    /// Every join and its name.
    pub const TABLE: [(&'static str, Self); 4] = [
        ("none", Self::None),
        ("outer", Self::Outer),
        ("left outer", Self::LeftOuter),
        ("right outer", Self::RightOuter),
    ];

    /// Whether an item is added to the others; `namesake` is the one with the same name, if any.
    fn takes(self, item: &Value, namesake: Option<&Value>) -> bool {
        match self {
            Self::None => true,
            Self::Outer => namesake.is_none_or(|namesake| !same(namesake, item)),
            Self::LeftOuter | Self::RightOuter => namesake.is_none(),
        }
    }
}

named!(Join, "join");

/// How two workspaces are combined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CombineOptions {
    /// What happens to items of the same name; an error by default.
    pub join: Join,
    /// Whether channels of the same name get the samples of both; no by default. Of two samples of
    /// the same name, a right outer join uses the right workspace's, and any other join the left
    /// one's.
    pub merge_channels: bool,
}

fn items<'a>(json: &'a Value, key: &str) -> &'a [Value] {
    json[key].as_array().expect("a checked workspace has this array")
}

/// Joins two lists with unique names; `merge` is the key of lists to be merged for items of the
/// same name.
fn join_items(join: Join, left: &[Value], right: &[Value], merge: Option<&str>) -> Vec<Value> {
    let (primary, secondary) = if join == Join::RightOuter { (right, left) } else { (left, right) };
    let mut joined = primary.to_vec();
    for item in secondary {
        let place = primary.iter().position(|known| known["name"] == item["name"]);
        if let (Some(place), Some(key)) = (place, merge) {
            let lists = (items(&joined[place], key), items(item, key));
            joined[place][key] = join_items(Join::LeftOuter, lists.0, lists.1, None).into();
        } else if join.takes(item, place.map(|place| &primary[place])) {
            joined.push(item.clone());
        }
    }
    joined
}

/// The names that occur twice in a joined list, separated by commas.
fn twice(joined: &[Value]) -> Option<String> {
    let earlier = |i: usize| joined[..i].iter().any(|known| known["name"] == joined[i]["name"]);
    let repeated = (0..joined.len()).filter(|i| earlier(*i));
    let names: Vec<String> = repeated.map(|i| format!("'{}'", text(&joined[i], "name"))).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Refuses a joined list that has a name twice.
fn check_names(join: Join, what: &'static str, joined: &[Value]) -> Result<(), SurgeryError> {
    match twice(joined) {
        None => Ok(()),
        Some(names) if join == Join::None => Err(SurgeryError::InCommon { what, names }),
        Some(names) => Err(SurgeryError::Different { what, names }),
    }
}

/// Adds the settings of another measurement of the same name to a measurement.
fn merge_measurement(first: &mut Value, second: &Value) -> Result<(), SurgeryError> {
    let name = text(first, "name").to_owned();
    let (left, right) = (&first["config"], &second["config"]);
    if left["poi"] != right["poi"] {
        let (left, right) = (text(left, "poi").to_owned(), text(right, "poi").to_owned());
        return Err(SurgeryError::DifferentPoi { measurement: name, left, right });
    }
    let lists = (items(left, "parameters"), items(right, "parameters"));
    let parameters = join_items(Join::Outer, lists.0, lists.1, None);
    if let Some(names) = twice(&parameters) {
        return Err(SurgeryError::DifferentSettings { measurement: name, names });
    }
    first["config"]["parameters"] = parameters.into();
    Ok(())
}

fn join_measurements(
    join: Join,
    left: &[Value],
    right: &[Value],
) -> Result<Vec<Value>, SurgeryError> {
    let joined = join_items(join, left, right, None);
    if join != Join::Outer {
        check_names(join, "measurement", &joined)?;
        return Ok(joined);
    }
    let mut merged: Vec<Value> = Vec::with_capacity(joined.len());
    for measurement in joined {
        match merged.iter_mut().find(|known| known["name"] == measurement["name"]) {
            None => merged.push(measurement),
            Some(first) => merge_measurement(first, &measurement)?,
        }
    }
    Ok(merged)
}

/// The channels, observations and measurements of both workspaces.
///
/// Modifiers of the same name share their parameter, whichever workspace they come from; `lumi`
/// always does.
///
/// # Errors
/// [`SurgeryError::MergeWithoutJoin`]; [`SurgeryError::InCommon`] (join none),
/// [`SurgeryError::Different`], [`SurgeryError::DifferentPoi`] and
/// [`SurgeryError::DifferentSettings`] (join outer); [`SurgeryError::Result`] where the result is
/// not a workspace, as for a merged channel whose samples have different numbers of bins.
///
/// # Source
/// pyhf 0.7.6, `Workspace.combine`.
pub fn combine(
    left: &Workspace,
    right: &Workspace,
    options: CombineOptions,
) -> Result<Workspace, SurgeryError> {
    let CombineOptions { join, merge_channels } = options;
    if merge_channels && join == Join::None {
        return Err(SurgeryError::MergeWithoutJoin);
    }
    let of = |key| (items(left.json(), key), items(right.json(), key));
    let merge = merge_channels.then_some("samples");
    let (ours, theirs) = of("channels");
    let channels = join_items(join, ours, theirs, merge);
    check_names(join, "channel", &channels)?;
    let (ours, theirs) = of("observations");
    let observations = join_items(join, ours, theirs, None);
    check_names(join, "observation", &observations)?;
    let (ours, theirs) = of("measurements");
    let measurements = join_measurements(join, ours, theirs)?;
    // Both have the only version that can be read.
    let mut json = left.json().clone();
    json["channels"] = channels.into();
    json["observations"] = observations.into();
    json["measurements"] = measurements.into();
    checked(json)
}
