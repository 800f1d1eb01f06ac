//! Sources of events: processes in files, with the variations of their systematics.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cli::CliError;
use diffhep::analyses::{Background, NamedSample, ProcessData, ShapeVariation};
use diffhep::events::{EventSample, read_csv};
use diffhep::studies::StudyError;

/// A systematic's events: separate files, or alternative weights in the background's file.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ShapeSource {
    pub(super) name: String,
    up: Option<PathBuf>,
    down: Option<PathBuf>,
    up_weight: Option<String>,
    down_weight: Option<String>,
}

/// A process's events: `FILE` or `NAME=FILE` in a flag, a table in a settings file.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ProcessSource {
    /// By default the file's name without its ending.
    pub(super) name: Option<String>,
    pub(super) file: PathBuf,
    pub(super) weight_column: Option<String>,
    #[serde(default)]
    pub(super) shape: Vec<ShapeSource>,
}

impl FromStr for ProcessSource {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) if !name.is_empty() => (Some(name.to_owned()), file),
            _ => (None, text),
        };
        if file.is_empty() {
            return Err(format!("expected FILE or NAME=FILE; found '{text}'"));
        }
        Ok(Self { name, file: PathBuf::from(file), weight_column: None, shape: Vec::new() })
    }
}

impl ProcessSource {
    pub(super) fn name(&self) -> String {
        let stem = || self.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.name.clone().unwrap_or_else(stem)
    }

    /// Every file, including those of the shapes.
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let shapes = self.shape.iter_mut().flat_map(|shape| [&mut shape.up, &mut shape.down]);
        std::iter::once(&mut self.file).chain(shapes.flatten())
    }

    /// Names the process after its file, unless it has a name.
    pub(super) fn settle_name(&mut self) {
        self.name = Some(self.name());
    }
}

/// Makes paths absolute and removes `.`, so that a run resumes however they are spelt.
///
/// # Errors
/// [`CliError::PathNotUtf8`], because settings are stored as text.
pub(super) fn make_absolute<'a>(
    files: impl Iterator<Item = &'a mut PathBuf>,
) -> Result<(), CliError> {
    for file in files {
        // An empty path is left unchanged; reading it will fail.
        *file = std::path::absolute(&*file).unwrap_or_else(|_| file.clone());
        if file.to_str().is_none() {
            return Err(CliError::PathNotUtf8(file.clone()));
        }
    }
    Ok(())
}

/// A systematic's samples.
struct Shape {
    name: String,
    up: EventSample,
    down: EventSample,
}

/// A process's samples.
pub(super) struct Process {
    name: String,
    pub(super) nominal: EventSample,
    shapes: Vec<Shape>,
}

impl Process {
    /// The nominal events, with the name of the process.
    pub(super) fn named(&self) -> NamedSample<'_> {
        NamedSample { name: self.name.clone(), sample: &self.nominal }
    }

    /// The systematics' events.
    pub(super) fn variations<'a>(&'a self) -> Vec<ShapeVariation<'a>> {
        let variation = |shape: &'a Shape| ShapeVariation {
            name: shape.name.clone(),
            up: &shape.up,
            down: &shape.down,
        };
        self.shapes.iter().map(variation).collect()
    }

    /// Signals and backgrounds, in the form that an analysis takes.
    pub(super) fn data<'a>(signals: &'a [Self], backgrounds: &'a [Self]) -> ProcessData<'a> {
        let background = |process: &'a Self| Background {
            nominal: process.named(),
            shapes: process.variations(),
        };
        ProcessData {
            signals: signals.iter().map(Self::named).collect(),
            backgrounds: backgrounds.iter().map(background).collect(),
        }
    }

    /// Copies of an analysis' signals and backgrounds.
    pub(super) fn of_data(data: &ProcessData) -> (Vec<Self>, Vec<Self>) {
        let process = |named: &NamedSample, shapes| Self {
            name: named.name.clone(),
            nominal: named.sample.clone(),
            shapes,
        };
        let shape = |shape: &ShapeVariation| Shape {
            name: shape.name.clone(),
            up: shape.up.clone(),
            down: shape.down.clone(),
        };
        let background = |background: &Background| {
            process(&background.nominal, background.shapes.iter().map(shape).collect())
        };
        let signals = data.signals.iter().map(|signal| process(signal, Vec::new())).collect();
        (signals, data.backgrounds.iter().map(background).collect())
    }
}

/// Reads columns and weights from files.
pub(super) struct FileReader<'a> {
    columns: Vec<&'a str>,
    weight_column: Option<&'a str>,
}

impl<'a> FileReader<'a> {
    /// A reader of these columns; each column is read only once.
    pub(super) fn new(
        columns: impl Iterator<Item = &'a str>,
        weight_column: Option<&'a str>,
    ) -> Self {
        let mut columns: Vec<&str> = columns.collect();
        columns.sort_unstable();
        columns.dedup();
        Self { columns, weight_column }
    }

    fn read(&self, file: &Path, weight_column: Option<&str>) -> Result<EventSample, CliError> {
        let weight_column = weight_column.or(self.weight_column);
        Ok(read_csv(file, &self.columns, weight_column).map_err(StudyError::from)?)
    }

    fn shape(&self, source: &ProcessSource, shape: &ShapeSource) -> Result<Shape, CliError> {
        let weights = source.weight_column.as_deref();
        let ShapeSource { name, up, down, up_weight, down_weight } = shape;
        let (up, down) = match (up, down, up_weight, down_weight) {
            (Some(up), Some(down), None, None) => {
                (self.read(up, weights)?, self.read(down, weights)?)
            }
            (None, None, Some(up), Some(down)) => {
                (self.read(&source.file, Some(up))?, self.read(&source.file, Some(down))?)
            }
            _ => {
                let (shape, process) = (name.clone(), source.name());
                return Err(CliError::Shape { shape, process });
            }
        };
        Ok(Shape { name: name.clone(), up, down })
    }

    /// Reads a process and its systematics.
    pub(super) fn process(&self, source: &ProcessSource) -> Result<Process, CliError> {
        let nominal = self.read(&source.file, source.weight_column.as_deref())?;
        let shapes = source.shape.iter().map(|shape| self.shape(source, shape));
        Ok(Process { name: source.name(), nominal, shapes: shapes.collect::<Result<_, _>>()? })
    }

    /// Reads signals and backgrounds.
    pub(super) fn processes(
        &self,
        signals: &[ProcessSource],
        backgrounds: &[ProcessSource],
    ) -> Result<(Vec<Process>, Vec<Process>), CliError> {
        if signals.iter().any(|signal| !signal.shape.is_empty()) {
            let words = "shape systematics are those of backgrounds; move them there";
            return Err(CliError::Usage(words));
        }
        let read = |sources: &[ProcessSource]| {
            sources.iter().map(|source| self.process(source)).collect::<Result<Vec<_>, _>>()
        };
        Ok((read(signals)?, read(backgrounds)?))
    }
}
