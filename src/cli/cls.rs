//! `diffhep cls`: CLs with its expected band and gradient.

use clap::Args;
use serde_json::json;

use super::input::{
    AsimovArgument, GradientArgument, StatisticArgument, WorkspaceArguments, parse_number,
};
use super::output::{OutputArguments, finish_test};
use super::{CliError, Outcome};
use diffhep::inference::{AsymptoticCalculator, HypothesisTestOptions};

/// Test a signal strength by CLs (asymptotic formulae).
///
/// Prints CLs_obs and CLs_exp (at -2, -1, 0, 1, 2 standard deviations of the signal strength,
/// smallest CLs first). With --gradient it also prints the derivative of CLs with respect to every
/// number in the workspace, in the workspace's own structure.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Signal strength to test.
    #[arg(long, value_name = "MU", default_value = "1.0", value_parser = parse_number, allow_negative_numbers = true)]
    test_poi: f64,
    /// Test statistic.
    #[arg(long, value_enum, default_value = "qtilde")]
    test_stat: StatisticArgument,
    /// Nuisance parameters at which Asimov data are generated.
    #[arg(long, value_enum, default_value = "fitted")]
    asimov: AsimovArgument,
    /// Print the gradient of this CLs.
    #[arg(long, value_enum)]
    gradient: Option<GradientArgument>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let loaded = arguments.input.load()?;
    let (name, test_statistic) = arguments.test_stat.statistic();
    let asimov = arguments.asimov.into();
    let options = HypothesisTestOptions { test_statistic, asimov, ..Default::default() };
    let mut calculator = AsymptoticCalculator::new(&loaded.model, &loaded.data, options)?;
    let result = calculator.hypotest(arguments.test_poi)?;
    let out = json!({
        "CLs_obs": result.cls_obs,
        "CLs_exp": result.cls_exp,
        "test_poi": arguments.test_poi,
        "test_stat": name,
        "q": result.ratio.q,
        "q_asimov": result.ratio.q_asimov,
    });
    let (output, gradient) = (&arguments.output, arguments.gradient);
    finish_test(output, gradient, out, &result.ratio, &mut calculator, &loaded.workspace)
}
