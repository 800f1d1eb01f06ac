//! `diffhep optimize observable`: neural networks trained on the statistical power of their
//! histograms.

mod arguments;
pub(in crate::cli) use arguments::HiddenLayers;
mod plan;
mod settings;
mod table;

use std::path::{Path, PathBuf};

use clap::Args;

use super::folder::RunFiles;
use super::shown::Shown;
use super::six_digits;
use crate::cli::long_work::progress_bar;
use crate::cli::settings::{Configured, Fields};
use crate::cli::{CliError, Outcome};
use diffhep::analyses::observable::{ObservableProblem, ObservableReport};
use diffhep::optimize::minibatch::{Epoch, MinibatchStatus};
use diffhep::optimize::{CheckpointOptions, Persistence};
use diffhep::outputs::ObservableRun;
use diffhep::persistence::write_in;
use diffhep::studies::StudyError;
use plan::ObservablePlan;
use settings::ObservableSettings;
use table::table;

const FILES: RunFiles =
    RunFiles { command: "optimize observable", stems: &ObservableRun::STEMS, figure: "metrics" };

/// Train a neural observable on the statistical power of its histogram: CLs, p0, the uncertainty of
/// mu, ...
///
/// In each step, the events of a batch pass through a network, which gives each of them a score
/// from 0 to 1. The scores of each process, and of each variation of its systematics, become a
/// histogram, smeared by kernels so that it has a gradient; the histograms populate a HistFactory
/// model; the model is fitted, and the loss is computed from the fit. Its derivative is propagated
/// back along the same path, including through the fits, so that the network learns about
/// systematics. All displayed numbers are computed from hard histograms of events that are in no
/// batch.
///
/// Terms of losses:
///   cls, ln-cls              median CLs of the full signal if none exists, and its logarithm
///   p0, ln-p0                median discovery p-value if the signal exists, and its logarithm
///   limit, ln-limit          median upper limit on the signal strength at 95 % if none exists
///   sigma-mu                 Cramer-Rao standard deviation of the signal strength if the signal
///                            exists, which all terms below without a p-value assume
///   generalised-variance, ln-generalised-variance
///                            determinant of the covariance of all parameters, and its logarithm
///   constraints              sum over nuisance parameters of (1 - s)^2, s their width after
///                            the fit over that before: how much the data would constrain them
///   gaussianity              mean squared difference of ln L from its Gaussian approximation
///   bce, bce-augmented       cross-entropy of signal against background (and all its variations):
///                            what classifiers are usually trained on, without systematics
///
/// Without arguments it trains on neos's Gaussian blobs: a signal, and a background that a
/// systematic moves.
///
/// Examples:
///   diffhep optimize observable --output blobs
///   diffhep optimize observable --loss 'cls + p0' --seeds 0 1 2 --output both
///   diffhep optimize observable --loss bce --select cls --epochs 30 --output bce
///   diffhep optimize observable --signal s.csv --background ttbar.csv w.csv --column pt \
///     --column eta --hidden 32,16 --bins 8 --output files
///   diffhep optimize observable --config observable.toml --output template
///   diffhep apply blobs/model-0.safetensors --input events.csv --output-file scores.csv
///
/// A config file contains the same settings under the same names (columns = ["pt"], seeds = [0,
/// 1]); flags win over it. Systematics from files, and the events that populate a template, are
/// given as tables in a config file.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    settings: Configured<ObservableSettings>,
    /// Folder for result.json, settings.json, and, for each seed, history, checkpoint, network, the
    /// workspace of its histograms and figures; created if needed.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    shown: Shown,
    /// Resume from the checkpoints in the output folder, with bit-identical results to an
    /// uninterrupted run.
    #[arg(long, requires = "output")]
    resume: bool,
    /// Epochs between checkpoints.
    #[arg(long, value_name = "N", default_value_t = 10, requires = "output")]
    checkpoint_every: usize,
    /// Pause after this many epochs of this run; --resume continues.
    #[arg(long, value_name = "N", requires = "output")]
    stop_after: Option<usize>,
}

/// A plan that is being executed.
struct Work<'p> {
    plan: &'p ObservablePlan,
    problems: &'p [ObservableProblem<'p>],
    arguments: &'p Arguments,
}

