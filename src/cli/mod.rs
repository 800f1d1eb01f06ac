//! The command line: parses, calls the library, prints.
//!
//! Results go to standard output, as JSON or as a table; warnings and errors go to standard error.
//! Exit status: 0 for a result, 2 for bad input, 3 if a fit did not converge, a point of a grid
//! failed or a benchmark found a wrong gradient.

mod apply;
mod benchmark;
mod breakdown;
mod cls;
mod discovery;
mod error;
mod figure;
mod fit;
mod goodness_of_fit;
mod grid;
mod input;
mod inspect;
mod limit;
mod long_work;
mod optimize;
mod outcome;
mod output;
mod ranking;
mod scan;
mod settings;
mod study;
mod surgery;
mod toy_run;
mod toys;
mod yields;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use error::CliError;
use outcome::Outcome;

/// Differentiable statistics of high-energy physics: CLs, p-values, limits, their exact gradients,
/// and analyses optimised with them.
#[derive(Debug, Parser)]
#[command(
    name = "diffhep",
    version,
    about,
    long_about = "Differentiable statistics of high-energy physics: CLs, discovery p-values, upper limits and \
        uncertainties with exact gradients for HistFactory workspaces (pyhf's JSON), impacts, toys, signal grids, \
        and analyses optimised by them.\n\nResults are JSON on standard output (tables, of optimize, study and \
        benchmark; lines, of grid and digest), warnings and errors go to standard error. Exit status: 0 for a \
        result, 2 for bad input, 3 where a fit did not converge, a limit is not bracketed, a descent or training \
        stopped at a number that is none, a point of a grid failed, or a benchmark found a wrong gradient (the \
        report is printed all the same)."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Inspect(inspect::Arguments),
    Fit(fit::Arguments),
    Cls(cls::Arguments),
    Discovery(discovery::Arguments),
    Limit(limit::Arguments),
    Scan(scan::Arguments),
    Ranking(ranking::Arguments),
    Breakdown(breakdown::Arguments),
    Yields(yields::Arguments),
    Grid(Box<grid::Arguments>),
    Toys(toys::Arguments),
    #[command(visible_alias = "gof")]
    GoodnessOfFit(goodness_of_fit::Arguments),
    #[command(subcommand)]
    Optimize(optimize::Command),
    Analyse(optimize::AnalyseArguments),
    Apply(apply::Arguments),
    Study(study::Arguments),
    #[command(subcommand)]
    Benchmark(benchmark::Command),
    #[command(flatten)]
    Surgery(surgery::Command),
}

/// Runs the program with the process's arguments.
pub fn run() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Fit(arguments) => fit::run(&arguments),
        Command::Cls(arguments) => cls::run(&arguments),
        Command::Discovery(arguments) => discovery::run(&arguments),
        Command::Limit(arguments) => limit::run(&arguments),
        Command::Scan(arguments) => scan::run(&arguments),
        Command::Ranking(arguments) => ranking::run(&arguments),
        Command::Breakdown(arguments) => breakdown::run(&arguments),
        Command::Yields(arguments) => yields::run(&arguments),
        Command::Grid(arguments) => grid::run(&arguments),
        Command::Toys(arguments) => toys::run(&arguments),
        Command::GoodnessOfFit(arguments) => goodness_of_fit::run(&arguments),
        Command::Optimize(command) => optimize::run(&command),
        Command::Analyse(arguments) => optimize::analyse(&arguments),
        Command::Apply(arguments) => apply::run(&arguments),
        Command::Study(arguments) => study::run(&arguments),
        Command::Benchmark(command) => benchmark::run(&command),
        Command::Surgery(command) => surgery::run(&command),
    };
    match outcome {
        Ok(Outcome::Complete) => ExitCode::SUCCESS,
        Ok(Outcome::NotConverged) => {
            eprintln!(
                "error: a fit, descent or training did not converge: see its status in the result, and the README's \
                 limits for what each status means"
            );
            ExitCode::from(3)
        }
        // The command has reported this, with the names of the cases or points.
        Ok(Outcome::WrongGradient | Outcome::Incomplete) => ExitCode::from(3),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(if error.is_unfinished_fit() { 3 } else { 2 })
        }
    }
}
