//! `diffhep inspect`: the contents of a workspace's model.

use std::fmt::Write;

use clap::Args;
use serde_json::{Value, json};

use super::input::{Loaded, WorkspaceArguments};
use super::output::OutputArguments;
use super::{CliError, Outcome};
use diffhep::histfactory::{Channel, Constraint, ParameterSet};

/// Show channels, samples and parameters with type, initial value, bounds and constraint.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// JSON instead of tables.
    #[arg(long)]
    json: bool,
}

fn constraint(set: &ParameterSet, component: usize) -> Value {
    match &set.constraint {
        Constraint::None => Value::Null,
        Constraint::Normal { auxdata, sigmas } => {
            let width = sigmas.as_ref().map_or(1.0, |sigmas| sigmas[component]);
            json!({ "type": "normal", "auxdata": auxdata[component], "sigma": width })
        }
        Constraint::Poisson { auxdata, factors } => {
            let (auxdata, factor) = (auxdata[component], factors[component]);
            json!({ "type": "poisson", "auxdata": auxdata, "factor": factor })
        }
    }
}

fn parameters(loaded: &Loaded) -> Vec<Value> {
    let component = |(set, i): (&ParameterSet, usize)| {
        json!({
            "name": set.component_names()[i],
            "types": set.modifier_types,
            "init": set.inits[i],
            "bounds": set.bounds[i],
            "fixed": set.fixed[i],
            "constraint": constraint(set, i),
        })
    };
    let sets = loaded.model.parameter_sets().iter();
    sets.flat_map(|set| (0..set.len()).map(move |i| (set, i))).map(component).collect()
}

fn sorted_channels(loaded: &Loaded) -> impl Iterator<Item = &Channel> {
    let find = |name: &str| loaded.workspace.channels().iter().find(|c| c.name == name);
    loaded.model.channels().iter().filter_map(move |channel| find(&channel.name))
}

fn describe(loaded: &Loaded) -> Value {
    let channel = |channel: &Channel| {
        let samples = channel.samples.iter().map(|s| {
            json!({ "name": s.name, "yield": s.data.iter().sum::<f64>(), "modifiers": s.modifiers.len() })
        });
        json!({
            "name": channel.name,
            "bins": channel.samples[0].data.len(),
            "samples": samples.collect::<Vec<_>>(),
        })
    };
    let measurements = loaded.workspace.measurements().iter();
    json!({
        "channels": sorted_channels(loaded).map(channel).collect::<Vec<_>>(),
        "measurements": measurements
            .map(|m| json!({ "name": m.name, "poi": m.poi }))
            .collect::<Vec<_>>(),
        "poi": loaded.model.poi_name(),
        "parameters": parameters(loaded),
    })
}

fn tables(loaded: &Loaded) -> Result<String, std::fmt::Error> {
    let (model, mut out) = (&loaded.model, String::new());
    let (bins, n) = (model.n_bins(), model.n_parameters());
    writeln!(out, "{} channels, {bins} bins, {n} parameters", model.channels().len())?;
    writeln!(out, "parameter of interest: {}\n", model.poi_name())?;
    for channel in sorted_channels(loaded) {
        writeln!(out, "{} ({} bins)", channel.name, channel.samples[0].data.len())?;
        for sample in &channel.samples {
            let events: f64 = sample.data.iter().sum();
            let modifiers = sample.modifiers.len();
            writeln!(out, "  {:<40} {events:>14.4} events {modifiers:>5} modifiers", sample.name)?;
        }
    }
    let width = model.parameter_names().iter().map(String::len).max().unwrap_or(0).max(9);
    writeln!(
        out,
        "\n{:<width$}  {:<18} {:>9}  {:<18} constraint",
        "parameter", "types", "init", "bounds"
    )?;
    for set in model.parameter_sets() {
        for (i, name) in set.component_names().iter().enumerate() {
            let (lower, upper) = set.bounds[i];
            let constraint = match (&set.constraint, set.fixed[i]) {
                (_, true) => "fixed".to_owned(),
                (Constraint::None, _) => "free".to_owned(),
                (Constraint::Normal { auxdata, sigmas }, _) => {
                    let sigma = sigmas.as_ref().map_or(1.0, |sigmas| sigmas[i]);
                    format!("normal {} +- {sigma:.5}", auxdata[i])
                }
                (Constraint::Poisson { factors, .. }, _) => format!("poisson {:.5}", factors[i]),
            };
            let (types, bounds) = (set.modifier_types.join("+"), format!("[{lower}, {upper}]"));
            let init = set.inits[i];
            writeln!(out, "{name:<width$}  {types:<18} {init:>9}  {bounds:<18} {constraint}")?;
        }
    }
    Ok(out)
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let loaded = arguments.input.load()?;
    if arguments.json {
        arguments.output.write(&describe(&loaded))?;
    } else {
        let text = tables(&loaded).expect("writing to a text cannot fail");
        arguments.output.write_text(&text)?;
    }
    Ok(Outcome::Complete)
}
