//! `diffhep scan`: the profile likelihood along one or two parameters.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::figure;
use super::input::{DataArguments, Grid, Loaded, WorkspaceArguments, find_parameter, parse_grid};
use super::output::OutputArguments;
use super::{CliError, Outcome};
use diffhep::figures::scan as drawn;
use diffhep::fit::{Covariance, FitOptions, FitReport};
use diffhep::histfactory::Model;
use diffhep::inference::{self, InferenceError, IntervalOptions, ScanPoint, profile_interval};

/// Scan -2 ln L along one or two parameters, with all others fitted again at each point.
///
/// Prints the points and -2 ln L relative to the best fit (delta_twice_nll; null where a fit
/// failed): a list for one parameter, or for two parameters a list of rows, one per value of the
/// second.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  diffhep scan workspace.json --par mu\n  diffhep scan workspace.json --par mu --range 0:3:61 --par lumi --range 0.9:1.1:41 --figure scan.pdf"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Parameter to scan, once or twice.
    #[arg(long, value_name = "NAME", required = true)]
    par: Vec<String>,
    /// N values from LO to HI, given for each --par in turn; by default three standard deviations
    /// (two and a half for two parameters) around the best fit, within the bounds.
    #[arg(long, value_name = "LO:HI:N", value_parser = parse_grid, allow_hyphen_values = true)]
    range: Vec<Grid>,
    /// Draw the scan (SVG, PNG or PDF by the file's ending).
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
}

/// Number of points of a line, and of each side of a plane, and how many standard deviations they
/// cover.
const LINE: (usize, f64) = (61, 3.0);
const PLANE: (usize, f64) = (41, 2.5);

/// A parameter and the values at which it is fixed.
struct Axis {
    place: usize,
    values: Vec<f64>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    figure::check(arguments.figure.as_deref())?;
    let loaded = arguments.input.load()?;
    let data = arguments.data.data(&loaded)?;
    let places = places(arguments, &loaded)?;
    let report = inference::fit(&data, &loaded.model)?;
    if !report.status.is_minimum() {
        return Err(InferenceError::NotAMinimum { status: report.status.name() }.into());
    }
    let covariance = Covariance::new(&loaded.model, &data, &report).ok();
    let model = &loaded.model;
    let axis = |(i, &place): (usize, &usize)| Axis {
        place,
        values: match arguments.range.get(i) {
            Some(grid) => grid.values(),
            None => {
                let (count, sigmas) = if places.len() == 1 { LINE } else { PLANE };
                around(model, &report, covariance.as_ref(), place, sigmas, count)
            }
        },
    };
    let axes: Vec<Axis> = places.iter().enumerate().map(axis).collect();
    match &axes[..] {
        [line] => one(arguments, &loaded, (&data, &report, covariance.as_ref()), line),
        [columns, rows] => two(arguments, &loaded, (&data, &report), columns, rows),
        _ => unreachable!("one or two parameters were found"),
    }
}

fn places(arguments: &Arguments, loaded: &Loaded) -> Result<Vec<usize>, CliError> {
    let (names, ranges) = (&arguments.par, &arguments.range);
    if names.len() > 2 {
        return Err(CliError::Usage("a scan has one parameter or two: give --par once or twice"));
    }
    if ranges.len() > names.len() {
        return Err(CliError::Usage(
            "there are more --range than --par: give one for each parameter",
        ));
    }
    let places = names.iter().map(|name| find_parameter(&loaded.model, name));
    let places = places.collect::<Result<Vec<usize>, _>>()?;
    if places.len() == 2 && places[0] == places[1] {
        return Err(CliError::Usage("a scan in two parameters needs two different ones"));
    }
    Ok(places)
}

