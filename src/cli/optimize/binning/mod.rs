//! `diffhep optimize binning`: bins and categories, by gradient descent or exactly; and
//! `diffhep analyse`, which draws them again.

mod plan;
mod settings;
mod table;

use std::path::{Path, PathBuf};

use clap::Args;

use super::folder::{RunFiles, SETTINGS};
use super::shown::Shown;
use crate::cli::long_work::progress_bar;
use crate::cli::settings::{Configured, Fields};
use crate::cli::{CliError, Outcome};
use diffhep::analyses::binning::{BinningOptimizer, BinningProblem, BinningReport, ProcessData};
use diffhep::optimize::{CheckpointOptions, Persistence, Step, TrainingStatus};
use diffhep::outputs::BinningRun;
use diffhep::persistence::write_in;
use diffhep::studies::StudyError;
use plan::BinningPlan;
use settings::BinningSettings;
use table::table;

const FILES: RunFiles =
    RunFiles { command: "optimize binning", stems: &BinningRun::STEMS, figure: "comparison" };

/// Optimise bin boundaries, or categories of events, by gradient descent through the significance.
///
/// The descent sees sigmoid boundaries (or the soft categories of a Gaussian mixture); every result
/// is evaluated with hard bins. Without arguments it bins gato-hep's toy: one signal over five
/// backgrounds in the ratio of their densities. Bins of one column are compared with bins of equal
/// width and, for the significances, with the exact optimum.
///
/// Examples:
///   diffhep optimize binning --output binning
///   diffhep optimize binning --bins 5 10 20 --method exact
///   diffhep optimize binning --signal s.csv --background ttbar.csv w.csv --column score=0:1 \
///     --minimum-background 5 --bins 8 --output binning
///   diffhep optimize binning --toy gaussians-two-signals --bins 10 --output categories
///   diffhep optimize binning --objective cls --simulation-uncertainty --bins 5 --output cls
///   diffhep optimize binning --config binning.toml --output binning
///
/// A config file contains the same settings under the same names (bins = [3, 5]); flags win over
/// it. Significances are in standard deviations; for p0 and cls they are Phi^-1(1 - p).
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    settings: Configured<BinningSettings>,
    /// Folder for result.json, settings.json, and, for each number of bins, tables, checkpoint and
    /// figures; created if needed.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    shown: Shown,
    /// Resume from the checkpoints in the output folder, with bit-identical results to an
    /// uninterrupted run.
    #[arg(long, requires = "output")]
    resume: bool,
    /// Epochs between checkpoints.
    #[arg(long, value_name = "N", default_value_t = 50, requires = "output")]
    checkpoint_every: usize,
    /// Pause after this many epochs of this run; --resume continues.
    #[arg(long, value_name = "N", requires = "output")]
    stop_after: Option<usize>,
}

/// Draw tables and figures again from the checkpoints of a folder that `optimize binning` wrote.
///
/// Nothing is trained: a run that was paused or killed is displayed up to its last checkpoint.
/// Events are read or drawn again, and must be the ones that the checkpoints were made with.
#[derive(Args, Debug)]
pub(in crate::cli) struct AnalyseArguments {
    /// The folder.
    folder: PathBuf,
    #[command(flatten)]
    shown: Shown,
}

/// How trainings are stored on disk.
enum Keeping {
    Nowhere,
    Fresh { every: usize, stop_after: Option<usize> },
    Resume { every: usize, stop_after: Option<usize> },
    Reopen,
}

impl Keeping {
    fn of(arguments: &Arguments) -> Self {
        let (every, stop_after) = (arguments.checkpoint_every, arguments.stop_after);
        match (&arguments.output, arguments.resume) {
            (None, _) => Self::Nowhere,
            (Some(_), false) => Self::Fresh { every, stop_after },
            (Some(_), true) => Self::Resume { every, stop_after },
        }
    }
}

/// A plan that is being executed.
struct Work<'p> {
    plan: &'p BinningPlan,
    data: ProcessData<'p>,
    problem: BinningProblem<'p>,
    keeping: Keeping,
    folder: Option<&'p Path>,
}

