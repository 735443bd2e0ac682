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
    /// One record's rows cannot be written, whatever is done; the batch left no trace.
    #[error("record {index} of the batch cannot be applied: {reason}")]
    Poison {
        /// Its index in the batch.
        index: usize,
        /// Why.
        reason: String,
    },
    /// The schema is not there or not the one this program knows.
    #[error("the views' schema is not as expected: {0}")]
    Schema(String),
}
