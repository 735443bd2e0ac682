//! Facts that need no decision: they are maxima or last values, so any writer may append them.

use crate::{Text, ThreadId, Timestamp, UserId};

/// "This user has read this thread up to this number." The greatest number wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMark {
    /// The thread.
    pub thread: ThreadId,
    /// Who has read.
    pub user: UserId,
    /// The number of the last message read.
    pub number: u64,
    /// When the mark was set.
    pub at: Timestamp,
}

/// A user's name as last seen in a token; for display only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserProfile {
    /// The user.
    pub user: UserId,
    /// The display name, which the user sealed.
    pub name: Text,
    /// When it was seen.
    pub at: Timestamp,
}
