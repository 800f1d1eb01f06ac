//! `diffhep optimize cut`: cuts, by gradient descent.

use std::path::{Path, PathBuf};

use clap::Args;

use super::progress::progress_bar;
use super::settings::CutSettings;
use super::shown::set_threads;
use super::table::table;
use crate::cli::output::print;
use crate::cli::{CliError, Outcome};
use diffhep::analyses::cut::{Cut, CutError, CutProblem, DescentOptions, ProblemOptions};
use diffhep::events::{DEFAULT_WEIGHT_COLUMN, EventSample, csv_columns, read_csv};
use diffhep::files::{make_folder, remove_in, write_in};
use diffhep::optimize::{CheckpointOptions, Persistence, Step, TrainingStatus};
use diffhep::outputs::CutRun;
use diffhep::studies::{StudyError, preset};

/// The toy where neither files nor a toy are named.
const DEFAULT_TOY: &str = "notebook";

/// Optimise cuts by gradient descent through the significance.
///
/// The descent sees sigmoid cuts; every result is judged with hard ones. Without arguments it solves
/// the notebook's problem: 300 signal events N(50, 5) over 8,000 background events N(40, 10).
///
/// Examples:
///   diffhep optimize cut --output cut
///   diffhep optimize cut --signal s.csv --background b.csv --cut 'pt>45' --cut 'eta<2.5' \
///     --objective asimov-uncertainty --background-uncertainty 0.1 --output cut
///   diffhep optimize cut --config cut.toml --output cut
///
/// A config file holds the same settings under the same names (cuts = ["pt>45"]); flags win over it.
/// A toy brings the settings of its study; the defaults below are those of CSV files.
/// Significances are in standard deviations; of p0 and cls they are Phi^-1(1 - p).
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Arguments {
    /// TOML file with settings.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: CutSettings,
    /// Folder for result.json, history.csv, checkpoint.json and figures; made if need be.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print the result as JSON instead of the table.
    #[arg(long)]
    json: bool,
    /// Draw no figures.
    #[arg(long)]
    no_figures: bool,
    /// Go on from the checkpoint in the output folder, to the bits of an uninterrupted run.
    #[arg(long, requires = "output")]
    resume: bool,
    /// Steps between checkpoints.
    #[arg(long, value_name = "N", default_value_t = 100, requires = "output")]
    checkpoint_every: usize,
    /// Pause after this many steps of this run; --resume goes on.
    #[arg(long, value_name = "N", requires = "output")]
    stop_after: Option<usize>,
    /// Threads; all cores by default. The result does not depend on it.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// What is to be optimised.
struct Input {
    signal: EventSample,
    background: EventSample,
    cuts: Vec<Cut>,
    problem: ProblemOptions,
    descent: DescentOptions,
    seed: Option<u64>,
}

fn load(settings: &CutSettings) -> Result<Input, CliError> {
    let has_files = settings.signal.is_some() || settings.background.is_some();
    if settings.seed.is_some() && has_files {
        return Err(CliError::Usage("a seed is a toy's, and events come from files; leave it out"));
    }
    if settings.weight_column.is_some() && !has_files {
        return Err(CliError::Usage("a weight column is a file's, and events come from a toy"));
    }
    if settings.toy.is_some() && has_files {
        return Err(CliError::Usage("a toy and files of events are set; leave out one of them"));
    }
    let mut input = match (&settings.signal, &settings.background) {
        (Some(signal), Some(background)) => from_files(settings, signal, background)?,
        (None, None) => {
            let seed = settings.seed.unwrap_or(0);
            let name = settings.toy.as_deref().unwrap_or(DEFAULT_TOY);
            let preset = preset(name, seed).map_err(StudyError::from)?;
            Input {
                signal: preset.toy.signal,
                background: preset.toy.background,
                cuts: preset.cuts,
                problem: preset.problem,
                descent: preset.descent,
                seed: Some(seed),
            }
        }
        _ => {
            return Err(CliError::Usage("give both --signal and --background, or neither (a toy)"));
        }
    };
    if !settings.cuts.is_empty() {
        input.cuts.clone_from(&settings.cuts);
    }
    settings.apply(&mut input.problem, &mut input.descent);
    Ok(input)
}

fn from_files(settings: &CutSettings, signal: &Path, background: &Path) -> Result<Input, CliError> {
    if settings.cuts.is_empty() {
        return Err(StudyError::from(CutError::NoCuts).into());
    }
    let mut columns: Vec<&str> = settings.cuts.iter().map(|cut| cut.column.as_str()).collect();
    columns.sort_unstable();
    columns.dedup();
    let weight = settings.weight_column.as_deref();
    let read = |path| read_csv(path, &columns, weight).map_err(StudyError::from);
    let samples = (read(signal)?, read(background)?);
    if weight.is_none() {
        warn_of_weights(signal, background)?;
    }
    Ok(Input {
        signal: samples.0,
        background: samples.1,
        cuts: settings.cuts.clone(),
        problem: ProblemOptions::default(),
        descent: DescentOptions::default(),
        seed: None,
    })
}

/// Says on standard error where one file alone has weights.
fn warn_of_weights(signal: &Path, background: &Path) -> Result<(), CliError> {
    let has_weights = |path| {
        let columns = csv_columns(path).map_err(StudyError::from)?;
        Ok::<_, CliError>(columns.iter().any(|column| column == DEFAULT_WEIGHT_COLUMN))
    };
    let (with, without) = match (has_weights(signal)?, has_weights(background)?) {
        (true, false) => (signal, background),
        (false, true) => (background, signal),
        _ => return Ok(()),
    };
    eprintln!(
        "warning: {} has a column '{DEFAULT_WEIGHT_COLUMN}' and {} has none: its events count 1 each",
        with.display(),
        without.display()
    );
    Ok(())
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    set_threads(arguments.threads)?;
    let file = arguments.config.as_deref().map(CutSettings::from_file).transpose()?;
    let input = load(&arguments.settings.clone().over(file.unwrap_or_default()))?;
    let problem = CutProblem::new(&input.signal, &input.background, input.cuts, input.problem)
        .map_err(StudyError::from)?;
    problem.warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));
    // A resumed run's folder is there already, or the checkpoint is missing.
    if let Some(folder) = arguments.output.as_ref().filter(|_| !arguments.resume) {
        make_folder(folder).map_err(StudyError::from)?;
        remove_in(folder, "result.json").map_err(StudyError::from)?;
    }
    let checkpoints = arguments.output.as_ref().map(|folder| CheckpointOptions {
        every: arguments.checkpoint_every,
        pause_after: arguments.stop_after,
        ..CheckpointOptions::new(folder.join("checkpoint.json"), problem.fingerprint())
    });
    let persistence = match &checkpoints {
        None => Persistence::None,
        Some(checkpoints) if arguments.resume => Persistence::Resume(checkpoints),
        Some(checkpoints) => Persistence::Fresh(checkpoints),
    };
    let bar = progress_bar(input.descent.training.steps, "steps");
    let mut observe = |step: &Step| {
        bar.set_position(step.step as u64);
        bar.set_message(format!("significance {:.4}", step.metrics[1]));
    };
    let run = CutRun::new(&problem, &input.descent, persistence, input.seed, &mut observe)?;
    bar.finish_and_clear();
    finish(arguments, &run, [&input.signal, &input.background])
}

