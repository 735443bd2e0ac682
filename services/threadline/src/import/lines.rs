//! The files, line by line.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;

/// Bytes of one line.
const LINE_BYTES_MAX: usize = 1 << 20;

/// A line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileLine {
    /// The file's index in the order given.
    pub(super) file: u32,
    /// The line's number, from 1 on.
    pub(super) line: u64,
}

/// Why a line cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The field at fault, unless it is the whole line.
    pub(super) field: Option<&'static str>,
    /// What is wrong, and what would be right.
    pub(super) reason: String,
}

impl Fault {
    /// A fault of a field.
    pub(super) fn of(field: &'static str, reason: impl fmt::Display) -> Self {
        Self { field: Some(field), reason: reason.to_string() }
    }

    /// A fault of the whole line.
    pub(super) fn of_line(reason: impl Into<String>) -> Self {
        Self { field: None, reason: reason.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.reason)
    }
}

/// Reads the lines of several files, one file after the other. Blank lines are passed over.
pub(super) struct Lines {
    files: Arc<[PathBuf]>,
    next_file: usize,
    reader: Option<Box<dyn BufRead + Send>>,
    line: u64,
    buffer: Vec<u8>,
}

/// A line, or why it is none.
pub(super) struct Line<'a> {
    pub(super) file_line: FileLine,
    pub(super) bytes: Result<&'a [u8], Fault>,
}

impl Lines {
    pub(super) fn of(files: &Arc<[PathBuf]>) -> Self {
        Self { files: Arc::clone(files), next_file: 0, reader: None, line: 0, buffer: Vec::new() }
    }

    #[cfg(test)]
    pub(super) fn of_text(text: &str) -> Self {
        let reader: Box<dyn BufRead + Send> = Box::new(std::io::Cursor::new(text.to_owned()));
        let files: Arc<[PathBuf]> = [PathBuf::from("test.jsonl")].into();
        Self { files, next_file: 1, reader: Some(reader), line: 0, buffer: Vec::new() }
    }

    /// Returns the next line; `None` after the last file's end.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, Error> {
        loop {
            let Some(reader) = &mut self.reader else {
                let Some(path) = self.files.get(self.next_file) else { return Ok(None) };
                self.reader = Some(open(path)?);
                (self.next_file, self.line) = (self.next_file + 1, 0);
                continue;
            };
            let refused = |line| Error::system(format!("{}, line {line}", self.files[self.next_file - 1].display()));
            self.buffer.clear();
            let limit = LINE_BYTES_MAX as u64 + 1;
            let read = reader.take(limit).read_until(b'\n', &mut self.buffer);
            let bytes = read.map_err(refused(self.line + 1))?;
            if bytes == 0 {
                self.reader = None;
                continue;
            }
            self.line += 1;
            let file_line = FileLine { file: self.next_file as u32 - 1, line: self.line };
            if bytes > LINE_BYTES_MAX && !self.buffer.ends_with(b"\n") {
                reader.skip_until(b'\n').map_err(refused(self.line))?;
                let fault = Fault::of_line(format!("has more than {LINE_BYTES_MAX} bytes"));
                return Ok(Some(Line { file_line, bytes: Err(fault) }));
            }
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(Some(Line { file_line, bytes: Ok(&self.buffer) }));
            }
        }
    }
}

/// Opens a file; one whose name ends in `.zst` is unpacked.
fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, Error> {
    let refused = || Error::system(path.display().to_string());
    let file = File::open(path).map_err(refused())?;
    Ok(if path.extension().is_some_and(|extension| extension == "zst") {
        Box::new(BufReader::new(zstd::Decoder::new(file).map_err(refused())?))
    } else {
        Box::new(BufReader::new(file))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_are_passed_over_and_long_ones_are_faults() {
        let mut lines = Lines::of_text(&format!("one\n\n  \n{}\ntwo", "x".repeat(LINE_BYTES_MAX + 1)));
        let mut found = Vec::new();
        while let Some(line) = lines.next().expect("readable") {
            let text = line.bytes.map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
            found.push((line.file_line.line, text.map_err(|fault| fault.to_string())));
        }
        let long = format!("has more than {LINE_BYTES_MAX} bytes");
        assert_eq!(found, [(1, Ok("one".to_owned())), (4, Err(long)), (5, Ok("two".to_owned()))]);
    }
}
