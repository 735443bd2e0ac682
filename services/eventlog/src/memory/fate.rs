//! The fate of an append, decided by a test.

/// The fate of one append.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// The record is appended, and its caller gets the position at once.
    #[default]
    Confirmed,
    /// The record is appended; its caller gets the position only when [`MemoryLog::confirm`](super::MemoryLog::confirm)
    /// says so.
    Withheld,
    /// The record is appended, but its caller gets a failure.
    FailedAfter,
    /// The record is not appended, and its caller gets a failure.
    FailedBefore,
}
