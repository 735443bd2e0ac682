//! Lines that are refused: the import stops at the first one, or names them and leaves them out.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::lines::{Fault, FileLine};
use crate::error::Error;
use crate::output;

/// Lines that a run which leaves them out names one by one; further ones are counted.
const NAMED_MAX: usize = 20;

/// What happens at a line that cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// The import stops.
    Stop,
    /// The line is left out.
    Skip,
    /// The line is named and left out, so that all the others are checked too.
    NameAll,
}

/// The lines that were refused so far.
#[derive(Debug)]
pub(super) struct RefusedLines {
    files: Arc<[PathBuf]>,
    strictness: Strictness,
    left_out: BTreeSet<FileLine>,
    /// Messages of threads that are left out as a whole.
    messages_with_threads: u64,
}

impl RefusedLines {
    pub(super) fn new(files: &Arc<[PathBuf]>, strictness: Strictness) -> Self {
        Self { files: Arc::clone(files), strictness, left_out: BTreeSet::new(), messages_with_threads: 0 }
    }

    /// Notes a line that cannot be taken. Fails when the import is to stop there.
    pub(super) fn refuse(&mut self, file_line: FileLine, fault: &Fault) -> Result<(), Error> {
        let path = self.files.get(file_line.file as usize).map(|file| file.display().to_string()).unwrap_or_default();
        let separator = if fault.field.is_some() { "," } else { ":" };
        let said = format!("{path}, line {}{separator} {fault}", file_line.line);
        if !self.left_out.insert(file_line) {
            return Ok(());
        }
        match self.strictness {
            Strictness::Stop => return Err(Error::Tool(format!("{said}; nothing was imported"))),
            Strictness::Skip if self.left_out.len() > NAMED_MAX => {}
            Strictness::Skip => output::error_line(format_args!("left out: {said}")),
            Strictness::NameAll => output::error_line(format_args!("would be refused: {said}")),
        }
        Ok(())
    }

    /// Counts messages that are left out because their thread is.
    pub(super) fn leave_out_messages(&mut self, count: u64) {
        self.messages_with_threads += count;
    }

    /// Whether the line is left out.
    pub(super) fn has(&self, file_line: FileLine) -> bool {
        self.left_out.contains(&file_line)
    }

    /// How many lines are left out.
    pub(super) fn count(&self) -> u64 {
        self.left_out.len() as u64 + self.messages_with_threads
    }
}