/// Values around the best fit, within the parameter's bounds.
fn around(
    model: &Model,
    report: &FitReport,
    covariance: Option<&Covariance>,
    place: usize,
    sigmas: f64,
    count: usize,
) -> Vec<f64> {
    let (lower, upper) = model.suggested_bounds()[place];
    let fitted = report.parameters[place];
    let sigma = covariance.and_then(|c| c.sigma(place)).unwrap_or(0.1 * (upper - lower));
    let (low, high) = ((fitted - sigmas * sigma).max(lower), (fitted + sigmas * sigma).min(upper));
    Grid::new((low, high), count).values()
}

fn delta(point: &ScanPoint) -> Value {
    if point.delta.is_finite() { json!(point.delta) } else { Value::Null }
}

/// Reports the points without a result on standard error, and returns whether all are complete.
fn outcome<'p>(points: impl Iterator<Item = &'p ScanPoint>) -> Outcome {
    let failed: Vec<String> =
        points.filter(|point| point.delta.is_nan()).map(ScanPoint::status).collect();
    if let Some(first) = failed.first() {
        eprintln!("warning: {} fits gave no minimum; the first ended as: {first}", failed.len());
    }
    Outcome::complete(failed.is_empty())
}

fn one(
    arguments: &Arguments,
    loaded: &Loaded,
    (data, report, covariance): (&[f64], &FitReport, Option<&Covariance>),
    line: &Axis,
) -> Result<Outcome, CliError> {
    let (model, place) = (&loaded.model, line.place);
    let options = FitOptions::default();
    let points = inference::scan_line(model, data, report, (place, &line.values), &options)?;
    let entries = line.values.iter().zip(&points).map(|(value, point)| {
        json!({ "value": value, "delta_twice_nll": delta(point), "status": point.status() })
    });
    let name = &model.parameter_names()[place];
    arguments.output.write(&json!({
        "parameter": name,
        "data": arguments.data.name(),
        "best_fit": report.parameters[place],
        "twice_nll": report.twice_nll,
        "scan": entries.collect::<Vec<Value>>(),
    }))?;
    if let Some(path) = &arguments.figure {
        let options = IntervalOptions::default();
        let interval = profile_interval(model, data, report, covariance, place, &options)?;
        let plot = drawn::LikelihoodScan {
            name: name.clone(),
            values: line.values.clone(),
            rises: points.iter().map(|point| point.delta).collect(),
            statistical_rises: Vec::new(),
            fitted: Some(report.parameters[place]),
            interval: [interval.lower.ok(), interval.upper.ok()],
        };
        drawn::scan(&plot).write_file(path)?;
    }
    Ok(outcome(points.iter()))
}

fn two(
    arguments: &Arguments,
    loaded: &Loaded,
    (data, report): (&[f64], &FitReport),
    columns: &Axis,
    rows: &Axis,
) -> Result<Outcome, CliError> {
    let (model, options) = (&loaded.model, FitOptions::default());
    let (first, second) = ((columns.place, &columns.values[..]), (rows.place, &rows.values[..]));
    let points = inference::scan_plane(model, data, report, first, second, &options)?;
    let names = [columns.place, rows.place].map(|place| model.parameter_names()[place].clone());
    let best: [f64; 2] = [columns.place, rows.place].map(|place| report.parameters[place]);
    let row = |row: &Vec<ScanPoint>| row.iter().map(delta).collect::<Vec<Value>>();
    arguments.output.write(&json!({
        "parameters": names,
        "data": arguments.data.name(),
        "best_fit": best,
        "twice_nll": report.twice_nll,
        "values": [columns.values, rows.values],
        "delta_twice_nll": points.iter().map(row).collect::<Vec<_>>(),
    }))?;
    if let Some(path) = &arguments.figure {
        let [x_name, y_name] = names;
        let plot = drawn::LikelihoodPlane {
            x_name,
            y_name,
            x: columns.values.clone(),
            y: rows.values.clone(),
            rises: points.iter().flatten().map(|point| point.delta).collect(),
            fitted: Some(best.into()),
            reference: None,
        };
        drawn::plane(&plot).write_file(path)?;
    }
    Ok(outcome(points.iter().flatten()))
}
