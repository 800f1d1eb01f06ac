//! `diffhep benchmark`: what gradients cost and how exact they are, on this machine.

mod figure;
mod table;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use self::figure::costs;
use super::input::parse_count;
use super::long_work::{progress_bar, set_threads};
use super::output::OutputArguments;
use super::{CliError, Outcome};
use crate::benchmark::{
    BenchmarkError, CaseSize, MeasureOptions, Measurement, Samples, TOLERANCE_OF_DIFFERENCES,
    TOLERANCE_OF_REFERENCE, cases, measure,
};

/// Measure what gradients cost on this machine.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Gradient(Arguments),
}

/// Time every differentiated function, and whole analyses, and compare with central differences.
///
/// Prints one line per case: the number of inputs, the time of the value, the time of value and
/// gradient together, their ratio, the time of central differences with respect to all inputs (two
/// values an input, measured on some evenly spread inputs and scaled to all), and how many times
/// faster the gradient is.
///
/// If there is a closed form, it is evaluated with twice the digits, and the table includes the
/// errors of the gradient and of differences at a relative step of 6e-6, the best of the steps
/// 1e-1, 1e-2 ... 1e-12, and the error at that step. Errors and differences are relative to the
/// component or to a hundredth of the largest one, whichever is larger.
///
/// A gradient that differs from central differences by more than 1e-3, or from its closed form by
/// more than 1e-10, ends the program with status 3 after the table is printed.
///
/// Events are drawn from a fixed seed. Times are medians on one thread, with value and gradient
/// timed in turns.
///
/// Examples:
///   diffhep benchmark gradient
///   diffhep benchmark gradient --case cuts --case CLs --repetitions 51
///   diffhep benchmark gradient --quick --json --output-file gradient.json
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct Arguments {
    /// Only cases with this text in their name, ignoring case; may be given several times.
    #[arg(long = "case", value_name = "TEXT")]
    cases: Vec<String>,
    /// Samples of each time, of which the median is taken [default: 21, quick 3].
    #[arg(long, value_name = "N", value_parser = parse_count)]
    repetitions: Option<usize>,
    /// Maximum number of inputs per case to take central differences for [default: 32, quick 4].
    #[arg(long, value_name = "N", value_parser = parse_count)]
    differences: Option<usize>,
    /// 2,000 events instead of 100,000 and few repetitions: takes seconds, but the times mean
    /// little.
    #[arg(long)]
    quick: bool,
    /// Threads; more than one speeds up only whole analyses of events.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = parse_count)]
    threads: usize,
    /// Print JSON with one entry per case instead of the table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    output: OutputArguments,
    /// Draw times against the number of inputs, as FILE.svg and FILE.png; an ending of FILE is
    /// dropped.
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
}

impl Arguments {
    fn size(&self) -> CaseSize {
        if self.quick { CaseSize::Quick } else { CaseSize::Full }
    }

    fn options(&self) -> MeasureOptions {
        let of_size = match self.size() {
            CaseSize::Full => MeasureOptions::default(),
            CaseSize::Quick => MeasureOptions::quick(),
        };
        MeasureOptions {
            repetitions: self.repetitions.unwrap_or(of_size.repetitions),
            differences: self.differences.unwrap_or(of_size.differences),
            ..of_size
        }
    }

    fn wants(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.cases.is_empty() || self.cases.iter().any(|text| name.contains(&text.to_lowercase()))
    }
}

pub(super) fn run(command: &Command) -> Result<Outcome, CliError> {
    let Command::Gradient(arguments) = command;
    set_threads(Some(arguments.threads))?;
    let measured = measure_all(arguments)?;
    if let Some(path) = &arguments.figure {
        write_figure(&measured, path)?;
    }
    if arguments.json {
        arguments.output.write(&measured.iter().map(entry).collect())?;
    } else {
        arguments.output.write_text(&table::table(&measured, &arguments.options()))?;
    }
    let wrong: Vec<&Measurement> = measured.iter().filter(|m| !m.agrees()).collect();
    wrong.iter().for_each(|measurement| report_wrong(measurement));
    Ok(if wrong.is_empty() { Outcome::Complete } else { Outcome::WrongGradient })
}

fn measure_all(arguments: &Arguments) -> Result<Vec<Measurement>, CliError> {
    let samples = Samples::draw(1, arguments.size());
    let mut cases = cases(&samples)?;
    let known = cases.iter().map(|case| case.name().to_owned()).collect::<Vec<_>>().join("; ");
    cases.retain(|case| arguments.wants(case.name()));
    if cases.is_empty() {
        let asked = arguments.cases.join("', '");
        return Err(CliError::NoCase { asked, known });
    }
    let bar = progress_bar(cases.len(), "cases");
    let options = arguments.options();
    let measured = cases.iter_mut().map(|case| {
        bar.set_message(case.name().to_owned());
        let found = measure(case, &options);
        bar.inc(1);
        found
    });
    let measured = measured.collect::<Result<_, BenchmarkError>>()?;
    bar.finish_and_clear();
    Ok(measured)
}

fn write_figure(measured: &[Measurement], path: &Path) -> Result<(), CliError> {
    let is_ours = path.extension().is_some_and(|ending| ending == "svg" || ending == "png");
    let name = if is_ours { path.file_stem() } else { path.file_name() };
    let Some(name) = name.and_then(|name| name.to_str()) else {
        return Err(CliError::PathNotUtf8(path.to_owned()));
    };
    costs(measured).write(path.parent().unwrap_or(Path::new("")), name)?;
    Ok(())
}

fn report_wrong(measurement: &Measurement) {
    let Measurement { name, max_relative_difference, accuracy, .. } = measurement;
    let exact = accuracy.map_or(0.0, |accuracy| accuracy.gradient_error);
    eprintln!(
        "error: '{name}': the gradient differs from central differences by {max_relative_difference:.1e} \
         (at most {TOLERANCE_OF_DIFFERENCES:.0e} is sound), from its closed form by {exact:.1e} (at most \
         {TOLERANCE_OF_REFERENCE:.0e})"
    );
}

fn entry(measurement: &Measurement) -> Value {
    let accuracy = measurement.accuracy;
    json!({
        "name": measurement.name,
        "kind": measurement.kind.name(),
        "inputs": measurement.inputs,
        "value_seconds": measurement.value_seconds,
        "gradient_seconds": measurement.gradient_seconds,
        "ratio": measurement.ratio(),
        "finite_difference_seconds": measurement.finite_difference_seconds,
        "finite_difference_inputs": measurement.finite_difference_inputs,
        "speed_up": measurement.speed_up(),
        "max_relative_difference": measurement.max_relative_difference,
        "gradient_error": accuracy.map(|a| a.gradient_error),
        "finite_difference_error": accuracy.map(|a| a.finite_difference_error),
        "best_step": accuracy.map(|a| a.best_step),
        "best_step_error": accuracy.map(|a| a.best_step_error),
    })
}
