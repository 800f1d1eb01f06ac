//! Files that grow line by line: a header, then one line of JSON per result.
//!
//! A last line without a newline was being written when a run was killed; it is dropped, and the
//! run continues after the line before it. A run locks the file while writing it, and another run
//! on the same file is refused, because their lines would be mixed.

use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::FileError;
use super::header::{Keys, Kind};

/// The complete lines of a file, in sequence.
pub(crate) struct Lines {
    kind: &'static Kind,
    path: PathBuf,
    reader: BufReader<File>,
    /// The line last read, its number from 1, and the bytes up to its end.
    line: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl Lines {
    /// Opens a file for reading only; also returns its header.
    pub(crate) fn open(kind: &'static Kind, path: &Path) -> Result<(Self, Keys), FileError> {
        let file = File::open(path).map_err(|source| kind.cannot_read(path, source))?;
        let mut lines = Self::new(kind, file, path);
        if lines.advance()? {
            let header = lines.header()?;
            Ok((lines, header))
        } else {
            Err(kind.foreign(path))
        }
    }

    fn new(kind: &'static Kind, file: File, path: &Path) -> Self {
        let (path, reader) = (path.to_owned(), BufReader::new(file));
        Self { kind, path, reader, line: Vec::new(), number: 0, bytes: 0 }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The number of the line last read, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Moves to the next line; false where there is no complete one.
    fn advance(&mut self) -> Result<bool, FileError> {
        self.line.clear();
        let read = self.reader.read_until(b'\n', &mut self.line);
        let read = read.map_err(|source| self.kind.cannot_read(&self.path, source))?;
        let is_whole = self.line.last() == Some(&b'\n');
        if is_whole {
            self.number += 1;
            self.bytes += read as u64;
        }
        Ok(is_whole)
    }

    /// The line last read as a header.
    fn header(&self) -> Result<Keys, FileError> {
        match serde_json::from_slice(&self.line) {
            Ok(header) => self.kind.keys(header, &self.path),
            Err(_) => Err(self.kind.foreign(&self.path)),
        }
    }

    /// The next line after the header.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, FileError> {
        Ok(if self.advance()? { Some(&self.line) } else { None })
    }
}

/// A file to which a run appends lines. It is locked against other runs while it is open.
#[derive(Debug)]
pub(crate) struct LineFile {
    kind: &'static Kind,
    path: PathBuf,
    file: File,
}

impl LineFile {
    /// Creates a file with a header, or continues it.
    ///
    /// # Arguments
    /// `header` is the first line, including its newline. `read` gets the header and the lines of
    /// an existing file; it must read all lines, and refuse those from which the run cannot
    /// continue.
    pub(crate) fn open<E: From<FileError>>(
        kind: &'static Kind,
        path: &Path,
        header: &str,
        read: impl FnOnce(Keys, &mut Lines) -> Result<(), E>,
    ) -> Result<Self, E> {
        let refuse = |source| kind.cannot_write(path, source);
        // Opening a folder for writing fails too, but with a less informative error.
        if path.is_dir() {
            return Err(FileError::NotAFile { path: path.to_owned() }.into());
        }
        // A device or pipe has nothing to continue from.
        if path.exists() && !path.is_file() {
            let file = File::options().append(true).open(path).map_err(refuse)?;
            let mut opened = Self { kind, path: path.to_owned(), file };
            opened.append(header.as_bytes())?;
            return Ok(opened);
        }
        let options = File::options().read(true).write(true).create(true).truncate(false).clone();
        let file = options.open(path).map_err(refuse)?;
        // Some file systems have no locks; only this protection is lost there.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(FileError::Busy { path: path.to_owned() }.into());
        }
        let mut lines = Lines::new(kind, file.try_clone().map_err(refuse)?, path);
        if lines.advance()? {
            read(lines.header()?, &mut lines)?;
        } else if !header.as_bytes().starts_with(&lines.line) {
            return Err(kind.foreign(path).into());
        }
        let mut opened = Self { kind, path: path.to_owned(), file };
        opened.file.set_len(lines.bytes).map_err(refuse)?;
        opened.file.seek(SeekFrom::End(0)).map_err(refuse)?;
        if lines.bytes == 0 {
            opened.append(header.as_bytes())?;
        }
        Ok(opened)
    }

    /// Appends lines, each including its newline.
    pub(crate) fn append(&mut self, lines: &[u8]) -> Result<(), FileError> {
        let written = self.file.write_all(lines);
        written.map_err(|source| self.kind.cannot_write(&self.path, source))
    }
}
