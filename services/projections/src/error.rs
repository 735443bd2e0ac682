//! What the views can answer instead of doing it.

/// Why the views did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Postgres cannot be reached, or refused for now; worth a retry.
    #[error("the views are unavailable: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Another projector has moved this partition on; the batch left no trace.
    #[error("fenced: another projector has moved this partition")]
    Fenced,
    /// The wait for a position ended before the views reached it.
    #[error("the views did not reach the position in time")]
    Behind,
    /// One record's rows cannot be written, whatever is done; nothing of the call left a trace.
    #[error("record {index} of batch {batch} cannot be applied: {reason}")]
    Poison {
        /// Which of the batches; 0 where there is only one.
        batch: usize,
        /// Its index in the batch.
        index: usize,
        /// Why.
        reason: String,
    },
    /// The views were made from another log: its offsets mean nothing here.
    #[error("the views were made from log {views}, this is log {log}")]
    OtherLog {
        /// The log that the views follow.
        views: String,
        /// The log at hand.
        log: String,
    },
    /// A row holds a value that only a newer program knows.
    #[error("no {kind} is named {name}: a newer program wrote it")]
    Newer {
        /// What sort of value.
        kind: &'static str,
        /// What it is called.
        name: String,
    },
    /// The schema is not there or not the one this program knows.
    #[error("the views' schema is not as expected: {0}")]
    Schema(String),
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
            _ => Self::Unavailable(error),
        }
    }
}

/// Whether the values themselves were refused, so that no retry can help: what this says of a batch is the
/// reason why one of its records is poison.
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
