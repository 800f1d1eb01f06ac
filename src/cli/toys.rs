//! `diffhep toys`: CLs and discovery p-values from pseudo-experiments.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::figure;
use super::input::{Loaded, WorkspaceArguments, parse_count, parse_number};
use super::output::{OutputArguments, warn_of_bounds};
use super::toy_run::{RunArguments, add_toys, distributions};
use super::{CliError, Outcome};
use diffhep::inference::{
    Estimate, TestSettings, TestStatistic, ToyCalculator, ToyError, ToyHeader, ToyOptions, ToySet,
    ToyTest,
};

/// Test a signal strength by pseudo-experiments (toys) instead of asymptotic formulae.
///
/// Toys are drawn at the nuisance parameters that fit the observed data with the signal strength
/// fixed at the tested value ('signal') and at 0 ('background'; at 1 for q0), and each toy is
/// fitted. Prints CLsb, CLb and CLs with their statistical errors, and their expected values (at
/// -2, -1, 0, 1, 2 standard deviations, smallest first). For q0, CLsb is p0.
///
/// A toy depends only on the seed, its number and its hypothesis, so runs can be split with --first
/// and a separate --toys-file for each, and combined with --merge. If a file exists already, its
/// run is continued.
///
/// Examples:
///   diffhep toys workspace.json --n 10000 --toys-file toys.jsonl
///   diffhep toys workspace.json --n 10000 --first 10000 --toys-file more.jsonl
///   diffhep toys workspace.json --merge toys.jsonl more.jsonl
///   diffhep toys workspace.json --test-stat q0
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Number of toys per hypothesis.
    #[arg(long, value_name = "N", default_value = "10000", value_parser = parse_count)]
    n: usize,
    /// Signal strength to test [default: 1, for q0 0].
    #[arg(long, value_name = "MU", visible_alias = "poi", value_parser = parse_number, allow_negative_numbers = true, conflicts_with = "merge")]
    test_poi: Option<f64>,
    /// Test statistic.
    #[arg(
        long,
        visible_alias = "test-statistic",
        value_enum,
        default_value = "qtilde",
        conflicts_with = "merge"
    )]
    test_stat: StatisticArgument,
    #[command(flatten)]
    run: RunArguments,
    /// Draw the distributions of the statistic and the observed value (SVG, PNG or PDF by the
    /// file's ending).
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StatisticArgument {
    /// q-tilde, for a non-negative signal strength.
    Qtilde,
    /// q.
    Q,
    /// q0, for discovery.
    Q0,
}

impl From<StatisticArgument> for TestStatistic {
    fn from(argument: StatisticArgument) -> Self {
        match argument {
            StatisticArgument::Qtilde => Self::QTilde,
            StatisticArgument::Q => Self::Q,
            StatisticArgument::Q0 => Self::Q0,
        }
    }
}

impl Arguments {
    fn options(&self) -> ToyOptions {
        let test_statistic = self.test_stat.into();
        let default = if test_statistic == TestStatistic::Q0 { 0.0 } else { 1.0 };
        let run = self.run.run(self.n as u64);
        ToyOptions {
            test_statistic,
            tested_poi: self.test_poi.unwrap_or(default),
            run,
            ..Default::default()
        }
    }

    /// The settings stored in the files to be merged, which contain all of them.
    fn options_of_files(&self) -> Result<ToyOptions, CliError> {
        let header = ToyHeader::read(&self.run.merge[0]).map_err(ToyError::from)?;
        let mut options = ToyOptions { fit: header.fit(), ..Default::default() };
        options.run.seed = header.seed();
        // Files of a different kind of test are refused when they are read.
        if let Some(TestSettings { test_statistic, tested_poi }) = header.test() {
            (options.test_statistic, options.tested_poi) = (test_statistic, tested_poi);
        }
        Ok(options)
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    figure::check(arguments.figure.as_deref())?;
    let Loaded { model, data, .. } = arguments.input.load()?;
    let is_merge = !arguments.run.merge.is_empty();
    let options = if is_merge { arguments.options_of_files()? } else { arguments.options() };
    let calculator = match ToyCalculator::new(&model, &data, options) {
        Err(ToyError::Observed { fit, status }) => {
            arguments.output.write(&json!({ "fits": { fit: { "status": status } } }))?;
            return Ok(Outcome::NotConverged);
        }
        calculator => calculator?,
    };
    let toys = if is_merge {
        calculator.merge(&arguments.run.merge)?
    } else {
        let run = |file: Option<&_>, progress: &mut dyn FnMut(u64)| calculator.run(file, progress);
        arguments.run.watch(options.run.toys.saturating_mul(2), run)?
    };
    let test = calculator.p_values(&toys)?;
    warn_of_bounds(options.test_statistic, options.tested_poi, &model);
    arguments.output.write(&result(&calculator, &options, &test, &toys))?;
    if let Some(path) = &arguments.figure {
        let statistic = match options.test_statistic {
            TestStatistic::Q => "q",
            TestStatistic::QTilde => "q̃",
            TestStatistic::Q0 => "q0",
        };
        let name = format!("{statistic}({} = {})", model.poi_name(), options.tested_poi);
        distributions(&name, &toys, calculator.statistic()).write_file(path)?;
    }
    Ok(Outcome::Complete)
}

fn estimate(Estimate { value, error }: Estimate) -> Value {
    json!({ "value": value, "error": error })
}

fn estimates(estimates: &[Estimate; 5]) -> Value {
    json!({ "value": estimates.map(|e| e.value), "error": estimates.map(|e| e.error) })
}

fn result(
    calculator: &ToyCalculator,
    options: &ToyOptions,
    test: &ToyTest,
    toys: &ToySet,
) -> Value {
    let poi = calculator.model().poi_index();
    let mut result = json!({
        "CLsb": estimate(test.cl_sb),
        "CLb": estimate(test.cl_b),
        "CLs": estimate(test.cl_s),
        "expected": {
            "CLsb": estimates(&test.expected.cl_sb),
            "CLb": { "value": test.expected.cl_b },
            "CLs": estimates(&test.expected.cl_s),
        },
        "test_poi": options.tested_poi,
        "test_stat": options.test_statistic.name(),
        "q": calculator.statistic(),
        "poi": calculator.free_fit().parameters[poi],
    });
    for (name, p) in [("CLsb", test.cl_sb), ("CLb", test.cl_b)] {
        if p.value == 0.0 {
            eprintln!(
                "warning: {name} is 0: none of its toys is as far out as the data, so it is probably below 3 over \
                 their number; run more"
            );
        }
    }
    add_toys(&mut result, toys, options.run.seed);
    result
}
