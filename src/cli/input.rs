//! Reads workspaces and patches; arguments that several subcommands share.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::error::CliError;
use diffhep::histfactory::{
    Model, PatchSet, Workspace, WorkspaceError, WorkspaceModel, apply_patch, parse,
};
use diffhep::inference::{AsimovData, InferenceError, Quantity, TestStatistic};
use diffhep::kernels::interpolation::Interpolation;

/// The workspace to read, and how its model is built.
#[derive(Args, Debug)]
pub(super) struct WorkspaceArguments {
    /// Workspace file (pyhf JSON); '-' or no argument reads standard input.
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
    /// Bounds of the parameter of interest instead of the measurement's, as in -5:10.
    #[arg(long, value_name = "LO:HI", value_parser = parse_range, allow_hyphen_values = true)]
    poi_bounds: Option<(f64, f64)>,
}

/// Options to replace the observed data.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct DataArguments {
    /// Use Asimov data instead of the observed data: what the model expects at its initial values
    /// with the parameter of interest at MU.
    #[arg(long, value_name = "MU", value_parser = parse_number, allow_negative_numbers = true)]
    asimov_data: Option<f64>,
}

impl DataArguments {
    /// The observed data, or the Asimov data if requested.
    pub(super) fn data(self, loaded: &Loaded) -> Result<Vec<f64>, CliError> {
        let Some(poi) = self.asimov_data else { return Ok(loaded.data.clone()) };
        let mut parameters = loaded.model.suggested_init().to_vec();
        parameters[loaded.model.poi_index()] = poi;
        Ok(loaded.model.expected_data(&parameters).map_err(InferenceError::from)?)
    }

    /// The description of the data for a result.
    pub(super) fn name(self) -> String {
        self.asimov_data.map_or_else(|| "observed".to_owned(), |poi| format!("asimov, poi {poi}"))
    }
}

/// Nuisance parameters at which Asimov data are generated.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum AsimovArgument {
    /// At the nuisance parameters fitted to the data, as in pyhf.
    Fitted,
    /// At the nuisance parameters' initial values, independent of the data.
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

/// The quantity whose gradient is computed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum GradientArgument {
    /// The observed value.
    Observed,
    /// The median expected value.
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

/// Two finite numbers with the lower one first.
pub(super) fn parse_range(text: &str) -> Result<(f64, f64), String> {
    let (low, high) = text.split_once(':').ok_or("expected LO:HI, as in -5:10")?;
    let (low, high) = (parse_number(low)?, parse_number(high)?);
    if low < high { Ok((low, high)) } else { Err(format!("{low} is not below {high}")) }
}

/// Evenly spaced numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    low: f64,
    high: f64,
    count: usize,
}

impl Grid {
    pub(super) fn new((low, high): (f64, f64), count: usize) -> Self {
        Self { low, high, count }
    }

    /// The numbers, including both ends.
    pub(super) fn values(self) -> Vec<f64> {
        let step = (self.high - self.low) / (self.count - 1) as f64;
        let inner = (0..self.count - 1).map(|i| self.low + step * i as f64);
        inner.chain([self.high]).collect()
    }
}

/// Maximum number of points.
const MOST_POINTS: usize = 100_000;

/// Parses LO:HI:N.
pub(super) fn parse_grid(text: &str) -> Result<Grid, String> {
    let (range, count) = text.rsplit_once(':').ok_or("expected LO:HI:N, as in 0:5:51")?;
    let range = parse_range(range).map_err(|cause| format!("expected LO:HI:N: {cause}"))?;
    match count.parse() {
        Ok(count) if (2..=MOST_POINTS).contains(&count) => Ok(Grid::new(range, count)),
        _ => Err(format!("'{count}' is no number of points from 2 to {MOST_POINTS}")),
    }
}

