//! `diffhep fit`: the maximum-likelihood fit and its uncertainties.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::figure;
use super::input::{DataArguments, WorkspaceArguments, parse_level, parse_number};
use super::output::{OutputArguments, names_at_bounds, warn_of_other_minimum};
use super::{CliError, Outcome};
use diffhep::figures::correlations::{CorrelationMatrix, correlations};
use diffhep::fit::{Covariance, FitReport};
use diffhep::histfactory::Model;
use diffhep::inference::{
    self, IntervalError, IntervalOptions, ONE_SIGMA, ProfileInterval, profile_interval,
};

/// Fit all parameters, or all except the parameter of interest, to the observed data.
///
/// With --uncertainties hessian it also prints the parameters' uncertainties and correlations, from
/// the exact second derivatives of -ln L; with profile it also prints the intervals in which -2 ln
/// L rises by less than the quantile of the level (MINOS). Parameters that are fixed or at a bound
/// have no uncertainty (null).
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Value at which the parameter of interest is fixed.
    #[arg(long, value_name = "VALUE", value_parser = parse_number, allow_negative_numbers = true)]
    fix_poi: Option<f64>,
    /// Print uncertainties.
    #[arg(long, value_enum)]
    uncertainties: Option<UncertaintyArgument>,
    /// Confidence level of profile intervals; by default that of one standard deviation.
    #[arg(long, value_parser = parse_level)]
    level: Option<f64>,
    /// Draw the correlations (SVG, PNG or PDF by the file's ending).
    #[arg(long, value_name = "FILE", requires = "uncertainties")]
    figure: Option<PathBuf>,
    /// Draw only parameters whose correlation with another one has at least this size.
    #[arg(long, value_name = "SIZE", default_value = "0.1", value_parser = parse_size, requires = "figure")]
    least_correlation: f64,
}

fn parse_size(text: &str) -> Result<f64, String> {
    match parse_number(text)? {
        size if (0.0..=1.0).contains(&size) => Ok(size),
        size => Err(format!("{size} is not between 0 and 1")),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum UncertaintyArgument {
    /// From the exact second derivatives at the minimum.
    Hessian,
    /// Also intervals of the profile likelihood.
    Profile,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    figure::check(arguments.figure.as_deref())?;
    let wants_profile = arguments.uncertainties == Some(UncertaintyArgument::Profile);
    if arguments.level.is_some() && !wants_profile {
        return Err(CliError::Usage(
            "--level is of profile intervals: add --uncertainties profile",
        ));
    }
    if wants_profile && arguments.fix_poi.is_some() {
        return Err(CliError::Usage(
            "--uncertainties profile fits all parameters: leave out --fix-poi, or take hessian",
        ));
    }
    let loaded = arguments.input.load()?;
    let (model, data) = (&loaded.model, arguments.data.data(&loaded)?);
    let report = match arguments.fix_poi {
        None => inference::fit(&data, model)?,
        Some(poi) => inference::fixed_poi_fit(poi, &data, model)?,
    };
    warn_of_other_minimum("the fit", &report);
    let names = model.parameter_names();
    let mut out = json!({
        "twice_nll": report.twice_nll,
        "status": report.status.name(),
        "iterations": report.steps,
        "decrement": report.decrement,
        "at_bounds": names_at_bounds(&report, model),
        "other_minimum": report.other_minimum,
        "at_kinks": report.at_kinks.iter().map(|&p| &names[p]).collect::<Vec<_>>(),
        "parameters": by_name(model, |p| json!(report.parameters[p])),
    });
    let (mut outcome, mut drawn) = (Ok(Outcome::of(report.status.is_minimum())), None);
    if arguments.uncertainties.is_some() && report.status.is_minimum() {
        match Covariance::new(model, &data, &report) {
            Ok(covariance) => {
                add_hessian(&mut out, model, &covariance);
                if wants_profile {
                    let level = arguments.level.unwrap_or(ONE_SIGMA);
                    let found = intervals(model, &data, &report, &covariance, level)?;
                    outcome = Ok(add_intervals(&mut out, model, &found, level));
                }
                drawn = Some(covariance);
            }
            Err(error) => outcome = Err(inference::InferenceError::from(error).into()),
        }
    }
    arguments.output.write(&out)?;
    if let Some(covariance) = &drawn {
        draw(arguments, model, covariance)?;
    }
    outcome
}

fn by_name(model: &Model, value: impl Fn(usize) -> Value) -> Value {
    let names = model.parameter_names().iter().enumerate();
    Value::Object(names.map(|(p, name)| (name.clone(), value(p))).collect::<Map<_, _>>())
}

fn add_hessian(out: &mut Value, model: &Model, covariance: &Covariance) {
    out["uncertainties"] = by_name(model, |p| json!(covariance.sigma(p)));
    let free = covariance.free();
    let names: Vec<&String> = free.iter().map(|&p| &model.parameter_names()[p]).collect();
    out["correlations"] = json!({ "names": names, "matrix": covariance.correlations(free) });
}

/// Intervals of all parameters, computed in parallel because each needs its own fits.
fn intervals(
    model: &Model,
    data: &[f64],
    report: &FitReport,
    covariance: &Covariance,
    level: f64,
) -> Result<Vec<ProfileInterval>, CliError> {
    let options = IntervalOptions { level, ..Default::default() };
    let interval = |p| profile_interval(model, data, report, Some(covariance), p, &options);
    let places = (0..model.n_parameters()).into_par_iter();
    Ok(places.map(interval).collect::<Result<_, _>>()?)
}

/// Adds the intervals to the result; failed fits are reported on standard error.
fn add_intervals(
    out: &mut Value,
    model: &Model,
    intervals: &[ProfileInterval],
    level: f64,
) -> Outcome {
    let end = |end: &Result<f64, IntervalError>| json!(end.as_ref().ok());
    out["level"] = json!(level);
    out["intervals"] =
        by_name(model, |p| json!([end(&intervals[p].lower), end(&intervals[p].upper)]));
    let mut outcome = Outcome::Complete;
    for interval in intervals {
        for error in
            [&interval.lower, &interval.upper].into_iter().filter_map(|end| end.as_ref().err())
        {
            match error {
                IntervalError::Fixed { .. } => continue,
                IntervalError::NotReached { .. } => (),
                _ => outcome = Outcome::Incomplete,
            }
            eprintln!("warning: {error}");
        }
    }
    outcome
}

fn draw(arguments: &Arguments, model: &Model, covariance: &Covariance) -> Result<(), CliError> {
    let Some(path) = &arguments.figure else { return Ok(()) };
    let free = covariance.free();
    let rows = covariance.correlations(free);
    let is_large = |i: usize, j: usize| i != j && rows[i][j].abs() >= arguments.least_correlation;
    let shown = (0..free.len()).filter(|&i| (0..free.len()).any(|j| is_large(i, j)));
    let shown: Vec<usize> = shown.collect();
    let matrix = CorrelationMatrix {
        names: shown.iter().map(|&i| model.parameter_names()[free[i]].clone()).collect(),
        values: shown
            .iter()
            .flat_map(|&i| shown.iter().map(move |&j| (i, j)))
            .map(|(i, j)| rows[i][j])
            .collect(),
        selection: format!("|ρ| ≥ {}", arguments.least_correlation),
    };
    Ok(correlations(&matrix).write_file(path)?)
}