impl<'p> Work<'p> {
    /// Refuses problems without a result before anything in the folder is touched.
    fn new(
        plan: &'p BinningPlan,
        keeping: Keeping,
        folder: Option<&'p Path>,
    ) -> Result<Self, CliError> {
        let data = plan.data();
        let problem = BinningProblem::new(&data, &plan.model, plan.options.clone());
        let problem = problem.map_err(StudyError::from)?;
        for bins in &plan.bins {
            problem.check_bins(*bins).map_err(StudyError::from)?;
        }
        problem.warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));
        Ok(Self { plan, data, problem, keeping, folder })
    }

    /// Where and when a training with `bins` bins is saved.
    fn checkpoints(&self, bins: usize) -> Result<Option<CheckpointOptions>, CliError> {
        let Some(folder) = self.folder else { return Ok(None) };
        let fingerprint = self.problem.fingerprint(&self.data, bins, self.plan.descent.seed);
        let fingerprint = fingerprint.map_err(StudyError::from)?;
        let path = folder.join(format!("checkpoint-{bins}.json"));
        let options = CheckpointOptions::new(path, fingerprint);
        Ok(Some(match self.keeping {
            Keeping::Fresh { every, stop_after } | Keeping::Resume { every, stop_after } => {
                CheckpointOptions { every, pause_after: stop_after, ..options }
            }
            Keeping::Nowhere | Keeping::Reopen => options,
        }))
    }

    fn descend(
        &self,
        optimizer: &BinningOptimizer,
        bins: usize,
    ) -> Result<BinningReport, CliError> {
        let checkpoints = self.checkpoints(bins)?;
        let persistence = match (&checkpoints, &self.keeping) {
            (None, _) => Persistence::None,
            (Some(checkpoints), Keeping::Reopen) => Persistence::Reopen(checkpoints),
            // A killed run has no checkpoints for the numbers of bins that it had not reached yet.
            (Some(checkpoints), Keeping::Resume { .. }) if checkpoints.path.exists() => {
                Persistence::Resume(checkpoints)
            }
            (Some(checkpoints), _) => Persistence::Fresh(checkpoints),
        };
        let bar = progress_bar(self.plan.descent.training.steps, "epochs");
        let mut observe = |step: &Step| {
            bar.set_position(step.step as u64);
            bar.set_message(format!("{bins} bins, significance {:.4}", step.metrics[1]));
        };
        let report = optimizer.descend(bins, persistence, &mut observe);
        bar.finish_and_clear();
        Ok(report.map_err(StudyError::from)?)
    }

    /// Optimises every number of bins.
    fn reports(&self) -> Result<Vec<BinningReport>, CliError> {
        let optimizer = BinningOptimizer::new(&self.problem, self.plan.descent.clone());
        let optimizer = optimizer.map_err(StudyError::from)?;
        if self.plan.is_exact {
            // Not all data have exact bins, so the folder is not touched until they are found.
            let bins = self.plan.bins.iter();
            let reports = bins.map(|bins| optimizer.exact(*bins)).collect::<Result<_, _>>();
            let reports = reports.map_err(StudyError::from)?;
            self.prepare()?;
            return Ok(reports);
        }
        self.prepare()?;
        self.descents(&optimizer)
    }

    /// Descends with every number of bins; stops after a paused descent.
    fn descents(&self, optimizer: &BinningOptimizer) -> Result<Vec<BinningReport>, CliError> {
        if self.plan.bins.iter().all(|bins| self.has_not_begun(*bins)) {
            return Err(CliError::Usage(
                "the folder holds no checkpoint yet; run optimize binning with it as --output",
            ));
        }
        let mut reports = Vec::new();
        for bins in &self.plan.bins {
            if self.has_not_begun(*bins) {
                eprintln!("warning: there is no checkpoint of {bins} bins; they are left out");
                continue;
            }
            let report = self.descend(optimizer, *bins)?;
            let is_paused = ended_as(&report, TrainingStatus::Paused);
            reports.push(report);
            if is_paused && !matches!(self.keeping, Keeping::Reopen) {
                break;
            }
        }
        Ok(reports)
    }

    /// Prepares the folder; for a resumed run it must exist already, with the same settings.
    fn prepare(&self) -> Result<(), CliError> {
        match (self.folder, &self.keeping) {
            (Some(folder), Keeping::Fresh { .. }) => {
                FILES.clear(folder, &self.plan.settings.to_json())
            }
            (Some(folder), Keeping::Resume { .. }) => {
                FILES.check_settings(folder, &self.plan.settings.to_json())
            }
            _ => Ok(()),
        }
    }

    /// Whether there is no checkpoint to open.
    fn has_not_begun(&self, bins: usize) -> bool {
        let path = self.folder.map(|folder| folder.join(format!("checkpoint-{bins}.json")));
        matches!(self.keeping, Keeping::Reopen) && path.is_some_and(|path| !path.exists())
    }

    /// Executes the plan, and writes and prints the results.
    fn carry_out(&self, shown: &Shown) -> Result<Outcome, CliError> {
        let reports = self.reports()?;
        let (seed, settings) = (self.plan.seed, self.plan.settings.to_json());
        let run = BinningRun { problem: &self.problem, reports, seed, settings };
        let result = run.to_json();
        if let Some(folder) = self.folder {
            run.write_tables(folder)?;
            if !shown.no_figures {
                run.draw(folder)?;
            }
            write_in(folder, "result.json", &format!("{result:#}\n")).map_err(StudyError::from)?;
        }
        shown.print(&result, || table(&run), self.folder)?;
        warn_of_end(&run);
        let failed = |report| ended_as(report, TrainingStatus::NotFinite);
        Ok(Outcome::of(!run.reports.iter().any(failed)))
    }
}

