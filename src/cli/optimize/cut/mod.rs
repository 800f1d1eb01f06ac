//! `diffhep optimize cut`: cuts, by gradient descent.

mod settings;
mod table;

use std::path::{Path, PathBuf};

use clap::Args;

use super::processes::make_absolute;
use super::shown::Shown;
use crate::cli::long_work::progress_bar;
use crate::cli::settings::{Configured, Fields, Settings};
use crate::cli::{CliError, Outcome};
use diffhep::analyses::cut::{CutError, CutProblem};
use diffhep::events::{DEFAULT_WEIGHT_COLUMN, EventSample, csv_columns, read_csv};
use diffhep::optimize::{CheckpointOptions, Persistence, Step, TrainingStatus};
use diffhep::outputs::CutRun;
use diffhep::persistence::{make_folder, remove_in, write_in};
use diffhep::studies::{CutPreset, StudyError, preset};
use settings::{CutSettings, CutValues};
use table::table;

/// Optimise cuts by gradient descent through the significance.
///
/// The descent sees sigmoid cuts; every result is evaluated with hard ones. Without arguments it
/// solves the notebook's problem: 300 signal events N(50, 5) over 8,000 background events N(40,
/// 10).
///
/// Examples:
///   diffhep optimize cut --output cut
///   diffhep optimize cut --signal s.csv --background b.csv --cut 'pt>45' --cut 'eta<2.5' \
///     --objective asimov-uncertainty --background-uncertainty 0.1 --output cut
///   diffhep optimize cut --config cut.toml --output cut
///
/// A config file contains the same settings under the same names (cuts = ["pt>45"]); flags win over
/// it. A toy brings the settings of its study; the defaults below are those for CSV files.
/// Significances are in standard deviations; for p0 and cls they are Phi^-1(1 - p).
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    settings: Configured<CutSettings>,
    /// Folder for result.json, history.csv, checkpoint.json and figures; created if needed.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    shown: Shown,
    /// Resume from the checkpoint in the output folder, with bit-identical results to an
    /// uninterrupted run.
    #[arg(long, requires = "output")]
    resume: bool,
    /// Steps between checkpoints.
    #[arg(long, value_name = "N", default_value_t = 100, requires = "output")]
    checkpoint_every: usize,
    /// Pause after this many steps of this run; --resume continues.
    #[arg(long, value_name = "N", requires = "output")]
    stop_after: Option<usize>,
}

/// What is to be optimised.
struct Input {
    signal: EventSample,
    background: EventSample,
    values: CutValues,
    /// The settings, with every default filled in.
    settings: CutSettings,
}

fn load(mut settings: CutSettings) -> Result<Input, CliError> {
    if settings.seed.is_some() && settings.has_files() {
        return Err(CliError::Usage("a seed is a toy's, and events come from files; leave it out"));
    }
    if settings.weight_column.is_some() && !settings.has_files() {
        return Err(CliError::Usage("a weight column is a file's, and events come from a toy"));
    }
    if settings.toy.is_some() && settings.has_files() {
        return Err(CliError::Usage("a toy and files of events are set; leave out one of them"));
    }
    let (signal, background, mut values) = match (&settings.signal, &settings.background) {
        (Some(signal), Some(background)) => {
            let (signal, background) = from_files(&settings, signal, background)?;
            (signal, background, CutValues::default())
        }
        (None, None) => {
            let name = settings.toy.as_deref().unwrap_or(CutValues::TOY);
            let seed = settings.seed.unwrap_or(CutValues::SEED);
            let preset = preset(name, seed).map_err(StudyError::from)?;
            let CutPreset { toy, cuts, problem, descent } = preset;
            let (name, seed) = (Some(name.to_owned()), Some(seed));
            let values = CutValues { toy: name, seed, cuts, problem, descent };
            (toy.signal, toy.background, values)
        }
        _ => {
            return Err(CliError::Usage("give both --signal and --background, or neither (a toy)"));
        }
    };
    make_absolute(settings.files())?;
    settings.settle(&mut values);
    Ok(Input { signal, background, values, settings })
}

fn from_files(
    settings: &CutSettings,
    signal: &Path,
    background: &Path,
) -> Result<(EventSample, EventSample), CliError> {
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
    Ok(samples)
}

/// Warns on standard error if only one of the files has weights.
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
    arguments.shown.set_threads()?;
    let Input { signal, background, values, settings } = load(arguments.settings.load()?)?;
    let problem = CutProblem::new(&signal, &background, values.cuts, values.problem)
        .map_err(StudyError::from)?;
    problem.warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));
    // The folder of a resumed run exists already; otherwise its checkpoint is missing.
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
    let bar = progress_bar(values.descent.training.steps, "steps");
    let mut observe = |step: &Step| {
        bar.set_position(step.step as u64);
        bar.set_message(format!("significance {:.4}", step.metrics[1]));
    };
    let run = CutRun::new(&problem, &values.descent, persistence, values.seed, &mut observe)?;
    bar.finish_and_clear();
    finish(arguments, &run, &settings, [&signal, &background])
}

/// Writes and prints the result of a descent.
fn finish(
    arguments: &Arguments,
    run: &CutRun,
    settings: &CutSettings,
    [signal, background]: [&EventSample; 2],
) -> Result<Outcome, CliError> {
    let mut result = run.to_json();
    result["settings"] = settings.to_json();
    if let Some(folder) = &arguments.output {
        run.write_history(folder)?;
        if !arguments.shown.no_figures {
            run.draw(folder, signal, background)?;
        }
        write_in(folder, "result.json", &format!("{result:#}\n")).map_err(StudyError::from)?;
    }
    arguments.shown.print(&result, || table(run), arguments.output.as_deref())?;
    warn_of_end(run);
    Ok(Outcome::of(run.report.training.status != TrainingStatus::NotFinite))
}

/// Warns on standard error about results that need an explanation.
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