/// A confidence level.
pub(super) fn parse_level(text: &str) -> Result<f64, String> {
    match parse_number(text)? {
        level if level > 0.0 && level < 1.0 => Ok(level),
        _ => Err("must lie between 0 and 1, as 0.95 does".to_owned()),
    }
}

/// The test statistic of CLs.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum StatisticArgument {
    /// q-tilde, for a non-negative signal strength.
    Qtilde,
    /// q.
    Q,
}

impl StatisticArgument {
    pub(super) fn statistic(self) -> (&'static str, TestStatistic) {
        match self {
            Self::Qtilde => ("qtilde", TestStatistic::QTilde),
            Self::Q => ("q", TestStatistic::Q),
        }
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
        eprintln!("reading standard input");
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).map_err(CliError::ReadStandardInput)?;
    Ok(text)
}

/// The name for messages and the JSON of a file, or of standard input for '-' or no path.
pub(super) fn read_document(path: Option<&Path>) -> Result<(String, Value), CliError> {
    let (source_name, text) = match path.filter(|path| *path != Path::new("-")) {
        Some(path) => (path.display().to_string(), read_file(path)?),
        None => ("standard input".to_owned(), read_standard_input()?),
    };
    match parse(&text) {
        Ok(json) => Ok((source_name, json)),
        Err(cause) => Err(CliError::Workspace { source_name, cause }),
    }
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

/// The index of a parameter by its name, such as `mu` or `staterror[2]`.
pub(super) fn find_parameter(model: &Model, name: &str) -> Result<usize, CliError> {
    let names = model.parameter_names();
    names.iter().position(|known| known == name).ok_or_else(|| {
        let near = |known: &&String| known.to_lowercase().contains(&name.to_lowercase());
        let mut known: Vec<&str> = names.iter().filter(near).map(String::as_str).collect();
        if known.is_empty() {
            known = names.iter().map(String::as_str).collect();
        }
        let more = if known.len() > 8 { ", ..." } else { "" };
        let known = known.iter().take(8).copied().collect::<Vec<_>>().join(", ") + more;
        CliError::NoParameter { name: name.to_owned(), known }
    })
}

/// A workspace and its model.
pub(super) struct Loaded {
    pub(super) workspace: Workspace,
    pub(super) model: Model,
    /// Observed data: bins, then auxiliary data.
    pub(super) data: Vec<f64>,
}

impl WorkspaceArguments {
    /// Reads and patches the workspace without checking it; returns its name for messages and its
    /// JSON.
    pub(super) fn read(&self) -> Result<(String, Value), CliError> {
        let (source_name, mut json) = read_document(self.workspace.as_deref())?;
        for argument in &self.patch {
            let refuse = |cause| CliError::Workspace { source_name: source_name.clone(), cause };
            apply_patch(&mut json, &read_patch(argument)?, argument).map_err(refuse)?;
        }
        Ok((source_name, json))
    }

    /// The measurement's name, if one is given, and the interpolation codes.
    pub(super) fn model_options(&self) -> (Option<&str>, Interpolation) {
        (self.measurement.as_deref(), self.interpolation)
    }

    /// Bounds of the parameter of interest instead of the measurement's.
    pub(super) fn poi_bounds(&self) -> Option<(f64, f64)> {
        self.poi_bounds
    }

    /// Reads, patches and checks the workspace and compiles its model.
    pub(super) fn load(&self) -> Result<Loaded, CliError> {
        let (source_name, json) = self.read()?;
        let refuse =
            |cause: WorkspaceError| CliError::Workspace { source_name: source_name.clone(), cause };
        let mut workspace = Workspace::from_json(json).map_err(refuse)?;
        let (measurement, interpolation) = self.model_options();
        if let Some(bounds) = self.poi_bounds {
            workspace = workspace.with_poi_bounds(measurement, bounds).map_err(refuse)?;
        }
        let model = workspace.model_with(measurement, interpolation).map_err(refuse)?;
        let data = workspace.data(&model);
        Ok(Loaded { workspace, model, data })
    }
}