/// Writes and prints what a descent found.
fn finish(
    arguments: &Arguments,
    run: &CutRun,
    [signal, background]: [&EventSample; 2],
) -> Result<Outcome, CliError> {
    let result = run.to_json();
    if let Some(folder) = &arguments.output {
        run.write_history(folder)?;
        if !arguments.no_figures {
            run.draw(folder, signal, background)?;
        }
        write_in(folder, "result.json", &format!("{result:#}\n")).map_err(StudyError::from)?;
    }
    if arguments.json {
        print(&format!("{result:#}\n"))?;
    } else {
        print(&table(run))?;
        if let Some(folder) = &arguments.output {
            print(&format!("written to {}\n", folder.display()))?;
        }
    }
    warn_of_end(run);
    Ok(Outcome::of(run.report.training.status != TrainingStatus::NotFinite))
}

/// Says on standard error where a result needs a word.
fn warn_of_end(run: &CutRun) {
    if run.report.training.status == TrainingStatus::Paused {
        eprintln!("paused; --resume goes on from here");
    }
    let training = &run.report.training;
    for j in &run.report.at_bounds {
        let cut = run.problem.cuts()[*j].text_at(run.report.soft.cuts[*j]);
        eprintln!(
            "warning: the cut {cut} ended at the end of its range: widen --scan, or leave it out"
        );
    }
    if training.gradient.iter().all(|slope| *slope == 0.0) {
        eprintln!(
            "warning: the gradient is 0, because no event lies within the sigmoids' width of the cuts: \
             start elsewhere or with a softer --slope"
        );
    }
    if run.report.hard.significance.is_nan() {
        eprintln!(
            "warning: negative weights outweigh the others in the hard cuts' selection, so no \
             significance is defined; try looser cuts, --background-offset 1 or a softer --slope"
        );
    } else if run.report.hard.significance.is_infinite() {
        eprintln!(
            "warning: the hard cuts leave signal and no simulated background, so no significance is \
             defined; try --background-offset 1 or a softer --slope"
        );
    }
}
