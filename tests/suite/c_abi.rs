//! The C ABI from C and C++ programs: every bit of what they get is that of the Rust API, from one
//! thread and from eight.
//!
//! DIFFHEP_C_PREFIX names the folder where scripts/install-c put the library; without it these tests
//! are left out, and say so. The programs are in `tests/c`.

mod engine;
mod kernels;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::common::{project, read_json};

/// The lines that the programs print.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, label: &str, numbers: &[f64]) {
        for (i, number) in numbers.iter().enumerate() {
            writeln!(self.0, "{label} {i} {:016x}", number.to_bits()).expect("a string grows");
        }
    }
}

fn prefix(left_out: &str) -> Option<PathBuf> {
    let prefix = std::env::var_os("DIFFHEP_C_PREFIX").map(PathBuf::from);
    if prefix.is_none() {
        eprintln!(
            "LEFT OUT: {left_out}: no C library; set DIFFHEP_C_PREFIX to where it is installed"
        );
    }
    prefix
}

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("diffhep-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn compile(compiler: &str, standard: &str, source: &str, prefix: &Path, program: &Path) {
    let library = prefix.join("lib");
    let status = Command::new(compiler)
        .args([standard, "-O2", "-Wall", "-Wextra", "-Werror"])
        .arg(project("tests/c").join(source))
        .arg("-o")
        .arg(program)
        .arg(format!("-I{}", prefix.join("include").display()))
        .arg(format!("-L{}", library.display()))
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .args(["-ldiffhep", "-lpthread"])
        .status()
        .unwrap_or_else(|error| panic!("cannot run {compiler}: {error}"));
    assert!(status.success(), "{compiler} {source}");
}

fn run(program: &Path, threads: &str, workspaces: &[PathBuf]) -> String {
    let output = Command::new(program).arg(threads).args(workspaces).output().expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", program.display());
    String::from_utf8(output.stdout).expect("text")
}

/// Names the first lines that differ.
fn assert_same(found: &str, expected: &str, whose: &str) {
    assert_eq!(found.lines().count(), expected.lines().count(), "{whose}: number of lines");
    let pairs = found.lines().zip(expected.lines()).enumerate();
    let differing: Vec<_> = pairs.filter(|(_, (found, expected))| found != expected).collect();
    let first = &differing[..differing.len().min(9)];
    assert!(differing.is_empty(), "{whose}: {} lines differ: {first:#?}", differing.len());
}

/// The two-bin example and one with every type of modifier.
fn workspaces(folder: &Folder) -> Vec<PathBuf> {
    let every_type = read_json(project("tests/reference/all_types_qtilde.json"));
    let path = folder.0.join("every_type.json");
    std::fs::write(&path, every_type["workspace"].to_string()).expect("a file");
    vec![project("examples/two_bins.json"), path]
}

fn check(name: &str, compiler: &str, standard: &str, source: &str) {
    let Some(prefix) = prefix(&format!("{source} against the Rust API")) else { return };
    let folder = Folder::new(name);
    let (program, workspaces) = (folder.0.join(name), workspaces(&folder));
    compile(compiler, standard, source, &prefix, &program);
    let mut expected = Lines::default();
    kernels::add_all(&mut expected);
    for path in &workspaces {
        engine::add_all(&mut expected, &read_json(path));
    }
    for threads in ["1", "8"] {
        let found = run(&program, threads, &workspaces);
        assert_same(&found, &expected.0, &format!("{source} on {threads} threads"));
    }
}

#[test]
fn a_c_program_gets_the_bits_of_the_rust_api() {
    check("same_bits_c", "cc", "-std=gnu11", "same_bits.c");
}
