//! `diffhep breakdown`: the contributions to the uncertainty of the parameter of interest.

use clap::Args;
use glob::Pattern;
use serde_json::{Value, json};

use super::input::{DataArguments, WorkspaceArguments};
use super::output::OutputArguments;
use super::{CliError, Outcome};
use diffhep::histfactory::Model;
use diffhep::inference::{self, Group};

/// Break the uncertainty of the parameter of interest down by groups of nuisance parameters.
///
/// Prints the fitted value, its total uncertainty, the statistical part (what would remain if all
/// constrained parameters were known), the systematic part (the rest, in quadrature), and for each
/// group the part that knowing its parameters would remove, in quadrature. Correlated groups do not
/// add up to the total.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  diffhep breakdown workspace.json --group 'jets=JET_*' --group 'templates=staterror_*'"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// A group of nuisance parameters: its name, and patterns of parameter names separated by
    /// commas, in which * matches any characters and ? matches one.
    #[arg(long, value_name = "NAME=PATTERN", value_parser = parse_group)]
    group: Vec<NamedPatterns>,
}

#[derive(Clone, Debug)]
struct NamedPatterns {
    name: String,
    text: String,
    patterns: Vec<Pattern>,
}

fn parse_group(text: &str) -> Result<NamedPatterns, String> {
    let (name, patterns) = text.split_once('=').ok_or("expected NAME=PATTERN, as in jets=JET_*")?;
    let read = |part: &str| {
        // Bins of a parameter have their number in brackets, which must not be read as a class of
        // characters.
        let part = part.replace('[', "[[]");
        Pattern::new(&part).map_err(|error| format!("'{part}' is no pattern: {error}"))
    };
    let parsed = patterns.split(',').map(read).collect::<Result<_, _>>()?;
    Ok(NamedPatterns { name: name.to_owned(), text: patterns.to_owned(), patterns: parsed })
}

impl NamedPatterns {
    fn group(&self, model: &Model) -> Result<Group, CliError> {
        let matches = |name: &str| self.patterns.iter().any(|pattern| pattern.matches(name));
        let is_part = |p: &usize| *p != model.poi_index() && matches(&model.parameter_names()[*p]);
        let parameters: Vec<usize> = (0..model.n_parameters()).filter(is_part).collect();
        if parameters.is_empty() {
            let (name, pattern) = (self.name.clone(), self.text.clone());
            return Err(CliError::EmptyGroup { name, pattern });
        }
        Ok(Group { name: self.name.clone(), parameters })
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let loaded = arguments.input.load()?;
    let model = &loaded.model;
    let groups = arguments.group.iter().map(|group| group.group(model));
    let groups = groups.collect::<Result<Vec<Group>, _>>()?;
    let data = arguments.data.data(&loaded)?;
    let report = inference::fit(&data, model)?;
    let ranking = inference::ranking(model, &data, &report)?;
    let statistical = ranking.statistical(model);
    let parts = ranking.groups(model, &groups);
    let parts: Vec<Value> = parts
        .iter()
        .map(|part| json!({ "name": part.name, "parameters": part.size, "impact": part.impact }))
        .collect();
    arguments.output.write(&json!({
        "poi": model.poi_name(),
        "data": arguments.data.name(),
        "fitted": ranking.poi,
        "total": ranking.sigma,
        "statistical": statistical,
        "systematic": (ranking.sigma.powi(2) - statistical.powi(2)).max(0.0).sqrt(),
        "groups": parts,
    }))?;
    Ok(Outcome::Complete)
}
