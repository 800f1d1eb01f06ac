//! `diffhep study`: reproduces published studies.

use std::path::PathBuf;

use clap::Args;

use super::long_work::{progress_bar, set_threads};
use super::optimize::HiddenLayers;
use super::output::print;
use super::settings::{Fields, Values, settings, texts};
use super::{CliError, Outcome};
use diffhep::analyses::observable::Loss;
use diffhep::studies::{BlobsOptions, STUDIES, StudyError, StudyOptions, StudyProgress, study};

/// The study that has settings.
const BLOBS: &str = "blobs";

/// Reproduce a published study: write result.json, figures, and a text with expected and found
/// results.
///
/// `diffhep study list` lists them.
///
/// Examples:
///   diffhep study yields
///   diffhep study bkde --quick
///   diffhep study blobs --bins 20 --float-bins --output blobs-20
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct Arguments {
    /// Name of the study, or 'list'.
    name: String,
    /// Folder for all output; created if needed [default: study-NAME].
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Seed of the study's toys; the study yields has none.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Threads; all cores by default. The result does not depend on it.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Run in seconds instead of minutes, for bkde, blobs and softmax: coarser grids, smaller
    /// samples and networks, fewer losses; the results then mean little.
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    blobs: BlobsArguments,
}

impl Values for BlobsOptions {
    fn defaults() -> Vec<(Self, &'static str)> {
        vec![(Self::default(), ""), (Self::quick(), " with --quick")]
    }
}

settings! {
    /// Settings of the study of the blobs.
    #[command(next_help_heading = "Of the study 'blobs'")]
    struct BlobsArguments for BlobsOptions {
        /// Number of bins of the score: 5 or 20 in the thesis.
        #[arg(long, value_name = "N")]
        bins: Option<usize> => bins,
        /// Also train the inner edges of the bins.
        #[arg(long)]
        float_bins: bool => train_edges,
        /// Units of the hidden layers: 128x4 in the thesis, 1024x2 in the paper.
        #[arg(long, value_name = "UNITS")]
        hidden: Option<HiddenLayers> => hidden,
        /// Losses, as for optimize observable; by default those of the thesis, bce, and logarithms.
        #[arg(long, value_name = "LOSS", num_args = 1..)]
        #[serde(with = "texts")]
        losses: Vec<Loss> => losses,
        /// Number of trainings per loss.
        #[arg(long, value_name = "N")]
        seeds: Option<usize> => seeds,
        /// Number of epochs per training.
        #[arg(long, value_name = "N")]
        epochs: Option<usize> => epochs,
        /// Number of points per blob.
        #[arg(long, value_name = "N")]
        points: Option<usize> => points,
        /// Resume the trainings in the folder.
        #[arg(long)]
        resume: bool => resume,
    }
}

impl BlobsArguments {
    fn is_set(&self) -> bool {
        self.to_json().as_object().is_some_and(|settings| !settings.is_empty())
    }

    fn options(&self, quick: bool) -> Result<BlobsOptions, CliError> {
        let mut options = if quick { BlobsOptions::quick() } else { BlobsOptions::default() };
        self.clone().settle(&mut options);
        let twice = |(i, loss): (usize, &Loss)| options.losses[..i].contains(loss);
        if options.losses.iter().enumerate().any(twice) {
            return Err(CliError::Usage("a loss is given twice; give it once"));
        }
        let BlobsOptions { bins, seeds, epochs, points, .. } = options;
        if [bins, seeds, epochs, points].contains(&0) {
            return Err(CliError::Usage("bins, seeds, epochs and points of a study are 1 or more"));
        }
        Ok(options)
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    if arguments.name == "list" {
        let lines = STUDIES.map(|(name, study)| format!("{name:<18}{}\n", study.question));
        print(&lines.concat())?;
        return Ok(Outcome::Complete);
    }
    set_threads(arguments.threads)?;
    let study = study(&arguments.name).map_err(StudyError::from)?;
    if arguments.name != BLOBS && arguments.blobs.is_set() {
        return Err(CliError::Usage(
            "--bins, --float-bins, --hidden, --losses, --seeds, --epochs, --points and --resume are of \
             the study 'blobs'; leave them out",
        ));
    }
    if arguments.quick && !study.has_quick {
        return Err(CliError::Usage(
            "--quick is of the studies that take minutes: bkde, blobs and softmax; leave it out",
        ));
    }
    let Arguments { seed, quick, blobs, .. } = arguments;
    let options = StudyOptions { seed: *seed, quick: *quick, blobs: blobs.options(*quick)? };
    let default = || PathBuf::from(format!("study-{}", arguments.name));
    let folder = arguments.output.clone().unwrap_or_else(default);
    let bar = progress_bar(0, study.unit);
    let mut progress = |now: StudyProgress| {
        bar.set_length(now.total as u64);
        bar.set_position(now.done as u64);
        bar.set_message(now.message);
    };
    let findings = study.run(&folder, &options, &mut progress);
    bar.finish_and_clear();
    let findings = findings?;
    print(&format!("{}\nwritten to {}\n", findings.text, folder.display()))?;
    Ok(Outcome::Complete)
}
