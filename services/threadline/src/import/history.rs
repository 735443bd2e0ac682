//! The files, record by record.

use std::path::PathBuf;
use std::sync::Arc;

use super::lines::{Fault, FileLine, Lines};
use super::parse::Parser;
use super::records::Record;
use crate::error::Error;

/// Where a history comes from: what is needed to read it, as often as it takes.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) files: Arc<[PathBuf]>,
    pub(super) parser: Parser,
    /// What tells this old system from others.
    pub(super) name: String,
}

/// Reads the records of all files in planned.
pub(super) struct History {
    lines: Lines,
    parser: Parser,
}

/// A record, or what is wrong with its line.
pub(super) struct Entry {
    pub(super) file_line: FileLine,
    pub(super) record: Result<Record, Fault>,
}

impl Source {
    pub(super) fn read(&self) -> History {
        History { lines: Lines::of(&self.files), parser: self.parser.clone() }
    }
}

impl History {
    #[cfg(test)]
    pub(super) fn of_text(text: &str, parser: Parser) -> Self {
        Self { lines: Lines::of_text(text), parser }
    }

    /// Returns the next record; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, Error> {
        let Some(line) = self.lines.next()? else { return Ok(None) };
        let record = line.bytes.and_then(|bytes| self.parser.parse(bytes));
        Ok(Some(Entry { file_line: line.file_line, record }))
    }
}
