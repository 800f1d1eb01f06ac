//! Results on disk: one line of JSON per point, from which an interrupted run continues.
//!
//! The first line contains `format`, `version`, digests of the workspace and of the patches, and
//! `settings`; each other line is a [`PointResult`], in the order in which points were finished. A
//! point that failed may be tried again, and its last line then counts.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::ResultFileError;
use super::points::Grid;
use super::record::PointResult;
use super::run::{Background, GridOptions};
use crate::persistence::{Keys, Kind, LineFile, Lines, check_identity, check_settings};

/// The format of files of a grid's results.
const RESULTS: Kind = Kind {
    format: "diffhep grid",
    version: 1,
    content: "results",
    foreign: "does not begin as a file of a grid's results",
};

#[derive(Deserialize, Serialize)]
struct Header {
    format: String,
    version: u64,
    workspace: String,
    patches: String,
    settings: Keys,
}

/// A file of a grid's results that grows line by line.
///
/// The file is locked against other runs while it is open.
#[derive(Debug)]
pub struct ResultFile {
    file: LineFile,
    done: Vec<PointResult>,
}

impl ResultFile {
    /// Opens a file of a grid's results, or creates one.
    ///
    /// # Errors
    /// [`ResultFileError`] where the file cannot be read or written, is being written by another
    /// run, contains something else, belongs to another workspace, other patches or other settings,
    /// or is damaged before its last line.
    pub fn open(
        path: &Path,
        grid: &Grid,
        background: &Background,
        options: &GridOptions,
    ) -> Result<Self, ResultFileError> {
        let Value::Object(settings) = options.settings() else { unreachable!("an object") };
        let header = Header {
            format: RESULTS.format.to_owned(),
            version: RESULTS.version,
            workspace: background.digest.clone(),
            patches: grid.digest.clone(),
            settings,
        };
        let first = serde_json::to_string(&header).expect("keys are text") + "\n";
        let mut done = Vec::new();
        let file = LineFile::open(&RESULTS, path, &first, |keys, lines| {
            header.check(keys, path)?;
            done = read_results(lines, grid)?;
            Ok::<(), ResultFileError>(())
        })?;
        Ok(Self { file, done })
    }

    /// The results in the file when it was opened, one per point.
    pub fn done(&self) -> &[PointResult] {
        &self.done
    }

    /// Adds a point's result; if the file already has one for it, that one must be a failure.
    ///
    /// # Errors
    /// [`ResultFileError`] where the file cannot be written.
    pub fn append(&mut self, result: &PointResult) -> Result<(), ResultFileError> {
        Ok(self.file.append(result.line().as_bytes())?)
    }
}

/// Reads the results in a file.
fn read_results(lines: &mut Lines, grid: &Grid) -> Result<Vec<PointResult>, ResultFileError> {
    let places = grid.points.iter().map(|point| (point.name.as_str(), None));
    let mut places: HashMap<&str, Option<usize>> = places.collect();
    let mut done: Vec<PointResult> = Vec::new();
    while let Some(line) = lines.next()? {
        let result = serde_json::from_slice::<PointResult>(line).map_err(|e| e.to_string());
        let taken = result.and_then(|result| {
            let name = result.name.clone();
            match places.get_mut(name.as_str()) {
                None => return Err(format!("point '{name}' is none of the grid's")),
                Some(Some(place)) if done[*place].numbers().is_none() => done[*place] = result,
                Some(Some(_)) => return Err(format!("point '{name}' is there twice")),
                Some(place) => {
                    *place = Some(done.len());
                    done.push(result);
                }
            }
            Ok(())
        });
        taken.map_err(|cause| damaged(lines.path(), lines.number(), cause))?;
    }
    Ok(done)
}

fn damaged(path: &Path, line: u64, cause: String) -> ResultFileError {
    ResultFileError::Line { path: path.to_owned(), line, cause }
}

impl Header {
    /// Refuses the header of another grid's file.
    fn check(&self, found: Keys, path: &Path) -> Result<(), ResultFileError> {
        let found: Self = serde_json::from_value(Value::Object(found))
            .map_err(|error| damaged(path, 1, error.to_string()))?;
        check_settings(&self.settings, &found.settings, path)?;
        let what = "the results of another workspace";
        check_identity(what, &self.workspace, &found.workspace, path)?;
        let what = "the results of other patches";
        Ok(check_identity(what, &self.patches, &found.patches, path)?)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::grid::testing::{background, counting_grid, results};

    /// A file used only by this test, removed at the end.
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

    /// A grid of three points and a complete file of its results.
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
        let error = scratch.open(&grid, &options).expect_err("no text").to_string();
        assert!(error.contains("does not begin as"), "{error}");
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
