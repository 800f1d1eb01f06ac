//! Samples from CSV files with a header.

use std::fs::File;
use std::path::Path;

use ::csv::{Position, Reader, ReaderBuilder, StringRecord, Trim};

use super::error::EventError;
use super::sample::EventSample;

/// The column that holds weights where no other is named.
pub const DEFAULT_WEIGHT_COLUMN: &str = "weight";

/// Names of the columns of a CSV file.
///
/// # Errors
/// [`EventError`] where the file cannot be read or its header is wrong.
pub fn csv_columns(path: &Path) -> Result<Vec<String>, EventError> {
    let (_, header) = open(path)?;
    Ok(header.iter().map(str::to_owned).collect())
}

/// A file after its header.
fn open(path: &Path) -> Result<(Reader<File>, StringRecord), EventError> {
    let refuse = |cause| EventError::Read { path: path.to_owned(), cause };
    let file = File::open(path).map_err(refuse)?;
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(file);
    let header = reader.headers().map_err(|error| csv_error(path, error))?.clone();
    check_header(path, &header)?;
    Ok((reader, header))
}

/// Reads columns of a CSV file, whose first line names them.
///
/// Only `columns` and the weights are read as numbers; what else the file has may be anything.
/// Weights come from `weight_column`; without one, from a column `weight` if the file has it, and
/// are 1 otherwise.
///
/// # Errors
/// [`EventError`] with file, line and column.
pub fn read_csv(
    path: &Path,
    columns: &[&str],
    weight_column: Option<&str>,
) -> Result<EventSample, EventError> {
    read(path, columns, |header| match weight_column {
        Some(column) => position(path, header, column).map(Some),
        None => Ok(position(path, header, DEFAULT_WEIGHT_COLUMN).ok()),
    })
}

/// Reads columns of a CSV file as [`read_csv`] does; weights are 1, whatever the file has.
///
/// # Errors
/// [`EventError`] with file, line and column.
pub fn read_csv_unweighted(path: &Path, columns: &[&str]) -> Result<EventSample, EventError> {
    read(path, columns, |_| Ok(None))
}

/// Reads columns, and weights from where the header says.
fn read(
    path: &Path,
    columns: &[&str],
    weight: impl FnOnce(&StringRecord) -> Result<Option<usize>, EventError>,
) -> Result<EventSample, EventError> {
    let (mut reader, header) = open(path)?;
    let places = columns.iter().map(|column| position(path, &header, column));
    let places = places.collect::<Result<Vec<_>, _>>()?;
    let weight = weight(&header)?;
    let mut values = vec![Vec::new(); columns.len()];
    let mut weights = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| csv_error(path, error))? {
        for (column, place) in values.iter_mut().zip(&places) {
            column.push(number(path, &header, &record, *place)?);
        }
        weights.push(weight.map_or(Ok(1.0), |place| number(path, &header, &record, place))?);
    }
    let names = columns.iter().map(|column| (*column).to_owned());
    EventSample::new(path.display().to_string(), names.zip(values).collect(), weights)
}

fn check_header(path: &Path, header: &StringRecord) -> Result<(), EventError> {
    let refuse = |message| Err(EventError::Header { path: path.to_owned(), message });
    if header.is_empty() {
        return refuse("the file is empty; its first line must name the columns".to_owned());
    }
    let numbers = header.iter().filter(|name| name.parse::<f64>().is_ok()).count();
    if numbers == header.len() {
        return refuse(
            "every column's name is a number: the header seems to be missing".to_owned(),
        );
    }
    let twice =
        header.iter().enumerate().find(|(i, name)| header.iter().take(*i).any(|n| n == *name));
    match twice {
        Some((_, name)) => refuse(format!("the column '{name}' stands there twice")),
        None => Ok(()),
    }
}

fn position(path: &Path, header: &StringRecord, column: &str) -> Result<usize, EventError> {
    header.iter().position(|name| name == column).ok_or_else(|| EventError::MissingColumn {
        sample: path.display().to_string(),
        column: column.to_owned(),
        known: header.iter().collect::<Vec<_>>().join(", "),
    })
}

fn number(
    path: &Path,
    header: &StringRecord,
    record: &StringRecord,
    place: usize,
) -> Result<f64, EventError> {
    let found = &record[place];
    match found.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(EventError::Field {
            path: path.to_owned(),
            line: line_of(path, record.position()),
            column: header[place].to_owned(),
            found: found.to_owned(),
        }),
    }
}

/// The line at which a record starts, from 1.
///
/// Counted here, because the reader's own count is off by one after an empty line and with the line
/// ends of Windows: a record's place is then the end of the line before.
fn line_of(path: &Path, position: Option<&Position>) -> u64 {
    let start = position.map_or(0, |position| position.byte() as usize);
    let text = std::fs::read(path).unwrap_or_default();
    let (before, after) = text.split_at(start.min(text.len()));
    let between = after.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let ends = before.iter().chain(between).filter(|byte| **byte == b'\n');
    1 + ends.count() as u64
}

fn csv_error(path: &Path, error: ::csv::Error) -> EventError {
    let line = line_of(path, error.position());
    let path = path.to_owned();
    let message = match error.into_kind() {
        ::csv::ErrorKind::Io(cause) => return EventError::Read { path, cause },
        ::csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("expected {expected_len} fields, as in the header, found {len}")
        }
        ::csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8".to_owned(),
        _ => "the line is not CSV".to_owned(),
    };
    EventError::Row { path, line, message }
}
