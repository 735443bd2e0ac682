//! What a log can answer instead of doing it.

use crate::Topic;

/// Why the log did not do it. Everything but [`Error::TooLarge`] and [`Error::Misconfigured`] is worth a retry.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The log cannot be reached, or did not confirm in time: the record may or may not be there.
    #[error("the log is unavailable: {0}")]
    Unavailable(String),
    /// The appender's bounded queue is full; the record is not there.
    #[error("the log's append queue is full")]
    Full,
    /// The record is larger than the log takes; it is not there.
    #[error("a record of {bytes} bytes is larger than {topic} takes ({bytes_max})")]
    TooLarge {
        /// The topic.
        topic: Topic,
        /// The record's size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A role in operation does not read records of this schema, or may not; the record is not there.
    #[error("not every role in operation reads schema {schema_id} yet")]
    Unsupported {
        /// The schema's id.
        schema_id: u32,
    },
    /// The log is there but not as it should be: topic missing, partitions differ, credentials refused.
    #[error("the log is misconfigured: {0}")]
    Misconfigured(String),
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Full | Self::Unsupported { .. })
    }
}
