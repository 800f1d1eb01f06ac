//! `diffhep goodness-of-fit`: the best fit against the saturated model.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::figure;
use super::input::{Loaded, WorkspaceArguments, parse_count};
use super::output::{OutputArguments, names_at_bounds, warn_of_other_minimum};
use super::toy_run::{RunArguments, add_toys, distributions};
use super::{CliError, Outcome};
use diffhep::inference::{GoodnessOfFit, GoodnessOfFitOptions, ToyError, ToyHeader, ToyRun};

/// Compare the best fit with the saturated model, which expects exactly what is observed.
///
/// Prints the statistic 2 (ln L of the saturated model - ln L of the best fit), its degrees of
/// freedom (bins minus free parameters without a constraint) and the p-value of a chi squared
/// distribution. With --n it also prints the p-value among toys drawn at the best fit, which is
/// needed if there are few events.
///
/// Examples:
///   diffhep goodness-of-fit workspace.json
///   diffhep gof workspace.json --n 10000 --toys-file toys.jsonl
///   diffhep gof workspace.json --merge toys.jsonl more.jsonl
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Toys to run; none by default.
    #[arg(long, value_name = "N", value_parser = parse_count)]
    n: Option<usize>,
    #[command(flatten)]
    run: RunArguments,
    /// Draw the distribution of the statistic in toys and the observed value (SVG, PNG or PDF by
    /// the file's ending).
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
}

impl Arguments {
    fn options(&self) -> Result<GoodnessOfFitOptions, CliError> {
        if let Some(first) = self.run.merge.first() {
            let header = ToyHeader::read(first).map_err(ToyError::from)?;
            let run = ToyRun { seed: header.seed(), ..Default::default() };
            return Ok(GoodnessOfFitOptions { run, fit: header.fit() });
        }
        if self.n.is_none() && self.run.is_set() {
            return Err(CliError::Usage(
                "--seed, --first, --threads and --toys-file are of toys; say with --n how many there are",
            ));
        }
        let run = self.run.run(self.n.unwrap_or(0) as u64);
        Ok(GoodnessOfFitOptions { run, ..Default::default() })
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    figure::check(arguments.figure.as_deref())?;
    if arguments.figure.is_some() && arguments.n.is_none() && arguments.run.merge.is_empty() {
        return Err(CliError::Usage(
            "the figure shows toys: say with --n how many, or --merge files",
        ));
    }
    let Loaded { model, data, .. } = arguments.input.load()?;
    let options = arguments.options()?;
    let goodness = match GoodnessOfFit::new(&model, &data, options) {
        Err(ToyError::Observed { fit, status }) => {
            arguments.output.write(&json!({ "fits": { fit: { "status": status } } }))?;
            return Ok(Outcome::NotConverged);
        }
        goodness => goodness?,
    };
    if goodness.p_value.is_none() {
        eprintln!(
            "warning: there is no degree of freedom left, so there is no chi squared p-value"
        );
    }
    let merge = &arguments.run.merge;
    let toys = match arguments.n {
        _ if !merge.is_empty() => Some(goodness.merge(merge)?),
        Some(n) => {
            let run =
                |file: Option<&_>, progress: &mut dyn FnMut(u64)| goodness.run(file, progress);
            Some(arguments.run.watch(n as u64, run)?)
        }
        None => None,
    };
    let mut result = json!({
        "statistic": goodness.statistic,
        "degrees_of_freedom": goodness.degrees_of_freedom,
        "p_value": goodness.p_value,
        "fit": {
            "status": goodness.fit.status.name(),
            "twice_nll": goodness.fit.twice_nll,
            "at_bounds": names_at_bounds(&goodness.fit, &model),
            "other_minimum": goodness.fit.other_minimum,
        },
    });
    if let Some(toys) = &toys {
        let p = goodness.p_value_of_toys(toys)?;
        let mut entry = json!({ "p_value": { "value": p.value, "error": p.error } });
        add_toys(&mut entry, toys, options.run.seed);
        result["toys"] = entry;
    }
    warn_of_other_minimum("the fit", &goodness.fit);
    arguments.output.write(&result)?;
    if let (Some(path), Some(toys)) = (&arguments.figure, &toys) {
        let name = "2 ln(L saturated / L best fit)";
        distributions(name, toys, goodness.statistic).write_file(path)?;
    }
    Ok(Outcome::Complete)
}
