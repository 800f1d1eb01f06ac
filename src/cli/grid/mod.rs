//! `diffhep grid`: a grid of signals, its limits and its exclusion contour.

mod results;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde_json::{Value, json};

use super::figure;
use super::input::{
    AsimovArgument, StatisticArgument, WorkspaceArguments, parse_count, parse_level, parse_number,
};
use super::long_work::set_threads;
use super::output::print;
use super::{CliError, Outcome};
use diffhep::analyses::grid::{
    Axes, Background, Grid, GridError, GridOptions, Plane, PointNumbers, PointResult, Where,
    contour_table, contours, point_table,
};
use diffhep::figures::grid::grid_exclusion;
use diffhep::inference::HypothesisTestOptions;
use diffhep::persistence::write_whole;
use results::Earlier;

/// Compute CLs and upper limits of every signal of a grid, and the exclusion contour.
///
/// The workspace is the background-only one; each patch adds one signal. Prints a line of JSON for
/// each point when it is finished: name, values, CLs_obs, CLs_exp, limit_obs, limit_exp (expected
/// numbers as for cls), or error. With --output the lines are stored in a file, from which an
/// interrupted run can resume, and a summary is printed.
#[derive(Args, Debug)]
#[command(
    after_help = "A point's values are those of the patch set, or the numbers in the patch's name: \
    sbottom_1300_205_60 lies at 1300, 205, 60, and 0p5 stands for 0.5.\n\
    Contours are where ln(limit / tested signal strength), linear within Delaunay triangles, is 0.\n\
    Exit status 3 if points failed; the others' results stand.\n\n\
    Examples:\n  \
    diffhep grid background.json --patches patchset.json --output grid.jsonl --figure exclusion.pdf\n  \
    diffhep grid background.json --patches folder --where 2=60 --axes 0,1 --figure plane.png --table points.yaml"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    /// Patch set file, or folder in which every *.json is a patch.
    #[arg(long, value_name = "PATH")]
    patches: PathBuf,
    /// File for the points' lines; if it exists, the points in it are not computed again.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Try again the points that failed in an earlier run with the same file.
    #[arg(long, requires = "output")]
    retry_failed: bool,
    /// Signal strength to test, above 0.
    #[arg(long, value_name = "MU", default_value = "1.0", value_parser = parse_strength, allow_negative_numbers = true)]
    test_poi: f64,
    /// Test statistic.
    #[arg(long, value_enum, default_value = "qtilde")]
    test_stat: StatisticArgument,
    /// Nuisance parameters at which Asimov data are generated.
    #[arg(long, value_enum, default_value = "fitted")]
    asimov: AsimovArgument,
    /// Confidence level of limits and exclusion.
    #[arg(long, value_name = "LEVEL", default_value = "0.95", value_parser = parse_level, allow_negative_numbers = true)]
    level: f64,
    /// Compute only CLs, without limits.
    #[arg(long)]
    no_limits: bool,
    /// Threads; all cores by default. The results do not depend on it.
    #[arg(long, value_name = "N", value_parser = parse_count)]
    threads: Option<usize>,
    /// File for a table of all points, in HEPData's YAML.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    #[command(flatten)]
    plane: PlaneArguments,
}

/// Output for a plane of two of the points' values.
#[derive(Args, Debug)]
#[command(next_help_heading = "Exclusion contour")]
struct PlaneArguments {
    /// File for the exclusion figure: .svg, .png or .pdf.
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
    /// File for the contours' corners, in HEPData's YAML.
    #[arg(long, value_name = "FILE")]
    contours: Option<PathBuf>,
    /// The values to use as axes, by label or by index from 0, as in 0,1 [default: the first two
    /// that vary].
    #[arg(long, value_name = "X,Y")]
    axes: Option<Axes>,
    /// Take only the points with this value, as in 2=60; may be given several times.
    #[arg(long, value_name = "NAME=VALUE")]
    r#where: Vec<Where>,
}