impl<'p> Work<'p> {
    fn folder(&self) -> Option<&'p Path> {
        self.arguments.output.as_deref()
    }

    /// Prepares the folder; for a resumed run it must exist already, with the same settings.
    fn prepare(&self) -> Result<(), CliError> {
        let settings = self.plan.settings.to_json();
        match (self.folder(), self.arguments.resume) {
            (None, _) => Ok(()),
            (Some(folder), false) => FILES.clear(folder, &settings),
            (Some(folder), true) => FILES.check_settings(folder, &settings),
        }
    }

    /// Where and when a training is saved.
    fn checkpoints(&self, problem: &ObservableProblem) -> Option<CheckpointOptions> {
        let path = self.folder()?.join(format!("checkpoint-{}.safetensors", problem.seed()));
        let options = CheckpointOptions::new(path, problem.fingerprint());
        let (every, pause_after) = (self.arguments.checkpoint_every, self.arguments.stop_after);
        Some(CheckpointOptions { every, pause_after, ..options })
    }

    fn train(&self, problem: &ObservableProblem) -> Result<ObservableReport, CliError> {
        let checkpoints = self.checkpoints(problem);
        let persistence = match &checkpoints {
            None => Persistence::None,
            // A killed run has no checkpoints for the seeds that it had not reached yet.
            Some(checkpoints) if self.arguments.resume && checkpoints.path.exists() => {
                Persistence::Resume(checkpoints)
            }
            Some(checkpoints) => Persistence::Fresh(checkpoints),
        };
        let names = problem.metric_names();
        let bar = progress_bar(self.plan.training.epochs, "epochs");
        let mut observe = |row: &Epoch| {
            bar.set_position(row.epoch as u64);
            bar.set_message(format!("seed {}, {}", problem.seed(), progress(row, &names)));
        };
        let report = problem.train(&self.plan.training, persistence, &mut observe);
        bar.finish_and_clear();
        Ok(report.map_err(StudyError::from)?)
    }

    /// Trains with every seed; stops after a paused training.
    fn reports(&self) -> Result<Vec<ObservableReport>, CliError> {
        let mut reports = Vec::new();
        for problem in self.problems {
            let report = self.train(problem)?;
            let is_paused = report.training.status == MinibatchStatus::Paused;
            reports.push(report);
            if is_paused {
                break;
            }
        }
        Ok(reports)
    }

    /// Executes the plan, and writes and prints the results.
    fn carry_out(&self) -> Result<Outcome, CliError> {
        self.prepare()?;
        let shown = &self.arguments.shown;
        let run = ObservableRun {
            problems: self.problems.iter().collect(),
            reports: self.reports()?,
            settings: self.plan.settings.to_json(),
        };
        let result = run.to_json();
        if let Some(folder) = self.folder() {
            run.write_tables(folder)?;
            if !shown.no_figures {
                run.draw(folder)?;
            }
            write_in(folder, "result.json", &format!("{result:#}\n")).map_err(StudyError::from)?;
        }
        shown.print(&result, || table(&run), self.folder())?;
        Ok(Outcome::of(say_how_it_ended(&run)))
    }
}

/// The metrics of an epoch that the progress bar displays.
fn progress(row: &Epoch, names: &[String]) -> String {
    let metrics = names.iter().zip(&row.metrics);
    let shown =
        metrics.filter(|(name, _)| ["loss", "cls", "p0", "sigma_mu"].contains(&name.as_str()));
    let text = |(name, value): (&String, &f64)| format!("{name} {}", six_digits(*value));
    shown.map(text).collect::<Vec<_>>().join(", ")
}

/// Reports on standard error how incomplete trainings ended; returns whether all went well.
fn say_how_it_ended(run: &ObservableRun) -> bool {
    let mut is_well = true;
    for report in &run.reports {
        let seed = report.seed;
        match &report.training.status {
            MinibatchStatus::Paused => {
                eprintln!("seed {seed}: paused; --resume goes on from here");
            }
            MinibatchStatus::Stopped(reason) => {
                is_well = false;
                eprintln!("warning: seed {seed}: the training stopped in {reason}");
            }
            MinibatchStatus::Completed | MinibatchStatus::NoImprovement => (),
        }
        if report.best.is_none() && report.training.status != MinibatchStatus::Paused {
            is_well = false;
            eprintln!(
                "warning: seed {seed}: {} never had a value on the held-out events, so that there is \
                 no best observable",
                report.training.select
            );
        }
    }
    is_well
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    arguments.shown.set_threads()?;
    if arguments.checkpoint_every == 0 {
        return Err(CliError::Usage("there are no 0 epochs between checkpoints; give 1 or more"));
    }
    let plan = ObservablePlan::load(arguments.settings.load()?)?;
    // Problems without a result are refused before anything in the folder is touched.
    let problems = plan.problems()?;
    Work { plan: &plan, problems: &problems, arguments }.carry_out()
}
