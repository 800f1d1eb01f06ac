//! Times the published grid of 217 signals, in points per second.
//!
//! Criterion's benches are named operation/model/threads, and do a few of the points: `cls` alone,
//! and `limits` with the observed and the expected ones. Then a table shows the whole grid,
//! including reading its files. CLs of a point is checked against pyhf's before anything is timed,
//! and a wrong one aborts the run.
//!
//! `-- grid` runs everything, `-- grid/table` only the table; `--test` runs a few points once.
//!
//! DIFFHEP_LIKELIHOODS is the models' folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Instant;

use diffhep::analyses::grid::{self, Background, Grid, GridOptions, GridPoint, PointResult};
use diffhep::histfactory::parse;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Value, json};

use crate::common::{criterion, has, median, write_table};

const NAME: &str = "ATLAS-SUSY-2018-31.region-A";
/// A point, and its CLs from pyhf 0.7.6.
const POINT: (&str, f64) = ("patch.sbottom_1300_205_60", 0.24443696874783974);
/// Largest relative difference from pyhf's CLs.
const TOLERANCE: f64 = 1e-5;
const THREADS: [usize; 2] = [1, 2];
/// Points of one of Criterion's iterations.
const FEW: usize = 8;
/// Repetitions of each timing in the table.
const REPETITIONS: usize = 5;

/// The background's file, and the folder into which the archive of patches was unpacked.
struct Files {
    background: PathBuf,
    scratch: PathBuf,
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}

impl Files {
    /// The published grid, if it is available.
    fn find() -> Option<Self> {
        let default = || concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/likelihoods").into();
        let folder = PathBuf::from(std::env::var_os("DIFFHEP_LIKELIHOODS").unwrap_or_else(default));
        let archive = folder.join(format!("{NAME}.signal-grid.tar.gz"));
        if !archive.exists() {
            println!(
                "\n!!! THE PUBLISHED SIGNAL GRID IS LEFT OUT: {} is not there",
                archive.display()
            );
            println!("!!! set DIFFHEP_LIKELIHOODS\n");
            return None;
        }
        let scratch =
            std::env::temp_dir().join(format!("diffhep-bench-grid-{}", std::process::id()));
        std::fs::create_dir_all(&scratch).expect("a folder for the patches");
        let files = Self { background: folder.join(format!("{NAME}.json")), scratch };
        let tar =
            Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&files.scratch).status();
        assert!(tar.expect("tar runs").success());
        Some(files)
    }

    fn read(&self) -> (Background, Grid) {
        let text = std::fs::read_to_string(&self.background).expect(NAME);
        let background = Background::new(parse(&text).expect(NAME)).expect(NAME);
        let patches: &Path = &self.scratch.join("signal-grid");
        (background, Grid::read(patches).expect("patches"))
    }
}

fn done(background: &Background, points: &[&GridPoint], options: &GridOptions) -> Vec<PointResult> {
    let found = Mutex::new(Vec::new());
    let keep = |result| {
        found.lock().expect("no panic").push(result);
        Ok::<(), ()>(())
    };
    grid::run(background, points, options, keep).expect("no error");
    found.into_inner().expect("no panic")
}

fn check(background: &Background, grid: &Grid) {
    let (name, expected) = POINT;
    let point = grid.points.iter().find(|point| point.name == name).expect("the point");
    let found = done(background, &[point], &GridOptions::default());
    let cls = found[0].numbers().expect("numbers").cls_obs;
    let agrees = (cls / expected - 1.0).abs() <= TOLERANCE;
    assert!(agrees, "{name}: CLs is {cls}, and pyhf's is {expected}");
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("threads")
}

const OPERATIONS: [(&str, bool); 2] = [("cls", false), ("limits", true)];

fn options(limits: bool) -> GridOptions {
    GridOptions { limits, ..Default::default() }
}

/// Prints a line of the table and returns its numbers.
fn row(
    files: &Files,
    (operation, limits): (&str, bool),
    threads: usize,
    repetitions: usize,
) -> Value {
    let pool = pool(threads);
    let (mut times, mut points, mut failed) = (Vec::new(), 0, 0);
    for _ in 0..repetitions {
        let start = Instant::now();
        let found = pool.install(|| {
            let (background, grid) = files.read();
            let all: Vec<&GridPoint> = grid.points.iter().collect();
            let taken = if has("--test") { FEW } else { all.len() };
            done(&background, &all[..taken], &options(limits))
        });
        times.push(start.elapsed());
        points = found.len();
        failed = found.iter().filter(|result| result.numbers().is_none()).count();
    }
    let milliseconds = median(times);
    let rate = 1e3 * points as f64 / milliseconds;
    println!(
        "{operation:<10} {threads:>7} {points:>7} {failed:>7} {milliseconds:>10.1} {rate:>10.1}"
    );
    json!({ "operation": operation, "threads": threads, "points": points, "failed": failed,
        "ms": milliseconds, "points_per_s": rate })
}

/// Runs the benches, then the table.
pub fn run() {
    let mut criterion = criterion().sample_size(10);
    let Some(files) = Files::find() else { return };
    let (background, grid) = files.read();
    check(&background, &grid);
    // The points are spread over the grid because they take different times.
    let few: Vec<&GridPoint> =
        grid.points.iter().step_by(grid.points.len() / FEW).take(FEW).collect();
    for (operation, limits) in OPERATIONS {
        for threads in THREADS {
            let (pool, name) = (pool(threads), format!("{operation}/{FEW} of region-A/{threads}"));
            criterion.bench_function(&name, |b| {
                b.iter(|| pool.install(|| done(&background, &few, &options(limits))))
            });
        }
    }
    criterion.final_summary();
    if has("--list") {
        return;
    }
    let repetitions = if has("--test") { 1 } else { REPETITIONS };
    println!("\n{NAME}, files read and points done; medians of {repetitions}");
    println!("operation  threads  points  failed         ms   points/s");
    let cases =
        OPERATIONS.into_iter().flat_map(|operation| THREADS.map(|threads| (operation, threads)));
    let rows = cases.map(|(operation, threads)| row(&files, operation, threads, repetitions));
    write_table(&rows.collect::<Vec<_>>());
}
