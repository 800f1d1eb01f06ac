//! Writes results as JSON, to standard output or atomically to a file.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};
use serde_json::{Map, Value, json};

use super::Outcome;
use super::error::CliError;
use super::input::GradientArgument;
use diffhep::fit::FitReport;
use diffhep::histfactory::{Model, Workspace, WorkspaceGradient};
use diffhep::inference::{AsymptoticCalculator, ProfileRatio, TestStatistic};
use diffhep::persistence::write_whole;

/// Where a result goes.
#[derive(Args, Debug)]
pub(super) struct OutputArguments {
    /// File for the result instead of standard output; replaced only once the result is complete.
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(writable))]
    output_file: Option<PathBuf>,
}

/// Refuses a file that cannot be written before any work is done.
fn writable(path: PathBuf) -> Result<PathBuf, String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let why = if folder.is_some_and(|folder| !folder.is_dir()) {
        "its folder is not there; make it first"
    } else if path.is_dir() {
        "it is a folder; name a file in it"
    } else {
        return Ok(path);
    };
    Err(format!("cannot write {}: {why}", path.display()))
}

/// Prints text to standard output; a closed pipe is not an error.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CliError::WriteStandardOutput(cause))
        }
        _ => Ok(()),
    }
}

impl OutputArguments {
    /// Writes a result.
    pub(super) fn write(&self, result: &Value) -> Result<(), CliError> {
        self.write_text(&format!("{result:#}\n"))
    }

    /// Writes a result that is text already.
    pub(super) fn write_text(&self, text: &str) -> Result<(), CliError> {
        match &self.output_file {
            None => print(text),
            Some(path) => {
                let refuse = |cause| CliError::Write { path: path.clone(), cause };
                write_whole(path, text.as_bytes()).map_err(refuse)
            }
        }
    }
}

/// The fits behind a test, by name.
fn fits(ratio: &ProfileRatio, model: &Model) -> Value {
    let entry = |(name, fit): (&str, &FitReport)| {
        let summary = json!({
            "status": fit.status.name(),
            "iterations": fit.steps,
            "twice_nll": fit.twice_nll,
            "poi": fit.parameters[model.poi_index()],
            "at_bounds": names_at_bounds(fit, model),
            "other_minimum": fit.other_minimum,
        });
        (name.to_owned(), summary)
    };
    for (name, fit) in ratio.fits() {
        warn_of_other_minimum(&format!("the fit '{name}'"), fit);
    }
    Value::Object(ratio.fits().into_iter().map(entry).collect::<Map<_, _>>())
}

/// Warns that a likelihood has two minima of nearly the same depth.
pub(super) fn warn_of_other_minimum(name: &str, fit: &FitReport) {
    if let Some(other) = fit.other_minimum {
        eprintln!(
            "warning: {name} has another minimum, {:.3} above the lowest in -2 ln L: see what \
             tells the two apart before you rely on either",
            other - fit.twice_nll
        );
    }
}

/// Names of the parameters that a fit left at a bound.
pub(super) fn names_at_bounds(fit: &FitReport, model: &Model) -> Vec<String> {
    fit.at_bounds.iter().map(|&p| model.parameter_names()[p].clone()).collect()
}

/// Adds its fits and, if requested, its gradient to a test's result, and writes it; if only the
/// gradient fails, the result is still written.
pub(super) fn finish_test(
    output: &OutputArguments,
    gradient: Option<GradientArgument>,
    mut result: Value,
    ratio: &ProfileRatio,
    calculator: &mut AsymptoticCalculator,
    workspace: &Workspace,
) -> Result<Outcome, CliError> {
    let model = calculator.model();
    warn_of_test(ratio, model);
    result["fits"] = fits(ratio, model);
    let mut outcome = Ok(Outcome::of(ratio.converged()));
    if let Some(quantity) = gradient.filter(|_| ratio.converged()) {
        if matches!(quantity, GradientArgument::Observed) {
            warn_if_flat(ratio);
        }
        match calculator.gradient(ratio, quantity.into()) {
            Ok(adjoint) => {
                let gradient = WorkspaceGradient::new(workspace, model, &adjoint);
                result["gradient"] = gradient.to_json(workspace);
            }
            Err(error) => outcome = Err(error.into()),
        }
    }
    output.write(&result)?;
    outcome
}

/// Warns on standard error if a test is uninformative.
fn warn_of_test(ratio: &ProfileRatio, model: &Model) {
    let poi = model.poi_name();
    if ratio.converged() && ratio.q_asimov == 0.0 {
        eprintln!("warning: the Asimov data do not depend on {poi}: the test has no sensitivity");
    }
    warn_of_bounds(ratio.test_statistic, ratio.tested_poi, model);
}

/// Warns on standard error if the signal strength's bounds do not suit a test.
pub(super) fn warn_of_bounds(statistic: TestStatistic, tested: f64, model: &Model) {
    let poi = model.poi_name();
    let (lower, upper) = model.suggested_bounds()[model.poi_index()];
    if tested < lower || tested > upper {
        eprintln!(
            "warning: the tested {poi} = {tested} lies outside its bounds [{lower}, {upper}]"
        );
    }
    match statistic {
        TestStatistic::QTilde if lower < 0.0 => eprintln!(
            "warning: qtilde is meant for a {poi} that is not negative, and its lower bound is {lower}"
        ),
        TestStatistic::Q if lower >= 0.0 => {
            eprintln!("warning: q is meant for a {poi} of any sign, and its lower bound is {lower}")
        }
        _ => (),
    }
}

/// Warns on standard error if a gradient is zero because of a switch of the test statistic.
fn warn_if_flat(ratio: &ProfileRatio) {
    if !ratio.observed_is_flat() {
        return;
    }
    let left = match ratio.test_statistic {
        TestStatistic::Q0 => "is 0 throughout",
        TestStatistic::Q | TestStatistic::QTilde => "holds only what comes through the Asimov data",
    };
    eprintln!(
        "warning: the fitted signal strength makes the observed test statistic 0; the observed \
         gradient {left}"
    );
}
