//! `diffhep fit`: the maximum-likelihood fit.

use clap::Args;
use serde_json::{Map, Value, json};

use super::input::{WorkspaceArguments, parse_number};
use super::output::{OutputArguments, names_at_bounds};
use super::{CliError, Outcome};
use crate::inference;

/// Fit all parameters, or all but the parameter of interest, to the observed data.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Value at which the parameter of interest is held.
    #[arg(long, value_name = "VALUE", value_parser = parse_number, allow_negative_numbers = true)]
    fix_poi: Option<f64>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let loaded = arguments.input.load()?;
    let (model, data) = (&loaded.model, &loaded.data);
    let report = match arguments.fix_poi {
        None => inference::fit(data, model)?,
        Some(poi) => inference::fixed_poi_fit(poi, data, model)?,
    };
    let names = model.parameter_names();
    let pairs = names.iter().zip(&report.parameters);
    let parameters: Map<String, Value> =
        pairs.map(|(name, value)| (name.clone(), json!(value))).collect();
    arguments.output.write(&json!({
        "twice_nll": report.twice_nll,
        "status": report.status.name(),
        "iterations": report.steps,
        "decrement": report.decrement,
        "at_bounds": names_at_bounds(&report, model),
        "at_kinks": report.at_kinks.iter().map(|&p| &names[p]).collect::<Vec<_>>(),
        "parameters": parameters,
    }))?;
    Ok(Outcome::of(report.status.is_minimum()))
}
