//! `diffhep discovery`: the p-value of the background alone, and its gradient.

use clap::Args;
use serde_json::json;

use super::input::{AsimovArgument, GradientArgument, WorkspaceArguments};
use super::output::{OutputArguments, finish_test};
use super::{CliError, Outcome};
use diffhep::inference::{AsymptoticCalculator, HypothesisTestOptions};

/// Test the hypothesis of no signal (q0, asymptotic formulae).
///
/// Prints p0_obs and Z_obs, and p0_exp and Z_exp for a signal of strength 1 (at -2, -1, 0, 1, 2
/// standard deviations of the signal strength, smallest p0 first). With --gradient it also prints
/// the derivative of p0 with respect to every number in the workspace, in the workspace's own
/// structure.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Nuisance parameters at which Asimov data are generated.
    #[arg(long, value_enum, default_value = "fitted")]
    asimov: AsimovArgument,
    /// Print the gradient of this p0.
    #[arg(long, value_enum)]
    gradient: Option<GradientArgument>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let loaded = arguments.input.load()?;
    let asimov = arguments.asimov.into();
    let options = HypothesisTestOptions { asimov, ..Default::default() };
    let mut calculator = AsymptoticCalculator::new(&loaded.model, &loaded.data, options)?;
    let result = calculator.discovery()?;
    let out = json!({
        "p0_obs": result.p0_obs,
        "p0_exp": result.p0_exp,
        "Z_obs": result.z_obs,
        "Z_exp": result.z_exp,
        "q0": result.ratio.q,
        "q0_asimov": result.ratio.q_asimov,
    });
    let (output, gradient) = (&arguments.output, arguments.gradient);
    finish_test(output, gradient, out, &result.ratio, &mut calculator, &loaded.workspace)
}
