//! Failures of projections.

use std::fmt;

use crate::Schema;

/// Why a projection did not do what it was asked. [`is_final`](Self::is_final) tells whether a retry cannot help.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Postgres cannot be reached, or refused for now; worth a retry.
    #[error(transparent)]
    Unavailable(Unavailable),
    /// The wait for a position ended before the projection reached it.
    #[error("the projection did not reach the position in time")]
    Behind,
    /// The generation was made from another log, whose offsets mean nothing here.
    #[error("schema {schema} was made from log {found}, this is log {log}")]
    OtherLog {
        /// The generation's schema.
        schema: Schema,
        /// The log that the generation follows.
        found: String,
        /// The log at hand.
        log: String,
    },
    /// A row holds a value that only a newer program knows.
    #[error("no {kind} is named {name}: a newer program wrote it")]
    UnknownName {
        /// The type of the value.
        kind: &'static str,
        /// The name in the row.
        name: String,
    },
    /// The tables are missing, or not those that this program knows.
    #[error("the projections' schema is not as expected: {0}; `threadline migrate` makes or updates it")]
    Schema(String),
    /// A newer program made the live generation.
    #[error(
        "projection {name} is live in version {found}, this program knows version {known}: a newer program made it"
    )]
    Newer {
        name: &'static str,
        /// The version of its live generation.
        found: u32,
        /// The version that this program knows.
        known: u32,
    },
    /// An older program made the live generation.
    #[error(
        "projection {name} is live in version {found}, this program needs version {known}: run `threadline replay rebuild \
         {name}`, then `threadline replay swap {name}`"
    )]
    Outdated {
        name: &'static str,
        /// The version of its live generation.
        found: u32,
        /// The version that this program needs.
        known: u32,
    },
}

/// What Postgres answered. Shown with it; the chain of sources goes on with what caused that.
#[derive(Debug)]
pub struct Unavailable(sqlx::Error);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the projections are unavailable: {}", self.0)
    }
}

impl std::error::Error for Unavailable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl Error {
    /// Whether a retry cannot help: the program does not fit what it found.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::OtherLog { .. } | Self::Newer { .. } | Self::Outdated { .. })
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            // Syntax error or unknown table, invalid schema: what migrations would have made is not there.
            sqlx::Error::Database(database) if has_class(database.as_ref(), &["42", "3F"]) => {
                Self::Schema(database.to_string())
            }
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::Decode(_) => Self::Schema(error.to_string()),
            _ => Self::Unavailable(Unavailable(error)),
        }
    }
}

/// Returns the reason when the values were refused, so that no retry can help: one of the batch's records cannot be
/// applied.
pub(crate) fn refused_values(error: &sqlx::Error) -> Option<String> {
    match error {
        // Data exception, integrity constraint violation, program limit exceeded (a row too large for its index).
        sqlx::Error::Database(database) if has_class(database.as_ref(), &["22", "23", "54"]) => {
            Some(database.message().to_owned())
        }
        sqlx::Error::Encode(error) => Some(error.to_string()),
        _ => None,
    }
}

fn has_class(error: &dyn sqlx::error::DatabaseError, classes: &[&str]) -> bool {
    error.code().is_some_and(|code| classes.iter().any(|class| code.starts_with(class)))
}
