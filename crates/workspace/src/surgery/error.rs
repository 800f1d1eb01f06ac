//! Errors of operations on workspaces.

use super::{Component, Join};
use crate::error::WorkspaceError;

/// Why an operation on workspaces has no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SurgeryError {
    /// A name does not occur in the workspace.
    #[error("no {} named '{name}'; the workspace has: {known}", kind.name())]
    UnknownName {
        /// The requested kind of component.
        kind: Component,
        /// Its name.
        name: String,
        /// The existing names, or the first of them.
        known: String,
    },
    /// Two new names are given for one component.
    #[error("{} '{name}' is to be renamed to '{first}' and to '{second}'; keep one", kind.name())]
    RenamedTwice {
        /// The kind of component to be renamed.
        kind: Component,
        /// Its name.
        name: String,
        /// A new name.
        first: String,
        /// Another one.
        second: String,
    },
    /// Channels are to be merged, but the join does not keep two of the same name.
    #[error(
        "channels cannot be merged by the join 'none'; choose 'outer', 'left outer' or 'right outer'"
    )]
    MergeWithoutJoin,
    /// Both workspaces have items of the same name, joined by 'none'.
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
    /// Items of the same name differ, joined by 'outer'.
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
    /// Measurements of the same name have different parameters of interest, joined by 'outer'.
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
    /// Measurements of the same name have different settings of a parameter, joined by 'outer'.
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
    /// The result is not a workspace.
    #[error("the result is no workspace: {0}")]
    Result(WorkspaceError),
}
