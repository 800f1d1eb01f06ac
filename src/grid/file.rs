//! Results on disk: a line of JSON a point, from which an interrupted run goes on.
//!
//! The first line holds `format`, `version`, digests of the workspace and of the patches, and `settings`;
//! each other line is a [`PointResult`], in the order in which points were done. What an interrupted write
//! left of a last line is dropped.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::ResultFileError;
use super::points::Grid;
use super::record::PointResult;
use super::run::{Background, GridOptions};

const FORMAT: &str = "diffhep grid";
const VERSION: u64 = 1;

#[derive(Deserialize, Serialize)]
struct Header {
    format: String,
    version: u64,
    workspace: String,
    patches: String,
    settings: Map<String, Value>,
}

/// Results of a grid that grow line by line.
#[derive(Debug)]
pub struct ResultFile {
    path: PathBuf,
    file: File,
    done: Vec<PointResult>,
}

impl ResultFile {
    /// Opens a file for a grid's results, or begins one.
    ///
    /// # Errors
    /// [`ResultFileError`] where the file cannot be read or written, holds something else, belongs to
    /// another workspace, other patches or other settings, or is damaged before its last line.
    pub fn open(
        path: &Path,
        grid: &Grid,
        background: &Background,
        options: &GridOptions,
    ) -> Result<Self, ResultFileError> {
        let Value::Object(settings) = options.settings() else { unreachable!("an object") };
        let header = Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            workspace: background.digest.clone(),
            patches: grid.digest.clone(),
            settings,
        };
        let first = serde_json::to_string(&header).expect("keys are text") + "\n";
        let earlier = read_earlier(path)?;
        let (whole, done) = match earlier.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => (last + 1, read_lines(path, &earlier[..last], grid, &header)?),
            // A write of the first line that was interrupted.
            None if first.as_bytes().starts_with(&earlier) => (0, Vec::new()),
            None => return Err(ResultFileError::Foreign { path: path.to_owned() }),
        };
        let refuse = |cause| ResultFileError::Write { path: path.to_owned(), cause };
        let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(refuse)?;
        if whole < earlier.len() {
            file.set_len(whole as u64).map_err(refuse)?;
        }
        if whole == 0 {
            file.write_all(first.as_bytes()).map_err(refuse)?;
        }
        Ok(Self { path: path.to_owned(), file, done })
    }

    /// The results that were there when the file was opened.
    pub fn done(&self) -> &[PointResult] {
        &self.done
    }

    /// Adds a point's result.
    ///
    /// # Errors
    /// [`ResultFileError::Write`].
    pub fn append(&mut self, result: &PointResult) -> Result<(), ResultFileError> {
        let refuse = |cause| ResultFileError::Write { path: self.path.clone(), cause };
        self.file.write_all(result.line().as_bytes()).map_err(refuse)
    }
}

/// What a file holds; nothing where there is none, or a device or pipe.
fn read_earlier(path: &Path) -> Result<Vec<u8>, ResultFileError> {
    let refuse = |cause| ResultFileError::Read { path: path.to_owned(), cause };
    match std::fs::metadata(path) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Ok(found) if !found.is_file() && !found.is_dir() => return Ok(Vec::new()),
        _ => (),
    }
    std::fs::read(path).map_err(refuse)
}

/// Reads the whole lines of a file.
fn read_lines(
    path: &Path,
    earlier: &[u8],
    grid: &Grid,
    header: &Header,
) -> Result<Vec<PointResult>, ResultFileError> {
    let foreign = |_| ResultFileError::Foreign { path: path.to_owned() };
    let text = std::str::from_utf8(earlier).map_err(foreign)?;
    let mut lines = text.split('\n');
    check_header(path, lines.next().unwrap_or_default(), header)?;
    let mut missing: HashSet<&str> = grid.points.iter().map(|point| point.name.as_str()).collect();
    let mut done = Vec::new();
    for (i, line) in lines.enumerate() {
        let refuse = |cause: String| {
            let (path, line) = (path.to_owned(), i + 2);
            ResultFileError::Line { path, line, cause }
        };
        let result: PointResult =
            serde_json::from_str(line).map_err(|error| refuse(error.to_string()))?;
        if !missing.remove(result.name.as_str()) {
            let is_known = grid.points.iter().any(|point| point.name == result.name);
            let why = if is_known { "is there twice" } else { "is none of the grid's" };
            return Err(refuse(format!("point '{}' {why}", result.name)));
        }
        done.push(result);
    }
    Ok(done)
}