impl PlaneArguments {
    /// The plane of the figure and the contours; `None` if neither is requested.
    fn of(&self, grid: &Grid) -> Result<Option<Plane>, GridError> {
        if self.figure.is_none() && self.contours.is_none() {
            return Ok(None);
        }
        grid.plane(self.axes.as_ref(), &self.r#where).map(Some)
    }

    fn check(&self) -> Result<(), CliError> {
        figure::check(self.figure.as_deref())?;
        let is_sliced = self.axes.is_some() || !self.r#where.is_empty();
        if is_sliced && self.figure.is_none() && self.contours.is_none() {
            return Err(CliError::Usage(
                "--axes and --where are for the exclusion contour: ask for it by --figure or --contours",
            ));
        }
        Ok(())
    }
}

fn parse_strength(text: &str) -> Result<f64, String> {
    let strength = parse_number(text)?;
    if strength > 0.0 { Ok(strength) } else { Err("must be above 0".to_owned()) }
}

impl Arguments {
    /// Refuses, before any work is done, output files that cannot be written.
    fn check(&self) -> Result<(), CliError> {
        self.plane.check()?;
        for path in [&self.table, &self.plane.figure, &self.plane.contours].into_iter().flatten() {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let kind = match folder.unwrap_or(Path::new(".")) {
                _ if path.is_dir() => std::io::ErrorKind::IsADirectory,
                folder if folder.is_dir() => continue,
                _ => std::io::ErrorKind::NotFound,
            };
            return Err(CliError::Write { path: path.clone(), cause: kind.into() });
        }
        Ok(())
    }

    fn options(&self) -> GridOptions {
        let (measurement, interpolation) = self.input.model_options();
        let (_, test_statistic) = self.test_stat.statistic();
        let asimov = self.asimov.into();
        GridOptions {
            measurement: measurement.map(str::to_owned),
            interpolation,
            poi_bounds: self.input.poi_bounds(),
            tests: HypothesisTestOptions { test_statistic, asimov, ..Default::default() },
            test_poi: self.test_poi,
            level: self.level,
            limits: !self.no_limits,
        }
    }

    /// Reads the background and the grid in parallel.
    fn read(&self) -> Result<(Background, Grid), CliError> {
        let background = || {
            let (source_name, json) = self.input.read()?;
            Background::new(json).map_err(|cause| CliError::Workspace { source_name, cause })
        };
        let (background, grid) = rayon::join(background, || Grid::read(&self.patches));
        Ok((background?, grid?))
    }

    fn write_contours(
        &self,
        plane: &Plane,
        found: &[PointResult],
        options: &GridOptions,
    ) -> Result<(), CliError> {
        let contours = contours(plane, found, options)?;
        if let Some(path) = &self.plane.contours {
            write(path, &contour_table(&contours))?;
        }
        if let Some(path) = &self.plane.figure {
            grid_exclusion(plane, &contours, found, options).write_file(path)?;
        }
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let refuse = |cause| CliError::Write { path: path.to_owned(), cause };
    write_whole(path, text.as_bytes()).map_err(refuse)
}

/// The summary for standard output: counts and names of points.
fn summary(found: &[PointResult], resumed: usize, options: &GridOptions) -> Value {
    let names = |takes: &dyn Fn(Option<&PointNumbers>) -> bool| -> Vec<&str> {
        let taken = found.iter().filter(|result| takes(result.numbers()));
        taken.map(|result| result.name.as_str()).collect()
    };
    let level = options.level;
    json!({
        "points": found.len(),
        "resumed": resumed,
        "level": level,
        "test_poi": options.test_poi,
        "excluded_obs": names(&|n| n.is_some_and(|n| n.is_excluded(level))),
        "excluded_exp": names(&|n| n.is_some_and(|n| n.is_expected_excluded(level))),
        "without_limit": names(&|n| n.is_some_and(PointNumbers::lacks_limit)),
        "failed": names(&|n| n.is_none()),
    })
}

/// Warns on standard error if a plane mixes points of several slices.
fn warn_of_others(plane: &Plane) {
    if let [other, ..] = &plane.others[..] {
        eprintln!(
            "warning: points that differ in value '{other}' lie in one plane; --where {other}=VALUE takes one slice"
        );
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let start = Instant::now();
    arguments.check()?;
    set_threads(arguments.threads)?;
    let options = arguments.options();
    let (background, grid) = arguments.read()?;
    let plane = arguments.plane.of(&grid)?;
    plane.iter().for_each(warn_of_others);
    let output = arguments.output.as_deref();
    let earlier = Earlier { output, retry_failed: arguments.retry_failed };
    let (found, resumed) = results::all(earlier, &grid, &background, &options)?;
    if let Some(path) = &arguments.table {
        write(path, &point_table(&grid, &found))?;
    }
    if let Some(plane) = &plane {
        arguments.write_contours(plane, &found, &options)?;
    }
    if output.is_some() {
        print(&format!("{:#}\n", summary(&found, resumed, &options)))?;
    }
    Ok(results::conclude(&found, start.elapsed().as_secs_f64()))
}
