//! What can be wrong with an operation on workspaces.

use super::{Component, Join};
use crate::error::WorkspaceError;

/// An operation on workspaces that has no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SurgeryError {
    /// A name that the workspace does not have.
    #[error("no {} named '{name}'; the workspace has: {known}", kind.name())]
    UnknownName {
        /// What was asked for.
        kind: Component,
        /// Its name.
        name: String,
        /// The names there are, or the first of them.
        known: String,
    },
    /// Two new names for one thing.
    #[error("{} '{name}' is to be renamed to '{first}' and to '{second}'; keep one", kind.name())]
    RenamedTwice {
        /// What is to be renamed.
        kind: Component,
        /// Its name.
        name: String,
        /// A new name.
        first: String,
        /// Another one.
        second: String,
    },
    /// Channels merged by a join that leaves no two of one name.
    #[error(
        "channels cannot be merged by the join 'none'; choose 'outer', 'left outer' or 'right outer'"
    )]
    MergeWithoutJoin,
    /// Things of one name in both workspaces, joined by 'none'.
    #[error(
        "both workspaces have the {what}s {names}; rename them in one workspace or choose another join \
         than 'none'"
    )]
    InCommon {
        /// Channel, observation or measurement.
        what: &'static str,
        /// The names.
        names: String,
    },
    /// Things of one name that differ, joined by 'outer'.
    #[error(
        "the {what}s {names} differ between the workspaces; rename them in one workspace or choose the \
         join 'left outer' or 'right outer'"
    )]
    Different {
        /// Channel, observation or measurement.
        what: &'static str,
        /// The names.
        names: String,
    },
    /// Measurements of one name with other parameters of interest, joined by 'outer'.
    #[error(
        "measurement '{measurement}' has the parameter of interest '{left}' in the left workspace and \
         '{right}' in the right one; rename one measurement"
    )]
    DifferentPoi {
        /// The measurement.
        measurement: String,
        /// The left workspace's parameter of interest.
        left: String,
        /// The right one's.
        right: String,
    },
    /// Measurements of one name with other settings of a parameter, joined by 'outer'.
    #[error(
        "measurement '{measurement}' has other settings of the parameters {names} in each workspace; \
         choose the join '{}' or '{}', or rename one measurement",
        Join::LeftOuter.name(),
        Join::RightOuter.name()
    )]
    DifferentSettings {
        /// The measurement.
        measurement: String,
        /// The parameters.
        names: String,
    },
    /// The result is no workspace.
    #[error("the result is no workspace: {0}")]
    Result(WorkspaceError),
}
