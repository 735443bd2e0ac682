//! Standard output, and standard error for what a tool says beside its answer.

use std::fmt::Display;
use std::io::Write;

/// Prints a line. A reader that went away is no failure: what runs goes on.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints a text of several lines.
pub(crate) fn text(text: &str) {
    let _ = write!(std::io::stdout(), "{text}");
}

/// Prints a line to standard error, likewise.
pub(crate) fn error_line(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
