//! Helpers to run one subcommand and to check the files it writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Run, json, names_in, refused, run_in};

/// A subcommand by its words, separated by spaces; so are the arguments of its runs.
pub(super) struct Subcommand(pub(super) &'static str);

impl Subcommand {
    /// The arguments of the program, followed by further ones that are not split.
    pub(super) fn arguments<'a>(&self, words: &'a str, further: &[&'a str]) -> Vec<&'a str> {
        let all = self.0.split_whitespace().chain(words.split_whitespace());
        all.chain(further.iter().copied()).collect()
    }

    /// Runs the subcommand.
    pub(super) fn run(&self, folder: &Path, words: &str) -> Run {
        run_in(folder, &self.arguments(words, &[]), "")
    }

    /// Expects success and nothing on standard error; returns standard output.
    pub(super) fn quiet(&self, folder: &Path, words: &str) -> String {
        let run = self.run(folder, words);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{words}");
        run.stdout
    }

    /// The result that a run without warnings prints as JSON.
    pub(super) fn result(&self, folder: &Path, words: &str) -> Value {
        json(&self.quiet(folder, &format!("{words} --json")))
    }

    /// The result of a run with a warning that contains `words`; warnings in the result must be
    /// printed too.
    pub(super) fn warned(&self, folder: &Path, arguments: &str, words: &[&str]) -> Value {
        let run = self.run(folder, &format!("{arguments} --json"));
        assert_eq!(run.status, 0, "{arguments}: {}", run.stderr);
        for word in ["warning: "].iter().chain(words) {
            assert!(run.stderr.contains(word), "{arguments}: no '{word}' in: {}", run.stderr);
        }
        let result = json(&run.stdout);
        for warning in result["warnings"].as_array().expect("a list") {
            assert!(run.stderr.contains(warning.as_str().expect("text")), "{warning}");
        }
        result
    }

    /// Asserts that every setting is both a flag and a key of settings files, except for
    /// `keys_alone`.
    pub(super) fn has_each_setting_as_flag_and_key(&self, folder: &Path, keys_alone: &[&str]) {
        const OF_A_RUN: &str = "config output json no-figures threads resume checkpoint-every \
            stop-after";
        let help = self.run(folder, "--help").stdout;
        let flags =
            help.lines().filter_map(|line| line.strip_prefix("      --")?.split(' ').next());
        let of_a_run: Vec<&str> = OF_A_RUN.split_whitespace().collect();
        let mut flags: Vec<&str> = flags.filter(|flag| !of_a_run.contains(flag)).collect();

        fs::write(folder.join("unknown.toml"), "unknown-key = 1").expect("a file");
        let refusal = self.run(folder, "--config unknown.toml").stderr;
        let (_, list) = refusal.split_once("expected one of ").expect("a list of keys");
        let keys = list.split('`').skip(1).step_by(2).filter(|key| !keys_alone.contains(key));
        // A flag that can be repeated is a list with a different name in files.
        let flag_of = |key| match key {
            "cuts" => "cut",
            "columns" => "column",
            key => key,
        };
        let mut keys: Vec<&str> = keys.map(flag_of).collect();
        flags.sort_unstable();
        keys.sort_unstable();
        assert!(flags.len() > 20, "{help}");
        assert_eq!(flags, keys);
    }

    /// Expects a refusal that names `words` and leaves the folder as it was.
    pub(super) fn refused_untouched(&self, folder: &Path, words: &str, expected: &[&str]) {
        let before = contents(folder);
        refused(folder, &self.arguments(words, &[]), "", expected);
        let after = contents(folder);
        assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{words}");
        assert!(after == before, "{words}: a file was changed");
    }

    /// Starts the subcommand and kills it as soon as `is_time`, which must come before its end.
    #[cfg(unix)]
    pub(super) fn killed(&self, folder: &Path, words: &str, is_time: impl Fn() -> bool) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_diffhep"))
            .args(self.arguments(words, &[]))
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let start = Instant::now();
        while !is_time() {
            assert!(start.elapsed() < Duration::from_secs(60), "{words}: the time never came");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().expect("a signal");
        assert_eq!(child.wait().expect("an end").code(), None, "it ended before the signal");
    }
}

/// Every file in a folder and its subfolders, by path.
pub(super) fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for name in names_in(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            let inner = contents(&path).into_iter();
            files.extend(inner.map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
            files.insert(format!("{name}/"), Vec::new());
        } else {
            files.insert(name, fs::read(path).expect("a file"));
        }
    }
    files
}

/// Expects two subfolders of a folder to have the same contents.
pub(super) fn assert_same(folder: &Path, expected: &str, found: &str) {
    let [one, other] = [expected, found].map(|name| contents(&folder.join(name)));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{found}");
    for (name, bytes) in &one {
        assert!(other[name] == *bytes, "{name} of {expected} and of {found} differ");
    }
}

/// Checks each figure among some files, which is an SVG and a PNG of the same name. Returns the
/// number of figures.
pub(super) fn check_figures(files: &BTreeMap<String, Vec<u8>>) -> usize {
    let mut figures = 0;
    for (name, bytes) in files {
        if let Some(stem) = name.strip_suffix(".svg") {
            assert!(bytes.starts_with(b"<svg") && bytes.ends_with(b"</svg>\n"), "{name}");
            let png = &files[&format!("{stem}.png")];
            assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() > 1_000, "{stem}.png");
            figures += 1;
        }
    }
    let images = files.keys().filter(|name| name.ends_with(".png")).count();
    assert_eq!(images, figures, "a PNG without an SVG");
    figures
}

/// The names of figures with both endings, and further names, sorted.
pub(super) fn expected_names(figures: &[&str], further: &[&str]) -> Vec<String> {
    let figures = figures.iter().flat_map(|stem| [format!("{stem}.png"), format!("{stem}.svg")]);
    let mut names: Vec<String> =
        figures.chain(further.iter().map(|name| (*name).to_owned())).collect();
    names.sort();
    names
}

pub(super) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

pub(super) fn assert_close(found: f64, expected: f64, relative: f64) {
    assert!((found / expected - 1.0).abs() <= relative, "found {found}, expected {expected}");
}

pub(super) fn asimov(s: f64, b: f64) -> f64 {
    (2.0 * ((s + b) * (s / b).ln_1p() - s)).sqrt()
}

pub(super) fn csv(header: &str, rows: &[String]) -> String {
    format!("{header}\n{}\n", rows.join("\n"))
}