fn check_header(path: &Path, line: &str, expected: &Header) -> Result<(), ResultFileError> {
    let path = path.to_owned();
    let found = match serde_json::from_str::<Value>(line) {
        Ok(found) if found["format"] == FORMAT => found,
        _ => return Err(ResultFileError::Foreign { path }),
    };
    match found["version"].as_u64() {
        Some(VERSION) => (),
        Some(found) => return Err(ResultFileError::Version { path, found, known: VERSION }),
        None => return Err(ResultFileError::Foreign { path }),
    }
    let found: Header = serde_json::from_value(found).map_err(|error| {
        let (path, line) = (path.clone(), 1);
        ResultFileError::Line { path, line, cause: error.to_string() }
    })?;
    for (setting, expected) in &expected.settings {
        let found = found.settings.get(setting).unwrap_or(&Value::Null);
        if found != expected {
            let (expected, found) = (expected.to_string(), found.to_string());
            return Err(ResultFileError::Settings {
                path,
                setting: setting.clone(),
                expected,
                found,
            });
        }
    }
    for (what, expected, found) in [
        ("another workspace", &expected.workspace, found.workspace),
        ("other patches", &expected.patches, found.patches),
    ] {
        if *expected != found {
            let expected = expected.clone();
            return Err(ResultFileError::Other { path, what, expected, found });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::testing::{background, counting_grid, results};

    /// A file of this test alone, removed at the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let name = format!("diffhep-grid-{}-{name}.jsonl", std::process::id());
            Self(std::env::temp_dir().join(name))
        }

        fn open(&self, grid: &Grid, options: &GridOptions) -> Result<ResultFile, ResultFileError> {
            ResultFile::open(&self.0, grid, &background(), options)
        }

        fn text(&self) -> String {
            std::fs::read_to_string(&self.0).expect("a file")
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    /// A grid of three points and a whole file of its results.
    fn written(name: &str) -> (Scratch, Grid, GridOptions, Vec<PointResult>) {
        let (scratch, options) = (Scratch::new(name), GridOptions::default());
        let grid = counting_grid(&[(1.0, 1.0), (2.0, 1.0), (1.0, 3.0)]);
        let found = results(&background(), &grid, &options);
        let mut file = scratch.open(&grid, &options).expect("a new file");
        assert!(file.done().is_empty());
        found.iter().for_each(|result| file.append(result).expect("room on the disk"));
        (scratch, grid, options, found)
    }

    #[test]
    fn whole_lines_are_kept_wherever_a_write_was_interrupted() {
        let (scratch, grid, options, found) = written("cut");
        let whole = scratch.text();
        for length in 0..=whole.len() {
            std::fs::write(&scratch.0, &whole[..length]).expect("a file");
            let mut file = scratch.open(&grid, &options).expect("the same grid");
            let lines = whole[..length].matches('\n').count();
            assert_eq!(file.done(), &found[..lines.saturating_sub(1)], "{length}");
            found[file.done().len()..].iter().for_each(|result| file.append(result).expect("room"));
            assert_eq!(scratch.text(), whole, "{length}");
        }
    }

    #[test]
    fn other_files_are_refused_and_left_alone() {
        let (scratch, grid, options, _) = written("other");
        let whole = scratch.text();
        let (first, rest) = whole.split_once('\n').expect("lines");
        let line = rest.lines().next().expect("a line");
        let cases = [
            ("notes".to_owned(), "does not begin as"),
            ("notes\n".to_owned(), "does not begin as"),
            ("[1]\n".to_owned(), "does not begin as"),
            (first.replace("diffhep grid", "another") + "\n", "does not begin as"),
            (
                first.replace("\"version\":1", "\"version\":2") + "\n",
                "of version 2, this program knows 1",
            ),
            (first.replace("\"version\"", "\"versions\"") + "\n", "does not begin as"),
            (first.replace("\"patches\"", "\"patch\"") + "\n", "line 1 is damaged"),
            (
                first.replace("\"digest\"", "\"another\"") + "\n",
                "the results of other patches ('another'",
            ),
            (format!("{first}\ngarbage\n{line}\n"), "line 2 is damaged"),
            (format!("{first}\n{line}\n\n{line}\n"), "line 3 is damaged"),
            (
                format!("{first}\n{line}\n{line}\n"),
                "line 3 is damaged: point 'point0' is there twice",
            ),
            (
                format!("{first}\n{}\n", line.replace("point0", "p")),
                "point 'p' is none of the grid's",
            ),
            (format!("{first}\n{}\n", line.replace("CLs_obs", "CLs")), "line 2 is damaged"),
        ];
        for (text, words) in cases {
            std::fs::write(&scratch.0, &text).expect("a file");
            let error = scratch.open(&grid, &options).expect_err(&text).to_string();
            assert!(error.contains(words), "{text}: {error}");
            assert_eq!(scratch.text(), text);
        }
        std::fs::write(&scratch.0, b"\xff\n").expect("a file");
        assert!(matches!(scratch.open(&grid, &options), Err(ResultFileError::Foreign { .. })));
    }

    #[test]
    fn settings_that_differ_are_named() {
        let (scratch, grid, options, _) = written("settings");
        let whole = scratch.text();
        let changed: [(GridOptions, &str); 5] = [
            (GridOptions { level: 0.9, ..options.clone() }, "level = 0.95, now it is 0.9;"),
            (GridOptions { limits: false, ..options.clone() }, "limits = true, now it is false;"),
            (GridOptions { test_poi: 2.0, ..options.clone() }, "test_poi = 1.0, now it is 2.0;"),
            (
                GridOptions { measurement: Some("m".into()), ..options.clone() },
                "measurement = null",
            ),
            (
                GridOptions {
                    interpolation: "code0".parse().map(code0).expect("a code"),
                    ..options.clone()
                },
                "histosys = \"code4p\", now it is \"code0\"",
            ),
        ];
        for (options, words) in changed {
            let error = scratch.open(&grid, &options).expect_err(words).to_string();
            assert!(error.contains(words), "{error}");
        }
        assert_eq!(scratch.text(), whole);
        let mut json = background().json;
        json["observations"][0]["data"][0] = 53.0.into();
        let other = Background::new(json).expect("a workspace");
        let error = ResultFile::open(&scratch.0, &grid, &other, &options).expect_err("another");
        assert!(error.to_string().contains("the results of another workspace"), "{error}");
    }

    fn code0(
        histosys: crate::kernels::interpolation::HistosysCode,
    ) -> crate::kernels::interpolation::Interpolation {
        crate::kernels::interpolation::Interpolation { histosys, ..Default::default() }
    }
}
