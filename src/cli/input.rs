//! Reading workspaces and patches; arguments that several subcommands share.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::error::CliError;
use crate::histfactory::{Model, PatchSet, Workspace, WorkspaceError, apply_patch, parse};
use crate::inference::{AsimovData, Quantity};
use crate::kernels::interpolation::Interpolation;

/// Which workspace, and how its model is made.
#[derive(Args, Debug)]
pub(super) struct WorkspaceArguments {
    /// Workspace file (pyhf JSON); '-' or nothing reads standard input.
    workspace: Option<PathBuf>,
    /// JSON patch to apply, in the order given; FILE#NAME takes one patch of a patch set.
    #[arg(short, long, value_name = "PATCH")]
    patch: Vec<String>,
    /// Measurement to use; the first by default.
    #[arg(long, value_name = "NAME")]
    measurement: Option<String>,
    /// Interpolation codes other than pyhf's defaults, as in normsys=code1,histosys=code0
    /// (normsys: code1, code4; histosys: code0, code2, code4p).
    #[arg(long, value_name = "CODES", value_parser = parse_interpolation, default_value = "normsys=code4,histosys=code4p")]
    interpolation: Interpolation,
}

/// Where Asimov data are made.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum AsimovArgument {
    /// At the nuisance parameters fitted to the data (pyhf's).
    Fitted,
    /// At the nuisance parameters' initial values: no data enter.
    Nominal,
}

impl From<AsimovArgument> for AsimovData {
    fn from(argument: AsimovArgument) -> Self {
        match argument {
            AsimovArgument::Fitted => Self::Fitted,
            AsimovArgument::Nominal => Self::Nominal,
        }
    }
}

/// Which number's gradient.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum GradientArgument {
    /// The observed one.
    Observed,
    /// The median expected one.
    Expected,
}

impl From<GradientArgument> for Quantity {
    fn from(argument: GradientArgument) -> Self {
        match argument {
            GradientArgument::Observed => Self::Observed,
            GradientArgument::Expected => Self::Expected(0.0),
        }
    }
}

fn parse_interpolation(text: &str) -> Result<Interpolation, String> {
    let mut interpolation = Interpolation::default();
    for entry in text.split(',') {
        match entry.split_once('=') {
            Some(("normsys", code)) => {
                interpolation.normsys = code.parse().map_err(|e| format!("normsys: {e}"))?;
            }
            Some(("histosys", code)) => {
                interpolation.histosys = code.parse().map_err(|e| format!("histosys: {e}"))?;
            }
            _ => return Err(format!("expected normsys=CODE or histosys=CODE, found '{entry}'")),
        }
    }
    Ok(interpolation)
}

/// A finite number.
pub(super) fn parse_number(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err("must be finite".to_owned()),
        Err(_) => Err("not a number".to_owned()),
    }
}

/// A whole number above 0.
pub(super) fn parse_count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("give a whole number, 1 or more".to_owned()),
        Ok(count) => Ok(count),
    }
}

pub(super) fn read_file(path: &Path) -> Result<String, CliError> {
    let refuse = |cause| CliError::Read { path: path.to_owned(), cause };
    std::fs::read_to_string(path).map_err(refuse)
}

fn read_standard_input() -> Result<String, CliError> {
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprintln!("reading the workspace from standard input");
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).map_err(CliError::ReadStandardInput)?;
    Ok(text)
}

/// A patch argument's file and, for patch sets, the patch's name.
fn read_patch(argument: &str) -> Result<Value, CliError> {
    let split = argument.rsplit_once('#').filter(|_| !Path::new(argument).exists());
    let (path, name) = split.map_or((argument, None), |(path, name)| (path, Some(name)));
    let refuse = |cause| CliError::Workspace { source_name: path.to_owned(), cause };
    let json = parse(&read_file(Path::new(path))?).map_err(refuse)?;
    if !PatchSet::recognises(&json) {
        return match name {
            None => Ok(json),
            Some(name) => {
                Err(CliError::NotAPatchSet { path: path.to_owned(), name: name.to_owned() })
            }
        };
    }
    let set = PatchSet::from_json(&json).map_err(refuse)?;
    match name {
        Some(name) => set.patch(name).cloned().map_err(refuse),
        None => {
            let known = set.names().take(3).collect::<Vec<_>>().join(", ");
            Err(CliError::PatchSetNeedsName { path: path.to_owned(), known: known + ", ..." })
        }
    }
}

/// A workspace and its model.
pub(super) struct Loaded {
    pub(super) workspace: Workspace,
    pub(super) model: Model,
    /// Observed data: bins, then auxiliary data.
    pub(super) data: Vec<f64>,
}

impl WorkspaceArguments {
    /// Reads, patches and checks the workspace and compiles its model.
    pub(super) fn load(&self) -> Result<Loaded, CliError> {
        let file = self.workspace.as_deref().filter(|path| *path != Path::new("-"));
        let source_name = match file {
            Some(path) => path.display().to_string(),
            None => "standard input".to_owned(),
        };
        let refuse =
            |cause: WorkspaceError| CliError::Workspace { source_name: source_name.clone(), cause };
        let text = match file {
            Some(path) => read_file(path)?,
            None => read_standard_input()?,
        };
        let mut json = parse(&text).map_err(refuse)?;
        for argument in &self.patch {
            apply_patch(&mut json, &read_patch(argument)?, argument).map_err(refuse)?;
        }
        let workspace = Workspace::from_json(json).map_err(refuse)?;
        let measurement = self.measurement.as_deref();
        let model = workspace.model_with(measurement, self.interpolation).map_err(refuse)?;
        let data = workspace.data(&model);
        Ok(Loaded { workspace, model, data })
    }
}
