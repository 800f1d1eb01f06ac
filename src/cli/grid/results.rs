//! The results of a grid's points: computed in parallel, printed or stored as they come.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

use crate::cli::long_work::progress_bar;
use crate::cli::output::print;
use crate::cli::{CliError, Outcome};
use diffhep::analyses::grid::{
    Background, Grid, GridOptions, GridPoint, Outcome as PointOutcome, PointResult, ResultFile, run,
};

/// Maximum number of failures that are reported individually.
const TOLD: usize = 5;

/// What a run reuses from earlier ones.
pub(super) struct Earlier<'a> {
    /// The file of results, if any.
    pub(super) output: Option<&'a Path>,
    /// Whether failures in it are tried again.
    pub(super) retry_failed: bool,
}

/// All results in the grid's order, and how many of them were taken from the file.
pub(super) fn all(
    earlier: Earlier,
    grid: &Grid,
    background: &Background,
    options: &GridOptions,
) -> Result<(Vec<PointResult>, usize), CliError> {
    let open = |path| ResultFile::open(path, grid, background, options);
    let mut file = earlier.output.map(open).transpose()?;
    let done = file.as_ref().map_or_else(Vec::new, |file| file.done().to_vec());
    let is_final = |result: &PointResult| !earlier.retry_failed || result.numbers().is_some();
    let done = done.into_iter().filter(is_final).map(|result| (result.name.clone(), result));
    let mut found: HashMap<String, PointResult> = done.collect();
    let resumed = found.len();
    let missing: Vec<&GridPoint> =
        grid.points.iter().filter(|point| !found.contains_key(&point.name)).collect();
    let bar = progress_bar(missing.len(), "points");
    let keep = Mutex::new((&mut found, &mut file));
    run(background, &missing, options, |result| {
        let mut kept = keep.lock().expect("no thread panics with the lock");
        let (found, file) = &mut *kept;
        match file {
            Some(file) => file.append(&result)?,
            None => print(&result.line())?,
        }
        bar.set_message(result.name.clone());
        bar.inc(1);
        found.insert(result.name.clone(), result);
        Ok::<(), CliError>(())
    })?;
    bar.finish_and_clear();
    let take = |point: &GridPoint| found.remove(&point.name).expect("every point has a result");
    Ok((grid.points.iter().map(take).collect(), resumed))
}

/// Reports failures and totals on standard error.
pub(super) fn conclude(found: &[PointResult], seconds: f64) -> Outcome {
    let failure = |result: &PointResult| match &result.outcome {
        PointOutcome::Failed { error } => Some((result.name.clone(), error.message.clone())),
        PointOutcome::Numbers(_) => None,
    };
    let failed: Vec<(String, String)> = found.iter().filter_map(failure).collect();
    for (name, message) in failed.iter().take(TOLD) {
        eprintln!("error: {name}: {message}");
    }
    let lacking = found.iter().filter_map(PointResult::numbers).filter(|n| n.lacks_limit()).count();
    if lacking > 0 {
        eprintln!("warning: {lacking} points lack limits; their lines say why, at 'no_limit'");
    }
    eprintln!("{} points in {seconds:.2} s, {} of them failed", found.len(), failed.len());
    if failed.is_empty() { Outcome::Complete } else { Outcome::Incomplete }
}
