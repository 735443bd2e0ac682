//! Why a setting stops the start.

use std::path::PathBuf;

use super::origin::Origin;

/// A setting that stops the start: one line that names it, where it came from, and what would be right.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that the setting cannot have.
    #[error("{key} must be {expected}, not {found} (from {origin})")]
    Value {
        /// The setting.
        key: &'static str,
        /// What it can be.
        expected: String,
        /// What it is, without what is secret.
        found: String,
        /// Who said so.
        origin: Origin,
    },
    /// A name that no setting has.
    #[error("{name} is not a setting (from {origin}); {hint}")]
    Unknown {
        /// The key or the variable.
        name: String,
        /// Who said it.
        origin: Origin,
        /// What may have been meant.
        hint: String,
    },
    /// The file cannot be read.
    #[error("failed to read the configuration {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is not TOML, or holds something that is no value.
    #[error("{}, line {line}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there, and what would be right.
        problem: String,
    },
    /// What was asked for needs a setting that nobody has given, or not this combination of settings.
    #[error("{0}")]
    Missing(String),
}
