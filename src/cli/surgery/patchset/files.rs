//! The patch sets that operations read, and the choice of a patch.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::CliError;
use crate::cli::input::read_document;
use crate::cli::surgery::files::{Source, check_one_standard_input};
use diffhep::histfactory::{Patch, PatchSet, PatchValue, WorkspaceError};

/// A patch set and where it came from.
pub(super) struct SetSource {
    pub(super) name: String,
    pub(super) set: PatchSet,
}

impl SetSource {
    pub(super) fn read(path: Option<&Path>) -> Result<Self, CliError> {
        let (name, json) = read_document(path)?;
        match PatchSet::from_whole_json(&json) {
            Ok(set) => Ok(Self { name, set }),
            Err(cause) => Err(CliError::Workspace { source_name: name, cause }),
        }
    }

    pub(super) fn refuse(&self, cause: WorkspaceError) -> CliError {
        CliError::Workspace { source_name: self.name.clone(), cause }
    }
}

/// The only patch set of an operation.
#[derive(Args, Debug)]
pub(super) struct SetFile {
    /// Patch set file (pyhf JSON); '-' or no argument reads standard input.
    patchset: Option<PathBuf>,
}

impl SetFile {
    pub(super) fn read(&self) -> Result<SetSource, CliError> {
        SetSource::read(self.patchset.as_deref())
    }
}

/// A background-only workspace and a patch set for it.
#[derive(Args, Debug)]
pub(super) struct Files {
    /// Background-only workspace file (pyhf JSON); '-' reads standard input.
    background_only: Option<PathBuf>,
    /// Patch set file (pyhf JSON); '-' or no argument reads standard input.
    patchset: Option<PathBuf>,
}

impl Files {
    pub(super) fn read(&self) -> Result<(Source, SetSource), CliError> {
        let (workspace, set) = (self.background_only.as_deref(), self.patchset.as_deref());
        let message = "a workspace and a patch set are needed, and one of them from a file";
        check_one_standard_input(workspace, set, message)?;
        Ok((Source::read(workspace)?, SetSource::read(set)?))
    }
}

/// The choice of a patch.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct Choice {
    /// Name of the patch.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Values of the patch, one per label, separated by commas; put a text that looks like a number
    /// in double quotes.
    #[arg(long, value_name = "VALUES", value_delimiter = ',', allow_hyphen_values = true)]
    values: Vec<PatchValue>,
}

impl Choice {
    pub(super) fn find<'a>(&self, source: &'a SetSource) -> Result<&'a Patch, CliError> {
        let found = match &self.name {
            Some(name) => source.set.find(name),
            None => source.set.find_values(&self.values),
        };
        found.map_err(|cause| source.refuse(cause))
    }
}
