//! Facts that need no decision: they are maxima or last values, so any writer may append them.

use crate::{Text, ThreadId, Timestamp, UserId};

/// "This user has read this thread up to this number." The greatest number wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMark {
    pub thread: ThreadId,
    /// Who has read.
    pub user: UserId,
    /// The number of the last message read.
    pub number: u64,
    /// When the mark was set.
    pub at: Timestamp,
}

/// A user who has signed in, with the name as last seen in a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserProfile {
    pub user: UserId,
    /// The display name, which the user sealed. A token without a name says only that the user was here, and takes no earlier
    /// name away.
    pub name: Option<Text>,
    /// When it was seen.
    pub at: Timestamp,
}
