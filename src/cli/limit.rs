//! `diffhep limit`: upper limits, their gradients, and CLs as a function of the signal strength.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::figure;
use super::input::{
    AsimovArgument, GradientArgument, Grid, StatisticArgument, WorkspaceArguments, parse_grid,
    parse_level,
};
use super::output::{OutputArguments, warn_of_bounds};
use super::{CliError, Outcome};
use diffhep::figures::limit::{BrazilPlot, brazil};
use diffhep::histfactory::WorkspaceGradient;
use diffhep::inference::{
    AsymptoticCalculator, Hypotest, HypothesisTestOptions, InferenceError, LimitError,
    LimitOptions, UpperLimit, UpperLimits,
};

/// Find upper limits on the signal strength: where CLs falls to 1 - LEVEL.
///
/// Prints limit_obs and limit_exp (at -2, -1, 0, 1, 2 standard deviations of the signal strength,
/// smallest first; null if CLs does not fall that far, with the reason on standard error). With
/// --gradient it also prints the limit's derivative with respect to every number in the workspace,
/// in the workspace's own structure; with --scan it prints CLs at given signal strengths; with
/// --figure it draws the limits.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Confidence level.
    #[arg(long, default_value = "0.95", value_parser = parse_level)]
    level: f64,
    /// Test statistic.
    #[arg(long, value_enum, default_value = "qtilde")]
    test_stat: StatisticArgument,
    /// Nuisance parameters at which Asimov data are generated.
    #[arg(long, value_enum, default_value = "fitted")]
    asimov: AsimovArgument,
    /// Print the gradient of this limit.
    #[arg(long, value_enum)]
    gradient: Option<GradientArgument>,
    /// Print CLs at N signal strengths from LO to HI, as in 0:5:51.
    #[arg(long, value_name = "LO:HI:N", value_parser = parse_grid, allow_hyphen_values = true)]
    scan: Option<Grid>,
    /// Draw CLs and its band against the signal strength (SVG, PNG or PDF by the file's ending).
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
    /// Draw CLs on a logarithmic axis.
    #[arg(long, requires = "figure")]
    log_y: bool,
}

/// Number of points of a figure's curves if no scan is requested, and how far they extend beyond
/// the largest limit.
const FIGURE_POINTS: usize = 61;
const FIGURE_MARGIN: f64 = 1.15;

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    figure::check(arguments.figure.as_deref())?;
    let loaded = arguments.input.load()?;
    let (name, test_statistic) = arguments.test_stat.statistic();
    let asimov = arguments.asimov.into();
    let options = HypothesisTestOptions { test_statistic, asimov, ..Default::default() };
    let (lower, upper) = loaded.model.suggested_bounds()[loaded.model.poi_index()];
    let mut calculator = AsymptoticCalculator::new(&loaded.model, &loaded.data, options)?;
    warn_of_bounds(test_statistic, 1.0_f64.clamp(lower, upper), &loaded.model);
    warn_of_bound(&calculator);
    let limit_options = LimitOptions { level: arguments.level, ..Default::default() };
    let limits = calculator.upper_limits(&limit_options)?;
    for error in limits.all().filter_map(|limit| limit.as_ref().err()) {
        eprintln!("warning: {error}");
    }
    let value = |limit: &Result<UpperLimit, LimitError>| limit.as_ref().ok().map(|l| l.value);
    let (observed, expected) = (value(&limits.observed), limits.expected.each_ref().map(value));
    let mut out = json!({
        "limit_obs": observed,
        "limit_exp": expected,
        "level": arguments.level,
        "poi": loaded.model.poi_name(),
        "test_stat": name,
        "tests": limits.tests,
    });
    let points = points(arguments, &limits);
    let scan = calculator.scan(&points);
    if arguments.scan.is_some() {
        out["scan"] = points.iter().zip(&scan).map(|(poi, test)| entry(*poi, test)).collect();
    }
    for error in scan.iter().filter_map(|test| test.as_ref().err()) {
        eprintln!("warning: {error}");
    }
    let is_complete = limits.all().all(Result::is_ok) && scan.iter().all(Result::is_ok);
    let mut outcome = Ok(Outcome::complete(is_complete));
    if let Some(which) = arguments.gradient {
        let wanted = match which {
            GradientArgument::Observed => &limits.observed,
            GradientArgument::Expected => &limits.expected[2],
        };
        // A missing limit has been reported above.
        if let Ok(limit) = wanted {
            match calculator.limit_gradient(limit) {
                Ok(adjoint) => {
                    let (workspace, model) = (&loaded.workspace, &loaded.model);
                    let gradient = WorkspaceGradient::new(workspace, model, &adjoint);
                    out["gradient"] = gradient.to_json(workspace);
                }
                Err(error) => outcome = Err(error.into()),
            }
        }
    }
    arguments.output.write(&out)?;
    if let Some(path) = &arguments.figure {
        let plot = BrazilPlot {
            poi_name: loaded.model.poi_name().to_owned(),
            level: arguments.level,
            tested: points,
            cls_obs: scan
                .iter()
                .map(|test| test.as_ref().map_or(f64::NAN, |t| t.cls_obs))
                .collect(),
            cls_exp: scan
                .iter()
                .map(|test| test.as_ref().map_or([f64::NAN; 5], |t| t.cls_exp))
                .collect(),
            limit_obs: observed,
            limit_exp: expected,
            log_y: arguments.log_y,
        };
        brazil(&plot).write_file(path)?;
    }
    outcome
}

/// The signal strengths at which CLs is computed.
fn points(arguments: &Arguments, limits: &UpperLimits) -> Vec<f64> {
    match (arguments.scan, &arguments.figure) {
        (Some(grid), _) => grid.values(),
        (None, None) => Vec::new(),
        (None, Some(_)) => {
            let found = limits.all().filter_map(|limit| limit.as_ref().ok());
            let largest = found.map(|limit| limit.value).fold(0.0, f64::max);
            let end = if largest > 0.0 { FIGURE_MARGIN * largest } else { 1.0 };
            // At a signal strength of 0 there is nothing to test.
            Grid::new((end / FIGURE_POINTS as f64, end), FIGURE_POINTS).values()
        }
    }
}

fn entry(poi: f64, test: &Result<Hypotest, InferenceError>) -> Value {
    let test = test.as_ref().ok();
    json!({
        "poi": poi,
        "CLs_obs": test.map(|test| test.cls_obs),
        "CLs_exp": test.map(|test| test.cls_exp),
        "converged": test.is_some_and(|test| test.ratio.converged()),
    })
}

/// Warns if the observed statistic relies on a fit that stopped at the upper bound.
fn warn_of_bound(calculator: &AsymptoticCalculator) {
    let (model, fit) = (calculator.model(), calculator.free_fit());
    let place = model.poi_index();
    let (poi, fitted) = (model.poi_name(), fit.parameters[place]);
    if fit.at_bounds.contains(&place) && fitted >= model.suggested_bounds()[place].1 {
        eprintln!(
            "warning: the fitted {poi} = {fitted} is at its upper bound: limits beyond it are too low; \
             widen it with --poi-bounds"
        );
    }
}
