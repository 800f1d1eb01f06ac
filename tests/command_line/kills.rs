//! Runs that are killed at random moments, and then resume and write the same bytes as undisturbed
//! runs.
//!
//! DIFFHEP_KILLS sets the number of kills for each kind of run; the default is 2.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::subcommand::{Subcommand, assert_same};
use super::{TWO_BINS, folder, grid, names_in, refused, write};

/// Number of kills for each kind of run.
fn kills() -> usize {
    let set = std::env::var("DIFFHEP_KILLS").ok();
    set.map_or(2, |kills| kills.parse().expect("DIFFHEP_KILLS is a number"))
}

/// A random moment during a run that takes `whole` if undisturbed.
fn random_moment(whole: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
    whole.mul_f64(random)
}

/// A kind of run that writes into a folder of its own.
struct Work {
    subcommand: Subcommand,
    /// The arguments for a folder, without those that resume a run.
    words: fn(&str) -> String,
    /// The file from which a run can resume, and the argument that makes it resume.
    resume: (&'static str, &'static str),
}

impl Work {
    /// Runs to the end; returns the duration.
    fn finish(&self, folder: &Path, name: &str) -> Duration {
        let start = Instant::now();
        let (file, argument) = self.resume;
        let is_resumed = folder.join(name).join(file).exists();
        let argument = if is_resumed { argument } else { "" };
        let run = self.subcommand.run(folder, &format!("{} {argument}", (self.words)(name)));
        assert_eq!(run.status, 0, "{name}: {}", run.stderr);
        start.elapsed()
    }

    /// Starts a run and kills it after a while; returns whether it was still running then.
    fn kill(&self, folder: &Path, name: &str, after: Duration) -> bool {
        let mut child = Command::new(env!("CARGO_BIN_EXE_diffhep"))
            .args(self.subcommand.arguments(&(self.words)(name), &[]))
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(after);
        let was_running = child.try_wait().expect("a status").is_none();
        child.kill().expect("a signal");
        child.wait().expect("an end");
        let folder = folder.join(name);
        // A file that was being written when the signal came is left behind under a temporary name.
        for left in names_in(&folder).iter().filter(|left| left.contains(".new.")) {
            fs::remove_file(folder.join(left)).expect("a file");
        }
        was_running
    }

    /// Kills runs at random moments, resumes them, and compares the files they leave.
    fn check(&self, folder: &Path) {
        fs::create_dir(folder.join("whole")).expect("a folder");
        let whole = self.finish(folder, "whole");
        let mut caught = 0;
        // If the machine has become faster in the meantime, some runs end before they are killed.
        for run in 0..5 * kills() {
            let (name, after) = (format!("killed-{run}"), random_moment(whole));
            fs::create_dir(folder.join(&name)).expect("a folder");
            caught += usize::from(self.kill(folder, &name, after));
            self.finish(folder, &name);
            assert_same(folder, "whole", &name);
            if caught == kills() {
                println!("{caught} kills in {} runs", run + 1);
                return;
            }
        }
        panic!("only {caught} of {} kills came before the end", kills());
    }
}

/// Writes a grid of 800 points, which takes about a second.
fn write_grid(folder: &Path) {
    write(folder, "b.json", &grid::background().to_string());
    let point = |i: u32| {
        let metadata = json!({ "name": format!("signal_{i}"), "values": [i] });
        json!({ "metadata": metadata, "patch": grid::patch(5.0 + f64::from(i) / 20.0) })
    };
    let patches: Vec<_> = (0..800).map(point).collect();
    let metadata = json!({ "labels": ["m"] });
    let set = json!({ "version": "1.0.0", "metadata": metadata, "patches": patches });
    write(folder, "set.json", &set.to_string());
}

/// A single thread processes the points in order.
const GRID: &str = "b.json --patches set.json --threads 1 --output";

#[test]
fn grids() {
    let folder = folder("kills_grid");
    write_grid(&folder);
    let words = |name: &str| format!("{GRID} {name}/out.jsonl");
    Work { subcommand: Subcommand("grid"), words, resume: ("out.jsonl", "") }.check(&folder);
}

#[test]
fn a_second_run_on_the_file_of_a_grid_is_refused_until_the_first_is_dead() {
    let folder = folder("busy_grid");
    write_grid(&folder);
    let (grid, words) = (Subcommand("grid"), format!("{GRID} out.jsonl"));
    grid.killed(&folder, &words, || {
        let has_begun = fs::metadata(folder.join("out.jsonl")).is_ok_and(|file| file.len() > 2_000);
        if has_begun {
            let expected = ["another run is writing out.jsonl", "give another path"];
            refused(&folder, &grid.arguments(&words, &[]), "", &expected);
        }
        has_begun
    });
    assert_eq!(grid.run(&folder, &words).status, 0);
}

#[test]
fn toys() {
    let folder = folder("kills_toys");
    write(&folder, "two.json", TWO_BINS);
    let words = |name: &str| format!("two.json --n 20000 --toys-file {name}/toys.jsonl");
    Work { subcommand: Subcommand("toys"), words, resume: ("toys.jsonl", "") }.check(&folder);
}

#[test]
fn cuts() {
    let words = |name: &str| {
        format!("--toy exponential --steps 1000 --no-figures --checkpoint-every 20 --output {name}")
    };
    let resume = ("checkpoint.json", "--resume");
    Work { subcommand: Subcommand("optimize cut"), words, resume }.check(&folder("kills_cut"));
}

#[test]
fn binnings() {
    let words = |name: &str| {
        format!("--bins 2 4 --epochs 300 --no-figures --checkpoint-every 20 --output {name}")
    };
    let resume = ("settings.json", "--resume");
    let folder = folder("kills_binning");
    Work { subcommand: Subcommand("optimize binning"), words, resume }.check(&folder);
}

#[test]
fn observables() {
    let words = |name: &str| {
        let data = "--points 300 --hidden 8 --batch-size 100 --seeds 0 1 --epochs 100";
        format!("{data} --no-figures --checkpoint-every 5 --output {name}")
    };
    let resume = ("settings.json", "--resume");
    let folder = folder("kills_observable");
    Work { subcommand: Subcommand("optimize observable"), words, resume }.check(&folder);
}