fn ended_as(report: &BinningReport, status: TrainingStatus) -> bool {
    report.descent.as_ref().is_some_and(|descent| descent.training.status == status)
}

/// Warns on standard error about results that need an explanation.
fn warn_of_end(run: &BinningRun) {
    let minimum = run.problem.minimum_background();
    for report in &run.reports {
        let bins = report.bins;
        if ended_as(report, TrainingStatus::Paused) {
            eprintln!("{bins} bins: paused; --resume goes on from here");
        }
        let backgrounds = &report.hard.yields[run.problem.signals()..];
        let of_bin = |k: usize| backgrounds.iter().map(|process| process[k].sum).sum::<f64>();
        let low = (0..report.hard.by_bin.len()).filter(|k| of_bin(*k) < minimum * (1.0 - 1e-6));
        let low: Vec<String> = low.map(|k| (k + 1).to_string()).collect();
        if !low.is_empty() {
            eprintln!(
                "warning: {bins} bins: less than {minimum:.4} background events in bin {}; raise \
                 --yield-penalty, or ask for fewer bins",
                low.join(", ")
            );
        }
        if !report.hard.significance.is_finite() {
            eprintln!(
                "warning: {bins} bins: the model of the hard bins has no result; raise \
                 --minimum-background, or ask for fewer bins"
            );
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    arguments.shown.set_threads()?;
    let settings = arguments.settings.load()?;
    if arguments.checkpoint_every == 0 {
        return Err(CliError::Usage("there are no 0 epochs between checkpoints; give 1 or more"));
    }
    let plan = BinningPlan::load(settings)?;
    let work = Work::new(&plan, Keeping::of(arguments), arguments.output.as_deref())?;
    work.carry_out(&arguments.shown)
}

pub(in crate::cli) fn analyse(arguments: &AnalyseArguments) -> Result<Outcome, CliError> {
    arguments.shown.set_threads()?;
    let folder = &arguments.folder;
    let refuse = |cause: serde_json::Error| CliError::Config {
        path: folder.join(SETTINGS),
        cause: cause.to_string(),
    };
    let settings = serde_json::from_value(FILES.read_settings(folder)?).map_err(refuse)?;
    let plan = BinningPlan::load(settings)?;
    Work::new(&plan, Keeping::Reopen, Some(folder))?.carry_out(&arguments.shown)
}
