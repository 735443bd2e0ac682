//! What becomes of an append, decided by a test.

/// What becomes of one append.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// The record is there, and its caller is told at once.
    #[default]
    Confirmed,
    /// The record is there; its caller is told only when [`MemoryLog::confirm`](super::MemoryLog::confirm) says so.
    Withheld,
    /// The record is there, but its caller is told that it failed.
    FailedAfter,
    /// The record is not there, and its caller is told that it failed.
    FailedBefore,
}
