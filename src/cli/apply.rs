//! `diffhep apply`: scores of events from a trained network.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::output::OutputArguments;
use super::{CliError, Outcome};
use diffhep::analyses::observable::TrainedNetwork;
use diffhep::events::read_csv_unweighted;
use diffhep::studies::StudyError;

/// Score events with a network that `optimize observable` has trained.
///
/// Reads the network's columns from a CSV file and writes, for each event in order, the score,
/// between 0 and 1, and the bin of the histogram that it falls into, counted from 1. Other columns
/// of the file are ignored.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The network: a model-SEED.safetensors.
    model: PathBuf,
    /// Events: a CSV file with a header.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    #[command(flatten)]
    output: OutputArguments,
    /// JSON instead of CSV: columns, edges, scores and bins.
    #[arg(long)]
    json: bool,
}

/// Scores of a file's events.
fn scores(network: &TrainedNetwork, path: &Path) -> Result<Vec<f64>, CliError> {
    let columns: Vec<&str> = network.columns().iter().map(String::as_str).collect();
    let events = read_csv_unweighted(path, &columns).map_err(StudyError::from)?;
    let scores = network.scores_of(&events).map_err(StudyError::from)?;
    match scores.iter().position(|score| !score.is_finite()) {
        None => Ok(scores),
        Some(event) => Err(CliError::NoScore { path: path.to_owned(), event: event + 1 }),
    }
}

/// A table with one line per event.
fn table(scores: &[f64], bins: &[Option<usize>]) -> String {
    let text = |bin: &Option<usize>| bin.map_or(String::new(), |bin| bin.to_string());
    // Debug formatting gives the shortest form that reads back exactly, with an exponent where it
    // helps.
    let lines = scores.iter().zip(bins).map(|(score, bin)| format!("{score:?},{}\n", text(bin)));
    std::iter::once("score,bin\n".to_owned()).chain(lines).collect()
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let network = TrainedNetwork::load(&arguments.model).map_err(StudyError::from)?;
    let scores = scores(&network, &arguments.input)?;
    let bin = |score: &f64| network.bin(*score).map(|bin| bin + 1);
    let bins: Vec<Option<usize>> = scores.iter().map(bin).collect();
    if arguments.json {
        let (columns, edges) = (network.columns(), network.edges());
        let result = json!({ "columns": columns, "edges": edges, "scores": scores, "bins": bins });
        arguments.output.write(&result)?;
    } else {
        arguments.output.write_text(&table(&scores, &bins))?;
    }
    Ok(Outcome::Complete)
}
