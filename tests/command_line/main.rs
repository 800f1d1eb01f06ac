//! Tests of the program `diffhep`: exit status, standard output and standard error, files.

#[path = "../common.rs"]
mod common;

mod arguments;
mod benchmark;
mod files;
mod grid;
#[cfg(unix)]
mod kills;
mod optimize_binning;
mod optimize_cut;
mod optimize_observable;
mod results;
mod statistics;
mod studies;
mod subcommand;
mod surgery;
mod toys;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const FIXTURE: &str = include_str!("../fixtures/all_types.json");
const TWO_BINS: &str = include_str!("../../examples/two_bins.json");

/// The outcome of a run of the program.
struct Run {
    status: i32,
    stdout: String,
    stderr: String,
}

/// Runs the program in `folder` with a text on standard input.
fn run_in(folder: &Path, arguments: &[&str], stdin: &str) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_diffhep"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that refuses its arguments does not read its input, which breaks the pipe.
    let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    Run {
        status: output.status.code().expect("no signal"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Runs the program with a workspace on standard input and expects a result.
fn result_of(arguments: &[&str], workspace: &str) -> Value {
    let run = run_in(Path::new("."), arguments, workspace);
    assert_eq!(run.status, 0, "{arguments:?}: {}", run.stderr);
    json(&run.stdout)
}

/// Parses output that must be one JSON document, end with a newline and contain no NaN or infinity.
fn json(stdout: &str) -> Value {
    assert!(stdout.ends_with("}\n"), "{stdout}");
    for word in ["NaN", "nan", "inf", "Infinity"] {
        // Only separate words count, because 'discriminant' contains 'nan'.
        let mut words = stdout.split(|c: char| !c.is_alphanumeric());
        assert!(!words.any(|found| found == word), "'{word}' in {stdout}");
    }
    serde_json::from_str(stdout).expect("JSON")
}

/// Expects status 2, nothing on standard output, and words on standard error.
fn refused(folder: &Path, arguments: &[&str], stdin: &str, words: &[&str]) {
    let run = run_in(folder, arguments, stdin);
    assert_eq!(run.status, 2, "{arguments:?}: {} {}", run.stdout, run.stderr);
    assert_eq!(run.stdout, "", "{arguments:?}");
    assert!(run.stderr.starts_with("error: "), "{arguments:?}: {}", run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "{arguments:?}: no '{word}' in: {}", run.stderr);
    }
}

/// A separate folder for a test, which contains only the fixture as `workspace.json`.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command_line").join(test);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("a folder of an earlier run");
    }
    std::fs::create_dir_all(&folder).expect("a folder");
    write(&folder, "workspace.json", FIXTURE);
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("a file");
}

/// The names of a folder's contents, sorted.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}
